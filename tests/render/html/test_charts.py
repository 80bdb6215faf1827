"""Charts: where things are drawn, what is a gap, and what is said of them in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dora.render.html.charts import Chart, draw, make_axis
from dora.render.html.svg import BASE, LANE, WIDTH, Axis
from dora.report.model import (
    Bucket,
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Interval,
    Metrics,
    RecoveryTime,
    Report,
    ReworkRate,
)
from dora.report.page.model import Marks
from tests.support.reports import HOUR, in_window, place, report, slow

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def bucket(
    number: int,
    deployments: int,
    *,
    failed: int = 0,
    median: float | None = None,
    changes: int = 9,
    partial: bool = False,
) -> Bucket:
    """One week of four; its lead time in hours, with nine in ten done in twice the median."""
    shares = Interval(0.0, 0.4) if deployments else None
    return Bucket(
        SINCE + number * WEEK,
        SINCE + (number + 1) * WEEK,
        partial,
        Metrics(
            DeploymentFrequency(deployments, deployments / 7, deployments, 1, Interval(0, 1)),
            ChangeLeadTime(0)
            if median is None
            else ChangeLeadTime(changes, median * HOUR, p90=2 * median * HOUR),
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
    """LT6: the line ends where nothing is known, and a point of its own stands for itself."""
    paths = dict(charts_of(QUARTERS)[1].paths)
    assert "M26 27l53-9M185 32h0" == paths["l"]
    assert "M26 18l53-18v18l-53 9M185 27v5" == paths["s"]


HOURS = with_trend(
    bucket(0, 2, median=10),
    bucket(1, 4, median=20),
    bucket(2, 1, median=10),
    bucket(3, 40, median=900, partial=True),
)


def test_partial_bucket_sets_no_scale() -> None:
    """T1: the highest whole bucket is at the top; what the window cuts may reach over it."""
    frequency, lead_time, *_ = charts_of(HOURS)
    assert ("4 a week", "40 h") == (frequency.most, lead_time.most)
    assert f"M159 {BASE}v-36h53v36" == dict(frequency.paths)["c"]
    assert dict(lead_time.paths)["l"].endswith(" 53-27")


def test_partial_bucket_without_anything_is_no_week_of_nothing() -> None:
    """T1: weeks in which there was nothing are counted of whole weeks alone."""
    made = with_trend(*HOURS.rows[0].trend[:3], bucket(3, 0, partial=True))
    said = [one.description for one in charts_of(made)]
    assert ["1 to 4 a week", "median 10 h to 20 h, 10 h last", "0 %", "no failures", "0 %"] == said


def test_only_partial_bucket_sets_the_scale() -> None:
    """T1: where the window cuts every bucket they are all there is."""
    frequency, lead_time, *_ = charts_of(with_trend(bucket(0, 2, median=10, partial=True)))
    assert ("2 a week", "20 h") == (frequency.most, lead_time.most)


def test_few_changes_are_hollow() -> None:
    """LT6: a median of fewer than six changes has no interval, and its point is hollow."""
    assert "M185 32h0" == dict(charts_of(QUARTERS)[1].paths)["f"]


def test_rate_lies_in_its_interval() -> None:
    """F9: a dot a week that had deployments, in the band of its interval; the others are a gap."""
    fails = charts_of(QUARTERS, Marks(failed=(0.75, 0.8)))[2]
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
    chart = charts_of(QUARTERS, marks)[3]
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
    chart = charts_of(QUARTERS, Marks(episodes=((-0.5, None),), seconds=4 * 604_800.0))[3]
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
    assert "M26 6h53v30h-53M185 6v30" == dict(brief[2].paths)["w"]
    assert "w" not in dict(brief[4].paths)
    assert "l" in dict(brief[1].paths)


def test_every_chart_says_in_words_what_it_shows() -> None:
    """A chart of nothing says so, too."""
    assert [
        "0 to 0 a week, none in 1 week",
        "no changes",
        "no deployments",
        "no failures",
        "no deployments",
    ] == [one.description for one in charts_of(with_trend(bucket(0, 0)))]
