"""How often a frequency seems to change within one quarter, and how often its interval holds."""

from dataclasses import dataclass

import numpy as np

from dora.metrics.intervals import weekly_rate_intervals
from dora.metrics.significance import CLEAR, rate_changes
from tests.calibration.draws import Draws, generator, samples_each
from tests.calibration.histories import Counts, Histories, MergeHistory

#: Whole weeks of a window, as a report of ninety days has them.
WEEKS = 12


@dataclass(frozen=True)
class FrequencyFigures:
    """Of windows drawn from one history: how often each of them errs."""

    name: str
    quarters: int
    a_week: float  #: merges
    calls: float  #: share of pairs of windows that are called different
    covers: float  #: share of intervals that hold the quarter's mean


def measure_frequencies(histories: Histories, draws: Draws) -> tuple[FrequencyFigures, ...]:
    """One row a history of merges, in their order."""
    windows = samples_each(draws.windows, len(histories.merges))
    return tuple(_measure(history, windows) for history in histories.merges)


def draw_windows(random: np.random.Generator, quarter: Counts, count: int) -> Counts:
    """Weekly counts of *count* windows: weeks of one quarter, drawn with replacement."""
    return quarter[random.integers(0, len(quarter), (count, WEEKS))]


def _measure(history: MergeHistory, windows: int) -> FrequencyFigures:
    random = generator("frequency", history.name)
    each = -(-windows // len(history.quarters))
    before, now = (
        np.concatenate([draw_windows(random, quarter, each) for quarter in history.quarters])
        for _ in range(2)
    )
    truth = np.repeat(history.quarters.mean(axis=1), each)
    totals = now.sum(axis=1)
    weeks = np.full(len(now), WEEKS)
    low, high = weekly_rate_intervals(weeks, totals, (now**2).sum(axis=1), weeks, totals)
    return FrequencyFigures(
        name=history.name,
        quarters=len(history.quarters),
        a_week=float(history.quarters.mean()),
        calls=float((rate_changes([*before], [*now]) <= CLEAR).mean()),
        covers=float(((low <= truth) & (truth <= high)).mean()),
    )
