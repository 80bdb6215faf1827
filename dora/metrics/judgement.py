"""Judges a whole table: which of its metrics clearly changed between two windows, which way (K5).

Each metric of each row is set beside that of the window before, then all are judged together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dora.metrics.effects import (
    Episodes,
    episode_ratio_interval,
    rate_ratio_intervals,
    share_difference_intervals,
)
from dora.metrics.significance import (
    CLEAR,
    Shift,
    adjust,
    rate_change_floors,
    rate_changes,
    share_floors,
    share_p_values,
    shift_floors,
    shift_of_episodes,
    summarize_weeks,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tested:
    """One metric of each row of a table beside that of the window before (K2 to K4).

    *p_values* are NaN where there is nothing to test, and *floors* the smallest that there could
    have been. *signs* tell whether it grew (1), fell (−1) or neither (0); *low* and *high* are the
    95 % interval of the effect, NaN for none, infinite where it has no high end.
    """

    p_values: Floats
    floors: Floats
    signs: Floats
    low: Floats
    high: Floats
    no_change: float  #: the effect that is none: 1 of a ratio, 0 of a difference


@dataclass(frozen=True)
class Judged:
    """What became of one metric of each row: *directions* are 0 where no change is clear (K5).

    *adjusted* are the p-values adjusted over the whole table, NaN for what could not be clear.
    """

    adjusted: Floats
    directions: Floats


def tested_rates(before_weeks: Sequence[ArrayLike], now_weeks: Sequence[ArrayLike]) -> Tested:
    """Frequencies, by the counts of whole weeks of each row (K2)."""
    old, new = summarize_weeks(before_weeks), summarize_weeks(now_weeks)
    p_values = rate_changes(before_weeks, now_weeks)
    signs = np.where(np.isnan(p_values), 0.0, np.sign(new.means - old.means))
    intervals = rate_ratio_intervals(before_weeks, now_weeks)
    floors = rate_change_floors(before_weeks, now_weeks)
    return Tested(p_values, floors, signs, *intervals, no_change=1.0)


def tested_shares(
    before: ArrayLike, before_of: ArrayLike, now: ArrayLike, now_of: ArrayLike
) -> Tested:
    """Shares, by what was counted of how many in each row (K3)."""
    counts = before, before_of, now, now_of
    old, old_of, new, new_of = (np.asarray(one, dtype="int64") for one in counts)
    is_there = (old_of > 0) & (new_of > 0)
    # As counts, exactly: no share is rounded.
    signs = np.where(is_there, np.sign(new * old_of - old * new_of), 0).astype("float64")
    low, high = share_difference_intervals(*counts)
    p_values, floors = share_p_values(*counts), share_floors(*counts)
    return Tested(p_values, floors, signs, low, high, no_change=0.0)


def tested_times(before: Sequence[Sequence[float]], now: Sequence[Sequence[float]]) -> Tested:
    """Times that all have ended, by the samples of each row (K4)."""
    old, new = ([(own, [True] * len(own)) for own in side] for side in (before, now))
    return tested_episodes(old, new)


def tested_episodes(before: Sequence[Episodes], now: Sequence[Episodes]) -> Tested:
    """Times of which some may be open, by the samples of each row (K4)."""
    nothing = Shift(nan, 0)
    pairs = [*zip(before, now, strict=True)]
    shifts = [shift_of_episodes(*old, *new) or nothing for old, new in pairs]
    intervals = [episode_ratio_interval(old, new) or (nan, nan) for old, new in pairs]
    sizes = [[len(old[0]) for old in before], [len(new[0]) for new in now]]
    return Tested(
        p_values=np.array([one.p_value for one in shifts], dtype="float64"),
        floors=shift_floors(*sizes),
        signs=np.array([one.sign for one in shifts], dtype="float64"),
        low=np.array([low for low, _ in intervals], dtype="float64"),
        high=np.array([inf if high is None else high for _, high in intervals], dtype="float64"),
        no_change=1.0,
    )


def judge(metrics: Sequence[Tested], moves: Sequence[ArrayLike]) -> list[Judged]:
    """Each metric of a table judged, all tests together (K5).

    A change is clear with an adjusted p-value up to `CLEAR` whose interval holds no effect but
    such of its direction, where the number that is shown moved that way, too: *moves* has for each
    metric 1, −1 or 0 of each row, NaN where nothing is shown and the test alone decides.
    """
    tested = [np.where(one.floors <= CLEAR, one.p_values, np.nan) for one in metrics]
    every = adjust(np.concatenate([*tested, []]))
    ends = np.cumsum([len(one) for one in tested])
    return [
        Judged(adjusted, _directions(one, adjusted, np.asarray(moved, dtype="float64")))
        for one, adjusted, moved in zip(metrics, np.split(every, ends)[:-1], moves, strict=True)
    ]


def _directions(one: Tested, adjusted: Floats, moved: Floats) -> Floats:
    is_beyond = np.select(
        [np.isnan(one.low), one.signs > 0, one.signs < 0],
        [True, one.low > one.no_change, one.high < one.no_change],
        default=False,
    )
    agrees = np.isnan(moved) | (moved == one.signs)
    return np.where((adjusted <= CLEAR) & is_beyond & agrees, one.signs, 0.0)
