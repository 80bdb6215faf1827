"""The oracle on workflow runs as deployments (D8), worked out by hand; instants in hours."""

from dataclasses import replace
from typing import Any

import pytest

from dora.demo.organization.model import Job, RunAttempt, Workflow, WorkflowRun
from tests.oracle.ordinary_life import (
    LINE,
    ask,
    counted,
    deploy,
    hour,
    repository,
    row,
    sha,
    summary,
)
from tests.oracle.source_cases import TIERS, failed, rows, shipped, told
from tests.oracle.source_settings import WorkflowEntry

DEPLOY = Workflow(10, "Ship it", ".github/workflows/deploy.yml")
OTHER = Workflow(11, "deploy", ".github/workflows/checks.yaml")
ENTRY = WorkflowEntry("deploy.yml")


def attempt(number: int, began: float, ended: float | None, *said: Any) -> RunAttempt:
    """Make an attempt; what is *said* is its conclusion, or its status where it has not ended."""
    word = said[0] if said else "success"
    last = hour(began if ended is None else ended)
    if ended is None:
        return RunAttempt(number, hour(began), last, word, None)
    return RunAttempt(number, hour(began), last, "completed", word, tuple(said[1:]))


def run(number: int, letter: str, *attempts: RunAttempt, **other: Any) -> WorkflowRun:
    """Make a run of the workflow `deploy.yml` on the default branch."""
    given = {"workflow_id": 10, "head_branch": "main", **other}
    created_at = attempts[0].started_at
    return WorkflowRun(
        number, head_sha=sha(letter), created_at=created_at, attempts=attempts, **given
    )


def job(number: int, name: str, began: float, ended: float | None, **other: Any) -> Job:
    """Make a job of the first attempt."""
    given = {"run_attempt": 1, **other}
    if ended is None:
        given |= {"status": "in_progress", "conclusion": None}
    completed_at = None if ended is None else hour(ended)
    return Job(
        number, name, given.pop("run_attempt"), hour(began), hour(began), completed_at, **given
    )


def api(*runs: WorkflowRun, **other: Any) -> Any:
    """Make a repository with two workflows."""
    return repository(LINE, runs=runs, workflows=(DEPLOY, OTHER), **other)


FIRST = run(1, "a", attempt(1, 100, 101))

# Attempts --------------------------------------------------------------------------------------


def test_each_attempt_is_a_deployment() -> None:
    """D8: created when it started, ended by its last change."""
    again = run(2, "b", attempt(1, 250, 251, "failure"), attempt(2, 253, 255))
    whole = api(FIRST, again, run(3, "c", attempt(1, 300, 301)))
    whole = replace(whole, deployments=(deploy(1, "c", 260),))
    assert {
        "workflow:2/1": ("failure", 250, None),
        "workflow:2/2": ("success", 253, 255),
        "workflow:3/1": ("success", 300, 301),
    } == told(whole, sources=[ENTRY])
    assert {"b": ("workflow:2/2", 6), "c": ("workflow:3/1", 11)} == shipped(whole, sources=[ENTRY])
    assert {"workflow:2/1": [("status", 251, 255, "failure")]} == failed(whole, sources=[ENTRY])
    one = row(whole, sources=[ENTRY])
    assert ("workflow", (2, 1, 3, 0, 4, 2)) == (one["source"], summary(one))
    assert {"status": 1} == one["change_fail_rate"]["reasons"]


def test_a_good_run_again_is_a_rollback() -> None:
    """D8, F2: an older run's new attempt puts its commit back, and is named by its id."""
    whole = api(
        run(1, "b", attempt(1, 249, 250), attempt(2, 400, 401)), run(2, "c", attempt(1, 300, 301))
    )
    assert {"workflow:2/1": [("rollback", 301, 401, "workflow:1/2")]} == failed(
        whole, sources=[ENTRY]
    )


CONCLUSIONS = {
    "success": "success",
    "failure": "failure",
    "timed_out": "failure",
    "startup_failure": "failure",
    "cancelled": "abandoned",
    "skipped": "abandoned",
    "neutral": "abandoned",
    "action_required": "abandoned",
    "stale": "abandoned",
}


def test_conclusions() -> None:
    """D8, D3: three words are failures; what ended with any other was abandoned."""
    runs = [
        run(place, "b", attempt(1, 700 + place / 10, 701 + place / 10, word))
        for place, word in enumerate(CONCLUSIONS)
    ]
    outcomes = told(api(*runs), sources=[ENTRY])
    assert {f"workflow:{place}/1": word for place, word in enumerate(CONCLUSIONS.values())} == {
        name: one[0] for name, one in outcomes.items()
    }
    report, _ = ask(api(*runs), sources=[ENTRY])
    assert (5, 0) == counted(report, "abandoned", "in_progress")


def test_what_has_not_ended() -> None:
    """D3, W2: it is in progress, and so is what ended later than `until`; a day on, abandoned."""
    whole = api(
        FIRST,
        run(2, "b", attempt(1, 300, None, "waiting")),
        run(3, "b", attempt(1, 700, None, "in_progress")),
        run(4, "b", attempt(1, 719, 720, "failure")),
        run(5, "c", attempt(1, 701, 702, "failure"), attempt(2, 720, 721)),
        run(6, "c", attempt(1, 720, 721)),
        run(7, "b", attempt(1, 718, 720, "cancelled")),
    )
    assert {
        "workflow:2/1": ("abandoned", 300, None),
        "workflow:3/1": ("in_progress", 700, None),
        "workflow:4/1": ("in_progress", 719, None),
        "workflow:5/1": ("failure", 701, None),
        "workflow:7/1": ("in_progress", 718, None),
    } == told(whole, sources=[ENTRY])


def test_a_run_again_after_the_look_back_began() -> None:
    """W3: the attempt counts by its own start, an earlier one of the run by its own."""
    whole = api(
        run(1, "a", attempt(1, -490, -489, "failure"), attempt(2, -470, -469)),
        run(2, "b", attempt(1, 300, 301)),
    )
    report, evidence = ask(whole, sources=[ENTRY])
    assert (0,) == counted(report, "baseline")
    assert ["b"] == [one["sha"][0] for one in evidence["changes"]]
    old = api(run(1, "a", attempt(1, -490, -489)), run(2, "b", attempt(1, 300, 301)))
    assert ["b"] == [one["sha"][0] for one in ask(old, sources=[ENTRY])[1]["changes"]]
    failing = api(run(1, "a", attempt(1, -490, -489, "failure")), run(2, "b", attempt(1, 300, 301)))
    assert (1,) == counted(ask(failing, sources=[ENTRY])[0], "baseline")


# Which runs ------------------------------------------------------------------------------------

MANY = api(
    FIRST,
    run(2, "b", attempt(1, 300, 301), head_branch="release/2", event="workflow_dispatch"),
    run(3, "b", attempt(1, 310, 311), event="pull_request_target"),
    run(4, "b", attempt(1, 320, 321), head_branch="Main"),
    run(5, "b", attempt(1, 330, 331), workflow_id=11),
    run(6, "b", attempt(1, 340, 341), head_branch=None, event="schedule"),
    run(7, "b", attempt(1, 350, 351), event="workflow_run", actor="renovate[bot]"),
)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ENTRY, {7}),
        (WorkflowEntry("DEPLOY*"), {5, 7}),
        (WorkflowEntry("ship it"), {7}),
        (WorkflowEntry(".github*"), set()),
        (WorkflowEntry("*", branch=("*",)), {2, 4, 5, 6, 7}),
        (WorkflowEntry("deploy.yml", branch=("RELEASE/*", "x")), {2}),
        (WorkflowEntry("deploy.yml", event=("*request*", "workflow_run")), {3, 7}),
        (WorkflowEntry("deploy.yml", branch=("*",), event=("Workflow_*",)), {2, 7}),
    ],
    ids=lambda value: str(value) if isinstance(value, set) else "",
)
def test_which_runs(entry: WorkflowEntry, expected: set[int]) -> None:
    """D8: by name or file, branch and event; the default branch is meant to the letter."""
    assert {f"workflow:{number}/1" for number in expected} == set(told(MANY, sources=[entry]))


def test_runs_excluded() -> None:
    """D9: a run's actor and branch are the deployment's; what fits is left out."""
    table = (("creator", ("renovate",)), ("ref", ("main",)), ("task", ("",)))
    report, evidence = ask(MANY, sources=[ENTRY], exclude=(table,))
    assert ([], (1,)) == (evidence["deployments"], counted(report, "left_out"))


# Jobs ------------------------------------------------------------------------------------------

JOBS = (
    job(21, "build", 300, 301),
    job(22, "deploy (eu)", 301, 303),
    job(23, "deploy (us)", 301, 305, conclusion="failure"),
    job(24, "Deploy", 301, 301, conclusion="skipped"),
)
AGAIN = (
    replace(JOBS[0]),
    replace(JOBS[1]),
    job(33, "deploy (us)", 310, 312, run_attempt=2),
    job(34, "deploy (ap)", 310, None, run_attempt=2),
    job(35, "deploy (eu)", 301, 303, run_attempt=2),
)
BY_JOBS = api(
    FIRST,
    run(2, "b", attempt(1, 300, 306, "failure", *JOBS), attempt(2, 309, 314, "success", *AGAIN)),
)


def test_jobs() -> None:
    """D8: a job that fits is the deployment; what an attempt carries over is none of it."""
    assert {
        "workflow:2/1/22": ("success", 301, 303),
        "workflow:2/1/23": ("failure", 301, None),
        "workflow:2/1/24": ("abandoned", 301, None),
        "workflow:2/2/33": ("success", 310, 312),
        "workflow:2/2/34": ("abandoned", 310, None),
    } == told(BY_JOBS, sources=[WorkflowEntry("deploy.yml", job="deploy*")])
    assert [] == [*told(BY_JOBS, sources=[WorkflowEntry("deploy.yml", job="deploy (a")])]


def test_environments_of_jobs() -> None:
    """D8: a group of the pattern names the environment, where it fits, else the entry does."""
    entry = WorkflowEntry(
        "deploy.yml", job="deploy*", pattern=r"\((?P<environment>[a-z]+)\)|y$", environment="live"
    )
    assert {"api eu": ("workflow", 1), "api us": ("workflow", 1)} == rows(BY_JOBS, sources=[entry])
    mapped = (("eu", "prod-eu"), ("us", "Live"), ("ap", False))
    assert {"api Live": ("workflow", 1), "api prod-eu": ("workflow", 1)} == rows(
        BY_JOBS, sources=[entry], mapped=mapped
    )
    report, _ = ask(BY_JOBS, sources=[entry], mapped=mapped, tiers=TIERS)
    assert (1, 1) == counted(report, "abandoned", "left_out")


def test_jobs_of_one_attempt_joined() -> None:
    """D6, D8: `collapse` makes an attempt's jobs one, and a new attempt stands for the whole."""
    entry = WorkflowEntry("deploy.yml", job="deploy (??)")
    shorter = replace(BY_JOBS.runs[1].attempts[1], jobs=AGAIN[:3])
    runs = (FIRST, replace(BY_JOBS.runs[1], attempts=(BY_JOBS.runs[1].attempts[0], shorter)))
    assert {
        "workflow:2/1/22": ("failure", 301, None),
        "workflow:2/2/33": ("success", 310, 312),
    } == told(replace(BY_JOBS, runs=runs), sources=[entry], collapse="run")
