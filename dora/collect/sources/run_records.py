"""Turns what GitHub answers about workflow runs into deployments (D8).

Nothing here asks GitHub. An answer that makes no sense raises CannotRead.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

from dora.collect.repository.deployment_record import DeploymentRecord, parse_instant
from dora.collect.sources.numbering import reading_number
from dora.config.globs import compile_globs
from dora.config.source_settings import WorkflowSource
from dora.errors import CannotRead
from dora.model.outcome_rules import StatusRecord

#: What a conclusion becomes; any other one is an end without a word.
STATES = {
    "success": "success",
    "failure": "failure",
    "timed_out": "failure",
    "startup_failure": "failure",
}
#: The last status of what ended without a word, so that it is abandoned (D3).
ENDED = "inactive"


class AttemptRecord(NamedTuple):
    """One attempt of a run: when it started, and when and how it ended."""

    number: int
    started_at: datetime
    ended_at: datetime | None  #: None while it goes on
    conclusion: str  #: "" while there is none


class RunRecord(NamedTuple):
    """A run of a workflow, with the latest of its attempts."""

    id: int
    sha: str
    branch: str  #: or tag; "" where GitHub names none
    event: str
    created_at: datetime
    updated_at: datetime
    latest: AttemptRecord
    actor: str | None
    url: str

    def address(self, attempt: int) -> str:
        """The page of an attempt, which is the address of its log, too (D6)."""
        return f"{self.url}/attempts/{attempt}"


class JobRecord(NamedTuple):
    """A job of an attempt of a run."""

    id: int
    name: str
    attempt: int
    started_at: datetime | None  #: None where it was never started
    ended_at: datetime | None  #: None while it goes on
    conclusion: str  #: "" while there is none
    url: str | None


@contextmanager
def _of_sense(what: str) -> Iterator[None]:
    try:
        yield
    except (AttributeError, TypeError, KeyError, ValueError):
        raise CannotRead(f"GitHub sent {what} that makes no sense") from None


def read_runs(answer: Any) -> tuple[int, list[RunRecord]]:
    """How many runs there are, and those of one page."""
    with _of_sense("a list of workflow runs"):
        return int(answer["total_count"]), [_run(one) for one in answer["workflow_runs"]]


def read_attempt(answer: Any) -> AttemptRecord:
    """One attempt of a run."""
    with _of_sense("an attempt of a workflow run"):
        return _attempt(answer)


def read_jobs(answer: Any) -> tuple[int, list[JobRecord]]:
    """How many jobs there are, and those of one page."""
    with _of_sense("a list of jobs"):
        return int(answer["total_count"]), [_job(one) for one in answer["jobs"]]


def read_workflows(answer: Any) -> tuple[int, list[tuple[int, tuple[str, ...]]]]:
    """How many workflows there are; of those of one page the number, and what they are called."""
    with _of_sense("a list of workflows"):
        return int(answer["total_count"]), [
            (int(one["id"]), (one["path"].rpartition("/")[2], one["path"], str(one["name"])))
            for one in answer["workflows"]
        ]


def _run(one: dict[str, Any]) -> RunRecord:
    return RunRecord(
        int(one["id"]),
        str(one["head_sha"]),
        intern(one["head_branch"] or ""),
        intern(one["event"]),
        parse_instant(one["created_at"]),
        parse_instant(one["updated_at"]),
        _attempt(one),
        intern((one.get("actor") or {}).get("login") or "") or None,
        str(one["html_url"]),
    )


def _attempt(one: dict[str, Any]) -> AttemptRecord:
    has_ended = one["status"] == "completed"
    return AttemptRecord(
        int(one.get("run_attempt") or 1),
        parse_instant(one.get("run_started_at") or one["created_at"]),
        parse_instant(one["updated_at"]) if has_ended else None,
        str(one["conclusion"] or ""),
    )


def _job(one: dict[str, Any]) -> JobRecord:
    started, completed = one["started_at"], one["completed_at"]
    has_ended = one["status"] == "completed" and completed
    return JobRecord(
        int(one["id"]),
        str(one["name"]),
        int(one.get("run_attempt") or 1),
        parse_instant(started) if started else None,
        parse_instant(completed) if has_ended else None,
        str(one["conclusion"] or ""),
        str(one["html_url"] or "") or None,
    )


def is_own(job: JobRecord, started_at: datetime | None) -> bool:
    """Whether a job ran in its attempt, which started then: else it was only carried over.

    If GitHub no longer knows when the attempt started, the job is believed.
    """
    return started_at is None or job.ended_at is None or job.ended_at >= started_at


@dataclass(frozen=True)
class RunRules:
    """What one entry of `[[sources]]` takes for a deployment of a repository."""

    source: WorkflowSource
    entry: int  #: position in `[[sources]]`, from 1
    takes: Callable[[RunRecord], bool]  #: whether a run counts, by its branch and its event
    names: Callable[[str], str | None]  #: the environment of a job; None of one that is none

    def of_attempt(self, run: RunRecord, attempt: AttemptRecord) -> DeploymentRecord:
        """The deployment that an attempt of a run is."""
        return self._record(
            run,
            attempt.number,
            self.source.environment,
            (attempt.started_at, attempt.ended_at, attempt.conclusion),
        )

    def of_job(self, run: RunRecord, job: JobRecord) -> DeploymentRecord | None:
        """The deployment that a job of a run is; None if it is none, or never started."""
        environment, started_at = self.names(job.name), job.started_at or job.ended_at
        if environment is None or started_at is None:
            return None
        return self._record(
            run, job.attempt, environment, (started_at, job.ended_at, job.conclusion), job
        )

    def _record(
        self,
        run: RunRecord,
        attempt: int,
        environment: str,
        went: tuple[datetime, datetime | None, str],
        job: JobRecord | None = None,
    ) -> DeploymentRecord:
        started_at, ended_at, conclusion = went
        log = run.address(attempt)
        statuses = [StatusRecord("in_progress", started_at, log)]
        if ended_at is not None:
            state = STATES.get(conclusion, ENDED)
            statuses.append(StatusRecord(state, max(started_at, ended_at), log))
        number = 0 if job is None else job.id
        return DeploymentRecord(
            id=reading_number(self.entry, run.id, attempt, number),
            sha=run.sha,
            committed_at=None,
            environment=intern(environment),
            task="",
            payload=None,
            created_at=started_at,
            statuses=tuple(statuses),
            creator=run.actor,
            ref=run.branch,
            source="workflow",
            entry=self.entry,
            name=f"workflow:{run.id}/{attempt}" + (f"/{number}" if number else ""),
            url=(job and job.url) or log,
        )


def run_rules(source: WorkflowSource, entry: int, default_branch: str | None) -> RunRules:
    """What an entry takes for a deployment in a repository with that default branch.

    Without `branch` it is the default branch, whose case matters as it does to git; without
    `event` it is every event but those of pull requests.
    """
    branches, events = compile_globs(source.branch), compile_globs(source.event)

    def takes(run: RunRecord) -> bool:
        has_branch = (
            branches.fullmatch(run.branch) is not None
            if source.branch
            else run.branch == default_branch
        )
        return has_branch and (
            events.fullmatch(run.event) is not None
            if source.event
            else not run.event.startswith("pull_request")
        )

    jobs, pattern = compile_globs((source.job,)), re.compile(source.pattern)

    def names(job: str) -> str | None:
        if not jobs.fullmatch(job):
            return None
        found = pattern.search(job) if source.pattern else None
        return (found and found["environment"]) or source.environment

    return RunRules(source, entry, takes, names)
