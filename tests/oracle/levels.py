"""Performance levels by a published year's table (B1 to B3) and the Quick Check's scores (B4)."""

from datetime import timedelta
from fractions import Fraction

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
MONTH = timedelta(days=30)
HALF_YEAR = timedelta(days=180)

Limits = dict[str, tuple[timedelta | None, ...]]  # by year

LEVELS = ("elite", "high", "medium")  # the limits below in this order; beyond them: low

#: at least one deployment in that time
FREQUENCY: Limits = {
    "2019": (DAY, WEEK, MONTH),
    "2021": (DAY, MONTH, HALF_YEAR),
    "2022": (None, DAY, MONTH),
    "2023": (DAY, WEEK, MONTH),
}
#: less than that
LEAD_TIME: Limits = {
    "2019": (DAY, WEEK, MONTH),
    "2021": (HOUR, WEEK, HALF_YEAR),
    "2022": (None, WEEK, MONTH),
    "2023": (DAY, WEEK, MONTH),
}
#: less than that
RECOVERY: Limits = {
    "2019": (HOUR, DAY, DAY),
    "2021": (HOUR, DAY, WEEK),
    "2022": (None, DAY, WEEK),
    "2023": (HOUR, DAY, WEEK),
}
#: per cent, at most
FAIL_RATE = {
    "2019": (15, 15, 15),
    "2021": (15, 30, 30),
    "2022": (None, 15, 30),
    "2023": (5, 10, 15),
}

#: B4: limits of the answers six to two; the first is the slowest answer
QUICK_CHECK_FREQUENCY = {6: DAY, 4: WEEK, 3: MONTH, 2: HALF_YEAR}
QUICK_CHECK_TIME = {6: HOUR, 5: DAY, 4: WEEK, 3: MONTH, 2: HALF_YEAR}

#: the industry's means, shares as the survey scales them (10 = all fail)
QUICK_CHECK_MEANS = {
    "change_lead_time": 5.5,
    "deployment_frequency": 4.8,
    "recovery_time": 7.4,
    "change_fail_rate": 1.9,
    "rework_rate": 2.2,
}

ENOUGH = 5  #: B3


def level_of_frequency(year: str, count: int, window: timedelta) -> str | None:
    """Level of so many deployments in a window."""
    if year not in FREQUENCY or count == 0:
        return None
    for level, period in zip(LEVELS, FREQUENCY[year], strict=True):
        if period is not None and count * period >= window:
            return level
    return "low"


def level_of_time(table: Limits, year: str, seconds: float | None, count: int) -> str | None:
    """Level of a lead or recovery time, by *table*."""
    if year not in table or seconds is None or count < ENOUGH:
        return None
    for level, limit in zip(LEVELS, table[year], strict=True):
        if limit is not None and seconds < limit.total_seconds():
            return level
    return "low"


def level_of_fail_rate(year: str, failed: int, count: int) -> str | None:
    """Level of so many failed among so many."""
    if year not in FAIL_RATE or count < ENOUGH:
        return None
    for level, limit in zip(LEVELS, FAIL_RATE[year], strict=True):
        if limit is not None and Fraction(failed, count) <= Fraction(limit, 100):
            return level
    return "low"


def score_of_frequency(count: int, window: timedelta) -> float | None:
    """Quick Check's score, 0 to 10, of so many deployments in a window."""
    if count == 0:
        return None
    answers = [answer for answer, per in QUICK_CHECK_FREQUENCY.items() if count * per >= window]
    return 2.0 * (max(answers, default=1) - 1)


def score_of_time(seconds: float | None, count: int) -> float | None:
    """Quick Check's score, 0 to 10, of a lead or recovery time."""
    if seconds is None or count < ENOUGH:
        return None
    answers = [
        answer for answer, limit in QUICK_CHECK_TIME.items() if seconds < limit.total_seconds()
    ]
    return 2.0 * (max(answers, default=1) - 1)


def score_of_share(hits: int, count: int) -> float | None:
    """Quick Check's score of a share: all is 0, none is 10."""
    return float(10 - 10 * Fraction(hits, count)) if count >= ENOUGH else None
