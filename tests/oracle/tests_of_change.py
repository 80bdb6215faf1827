"""Whether a difference is more than noise (K2 to K4), and the floors of K5."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from scipy import stats

from tests.oracle.effects import Episodes, ways_to_u
from tests.oracle.intervals import variance

#: K4: samples are small where they can be dealt in so many ways
DEALS = 20_000


@dataclass(frozen=True)
class Tested:
    """One test: its p-value, the direction it found, the smallest p-value it could have had."""

    p_value: float
    sign: int
    floor: float


def sign_of(number: float | Fraction) -> int:
    """1, 0 or −1."""
    return (number > 0) - (number < 0)


# K2


def welch(before: Sequence[int], now: Sequence[int]) -> float:
    """Two-sided p-value of Welch's t test."""
    gap = Fraction(sum(now), len(now)) - Fraction(sum(before), len(before))
    errors = [variance(counts) / len(counts) for counts in (before, now)]
    if sum(errors) == 0:
        return float(gap == 0)
    degrees = sum(errors) ** 2 / sum(
        error**2 / (len(counts) - 1) for error, counts in zip(errors, (before, now), strict=True)
    )
    return float(2 * stats.t.sf(abs(float(gap)) / math.sqrt(sum(errors)), degrees))


def rates(before: Sequence[int], now: Sequence[int]) -> Tested | None:
    """Weekly counts of both windows, at least four in each."""
    if min(len(before), len(now)) < 4:
        return None
    pooled = sorted([*before, *now])
    most = welch(pooled[: len(before)], pooled[len(before) :])
    least = welch(pooled[len(now) :], pooled[: len(now)])
    gap = Fraction(sum(now), len(now)) - Fraction(sum(before), len(before))
    return Tested(welch(before, now), sign_of(gap), min(most, least))


# K3


def fisher(table: tuple[int, int, int, int]) -> Fraction:
    """Two-sided p-value: the ways that are no likelier, of all with the same margins."""
    before, before_of, now, now_of = table
    hits = before + now

    def ways(here: int) -> int:
        return math.comb(now_of, here) * math.comb(before_of, hits - here)

    every = [ways(here) for here in range(hits + 1)]
    return Fraction(sum(one for one in every if one <= ways(now)), sum(every))


def shares(before: int, before_of: int, now: int, now_of: int) -> Tested | None:
    """Hits among so many in both windows."""
    if not before_of or not now_of:
        return None
    hits = before + now
    possible = range(max(0, hits - before_of), min(hits, now_of) + 1)
    floor = min(fisher((hits - here, before_of, here, now_of)) for here in possible)
    p_value = fisher((before, before_of, now, now_of))
    gap = Fraction(now, now_of) - Fraction(before, before_of)
    return Tested(float(p_value), sign_of(gap), float(floor))


# K4


def scores_of(times: Sequence[float], ended: Sequence[bool]) -> list[int]:
    """Gehan's score of each: how many are surely shorter, less how many surely longer."""

    def is_longer(one: int, other: int) -> bool:
        """An open one is longer than what ended by its age; of two open ones nobody knows."""
        if not ended[other]:
            return False
        return times[one] > times[other] or (not ended[one] and times[one] == times[other])

    places = range(len(times))
    return [
        sum(is_longer(one, other) - is_longer(other, one) for other in places) for one in places
    ]


def exact_without_ties(before: int, now: int, score: int) -> float:
    """P-value of Mann and Whitney's U by its distribution; *score* is U less its mean, twice."""
    ways, middle = ways_to_u(before, now), before * now
    far = sum(count for u, count in enumerate(ways) if abs(2 * u - middle) >= abs(score))
    return float(Fraction(far, sum(ways)))


def by_every_deal(scores: Sequence[int], now: int, score: int) -> float:
    """P-value by every way to deal the observations to the windows."""
    far = total = 0
    for deal in combinations(scores, now):
        total += 1
        far += abs(sum(deal)) >= abs(score)
    return far / total


def by_normal(scores: Sequence[int], now: int, score: int, *, steps: int) -> float:
    """P-value by the normal distribution; half a step corrects for continuity, where there is."""
    count = len(scores)
    spread = sum(one**2 for one in scores) * now * (count - now) / (count * (count - 1))
    if spread == 0:
        return 1.0
    return float(min(1.0, 2 * stats.norm.sf((abs(score) - steps / 2) / math.sqrt(spread))))


def times(before: Episodes, now: Episodes) -> Tested | None:
    """Times of both windows, of which some may be open."""
    sizes = len(before[0]), len(now[0])
    if not all(sizes):
        return None
    every, ended = [*now[0], *before[0]], [*now[1], *before[1]]
    scores = scores_of(every, ended)
    score = sum(scores[: sizes[1]])
    deals = math.comb(sum(sizes), sizes[1])
    floor = min(1.0, 2 / deals)
    if len(set(every)) == len(every) and all(ended) and min(sizes) <= 8:
        p_value = exact_without_ties(*sizes, score)
    elif deals <= DEALS:
        p_value = by_every_deal(scores, sizes[1], score)
    else:
        p_value = by_normal(scores, sizes[1], score, steps=2 if all(ended) else 0)
    return Tested(p_value, sign_of(score), floor)


# K5


def adjust(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the order given."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    adjusted, least = [1.0] * len(p_values), 1.0
    for rank, place in zip(range(len(order), 0, -1), order, strict=True):
        least = min(least, p_values[place] * len(order) / rank)
        adjusted[place] = least
    return adjusted
