"""95 % intervals and medians of counts and samples (DF3, F9, LT6, R4).

Vectorized over rows; scipy is imported when one is asked for, not before.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dora.metrics.clustered_medians import FEWEST_CLUSTERS, ClusteredMedian, clustered_medians
from dora.metrics.samples import FEWEST_WEEKS, TAIL, Counts, Floats, GroupedSamples, sample
from dora.metrics.survival import SurvivalCurves, survival_curves

#: Standard normal quantile of 1 − TAIL.
Z = 1.959963984540054
#: From so many episodes on they tell how sure their median is (R4).
FEWEST_EPISODES = 5


class WeeklyRate(NamedTuple):
    """A rate a week with its interval, and what that is made of (DF3)."""

    counts: tuple[int, ...]  #: of the whole weeks
    weeks: float  #: the exposure
    deviation: float  #: of the counts
    t: float  #: Student's quantile for so many counts
    rate: float
    low: float
    high: float


def weekly_rate_interval(
    counts: Sequence[int], exposure_weeks: float, total: int
) -> tuple[float, float] | None:
    """Interval of how often something happens a week, from how much whole weeks differ (DF3).

    *counts* are those of the whole weeks, in any order, *total* is that of all *exposure_weeks*,
    of which the whole weeks are a part. Gives both ends a week; None below four counts.
    `weekly_rate_intervals` has the formula.
    """
    found = weekly_rate(counts, exposure_weeks, total)
    return None if found is None else (found.low, found.high)


def weekly_rate(counts: Sequence[int], exposure_weeks: float, total: int) -> WeeklyRate | None:
    """The same with what it is made of."""
    if len(counts) < FEWEST_WEEKS:
        return None
    own = np.asarray(counts, dtype="float64")
    made = _weekly_rates([len(own)], [own.sum()], [(own**2).sum()], [exposure_weeks], [total])
    return WeeklyRate(tuple(map(int, counts)), exposure_weeks, *(float(one[0]) for one in made))


def weekly_rate_intervals(
    weeks: ArrayLike,
    sums: ArrayLike,
    squares: ArrayLike,
    exposure_weeks: ArrayLike,
    totals: ArrayLike,
) -> tuple[Floats, Floats]:
    """The same for many groups: both ends a week; NaN below four *weeks*.

    Of the counts of each group's whole *weeks* the *sums* and the sums of their *squares* are
    enough. With s their sample standard deviation and w the exposure: total ÷ w ± t(0.975,
    weeks − 1) · s ÷ √w, not below 0, and never narrower at either end than if each came alone
    (`poisson_interval`).
    Source: Student, The probable error of a mean, Biometrika 6 (1908), for a mean of w weeks.
    """
    *_, low, high = _weekly_rates(weeks, sums, squares, exposure_weeks, totals)
    return low, high


def _weekly_rates(
    weeks: ArrayLike,
    sums: ArrayLike,
    squares: ArrayLike,
    exposure_weeks: ArrayLike,
    totals: ArrayLike,
) -> Floats:
    """Deviation, t, rate, low and high of a `WeeklyRate`, one column a group."""
    from scipy.special import stdtrit

    count, sum_, square, exposure, total = (
        np.asarray(values, dtype="float64")
        for values in (weeks, sums, squares, exposure_weeks, totals)
    )
    count = np.where(count >= FEWEST_WEEKS, count, np.nan)
    # Of whole numbers this difference is exact, as long as they are not huge: equal weeks have no
    # spread at all.
    deviation = np.sqrt(np.maximum(count * square - sum_**2, 0) / (count * (count - 1)))
    t, rate = stdtrit(count - 1, 1 - TAIL), total / exposure
    reach = t * deviation / np.sqrt(exposure)
    low, high = poisson_interval(total)
    is_known = ~np.isnan(count)
    ends = (
        np.where(is_known, np.minimum(np.maximum(rate - reach, 0), low / exposure), np.nan),
        np.where(is_known, np.maximum(rate + reach, high / exposure), np.nan),
    )
    return np.array([deviation, t, rate, *ends])


def poisson_interval(counts: ArrayLike) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson mean for each count (DF3); for none it begins at 0.

    Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).
    """
    from scipy.special import gammaincinv

    count = np.asarray(counts, dtype="float64")
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1), TAIL), 0.0)
    return low, np.asarray(gammaincinv(count + 1, 1 - TAIL), dtype="float64")


def wilson_interval(parts: ArrayLike, wholes: ArrayLike) -> tuple[Floats, Floats]:
    """Score interval of a share for each part of a whole (F9, RW1); NaN where the whole is 0.

    Source: E. B. Wilson, Probable inference, JASA 22 (1927).
    """
    part, whole = (np.asarray(values, dtype="float64") for values in (parts, wholes))
    whole = np.where(whole > 0, whole, np.nan)
    share = part / whole
    centre = share + Z**2 / (2 * whole)
    spread = Z * np.sqrt(share * (1 - share) / whole + Z**2 / (4 * whole**2))
    scale = 1 + Z**2 / whole
    low = np.where(part == 0, whole * 0, (centre - spread) / scale)
    return np.clip(low, 0, 1), np.where(
        part == whole, 1.0, np.clip((centre + spread) / scale, 0, 1)
    )


def clustered_median_interval(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> tuple[float, float] | None:
    """Interval of the median of *values* of which those of one cluster came together (LT6).

    *clusters* names the cluster of each value; missing values are left out. Gives both ends in
    the values' unit; None below six clusters. `clustered_medians` has the formula.
    """
    found = clustered_median(values, clusters)
    return None if found is None else (found.low, found.high)


def clustered_median(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> ClusteredMedian | None:
    """The same with what it is made of."""
    every = np.asarray(values, dtype="float64")
    own = every[~np.isnan(every)]
    numbers: dict[Hashable, int] = {}
    codes = np.array(
        [
            numbers.setdefault(one, len(numbers))
            for value, one in zip(every, clusters, strict=True)
            if not np.isnan(value)
        ],
        dtype="int64",
    )
    if len(numbers) < FEWEST_CLUSTERS:
        return None
    alone = np.zeros(len(codes), dtype="int64")
    samples = sample(own, alone, 1)
    made = clustered_medians(samples, own, alone, codes)
    error, freedom, t, first, last, low, high = (float(one[0]) for one in made)
    return ClusteredMedian(len(numbers), len(codes), error, freedom, t, (first, last), low, high)


def clustered_median_intervals(
    samples: GroupedSamples, values: Floats, positions: Counts, clusters: Counts
) -> tuple[Floats, Floats]:
    """The same for each group of *samples*; NaN below six clusters.

    *values*, the *positions* of their groups and the numbers of their *clusters* are those that
    the samples were made of.
    """
    *_, low, high = clustered_medians(samples, values, positions, clusters)
    return low, high


def survival_median_interval(
    times: Sequence[float], ended: Sequence[bool]
) -> tuple[float | None, float | None] | None:
    """Interval of the median of *times* of which some only *ended* later than told (R4).

    Missing times are left out. Gives both ends in the times' unit, each None where the curve does
    not tell it; None altogether below five times. `survival_median_intervals` has the formula.
    """
    curves = survival_curves(times, ended)
    if curves.sizes[0] < FEWEST_EPISODES:
        return None
    low, high = survival_median_intervals(curves)
    return (
        None if np.isnan(low[0]) else float(low[0]),
        None if np.isnan(high[0]) else float(high[0]),
    )


def survival_median_intervals(curves: SurvivalCurves) -> tuple[Floats, Floats]:
    """The same for many groups, of their *curves*; NaN where an end is unknown or of under five.

    The band around a curve S at a time is S to the power of exp(∓1.96 · e ÷ log S), with e² the
    sum of d ÷ (n · (n − d)) over the times so far at which d of n ended: symmetrical on the scale
    log(−log S). Where S is 1 the band is that, where it is 0 there is none. The interval begins
    at the first time at which the band's lower end is at or below one half, and ends at the first
    at which its upper end is.
    Sources: R. Brookmeyer and J. Crowley, A confidence interval for the median survival time,
    Biometrics 38 (1982); M. Greenwood, Reports on public health 33 (1926), for the variance; J. D.
    Kalbfleisch and R. L. Prentice (1980), for the scale.
    """
    has_band = (curves.shares > 0) & (curves.shares < 1)
    hazard = -np.log(np.where(has_band, curves.shares, np.nan))
    distance = np.log(hazard / np.log(2))
    reach = Z * np.sqrt(curves.variances) / hazard
    is_known = curves.sizes >= FEWEST_EPISODES
    low, high = (curves.first_times(end >= 0) for end in (distance + reach, distance - reach))
    return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)
