"""Charts: where things are drawn, what is a gap, and what is said of them in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dora.render.html.charts import Chart, draw, make_axis
from dora.render.html.svg import BASE, LANE, WIDTH, Axis, strip
from dora.report.model import (
    Bucket,
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Metrics,
    RecoveryTime,
    Report,
    ReworkRate,
)
from dora.report.page.model import Marks
from dora.report.ranges import Interval, Place
from tests.support.reports import HOUR, in_window, place, report, slow

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)
RECOVERY, FAIL_RATE = 2, 3  #: places of charts in the order of DORA's factors


def bucket(
    number: int,
    deployments: int,
    *,
    failed: int = 0,
    median: float | None = None,
    changes: int = 9,
    partial: bool = False,
) -> Bucket:
    """One week of four; its lead time in hours, whose interval is from a half to twice of it.

    Of fewer than six *changes* there is no interval (LT6), and of a week none of its frequency.
    """
    shares = Interval(0.0, 0.4) if deployments else None
    return Bucket(
        SINCE + number * WEEK,
        SINCE + (number + 1) * WEEK,
        partial,
        Metrics(
            DeploymentFrequency(deployments, deployments / 7, deployments, 1, None),
            ChangeLeadTime(0)
            if median is None
            else ChangeLeadTime(
                changes,
                median * HOUR,
                median_interval=Interval(median * HOUR / 2, 2 * median * HOUR)
                if changes >= 6
                else None,
            ),
            ChangeFailRate(
                failed, deployments, failed / deployments if deployments else None, shares
            ),
            RecoveryTime(0, 0, 0),
            ReworkRate(0, deployments, 0.0 if deployments else None, shares),
        ),
    )


def with_trend(*trend: Bucket) -> Report:
    """A report of one row over four weeks."""
    row = replace(slow(place("api", "production"), "production"), trend=trend)
    made = report((row,))
    return replace(in_window(made, since=SINCE, until=SINCE + 4 * WEEK), trend="week")


QUARTERS = with_trend(
    bucket(0, 2, median=10, partial=True),
    bucket(1, 4, median=20),
    bucket(2, 0),
    bucket(3, 3, failed=1, median=5, changes=2),
)


def charts_of(made: Report, marks: Marks | None = None, *, brief: bool = False) -> list[Chart]:
    """The charts of a report's first row."""
    axis = make_axis(made, is_brief=brief)
    assert axis is not None
    return list(draw(made.rows[0], marks or Marks(), axis))


def test_axis_is_as_long_as_the_window() -> None:
    """Buckets lie where their time lies: of four equal weeks each has a quarter."""
    quarter = WIDTH // 4
    edges = tuple((n * quarter, (n + 1) * quarter) for n in range(4))
    assert Axis("week", edges, (True, False, False, False)) == make_axis(QUARTERS)


def test_report_without_trend_has_no_axis() -> None:
    """Nothing is drawn of what has no trend."""
    assert make_axis(report(())) is None
    assert make_axis(replace(QUARTERS, trend=None)) is None


def test_frequency_is_bars_and_partial_ones_are_others() -> None:
    """DF2, T1: a bar a week, as high as its rate; none for none; what the window cuts is apart."""
    frequency = charts_of(QUARTERS)[0]
    assert frequency.paths == (
        ("b", f"M53 {BASE}v-36h53v36M159 {BASE}v-27h53v27"),
        ("c", f"M0 {BASE}v-18h53v18"),
    )
    assert ("4 a week", "0 to 4 a week, none in 1 week") == (
        frequency.most,
        frequency.description,
    )


def test_week_without_changes_is_a_gap() -> None:
    """LT6: the line ends where nothing is known, and lies in the band of its intervals."""
    paths = dict(charts_of(QUARTERS)[1].paths)
    assert "M26 27l53-9M185 32h0" == paths["l"]
    assert "M26 18l53-18v27l-53 5" == paths["s"]


HOURS = with_trend(
    bucket(0, 2, median=10),
    bucket(1, 4, median=20),
    bucket(2, 1, median=10),
    bucket(3, 40, median=900, partial=True),
)


def test_partial_bucket_sets_no_scale() -> None:
    """T1: the highest whole bucket is at the top; what the window cuts may reach over it."""
    frequency, lead_time, *_ = charts_of(HOURS)
    assert ("4 a week", "20 h") == (frequency.most, lead_time.most)
    assert f"M159 {BASE}v-36h53v36" == dict(frequency.paths)["c"]
    assert dict(lead_time.paths)["l"].endswith(" 53-18")


def test_partial_bucket_without_anything_is_no_week_of_nothing() -> None:
    """T1: weeks in which there was nothing are counted of whole weeks alone."""
    made = with_trend(*HOURS.rows[0].trend[:3], bucket(3, 0, partial=True))
    said = [one.description for one in charts_of(made)]
    assert ["1 to 4 a week", "median 10 h to 20 h, 10 h last", "no failures", "0 %", "0 %"] == said


def test_only_partial_bucket_sets_the_scale() -> None:
    """T1: where the window cuts every bucket they are all there is."""
    frequency, lead_time, *_ = charts_of(with_trend(bucket(0, 2, median=10, partial=True)))
    assert ("2 a week", "20 h") == (frequency.most, lead_time.most)


def test_median_without_an_interval_is_hollow() -> None:
    """LT6: the point of a median that has no interval is hollow, and where none has one, each is.

    Then the line itself is of hollow points, which says the same in fewer bytes.
    """
    paths = dict(charts_of(QUARTERS)[1].paths)
    assert ("M185 32h0", True) == (paths["f"], "l" in paths)
    lone = with_trend(bucket(0, 2, median=10, changes=2), bucket(1, 2, median=20, changes=2))
    assert (("j", "M26 18l53-18"),) == charts_of(lone)[1].paths


def test_rate_lies_in_its_interval() -> None:
    """F9: a dot a week that had deployments, in the band of its interval; the others are a gap."""
    fails = charts_of(QUARTERS, Marks(failed=(0.75, 0.8)))[FAIL_RATE]
    assert "50 %" == fails.most
    assert "0 % to 33 %, no deployments in 1 week" == fails.description
    paths = dict(fails.paths)
    assert f"M26 {BASE}h53l106-24" == paths["d"]
    assert "M26 7h53v29h-53M185 7v29" == paths["w"]
    assert f"M159 {LANE}h11" == paths["x"]


def test_zero_is_drawn_and_missing_is_not() -> None:
    """A rate of 0 is a dot on the base line; no rate is nothing at all."""
    assert f"M79 {BASE}h0" == dict(charts_of(with_trend(bucket(1, 4)))[4].paths)["d"]
    assert () == charts_of(with_trend(bucket(1, 0)))[4].paths


def test_failures_are_spans_and_open_ones_are_others() -> None:
    """R1, R3: from when to when it lasted; brief ones a line, open ones up to the window's end."""
    marks = Marks(episodes=((0.25, 0.5), (0.6, 0.6), (0.75, None)), seconds=4 * 604_800.0)
    chart = charts_of(QUARTERS, marks)[RECOVERY]
    assert chart.paths == (
        ("o", f"M53 {BASE}v-36h53v36"),
        ("u", f"M127 {BASE}v-3"),
        ("n", f"M159 {BASE}v-36h53v36"),
    )
    assert ("7.0 d", "lasting 0 s to 7.0 d, 1 still open") == (
        chart.most,
        chart.description,
    )


def test_failure_from_before_the_window_begins_at_the_edge() -> None:
    """R1: what has lasted since before the window is drawn from the chart's left end."""
    chart = charts_of(QUARTERS, Marks(episodes=((-0.5, None),), seconds=4 * 604_800.0))[RECOVERY]
    assert (("n", f"M0 {BASE}v-36h212v36"),) == chart.paths
    assert chart.description == "lasting 42 d, 1 still open, 1 of them from before this window"


@pytest.mark.parametrize(("brief", "ticks"), [(False, "M0 42h3m49 0h1"), (True, "M0 42h1m51 0h1")])
def test_deployments_are_ticks(*, brief: bool, ticks: str) -> None:
    """Each deployment is a tick where it happened; several at one place are one."""
    marks = Marks(deployments=(0.0, 0.01, 0.25, 0.251))
    assert ticks == dict(charts_of(QUARTERS, marks, brief=brief)[0].paths)["t"]


def test_brief_charts_say_the_same_with_less() -> None:
    """Where there are many charts, bands reach down to the base; words and lines stay."""
    full, brief = charts_of(QUARTERS), charts_of(QUARTERS, brief=True)
    assert [one.description for one in full] == [one.description for one in brief]
    assert "M26 6h53v30h-53M185 6v30" == dict(brief[FAIL_RATE].paths)["w"]
    assert "w" not in dict(brief[4].paths)
    assert "l" in dict(brief[1].paths)


def test_every_chart_says_in_words_what_it_shows() -> None:
    """A chart of nothing says so, too."""
    assert [
        "0 to 0 a week, none in 1 week",
        "no changes",
        "no failures",
        "no deployments",
        "no deployments",
    ] == [one.description for one in charts_of(with_trend(bucket(0, 0)))]


def test_charts_are_in_the_order_of_the_factors() -> None:
    """Throughput first, then instability, as people read them everywhere."""
    assert [
        "Deployment frequency",
        "Change lead time",
        "Recovery time",
        "Change fail rate",
        "Rework rate",
    ] == [one.title for one in charts_of(QUARTERS)]


def unknown(number: int) -> Bucket:
    """A week in which the row had not begun."""
    return replace(bucket(number, 0), metrics=None)


def test_unknown_part_is_a_gap_at_its_own_place() -> None:
    """DF2: what lies before the row began is marked as unknown, and nothing moves into its place.

    It is never drawn or told as zero, and not counted as a week in which there was nothing.
    """
    made = with_trend(
        unknown(0), unknown(1), bucket(2, 4, median=10), bucket(3, 2, failed=1, median=20)
    )
    found = charts_of(made)
    assert f"M106 {BASE}v-36h53v18h53v18" == dict(found[0].paths)["b"]
    assert "M132 27l53-9" == dict(found[1].paths)["l"]
    assert f"M132 {BASE}l53-36" == dict(found[FAIL_RATE].paths)["d"]
    assert {f"M0 0h106v{BASE}h-106"} == {dict(one.paths)["g"] for one in found}
    assert [
        "2 to 4 a week, first 2 weeks unknown",
        "median 10 h to 20 h, 20 h last, first 2 weeks unknown",
        "no failures, first 2 weeks unknown",
        "0 % to 50 %, first 2 weeks unknown",
        "0 %, first 2 weeks unknown",
    ] == [one.description for one in found]


def test_row_that_began_with_the_last_part_has_no_number_of_zero() -> None:
    """DF2: where no part is known, no scale and no rate is told."""
    found = charts_of(with_trend(unknown(0), unknown(1)))
    assert ["unknown", "unknown", "unknown", "unknown", "unknown"] == [
        one.description for one in found
    ]
    assert {(("g", f"M0 0h106v{BASE}h-106"),)} == {one.paths for one in found}
    assert [""] * 5 == [one.most for one in found]


def test_part_in_which_the_row_began_is_partial() -> None:
    """DF2: its rate is of the time from then on, so that it sets no scale and its bar is dashed."""
    begun = bucket(1, 9)
    assert begun.metrics is not None
    short = replace(begun.metrics.deployment_frequency, exposure_days=1.5)
    begun = replace(begun, metrics=replace(begun.metrics, deployment_frequency=short))
    frequency, *_ = charts_of(with_trend(unknown(0), begun, bucket(2, 2), bucket(3, 4)))
    assert ("4 a week", "2 to 4 a week, first week unknown") == (
        frequency.most,
        frequency.description,
    )
    assert f"M53 {BASE}v-36h53v36" == dict(frequency.paths)["c"]


def test_young_parts_are_hatched_for_what_later_failures_change() -> None:
    """T3: fail rates and recoveries of the last weeks may yet get worse; the others are settled."""
    made = with_trend(
        bucket(0, 4), bucket(1, 4), *(replace(bucket(n, 4), young=True) for n in (2, 3))
    )
    found = charts_of(made)
    hatched = [one.title for one in found if "a" in dict(one.paths)]
    assert ["Recovery time", "Change fail rate"] == hatched
    assert f"M106 0h106v{BASE}h-106" == dict(found[FAIL_RATE].paths)["a"]
    assert [
        "no failures, last 2 weeks too young to judge",
        "0 %, last 2 weeks too young to judge",
    ] == [found[one].description for one in (RECOVERY, FAIL_RATE)]
    assert ("a", "w", "d") == tuple(kind for kind, _ in found[FAIL_RATE].paths)


def test_interval_of_a_frequency_is_a_line_in_its_bar() -> None:
    """DF3: a part of four weeks or more has an interval: from 7 to 28 a week around 14 of them."""
    month = bucket(0, 14)
    assert month.metrics is not None
    sure = replace(month.metrics.deployment_frequency, per_day_interval=Interval(1.0, 4.0))
    month = replace(month, metrics=replace(month.metrics, deployment_frequency=sure))
    frequency, *_ = charts_of(with_trend(month, bucket(1, 7)))
    assert "28 a week" == frequency.most
    assert "M26 27v-27" == dict(frequency.paths)["v"]
    assert f"M0 {BASE}v-18h53v9h53v9" == dict(frequency.paths)["b"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(0.5, 0.75), (("q", "M0 0h105v8h-105zM159 0h52v8h-52z"), ("b", "M106 0h52v8h-52z"))),
        (Place(0.0, 1.0), (("b", "M0 0h105v8h-105zM106 0h52v8h-52zM159 0h52v8h-52z"),)),
    ],
)
def test_answers_of_the_survey_are_as_wide_as_their_shares(
    place: Place, expected: tuple[tuple[str, str], ...]
) -> None:
    """B5: one field an answer, the best on the left; those of the row's place are apart."""
    assert expected == strip((0.5, 0.75, 1.0), place)


def test_points_of_the_kind_that_there_is_more_of_are_those_of_the_line() -> None:
    """LT6: of three medians one has an interval: the line is hollow, and that one is drawn over."""
    sure = bucket(1, 2, median=10)
    others = [bucket(number, 2, median=10) for number in (0, 2)]
    unsure = []
    for one in others:
        assert one.metrics is not None
        lead_time = replace(one.metrics.change_lead_time, median_interval=None)
        unsure.append(replace(one, metrics=replace(one.metrics, change_lead_time=lead_time)))
    paths = dict(charts_of(with_trend(unsure[0], sure, unsure[1]))[1].paths)
    assert {"s", "j", "d"} == set(paths)
    assert 1 == paths["d"].count("M")


def test_brief_charts_say_once_what_is_young() -> None:
    """T3: the fail rate's chart stands beside that of recoveries, and is hatched for both."""
    made = with_trend(*(replace(bucket(number, 2), young=number == 3) for number in range(4)))
    hatched = [
        ["a" in dict(one.paths) for one in charts_of(made, brief=it)] for it in (False, True)
    ]
    assert [
        [False, False, True, True, False],
        [False, False, False, True, False],
    ] == hatched
