"""How often was deployed."""

import pandas as pd
import pytest

from dora.metrics.deployment_frequency import deployment_frequency


def successes(*times: tuple[int, str]) -> pd.DataFrame:
    """Successes of November 2026: group and `day hour:minute`."""
    rows = [(group, pd.Timestamp(f"2026-11-{time}", tz="UTC")) for group, time in times]
    return pd.DataFrame(rows, columns=["group", "succeeded_at"])


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
