"""Numbers, instants and names in words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.render import formatting
from dora.report.ranges import Interval, OpenInterval, Place
from tests.support.reports import HOSTILE_NAMES

NAN = float("nan")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "–"),
        (NAN, "–"),
        (0.0, "0 s"),
        (0.2, "under 1 s"),
        (1.2, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (2_100.0, "35 min"),
        (3_569.0, "59 min"),
        (3_571.0, "1.0 h"),
        (5_400.0, "1.5 h"),
        (35_900.0, "10 h"),
        (93_600.0, "26 h"),
        (170_000.0, "47 h"),
        (172_800.0, "2.0 d"),
        (336_960.0, "3.9 d"),
        (86_400.0 * 400, "400 d"),
        (86_400.0 * 1_200, "1,200 d"),
        (-5.0, "0 s"),
    ],
)
def test_duration_reads_in_its_best_unit(seconds: float | None, expected: str) -> None:
    """A duration has the unit it reads best in, is never negative, and a dash when unknown."""
    assert expected == formatting.duration(seconds)


@given(st.floats(min_value=1e-6, max_value=1e10))
def test_duration_of_something_is_not_nothing(seconds: float) -> None:
    """A duration above zero never reads as none, nor as sixty of a unit."""
    amount, unit = formatting.duration(seconds).rsplit(" ", 1)
    assert amount not in {"0", "0.0"}
    assert unit == "d" or amount != "60"


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (None, "–"),
        (NAN, "–"),
        (0.0, "0 %"),
        (0.0002, "<0.1 %"),
        (3 / 45, "6.7 %"),
        (0.0996, "10 %"),
        (0.179, "18 %"),
        (0.999, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_percentage_keeps_none_and_all_apart(rate: float | None, expected: str) -> None:
    """Only none reads 0 %, only all reads 100 %, and the unknown is a dash."""
    assert expected == formatting.percentage(rate)


def test_share_has_its_denominator_beside_it() -> None:
    """The denominator stands beside the rate, with nothing to say beside a dash."""
    assert [formatting.share(3, 45, 3 / 45), formatting.share(0, 0, None)] == [
        "6.7 % (3 of 45)",
        "– (0 of 0)",
    ]


@pytest.mark.parametrize(
    ("per_day", "expected"),
    [
        (0.0, "0/week"),
        (0.0001, "<0.01/week"),
        (1 / 90, "0.08/week"),
        (42 / 90, "3.3/week"),
        (0.999, "7.0/week"),
        (1.0, "1.0/day"),
        (12.4, "12/day"),
        (1_204.0, "1,204/day"),
    ],
)
def test_frequency_is_by_the_day_from_one_a_day_on(per_day: float, expected: str) -> None:
    """A frequency is by the day from one a day on, else by the week, and 0 only for none."""
    assert expected == formatting.frequency(per_day)


def test_intervals_name_their_unit_once() -> None:
    """Both ends of an interval share a unit where they can; one that is missing is a dash."""
    assert [
        formatting.duration_interval(Interval(80_000.0, 110_000.0)),
        formatting.duration_interval(Interval(2_100.0, 336_960.0)),
        formatting.duration_interval(None),
        formatting.percentage_interval(Interval(0.023, 0.179)),
        formatting.percentage_interval(Interval(NAN, 0.2)),
        formatting.frequency_interval(42 / 90, Interval(0.336, 0.631)),
        formatting.frequency_interval(2.4, Interval(2.09, 2.74)),
    ] == ["22–31 h", "35 min – 3.9 d", "–", "2.3–18 %", "–", "2.4–4.4", "2.1–2.7"]


def test_an_end_of_an_interval_may_be_unknown() -> None:
    """R4: what the curve does not reach is not made up."""
    assert [
        formatting.duration_interval(OpenInterval(5_040.0, None)),
        formatting.duration_interval(OpenInterval(None, 5_040.0)),
        formatting.duration_interval(OpenInterval(None, None)),
        formatting.duration_interval(OpenInterval(3_240.0, 14_400.0)),
    ] == ["1.4 h or more", "up to 1.4 h", "–", "54 min – 4.0 h"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.41, 3.06, "×1.4–3.1"),
        (1.4, None, "×1.4 or more"),
        (0.0, 0.71, "×0.71 or less"),
        (None, 0.71, "×0.71 or less"),
        (0.0, None, ""),
        (None, None, ""),
        (1.004, 12.4, "×1.004–12"),
        (0.02, 0.996, "×0.02–0.996"),
        (0.00001, 0.5, "×<0.001–0.5"),
        (0.001, 0.0099, "×0.001–0.0099"),
        (1.0, 1_234.0, "×1–1,234"),
    ],
)
def test_ratios_never_read_as_no_change(
    low: float | None, high: float | None, expected: str
) -> None:
    """K2: an effect has two digits, more near 1, and an end that is open is said to be."""
    assert expected == formatting.ratio_interval(OpenInterval(low, high))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.124, "+2 to +12 points"),
        (-0.0712, -0.004, "−7.1 to −0.4 points"),
        (-0.3, 0.0001, "−30 to +<0.1 points"),
        (0.0, 0.096, "0 to +9.6 points"),
    ],
)
def test_differences_are_points_with_a_sign(low: float, high: float, expected: str) -> None:
    """K2: a difference of rates is in percentage points, and is zero only where it reads so."""
    assert expected == formatting.difference_interval(Interval(low, high))


def test_places_and_levels_say_no_more_than_they_are() -> None:
    """B3, B5: the best have a place from the top, a place from first to last is none, and a level
    is of a performer, a range from the worse to the better one."""
    assert [
        formatting.place(Place(24.4 / 99.8, 56.3 / 99.8)),
        formatting.place(Place(0.0, 0.094)),
        formatting.place(Place(0.963, 1.0)),
        formatting.place(Place(0.0, 1.0)),
        formatting.performer(("low",)),
        formatting.performer(("medium", "elite")),
        formatting.performer(()),
    ] == [
        "top 24–56 %",
        "top 9 %",
        "top 96–100 %",
        "",
        "low performer",
        "medium to elite performer",
        "",
    ]


def test_a_day_has_its_year_where_it_is_another() -> None:
    """DF2: when a row began is a day in the report's time zone."""
    until = datetime(2026, 11, 23, 6, tzinfo=UTC)
    moment = datetime(2026, 10, 13, 22, 30, tzinfo=UTC)
    assert [
        formatting.day(moment, "UTC", until),
        formatting.day(moment, "Europe/Berlin", until),
        formatting.day(datetime(2025, 12, 31, 22, 30, tzinfo=UTC), "UTC", until),
        formatting.day(datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "Europe/Berlin", until),
    ] == ["13 Oct", "14 Oct", "31 Dec 2025", "1 Jan"]


def test_counts_have_separators_and_nouns_their_number() -> None:
    """Thousands are separated; one is singular."""
    assert [
        formatting.count(1_204),
        formatting.counted(1, "change"),
        formatting.counted(0, "change"),
        formatting.counted(2_000, "repository", "repositories"),
        formatting.days(90.0),
        formatting.days(1.0),
        formatting.days(0.5),
        formatting.elapsed(8.2),
        formatting.elapsed(720.0),
    ] == [
        "1,204",
        "1 change",
        "0 changes",
        "2,000 repositories",
        "90 days",
        "1 day",
        "0.5 days",
        "8.2 s",
        "12 min",
    ]


def test_instant_is_in_the_reports_time_zone() -> None:
    """An instant is shown to the minute, in the report's time zone."""
    moment = datetime(2026, 8, 24, 23, 30, tzinfo=UTC)
    assert [
        formatting.instant(moment, "UTC"),
        formatting.instant(moment, "Europe/Berlin"),
    ] == ["2026-08-24 23:30", "2026-08-25 01:30"]


def test_benchmark_says_why_there_are_no_levels() -> None:
    """The year is named; there are no levels without a benchmark or for pooled rows (B1, B3)."""
    assert [
        formatting.benchmark("2023"),
        formatting.benchmark("none"),
        formatting.benchmark("2023", by="team"),
        formatting.benchmark("quick-check"),
        formatting.benchmark("2025", by="team"),
    ] == [
        "levels of DORA 2023",
        "no benchmark",
        "no levels for pooled rows",
        "scores of DORA's Quick Check",
        "places of DORA 2025",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "production",
        "prod-eu_west.1/api (blue)",
        "Größe, naïve, Ελλάδα, Москва, עברית, العربية",
        "日本語の環境",
        "葛\U000e0100城市",
        "می\u200cخواهم",
        "क्\u200dष",
        "👨\u200d👩\u200d👧 ❤️ 1️⃣ 👍🏽",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "e\u0301",
        "",
    ],
)
def test_plain_leaves_ordinary_text_alone(name: str) -> None:
    """Text of any script stays as it is, emoji too."""
    assert name == formatting.plain(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("\x1b[31mred", "�[31mred"),
        ("\x9b31m", "�31m"),
        ("a\r\nb\tc\x00", "a��b�c�"),
        ("safe\u202egnp.exe", "safe�gnp.exe"),
        ("\u2066a\u2069", "�a�"),
        ("pro\u200bd", "pro�d"),
        ("pro\u200dd", "pro�d"),
        ("pro\ufe0fd", "pro�d"),
        ("pro\u00add\ufeff", "pro�d�"),
        ("a\u2028b", "a�b"),
        ("\ud800", "�"),
        ("a\U000e0061\U000e0062", "a��"),
        ("a\ufe0f\u200d👧", "a��👧"),
    ],
)
def test_plain_shows_what_could_not_be_seen(name: str, expected: str) -> None:
    """What a terminal obeys or a reader cannot see is replaced by a visible mark."""
    assert expected == formatting.plain(name)


@given(st.text() | st.sampled_from(HOSTILE_NAMES))
def test_plain_is_safe_and_settled(name: str) -> None:
    """No control character is left, as many characters can be written out, twice is as once."""
    plain = formatting.plain(name)
    assert len(name) == len(plain)
    assert plain == plain.encode().decode()
    assert plain == formatting.plain(plain)
    assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in plain)
