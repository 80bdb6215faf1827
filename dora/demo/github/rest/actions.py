"""Answers REST requests for workflows, their runs, the attempts of a run and their jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from dora.demo.github import search
from dora.demo.github.messages import Request, Response, json_response, problem
from dora.demo.github.rest.pagination import linked, page_of
from dora.demo.github.rest.runs import as_job, as_run, as_workflow
from dora.demo.github.views import RepositoryView, number
from dora.demo.organization.model import RunAttempt, WorkflowRun

#: Answers a request for what one repository has, from the parts of its address.
ActionsHandler = Callable[[Request, RepositoryView, Mapping[str, str]], Response]
SEARCHED_MAXIMUM = 1000  #: GitHub gives out no more runs of a list with one of the filters

_FILTERS: dict[str, Callable[[WorkflowRun, str], bool]] = {
    "actor": lambda run, given: run.actor == given,
    "branch": lambda run, given: run.head_branch == given,
    "check_suite_id": lambda run, given: str(number(f"suite {run.id}")) == given,
    "created": lambda run, given: search.in_range(run.created_at, given),
    "event": lambda run, given: run.event == given,
    "head_sha": lambda run, given: run.head_sha == given,
    "status": lambda run, given: given in {run.attempts[-1].status, run.attempts[-1].conclusion},
}


def _workflows(request: Request, view: RepositoryView, _: Mapping[str, str]) -> Response:
    """A page of workflows, in the order of their ids."""
    found = sorted(view.repository.workflows, key=lambda one: one.id)
    return _listed(request, "workflows", found, lambda one: as_workflow(request, view, one))


def _workflow(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    found = view.workflow(unquote(match["workflow"]))
    if found is None:
        return problem(404, "Not Found")
    return replace(json_response(as_workflow(request, view, found)), served=1)


def _workflow_runs(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    found = view.workflow(unquote(match["workflow"]))
    if found is None:
        return problem(404, "Not Found")
    runs = [run for run in view.repository.runs if run.workflow_id == found.id]
    return _searched(request, view, runs)


def _runs(request: Request, view: RepositoryView, _: Mapping[str, str]) -> Response:
    return _searched(request, view, view.repository.runs)


def _searched(request: Request, view: RepositoryView, runs: Sequence[WorkflowRun]) -> Response:
    """A page of runs, newest first, each as its latest attempt left it.

    The count is that of all that fit; of a list with a filter no more than a thousand are shown.
    """
    asked = {name: request.query[name] for name in _FILTERS if name in request.query}
    try:
        found = [
            run for run in runs if all(_FILTERS[name](run, given) for name, given in asked.items())
        ]
    except ValueError:
        return problem(422, "Validation Failed", errors=[{"field": "created", "code": "invalid"}])
    found.sort(key=lambda run: (run.created_at, run.id), reverse=True)
    return _listed(
        request,
        "workflow_runs",
        found,
        lambda run: as_run(request, view, run, run.attempts[-1], own=False),
        SEARCHED_MAXIMUM if asked else None,
    )


def _run(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    run = view.runs.get(int(match["run"]))
    if run is None:
        return problem(404, "Not Found")
    body = as_run(request, view, run, run.attempts[-1], own=False)
    return replace(json_response(body), served=1)


def _attempt(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    run, attempt = _found(view, match)
    if run is None or attempt is None:
        return problem(404, "Not Found")
    return replace(json_response(as_run(request, view, run, attempt, own=True)), served=1)


def _attempt_jobs(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    run, attempt = _found(view, match)
    if run is None or attempt is None:
        return problem(404, "Not Found")
    return _listed(request, "jobs", attempt.jobs, lambda job: as_job(request, view, run, job))


def _run_jobs(request: Request, view: RepositoryView, match: Mapping[str, str]) -> Response:
    """The latest attempt's jobs; with `filter=all` every job of every attempt, each once."""
    run = view.runs.get(int(match["run"]))
    if run is None:
        return problem(404, "Not Found")
    jobs = run.attempts[-1].jobs
    if request.query.get("filter") == "all":
        jobs = tuple({job.id: job for one in run.attempts for job in one.jobs}.values())
    return _listed(request, "jobs", jobs, lambda job: as_job(request, view, run, job))


def _found(
    view: RepositoryView, match: Mapping[str, str]
) -> tuple[WorkflowRun | None, RunAttempt | None]:
    run = view.runs.get(int(match["run"]))
    attempts = run.attempts if run else ()
    wanted = int(match["attempt"])
    return run, next((one for one in attempts if one.number == wanted), None)


def _listed(
    request: Request,
    name: str,
    rows: Sequence[Any],
    show: Callable[[Any], Any],
    maximum: int | None = None,
) -> Response:
    """One page of *rows* under *name*, beside the count of all; *maximum* can be reached."""
    page, size = page_of(request)
    reached = rows[:maximum]
    shown = [show(row) for row in reached[(page - 1) * size : page * size]]
    response = json_response({"total_count": len(rows), name: shown})
    last = max(1, -(-len(reached) // size))
    return linked(request, replace(response, served=len(shown)), page, last)


#: below `/repos/{owner}/{repo}/actions`
ROUTES: tuple[tuple[str, ActionsHandler], ...] = (
    (r"/workflows", _workflows),
    (r"/workflows/(?P<workflow>[^/]+)", _workflow),
    (r"/workflows/(?P<workflow>[^/]+)/runs", _workflow_runs),
    (r"/runs", _runs),
    (r"/runs/(?P<run>\d+)", _run),
    (r"/runs/(?P<run>\d+)/jobs", _run_jobs),
    (r"/runs/(?P<run>\d+)/attempts/(?P<attempt>\d+)", _attempt),
    (r"/runs/(?P<run>\d+)/attempts/(?P<attempt>\d+)/jobs", _attempt_jobs),
)
