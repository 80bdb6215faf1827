"""What a number is compared with: a year's levels (B2, B3), scores (B4), places (B5)."""

from collections.abc import Callable, Sequence
from fractions import Fraction

HOUR = Fraction(3600)
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY
HALF_YEAR = 180 * DAY

Limits = tuple[Fraction | None, ...]
Ends = tuple[float | None, float | None]

BEST_FIRST = ("elite", "high", "medium", "low")  # limits below stand for the first three

#: B2, the years' tables: at least one deployment in that time; "on demand" is two a day
FREQUENCY: dict[str, Limits] = {
    "2019": (DAY / 2, WEEK, MONTH),
    "2021": (DAY / 2, MONTH, HALF_YEAR),
    "2022": (None, DAY / 2, MONTH),
    "2023": (DAY, WEEK, MONTH),
}
#: less than that
LEAD_TIME: dict[str, Limits] = {
    "2019": (DAY, WEEK, MONTH),
    "2021": (HOUR, WEEK, HALF_YEAR),
    "2022": (None, WEEK, MONTH),
    "2023": (DAY, WEEK, MONTH),
}
#: less than that
RECOVERY: dict[str, Limits] = {
    "2019": (HOUR, DAY, DAY),
    "2021": (HOUR, DAY, WEEK),
    "2022": (None, DAY, WEEK),
    "2023": (HOUR, DAY, WEEK),
}
#: at most that share
FAIL_RATE: dict[str, Limits] = {
    "2019": (Fraction(15, 100), None, None),
    "2021": (Fraction(15, 100), Fraction(30, 100), None),
    "2022": (None, Fraction(15, 100), Fraction(30, 100)),
    "2023": (Fraction(5, 100), Fraction(10, 100), Fraction(15, 100)),
}

#: B4, B5: limits of the survey's answers, the best first; the sixth is all else
ANSWERS_OF_FREQUENCY = (DAY / 2, DAY, WEEK, MONTH, HALF_YEAR)
ANSWERS_OF_TIME = (HOUR, DAY, WEEK, MONTH, HALF_YEAR)

#: B5: per mille of the respondents at each answer
SHARES = {
    "change_lead_time": (94, 150, 319, 283, 132, 20),
    "recovery_time": (213, 353, 280, 94, 49, 10),
    "deployment_frequency": (162, 65, 219, 315, 203, 36),
}

#: the industry's means, shares as the survey scales them (10 = all fail)
QUICK_CHECK_MEANS = {
    "change_lead_time": 5.5,
    "deployment_frequency": 4.8,
    "recovery_time": 7.4,
    "change_fail_rate": 1.9,
    "rework_rate": 2.2,
}

Place = Callable[[float], int]  #: of a value among sorted answers, 0 is the best
Places = tuple[int, int]  #: of the worse and the better end


def answer_of(holds: Callable[[Fraction], bool], limits: Sequence[Fraction | None]) -> int:
    """Give the place of the first limit that holds; beyond them all the last."""
    for place, limit in enumerate(limits):
        if limit is not None and holds(limit):
            return place
    return len(limits)


def by_frequency(limits: Sequence[Fraction | None]) -> Place:
    """Place of so many a day: at least one in the limit's time."""
    return lambda per_day: answer_of(lambda limit: Fraction(per_day) * limit >= DAY, limits)


def by_time(limits: Sequence[Fraction | None]) -> Place:
    """Place of so many seconds: less than the limit."""
    return lambda seconds: answer_of(lambda limit: Fraction(seconds) < limit, limits)


def by_share(limits: Sequence[Fraction | None]) -> Place:
    """Place of a share: at most the limit."""
    return lambda share: answer_of(lambda limit: share <= limit, limits)


def ends_of(place: Place, ends: Ends | None, last: int, *, more_is_better: bool) -> Places | None:
    """Places of the worse and the better end; None where nothing can be said (B3)."""
    if ends is None or ends[0] is None:
        return None
    low, high = place(ends[0]), last if ends[1] is None else place(ends[1])
    return (low, high) if more_is_better else (high, low)


LEVELS_OF = {
    "deployment_frequency": (FREQUENCY, by_frequency),
    "change_lead_time": (LEAD_TIME, by_time),
    "recovery_time": (RECOVERY, by_time),
    "change_fail_rate": (FAIL_RATE, by_share),
}


def levels_of(metric: str, year: str, ends: Ends | None) -> tuple[str | None, list[str] | None]:
    """Level of a number's interval, or the range from the worse end's to the better one's (B3)."""
    tables, rule = LEVELS_OF[metric]
    if year not in tables:
        return None, None
    is_rate = metric == "deployment_frequency"
    found = ends_of(rule(tables[year]), ends, 3, more_is_better=is_rate)
    if found is None:
        return None, None
    worst, best = (BEST_FIRST[place] for place in found)
    return (worst, None) if worst == best else (None, [worst, best])


def answers_of(metric: str) -> Place:
    """The rule by which a number gives an answer of the survey."""
    if metric == "deployment_frequency":
        return by_frequency(ANSWERS_OF_FREQUENCY)
    return by_time(ANSWERS_OF_TIME)


def place_of(metric: str, ends: Ends | None) -> list[float] | None:
    """Shares of the respondents who answered better, and at least as well (B5)."""
    if metric not in SHARES:
        return None
    shares, is_rate = SHARES[metric], metric == "deployment_frequency"
    found = ends_of(answers_of(metric), ends, 5, more_is_better=is_rate)
    if found is None:
        return None
    worst, best = found
    whole = sum(shares)
    return [sum(shares[:best]) / whole, sum(shares[: worst + 1]) / whole]


def score_of(metric: str, number: float | None, ends: Ends | None) -> float | None:
    """Quick Check's score, 0 to 10, of a number that has an interval (B4)."""
    if number is None or ends is None:
        return None
    if metric in ("change_fail_rate", "rework_rate"):
        return float(10 * (1 - Fraction(number)))
    return 10.0 - 2.0 * answers_of(metric)(number)
