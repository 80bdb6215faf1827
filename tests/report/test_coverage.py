"""What a report did and did not see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dora.analysis.outcomes import find_outcomes
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.report_json import as_document
from tests.oracle.settings import TIERS
from tests.support.ledger import seen, told
from tests.support.oracle_settings import report_for
from tests.support.random_organizations import random_organization
from tests.support.tables import (
    DAY,
    commit,
    config,
    deployment,
    line,
    pending,
    repository,
    request,
    tables,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def coverage(read: Tables, **options: Any) -> dict[str, Any]:
    """Coverage of the thirty days before NOW."""
    found: dict[str, Any] = as_document(build_report(read, config(**options)))["coverage"]
    return found


def test_repositories_that_were_not_read() -> None:
    """C1: one reason each, in this order: excluded, archived before `until`, empty, undeployed."""
    everything: dict[str, Any] = {"archived": 5, "is_empty": True, "has_deployments": False}
    read = tables(
        repository("a", **everything, is_excluded=True),
        repository("b", **everything),
        repository("c", is_empty=True, has_deployments=False),
        repository("d", has_deployments=False),
        repository("e", unreadable="no permission"),
        repository("f", incomplete="commits beyond page 300"),
        repository("g"),
    )
    found = coverage(read)["repositories"]
    assert found == {
        "read": 2,
        "skipped": {"archived": 1, "empty": 1, "no deployments": 1, "excluded": 1},
        "unreadable": [{"repository": "e", "reason": "no permission"}],
        "incomplete": [{"repository": "f", "reason": "commits beyond page 300"}],
    }


def test_archived_at_until_is_not_archived_yet() -> None:
    """C1, W2: archiving at the window's end or later does not exist for the report."""
    read = tables(repository(archived=5 * DAY), deployment(1, "a", 9 * DAY))
    archived = [
        coverage(read, until=until)["repositories"]["skipped"]["archived"]
        for until in ("4d", "5d", "6d")
    ]
    assert [1, 0, 0] == archived


def test_skipped_repository_has_no_rows_and_counts_nowhere() -> None:
    """C1: deployments of what was skipped enter nothing."""
    read = tables(
        repository("api", is_excluded=True),
        repository("web"),
        deployment(1, "a", 9 * DAY),
        deployment(2, "a", 9 * DAY, environment="pr-1"),
        deployment(3, "a", 8 * DAY, repository="web"),
    )
    report = as_document(build_report(read, config()))
    assert ["web"] == [row["key"]["repository"] for row in report["rows"]]
    assert 0 == report["coverage"]["deployments"]["ephemeral"]


def test_deployments_by_what_became_of_them() -> None:
    """C1, C2: each deployment seen in the window is counted under exactly one heading."""
    read = tables(
        line(a=50 * DAY, b=12 * DAY),
        deployment(1, "a", 20 * DAY),
        deployment(2, "b", 10 * DAY),
        pending(3, "b", 1),
        pending(4, "b", 2 * DAY),
        pending(5, "b", 31 * DAY),
        pending(6, "b", 3, environment="pr-1"),
        deployment(7, "b", 4, environment="preview/x"),
        pending(8, "b", 3, environment="tmp"),
        deployment(9, "b", 35 * DAY, ("success", 29 * DAY), environment="review-1"),
        deployment(10, "b", 31 * DAY, environment="pr-9"),
        deployment(11, "gone", 5 * DAY, known=False),
        deployment(13, "b", 6 * DAY, ("waiting", 6 * DAY), ("failure", 5 * DAY)),
        deployment(14, "b", 7 * DAY, ("success", 6 * DAY, None, "Nothing to change.")),
        deployment(15, "b", 31 * DAY, ("waiting", 31 * DAY), ("failure", 5 * DAY)),
        deployment(
            16,
            "b",
            31 * DAY,
            ("success", 30.1 * DAY, None, "nothing to change"),
            environment="staging",
        ),
        deployment(12, "gone", 33 * DAY, known=False, environment="staging"),
    )
    expected = {
        "in_progress": 1,
        "abandoned": 1,
        "not_started": 1,
        "unchanged": 1,
        "ephemeral": 3,
        "left_out": 1,
        "unknown_commit": 1,
        "baseline": 1,
        "began_in_window": 0,
        "lookback_limit": 0,
    }
    assert expected == coverage(read, environments={"tmp": False})["deployments"]


def test_ephemeral_environments_that_were_asked_for() -> None:
    """D5, C2: with `--ephemeral` they are deployments like any other."""
    read = tables(deployment(1, "a", 5, environment="pr-1"), pending(2, "a", 5, environment="pr-2"))
    found = [coverage(read, ephemeral=it)["deployments"] for it in (False, True)]
    assert [(2, 0), (0, 1)] == [(one["ephemeral"], one["in_progress"]) for one in found]


def test_unknown_commits_of_all_successes_in_the_window() -> None:
    """C2, LT10: also of one that failed before the window and succeeded in it."""
    read = tables(
        deployment(1, "gone", 32 * DAY, ("failure", 31 * DAY), ("success", 29 * DAY), known=False)
    )
    assert 1 == coverage(read)["deployments"]["unknown_commit"]


def test_unknown_commits_of_failures_do_not_count() -> None:
    """C2: `unknown_commit` counts successes."""
    read = tables(deployment(1, "gone", 9 * DAY, ("failure", 9 * DAY), known=False))
    assert 0 == coverage(read)["deployments"]["unknown_commit"]


def test_changes_beside_the_rows() -> None:
    """C1, LT5, LT9: wrong clocks among the rows' changes, and excluded changes."""
    read = tables(
        line(a=50 * DAY),
        commit("b", "a", at=20 * DAY, authored=5 * DAY, author="bot"),
        commit("c", "b", at=20 * DAY, authored=5 * DAY),
        commit("d", "c", at=20 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "d", 10 * DAY),
    )
    options = {"changes": {"exclude_authors": ("bot",)}}
    assert {"clock_skew": 1, "excluded": 1} == coverage(read, **options)["changes"]
    assert {"clock_skew": 2, "excluded": 0} == coverage(read)["changes"]


def test_look_back_that_hit_its_budget() -> None:
    """C1, W3: environments where the budget of older deployments was used up are counted."""
    read = tables(
        repository(head="m"),
        line(a=100 * DAY, b=20 * DAY),
        commit("x", "a", at=90 * DAY),
        commit("m", "b", "x", at=19 * DAY),
        deployment(1, "x", 80 * DAY),
        deployment(2, "a", 50 * DAY),
    )
    limits = [
        coverage(read, collect={"older_deployments": budget})["deployments"]["lookback_limit"]
        for budget in (0, 1)
    ]
    assert [1, 0] == limits


def test_waiting_merges_ask_for_no_look_back() -> None:
    """W3 (c), LT8: a merge commit does not count as waiting, however old its clock says it is."""
    read = tables(
        repository(head="m"),
        line(a=100 * DAY, b=20 * DAY),
        commit("x", "a", at=20 * DAY),
        commit("m", "b", "x", at=95 * DAY),
        deployment(1, "a", 90 * DAY),
        deployment(2, "a", 50 * DAY),
    )
    found = coverage(read, collect={"older_deployments": 0})
    assert 0 == found["deployments"]["lookback_limit"]


def test_waiting_changes_of_excluded_authors_ask_for_no_look_back() -> None:
    """W3 (c), LT9: neither does what is left out of waiting work."""
    read = tables(
        repository(head="b"),
        line(a=100 * DAY),
        commit("b", "a", at=95 * DAY, author="bot"),
        deployment(1, "a", 90 * DAY),
        deployment(2, "a", 50 * DAY),
    )
    options = {"collect": {"older_deployments": 0}, "changes": {"exclude_authors": ("bot",)}}
    assert 0 == coverage(read, **options)["deployments"]["lookback_limit"]
    del options["changes"]
    assert 1 == coverage(read, **options)["deployments"]["lookback_limit"]


def test_environment_narrows_coverage_and_tier_does_not() -> None:
    """C1: `--environment` narrows everything; `--tier` and `--by` leave coverage as it is."""
    read = tables(pending(1, "a", 5), pending(2, "a", 5, environment="qa"), deployment(3, "a", 9))
    whole = coverage(read)
    assert 2 == whole["deployments"]["in_progress"]
    assert 1 == coverage(read, environment=("prod*",))["deployments"]["in_progress"]
    assert [whole] * 2 == [coverage(read, tier=("testing",)), coverage(read, by="organization")]


def test_what_reading_cost_is_passed_on() -> None:
    """C1: requests, points and seconds are those of the tables."""
    read = tables(deployment(1, "a", 9))
    found = coverage(read)
    assert {"count": 0, "points": 0, "seconds": 0.0} == found["requests"]
    counts = ("unattributed", "dismissed", "not_understood")
    assert {**dict.fromkeys(counts, 0), "not_found": []} == found["incidents"]
    unasked = coverage(read, failures={"incident": False})
    assert {**dict.fromkeys(counts), "not_found": []} == unasked["incidents"]


def test_requests_leave_coverage_alone() -> None:
    """LT4: requests without commits in sight are no change and count nowhere."""
    read = tables(deployment(1, "a", 9), request(1, "zzz", opened=9, merged=8))
    assert {"clock_skew": 0, "excluded": 0} == coverage(read)["changes"]


# The ledger -----------------------------------------------------------------------------------


def organization_of(seed: int | None) -> Organization:
    """The made-up organization, or a random one; those of higher seeds have wrong clocks."""
    if seed is None:
        return build_organization(NOW, forbidden=True)
    return random_organization(seed, deployments=60, skewed=seed >= 6)


@pytest.mark.few(6)
@pytest.mark.parametrize("seed", [None, *range(9)])
@pytest.mark.parametrize("days", [(90, 0), (60, 30)], ids=["until now", "a past month"])
def test_ledger_adds_up(seed: int | None, days: tuple[int, int]) -> None:
    """C2: every deployment seen is in a row, or counted under exactly one reason why not."""
    organization = organization_of(seed)
    since, until = (NOW - timedelta(days=number) for number in days)
    asked = {"since": since, "until": until, "tiers": TIERS}
    report = report_for(organization, asked)
    assert seen(organization, asked) == sum(told(report).values())


def test_outcomes_of_a_ledger() -> None:
    """C2, D3: every deployment is a success, a failure, not started, in progress or abandoned."""
    read = tables(
        deployment(1, "a", 9),
        deployment(2, "a", 9, ("error", 8)),
        pending(3, "a", 9),
        pending(4, "a", 90),
        deployment(5, "a", 9, ("waiting", 9), ("failure", 8)),
    )
    outcomes, _ = find_outcomes(read.deployments, read.statuses, config())
    found = sorted(outcomes["outcome"])
    assert ["abandoned", "failure", "in_progress", "not_started", "success"] == found


def test_repositories_without_deployments_may_have_them_by_another_source() -> None:
    """D8: said unless entries of `[[sources]]` or a chosen environment say what is meant."""
    read = tables(repository("a", has_deployments=False), repository(), deployment(1, "api", 9))
    whole = tables(repository(), deployment(1, "api", 9))
    options: list[dict[str, Any]] = [
        {}, {"sources": [{"from": "releases"}]}, {"environment": ["production"]}
    ]  # fmt: skip
    found = [as_document(build_report(read, config(**one))).get("lacks_sources") for one in options]
    assert [True, None, None] == found
    assert "lacks_sources" not in as_document(build_report(whole, config()))
