"""Two reports side by side: what moved, which way, and which deployments moved it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dora.report.diff import can_compare, compare_reports
from dora.report.evidence import ChangeEvidence, EpisodeEvidence, FailureReason
from dora.report.model import Report, Row
from dora.report.ranges import LevelRange
from tests.support.published_files import (
    MONDAY,
    WEEK,
    deployment,
    evidence,
    report,
    row,
    said,
)
from tests.support.reports import changed

NOW = MONDAY + WEEK
BEFORE = report(row())
HOUR = timedelta(hours=1)


def now(*rows: Row) -> Report:
    return report(*rows, until=NOW)


@pytest.mark.parametrize(
    ("numbers", "metric", "better"),
    [
        ({"deployments": 60}, "deployment_frequency", "better"),
        ({"median": 50 * 3_600.0}, "change_lead_time", "worse"),
        ({"median": None}, "change_lead_time", None),
        ({"failed": 9}, "change_fail_rate", "worse"),
        ({"failed": 0}, "change_fail_rate", "better"),
        ({"mean": 3_600.0}, "recovery_time", "better"),
        ({"open": 1}, "recovery_time", "worse"),
        ({"rework": 4}, "rework_rate", "worse"),
    ],
)
def test_what_moved_and_which_way(numbers: dict[str, Any], metric: str, better: str | None) -> None:
    """K2: more deployments are better, more of anything else is worse; a word only where it is that
    of the comparison with the window before, and what came or went is neither."""

    def verdict(moved: Row) -> str | None:
        changes = compare_reports(BEFORE, now(moved), None).changed
        assert metric == changes[0].metric
        return changes[0].verdict

    contrary = {"better": "worse", "worse": "better", None: "worse"}[better]
    moved = row(**numbers)
    assert verdict(said(moved, **{metric: better or "better"})) == better
    assert verdict(said(moved, **{metric: contrary})) is None
    assert verdict(said(moved, **{metric: "no clear change"})) is None
    assert verdict(moved) is None  # nobody asked for a comparison


def test_what_hardly_moved_is_not_told() -> None:
    """A few per cent of a duration, or of a percentage, is no news."""
    near = row(median=20.5 * 3_600.0, deployments=46)

    assert () == compare_reports(BEFORE, now(near), None).changed
    assert () == compare_reports(BEFORE, now(row()), None).changed


def test_a_change_of_level_is_news() -> None:
    """Also where the number itself hardly moved."""
    lead = replace(row().metrics.change_lead_time, level="high")
    found = compare_reports(BEFORE, now(changed(row(), change_lead_time=lead)), None)

    assert ["change_lead_time"] == [one.metric for one in found.changed]


def test_a_level_that_is_unsure_is_no_news() -> None:
    """B3: an end of the interval that crossed a limit by a hair says nothing of the number."""
    level = row().metrics.change_lead_time.level
    lead = replace(
        row().metrics.change_lead_time, level=None, level_range=LevelRange("low", level or "")
    )

    assert level is not None
    assert () == compare_reports(BEFORE, now(changed(row(), change_lead_time=lead)), None).changed


def test_rows_that_came_and_went() -> None:
    """A row that is new, or gone, is named, and not compared."""
    found = compare_reports(BEFORE, now(row("web")), None)

    assert (["web"], ["api"], ()) == (
        [one.key["repository"] for one in found.appeared],
        [one.key["repository"] for one in found.gone],
        found.changed,
    )


def test_deployments_that_moved_each_metric() -> None:
    """New successes, what they shipped, new failures, those that began or recovered, rework."""
    old = deployment(1, MONDAY - HOUR, "status")
    hurt = deployment(2, MONDAY + HOUR, "hotfix", "incident")
    mended = deployment(3, MONDAY + 2 * HOUR, rework=True)
    shipped = MONDAY + HOUR
    changes = [ChangeEvidence("api", "production", "c", "", MONDAY, shipped, 2, 3_600.0, None)] * 3
    outage = EpisodeEvidence("api", "production", MONDAY + HOUR, MONDAY + 2 * HOUR, (2,))
    told = evidence(old, hurt, mended, changes=changes, episodes=[outage], until=NOW)
    moved = now(row(deployments=60, median=3_600.0, failed=20, mean=60.0, rework=5))
    found = {one.metric: one for one in compare_reports(BEFORE, moved, told).changed}

    assert {
        "deployment_frequency": [(2, ""), (3, "")],
        "change_lead_time": [(2, "3 changes")],
        "change_fail_rate": [(2, "hotfix, incident")],
        "recovery_time": [(2, "recovered")],
        "rework_rate": [(3, "")],
    } == {
        name: [(one.contributor.id, one.note) for one in it.contributors]
        for name, it in found.items()
    }


def test_what_left_the_window() -> None:
    """Before, and what came, less what is there now."""
    told = evidence(deployment(2, MONDAY + HOUR), until=NOW)
    found = {one.metric: one for one in compare_reports(
        BEFORE, now(row(deployments=30, failed=0)), told).changed}  # fmt: skip

    assert (16, 3) == (found["deployment_frequency"].left, found["change_fail_rate"].left)


@pytest.mark.parametrize("known", [None, frozenset[tuple[str, int]]()])
def test_found_out_later(known: frozenset[tuple[str, int]] | None) -> None:
    """A deployment of long ago that failed by what came since is newly failed."""
    late = FailureReason("rollback", MONDAY - 2 * WEEK, MONDAY + HOUR, "9")
    one = replace(deployment(1, MONDAY - 2 * WEEK), reasons=(late,))
    found = compare_reports(BEFORE, now(row()), evidence(one, until=NOW), known)

    assert [1] == [noted.contributor.id for _, noted in found.failed]


def test_labelled_later_is_known_by_what_was_kept_alone() -> None:
    """A label has no date: only who kept what had failed sees that it is new."""
    long_ago = MONDAY - 2 * WEEK
    label = FailureReason("label", long_ago, long_ago + HOUR, "api#7")
    one = replace(deployment(1, long_ago), reasons=(label,))
    told = evidence(one, until=NOW)

    assert () == compare_reports(BEFORE, now(row()), told, None).failed
    assert () == compare_reports(BEFORE, now(row()), told, frozenset({("api", 1)})).failed
    assert 1 == len(compare_reports(BEFORE, now(row()), told, frozenset()).failed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"organization": "other"}, "another organization"),
        ({"by": "team"}, "by repository, not by team"),
        ({"window": BEFORE.window}, "not the earlier one"),
        ({"organization": "ACME"}, ""),
    ],
)
def test_what_can_be_compared(changed: dict[str, Any], why: str) -> None:
    """Only two of one kind, the earlier one first."""
    assert why in can_compare(BEFORE, replace(now(row()), **changed))
    assert bool(why) == bool(can_compare(BEFORE, replace(now(row()), **changed)))
