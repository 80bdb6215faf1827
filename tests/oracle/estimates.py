"""Statistics by their definitions, in exact arithmetic where there is one."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from fractions import Fraction
from functools import cache

Z95 = 1.959963984540054  #: the normal distribution's 97.5 % point


def quantile(values: Sequence[float], share: Fraction) -> float | None:
    """Quantile by linear interpolation between the sorted values; None of nothing."""
    if not values:
        return None
    ordered = sorted(Fraction(value) for value in values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def median(values: Sequence[float]) -> float | None:
    """Middle value, or the mean of the middle two."""
    return quantile(values, Fraction(1, 2))


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean."""
    return float(sum(map(Fraction, values)) / len(values)) if values else None


def median_interval(values: Sequence[float]) -> list[float] | None:
    """95 % interval of the median by order statistics (LT6)."""
    count = len(values)
    ordered = sorted(values)
    ways = 0
    for j in range(count + 1):
        ways += math.comb(count, j)
        if Fraction(ways, 2**count) >= Fraction(25, 1000):
            return [ordered[j - 1], ordered[count - j]] if j else None
    return None


def wilson(hits: int, count: int) -> list[float] | None:
    """95 % interval of a share (F9, RW1)."""
    if count == 0:
        return None
    share = hits / count
    middle = share + Z95**2 / (2 * count)
    reach = Z95 * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    scale = 1 + Z95**2 / count
    low = 0.0 if hits == 0 else (middle - reach) / scale
    high = 1.0 if hits == count else (middle + reach) / scale
    return [low, high]


def poisson_at_most(count: int, expected: float) -> float:
    """P(N ≤ count) of a Poisson distribution."""
    if expected == 0:
        return 1.0
    terms = (
        math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(count + 1)
    )
    return math.fsum(terms)


def bisect(falling: Callable[[float], float], target: float, high: float) -> float:
    """Where a falling function of [0, high] takes the value *target*."""
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if falling(middle) > target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@cache
def garwood(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson count (DF3)."""
    ceiling = 10.0 + 3.0 * count
    high = bisect(lambda expected: poisson_at_most(count, expected), 0.025, ceiling)
    if count == 0:
        return 0.0, high
    low = bisect(lambda expected: poisson_at_most(count - 1, expected), 0.975, ceiling)
    return low, high


def kaplan_meier_median(recovered: Sequence[timedelta], still: Sequence[timedelta]) -> float | None:
    """Smallest time at which the curve is at or below one half, in seconds (R4)."""
    curve = Fraction(1)
    for time in sorted(set(recovered)):
        at_risk = sum(one >= time for one in [*recovered, *still])
        curve *= 1 - Fraction(sum(one == time for one in recovered), at_risk)
        if curve <= Fraction(1, 2):
            return time.total_seconds()
    return None
