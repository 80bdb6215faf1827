"""Runs of workflows that deploy the story of `grow`: failed, run again, cancelled, under way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dora.demo.organization.model import Job, RunAttempt, Workflow, WorkflowRun
from tests.support.grown_history import History

DEPLOY = Workflow(41, "Deploy to production", ".github/workflows/deploy.yml")
BUILD = Workflow(42, "Build", ".github/workflows/build.yml")
MATRIX = Workflow(43, "Ship", ".github/workflows/ship.yaml")
_FIRST_RUN = 7_000_000_001  #: beyond 32 bits, as GitHub's are
_MINUTES = timedelta(minutes=1)


def deploy_runs(history: History) -> tuple[WorkflowRun, ...]:
    """Every change is deployed when it lands on main, with all that may come between.

    One fails and succeeds when run again at once, one is run again after two weeks, which is a
    rollback; one is cancelled, one skipped, one times out, one never started, one goes on. Others
    are for another branch, for a pull request, or of the workflow that only builds.
    """
    end = "conclusion"
    told: tuple[tuple[str, float, Sequence[dict[str, Any]], dict[str, Any]], ...] = (
        ("first", -74, ({},), {}),
        ("login", -39.9, ({},), {}),
        ("menu", -11.9, ({}, {"at": 3, end: "success"}), {}),  # run again within the window
        ("basket", 2.1, ({end: "failure"}, {"at": 2.3, end: "success"}), {}),
        ("prices", 4.1, ({}, {"at": 18.3}), {}),  # run again after two weeks: a rollback
        ("sale", 6.1, ({},), {}),
        ("sale", 6.2, ({},), {"event": "pull_request", "head_branch": "change-5"}),
        ("burst", 7.6, ({end: "timed_out"}, {"at": 7.8}), {}),
        ("maintenance", 9.6, ({},), {"head_branch": "maintenance"}),
        ("cache", 10.1, ({end: "cancelled"}, {"at": 10.3}), {}),
        ("undo", 12.1, ({end: "skipped"},), {}),
        ("undo", 12.2, ({},), {"event": "workflow_dispatch", "actor": "bola"}),
        ("search", 15.1, ({end: "startup_failure"},), {}),
        ("search", 15.4, ({end: "failure"}, {"at": 15.6, end: "failure"}, {"at": 15.8}), {}),
        ("cellar", 18.1, ({},), {}),
        ("filter", 21.1, ({},), {"actor": "release-bot[bot]"}),
        ("orders", 25.1, ({}, {"at": 30.5, end: "failure"}), {}),  # run again after the window
        ("stock", 29.9, ({"status": "in_progress", end: None},), {}),
        ("later", 31.1, ({},), {}),
    )
    runs = [
        _run(history, place, mark, at, attempts, more)
        for place, (mark, at, attempts, more) in enumerate(told)
    ]
    built = [
        _run(history, 900 + place, mark, at, ({},), {"workflow_id": BUILD.id})
        for place, (mark, at, *_) in enumerate(told)
    ]
    return (*runs, *built)


def _run(
    history: History,
    place: int,
    mark: str,
    at: float,
    attempts: Sequence[dict[str, Any]],
    more: dict[str, Any],
) -> WorkflowRun:
    """A run of eight minutes an attempt, ten seconds after it was asked for."""
    made = []
    for number, given in enumerate(attempts, 1):
        told = dict(given)
        began = history.day(told.pop("at", at)) + timedelta(seconds=10 if number == 1 else 0)
        made.append(RunAttempt(number, began, began + 8 * _MINUTES, **told))
    given = {"workflow_id": DEPLOY.id, "head_branch": "main", "actor": "amara", **more}
    return WorkflowRun(
        _FIRST_RUN + 10 * place,
        head_sha=history.marks.get(mark) or history.side[mark],
        created_at=history.day(at),
        attempts=tuple(made),
        **given,
    )


def matrix_runs(history: History) -> tuple[WorkflowRun, ...]:
    """Runs that test, then deploy to staging, then to production; the jobs tell what became of it.

    Production of `sale` fails and is run again alone: the other jobs are carried over, once with
    their old number of the attempt and once with the new one. Of `undo` production is skipped, of
    `cellar` a run by hand has a job that names no environment, and `stock` goes on.
    """
    plans: tuple[tuple[str, float, dict[str, str | None], dict[str, Any]], ...] = (
        ("menu", -11.9, {}, {}),
        ("prices", 4.1, {}, {}),
        ("sale", 6.1, {"production": "failure"}, {}),
        ("burst", 7.6, {"production": "failure"}, {}),
        ("cache", 10.1, {"staging": "cancelled", "production": "skipped"}, {}),
        ("undo", 12.1, {"production": "skipped"}, {}),
        ("search", 15.1, {}, {}),
        ("cellar", 18.1, {}, {"event": "workflow_dispatch", "by_hand": True}),
        ("filter", 21.1, {"test": "failure", "staging": "skipped", "production": "skipped"}, {}),
        ("orders", 25.1, {}, {"event": "schedule"}),
        ("orders", 25.3, {}, {}),
        ("stock", 29.999, {"production": None}, {}),
        ("later", 31.1, {}, {}),
    )
    runs = [_matrix_run(history, place, *plan) for place, plan in enumerate(plans)]
    runs[2] = _run_again(runs[2], history.day(6.3), renumber=False)
    runs[3] = _run_again(runs[3], history.day(7.9), renumber=True)
    return tuple(runs)


def _matrix_run(
    history: History,
    place: int,
    mark: str,
    at: float,
    ends: dict[str, str | None],
    more: dict[str, Any],
) -> WorkflowRun:
    identity = _FIRST_RUN + 10_000 + 10 * place
    began = history.day(at) + timedelta(seconds=5)
    names = {"test": "test", "staging": "deploy (staging)", "production": "deploy (production)"}
    if more.get("by_hand"):
        names = {"staging": "deploy (staging)", "production": "deploy"}
    jobs = []
    for number, (step, name) in enumerate(names.items()):
        start = began + timedelta(minutes=4 * number)
        end = ends.get(step, "success")
        waited, took = (0, 0) if end == "skipped" else (20, 180)
        jobs.append(
            Job(
                identity * 10 + number,
                name,
                1,
                start,
                start + timedelta(seconds=waited),
                None if end is None else start + timedelta(seconds=took),
                "in_progress" if end is None else "completed",
                end,
            )
        )
    attempt = _attempt(1, began, jobs)
    given = {name: value for name, value in more.items() if name != "by_hand"}
    return WorkflowRun(
        identity,
        MATRIX.id,
        "main",
        history.marks[mark],
        history.day(at),
        (attempt,),
        **{"actor": "amara", **given},
    )


def _attempt(number: int, began: datetime, jobs: Sequence[Job]) -> RunAttempt:
    """An attempt that is what its jobs are; it ends some seconds after the last of them."""
    last = max(job.completed_at or job.started_at for job in jobs)
    ends = {job.conclusion for job in jobs}
    if None in ends:
        return RunAttempt(number, began, last, "in_progress", None, tuple(jobs))
    end = next((one for one in ("failure", "cancelled") if one in ends), "success")
    ended = max(last, began) + timedelta(seconds=6)
    return RunAttempt(number, began, ended, "completed", end, tuple(jobs))


def _run_again(run: WorkflowRun, began: datetime, *, renumber: bool) -> WorkflowRun:
    """The run with a second attempt of what failed; *renumber*: all jobs say so."""
    first = run.attempts[0]
    jobs = []
    for place, job in enumerate(first.jobs):
        again = job.conclusion == "failure"
        changed: dict[str, Any] = {}
        if again or renumber:
            changed = {"id": job.id + 5, "run_attempt": 2}
        if again:
            start = began + timedelta(minutes=place)
            changed |= {
                "created_at": start,
                "started_at": start + timedelta(seconds=20),
                "completed_at": start + 3 * _MINUTES,
                "conclusion": "success",
            }
        jobs.append(replace(job, **changed))
    return replace(run, attempts=(first, _attempt(2, began, jobs)))
