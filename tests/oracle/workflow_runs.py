"""Deployments that a workflow's runs are: each attempt, or each job of it that fits (D8)."""

import re
from dataclasses import replace
from datetime import datetime

from dora.demo.organization.model import Job, Repository, RunAttempt, Status, WorkflowRun
from tests.oracle.made import Made, Place, in_order_of_names
from tests.oracle.naming import fits, fits_any
from tests.oracle.source_settings import WorkflowEntry

#: D8: how an attempt or a job ended that failed
FAILED = ("failure", "timed_out", "startup_failure")


def of_workflow(place: Place, entry: WorkflowEntry) -> list[Made]:
    """Every attempt of every run that fits, or those of its jobs that fit."""
    fitting = {
        one.id
        for one in place.repository.workflows
        if fits(entry.workflow, one.name) or fits(entry.workflow, one.path.rpartition("/")[2])
    }
    made: list[Made] = []
    for run in place.repository.runs:
        if run.workflow_id in fitting and is_meant(run, place.repository, entry):
            for attempt in run.attempts:
                made += of_attempt(place, entry, run, attempt)
    return in_order_of_names(made)


def is_meant(run: WorkflowRun, repository: Repository, entry: WorkflowEntry) -> bool:
    """Whether a run's branch and event fit."""
    if entry.branch:
        on_branch = fits_any(entry.branch, run.head_branch or "")
    else:
        on_branch = run.head_branch == repository.default_branch
    if entry.event:
        return on_branch and fits_any(entry.event, run.event)
    return on_branch and not run.event.startswith("pull_request")


def of_attempt(
    place: Place, entry: WorkflowEntry, run: WorkflowRun, attempt: RunAttempt
) -> list[Made]:
    """The attempt as a deployment, or its jobs that fit."""
    name = f"workflow:{run.id}/{attempt.number}"
    page = f"{place.site}/actions/runs/{run.id}/attempts/{attempt.number}"
    whole = Made(
        id=0,
        sha=run.head_sha,
        environment=entry.environment,
        created_at=attempt.started_at,
        ref=run.head_branch or "",
        task="",
        payload=None,
        creator=run.actor,
        source="workflow",
        name=name,
        page=page,
    )
    if not entry.job:
        ended_at = attempt.updated_at if attempt.status == "completed" else None
        told = statuses(attempt.started_at, ended_at, attempt.conclusion, page)
        return [replace(whole, statuses=told)]
    return [
        replace(
            whole,
            name=f"{name}/{job.id}",
            page=f"{place.site}/actions/runs/{run.id}/job/{job.id}",
            environment=environment_of_job(job, entry),
            created_at=job.started_at,
            statuses=statuses(
                job.started_at,
                job.completed_at if job.status == "completed" else None,
                job.conclusion,
                page,
            ),
        )
        for job in attempt.jobs
        if fits(entry.job, job.name) and ran_in(attempt, job)
    ]


def ran_in(attempt: RunAttempt, job: Job) -> bool:
    """Whether a job ran in the attempt itself, which may carry some over from an earlier one."""
    was_over = job.completed_at is not None and job.completed_at < attempt.started_at
    return job.run_attempt == attempt.number and not was_over


def environment_of_job(job: Job, entry: WorkflowEntry) -> str:
    """Environment that the job's name names, else the entry's."""
    fit = re.search(entry.pattern, job.name) if entry.pattern else None
    return (fit["environment"] if fit else None) or entry.environment


def statuses(
    began_at: datetime, ended_at: datetime | None, conclusion: str | None, page: str
) -> tuple[Status, ...]:
    """What became of an attempt or a job, in the words of statuses."""
    begun = Status("in_progress", began_at, log_url=page)
    if ended_at is None:
        return (begun,)
    if conclusion == "success":
        return (begun, Status("success", ended_at, log_url=page))
    if conclusion in FAILED:
        return (begun, Status("failure", ended_at, log_url=page))
    return (begun, Status("inactive", ended_at, log_url=page))
