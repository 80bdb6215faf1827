"""Small fixed reports with places, intervals, waiting work, unknown and young parts (B5, T3)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dora.report.model import Compared, Comparison, Delivery, Row, Waiting
from dora.report.ranges import Interval, LevelRange, OpenInterval, Place
from tests.support import reports
from tests.support.reports import (
    COVERAGE,
    DAY,
    HOUR,
    bucket,
    busy,
    calm,
    changed,
    nothing,
    over_time,
    place,
    pooled,
    report,
    slow,
)


def judged(
    row: Row,
    *,
    frequency: Place | None = None,
    lead_time: Place | None = None,
    recovery: tuple[OpenInterval, Place] | None = None,
    **more: Any,
) -> Row:
    """Give *row* without levels, with these places (B5) and *more* of its own."""
    numbers = pooled(row).metrics
    interval, among = recovery or (None, None)
    placed = replace(
        numbers,
        deployment_frequency=replace(numbers.deployment_frequency, place=frequency),
        change_lead_time=replace(numbers.change_lead_time, place=lead_time),
        recovery_time=replace(numbers.recovery_time, median_interval=interval, place=among),
    )
    return replace(row, metrics=placed, **more)


def judged_slow(key: dict[str, str]) -> Row:
    """Give a row of which most merged changes wait, and whose frequency has a wide place."""
    delivery = Delivery(34, 31)
    waiting = Waiting(31, 62 * DAY)
    return judged(slow(key, "production", waiting), frequency=Place(0.446, 1.0), delivery=delivery)


def judged_busy(key: dict[str, str]) -> Row:
    """Give a row that began in the window, with work that waits."""
    return judged(
        busy(key, "production", Waiting(7, 4 * DAY)),
        frequency=Place(0.227, 0.446),
        lead_time=Place(9.4 / 99.8, 56.3 / 99.8),
        since=datetime(2026, 10, 14, 9, tzinfo=UTC),
        delivery=Delivery(60, 7, 31 * HOUR),
    )


def judged_calm(key: dict[str, str]) -> Row:
    """Give a row among the best, but for its recovery, whose interval says next to nothing."""
    return judged(
        calm(key, "production", Waiting(0)),
        frequency=Place(0.0, 0.162),
        lead_time=Place(0.0, 9.4 / 99.8),
        recovery=(OpenInterval(900.0, None), Place(0.0, 1.0)),
        delivery=Delivery(380, 0, 1_800.0),
    )


JUDGED = report(
    (
        judged_slow(place("appointment-service", "production")),
        nothing(place("billing-gateway", "live-eu-west-1"), "production"),
        judged_busy(place("patient-api", "production")),
        judged_calm(place("portal", "production")),
    ),
    replace(COVERAGE, deployments={**COVERAGE.deployments, "began_in_window": 1}),
    benchmark="2025",
)


def compared(row: Row) -> Row:
    """Give a row compared with before, with effects, unknown parts and a young one (K2, T3)."""
    slower = OpenInterval(1.4, None)
    comparison = Comparison(
        Compared("worse", 0.001, 0.002, ratio=0.2, ratio_interval=OpenInterval(0.142, 0.33)),
        Compared("worse", 0.001, 0.01, ratio=4.5, ratio_interval=slower),
        Compared("worse", 0.001, 0.01, difference=0.05, difference_interval=Interval(0.02, 0.124)),
        Compared("no clear change", 0.4, 0.6, ratio=1.1, ratio_interval=OpenInterval(0.4, 3.0)),
        Compared(),
    )
    weeks = [bucket(row, number) for number in range(13)]
    trend = (
        *(replace(one, metrics=None) for one in weeks[:3]),
        *weeks[3:12],
        replace(weeks[12], young=True, partial=True),
    )
    before = calm(row.key, row.tier).metrics
    return replace(row, previous=before, comparison=comparison, trend=trend)


def exposed(row: Row, days: float) -> Row:
    """Give *row* with the frequency of so many days (DF2)."""
    frequency = replace(row.metrics.deployment_frequency, exposure_days=days)
    return changed(row, deployment_frequency=frequency)


KEYS = [place(name, "production") for name in ("patient-api", "portal")]
#: Of two rows the second had not begun four weeks ago.
JUDGED_OVER_TIME = over_time(
    (compared(judged_busy(KEYS[0])), exposed(compared(judged_calm(KEYS[1])), 27.9)),
    benchmark="2025",
)

#: Levels of a year of which some are ranges (B3).
RANGES = report(
    (
        changed(
            busy(KEYS[0], "production"),
            change_lead_time=replace(
                busy(KEYS[0], "production").metrics.change_lead_time,
                level=None,
                level_range=LevelRange("medium", "elite"),
            ),
        ),
    )
)

ALL = {
    **reports.ALL,
    "judged": JUDGED,
    "judged over time": JUDGED_OVER_TIME,
    "ranges": RANGES,
}
