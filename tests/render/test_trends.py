"""What is shown of trends and comparisons."""

import csv
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.render import markdown, trends
from dora.render.csv import render_report as render_csv
from dora.render.terminal import report as terminal
from dora.render.trends import BARS, NOTHING, note_of, sparkline, trend_of
from dora.report.model import ChangeFailRate
from tests.support import reports

KEY = reports.place("patient-api", "production")
BUSY, SLOW = reports.busy(KEY, "production"), reports.slow(KEY, "production")
VALUES = st.lists(st.none() | st.floats(0, 1e9), max_size=60)


def test_bars_by_hand() -> None:
    """The highest is full, none is the lowest, what is unknown is no bar, little is not none."""
    assert "█▁·▅▂" == sparkline([8.0, 0.0, None, 4.0, 0.001])
    assert "···" == sparkline([None] * 3)
    assert "▁▁" == sparkline([0.0, 0.0])
    assert sparkline([]) == ""


def test_a_partial_part_does_not_set_the_scale() -> None:
    """T1: a few hours at a high rate do not flatten the weeks before."""
    first, second = (reports.bucket(row, n) for n, row in enumerate((SLOW, BUSY)))
    hectic = reports.changed(
        BUSY, deployment_frequency=replace(BUSY.metrics.deployment_frequency, per_day=40.0)
    )
    row = replace(BUSY, trend=(first, second, reports.bucket(hectic, 2, partial=True)))
    assert "▂██" == trend_of(row, "deployment_frequency")


def test_what_is_not_known_yet_has_marks_of_its_own() -> None:
    """DF2, T3: before a row began nothing is known, which is neither none nor no value; of a young
    part only what later failures change is left open, and it does not set the scale."""
    quiet = reports.nothing(KEY, "production")
    rates = [
        reports.changed(BUSY, change_fail_rate=ChangeFailRate(failed, 10, failed / 10))
        for failed in (1, 2, 9)
    ]
    unknown, none, low, high, young = (
        reports.bucket(row, n) for n, row in enumerate((BUSY, quiet, *rates))
    )
    trend = (replace(unknown, metrics=None), none, low, high, replace(young, young=True))
    row = replace(BUSY, trend=trend)
    assert ["╌▁███", "╌·███", "╌·▅█░", "╌·██░", "╌·███"] == [
        trend_of(row, metric)
        for metric in (
            "deployment_frequency",
            "change_lead_time",
            "change_fail_rate",
            "recovery_time",
            "rework_rate",
        )
    ]


def test_frequencies_need_four_weeks_in_both_windows() -> None:
    """K2: a row with fewer than four whole weeks of exposure in either window is named as such;
    one that only one window has, or is not compared at all, is no such row."""
    full, short = (
        replace(BUSY.metrics.deployment_frequency, exposure_days=days) for days in (28.0, 27.99)
    )
    both = reports.compared(BUSY, SLOW)
    now, before = (
        reports.changed(both, deployment_frequency=short),
        replace(both, previous=replace(SLOW.metrics, deployment_frequency=short)),
    )
    whole = replace(
        reports.changed(both, deployment_frequency=full),
        previous=replace(SLOW.metrics, deployment_frequency=full),
    )
    new = replace(reports.changed(BUSY, deployment_frequency=short), previous=None)
    note = (
        "The frequency of 2 of 4 rows is not compared: that takes four whole weeks in both windows."
    )
    assert note == trends.uncompared(reports.over_time((now, before, whole, both, new)))
    assert trends.uncompared(reports.over_time((whole, both, new))) == ""
    fortnight = reports.in_window(reports.over_time((both,)), days=14.0)
    assert note.replace("2 of 4", "1 of 1") == trends.uncompared(fortnight)


@given(values=VALUES)
def test_bars_are_in_order(values: list[float | None]) -> None:
    """T1: a bar each, and a higher value never has a lower one; unknown is never 0."""
    bars = sparkline(values)
    assert len(values) == len(bars)
    known = sorted(
        (v, BARS.index(bar)) for v, bar in zip(values, bars, strict=True) if v is not None
    )
    assert [height for _, height in known] == sorted(height for _, height in known)
    assert [v is None for v in values] == [bar == NOTHING for bar in bars]
    assert all((v > 0) == (height > 0) for v, height in known)


@pytest.mark.parametrize(
    ("metric", "more", "told"),
    [
        ("deployment_frequency", {"seconds": 9 * reports.DAY}, "none for 9.0 d after it"),
        (
            "deployment_frequency",
            {"seconds": 9 * reports.DAY, "window": "before"},
            "before, none for 9.0 d after it",
        ),
        ("change_lead_time", {"seconds": 3_600.0, "changes": 2}, "2 changes, median 1.0 h"),
        ("change_fail_rate", {"seconds": 60.0}, "1 min"),
        ("recovery_time", {"seconds": 7_200.0, "open": True}, "2.0 h, still open"),
        ("rework_rate", {}, ""),
        ("rework_rate", {"window": "before"}, "before"),
    ],
)
def test_how_something_moved_a_metric(metric: str, more: dict[str, object], told: str) -> None:
    """K6: each contributor says in what way it moved the metric."""
    assert told == note_of(metric, reports.contributor(7, **more))


def test_comparison_in_the_terminal() -> None:
    """K5, K6: what is clearly worse comes first, with what moved it; then rows of one window."""
    text = terminal.render_report(reports.OVER_TIME, width=120, colour=False)
    began = text.index("Compared with")
    assert text[began : text.index("\n\n", began)].splitlines() == [
        "Compared with 2026-05-27 06:00 to 2026-08-25 06:00 UTC, clearly 2 worse, 1 better:",
        "· worse: appointment-service production, change lead time 40 d → 26 h, by",
        "  17 (12 changes, median 9.0 d), 18 (1 change, median 5.0 d)",
        "· worse: appointment-service production, recovery time –, 1 open → 1.5 h, 1 open, by",
        "  19 (2.0 d, still open)",
        "· better: appointment-service production, deployment frequency 0.2/week → 3.3/week, by",
        "  9 (before, none for 24 h after it)",
        "Rows that were not there: portal production",
        "Rows that are gone: fax-gateway qa",
    ]


def test_only_what_is_clear_is_called_so() -> None:
    """K5: a change that may be chance has its former value beside it, and no word."""
    text = terminal.render_report(reports.OVER_TIME, width=120, colour=False)
    assert "was 2.4/day\n" not in text  # other metrics stand beside it
    assert "was 2.4/day " in text
    assert text.count("better") == 3  # the cell, the heading of the list, and the list
    assert "no clear change" not in text


def test_long_trend_is_cut_where_there_is_no_room() -> None:
    """T1: a narrow table shows a quarter's weeks, a wide one all, and both say so."""
    narrow, wide = (
        terminal.render_report(reports.TEAMS_OVER_TIME, width=width, colour=False)
        for width in (100, 300)
    )
    assert "the last 13 of 40" in " ".join(narrow.split())
    assert "the last" not in wide.partition("Bars:")[2].partition(";")[0]
    longest = max(len(word) for word in wide.split() if word[0] in BARS + NOTHING)
    assert 40 == longest


def test_partial_parts_are_said() -> None:
    """T1: a part that the window cuts short is not taken for a bad week."""
    assert "The first and the last are partial." in markdown.render_report(reports.OVER_TIME)


def test_links_of_movers_are_web_addresses_alone() -> None:
    """An address that is none is told as a number."""
    text = markdown.render_report(reports.OVER_TIME)
    assert "[17](https://github.com/medica-flow/patient-api/deployments/17)" in text
    assert "`18`" in text
    assert "javascript" not in text


def test_parts_in_csv() -> None:
    """T1, T2: each row's line is followed by one of each part; `partial` tells them apart."""
    lines = list(csv.DictReader(StringIO(render_csv(reports.OVER_TIME), newline="")))
    own = [line for line in lines if line["repository"] == "appointment-service"]
    assert ["", "true", *["false"] * 12, "true"] == [line["partial"] for line in own]
    assert "2026-08-25T06:00:00Z" == own[0]["start"]
    assert "worse" == own[0]["change_lead_time_verdict"]
    assert ("", "") == (own[1]["change_lead_time_verdict"], own[1]["change_lead_time_level"])
    assert "0" == own[1]["change_fail_rate_tag"]


def test_csv_without_either_has_no_further_columns() -> None:
    """Columns are those of what was asked for."""
    (head, *_) = csv.reader(StringIO(render_csv(reports.USUAL), newline=""))
    assert not {"start", "end", "partial"} & {*head}
    assert not [name for name in head if "verdict" in name]


def test_changes_that_do_not_fit_are_counted() -> None:
    """Nothing is dropped in silence where Markdown has a limit."""
    many = reports.over_time(
        tuple(
            reports.compared(reports.busy(key, "production"), reports.slow(key, "production"))
            for n in range(200)
            for key in [reports.place(f"service-{n}", "production")]
        )
    )
    text = markdown.render_report(many, limit=20_000)
    assert len(text.encode()) <= 20_000
    assert "more in the JSON report" in text
    shown = terminal.render_report(many, width=100, colour=False)
    assert "· and 580 more, which the JSON report has" in shown
    assert 600 == len(trends.changes_of(many))
