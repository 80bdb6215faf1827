"""Gives some repositories what deployments can be taken from beside GitHub's Deployments.

It is made of what is there already: runs of a workflow of the deployments to production that they
filed, runs of another of the requests that it tested, releases of the requests that they bring.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dora.demo.organization.model import (
    Deployment,
    Job,
    PullRequest,
    Release,
    Repository,
    RunAttempt,
    Tag,
    Workflow,
    WorkflowRun,
)

#: repositories whose deployments a workflow files
DEPLOYED_BY_WORKFLOW = frozenset({"appointment-service", "lab-results-api"})
#: repositories that publish releases and file no deployments
RELEASED = frozenset({"design-system"})

_RUN = re.compile(r"/actions/runs/(\d+)/job/(\d+)")
_ENDS = {"success": "success", "failure": "failure", "error": "failure"}
_DRAFT_DAYS = 2  #: how long a draft waits before it is published
_WRITTEN = timedelta(minutes=20)  #: how long after the merge a release is filed


def with_sources(repository: Repository, now: datetime) -> Repository:
    """The repository at *now* with its workflows and runs, or with its releases and their tags."""
    if repository.name in DEPLOYED_BY_WORKFLOW:
        first = repository.database_id * 10
        deploy = Workflow(first + 1, "Deploy to production", ".github/workflows/deploy.yml")
        tests = Workflow(first + 2, "Tests", ".github/workflows/tests.yml")
        deploying = _deploying_runs(repository, deploy)
        testing = _testing_runs(repository, tests, now)
        return replace(repository, workflows=(deploy, tests), runs=(*deploying, *testing))
    if repository.name in RELEASED:
        return _with_releases(repository, now)
    return repository


def _deploying_runs(repository: Repository, workflow: Workflow) -> list[WorkflowRun]:
    """A run for each deployment to production whose log says which run filed it."""
    runs = []
    for deployment in repository.deployments:
        logs = [one.log_url for one in deployment.statuses if one.log_url]
        found = _RUN.search(logs[0]) if logs else None
        if found is None or deployment.environment not in {"prod", "production"}:
            continue
        runs.append(
            WorkflowRun(
                int(found[1]),
                workflow.id,
                repository.default_branch,
                deployment.sha,
                deployment.created_at - timedelta(seconds=40),
                (_attempt(deployment, int(found[2])),),
                event="workflow_dispatch",
                actor="amara",
            )
        )
    return runs


def _attempt(deployment: Deployment, job: int) -> RunAttempt:
    """The attempt that filed a deployment: it tested, then deployed as the statuses say."""
    told = [one for one in deployment.statuses if one.state != "inactive"]
    state, changed = told[-1].state, told[-1].created_at
    started = deployment.created_at - timedelta(seconds=30)
    status, conclusion = "completed", _ENDS.get(state)
    if conclusion is None:  # a deployment that is pending is a run that waits or goes on
        status = state
    name = f"deploy ({deployment.environment})"
    ended = changed if conclusion else None
    begun = min(deployment.created_at + timedelta(seconds=5), changed)
    tested = Job(job + 1, "test", 1, started, started, deployment.created_at)
    deploys = Job(job, name, 1, deployment.created_at, begun, ended, status, conclusion)
    return RunAttempt(1, started, changed, status, conclusion, (tested, deploys))


def _testing_runs(repository: Repository, workflow: Workflow, now: datetime) -> list[WorkflowRun]:
    """A run for each request, of its branch; every ninth fails."""
    return [
        WorkflowRun(
            workflow.id * 100_000 + request.number,
            workflow.id,
            request.head_ref,
            request.commits[-1],
            request.created_at,
            (_tests(request.created_at, "success" if request.number % 9 else "failure"),),
            event="pull_request",
            actor=request.author_login or "amara",
        )
        for request in repository.pull_requests
        if request.commits and request.created_at + timedelta(minutes=4) <= now
    ]


def _tests(began: datetime, conclusion: str) -> RunAttempt:
    return RunAttempt(1, began, began + timedelta(minutes=4), conclusion=conclusion)


def _with_releases(repository: Repository, now: datetime) -> Repository:
    """A release for every third request merged; every fourth of them a pre-release.

    The newest is still a draft.
    """
    merged = sorted(
        (one for one in repository.pull_requests if one.merged_at and one.merge_commit_sha),
        key=lambda one: (one.merged_at or one.created_at, one.number),
    )[2::3]
    merged = [one for one in merged if (one.merged_at or now) + _WRITTEN <= now]
    releases = _releases(repository, merged, now)
    tags = [
        Tag(release.tag, request.merge_commit_sha or "", release.published_at)
        for release, request in zip(releases, merged, strict=True)
        if not release.is_draft
    ]
    return replace(repository, releases=tuple(releases), tags=(*repository.tags, *tags))


def _releases(
    repository: Repository, merged: Sequence[PullRequest], now: datetime
) -> list[Release]:
    releases = []
    for place, request in enumerate(merged):
        filed = (request.merged_at or request.created_at) + _WRITTEN
        waits = timedelta(days=_DRAFT_DAYS if place % 5 == 4 else 0)
        is_draft = request is merged[-1] or filed + waits > now
        early = place % 4 == 3
        tag = f"v4.{place}.0" + ("-beta.1" if early else "")
        releases.append(
            Release(
                repository.database_id * 100 + place,
                tag,
                filed,
                None if is_draft else filed + waits,
                f"Design system {tag.removeprefix('v')}",
                is_draft=is_draft,
                is_prerelease=early,
                author=request.author_login or "amara",
            )
        )
    return releases
