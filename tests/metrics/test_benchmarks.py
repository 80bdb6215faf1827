"""Levels by the published years, and the Quick Check's scores."""

from datetime import timedelta

import pytest

from dora.metrics import benchmarks
from dora.metrics.benchmarks import DAY, HALF_YEAR, HOUR, MONTH, WEEK

JUST = 1e-6
YEARS = ("2019", "2021", "2022", "2023")


@pytest.mark.parametrize(
    ("year", "limits"),
    [
        ("2019", [(1, "elite"), (7, "high"), (30, "medium")]),
        ("2021", [(1, "elite"), (30, "high"), (180, "medium")]),
        ("2022", [(1, "high"), (30, "medium")]),
        ("2023", [(1, "elite"), (7, "high"), (30, "medium")]),
    ],
)
def test_frequency_earns_a_level_at_its_limit(year: str, limits: list[tuple[int, str]]) -> None:
    """B2: at least one deployment a period, counted exactly; just under it the next level."""
    for place, (days, level) in enumerate(limits):
        window = timedelta(days=10 * days)
        assert level == benchmarks.frequency_level(year, 10, window)
        beyond = [one for _, one in limits[place + 1 :]] + ["low"]
        longer = window + timedelta(microseconds=1)
        assert beyond[0] == benchmarks.frequency_level(year, 10, longer)


@pytest.mark.parametrize(
    ("year", "limits"),
    [
        ("2019", [(DAY, "elite"), (WEEK, "high"), (MONTH, "medium")]),
        ("2021", [(HOUR, "elite"), (WEEK, "high"), (HALF_YEAR, "medium")]),
        ("2022", [(WEEK, "high"), (MONTH, "medium")]),
        ("2023", [(DAY, "elite"), (WEEK, "high"), (MONTH, "medium")]),
    ],
)
def test_lead_time_earns_a_level_under_its_limit(
    year: str, limits: list[tuple[float, str]]
) -> None:
    """B2: a median under the limit; at the limit it is the next level."""
    levels = [level for _, level in limits] + ["low"]
    under = [benchmarks.lead_time_level(year, 5, limit - JUST) for limit, _ in limits]
    at = [benchmarks.lead_time_level(year, 5, limit) for limit, _ in limits]
    assert (levels[:-1], levels[1:]) == (under, at)


@pytest.mark.parametrize(
    ("year", "limits"),
    [
        ("2019", [(HOUR, "elite"), (DAY, "high")]),
        ("2021", [(HOUR, "elite"), (DAY, "high"), (WEEK, "medium")]),
        ("2022", [(DAY, "high"), (WEEK, "medium")]),
        ("2023", [(HOUR, "elite"), (DAY, "high"), (WEEK, "medium")]),
    ],
)
def test_recovery_earns_a_level_under_its_limit(year: str, limits: list[tuple[float, str]]) -> None:
    """B2: the median's level where there is one; 2019 knows no medium."""
    levels = [level for _, level in limits] + ["low"]
    under = [benchmarks.recovery_level(year, 5, limit - JUST) for limit, _ in limits]
    at = [benchmarks.recovery_level(year, 5, limit) for limit, _ in limits]
    assert (levels[:-1], levels[1:]) == (under, at)


#: Percent that failed: each limit of a published year, and one more.
SHARES = (5, 6, 10, 11, 15, 16, 30, 31)


@pytest.mark.parametrize(
    ("year", "levels"),
    [
        ("2019", ["elite", "elite", "elite", "elite", "elite", "low", "low", "low"]),
        ("2021", ["elite", "elite", "elite", "elite", "elite", "high", "high", "low"]),
        ("2022", ["high", "high", "high", "high", "high", "medium", "medium", "low"]),
        ("2023", ["elite", "high", "high", "medium", "medium", "low", "low", "low"]),
    ],
)
def test_fail_rate_earns_a_level_up_to_its_limit(year: str, levels: list[str]) -> None:
    """B2: shares are compared as counts, so 15 of 100 and 3 of 20 are 15 % exactly."""
    found = [benchmarks.fail_rate_level(year, failed, 100) for failed in SHARES]
    assert levels == found
    assert levels[4] == benchmarks.fail_rate_level(year, 3, 20)
    assert levels[0] == benchmarks.fail_rate_level(year, 0, 5)


@pytest.mark.parametrize("year", YEARS)
def test_too_little_data_gets_no_level(year: str) -> None:
    """B3: fewer than five changes, deployments or episodes, or no deployment: no level."""
    assert [None] * 4 == [
        benchmarks.frequency_level(year, 0, timedelta(days=1)),
        benchmarks.lead_time_level(year, 4, 1.0),
        benchmarks.recovery_level(year, 4, 1.0),
        benchmarks.fail_rate_level(year, 0, 4),
    ]
    assert benchmarks.frequency_level(year, 1, timedelta(days=1)) is not None


def test_recovery_without_a_time_gets_no_level() -> None:
    """B2, R4: five episodes that are all open have neither median nor mean."""
    assert benchmarks.recovery_level("2023", 5, None) is None


@pytest.mark.parametrize("year", ["none", "quick-check"])
def test_no_ladder_gives_no_level(year: str) -> None:
    """B1, B4: without a published table there is no level."""
    assert [None] * 4 == [
        benchmarks.frequency_level(year, 9, timedelta(days=1)),
        benchmarks.lead_time_level(year, 9, 1.0),
        benchmarks.recovery_level(year, 9, 1.0),
        benchmarks.fail_rate_level(year, 0, 9),
    ]


def test_quick_check_scores_frequency() -> None:
    """B4: six answers, from on demand (10) to less than twice a year (0); 8 is no frequency's."""
    periods = (DAY, WEEK, MONTH, HALF_YEAR, 2 * HALF_YEAR)
    found = [benchmarks.frequency_score(10, timedelta(seconds=10 * one)) for one in periods]
    assert [10.0, 6.0, 4.0, 2.0, 0.0] == found
    assert benchmarks.frequency_score(0, timedelta(days=1)) is None


def test_quick_check_scores_times() -> None:
    """B4: six answers, from under an hour (10) to half a year and more (0)."""
    limits = (HOUR, DAY, WEEK, MONTH, HALF_YEAR)
    assert [10.0, 8.0, 6.0, 4.0, 2.0] == [benchmarks.time_score(5, one - 1) for one in limits]
    assert [8.0, 6.0, 4.0, 2.0, 0.0] == [benchmarks.time_score(5, one) for one in limits]
    assert [None, None] == [benchmarks.time_score(4, 1.0), benchmarks.time_score(5, None)]


def test_quick_check_scores_shares() -> None:
    """B4: percentages from 0 to 100 are scores from 10 to 0."""
    found = [benchmarks.share_score(part, 8) for part in (0, 2, 8)]
    assert [10.0, 7.5, 0.0] == found
    assert benchmarks.share_score(0, 4) is None
