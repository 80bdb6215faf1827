"""Medians of values that came in clusters, and how sure they are (LT6)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dora.metrics.samples import TAIL, Counts, Floats, GroupedSamples

#: From so many deployments on they tell how sure a median of their changes is (LT6).
FEWEST_CLUSTERS = 6


class ClusteredMedian(NamedTuple):
    """The interval of the median of values that came in clusters, and what it is made of (LT6)."""

    clusters: int
    values: int
    error: float  #: standard error of the share of values that are not above the median
    freedom: float  #: degrees of freedom
    t: float  #: Student's quantile for so many
    shares: tuple[float, float]  #: the ends before they are compared with independent values'
    low: float
    high: float


def clustered_medians(
    samples: GroupedSamples, values: Floats, positions: Counts, clusters: Counts
) -> NDArray[np.float64]:
    """Error, freedom, t, both shares, low and high of a `ClusteredMedian`, one column a group.

    *values*, the *positions* of their groups and the numbers of their *clusters* are those that
    *samples* were made of; low and high are NaN below six clusters.

    With D clusters d that have n(d) of a group's N values, a(d) of them not above the median, and
    r(d) = a(d) − n(d) ÷ 2, the standard error of the share that is not above it is, by the
    jackknife over clusters, e = √((D − 1) ÷ D · Σ (r(d) ÷ (1 − n(d) ÷ N))²) ÷ N. The ends are the
    quantiles at ½ ± t(0.975, f) · e, with f = max(1, (Σ n(d)²)² ÷ Σ n(d)⁴ − 1) degrees of freedom,
    for few large clusters tell as little as few; never narrower at either end than of as many
    independent values (`median_ranks`).
    Sources: R. S. Woodruff, Confidence intervals for medians, JASA 47 (1952), for the ends; L.
    Kish and M. R. Frankel, Inference from complex samples, JRSS B 36 (1974), for the jackknife
    over clusters; F. E. Satterthwaite, Biometrics Bulletin 2 (1946), for the degrees of freedom.
    """
    from scipy.special import stdtrit

    groups, sizes, errors = _cluster_errors(samples, values, positions, clusters)
    count = len(samples.sizes)
    known = np.bincount(groups, minlength=count).astype("float64")
    is_known = known >= FEWEST_CLUSTERS
    known[~is_known] = np.nan
    values_of = np.where(is_known, samples.sizes, np.nan)
    error = np.sqrt((known - 1) / known * np.bincount(groups, errors**2, count)) / values_of
    squares, fourths = (np.bincount(groups, sizes**power, count) for power in (2, 4))
    freedom = np.maximum(squares**2 / np.where(is_known, fourths, np.nan) - 1, 1)
    t = stdtrit(freedom, 1 - TAIL)
    reach = np.where(is_known, t * error, 0)
    first, last = np.maximum(0.5 - reach, 0), np.minimum(0.5 + reach, 1)
    low, high = _rank_interval(samples)
    ends = (
        np.where(is_known, np.minimum(samples.quantiles(first), low), np.nan),
        np.where(is_known, np.maximum(samples.quantiles(last), high), np.nan),
    )
    return np.array([error, freedom, t, first, last, *ends])


def _cluster_errors(
    samples: GroupedSamples, values: Floats, positions: Counts, clusters: Counts
) -> tuple[Counts, Floats, Floats]:
    """Of each cluster of each group: the group, n(d), and r(d) ÷ (1 − n(d) ÷ N).

    Those of a group are in ascending order, so that their sums are the same to the
    last digit whichever order the changes were read in.
    """
    is_there = (positions >= 0) & ~np.isnan(values)
    values, positions, clusters = values[is_there], positions[is_there], clusters[is_there]
    width = int(clusters.max(initial=0)) + 1
    keys, codes = np.unique(positions * width + clusters, return_inverse=True)
    groups = keys // width
    sizes = np.bincount(codes, minlength=len(keys)).astype("float64")
    is_not_above = values <= samples.medians()[positions]
    excess = np.bincount(codes, is_not_above, len(keys)) - sizes / 2
    rest = 1 - sizes / samples.sizes[groups]
    errors = excess / np.where(rest > 0, rest, np.nan)
    order = np.lexsort((errors, sizes, groups))
    return groups[order], sizes[order], errors[order]


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
