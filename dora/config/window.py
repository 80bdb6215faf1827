"""The window of a report: ages and dates as text, and its parts by the calendar (W1, T1)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

AGE = re.compile(r"(?P<count>\d{1,6})\s*(?P<unit>h|d|w|mo|y)")
#: A month is 30 days and a year 365 (W1): an age is a length, not a place in a calendar.
UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "y": timedelta(days=365),
}
ALLOWED = "an age like 36h, 90d, 12w, 6mo, 1y, or an ISO 8601 date or date-time like 2026-08-25"


def parse_age(text: str) -> timedelta:
    """Length of an age like `90d`; ValueError says what is allowed."""
    match = AGE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("is no age; allowed: a number and one of h, d, w, mo, y, like 30d")
    return int(match["count"]) * UNITS[match["unit"]]


def parse_instant(text: str, now: datetime, timezone: ZoneInfo) -> datetime:
    """UTC instant of an age counted back from *now*, or of a date or date-time (W1).

    A date is midnight in *timezone*, and so is read a date-time without an offset. ValueError
    says what is allowed.
    """
    text = text.strip()
    try:
        if AGE.fullmatch(text.lower()):
            instant = now - parse_age(text)
        else:
            instant = datetime.fromisoformat(text)
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=timezone)
        instant = instant.astimezone(UTC)
        instant.astimezone(timezone)  # the calendar may have no such day there
    except (ValueError, OverflowError):
        raise ValueError(f"is no time; allowed: {ALLOWED}") from None
    return instant


@dataclass(frozen=True)
class Window:
    """The time a report covers: `[since, until)` in UTC; calendar days are those of *timezone*."""

    since: datetime
    until: datetime
    timezone: str = "UTC"

    @property
    def length(self) -> timedelta:
        """Time from *since* to *until*."""
        return self.until - self.since

    @property
    def days(self) -> float:
        """Length in days of 24 hours."""
        return self.length / timedelta(days=1)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The report's time zone."""
        return ZoneInfo(self.timezone)


MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Span:
    """One part of a window, `[start, end)`; *partial* where the window cuts it short."""

    start: datetime
    end: datetime
    partial: bool

    @property
    def days(self) -> float:
        """Length in days of 24 hours: the day of a change of clocks has 23 or 25 of them."""
        return (self.end - self.start) / timedelta(days=1)


def cut_window(window: Window, size: str) -> tuple[Span, ...]:
    """Parts of *window* between the midnights of its time zone, oldest first (T1).

    *size* is `day`, `week` (from Monday) or `month`. The parts leave no gap and do not overlap.
    A day starts at its first instant: where the clock skips midnight, when it skips; where
    midnight comes twice, at the first.
    """
    begin = first_day(window.since.astimezone(window.zone).date(), size)
    start = _midnight(begin, window)
    spans = []
    while start < window.until:
        begin = _next(begin, size)
        end = _midnight(begin, window)
        inside = (max(start, window.since), min(end, window.until))
        if inside[0] < inside[1]:
            spans.append(Span(*inside, partial=inside != (start, end)))
        start = end
    return tuple(spans)


def first_day(day: date, size: str) -> date:
    """The first day of the day, week (from Monday) or month that *day* lies in (T1)."""
    if size == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if size == "week" else day


def _next(begin: date, size: str) -> date:
    """The first day of the part after the one that begins at *begin*."""
    if size == "month":
        years, month = divmod(begin.month, MONTHS_A_YEAR)
        return date(begin.year + years, month + 1, 1)
    return begin + timedelta(weeks=1) if size == "week" else begin + timedelta(days=1)


def _midnight(day: date, window: Window) -> datetime:
    """The instant that *day* begins at in the window's time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=window.zone).astimezone(UTC)
