"""Comparisons of whole reports."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy import stats

from dora.demo.github.server import serve
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from dora.metrics.effects import rate_ratio_interval, share_difference_interval, time_ratio_interval
from dora.metrics.significance import CLEAR, adjust
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.model import METRICS, UNCLEAR, Compared, Report, Row
from dora.report.report_json import as_document
from tests.laws.test_against_oracle import differences
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Settings
from tests.support.examples import examples, few_of
from tests.support.oracle_settings import OTHER_SIGNALS, config_for, tables_for
from tests.support.random_organizations import (
    NOW,
    configurations,
    organizations,
    questions,
    windows,
)
from tests.support.runs import config_of, read_from
from tests.support.simulated import (
    CHANGES,
    USUAL,
    Change,
    compared,
    organizations_with_verdicts,
    p_values,
    simulate,
)
from tests.support.tables import DAY, ago, commit, config, deployment, join, tables

EVERY_SIGNAL = Settings(signals=frozenset({"status", "rollback", *OTHER_SIGNALS}))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def only(report: Report) -> Row:
    """The report's only row."""
    (row,) = report.rows
    return row


def compared_of(row: Row, metric: str) -> Compared:
    """What became of one metric."""
    found = getattr(row.comparison, metric)
    assert isinstance(found, Compared)
    return found


def plain_key(key: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A row's key as it is matched."""
    return tuple(sorted((name, text.casefold()) for name, text in key.items()))


# -- Two windows ---------------------------------------------------------------------------------


def hold_against_oracle(
    document: Mapping[str, Any],
    organization: Organization,
    asked: Mapping[str, Any],
    settings: Settings,
) -> None:
    """Each row's `previous` is the oracle's row of the window before; `gone` are the others."""
    since, until = asked["since"], asked["until"]
    window = {"since": since - (until - since), "until": since}
    now = expected_report(organization, settings=settings, **asked)
    has_production = "production" in {row["tier"] for row in now["rows"]}
    tiers = asked.get("tiers") or (("production",) if has_production else TIERS)  # as now (G1)
    before = expected_report(organization, settings=settings, **{**asked, **window, "tiers": tiers})
    old = {plain_key(row["key"]): row for row in before["rows"]}
    for row, alone in zip(document["rows"], now["rows"], strict=True):
        told = {**row, "previous": None, "comparison": None}
        assert differences(alone, told) == []
        was = old.pop(plain_key(row["key"]), None)
        metrics = {name: was[name] for name in METRICS} if was else None
        assert differences(metrics, row["previous"]) == []
    gone = [plain_key(key) for key in document["before"]["gone"]]
    assert sorted(old) == sorted(gone)


@examples(40, suppress_health_check=SLOW)
@given(data=st.data())
def test_previous_is_the_report_of_the_window_before(data: st.DataObject) -> None:
    """K1: it is the report of the window before, as of its end; the present one stays as it is."""
    organization = data.draw(organizations())
    settings = data.draw(configurations())
    asked = {**data.draw(windows(organization)), **data.draw(questions())}
    given_config = config_for(organization, {**asked, "compare": True}, settings)
    read = tables_for(organization, asked, settings)
    document = as_document(build_report(read, given_config))
    hold_against_oracle(document, organization, asked, settings)


@pytest.mark.thorough
@pytest.mark.parametrize("since", few_of(["25d", "60d", "40d", "100d"], 1))
def test_one_reading_serves_both_windows(since: str) -> None:
    """K1, W3: what is read for both gives each the numbers that it has alone."""
    organization = build_organization(NOW)
    asked_config = config_of(organization, since=since, compare=True)
    with serve(organization) as server:
        read = read_from(server, asked_config.reading).tables
    document = as_document(build_report(read, asked_config))
    asked = {"since": asked_config.window.since, "until": asked_config.window.until}
    hold_against_oracle(document, organization, asked, EVERY_SIGNAL)


def row_of(commits: Mapping[str, float]) -> Any:
    """Commits in a row, by sha: hours ago."""
    return join(
        commit(sha, *parent, at=at)
        for (sha, at), parent in zip(
            commits.items(), [(), *((sha,) for sha in commits)], strict=False
        )
    )


def shipping(begin: int, every: float, count: int, first: int, prefix: str) -> Any:
    """*count* deployments, one each *every* days from *begin* days ago on, each of a new commit."""
    at = [DAY * (begin - every * n) for n in range(count)]
    commits = {f"{prefix}{n}": hours + 10 for n, hours in enumerate(at)}
    return commits, [deployment(first + n, f"{prefix}{n}", hours) for n, hours in enumerate(at)]


def faster() -> Tables:
    """Five deployments in the sixty days up to thirty days ago, of which the first is a baseline
    long before; twenty since."""
    old, before = shipping(75, 6, 8, 100, "a")
    new, now = shipping(29, 1.4, 20, 200, "b")
    return tables(row_of({**old, **new}), *before, *now)


def test_verdict_and_movers_by_hand() -> None:
    """K2, K5, K6: twenty deployments after five are better; the longest pauses before are why."""
    row = only(build_report(faster(), config(compare=True)))
    found = compared_of(row, "deployment_frequency")
    before = row.previous
    assert before is not None
    assert (5, 20) == (
        before.deployment_frequency.deployments,
        row.metrics.deployment_frequency.deployments,
    )
    weeks = [1, 1, 2, 1], [4, 5, 5, 5]  # the oldest of both lies before the fourth week
    welch = stats.ttest_ind(*weeks, equal_var=False).pvalue
    assert "better" == found.verdict
    assert pytest.approx(4.0) == found.ratio
    assert rate_ratio_interval(*weeks) == found.ratio_interval
    assert found.difference_interval is None
    assert pytest.approx(welch) == found.p_value
    # Five tests of which the others could not come out clear, or the smallest of them.
    assert found.adjusted_p_value is not None
    assert welch <= found.adjusted_p_value <= CLEAR
    assert {"before"} == {one.window for one in found.moved_by}
    assert [6 * DAY * 3600.0] * 3 == [one.seconds for one in found.moved_by]
    assert (
        found.moved_by[0].url == f"https://github.com/acme/api/deployments/{found.moved_by[0].id}"
    )


def test_longer_lead_times_are_worse() -> None:
    """K4, K6: the word follows the metric, and the deployments with most slow changes are named."""
    quick = {f"q{n}": DAY * (58 - n * 2) + 1.0 for n in range(14)}
    slow = {f"s{n}": DAY * (29 - n * 2) + 9.0 for n in range(14)}
    made = tables(
        row_of({"z": 70.0 * DAY, **quick, **slow}),
        deployment(1, "z", 69 * DAY),
        *(deployment(10 + n, sha, at - 1.0 + n / 100) for n, (sha, at) in enumerate(quick.items())),
        *(deployment(50 + n, sha, at - 9.0 + n / 100) for n, (sha, at) in enumerate(slow.items())),
    )
    row = only(build_report(made, config(compare=True)))
    found = compared_of(row, "change_lead_time")
    assert "worse" == found.verdict
    assert {("now", 1)} == {(one.window, one.changes) for one in found.moved_by}
    assert 3 == len(found.moved_by)
    hours = [[lead - n / 100 for n in range(14)] for lead in (1, 9)]
    assert time_ratio_interval(*([3600 * one for one in side] for side in hours)) == pytest.approx(
        found.ratio_interval
    )


@pytest.mark.parametrize(
    ("began", "verdict"), [(40, None), (57.9, None), (58.1, "better"), (75, "better")]
)
def test_what_was_not_there_for_four_weeks_is_not_compared(
    began: float, verdict: str | None
) -> None:
    """K2, DF2: a service is compared from when it began on, if that was four weeks before."""
    old, before = shipping(int(began), 4, int(began - 31) // 4 + 1, 100, "a")
    first = deployment(99, "a0", DAY * began)
    new, now = shipping(29, 1.4, 20, 200, "b")
    row = only(
        build_report(tables(row_of({**old, **new}), first, *before, *now), config(compare=True))
    )
    found = compared_of(row, "deployment_frequency")
    assert verdict == found.verdict
    assert (verdict is None) == (found.p_value is None)
    assert (verdict is None) == (found.ratio_interval is None)
    assert (verdict is None) == (found.moved_by == ())
    # The number that is shown is of the exposure, and so is what it was.
    assert row.previous is not None
    per_day = row.metrics.deployment_frequency.per_day
    assert pytest.approx(per_day / row.previous.deployment_frequency.per_day) == found.ratio


def test_row_that_was_not_there() -> None:
    """K1: what has no row in the window before has no previous, and says nothing of a change."""
    new, now = shipping(20, 1.4, 10, 200, "b")
    row = only(build_report(tables(row_of(new), *now), config(compare=True)))
    assert (None, None) == (row.previous, row.comparison)


def test_row_that_is_gone() -> None:
    """K1: what only the window before has is named."""
    old, before = shipping(95, 3, 8, 100, "a")
    report = build_report(tables(row_of(old), *before), config(compare=True))
    assert () == report.rows
    assert report.before is not None
    assert ({"repository": "api", "environment": "production"},) == report.before.gone
    assert (ago(60 * DAY), ago(30 * DAY)) == (report.before.since, report.before.until)


def test_recovery_movers() -> None:
    """K6: the longest failures of now moved a recovery time that grew, and one may be open."""
    shas = {f"c{n}": DAY * (60 - n) + 2.0 for n in range(60)}
    failing = {n: 1 if n < 30 else 20 for n in range(3, 60, 4)}
    parts = [
        deployment(
            n + 1,
            sha,
            at - 1,
            *((("failure", at - 1),) if n in failing else (("success", at - 1),)),
        )
        for n, (sha, at) in enumerate(shas.items())
    ]
    mends = [
        deployment(100 + n, f"c{n}", DAY * (60 - n) + 1 - hours) for n, hours in failing.items()
    ]
    row = only(build_report(tables(row_of(shas), *parts, *mends), config(compare=True)))
    found = compared_of(row, "recovery_time")
    assert "worse" == found.verdict
    assert {("deployment", "now")} == {(one.kind, one.window) for one in found.moved_by}


def test_a_recovery_is_worse_only_where_its_median_is() -> None:
    """K5: the word never contradicts the median beside it, however the mean moved."""
    hours = {**dict.fromkeys(range(58, 30, -2), 1.0), 59: 400.0}
    later = dict.fromkeys(range(28, 0, -2), 5.0)
    failed = [(day, length) for day, length in {**hours, **later}.items()]
    shas = {f"c{day}": DAY * day + 3.0 for day in range(70, 0, -1)}
    parts = [deployment(1, "c70", DAY * 70.0)]
    for number, (day, length) in enumerate(sorted(failed, reverse=True), 2):
        at = float(DAY * day)
        mended = deployment(100 + number, f"c{day}", at - length, environment="production")
        parts += [deployment(number, f"c{day}", at, ("failure", at)), mended]
    row = only(build_report(tables(row_of(shas), *parts), config(compare=True)))
    found = compared_of(row, "recovery_time")
    assert row.previous is not None
    before, now = row.previous.recovery_time, row.metrics.recovery_time
    assert (3_600.0, 5 * 3_600.0) == (before.median, now.median)
    assert (before.mean or 0) > (now.mean or 0)
    assert ("worse", 5.0) == (found.verdict, found.ratio)


def test_weeks_as_they_are() -> None:
    """K2: with its weekends each week is like the other; three of them tell nothing."""
    days = [day for day in range(70) if (ago(DAY * day + 1)).weekday() < 5]
    shas = {f"c{day}": DAY * day + 3.0 for day in reversed(days)}
    parts = [
        deployment(10 * day + n, f"c{day}", DAY * day + 1.0 + n / 10)
        for day in days
        for n in range(5)
    ]
    read = tables(row_of(shas), *parts)
    found = {
        since: compared_of(
            only(build_report(read, config(compare=True, since=since))), "deployment_frequency"
        )
        for since in ("2d", "27d", "28d", "34d")
    }
    said = {
        since: (one.verdict, one.p_value, one.ratio_interval, one.moved_by)
        for since, one in found.items()
    }
    nothing, same = (None, None, None, ()), (UNCLEAR, 1.0, (1.0, 1.0), ())
    assert {"2d": nothing, "27d": nothing, "28d": same, "34d": same} == said


def test_shares_by_hand() -> None:
    """K2, K3: nine of ten failed now and two of ten before: 0.7 more, with Newcombe's interval."""
    days = [*range(58, 38, -2), *range(28, 8, -2)]
    failed = {*range(58, 54, -2), *range(28, 10, -2)}
    shas = {f"c{day}": DAY * day + 3.0 for day in [80, *days]}
    parts = [
        deployment(
            day, f"c{day}", DAY * day, ("failure" if day in failed else "success", DAY * day)
        )
        for day in days
    ]
    read = tables(row_of(shas), deployment(1, "c80", DAY * 80.0), *parts)
    found = compared_of(only(build_report(read, config(compare=True))), "change_fail_rate")
    low, high = found.difference_interval or (0.0, 0.0)
    assert "worse" == found.verdict
    assert pytest.approx(0.7) == found.difference
    assert share_difference_interval(2, 10, 9, 10) == pytest.approx((low, high))
    assert 0 < low < 0.7 < high < 1
    assert (None, None) == (found.ratio, found.ratio_interval)


# -- No more than is promised --------------------------------------------------------------------


@pytest.mark.thorough
def test_where_nothing_changed_hardly_anything_is_called_clear() -> None:
    """K5: in at most one of twenty unchanged organizations is a change called clear."""
    found = p_values(compared(simulate(11, 400, USUAL, USUAL)))
    most = int(stats.binom.ppf(0.99, 40, CLEAR))
    assert 40 * organizations_with_verdicts(found, 10) <= most
    for metric in METRICS:
        tested = found[metric].dropna()
        assert (tested <= CLEAR).sum() <= stats.binom.ppf(0.99, len(tested), CLEAR), metric


#: Of these so few are found because there is so little to see, among weeks that differ anyway.
HARD = {
    "twice as many deployments": 0.15,
    "half as many deployments": 0.2,
    "30 % instead of 10 % fail": 0.15,
    "4 times the recovery, few failures": 0.0,
}


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES, ids=[one.what for one in CHANGES])
def test_real_changes_are_found(change: Change) -> None:
    """K2–K5: of rows that did change, each alone in its table, at least so many are called so."""
    report = compared(simulate(3, 60, change.before, change.now))
    place = METRICS.index(change.metric)
    found = [adjust(row)[place] <= CLEAR for row in p_values(report).to_numpy()]
    assert sum(found) / len(found) >= HARD.get(change.what, 0.6)


def test_right_word() -> None:
    """K5: where all rows got worse, none is called better."""
    report = compared(simulate(3, 60, USUAL, replace(USUAL, lead_time=90.0)))
    verdicts = {compared_of(row, "change_lead_time").verdict for row in report.rows}
    assert "worse" in verdicts
    assert "better" not in verdicts
