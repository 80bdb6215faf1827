"""How likely a difference between two windows is by chance alone (K2 to K5).

All p-values are two-sided; scipy is imported when one is asked for, not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dora.metrics.samples import FEWEST_WEEKS, Floats

#: Up to this adjusted p-value a change is called clear (K5).
CLEAR = 0.05
#: Ways to deal the episodes to two windows that are gone through one by one; above, by the normal.
MOST_DEALS = 20_000


@dataclass(frozen=True)
class Shift:
    """Whether times grew (*sign* 1), shrank (−1) or neither (0), and the p-value of that."""

    p_value: float
    sign: int


def rate_change(before_weeks: Sequence[float], now_weeks: Sequence[float]) -> float | None:
    """p-value of a change between the counts of whole weeks of two windows (K2), by Welch's test.

    None with fewer than four weeks in either, or with a count that is missing. Where neither
    window's weeks differ, equal ones have 1 and others 0.
    Source: B. L. Welch, Biometrika 34 (1947).
    """
    (found,) = rate_changes([before_weeks], [now_weeks])
    return None if np.isnan(found) else float(found)


def rate_changes(before: Sequence[ArrayLike], now: Sequence[ArrayLike]) -> Floats:
    """The same for each pair of weekly counts of a table; NaN for None."""
    from scipy.special import stdtr

    old, new = summarize_weeks(before), summarize_weeks(now)
    moved, spread = new.means - old.means, old.variances + new.variances
    is_varied = spread > 0
    safe = np.where(is_varied, spread, 1.0)
    degrees = np.where(is_varied, degrees_of_freedom(old, new), 1.0)
    tail = np.asarray(stdtr(degrees, -np.abs(moved) / np.sqrt(safe)), dtype="float64")
    found = np.where(is_varied, 2 * tail, np.where(moved == 0, 1.0, 0.0))
    is_known = old.is_enough & new.is_enough & ~np.isnan(moved)
    return np.where(is_known, found, np.nan)


@dataclass(frozen=True)
class Weeks:
    """Weekly counts of each row of a table: how many, their means, the variances of the means."""

    sizes: Floats
    means: Floats
    variances: Floats

    @property
    def is_enough(self) -> NDArray[np.bool_]:
        """Whether a row has enough weeks to be compared."""
        return self.sizes >= FEWEST_WEEKS


def summarize_weeks(samples: Sequence[ArrayLike]) -> Weeks:
    """What tests and intervals need of weekly counts; what has too few of them is 0."""
    arrays = [np.asarray(sample, dtype="float64") for sample in samples]
    sizes = np.array([len(own) for own in arrays], dtype="int64")
    rows, counts = np.repeat(np.arange(len(arrays)), sizes), np.concatenate([*arrays, []])
    means = np.bincount(rows, counts, len(arrays)) / np.maximum(sizes, 1)
    # Equal counts have the mean that they are, exactly, and so no deviation at all.
    squares = np.bincount(rows, (counts - means[rows]) ** 2, len(arrays))
    variances = squares / np.maximum(sizes - 1, 1) / np.maximum(sizes, 1)
    is_enough = sizes >= FEWEST_WEEKS
    return Weeks(
        sizes.astype("float64"), np.where(is_enough, means, 0), np.where(is_enough, variances, 0)
    )


def degrees_of_freedom(before: Weeks, now: Weeks) -> Floats:
    """Welch's degrees of freedom of each pair; NaN where neither's weeks differ."""
    squares = sum(
        (one.variances**2 / np.maximum(one.sizes - 1, 1) for one in (before, now)),
        np.zeros(len(before.sizes)),
    )
    total = (before.variances + now.variances) ** 2
    return np.asarray(np.divide(total, np.where(squares > 0, squares, np.nan)), dtype="float64")


def rate_change_floors(before: Sequence[ArrayLike], now: Sequence[ArrayLike]) -> Floats:
    """The smallest p-value that each pair of weekly counts could have come to (K5).

    It is that of all weeks in order, the smallest in one window and the greatest in the other.
    """
    pairs = zip(before, now, strict=True)
    pooled = [(np.sort(np.concatenate([old, new])), len(np.asarray(old))) for old, new in pairs]
    rising = rate_changes([x[:size] for x, size in pooled], [x[size:] for x, size in pooled])
    falling = rate_changes(
        [x[len(x) - size :] for x, size in pooled], [x[: len(x) - size] for x, size in pooled]
    )
    return np.minimum(rising, falling)


def share_p_values(
    before: ArrayLike, before_of: ArrayLike, now: ArrayLike, now_of: ArrayLike
) -> Floats:
    """p-value for each pair of shares (K3), Fisher's exact test; NaN where either is of nothing."""
    columns = (np.asarray(counts).tolist() for counts in (before, before_of, now, now_of))
    found = [_fisher(*counts) for counts in zip(*columns, strict=True)]
    return np.asarray(found, dtype="float64")


@cache
def _fisher(before: int, before_of: int, now: int, now_of: int) -> float:
    """One of the tables, of which there are few different ones."""
    from scipy.stats import fisher_exact

    if not before_of or not now_of:
        return float("nan")
    if not before + now or before + now == before_of + now_of:
        return 1.0
    table = np.array([[before, before_of - before], [now, now_of - now]])
    found = fisher_exact(table)
    return float(found.pvalue)


def shift_of(before: Sequence[float], now: Sequence[float]) -> Shift | None:
    """Whether times grew or shrank, by the Mann–Whitney test (K4); None where a sample is empty.

    Exact for small samples, with ties, too.
    """
    from scipy.stats import mannwhitneyu

    if not before or not now:
        return None
    values = {*before, *now}
    if len(values) == 1:
        return Shift(1.0, 0)
    count = len(before) + len(now)
    if len(values) < count and comb(count, len(now)) <= MOST_DEALS:
        return _gehan(before, [True] * len(before), now, [True] * len(now))
    found = mannwhitneyu(now, before)
    middle = len(now) * len(before) / 2
    return Shift(min(float(found.pvalue), 1.0), int(np.sign(found.statistic - middle)))


def shift_of_episodes(
    before: Sequence[float],
    before_ended: Sequence[bool],
    now: Sequence[float],
    now_ended: Sequence[bool],
) -> Shift | None:
    """The same of episodes (K4): of one that lasts no more is known than that it is longer.

    Where all ended it is the Mann–Whitney test, else Gehan's, which is that for such samples; by
    every way to deal the episodes to both windows where these are few.
    """
    if all(before_ended) and all(now_ended):
        return shift_of(before, now)
    return _gehan(before, before_ended, now, now_ended) if before and now else None


def _gehan(
    before: Sequence[float],
    before_ended: Sequence[bool],
    now: Sequence[float],
    now_ended: Sequence[bool],
) -> Shift:
    """Gehan's test of two samples. Source: E. A. Gehan, Biometrika 52 (1965)."""
    seconds, ended = np.array([*now, *before]), np.array([*now_ended, *before_ended])
    # Row i, column j: episode i was certainly longer than j; at equal age one that lasts was.
    is_later = seconds[:, None] > seconds
    is_longer = ended & (is_later | ((seconds[:, None] == seconds) & ~ended[:, None]))
    scores = is_longer.sum(axis=1) - is_longer.sum(axis=0)
    score = int(scores[: len(now)].sum())
    return Shift(_deal(scores, len(now), abs(score)), int(np.sign(score)))


def _deal(scores: NDArray[np.int64], size: int, reached: int) -> float:
    """Share of all ways to choose *size* of *scores* whose sum is as far from 0 as *reached*."""
    count = len(scores)
    if comb(count, size) <= MOST_DEALS:
        places = np.array(list(combinations(range(count), size)))
        return float((np.abs(scores[places].sum(axis=1)) >= reached).mean())
    from scipy.special import ndtr

    variance = size * (count - size) * float((scores**2).sum()) / (count * (count - 1))
    return float(2 * ndtr(-reached / np.sqrt(variance))) if variance else 1.0


def share_floors(
    before: ArrayLike, before_of: ArrayLike, now: ArrayLike, now_of: ArrayLike
) -> Floats:
    """The same for each pair of shares: that of the split that is least likely (K5).

    It has all in one of both. Where it is as unlikely to have all in the other, both count.
    """
    from scipy.stats import hypergeom

    old, old_of, new, new_of = (
        np.asarray(counts, dtype="int64") for counts in (before, before_of, now, now_of)
    )
    part, whole = old + new, old_of + new_of
    ends = np.maximum(part - old_of, 0), np.minimum(part, new_of)
    chances = [np.asarray(hypergeom.pmf(end, whole, part, new_of)) for end in ends]
    is_even = np.isclose(chances[0], chances[1], rtol=1e-9, atol=0) & (ends[0] < ends[1])
    least = np.minimum(chances[0], chances[1])
    return np.asarray(np.where(is_even, chances[0] + chances[1], least), dtype="float64")


def shift_floors(before: ArrayLike, now: ArrayLike) -> Floats:
    """The same for each pair of sample sizes of times, whichever were all longer (K5)."""
    from scipy.special import binom

    old, new = (np.asarray(sizes, dtype="float64") for sizes in (before, now))
    return np.asarray(np.minimum(2 / binom(old + new, new), 1.0), dtype="float64")


def adjust(p_values: ArrayLike) -> Floats:
    """Adjusted p-values of a whole table (K5): calling those up to q clear errs in a share q.

    Benjamini and Hochberg, JRSS B 57 (1995). NaN stands for what was not tested, and stays.
    """
    from scipy.stats import false_discovery_control

    given = np.asarray(p_values, dtype="float64")
    adjusted = np.full_like(given, np.nan)
    is_tested = ~np.isnan(given)
    if is_tested.any():
        adjusted[is_tested] = false_discovery_control(given[is_tested], method="bh")
    return adjusted
