"""Draws rows of a table, each of two windows of one team, and tests all five metrics of them.

A row has the weeks of one quarter of a history of merges, and for each merge a release of one
history of releases; which of them failed or was rework comes from the model of bursts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dora.metrics.effects import Episodes
from dora.metrics.judgement import (
    Tested,
    judge,
    tested_episodes,
    tested_rates,
    tested_shares,
    tested_times,
)
from dora.metrics.significance import share_floors, shift_floors
from dora.metrics.survival import survival_curves
from tests.calibration.bursts import (
    CORRELATION,
    RECOVERY,
    Flags,
    draw_failures,
    draw_recoveries,
)
from tests.calibration.failures import FAILING, REWORK
from tests.calibration.frequency import draw_windows
from tests.calibration.histories import Counts, Floats, Histories, ReleaseHistory

#: Both windows, before and now.
SIDES = range(2)
#: Where before and now differ by fewer standard deviations than this, the p-value is above 0.05 for
#: certain; how far does not matter, for such a test says no word nor helps another to one (K5). It
#: is not worked out, and counts as 1.
CERTAIN = 1.4


@dataclass(frozen=True)
class Habits:
    """What is different now; by default nothing is."""

    rate: float = 1.0  #: times as many deployments
    lead_time: float = 1.0  #: times the lead time
    recovery: float = 1.0  #: times the recovery
    failing: tuple[float, float] = (FAILING, FAILING)  #: share of deployments, before and now
    failures: int | None = None  #: so many in each window, instead of that share
    correlation: float = CORRELATION


@dataclass(frozen=True)
class Rows:
    """The tests of rows, one a metric in the order of the report, and how what is shown moved."""

    tested: tuple[Tested, ...]
    moves: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.moves[0])


@dataclass(frozen=True)
class Side:
    """One window of each row."""

    weeks: Counts
    deployments: Counts
    failed: Counts
    reworked: Counts


def draw_rows(
    random: np.random.Generator, histories: Histories, count: int, habits: Habits
) -> Rows:
    """So many rows whose teams work now by *habits*, and worked before as they always did."""
    weeks = _draw_weeks(random, histories, count, habits)
    old, new = (_draw_side(random, weeks[side], habits, side) for side in SIDES)
    columns = (
        _test_frequencies(old, new),
        _test_lead_times(random, (old, new), histories, habits),
        _test_shares((old.failed, old.deployments, new.failed, new.deployments)),
        _test_recoveries(random, (old, new), habits),
        _test_shares((old.reworked, old.deployments, new.reworked, new.deployments)),
    )
    return Rows(tuple(tested for tested, _ in columns), tuple(moves for _, moves in columns))


def _draw_weeks(
    random: np.random.Generator, histories: Histories, count: int, habits: Habits
) -> list[Counts]:
    """Weekly counts before and now: twice as many double each week, half as many leave out some."""
    chosen = random.integers(0, len(histories.merges), count)
    both: list[list[Counts]] = [[], []]
    for row in range(count):
        quarters = histories.merges[chosen[row]].quarters
        quarter = quarters[random.integers(0, len(quarters))]
        for side in SIDES:
            both[side].append(draw_windows(random, quarter, 1)[0])
    before, now = (np.array(side) for side in both)
    whole = int(habits.rate)
    now = now * whole + random.binomial(now, habits.rate - whole)
    return [before, now]


def _draw_side(random: np.random.Generator, weeks: Counts, habits: Habits, side: int) -> Side:
    deployments = weeks.sum(axis=1)
    shape = (len(weeks), int(deployments.max()))
    is_there = np.arange(shape[1]) < deployments[:, None]
    failed, reworked = (
        (draw_failures(random, share, habits.correlation, shape) & is_there).sum(axis=1)
        for share in (habits.failing[side], REWORK)
    )
    if habits.failures is not None:
        failed = np.minimum(habits.failures, deployments)
    return Side(weeks, deployments, failed, reworked)


def _test_frequencies(old: Side, new: Side) -> tuple[Tested, Floats]:
    tested = tested_rates([*old.weeks], [*new.weeks])
    return tested, tested.signs


def _test_shares(counts: tuple[Counts, Counts, Counts, Counts]) -> tuple[Tested, Floats]:
    before, before_of, now, now_of = counts
    is_there = (before_of > 0) & (now_of > 0)
    old_of, new_of = np.maximum(before_of, 1), np.maximum(now_of, 1)
    share = (before + now) / (old_of + new_of)
    moved = now / new_of - before / old_of
    variance = share * (1 - share) * (1 / old_of + 1 / new_of)
    is_open = is_there & (np.abs(moved) > CERTAIN * np.sqrt(variance))
    tested = tested_shares(*(one[is_open] for one in counts))
    return _spread(tested, is_open, is_there, share_floors(*counts)), np.sign(moved)


def _test_lead_times(
    random: np.random.Generator, sides: tuple[Side, Side], histories: Histories, habits: Habits
) -> tuple[Tested, Floats]:
    """One observation a deployment, the median of its changes; shown is the median of all."""
    before, now = (side.deployments for side in sides)
    is_open = np.zeros(len(before), dtype="bool")
    moves = np.zeros(len(before))
    samples: list[list[Floats]] = [[], []]
    for row, chosen in enumerate(random.integers(0, len(histories.releases), len(before))):
        history = histories.releases[chosen]
        old, new = (random.integers(0, len(history.sizes), side[row]) for side in (before, now))
        times = history.medians[old], history.medians[new] * habits.lead_time
        is_open[row] = _may_differ(times)
        if is_open[row]:
            medians = [np.median(_changes(history, own)) for own in (old, new)]
            moves[row] = np.sign(medians[1] * habits.lead_time - medians[0])
            for sample, own in zip(samples, times, strict=True):
                sample.append(own)
    tested = tested_times(*([own.tolist() for own in sample] for sample in samples))
    is_there = (before > 0) & (now > 0)
    return _spread(tested, is_open, is_there, shift_floors(before, now)), moves


def _changes(history: ReleaseHistory, drawn: Counts) -> Floats:
    """The lead times of all changes of the releases *drawn*."""
    starts, sizes = history.starts[drawn].tolist(), history.sizes[drawn].tolist()
    parts = zip(starts, sizes, strict=True)
    return np.concatenate([history.lead_seconds[at : at + size] for at, size in parts])


def _test_recoveries(
    random: np.random.Generator, sides: tuple[Side, Side], habits: Habits
) -> tuple[Tested, Floats]:
    """One observation an episode; shown is the median of Kaplan and Meier."""
    before, now = (side.failed for side in sides)
    medians = RECOVERY, RECOVERY * habits.recovery
    drawn = [
        draw_recoveries(random, (len(own), max(int(own.max()), 1)), habits.correlation, median)
        for own, median in zip((before, now), medians, strict=True)
    ]
    is_open = np.zeros(len(before), dtype="bool")
    samples: list[list[Episodes]] = [[], []]
    for row, sizes in enumerate(zip(before.tolist(), now.tolist(), strict=True)):
        parts = [*zip(drawn, sizes, strict=True)]
        old, new = ((one.seconds[row, :size], one.ended[row, :size]) for one, size in parts)
        is_open[row] = _may_differ((old[0], new[0]), (old[1], new[1]))
        if is_open[row]:
            for sample, (seconds, ended) in zip(samples, (old, new), strict=True):
                sample.append((seconds.tolist(), ended.tolist()))
    tested = tested_episodes(*samples)
    moves = np.zeros(len(before))
    # Without a median, because too many are still open, the test alone decides: NaN.
    moves[is_open] = np.sign(_medians(samples[1]) - _medians(samples[0]))
    is_there = (before > 0) & (now > 0)
    return _spread(tested, is_open, is_there, shift_floors(before, now)), moves


def _medians(samples: list[Episodes]) -> Floats:
    """The median of Kaplan and Meier of each sample."""
    times = np.array([one for seconds, _ in samples for one in seconds], dtype="float64")
    ended = np.array([one for _, over in samples for one in over], dtype="bool")
    positions = np.repeat(np.arange(len(samples)), [len(seconds) for seconds, _ in samples])
    return survival_curves(times, ended, positions, len(samples)).medians()


def _may_differ(times: tuple[Floats, Floats], ended: tuple[Flags, Flags] | None = None) -> bool:
    """Whether a test by ranks may be clear: see `CERTAIN`.

    Of pairs of a time of now and one of before, those in which that of now was longer less those
    in which it was shorter, set against what chance would scatter them without ties.
    """
    before, now = times[0][None, :], times[1][:, None]
    is_longer, is_shorter = now > before, now < before
    if ended is not None:
        is_longer &= ended[0][None, :]
        is_shorter &= ended[1][:, None]
    score = int(is_longer.sum()) - int(is_shorter.sum())
    variance = is_longer.size * (sum(is_longer.shape) + 1) / 3
    return score**2 > CERTAIN**2 * variance


def _spread(tested: Tested, is_open: Flags, is_there: Flags, floors: Floats) -> Tested:
    """Tests of all rows, from those of the rows that are *open*: see `CERTAIN`."""

    def fill(values: Floats, rest: Floats | float) -> Floats:
        whole = np.full(len(is_open), rest)
        whole[is_open] = values
        return whole

    return Tested(
        p_values=fill(tested.p_values, np.where(is_there, 1.0, np.nan)),
        floors=floors,
        signs=fill(tested.signs, 0.0),
        low=fill(tested.low, np.nan),
        high=fill(tested.high, np.nan),
        no_change=tested.no_change,
    )


def judge_rows(tables: Sequence[tuple[Rows, slice | Counts]]) -> Floats:
    """Which metrics of a table have a word, and of which direction: a row a row, 0 for none.

    The table is made of chosen rows of *tables*, and judged as a report judges its own.
    """
    tested = [
        Tested(
            **{
                name: np.concatenate([getattr(rows.tested[at], name)[own] for rows, own in tables])
                for name in ("p_values", "floors", "signs", "low", "high")
            },
            no_change=tables[0][0].tested[at].no_change,
        )
        for at in range(len(tables[0][0].tested))
    ]
    moves = [
        np.concatenate([rows.moves[at][own] for rows, own in tables]) for at in range(len(tested))
    ]
    return np.column_stack([one.directions for one in judge(tested, moves)])
