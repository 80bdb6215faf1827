"""What became of each deployment."""

from typing import Any

import pytest

from dora.analysis.outcomes import find_outcomes
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables
from tests.support.tables import DAY, Rows, ago, config, deployment, listed, pending, tables

RUN = "https://github.com/medica-flow/api/actions/runs/"


def outcomes_of(read: Tables, *columns: str, **options: Any) -> list[tuple[Any, ...]]:
    """The judged deployments' *columns*."""
    outcomes, _ = find_outcomes(read.deployments, read.statuses, config(**options))
    return listed(outcomes, *columns)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["success"], (5, None, 5, "success")),
        (["queued", "in_progress", "success"], (3, None, 3, "success")),
        (["success", "inactive"], (5, None, 5, "success")),
        (["failure"], (None, 5, 5, "failure")),
        (["pending", "error"], (None, 4, 4, "failure")),
        (["success", "failure"], (5, 4, 5, "failure")),
        (["failure", "success"], (4, 5, 5, "failure")),
        (["success", "failure", "success"], (5, 4, 5, "failure")),
        (["success", "error", "failure"], (5, 4, 5, "failure")),
        (["in_progress"], (None, None, None, "in_progress")),
        (["in_progress", "inactive"], (None, None, None, "abandoned")),
        (["inactive", "in_progress"], (None, None, None, "in_progress")),
        (["a_state_of_tomorrow"], (None, None, None, "in_progress")),
    ],
)
def test_first_success_and_first_failure_decide(
    statuses: list[str], expected: tuple[int | None, int | None, int | None, str]
) -> None:
    """D2, D3: what came first counts, and later `inactive` statuses take nothing away."""
    told = [(state, 5 - place) for place, state in enumerate(statuses)]
    *instants, outcome = expected
    columns = ("succeeded_at", "failed_status_at", "finished_at", "outcome")
    assert [(*(at and ago(int(at)) for at in instants), outcome)] == outcomes_of(
        tables(deployment(1, "a", 6, *told)), *columns
    )


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (("inactive", "queued"), "abandoned"),
        (("queued", "inactive"), "abandoned"),
        (("success", "failure"), "failure"),
        (("failure", "waiting"), "not_started"),
        (("failure", "queued", "waiting"), "failure"),
    ],
)
def test_statuses_of_one_instant(states: tuple[str, ...], outcome: str) -> None:
    """D2: first comes `waiting`, then what begins, failures, successes and last `inactive`."""
    read = tables(deployment(1, "a", 6, *((state, 5) for state in states)))
    assert [(outcome,)] == outcomes_of(read, "outcome")


def test_never_finished_is_abandoned_after_a_day() -> None:
    """D3: without an outcome it is in progress while younger than `stale_after`."""
    read = tables(pending(1, "a", DAY), pending(2, "a", DAY - 0.001), pending(3, "a", 1))
    expected = [(1, "abandoned"), (2, "in_progress"), (3, "in_progress")]
    assert expected == outcomes_of(read, "deployment", "outcome")
    patient = outcomes_of(read, "outcome", stale_after="2d")
    assert [("in_progress",)] * 3 == patient


def test_nothing_at_or_after_until_exists() -> None:
    """W2: deployments and statuses of the window's end or later are not there."""
    read = tables(
        deployment(1, "a", 50, ("in_progress", 49), ("success", 48), ("failure", 24)),
        deployment(2, "a", 25, ("success", 24)),
        deployment(3, "a", 24),
    )
    until = ago(24).isoformat()
    expected = [(1, "success"), (2, "in_progress")]
    assert expected == outcomes_of(read, "deployment", "outcome", until=until)


def test_spellings_of_one_environment() -> None:
    """D1: names that differ only in case are one, shown as the youngest deployment spells it."""
    read = tables(
        deployment(1, "a", 3, environment="Production"),
        deployment(3, "a", 1, environment="PRODUCTION"),
        deployment(2, "a", 2, environment="production"),
        deployment(4, "a", 9, environment="production", repository="web"),
    )
    expected = [
        ("web", 4, "production", "production"),
        ("api", 1, "production", "PRODUCTION"),
        ("api", 2, "production", "PRODUCTION"),
        ("api", 3, "production", "PRODUCTION"),
    ]
    assert expected == outcomes_of(read, "repository", "deployment", "environment_key", "name")


def test_left_out_and_ephemeral_are_marked() -> None:
    """D1, D5: what no table shows is kept for coverage."""
    read = tables(
        deployment(1, "a", 3, environment="pr-7"), deployment(2, "a", 2, environment="tmp")
    )
    expected = [(1, True, False), (2, False, True)]
    columns = ("deployment", "is_ephemeral", "is_left_out")
    assert expected == outcomes_of(read, *columns, environments={"tmp": False})


def parts(*told: list[tuple[str, float, str | None]]) -> Rows:
    """Deployments 1, 2 … of one run, an hour apart, each with its statuses."""
    rows: Rows = {"deployments": [], "statuses": []}
    for place, statuses in enumerate(told):
        made = deployment(1 + place, "ab"[place % 2], 20 - place, *statuses)
        rows["deployments"] += made["deployments"]
        rows["statuses"] += made.get("statuses", [])
    return rows


ONE, AGAIN, OTHER = RUN + "7/job/1", RUN + "7?check_suite_focus=true", RUN + "70"


def test_jobs_of_one_run_collapse() -> None:
    """D6: one run's deployments to an environment succeed when every part did, at the last."""
    rows = parts(
        [("success", 12.0, ONE)],
        [("queued", 15.0, None), ("success", 10.0, AGAIN)],
        [("success", 9.0, OTHER)],
    )
    columns = ("deployment", "sha", "created_at", "succeeded_at", "outcome")
    collapsed = [(1, "a", ago(20), ago(10), "success"), (3, "a", ago(18), ago(9), "success")]
    collapse = {"collapse": "run"}
    assert collapsed == outcomes_of(tables(rows), *columns, deployments=collapse)
    assert [1, 2, 3] == [one for (one,) in outcomes_of(tables(rows), "deployment")]


def test_collapsed_run_fails_with_its_first_failure() -> None:
    """D6: one part's failure is the whole's, and one that never succeeds holds the whole back."""
    rows = parts([("success", 12.0, ONE)], [("failure", 11.0, ONE)], [("error", 10.0, AGAIN)])
    columns = ("deployment", "succeeded_at", "failed_status_at", "finished_at", "outcome")
    expected = [(1, None, ago(11), ago(11), "failure")]
    assert expected == outcomes_of(tables(rows), *columns, deployments={"collapse": "run"})


def test_runs_of_other_environments_stay_apart() -> None:
    """D6: only deployments to one environment of one repository are made one."""
    read = tables(
        deployment(1, "a", 3, ("success", 3, ONE)),
        deployment(2, "a", 3, ("success", 3, ONE), environment="staging"),
        deployment(3, "a", 3, ("success", 3, ONE), repository="web"),
        deployment(4, "a", 2, ("success", 2, "https://ci.example/runs/7")),
        deployment(5, "a", 1, ("success", 1, "https://ci.example/runs/7")),
    )
    found = outcomes_of(read, "deployment", deployments={"collapse": "run"})
    assert [(1,), (2,), (3,), (4,), (5,)] == found


def test_success_statuses_are_listed_by_environment() -> None:
    """F1: every success status before `until` may end a failure, of whichever deployment."""
    read = tables(
        deployment(1, "a", 9, ("success", 8), ("inactive", 7), ("success", 6)),
        deployment(2, "a", 5, ("failure", 4)),
    )
    _, succeeded = find_outcomes(read.deployments, read.statuses, config())
    instants = [microseconds(ago(hours)) for hours in (8, 6)]
    assert [("api", "production", 1, at) for at in instants] == succeeded
