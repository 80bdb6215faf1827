"""How often whole tables say a word: where nothing changed, and of a real change."""

from dataclasses import dataclass

import numpy as np

from dora.report.figures import METRICS
from tests.calibration.bursts import CORRELATION, HIGH_CORRELATIONS
from tests.calibration.draws import Draws, generator
from tests.calibration.histories import Histories
from tests.calibration.rows import Habits, Rows, draw_rows, judge_rows

#: Rows of a table.
SIZES = (1, 10, 20, 100)
POWER_SIZES = (1, 10, 100)
#: So many tables of a size are made at most, for many small ones would tell what fewer do, and at
#: least: where there are too few rows they are shuffled and used again.
MOST_TABLES = 800
FEWEST_TABLES = 200
#: Where failures come in stronger bursts, this share of the rows is drawn.
FEWER = 0.25


@dataclass(frozen=True)
class TableFigures:
    """Of tables of so many rows, each with five metrics, in which nothing changed."""

    correlation: float  #: of failures
    rows: int
    tables: int
    says_a_word: float  #: share of the tables


@dataclass(frozen=True)
class Change:
    """A real change of one row, and the metric that ought to tell."""

    what: str
    metric: str
    habits: Habits
    direction: int  #: of the number: 1 grows, −1 falls


@dataclass(frozen=True)
class PowerFigures:
    """How often a real change of one row is seen, by the rows of its table."""

    what: str
    seen: dict[int, float]


CHANGES = (
    Change("twice as many deployments", "deployment_frequency", Habits(rate=2.0), 1),
    Change("half as many deployments", "deployment_frequency", Habits(rate=0.5), -1),
    Change("twice the lead time", "change_lead_time", Habits(lead_time=2.0), 1),
    Change("half the lead time", "change_lead_time", Habits(lead_time=0.5), -1),
    Change("30 % instead of 10 % fail", "change_fail_rate", Habits(failing=(0.1, 0.3)), 1),
    Change("50 % instead of 10 % fail", "change_fail_rate", Habits(failing=(0.1, 0.5)), 1),
    Change("four times the recovery, 5 failures in each window", "recovery_time",
           Habits(recovery=4.0, failures=5), 1),
    Change("four times the recovery, 15 failures in each window", "recovery_time",
           Habits(recovery=4.0, failures=15), 1),
)  # fmt: skip


def draw_unchanged(histories: Histories, draws: Draws) -> Rows:
    """Rows in which nothing changed, with failures as close together as promises take them."""
    return draw_rows(generator("rows"), histories, max(draws.rows, *SIZES), Habits())


def measure_tables(histories: Histories, draws: Draws, unchanged: Rows) -> tuple[TableFigures, ...]:
    """Tables of *unchanged* rows by their size, and such with stronger bursts of failures."""
    found = [_figures(unchanged, size, CORRELATION) for size in SIZES]
    count = max(int(draws.rows * FEWER), *SIZES)
    for correlation in HIGH_CORRELATIONS:
        habits = Habits(correlation=correlation)
        rows = draw_rows(generator("rows", str(correlation)), histories, count, habits)
        found += [_figures(rows, size, correlation) for size in SIZES]
    return tuple(found)


def _figures(drawn: Rows, size: int, correlation: float) -> TableFigures:
    """Figures of the tables that *drawn* rows make, in the order in which they were drawn."""
    each = len(drawn) // size
    tables = min(max(each, FEWEST_TABLES), MOST_TABLES)
    random = generator("tables", f"{correlation} {size}")
    order = np.arange(len(drawn))
    says = 0
    for table in range(tables):
        at = table % each
        if table and not at:
            order = random.permutation(len(drawn))
        says += bool(judge_rows([(drawn, order[at * size : (at + 1) * size])]).any())
    return TableFigures(correlation, size, tables, says / tables)


def measure_power(histories: Histories, draws: Draws, unchanged: Rows) -> tuple[PowerFigures, ...]:
    """One row a change: it is of one row of a table, whose others are *unchanged*."""
    return tuple(_power(change, histories, draws, unchanged) for change in CHANGES)


def _power(change: Change, histories: Histories, draws: Draws, unchanged: Rows) -> PowerFigures:
    random = generator("change", change.what)
    changed = draw_rows(random, histories, draws.changed, change.habits)
    others = len(unchanged)
    place = [*METRICS].index(change.metric)
    seen = {}
    for size in POWER_SIZES:
        words = [
            judge_rows([(changed, slice(row, row + 1)),
                        (unchanged, random.integers(0, others, size - 1))])
            for row in range(draws.changed)
        ]  # fmt: skip
        seen[size] = float(np.mean([word[0, place] == change.direction for word in words]))
    return PowerFigures(change.what, seen)
