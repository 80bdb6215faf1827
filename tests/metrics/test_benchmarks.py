"""Levels of the published years, places among the respondents of 2025, and the Quick Check."""

from fractions import Fraction
from math import inf, nextafter

import pytest

from dora.metrics import benchmarks
from dora.metrics.benchmarks import DAY, HALF_YEAR, HOUR, MONTH, WEEK

FREQUENCY, LEAD_TIME, FAIL_RATE, RECOVERY = benchmarks.WITH_LEVELS
YEARS = ("2019", "2021", "2022", "2023")

#: Limits of each year, best first, with the level that each earns; beyond all is low.
RATES: dict[str, list[tuple[float, str]]] = {
    "2019": [(2, "elite"), (1 / 7, "high"), (1 / 30, "medium")],
    "2021": [(2, "elite"), (1 / 30, "high"), (1 / 180, "medium")],
    "2022": [(2, "high"), (1 / 30, "medium")],
    "2023": [(1, "elite"), (1 / 7, "high"), (1 / 30, "medium")],
}
LEAD_TIMES: dict[str, list[tuple[float, str]]] = {
    "2019": [(DAY, "elite"), (WEEK, "high"), (MONTH, "medium")],
    "2021": [(HOUR, "elite"), (WEEK, "high"), (HALF_YEAR, "medium")],
    "2022": [(WEEK, "high"), (MONTH, "medium")],
    "2023": [(DAY, "elite"), (WEEK, "high"), (MONTH, "medium")],
}
RECOVERIES: dict[str, list[tuple[float, str]]] = {
    "2019": [(HOUR, "elite"), (DAY, "high")],
    "2021": [(HOUR, "elite"), (DAY, "high"), (WEEK, "medium")],
    "2022": [(DAY, "high"), (WEEK, "medium")],
    "2023": [(HOUR, "elite"), (DAY, "high"), (WEEK, "medium")],
}
SHARES: dict[str, list[tuple[float, str]]] = {
    "2019": [(0.15, "elite")],
    "2021": [(0.15, "elite"), (0.3, "high")],
    "2022": [(0.15, "high"), (0.3, "medium")],
    "2023": [(0.05, "elite"), (0.1, "high"), (0.15, "medium")],
}


def below(value: float) -> float:
    """The greatest number under *value*."""
    return nextafter(value, -inf)


def above(value: float) -> float:
    """The smallest number over *value*."""
    return nextafter(value, inf)


def steps(limits: list[tuple[float, str]]) -> list[tuple[float, str, str]]:
    """Each limit with the level that it earns, and the next one."""
    names = [name for _, name in limits] + ["low"]
    return [(limit, name, names[n + 1]) for n, (limit, name) in enumerate(limits)]


@pytest.mark.parametrize("year", YEARS)
def test_either_end_of_a_frequency_earns_a_level_at_its_limit(year: str) -> None:
    """B2, B3: at least the limit; the low end is the worse one."""
    for limit, level, next_level in steps(RATES[year]):
        found = [
            benchmarks.levels(year, FREQUENCY, ends)
            for ends in (
                (limit, limit),
                (below(limit), limit),
                (below(limit), below(limit)),
            )
        ]
        assert [(level, level), (next_level, level), (next_level, next_level)] == found


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(("metric", "limits"), [(LEAD_TIME, LEAD_TIMES), (RECOVERY, RECOVERIES)])
def test_either_end_of_a_time_earns_a_level_under_its_limit(
    year: str, metric: str, limits: dict[str, list[tuple[float, str]]]
) -> None:
    """B2, B3: under the limit; the high end is the worse one."""
    for limit, level, next_level in steps(limits[year]):
        found = [
            benchmarks.levels(year, metric, ends)
            for ends in (
                (below(limit), below(limit)),
                (below(limit), limit),
                (limit, limit),
            )
        ]
        assert [(level, level), (next_level, level), (next_level, next_level)] == found


@pytest.mark.parametrize("year", YEARS)
def test_either_end_of_a_fail_rate_earns_a_level_up_to_its_limit(year: str) -> None:
    """B2, B3: at most the limit; the high end is the worse one."""
    for limit, level, next_level in steps(SHARES[year]):
        found = [
            benchmarks.levels(year, FAIL_RATE, ends)
            for ends in (
                (limit, limit),
                (limit, above(limit)),
                (above(limit), above(limit)),
            )
        ]
        assert [(level, level), (next_level, level), (next_level, next_level)] == found


def test_levels_far_apart_come_worst_first() -> None:
    """B3: a wide interval spans every level between its ends."""
    found = [
        benchmarks.levels("2023", FREQUENCY, (0.01, 1.5)),
        benchmarks.levels("2023", LEAD_TIME, (HOUR, 40 * DAY)),
        benchmarks.levels("2023", FAIL_RATE, (0.04, 0.12)),
        benchmarks.levels("2023", RECOVERY, (2 * HOUR, 2 * WEEK)),
    ]
    assert [("low", "elite"), ("low", "elite"), ("medium", "elite"), ("low", "high")] == found


def test_no_deployment_is_low_at_its_low_end() -> None:
    """B3: nothing in 90 days may still be one in 30 days, and is not known to be."""
    assert benchmarks.levels("2023", FREQUENCY, (0.0, 3.69 / 90)) == ("low", "medium")
    assert benchmarks.levels("2023", FREQUENCY, (0.0, 3.69 / 200)) == ("low", "low")


def test_unknown_ends_of_recovery() -> None:
    """B3: an unknown upper end counts as the last answer; without a lower end there is nothing."""
    assert benchmarks.levels("2023", RECOVERY, (2 * HOUR, None)) == ("low", "high")
    assert benchmarks.levels("2023", RECOVERY, (2 * WEEK, None)) == ("low", "low")
    assert benchmarks.place(RECOVERY, (2 * DAY, None)) == (float(Fraction(566, 999)), 1.0)
    for unknown in ((None, None), (None, HOUR)):
        assert benchmarks.levels("2023", RECOVERY, unknown) is None
        assert benchmarks.place(RECOVERY, unknown) is None


@pytest.mark.parametrize("year", ["2024", "2025", "quick-check", "none"])
def test_no_ladder_gives_no_level(year: str) -> None:
    """B1, B4: without a published ladder there is no level."""
    metrics = benchmarks.WITH_LEVELS
    assert [None] * 4 == [benchmarks.levels(year, one, (0.5, 0.5)) for one in metrics]


def test_rework_has_neither_level_nor_place() -> None:
    """B2, B5: no year has levels of it, and no distribution of shares was published."""
    assert [None] * 4 == [benchmarks.levels(year, "rework_rate", (0.0, 0.1)) for year in YEARS]
    assert benchmarks.place("rework_rate", (0.0, 0.1)) is None
    assert benchmarks.place(FAIL_RATE, (0.0, 0.1)) is None


# Places ----------------------------------------------------------------------------------------

#: The answers of 2025, in tenths of a percent, best first.
ANSWERS = {
    FREQUENCY: (162, 65, 219, 315, 203, 36),
    LEAD_TIME: (94, 150, 319, 283, 132, 20),
    RECOVERY: (213, 353, 280, 94, 49, 10),
}


def test_shares_are_those_published() -> None:
    """B5: the shares and their sums, exactly."""
    found = benchmarks.survey_shares()
    assert {
        metric: tuple(Fraction(share, 10) for share in shares) for metric, shares in ANSWERS.items()
    } == found
    sums = {metric: sum(shares) for metric, shares in found.items()}
    assert {FREQUENCY: 100, LEAD_TIME: Fraction(998, 10), RECOVERY: Fraction(999, 10)} == sums


def test_place_of_two_days() -> None:
    """B5: the example of the rule; 24.4 % answered better, 56.3 % at least as well, of 99.8."""
    found = benchmarks.place(LEAD_TIME, (2 * DAY, 2 * DAY))
    assert found == (float(Fraction(244, 998)), float(Fraction(563, 998)))
    assert found == pytest.approx((24.4 / 99.8, 56.3 / 99.8))


def test_place_at_each_limit_of_a_time() -> None:
    """B5: under a limit is the better answer, at it the next; half a year and more is the last."""
    for metric in (LEAD_TIME, RECOVERY):
        shares, whole = ANSWERS[metric], sum(ANSWERS[metric])
        for n, limit in enumerate((HOUR, DAY, WEEK, MONTH, HALF_YEAR)):
            better, this, next_ = (sum(shares[: n + more]) / whole for more in (0, 1, 2))
            found = [
                benchmarks.place(metric, ends)
                for ends in ((0.0, below(limit)), (below(limit), limit), (limit, limit))
            ]
            assert [(0.0, this), (better, next_), (this, next_)] == found


def test_place_at_each_limit_of_a_frequency() -> None:
    """B5: at least a limit is the better answer, just under it the next; none at all the rarest."""
    shares = ANSWERS[FREQUENCY]
    for n, limit in enumerate((2, 1, 1 / 7, 1 / 30, 1 / 180)):
        better, this, next_ = (sum(shares[: n + more]) / 1000 for more in (0, 1, 2))
        found = [
            benchmarks.place(FREQUENCY, ends)
            for ends in ((limit, 50.0), (below(limit), limit), (below(limit), below(limit)))
        ]
        assert [(0.0, this), (better, next_), (this, next_)] == found
    assert benchmarks.place(FREQUENCY, (0.0, 0.04)) == (0.446, 1.0)
    assert benchmarks.place(FREQUENCY, (0.0, 0.001)) == (0.964, 1.0)


def test_place_widens_with_the_interval() -> None:
    """B5: better than the best end, at least as good as the worst; here hours to weeks."""
    found = benchmarks.place(LEAD_TIME, (3 * HOUR, 10 * DAY))
    assert found == (94 / 998, 846 / 998)


# The Quick Check -------------------------------------------------------------------------------


def test_quick_check_scores_frequency() -> None:
    """B4: six answers, from on demand (10) to less than once in half a year (0)."""
    limits = (2, 1, 1 / 7, 1 / 30, 1 / 180)
    at = [benchmarks.score(FREQUENCY, one) for one in (*limits, 0.0)]
    under = [benchmarks.score(FREQUENCY, below(one)) for one in limits]
    assert ([10.0, 8.0, 6.0, 4.0, 2.0, 0.0], [8.0, 6.0, 4.0, 2.0, 0.0]) == (at, under)
    # 13 in 91 days are one a week exactly.
    assert benchmarks.score(FREQUENCY, 13 / 91) == 6


@pytest.mark.parametrize("metric", [LEAD_TIME, RECOVERY])
def test_quick_check_scores_times(metric: str) -> None:
    """B4: six answers, from under an hour (10) to half a year and more (0)."""
    limits = (HOUR, DAY, WEEK, MONTH, HALF_YEAR)
    under = [benchmarks.score(metric, below(one)) for one in limits]
    at = [benchmarks.score(metric, one) for one in limits]
    assert ([10.0, 8.0, 6.0, 4.0, 2.0], [8.0, 6.0, 4.0, 2.0, 0.0]) == (under, at)


def test_quick_check_scores_shares() -> None:
    """B4: percentages from 0 to 100 are scores from 10 to 0."""
    assert [10.0, 7.5, 0.0] == [benchmarks.share_score(part, 8) for part in (0, 2, 8)]
