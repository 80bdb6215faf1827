"""95 % intervals and medians of counts and samples (DF3, F9, LT6, R4).

Vectorized over rows; scipy is imported when one is asked for, not before.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dora.metrics.samples import Counts, Floats, GroupedSamples, sample
from dora.metrics.survival import SurvivalCurves, survival_curves

#: Half of what a 95 % interval leaves out.
TAIL = 0.025
#: Standard normal quantile of 1 − TAIL.
Z = 1.959963984540054
#: From so many whole weeks on their counts tell how much they differ (DF3).
FEWEST_WEEKS = 4
#: From so many deployments on they tell how sure a median of their changes is (LT6).
FEWEST_CLUSTERS = 6
#: From so many episodes on they tell how sure their median is (R4).
FEWEST_EPISODES = 5


def weekly_rate_interval(
    counts: Sequence[int], exposure_weeks: float, total: int
) -> tuple[float, float] | None:
    """Interval of how often something happens a week, from how much whole weeks differ (DF3).

    *counts* are those of the whole weeks, in any order, *total* is that of all *exposure_weeks*,
    of which the whole weeks are a part. Gives both ends a week; None below four counts.
    `weekly_rate_intervals` has the formula.
    """
    squares = sum(count * count for count in counts)
    low, high = weekly_rate_intervals(
        [len(counts)], [sum(counts)], [squares], [exposure_weeks], [total]
    )
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))


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
    weeks − 1) · s ÷ √w, not below 0, and never narrower at either end than if all were
    independent (`poisson_interval`). Student's t interval of a mean, scaled to the exposure.
    Source: Student, The probable error of a mean, Biometrika 6 (1908).
    """
    from scipy.special import stdtrit

    count, sum_, square, weeks_exposed, total = (
        np.asarray(values, dtype="float64")
        for values in (weeks, sums, squares, exposure_weeks, totals)
    )
    count = np.where(count >= FEWEST_WEEKS, count, np.nan)
    # Of whole numbers this difference is exact: equal weeks have no spread at all.
    variance = (count * square - sum_**2) / (count * (count - 1))
    rate = total / weeks_exposed
    reach = stdtrit(count - 1, 1 - TAIL) * np.sqrt(variance / weeks_exposed)
    low, high = poisson_interval(total)
    is_known = ~np.isnan(count)
    return (
        np.where(is_known, np.minimum(np.maximum(rate - reach, 0), low / weeks_exposed), np.nan),
        np.where(is_known, np.maximum(rate + reach, high / weeks_exposed), np.nan),
    )


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
    values: Sequence[float], clusters: Sequence[int]
) -> tuple[float, float] | None:
    """Interval of the median of *values* of which those of one cluster came together (LT6).

    *clusters* names the cluster of each value. Gives both ends in the values' unit; None below
    six clusters. `clustered_median_intervals` has the formula.
    """
    numbers = np.asarray(values, dtype="float64")
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    positions = np.zeros(len(numbers), dtype="int64")
    samples = sample(numbers, positions, 1)
    low, high = clustered_median_intervals(samples, numbers, positions, codes)
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))


def clustered_median_intervals(
    samples: GroupedSamples, values: Floats, positions: Counts, clusters: Counts
) -> tuple[Floats, Floats]:
    """The same for each group of *samples*; NaN below six clusters.

    *values*, the *positions* of their groups and the numbers of their *clusters* are those that
    the samples were made of. With D clusters d that have n(d) of a group's N values, a(d) of them
    not above the median, r(d) = a(d) − n(d) ÷ 2, the standard error of the share that is not
    above it is, by the jackknife over clusters, e = √((D − 1) ÷ D · Σ (r(d) ÷ (1 − n(d) ÷ N))²)
    ÷ N. The ends are the quantiles at ½ ± t(0.975, f) · e, with f = max(1, (Σ n(d)²)² ÷ Σ n(d)⁴
    − 1) degrees of freedom, for few large clusters tell as little as few; never narrower at
    either end than that of as many independent values (`median_ranks`).
    Sources: R. S. Woodruff, Confidence intervals for medians, JASA 47 (1952), for the ends; L.
    Kish and M. R. Frankel, Inference from complex samples, JRSS B 36 (1974), for the jackknife
    over clusters; F. E. Satterthwaite, Biometrics Bulletin 2 (1946), for the degrees of freedom.
    """
    from scipy.special import stdtrit

    groups, sizes, errors = _cluster_errors(samples, values, positions, clusters)
    count = len(samples.sizes)
    clusters_of = np.bincount(groups, minlength=count)
    is_known = clusters_of >= FEWEST_CLUSTERS
    known = np.where(is_known, clusters_of, np.nan)
    error = np.sqrt((known - 1) / known * np.bincount(groups, errors**2, count))
    error /= np.where(is_known, samples.sizes, np.nan)
    fourth = np.where(is_known, np.bincount(groups, sizes**4, count), np.nan)
    freedom = np.maximum(np.bincount(groups, sizes**2, count) ** 2 / fourth - 1, 1)
    reach = np.where(is_known, stdtrit(freedom, 1 - TAIL) * error, 0)
    low, high = _rank_interval(samples)
    return (
        np.where(is_known, np.minimum(samples.quantiles(np.maximum(0.5 - reach, 0)), low), np.nan),
        np.where(is_known, np.maximum(samples.quantiles(np.minimum(0.5 + reach, 1)), high), np.nan),
    )


def _cluster_errors(
    samples: GroupedSamples, values: Floats, positions: Counts, clusters: Counts
) -> tuple[Counts, Floats, Floats]:
    """Of each cluster of each group: the group, n(d), and r(d) ÷ (1 − n(d) ÷ N)."""
    is_there = (positions >= 0) & ~np.isnan(values)
    values, positions, clusters = values[is_there], positions[is_there], clusters[is_there]
    width = int(clusters.max(initial=0)) + 1
    keys, codes = np.unique(positions * width + clusters, return_inverse=True)
    groups = keys // width
    sizes = np.bincount(codes, minlength=len(keys)).astype("float64")
    is_not_above = values <= samples.medians()[positions]
    excess = np.bincount(codes, is_not_above, len(keys)) - sizes / 2
    rest = 1 - sizes / samples.sizes[groups]
    return groups, sizes, excess / np.where(rest > 0, rest, np.nan)


def _rank_interval(samples: GroupedSamples) -> tuple[Floats, Floats]:
    """The two order statistics that bound each group's median; NaN below six values."""
    sizes, own = np.unique(samples.sizes, return_inverse=True)
    ranks = median_ranks(sizes)[own]
    is_known = ranks > 0
    low = samples.at(ranks - 1, where=is_known)
    return low, samples.at(samples.sizes - ranks, where=is_known)


def median_ranks(sizes: ArrayLike) -> NDArray[np.int64]:
    """For each sample size n the rank j whose x(j), x(n+1−j) bound the median (LT6); 0 for none.

    The smallest integer with P(Bin(n, ½) ≤ j) ≥ 0.025.
    """
    from scipy.special import bdtr, bdtrik

    size = np.asarray(sizes, dtype="int64")
    safe = np.maximum(size, 1)
    rank = np.maximum(np.ceil(bdtrik(TAIL, safe, 0.5)), 0)
    rank = np.nan_to_num(rank)
    # The inverse is a root found numerically: step to the exact integer.
    rank = np.where((rank > 0) & (bdtr(np.maximum(rank - 1, 0), safe, 0.5) >= TAIL), rank - 1, rank)
    rank = np.where(bdtr(rank, safe, 0.5) < TAIL, rank + 1, rank)
    return np.where(size > 0, rank, 0).astype("int64")


def survival_median_interval(
    times: Sequence[float], ended: Sequence[bool]
) -> tuple[float | None, float | None] | None:
    """Interval of the median of *times* of which some only *ended* later than told (R4).

    Gives both ends in the times' unit, each None where the curve does not tell it; None
    altogether below five times. `survival_median_intervals` has the formula.
    """
    if len(times) < FEWEST_EPISODES:
        return None
    low, high = survival_median_intervals(survival_curves(times, ended))
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
