"""What a benchmark adds to the metrics of a row."""

from dataclasses import replace

from dora.metrics.benchmarks import DAY, HOUR
from dora.report.judging import benchmark_of_rows, judge
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Metrics,
    RecoveryTime,
    ReworkRate,
)
from dora.report.ranges import Interval, LevelRange, OpenInterval, Place

#: Every metric with an interval; none was asked for a benchmark yet.
SURE = Metrics(
    DeploymentFrequency(26, 26 / 91, 2.0, 20, per_day_interval=Interval(0.2, 0.4)),
    ChangeLeadTime(30, 2 * DAY, 2 * DAY, 3 * DAY, 4 * DAY, Interval(1.5 * DAY, 3 * DAY)),
    ChangeFailRate(2, 25, 0.08, Interval(0.022, 0.25)),
    RecoveryTime(6, 5, 1, median=3 * HOUR, median_interval=OpenInterval(0.5 * HOUR, None)),
    ReworkRate(1, 26, 1 / 26, Interval(0.007, 0.19)),
)
#: The same numbers without an interval.
UNSURE = Metrics(
    replace(SURE.deployment_frequency, per_day_interval=None),
    replace(SURE.change_lead_time, median_interval=None),
    replace(SURE.change_fail_rate, interval=None),
    replace(SURE.recovery_time, median_interval=None),
    replace(SURE.rework_rate, interval=None),
)


def judgements(benchmark: str) -> list[tuple[object, ...]]:
    """Level, range of levels, score and place of each metric of `SURE`."""
    found = judge(SURE, benchmark)
    fields = ("level", "level_range", "score", "place")
    records = (found.deployment_frequency, found.change_lead_time, found.change_fail_rate,
               found.recovery_time, found.rework_rate)  # fmt: skip
    return [tuple(getattr(one, field, None) for field in fields) for one in records]


def test_places_of_2025() -> None:
    """B3, B5: frequency, lead time and recovery have one, wide where the interval is."""
    assert [
        (None, None, None, Place(0.227, 0.446)),
        (None, None, None, Place(244 / 998, 563 / 998)),
        (None, None, None, None),
        (None, None, None, Place(0.0, 1.0)),
        (None, None, None, None),
    ] == judgements("2025")


def test_levels_of_2023() -> None:
    """B3: one level where both ends have it, else the range, worst first."""
    assert [
        ("high", None, None, None),
        ("high", None, None, None),
        (None, LevelRange("low", "elite"), None, None),
        (None, LevelRange("low", "elite"), None, None),
        (None, None, None, None),
    ] == judgements("2023")


def test_scores_of_the_quick_check() -> None:
    """B4: of the numbers themselves; 2 of 25 and 1 of 26 are taken from 10 exactly."""
    scores = (6.0, 6.0, 9.2, 8.0, 250 / 26)
    assert [(None, None, score, None) for score in scores] == judgements("quick-check")


def test_an_open_median_has_no_score() -> None:
    """B4, R4: where the curve never comes down to one half there is no number to score."""
    never = replace(SURE, recovery_time=replace(SURE.recovery_time, median=None))
    assert judge(never, "quick-check").recovery_time.score is None
    assert judge(never, "2025").recovery_time.place == Place(0.0, 1.0)


def test_nothing_is_said_without_an_interval() -> None:
    """B3: no level, no place and no score where there is too little for an interval."""
    for benchmark in ("2025", "2023", "quick-check", "none"):
        assert judge(UNSURE, benchmark) == UNSURE
    assert judge(SURE, "none") == SURE


def test_pooled_rows_have_places_alone() -> None:
    """B3: a place says how many did better; levels and scores would compare teams."""
    asked = ("2019", "2021", "2022", "2023", "2025", "quick-check", "none")
    assert asked == tuple(benchmark_of_rows(one, "repository") for one in asked)
    for by in ("environment", "team", "organization"):
        found = [benchmark_of_rows(one, by) for one in asked]
        assert ["none"] * 4 + ["2025"] + ["none"] * 2 == found
