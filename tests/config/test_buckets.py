"""A window cut by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.config.window import Span, Window, cut_window
from dora.errors import BadUsage
from tests.support.tables import config

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia",
    "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Africa/Casablanca",
)  # fmt: skip
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SIZES = ("day", "week", "month")


def at(text: str) -> datetime:
    """An instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str, *, partial: bool = False) -> Span:
    """A part by its ends in UTC."""
    return Span(at(start), at(end), partial)


def test_weeks_over_the_end_of_a_year() -> None:
    """T1: a week begins on Monday, wherever the year ends; the outer two are cut short."""
    found = cut_window(Window(at("2025-12-24 06:00"), at("2026-01-08 06:00")), "week")
    assert found == (
        span("2025-12-24 06:00", "2025-12-29", partial=True),
        span("2025-12-29", "2026-01-05"),
        span("2026-01-05", "2026-01-08 06:00", partial=True),
    )


def test_months_over_the_end_of_a_year() -> None:
    """T1: a month begins on its first day; December is followed by January."""
    found = cut_window(Window(at("2025-11-01"), at("2026-02-01")), "month")
    assert found == (
        span("2025-11-01", "2025-12-01"),
        span("2025-12-01", "2026-01-01"),
        span("2026-01-01", "2026-02-01"),
    )
    assert [30.0, 31.0, 31.0] == [one.days for one in found]


def test_days_over_the_end_of_summer_time() -> None:
    """T1: days are local ones: that of the change has 25 hours, and the days after begin later."""
    window = Window(at("2026-10-23 22:00"), at("2026-10-26 23:00"), "Europe/Berlin")
    found = cut_window(window, "day")
    assert found == (
        span("2026-10-23 22:00", "2026-10-24 22:00"),
        span("2026-10-24 22:00", "2026-10-25 23:00"),
        span("2026-10-25 23:00", "2026-10-26 23:00"),
    )
    assert [24.0, 25.0, 24.0] == [24 * one.days for one in found]


def test_weeks_of_another_time_zone() -> None:
    """T1: Monday begins at midnight there, and not in UTC."""
    window = Window(at("2026-03-02 05:00"), at("2026-03-16 04:00"), "America/New_York")
    assert cut_window(window, "week") == (
        span("2026-03-02 05:00", "2026-03-09 04:00"),  # summer time began on the 8th
        span("2026-03-09 04:00", "2026-03-16 04:00"),
    )


def test_midnight_that_does_not_exist() -> None:
    """T1: where the clock jumps over midnight, the day begins when it jumps."""
    window = Window(at("2018-11-03 03:00"), at("2018-11-05 02:00"), "America/Sao_Paulo")
    assert cut_window(window, "day") == (
        span("2018-11-03 03:00", "2018-11-04 03:00"),
        span("2018-11-04 03:00", "2018-11-05 02:00"),
    )


def test_day_that_does_not_exist() -> None:
    """T1: Samoa had no 30 December 2011, and so it has no part."""
    window = Window(at("2011-12-29 10:00"), at("2012-01-01 10:00"), "Pacific/Apia")
    assert cut_window(window, "day") == (
        span("2011-12-29 10:00", "2011-12-30 10:00"),
        span("2011-12-30 10:00", "2011-12-31 10:00"),
        span("2011-12-31 10:00", "2012-01-01 10:00"),
    )


def test_window_within_a_day() -> None:
    """T1: what lies within one day, week or month is one partial part."""
    window = Window(at("2026-11-23 06:00"), at("2026-11-23 07:00"))
    whole = (span("2026-11-23 06:00", "2026-11-23 07:00", partial=True),)
    assert [whole] * 3 == [cut_window(window, size) for size in SIZES]


@pytest.mark.parametrize("size", SIZES)
@given(
    since=st.timedeltas(timedelta(0), timedelta(days=365 * 36)).map(lambda age: NOW - age),
    length=st.timedeltas(timedelta(minutes=1), timedelta(days=400)),
    zone=st.sampled_from(ZONES),
)
def test_parts_are_the_window(size: str, since: datetime, length: timedelta, zone: str) -> None:
    """T1: the parts leave no gap and do not overlap; only the outer two may be partial."""
    window = Window(since, since + length, zone)
    found = cut_window(window, size)
    assert (window.since, window.until) == (found[0].start, found[-1].end)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert not any(one.partial for one in found[1:-1])
    assert all(one.start < one.end for one in found)
    for one in found[1:]:
        local = one.start.astimezone(window.zone)
        before = (one.start - timedelta(microseconds=1)).astimezone(window.zone)
        assert before.date() < local.date()
        assert size != "week" or local.weekday() == 0
        assert size != "month" or local.day == 1


def test_no_more_parts_than_are_said() -> None:
    """T1: a window that begins at six has a part more than days; 1,000 are the most."""
    longest = config(since="999d", trend="day").window
    assert 1_000 == len(cut_window(longest, "day"))
    with pytest.raises(BadUsage, match="allowed: up to 1,000"):
        config(since="1000d", trend="day")
