"""Writes workflows, their runs and jobs as GitHub's REST API does."""

from typing import Any
from urllib.parse import quote

from dora.demo.github.messages import Request
from dora.demo.github.rest.serializers import account
from dora.demo.github.views import RepositoryView, instant, node_id, number
from dora.demo.organization.model import Job, RunAttempt, Workflow, WorkflowRun


def as_workflow(request: Request, view: RepositoryView, workflow: Workflow) -> dict[str, Any]:
    """A workflow."""
    made = instant(workflow.created_at or view.repository.created_at)
    return {
        "id": workflow.id,
        "node_id": node_id("Workflow", view.identity, workflow.id),
        "name": workflow.name,
        "path": workflow.path,
        "state": workflow.state,
        "created_at": made,
        "updated_at": made,
        "url": f"{_base(request, view)}/workflows/{workflow.id}",
        "html_url": f"{view.url}/blob/{view.repository.default_branch}/{workflow.path}",
        "badge_url": f"{view.url}/workflows/{quote(workflow.name)}/badge.svg",
    }


def as_run(
    request: Request, view: RepositoryView, run: WorkflowRun, attempt: RunAttempt, *, own: bool
) -> dict[str, Any]:
    """A run as it was in *attempt*; *own* where that attempt is asked for by its number."""
    workflow = view.workflows.get(run.workflow_id)
    url, page = f"{_base(request, view)}/runs/{run.id}", f"{view.url}/actions/runs/{run.id}"
    below = f"{url}/attempts/{attempt.number}" if own else url
    suite = number(f"suite {run.id}")
    return {
        "id": run.id,
        "name": workflow.name if workflow else None,
        "node_id": node_id("WorkflowRun", view.identity, run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": workflow.path if workflow else "",
        "display_title": _title(view, run),
        "run_number": view.run_numbers[run.id],
        "event": run.event,
        "status": attempt.status,
        "conclusion": attempt.conclusion,
        "workflow_id": run.workflow_id,
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CheckSuite", view.identity, suite),
        "url": url,
        "html_url": f"{page}/attempts/{attempt.number}" if own else page,
        "pull_requests": [],
        "created_at": instant(run.created_at),
        "updated_at": instant(attempt.updated_at),
        "actor": account(request, run.actor),
        "run_attempt": attempt.number,
        "referenced_workflows": [],
        "run_started_at": instant(attempt.started_at),
        "triggering_actor": account(request, attempt.actor or run.actor),
        "jobs_url": f"{below}/jobs",
        "logs_url": f"{below}/logs",
        "check_suite_url": (
            f"{request.base_url}/repos/{view.name_with_owner}/check-suites/{suite}"
        ),
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": (
            f"{url}/attempts/{attempt.number - 1}" if attempt.number > 1 else None
        ),
        "workflow_url": f"{_base(request, view)}/workflows/{run.workflow_id}",
        "head_commit": _head_commit(view, run),
        "repository": _short_repository(request, view),
        "head_repository": _short_repository(request, view),
    }


def as_job(request: Request, view: RepositoryView, run: WorkflowRun, job: Job) -> dict[str, Any]:
    """A job; its number of the attempt and its times are its own, whichever attempt lists it."""
    workflow = view.workflows.get(run.workflow_id)
    url = f"{_base(request, view)}/jobs/{job.id}"
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": workflow.name if workflow else None,
        "head_branch": run.head_branch,
        "run_url": f"{_base(request, view)}/runs/{run.id}",
        "run_attempt": job.run_attempt,
        "node_id": node_id("CheckRun", view.identity, job.id),
        "head_sha": run.head_sha,
        "url": url,
        "html_url": f"{view.url}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": instant(job.created_at),
        "started_at": instant(job.started_at),
        "completed_at": instant(job.completed_at),
        "name": job.name,
        "steps": [],
        "check_run_url": f"{request.base_url}/repos/{view.name_with_owner}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": None,
        "runner_name": None,
        "runner_group_id": None,
        "runner_group_name": None,
    }


def _base(request: Request, view: RepositoryView) -> str:
    return f"{request.base_url}/repos/{view.name_with_owner}/actions"


def _title(view: RepositoryView, run: WorkflowRun) -> str:
    """What GitHub shows of a run: its `run-name`, else the first line of its commit's message."""
    if run.title is not None:
        return run.title
    head = view.commits.get(run.head_sha)
    return head.message.partition("\n")[0] if head else ""


def _head_commit(view: RepositoryView, run: WorkflowRun) -> dict[str, Any] | None:
    head = view.commits.get(run.head_sha)
    if head is None:
        return None
    author = {"name": head.author_login, "email": ""}
    return {
        "id": head.sha,
        "message": head.message,
        "timestamp": instant(head.committed_at),
        "author": author,
        "committer": {"name": "GitHub", "email": "noreply@github.com"},
    }


def _short_repository(request: Request, view: RepositoryView) -> dict[str, Any]:
    """The repository as runs show it: without its dates."""
    repository = view.repository
    return {
        "id": repository.database_id,
        "node_id": node_id("Repository", view.identity),
        "name": repository.name,
        "full_name": view.name_with_owner,
        "private": repository.is_private,
        "owner": {**(account(request, view.owner) or {}), "type": "Organization"},
        "html_url": view.url,
        "fork": repository.is_fork,
        "url": f"{request.base_url}/repos/{view.name_with_owner}",
    }
