"""The oracle's intervals, tests and levels against numbers worked out by hand."""

from fractions import Fraction
from typing import Any

import pytest
from scipy import stats

from tests.oracle import effects, intervals, levels, tests_of_change

HOUR = 3600.0
DAY = 24 * HOUR
YEARS = ("2019", "2021", "2022", "2023")


def near(*values: float) -> Any:
    """Values to a millionth."""
    return pytest.approx(values, abs=1e-6)


def test_weekly_interval() -> None:
    """DF3: 3 ± 3.1824 · 2.1602 / √4 a week; Garwood's where weeks hardly differ; four at least."""
    told = intervals.weekly_rate_interval
    assert told([1, 3, 2, 6], Fraction(4), 12) == near(0, 6.437435)
    assert told([5] * 4, Fraction(4), 20) == near(3.054130, 7.722094)
    assert told([0] * 4, Fraction(9, 2), 0) == near(0, 0.819751)
    assert told([5] * 3, Fraction(39, 10), 20) is None


def test_clustered_interval() -> None:
    """LT6: twelve single changes: e = 0.150756, t(11) = 2.200985; one that ships half: all."""
    told = intervals.clustered_median_interval
    twelve = [*map(float, range(1, 13))]
    assert told(twelve, range(12)) == near(2.850079, 10.149921)
    assert told([1.0] * 5 + twelve[1:6], [0] * 5 + [1, 2, 3, 4, 5]) == [1.0, 6.0]
    assert told(twelve, [n % 5 for n in range(12)]) is None


def test_survival_interval() -> None:
    """R4: of 1 to 10 the lower band is at ½ from 1 on (0.4730), the upper from 8 on (0.4747)."""
    ten, five = [*map(float, range(1, 11))], [1.0, 2.0, 3.0, 4.0, 5.0]
    assert intervals.survival_median_interval(ten, [True] * 10) == (1.0, 8.0)
    assert intervals.survival_median_interval(five, [True] * 5) == (1.0, None)
    assert intervals.survival_median_interval(five, [True] * 4 + [False]) == (1.0, None)
    assert intervals.survival_median_interval([3.0] * 5, [True] * 5) == (None, None)
    assert intervals.survival_median_interval(five, [False] * 5) == (None, None)
    assert intervals.survival_median_interval(five[1:], [True] * 4) is None


def test_ratio_of_rates() -> None:
    """K2: 2 · exp(± 2.446912 · √(2/27)); nothing on one side or three weeks: none."""
    assert effects.rate_ratio_interval([2, 4, 2, 4], [4, 8, 4, 8]) == near(1.027554, 3.892736)
    assert effects.rate_ratio_interval([1] * 4, [3] * 5) == (3.0, 3.0)
    assert effects.rate_ratio_interval([0] * 4, [3] * 5) is None
    assert effects.rate_ratio_interval([1] * 4, [3] * 3) is None


def test_ratio_of_times() -> None:
    """K2: all pairs of 4 and 4, but one at each end of 4 and 5; open ones at their worst."""
    told, over, open_ = effects.time_ratio_interval, [True] * 4, [False]
    before, now = [10.0, 20.0, 30.0, 40.0], [50.0, 60.0, 70.0, 80.0, 90.0]
    assert told((before, over), (now[:4], over)) == near(1.25, 8)
    assert told((before, over), (now, [*over, True])) == near(1.5, 8)
    low, high = told((before, over), (now, [*over, *open_])) or (None, 0.0)
    assert low == pytest.approx(1.5)
    assert high is None
    assert told((before, [*open_, *over[:3]]), (now, [*over, True])) == near(0, 8)
    assert told((before[:3], over[:3]), (before[:3], over[:3])) is None
    assert told(([0.0] * 4, over), ([0.5] * 4, over)) == (1.0, 1.0)


def test_distribution_of_u() -> None:
    """K2: of the 35 ways to deal 3 and 4, U is 0 to 12 in 1, 1, 2, 3, 4, 4, 5 … of them."""
    assert effects.ways_to_u(3, 4) == [1, 1, 2, 3, 4, 4, 5, 4, 4, 3, 2, 1, 1]
    assert sum(effects.ways_to_u(50, 50)) == sum(effects.ways_to_u(50, 50)[::-1])


def test_difference_of_shares() -> None:
    """K2: Newcombe's own example, 56 of 70 less 48 of 80: 0.0524 to 0.3339."""
    found = effects.difference_interval((48, 80), (56, 70))
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert effects.difference_interval((0, 0), (1, 2)) is None


def told_of(tested: tests_of_change.Tested | None) -> Any:
    """P-value, direction and smallest p-value of a test, to a millionth."""
    assert tested is not None
    return near(tested.p_value, tested.sign, tested.floor)


def test_tests_of_change() -> None:
    """K2 to K4: SciPy's Welch; 1 + 1 of 20 ways; 2 of 70; Gehan's."""
    rates, shares, times = tests_of_change.rates, tests_of_change.shares, tests_of_change.times
    welch = stats.ttest_ind([4, 8, 4, 8], [2, 4, 2, 4], equal_var=False)
    p_value = float(welch.pvalue)  # and no way to deal these eight weeks has a smaller one
    assert told_of(rates([2, 4, 2, 4], [4, 8, 4, 8])) == (p_value, 1, p_value)
    assert told_of(rates([1] * 4, [1] * 5)) == (1.0, 0, 1.0)
    assert told_of(rates([1] * 4, [3] * 5)) == (0.0, 1, 0.0)
    assert rates([1] * 3, [3] * 5) is None
    assert told_of(shares(3, 3, 0, 3)) == (0.1, -1, 0.1)
    assert told_of(shares(0, 7, 4, 7)) == (70 / 1001, 1, 70 / 1001)
    over = [True] * 4
    assert told_of(times(([1.0] * 4, over), ([5.0] * 4, over))) == (2 / 70, 1, 2 / 70)
    three = [1.0, 2.0, 3.0], [True] * 3
    assert told_of(times(three, ([3.0, 9.0, 9.0], [False] * 3))) == (0.1, 1, 0.1)


def test_adjusted() -> None:
    """K5: each times the number of tests over its rank, never more than the next."""
    assert tests_of_change.adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        [0.02, 0.04, 0.04, 0.02]
    )
    assert tests_of_change.adjust([]) == []


# Levels, scores and places


def test_levels() -> None:
    """B2: the best level whose limit holds, of each year's table; on demand is two a day."""

    def told(metric: str, *numbers: float) -> dict[str, list[str | None]]:
        return {
            year: [levels.levels_of(metric, year, (one, one))[0] for one in numbers]
            for year in YEARS
        }

    assert told("deployment_frequency", 2, 1.99, 1, 0.2, 0.04, 0.006, 0.001) == {
        "2019": ["elite", "high", "high", "high", "medium", "low", "low"],
        "2021": ["elite", "high", "high", "high", "high", "medium", "low"],
        "2022": ["high", "medium", "medium", "medium", "medium", "low", "low"],
        "2023": ["elite", "elite", "elite", "high", "medium", "low", "low"],
    }
    times = [DAY * days for days in (0.01, 0.5, 3, 20, 100, 400)]
    assert told("change_lead_time", *times) == {
        "2019": ["elite", "elite", "high", "medium", "low", "low"],
        "2021": ["elite", "high", "high", "medium", "medium", "low"],
        "2022": ["high", "high", "high", "medium", "low", "low"],
        "2023": ["elite", "elite", "high", "medium", "low", "low"],
    }
    assert told("recovery_time", *times[:4]) == {
        "2019": ["elite", "high", "low", "low"],
        "2021": ["elite", "high", "medium", "low"],
        "2022": ["high", "high", "medium", "low"],
        "2023": ["elite", "high", "medium", "low"],
    }
    assert told("change_fail_rate", 0.049, 0.099, 0.149, 0.29, 0.31) == {
        "2019": ["elite", "elite", "elite", "low", "low"],
        "2021": ["elite", "elite", "elite", "high", "low"],
        "2022": ["high", "high", "high", "medium", "low"],
        "2023": ["elite", "high", "medium", "low", "low"],
    }


def test_ranges() -> None:
    """B3: the worse end's level first; no upper end is the worst, no lower one is nothing."""
    told = levels.levels_of
    assert told("deployment_frequency", "2023", (0.05, 0.5)) == (None, ["medium", "high"])
    assert told("change_lead_time", "2023", (HOUR, DAY)) == (None, ["high", "elite"])
    assert told("recovery_time", "2023", (HOUR, None)) == (None, ["low", "high"])
    assert told("recovery_time", "2023", (8 * DAY, None)) == ("low", None)
    assert told("recovery_time", "2023", (None, None)) == (None, None)
    assert told("recovery_time", "2023", None) == (None, None)
    assert told("recovery_time", "none", (HOUR, HOUR)) == (None, None)


def test_places() -> None:
    """B5: two days are within 24.4 and 56.3 of 99.8; an interval is from its best to its worst."""
    told = levels.place_of
    assert told("change_lead_time", (2 * DAY, 2 * DAY)) == [244 / 998, 563 / 998]
    assert told("change_lead_time", (HOUR - 1, 8 * DAY)) == [0, 846 / 998]
    assert told("recovery_time", (DAY, None)) == [566 / 999, 1]
    assert told("recovery_time", (None, None)) is None
    assert told("deployment_frequency", (0.0, 0.04)) == [446 / 1000, 1]
    assert told("deployment_frequency", (0.15, 2.5)) == [0, 446 / 1000]
    assert told("change_fail_rate", (0.1, 0.2)) is None


def test_scores() -> None:
    """B4: of the number itself, where it has an interval."""
    times = [levels.score_of("recovery_time", n * DAY, (1, None)) for n in (0.01, 0.5, 3, 20, 99)]
    assert times == [10.0, 8.0, 6.0, 4.0, 2.0]
    rates = [
        levels.score_of("deployment_frequency", n, (0.0, 9.0)) for n in (2, 1, 0.2, 0.1, 0.01, 0)
    ]
    assert rates == [10.0, 8.0, 6.0, 4.0, 2.0, 0.0]
    assert levels.score_of("rework_rate", 0.19, (0.0, 1.0)) == pytest.approx(8.1)
    assert levels.score_of("rework_rate", 0.19, None) is None
    assert levels.score_of("recovery_time", None, (1, None)) is None
