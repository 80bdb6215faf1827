"""Builds workflow runs by hand: times are hours before the present."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.organization.model import (
    Commit,
    Job,
    Organization,
    Repository,
    RunAttempt,
    Workflow,
    WorkflowRun,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DEPLOY = Workflow(7, "Deploy to production", ".github/workflows/deploy.yml")
OTHER = Workflow(8, "Tests", ".github/workflows/Deploy-tests.yaml")
SHA = "a" * 40


def ago(hours: float) -> datetime:
    """So many hours before the present."""
    return NOW - hours * HOUR


def attempt(
    number: int, start: float, end: float | None, word: str | None, *jobs: Job
) -> RunAttempt:
    """An attempt that started and ended so many hours ago, with the last word said of it."""
    status, ended = ("in_progress", start) if end is None else ("completed", end)
    return RunAttempt(number, ago(start), ago(ended), status, word, jobs)


def run(number: int, hours: float, *attempts: RunAttempt, **more: Any) -> WorkflowRun:
    """A run that was created so many hours ago; it succeeded a quarter of an hour later."""
    made = attempts or (attempt(1, hours, hours - 0.25, "success"),)
    given = {"workflow_id": 7, "head_branch": "main", "head_sha": SHA, **more}
    return WorkflowRun(number, created_at=ago(hours), attempts=made, **given)


def job(
    number: int, name: str, attempt: int, start: float, end: float | None, word: str | None
) -> Job:
    """A job of an attempt, in hours ago."""
    status, ended = ("in_progress", None) if end is None else ("completed", ago(end))
    return Job(number, name, attempt, ago(start), ago(start), ended, status, word)


def organization(*runs: WorkflowRun, **more: Any) -> Organization:
    """A repository with these runs."""
    commit = Commit(SHA, (), ago(9000), ago(9000))
    given = {"workflows": (DEPLOY, OTHER), "head": SHA, "commits": {SHA: commit}, **more}
    return Organization("acme", NOW, (Repository("api", 1, ago(90_000), runs=runs, **given),))
