"""How long a row was there (DF2), and how many deployments its whole weeks had (DF3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.shipping import Span

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Exposure:
    """The time that rates are of."""

    begin: datetime
    end: datetime

    @property
    def days(self) -> Fraction:
        """Length in days."""
        return Fraction((self.end - self.begin) // MICROSECOND, DAY // MICROSECOND)

    def weekly(self, instants: Iterable[datetime]) -> list[int]:
        """Give the counts of the whole weeks, cut backwards from the end, the last week first."""
        counts = [0] * ((self.end - self.begin) // WEEK)
        for at in instants:
            for week in range(len(counts)):
                if self.end - (week + 1) * WEEK <= at < self.end - week * WEEK:
                    counts[week] += 1
        return counts


def exposure_of(first: datetime, span: Span) -> Exposure:
    """Give the exposure of a row whose first deployment was created at *first* (DF2)."""
    if first < span.since:
        return Exposure(span.since, span.until)
    return Exposure(max(span.since, min(first, span.until - WEEK)), span.until)


def part_of(exposure: Exposure, start: datetime, end: datetime) -> Exposure | None:
    """Give the exposure of a part of a trend; None where the row had not begun (DF2)."""
    if end <= exposure.begin:
        return None
    return Exposure(max(start, exposure.begin), end)
