"""How large a change is: 95 % intervals of ratios and of differences (K2)."""

import math
from collections.abc import Sequence
from functools import cache

from tests.oracle import estimates
from tests.oracle.intervals import Ends, t_quantile, variance

#: K4: the exact distribution is used up to so many observations in each window
EXACT = 50


def rate_ratio_interval(before: Sequence[int], now: Sequence[int]) -> Ends | None:
    """Of now ÷ before of weekly counts: the log ratio of their means, Welch's degrees."""
    if min(len(before), len(now)) < 4 or not sum(before) or not sum(now):
        return None
    means = [sum(counts) / len(counts) for counts in (before, now)]
    ratio = means[1] / means[0]
    sizes = [len(before), len(now)]
    v = [
        variance(counts) / (size * mean**2)
        for counts, size, mean in zip((before, now), sizes, means, strict=True)
    ]
    if sum(v) == 0:
        return ratio, ratio
    degrees = sum(v) ** 2 / (v[0] ** 2 / (sizes[0] - 1) + v[1] ** 2 / (sizes[1] - 1))
    reach = t_quantile(0.975, degrees) * math.sqrt(sum(v))
    return ratio * math.exp(-reach), ratio * math.exp(reach)


@cache
def ways_to_u(first: int, second: int) -> list[int]:
    """In how many ways samples of two sizes have Mann and Whitney's U of 0, 1, 2 …"""
    ways = [1] + [0] * (first * second)
    for step in range(1, first + 1):  # the Gaussian binomial coefficient, a factor a step
        for place in range(len(ways) - 1, second + step - 1, -1):
            ways[place] -= ways[place - second - step]
        for place in range(step, len(ways)):
            ways[place] += ways[place - step]
    return ways


def pairs_left_out(first: int, second: int) -> int | None:
    """How many of the sorted pairs lie outside of either end; None where 95 % needs more."""
    pairs = first * second
    if max(first, second) > EXACT:
        deviation = math.sqrt(pairs * (first + second + 1) / 12)
        return math.ceil(pairs / 2 - 0.5 - estimates.Z95 * deviation) - 1
    total, so_far = math.comb(first + second, first), 0
    for u, ways in enumerate(ways_to_u(first, second)):
        so_far += ways
        if 40 * so_far >= total:
            return u - 1 if u else None
    return None


def logarithm(seconds: float) -> float:
    """Of a time; those under a second count as one."""
    return math.log(max(1.0, seconds))


Episodes = tuple[Sequence[float], Sequence[bool]]  #: times, and whether each has ended


def time_ratio_interval(before: Episodes, now: Episodes) -> Ends | None:
    """Of now ÷ before: Hodges and Lehmann's, with what is open at its least favourable."""
    out = pairs_left_out(len(before[0]), len(now[0])) if before[0] and now[0] else None
    if out is None:
        return None
    smallest, greatest = [], []
    for new, has_ended in zip(*now, strict=True):
        for old, had_ended in zip(*before, strict=True):
            least = logarithm(new) - logarithm(old)
            smallest.append(least if had_ended else -math.inf)
            greatest.append(least if has_ended else math.inf)
    low, high = sorted(smallest)[out], sorted(greatest)[-1 - out]
    return math.exp(low), None if high == math.inf else math.exp(high)


def difference_interval(before: tuple[int, int], now: tuple[int, int]) -> Ends | None:
    """Of now − before of two shares: Newcombe's, of both Wilson intervals (method 10)."""
    earlier, later = estimates.wilson(*before), estimates.wilson(*now)
    if earlier is None or later is None:
        return None
    old, new = before[0] / before[1], now[0] / now[1]
    return (
        new - old - math.hypot(new - later[0], earlier[1] - old),
        new - old + math.hypot(later[1] - new, old - earlier[0]),
    )
