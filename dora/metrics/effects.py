"""How large a difference between two windows is: 95 % intervals of ratios and differences (K2).

scipy is imported when one is asked for, not before.
"""

from collections.abc import Sequence
from functools import cache
from math import ceil, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dora.metrics.intervals import Z, wilson_interval
from dora.metrics.samples import TAIL
from dora.metrics.significance import Weeks, degrees_of_freedom, summarize_weeks

Floats = NDArray[np.float64]
#: A time and whether it has ended: of one that has not no more is known than that it is longer.
Episodes = tuple[Sequence[float], Sequence[bool]]

#: Samples of up to so many each have the exact distribution, larger ones the normal one.
MOST_EXACT = 50
#: Up to so many pairs are all worked out; of more only how many are below a ratio.
MOST_PAIRS = 1_000_000
#: Times shorter than this many seconds count as this long, for nothing is a multiple of 0.
SHORTEST = 1.0


def rate_ratio_interval(
    before_weeks: Sequence[float], now_weeks: Sequence[float]
) -> tuple[float, float] | None:
    """Interval of the ratio of two rates, now ÷ before, from the counts of whole weeks (K2).

    By the delta method on the logarithm of the ratio of weekly means, with Welch's degrees of
    freedom. None with fewer than four weeks in either window, or where one has no event at all.
    Source: B. L. Welch, Biometrika 34 (1947); G. W. Oehlert, The American Statistician 46 (1992).
    """
    (low,), (high,) = rate_ratio_intervals([before_weeks], [now_weeks])
    return None if np.isnan(low) else (float(low), float(high))


def rate_ratio_intervals(
    before: Sequence[ArrayLike], now: Sequence[ArrayLike]
) -> tuple[Floats, Floats]:
    """The same for each pair of weekly counts of a table; NaN for None."""
    from scipy.special import stdtrit

    old, new = summarize_weeks(before), summarize_weeks(now)
    is_there = old.is_enough & new.is_enough & (old.means > 0) & (new.means > 0)
    means = [np.where(is_there, one.means, 1.0) for one in (old, new)]
    relative = [
        Weeks(one.sizes, mean, one.variances / mean**2)
        for one, mean in zip((old, new), means, strict=True)
    ]
    spread = np.sqrt(relative[0].variances + relative[1].variances)
    degrees = np.where(spread > 0, degrees_of_freedom(*relative), 1.0)
    half = np.where(spread > 0, stdtrit(degrees, 1 - TAIL) * spread, 0.0)
    ratio = np.where(is_there, means[1] / means[0], np.nan)
    return ratio * np.exp(-half), ratio * np.exp(half)


def share_difference_interval(
    before: int, before_of: int, now: int, now_of: int
) -> tuple[float, float] | None:
    """Interval of the difference of two shares, now − before (K2); None where one is of nothing.

    Newcombe's hybrid score interval, method 10, from Wilson's intervals of both.
    Source: R. G. Newcombe, Statistics in Medicine 17 (1998).
    """
    (low,), (high,) = share_difference_intervals([before], [before_of], [now], [now_of])
    return None if np.isnan(low) else (float(low), float(high))


def share_difference_intervals(
    before: ArrayLike, before_of: ArrayLike, now: ArrayLike, now_of: ArrayLike
) -> tuple[Floats, Floats]:
    """The same for each pair of shares of a table; NaN for None."""
    parts = [np.asarray(counts, dtype="float64") for counts in (before, now)]
    wholes = [np.asarray(counts, dtype="float64") for counts in (before_of, now_of)]
    old, new = (
        part / np.where(whole > 0, whole, np.nan) for part, whole in zip(parts, wholes, strict=True)
    )
    (old_low, old_high), (new_low, new_high) = map(wilson_interval, parts, wholes)
    low = new - old - np.hypot(new - new_low, old_high - old)
    return low, new - old + np.hypot(new_high - new, old - old_low)


def time_ratio_interval(
    before: Sequence[float], now: Sequence[float]
) -> tuple[float, float | None] | None:
    """Interval of how many times as long times are now as before (K2).

    Of Hodges and Lehmann, on logarithms: ends are ratios of one time of now and one of before, of
    such rank among all of these that the Mann–Whitney test would not reject what lies between.
    None where the samples are too small to be 95 % sure.
    Source: J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics 34 (1963).
    """
    return episode_ratio_interval((before, [True] * len(before)), (now, [True] * len(now)))


def episode_ratio_interval(before: Episodes, now: Episodes) -> tuple[float, float | None] | None:
    """The same of episodes, of which some may be open (K2); without a high end where it has none.

    An open one may last however long: a pair with it counts with the smallest ratio that it may
    come to for the low end, and with the greatest for the high end.
    """
    (old, old_open), (new, new_open) = _by_end(before), _by_end(now)
    sizes = len(old) + len(old_open), len(new) + len(new_open)
    rank = ratio_rank(*sizes)
    if not rank:
        return None
    every_old, every_new = np.concatenate([old, old_open]), np.concatenate([new, new_open])
    # At least: 0 where that of before is open; at most: endless where that of now is.
    below, above = len(old_open) * sizes[1], len(new_open) * sizes[0]
    low = 0.0 if rank <= below else _ratio_of_rank(old, every_new, rank - below)
    if rank <= above:
        return low, None
    return low, _ratio_of_rank(every_old, new, len(new) * sizes[0] + 1 - (rank - above))


def _by_end(episodes: Episodes) -> tuple[Floats, Floats]:
    """How long the episodes took that have ended, and how old the others are."""
    times, ended = episodes
    long = np.maximum(np.asarray(times, dtype="float64"), SHORTEST)
    is_over = np.asarray(ended, dtype="bool")
    return long[is_over], long[~is_over]


def _ratio_of_rank(before: Floats, now: Floats, rank: int) -> float:
    """The ratio of *rank*, from 1, among those of each of *now* to each of *before*."""
    if len(before) * len(now) <= MOST_PAIRS:
        ratios = np.divide.outer(now, before).ravel()
        return float(np.partition(ratios, rank - 1)[rank - 1])
    now = np.sort(now)
    # Positive numbers are in the order of their bits: halve between them until one is left.
    ends = np.array([now[0] / before.max(), now[-1] / before.min()])
    low, high = ends.view("int64").tolist()
    while low < high:
        middle = (low + high) // 2
        limit = np.array([middle], dtype="int64").view("float64")[0]
        if int(np.searchsorted(now, limit * before, side="right").sum()) >= rank:
            high = middle
        else:
            low = middle + 1
    return float(np.array([high], dtype="int64").view("float64")[0])


@cache
def ratio_rank(before: int, now: int) -> int:
    """Which of the ratios of two samples of such sizes is the low end, from 1; 0 for none (K2).

    The smallest x with P(U ≤ x) ≥ 0.025, U being Mann and Whitney's without ties; where even the
    smallest ratio is not that unlikely there is none. By the exact distribution, for large samples
    by the normal one with correction for continuity.
    """
    if not before or not now:
        return 0
    if max(before, now) <= MOST_EXACT:
        chances = _rank_sum_chances(before, now)
        # Where the very first reaches it, none can be left out: unless it is just as unlikely.
        rank = int(np.searchsorted(chances, TAIL * (1 - 1e-12)))
        return rank or int(chances[0] <= TAIL * (1 + 1e-12))
    spread = sqrt(before * now * (before + now + 1) / 12)
    return max(ceil(before * now / 2 - 0.5 - Z * spread), 0)


def _rank_sum_chances(before: int, now: int) -> Floats:
    """P(U ≤ x) for x from 0 to the middle: of all ways to deal the ranks, so many come to it.

    Source: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
    """
    ways = np.zeros(before * now // 2 + 1)
    ways[0] = 1.0
    total = 1.0
    for size in range(1, before + 1):
        total *= (now + size) / size
        # Ways to deal one more rank to one side: Gauss's binomial coefficients, one by one.
        rows = -(-len(ways) // size)
        padded = np.append(ways, np.zeros(rows * size - len(ways))).reshape(rows, size)
        ways = padded.cumsum(axis=0).ravel()[: len(ways)]
        shifted = ways.copy()
        shifted[now + size :] -= ways[: max(len(ways) - now - size, 0)]
        ways = shifted
    return np.asarray(ways.cumsum() / total, dtype="float64")
