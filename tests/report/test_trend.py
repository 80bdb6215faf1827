"""Trends of whole reports."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.report.build import build_report
from dora.report.model import Report, Row
from tests.support.examples import examples
from tests.support.oracle_settings import config_for, tables_for
from tests.support.random_organizations import (
    configurations,
    organizations,
    questions,
    windows,
)
from tests.support.tables import DAY, config, deployment, line, tables

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def only(report: Report) -> Row:
    """The report's only row."""
    (row,) = report.rows
    return row


@examples(40, suppress_health_check=SLOW)
@given(data=st.data(), size=st.sampled_from(("day", "week", "month")))
def test_parts_add_up_to_the_window(data: st.DataObject, size: str) -> None:
    """T2: what is counted in the parts is what is counted in the whole; other numbers stay."""
    organization = data.draw(organizations())
    settings = data.draw(configurations())
    asked = {**data.draw(windows(organization)), **data.draw(questions())}
    read = tables_for(organization, asked, settings)
    given_config = config_for(organization, {**asked, "trend": size}, settings)
    report = build_report(read, given_config)
    whole = build_report(read, config_for(organization, asked, settings))
    assert whole.rows == tuple(replace(row, trend=()) for row in report.rows)
    for row in report.rows:
        assert (report.window.since, report.window.until) == (row.trend[0].start, row.trend[-1].end)
        assert totals([row]) == totals(row.trend)


def totals(parts: Any) -> dict[Any, Any]:
    """All that may be added up; nothing of parts in which the row was not there yet (DF2)."""
    reasons: dict[str, int] = {}
    known = [one.metrics for one in parts if one.metrics is not None]
    for metrics in known:
        for signal, count in metrics.change_fail_rate.reasons.items():
            reasons[signal] = reasons.get(signal, 0) + count
    names = {
        "deployment_frequency": ("deployments",),
        "change_lead_time": ("changes",),
        "change_fail_rate": ("failed", "deployments", "never_live"),
        "recovery_time": ("episodes", "recovered", "open"),
        "rework_rate": ("rework", "deployments"),
    }
    counts = {
        (metric, name): sum(getattr(getattr(metrics, metric), name) for metrics in known)
        for metric, own in names.items()
        for name in own
    }
    return {"reasons": reasons, **counts}


def test_trend_by_hand() -> None:
    """T1, T2, DF2: a partial week's rate is of its part; an empty month is 0, and says no more."""
    made = tables(
        line(a=100 * DAY, b=80 * DAY, c=2 * DAY),
        deployment(1, "a", 99 * DAY),
        deployment(2, "b", 79 * DAY),
        deployment(3, "c", 2 * DAY - 12),
    )
    row = only(build_report(made, config(since="2026-09-01", trend="month")))
    assert [False, False, True] == [one.partial for one in row.trend]
    parts = [one.metrics for one in row.trend if one.metrics]
    frequencies = [one.deployment_frequency for one in parts]
    assert [1, 0, 1] == [one.deployments for one in frequencies]
    assert [1 / 30, 0.0, 1 / 22.25] == [pytest.approx(one.per_day) for one in frequencies]
    quiet = parts[1]
    assert (None, None, None, None) == (
        quiet.change_lead_time.median,
        quiet.change_fail_rate.rate,
        quiet.recovery_time.mean,
        quiet.rework_rate.rate,
    )
    assert {None} == {one.change_lead_time.level for one in parts}
    assert [DAY * 3600.0, None, 12 * 3600.0] == [one.change_lead_time.median for one in parts]


def test_outage_that_lasts_beyond_its_part() -> None:
    """T2: a failure lies in the part that it began in, and ended whenever it did."""
    made = tables(
        line(a=30 * DAY, b=20 * DAY, c=10 * DAY),
        deployment(1, "a", 29 * DAY),
        deployment(2, "b", 20 * DAY, ("failure", 20 * DAY)),
        deployment(3, "c", 5 * DAY),
    )
    row = only(build_report(made, config(trend="week")))
    told = [
        (one.metrics.recovery_time.episodes, one.metrics.recovery_time.mean)
        for one in row.trend
        if one.metrics
    ]
    assert [(1, 15 * DAY * 3600.0)] == [one for one in told if one[0]]
