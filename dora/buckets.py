"""A window in, the days, weeks or months of the calendar that it is cut into out: T1."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dora.window import Window

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
    A day begins at the first instant that is called by it: where the clock jumps over midnight,
    that is when it jumps; where midnight comes twice, the first.
    """
    begin = _first(window.since.astimezone(window.zone).date(), size)
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


def _first(day: date, size: str) -> date:
    """The first day of the part of the calendar that *day* lies in."""
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
