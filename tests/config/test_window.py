"""Ages, dates and windows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dora.config.window import Window, parse_age, parse_instant
from dora.errors import BadUsage
from tests.support.tables import NOW, config

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("36h", timedelta(hours=36)),
        ("90d", 90 * DAY),
        ("12w", 84 * DAY),
        ("6mo", 180 * DAY),
        ("1y", 365 * DAY),
        (" 2 D ", 2 * DAY),
        ("0d", timedelta(0)),
    ],
)
def test_ages(text: str, length: timedelta) -> None:
    """W1: an age is a number and a unit; a month has 30 days and a year 365."""
    assert length == parse_age(text)
    assert NOW - length == parse_instant(text, NOW, BERLIN)


@pytest.mark.parametrize("text", ["", "d", "90", "-1d", "1.5d", "90 days", "1m", "9999999d", "²d"])
def test_what_is_no_age(text: str) -> None:
    """W1: anything else is no age, and the error says what is allowed."""
    with pytest.raises(ValueError, match=r"^is no age; allowed: a number and one of h, d, w, mo"):
        parse_age(text)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-08-25", UTC_ZONE, datetime(2026, 8, 25, tzinfo=UTC)),
        ("2026-08-25", BERLIN, datetime(2026, 8, 24, 22, tzinfo=UTC)),
        ("2026-02-25", BERLIN, datetime(2026, 2, 24, 23, tzinfo=UTC)),
        ("2026-08-25T06:30", BERLIN, datetime(2026, 8, 25, 4, 30, tzinfo=UTC)),
        ("2026-08-25 06:30:15", UTC_ZONE, datetime(2026, 8, 25, 6, 30, 15, tzinfo=UTC)),
        ("2026-08-25T06:30:00Z", BERLIN, datetime(2026, 8, 25, 6, 30, tzinfo=UTC)),
        ("2026-08-25T06:30+05:30", BERLIN, datetime(2026, 8, 25, 1, tzinfo=UTC)),
    ],
)
def test_dates(text: str, zone: ZoneInfo, expected: datetime) -> None:
    """W1: a date is midnight in the report's time zone, an offset beats the zone."""
    found = parse_instant(text, NOW, zone)
    assert (expected, UTC) == (found, found.tzinfo)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "25.08.2026", "999999y", "0001-01-01"]
)
def test_what_is_no_time(text: str) -> None:
    """W1: what cannot be an instant is told with what is allowed."""
    allowed = r"^is no time; allowed: an age like 36h, .* ISO 8601 date or date-time like"
    with pytest.raises(ValueError, match=allowed):
        parse_instant(text, NOW, ZoneInfo("Pacific/Auckland"))


def test_instant_that_has_no_day_in_the_zone() -> None:
    """W1: what the report could not be told of in its own time zone is refused."""
    with pytest.raises(ValueError, match="is no time"):
        parse_instant("0001-01-01T00:00Z", NOW, ZoneInfo("America/Sao_Paulo"))


def test_length_of_a_window() -> None:
    """DF2: a day has 24 hours, also where a calendar day of the time zone has 25."""
    window = Window(
        datetime(2026, 10, 24, 22, tzinfo=UTC),
        datetime(2026, 10, 25, 23, tzinfo=UTC),
        "Europe/Berlin",
    )
    assert (timedelta(hours=25), 25 / 24, BERLIN) == (window.length, window.days, window.zone)


def test_window_ends_now_unless_told_otherwise() -> None:
    """W1: `until` is the start of the run, `since` an age counted back from now."""
    assert Window(NOW - 30 * DAY, NOW) == config(since="30d").window
    past = config(since="2026-03-01", until="2026-04-01", timezone="Europe/Berlin").window
    march = (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert Window(*march, "Europe/Berlin") == past
    assert Window(NOW - 90 * DAY, NOW - 60 * DAY) == config(since="90d", until="60d").window


@pytest.mark.parametrize(
    ("since", "until", "problem"),
    [
        ("1d", "2d", "the window would begin at 2026-11-22 06:00 UTC and end at 2026-11-21 06:00"),
        ("2d", "2d", "allowed: a begin before the end"),
        ("0h", None, "allowed: a begin before the end"),
        ("2027-01-01", None, "--since: '2027-01-01' is in the future; allowed: up to now"),
        ("90d", "2027-01-01", "--until: '2027-01-01' is in the future; allowed: up to now"),
        ("soon", None, "--since: 'soon' is no time; allowed: an age like 36h"),
    ],
)
def test_windows_that_cannot_be(since: str, until: str | None, problem: str) -> None:
    """W1: a begin that is not before the end, or either in the future, is a usage error."""
    with pytest.raises(BadUsage) as wrong:
        config(since=since, until=until)
    assert problem in str(wrong.value)
    assert 1 == len(str(wrong.value).splitlines())
    assert 2 == wrong.value.exit_status
