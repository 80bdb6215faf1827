"""The level or score that a published year's survey gives a metric (B1 to B4).

Sources: the State of DevOps reports of the years named; the Quick Check of dora.dev, edition 2025.
"""

from dataclasses import dataclass
from datetime import timedelta

DAY = timedelta(days=1).total_seconds()
HOUR = timedelta(hours=1).total_seconds()
WEEK = timedelta(weeks=1).total_seconds()
MONTH = 30 * DAY
HALF_YEAR = 180 * DAY

#: Fewer changes, finished deployments or episodes than these say too little (B3).
ENOUGH = 5


@dataclass(frozen=True)
class Ladder:
    """One year's levels, best first, each with the limit that earns it; beyond all is `low`.

    `frequency` in seconds between deployments, at most; `lead_time` and `recovery` in seconds,
    under; `fail_rate` in percent, at most.
    """

    frequency: dict[str, float]
    lead_time: dict[str, float]
    recovery: dict[str, float]
    fail_rate: dict[str, int]


LADDERS = {
    "2019": Ladder(
        frequency={"elite": DAY, "high": WEEK, "medium": MONTH},
        lead_time={"elite": DAY, "high": WEEK, "medium": MONTH},
        recovery={"elite": HOUR, "high": DAY},
        fail_rate={"elite": 15},
    ),
    "2021": Ladder(
        frequency={"elite": DAY, "high": MONTH, "medium": HALF_YEAR},
        lead_time={"elite": HOUR, "high": WEEK, "medium": HALF_YEAR},
        recovery={"elite": HOUR, "high": DAY, "medium": WEEK},
        fail_rate={"elite": 15, "high": 30},
    ),
    "2022": Ladder(
        frequency={"high": DAY, "medium": MONTH},
        lead_time={"high": WEEK, "medium": MONTH},
        recovery={"high": DAY, "medium": WEEK},
        fail_rate={"high": 15, "medium": 30},
    ),
    "2023": Ladder(
        frequency={"elite": DAY, "high": WEEK, "medium": MONTH},
        lead_time={"elite": DAY, "high": WEEK, "medium": MONTH},
        recovery={"elite": HOUR, "high": DAY, "medium": WEEK},
        fail_rate={"elite": 5, "high": 10, "medium": 15},
    ),
}


def frequency_level(year: str, deployments: int, window: timedelta) -> str | None:
    """Level of *deployments* in *window*; None for no deployment or no ladder."""
    if year not in LADDERS or not deployments:
        return None
    steps = LADDERS[year].frequency.items()
    # Compared as counts: n deployments are at least one a period when n periods fill the window.
    return next(
        (name for name, period in steps if deployments * timedelta(seconds=period) >= window), "low"
    )


def lead_time_level(year: str, changes: int, median: float | None) -> str | None:
    """Level of a median lead time in seconds; None below five changes."""
    if year not in LADDERS or changes < ENOUGH or median is None:
        return None
    return _under(LADDERS[year].lead_time, median)


def recovery_level(year: str, episodes: int, seconds: float | None) -> str | None:
    """Level of a median recovery in seconds, or of the mean where there is no median (B2)."""
    if year not in LADDERS or episodes < ENOUGH or seconds is None:
        return None
    return _under(LADDERS[year].recovery, seconds)


def fail_rate_level(year: str, failed: int, deployments: int) -> str | None:
    """Level of *failed* of *deployments*; None below five deployments."""
    if year not in LADDERS or deployments < ENOUGH:
        return None
    steps = LADDERS[year].fail_rate.items()
    return next((name for name, percent in steps if 100 * failed <= percent * deployments), "low")


def frequency_score(deployments: int, window: timedelta) -> float | None:
    """Quick Check's score of *deployments* in *window* (B4); on demand is once a day, as in B2."""
    if not deployments:
        return None
    steps = ((DAY, 10.0), (WEEK, 6.0), (MONTH, 4.0), (HALF_YEAR, 2.0))
    return next(
        (score for period, score in steps if deployments * timedelta(seconds=period) >= window), 0.0
    )


def time_score(count: int, seconds: float | None) -> float | None:
    """Quick Check's score of a lead or recovery time in seconds, of *count* (B4)."""
    if count < ENOUGH or seconds is None:
        return None
    steps = ((HOUR, 10.0), (DAY, 8.0), (WEEK, 6.0), (MONTH, 4.0), (HALF_YEAR, 2.0))
    return next((score for limit, score in steps if seconds < limit), 0.0)


def share_score(part: int, whole: int) -> float | None:
    """Quick Check's score of a share that had better be small (B4): none is 10, all is 0."""
    return None if whole < ENOUGH else 10 * (whole - part) / whole


def _under(steps: dict[str, float], seconds: float) -> str:
    return next((name for name, limit in steps.items() if seconds < limit), "low")
