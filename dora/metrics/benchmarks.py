"""What a metric is compared with: levels of a year, a place among respondents, a score (B1 to B5).

Levels and places are those of both ends of the metric's 95 % interval, so that a number which says
little is given no more than it carries (B3). Metrics go by their names in the report. Frequencies
are deployments a day, times seconds, the change fail rate a fraction of 1.

Sources: the State of DevOps reports of the years named; the Quick Check of dora.dev, edition 2025;
for places see `survey_2025.toml`.
"""

import operator
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cache
from importlib.resources import files

DAY = timedelta(days=1).total_seconds()
HOUR = timedelta(hours=1).total_seconds()
WEEK = timedelta(weeks=1).total_seconds()
MONTH = 30 * DAY
HALF_YEAR = 180 * DAY

#: Deployments a day. What the surveys call on demand, several times a day, is at least two.
ON_DEMAND, DAILY, WEEKLY, MONTHLY, HALF_YEARLY = 2.0, 1.0, 1 / 7, 1 / 30, 1 / 180

#: Both ends of a 95 % interval, low and high; an end may be unknown (R4).
Ends = tuple[float | None, float | None]


@dataclass(frozen=True)
class Ladder:
    """One year's levels, best first, each with the limit that earns it; beyond all is `low`.

    `frequency` in deployments a day, at least; `lead_time` and `recovery` in seconds, under;
    `fail_rate` in percent, at most.
    """

    frequency: dict[str, float]
    lead_time: dict[str, float]
    recovery: dict[str, float]
    fail_rate: dict[str, int]

    def best_level(self, metric: str, value: float) -> str:
        """The best level whose limit *value* keeps (B2)."""
        steps, keeps = {
            "deployment_frequency": (self.frequency, operator.ge),
            "change_lead_time": (self.lead_time, operator.lt),
            "recovery_time": (self.recovery, operator.lt),
            "change_fail_rate": (
                {name: percent / 100 for name, percent in self.fail_rate.items()},
                operator.le,
            ),
        }[metric]
        return next((name for name, limit in steps.items() if keeps(value, limit)), "low")


LADDERS = {
    "2019": Ladder(
        frequency={"elite": ON_DEMAND, "high": WEEKLY, "medium": MONTHLY},
        lead_time={"elite": DAY, "high": WEEK, "medium": MONTH},
        recovery={"elite": HOUR, "high": DAY},
        fail_rate={"elite": 15},
    ),
    "2021": Ladder(
        frequency={"elite": ON_DEMAND, "high": MONTHLY, "medium": HALF_YEARLY},
        lead_time={"elite": HOUR, "high": WEEK, "medium": HALF_YEAR},
        recovery={"elite": HOUR, "high": DAY, "medium": WEEK},
        fail_rate={"elite": 15, "high": 30},
    ),
    "2022": Ladder(
        frequency={"high": ON_DEMAND, "medium": MONTHLY},
        lead_time={"high": WEEK, "medium": MONTH},
        recovery={"high": DAY, "medium": WEEK},
        fail_rate={"high": 15, "medium": 30},
    ),
    "2023": Ladder(
        frequency={"elite": DAILY, "high": WEEKLY, "medium": MONTHLY},
        lead_time={"elite": DAY, "high": WEEK, "medium": MONTH},
        recovery={"elite": HOUR, "high": DAY, "medium": WEEK},
        fail_rate={"elite": 5, "high": 10, "medium": 15},
    ),
}
#: The metrics that every ladder has levels of; rework has none (B2).
WITH_LEVELS = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")

#: Limits of the survey's answers, best first; beyond all is one more.
FREQUENCIES = (ON_DEMAND, DAILY, WEEKLY, MONTHLY, HALF_YEARLY)
TIMES = (HOUR, DAY, WEEK, MONTH, HALF_YEAR)
#: The metrics whose answers the survey published, with those limits and how they are kept (B5).
ANSWERS: dict[str, tuple[tuple[float, ...], Callable[[float, float], bool]]] = {
    "deployment_frequency": (FREQUENCIES, operator.ge),
    "change_lead_time": (TIMES, operator.lt),
    "recovery_time": (TIMES, operator.lt),
}


def levels(year: str, metric: str, interval: Ends) -> tuple[str, str] | None:
    """The levels of the ends of a *metric*'s 95 % *interval* by that *year*, worst first (B3).

    An upper end that is unknown is `low`. None if the lower end is unknown, or the metric or the
    year has no levels.
    """
    ends = _worst_first(metric, interval)
    if year not in LADDERS or metric not in WITH_LEVELS or ends is None:
        return None
    worst, best = ends
    ladder = LADDERS[year]
    return (
        "low" if worst is None else ladder.best_level(metric, worst),
        ladder.best_level(metric, best),
    )


def place(metric: str, interval: Ends) -> tuple[float, float] | None:
    """The shares of the respondents of 2025 who answered better, and at least as well (B5).

    Better than the better end of the *metric*'s 95 % *interval*, and at least as well as its worse
    end, of which an unknown upper one is the last answer. None if the lower end is unknown, or no
    answers were published.
    """
    ends = _worst_first(metric, interval)
    if metric not in ANSWERS or ends is None:
        return None
    shares = survey_shares()[metric]
    worst, best = ends
    last = len(shares) - 1 if worst is None else answer(metric, worst)
    whole = sum(shares)
    better, at_least_as_good = sum(shares[: answer(metric, best)]), sum(shares[: last + 1])
    return float(better / whole), float(at_least_as_good / whole)


def answer(metric: str, value: float) -> int:
    """Which of the survey's answers *value* is, from 0 for the best to 5 for the last (B5)."""
    limits, keeps = ANSWERS[metric]
    return next((n for n, limit in enumerate(limits) if keeps(value, limit)), len(limits))


def score(metric: str, value: float) -> float:
    """The Quick Check's score of a frequency or time, 10 for the best answer to 0 (B4)."""
    return 10.0 - 2 * answer(metric, value)


def share_score(part: int, whole: int) -> float:
    """The Quick Check's score of a share that had better be small (B4): none is 10, all is 0."""
    return 10 * (whole - part) / whole


@cache
def survey_shares() -> dict[str, tuple[Fraction, ...]]:
    """The percentages of respondents at each answer, best first, exactly as published (B5)."""
    text = files("dora.metrics").joinpath("survey_2025.toml").read_text(encoding="utf-8")
    shares = tomllib.loads(text, parse_float=Fraction)
    return {metric: tuple(of_answers) for metric, of_answers in shares.items()}


def _worst_first(metric: str, interval: Ends) -> tuple[float | None, float] | None:
    """The worse end of a *metric*'s *interval*, then the better one; None without a lower end."""
    low, high = interval
    if low is None:
        return None
    if metric == "deployment_frequency" and high is not None:
        return low, high
    return high, low
