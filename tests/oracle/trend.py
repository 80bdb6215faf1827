"""The parts of the window (T1 to T3), each with its metrics."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import estimates
from tests.oracle.exposure import part_of
from tests.oracle.row_metrics import Measured, metrics_of
from tests.oracle.shipping import Span
from tests.oracle.tally import Tally

ENOUGH = 20  #: failures that came to light, T3
SHORT_AGE = timedelta(days=7)  #: where there are fewer


def begins(day: date, size: str) -> bool:
    """Whether a part of the calendar begins with the day (T1)."""
    return {"day": True, "week": day.weekday() == 0, "month": day.day == 1}[size]


def beginning_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight of the zone, or when the clock jumps over it (T1)."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def cuts_of(span: Span, size: str, zone: ZoneInfo) -> list[datetime]:
    """Where the calendar cuts the window, its ends among them where they are cuts (T1)."""
    found = []
    day = span.since.astimezone(zone).date()
    while beginning_of(day, zone) <= span.until:
        if begins(day, size) and beginning_of(day, zone) >= span.since:
            found.append(beginning_of(day, zone))
        day += timedelta(days=1)
    return found


def age_of(tally: Tally) -> timedelta:
    """By when four of five of its failures have come to light (T3)."""
    if len(tally.ages) < ENOUGH:
        return SHORT_AGE
    return timedelta(seconds=estimates.quantile(tally.ages, Fraction(4, 5)) or 0.0)


def instant(at: datetime) -> str:
    """ISO 8601 UTC with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def trend_of(row: Measured, size: str) -> list[dict[str, Any]]:
    """Every part of the window: before the row began it has no metrics (DF2)."""
    span = row.span
    cuts = cuts_of(span, size, ZoneInfo(row.question.timezone))
    edges = sorted({span.since, *cuts, span.until})
    young_after = span.until - age_of(row.tally)
    parts = []
    for start, end in pairwise(edges):
        exposure = part_of(row.exposure, start, end)
        nothing = dict.fromkeys(metrics_of(row))
        part = replace(row, span=Span(start, end), exposure=exposure or row.exposure, is_part=True)
        parts.append(
            {
                "start": instant(start),
                "end": instant(end),
                "partial": start not in cuts or end not in cuts,
                "young": end > young_after,
                **(nothing if exposure is None else metrics_of(part)),
            }
        )
    return parts
