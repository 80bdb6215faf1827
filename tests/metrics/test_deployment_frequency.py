"""How often was deployed."""

import pandas as pd
import pytest

from dora.metrics.deployment_frequency import deployment_frequency
from dora.metrics.intervals import weekly_rate_interval
from dora.model.tables import INSTANT


def successes(*times: tuple[int, str]) -> pd.DataFrame:
    """Successes of November 2026: group and `day hour:minute`."""
    rows = [(group, pd.Timestamp(f"2026-11-{time}", tz="UTC")) for group, time in times]
    made = pd.DataFrame(rows, columns=["group", "succeeded_at"])
    return made.astype({"group": "int64", "succeeded_at": INSTANT})


def frequency(
    inside: pd.DataFrame, *exposures: tuple[str, str], timezone: str = "UTC"
) -> pd.DataFrame:
    """The frequency of as many groups as there are *exposures*, `day hour:minute` of November."""
    starts, ends = (
        pd.DatetimeIndex([f"2026-11-{one[side]}" for one in exposures], tz="UTC") for side in (0, 1)
    )
    groups = pd.RangeIndex(len(exposures))
    return deployment_frequency(inside, groups, starts, ends, timezone)


#: A week, which holds what most tests count.
WEEK = ("01 00:00", "08 00:00")


def test_counts_and_rates() -> None:
    """DF1, DF2: four in a week are 4/7 a day and 4 a week, on three distinct days."""
    inside = successes((0, "01 00:00"), (0, "01 23:59"), (0, "03 12:00"), (0, "07 23:59"))
    found = frequency(inside, WEEK)
    expected = {
        "deployments": 4,
        "per_day": pytest.approx(4 / 7),
        "per_week": pytest.approx(4.0),
        "active_days": 3,
        "exposure_days": 7.0,
    }
    assert [expected] == found[[*expected]].to_dict("records")
    assert found[["per_day_low", "per_day_high"]].isna().all(axis=None)


def test_rates_are_of_the_window_s_length() -> None:
    """DF2: the length in days need not be whole, and a day has 24 hours."""
    found = frequency(successes((0, "01 05:00")), ("01 00:00", "01 12:00"))
    assert [(2.0, 14.0)] == list(zip(found["per_day"], found["per_week"], strict=True))


@pytest.mark.parametrize(
    ("timezone", "days"), [("UTC", 2), ("America/New_York", 1), ("Asia/Kolkata", 1)]
)
def test_days_are_those_of_the_time_zone(timezone: str, days: int) -> None:
    """DF2: active days are calendar days of the report's time zone."""
    inside = successes((0, "02 21:00"), (0, "03 02:00"))
    found = frequency(inside, WEEK, timezone=timezone)
    assert [days] == found["active_days"].tolist()


def test_hour_that_comes_twice_is_one_day() -> None:
    """DF2: the end of summer time makes no second day."""
    inside = successes((0, "01 05:30"), (0, "01 06:30"))
    found = frequency(inside, WEEK, timezone="America/New_York")
    assert [1] == found["active_days"].tolist()


def test_each_group_has_its_own_length() -> None:
    """T1: the parts of a window differ in length, and a rate is of its own part."""
    inside = successes((0, "01 05:30"), (1, "05 05:30"))
    found = frequency(inside, WEEK, ("05 00:00", "05 12:00"))
    assert [1 / 7, 2.0] == found["per_day"].tolist()


def test_group_without_success() -> None:
    """DF3, G0: what has gone quiet shows 0 and an interval that begins at 0."""
    found = frequency(successes((2, "01 05:30")), *[("01 00:00", "29 00:00")] * 3)
    assert [0, 0, 1] == found["deployments"].tolist()
    assert [0.0, 0.0] == found["per_day_low"].tolist()[:2]
    assert [pytest.approx(3.6888795 / 28)] * 2 == found["per_day_high"].tolist()[:2]
    assert [0, 0, 1] == found["active_days"].tolist()


#: Four whole weeks, Sundays to Sundays, of which a test may take off or put on.
FOUR = ("01 00:00", "29 00:00")


def ends_of(found: pd.DataFrame) -> list[tuple[float, float] | None]:
    """Both ends of each group's interval a week; None where there is none."""
    pairs = zip(found["per_day_low"].tolist(), found["per_day_high"].tolist(), strict=True)
    return [None if pd.isna(low) else (low * 7, high * 7) for low, high in pairs]


def test_weeks_are_cut_from_the_end() -> None:
    """DF3: whole weeks end where the exposure ends, and the rest of it gives no count."""
    # From the end there are 1, 1, 0, 2; the two on the 1st are before the four weeks.
    days = ("01 05:00", "01 06:00", "05 00:00", "08 22:59", "16 12:00", "29 12:00")
    inside = successes(*[(0, day) for day in days])
    found = frequency(inside, ("01 00:00", "29 23:00"))
    assert [28 + 23 / 24] == found["exposure_days"].tolist()
    expected = weekly_rate_interval([1, 1, 0, 2], (28 + 23 / 24) / 7, 6)
    assert [pytest.approx(expected)] == ends_of(found)


def test_a_week_holds_its_first_instant() -> None:
    """DF3: [until − 168 h · (i + 1), until − 168 h · i), to the microsecond."""
    first = successes(*[(0, f"{day} 00:00:00") for day in ("01", "08", "08", "15", "22")])
    last = successes(*[(0, f"{day} 23:59:59.999999") for day in ("07", "14", "14", "21", "28")])
    expected = [pytest.approx(weekly_rate_interval([1, 2, 1, 1], 4, 5))]
    assert expected == ends_of(frequency(first, FOUR))
    assert expected == ends_of(frequency(last, FOUR))


def test_fewer_than_four_whole_weeks_have_no_interval() -> None:
    """DF3: an instant less than four weeks leaves three, whose own spread nobody knows."""
    inside = successes(*[(group, "20 12:00") for group in (0, 1)])
    found = frequency(inside, ("01 00:00:00.000001", "29 00:00"), FOUR)
    expected = weekly_rate_interval([0, 1, 0, 0], 4, 1)
    assert [None, pytest.approx(expected)] == ends_of(found)
    assert [pytest.approx(0.25)] * 2 == found["per_week"].tolist()


def test_each_group_has_its_own_weeks() -> None:
    """DF2, DF3: exposures begin and end at different times, and none sees another's counts."""
    days = ["03", "08", "10", "11", "19", "26"]
    inside = successes(*[(group, f"{day} 12:00") for group in (3, 0, 1) for day in days])
    found = frequency(inside, FOUR, ("01 00:00", "30 12:00"), FOUR, ("01 00:00", "29 12:00"))
    expected = [
        weekly_rate_interval([1, 3, 1, 1], 4, 6),
        weekly_rate_interval([2, 2, 1, 1], 4 + 1.5 / 7, 6),
        weekly_rate_interval([0, 0, 0, 0], 4, 0),
        weekly_rate_interval([1, 3, 1, 1], 4 + 0.5 / 7, 6),
    ]
    assert [one and pytest.approx(one) for one in expected] == ends_of(found)


def test_no_groups() -> None:
    """G0: of no rows there is nothing to tell."""
    assert [0, 7] == [*frequency(successes()).shape]
