"""The intervals that know how deployments come: DF3, LT6 and R4, as their texts say."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from fractions import Fraction

from scipy import stats

from tests.oracle import estimates

Ends = tuple[float | None, float | None]


def variance(values: Sequence[float]) -> float:
    """Sample variance, n − 1 below."""
    exact = [Fraction(value) for value in values]
    middle = sum(exact) / len(exact)
    return float(sum((value - middle) ** 2 for value in exact) / (len(exact) - 1))


def t_quantile(share: float, degrees: float) -> float:
    """Quantile of Student's t distribution."""
    return float(stats.t.ppf(share, degrees))


def weekly_rate_interval(
    counts: Sequence[int], weeks: Fraction, total: int
) -> tuple[float, float] | None:
    """95 % interval of a rate a week (DF3)."""
    if len(counts) < 4:
        return None
    rate = float(total / weeks)
    reach = t_quantile(0.975, len(counts) - 1) * math.sqrt(variance(counts) / float(weeks))
    low, high = estimates.garwood(total)
    return (
        min(max(0.0, rate - reach), low / float(weeks)),
        max(rate + reach, high / float(weeks)),
    )


def clustered_median_interval(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> list[float] | None:
    """95 % interval of the median of values of which those of a cluster belong together (LT6)."""
    sizes = Counter(clusters)
    number, count = len(sizes), len(values)
    if number < 6:
        return None
    middle = estimates.median(values)
    below: Counter[Hashable] = Counter()
    for value, cluster in zip(values, clusters, strict=True):
        below[cluster] += middle is not None and value <= middle
    squares = Fraction(0)
    for cluster, size in sizes.items():
        surplus = below[cluster] - Fraction(size, 2)
        squares += (surplus / (1 - Fraction(size, count))) ** 2
    error = math.sqrt(Fraction(number - 1, number) * squares) / count
    second = sum(size**2 for size in sizes.values())
    fourth = sum(size**4 for size in sizes.values())
    degrees = max(Fraction(1), Fraction(second**2, fourth) - 1)
    reach = t_quantile(0.975, float(degrees)) * error
    low = estimates.quantile(values, max(Fraction(0), Fraction(1, 2) - Fraction(reach)))
    high = estimates.quantile(values, min(Fraction(1), Fraction(1, 2) + Fraction(reach)))
    independent = estimates.median_interval(values)
    ends = [one for one in (low, *(independent or [])) if one is not None]
    others = [one for one in (high, *(independent or [])) if one is not None]
    return [min(ends), max(others)]


def survival_median_interval(times: Sequence[float], ended: Sequence[bool]) -> Ends | None:
    """95 % interval of the median of times of which some have not ended (R4).

    An end is the first time at which that limit of the band is at or below one half. The band is
    of the curve's log–log, with Greenwood's variance; where the curve is 1 or 0 there is none.
    """
    if len(times) < 5:
        return None
    curve, sum_of_greenwood = Fraction(1), Fraction(0)
    low: float | None = None
    high: float | None = None
    for at in sorted({time for time, is_over in zip(times, ended, strict=True) if is_over}):
        risk = sum(time >= at for time in times)
        over = sum(time == at and is_over for time, is_over in zip(times, ended, strict=True))
        curve *= 1 - Fraction(over, risk)
        if curve == 0:
            break
        sum_of_greenwood += Fraction(over, risk * (risk - over))
        error = math.sqrt(sum_of_greenwood) / abs(math.log(curve))
        lower = float(curve) ** math.exp(estimates.Z95 * error)
        upper = float(curve) ** math.exp(-estimates.Z95 * error)
        if low is None and lower <= 0.5:
            low = at
        if high is None and upper <= 0.5:
            high = at
    return low, high
