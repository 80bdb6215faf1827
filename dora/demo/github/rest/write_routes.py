"""Answers REST requests that a workflow sends: deployments, statuses, issues, comments."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dora.demo.github.messages import FORBIDDEN_TO_APPS, Request, Response, problem
from dora.demo.github.rest import deployments, issues
from dora.demo.github.views import RepositoryView
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Organization, Repository

#: A repository after a write; None for a read or a refusal.
Outcome = tuple[Response, Repository | None]
RouteHandler = Callable[[Request, RepositoryView, Mapping[str, str], datetime], Outcome]


@dataclass(frozen=True)
class WriteResult:
    """An answer; *organization* is what it leaves behind, None where nothing changed."""

    response: Response
    organization: Organization | None = None


def answer(request: Request, here: VisibleOrganization, now: datetime) -> WriteResult | None:
    """The answer to a request at *now*; None for one that is none of a workflow's."""
    for method, pattern, handle in _ROUTES:
        match = pattern.fullmatch(request.path)
        if match is None or method != request.method:
            continue
        view = here.view(match["owner"], match["name"], follow=False)
        if view is None:
            return WriteResult(problem(404, "Not Found"))
        if here.denial(view) is not None:
            return WriteResult(problem(403, FORBIDDEN_TO_APPS))
        if view.repository.is_archived and method != "GET":
            return WriteResult(problem(403, "Repository was archived so is read-only."))
        response, repository = handle(request, view, match.groupdict(), now)
        if repository is None:
            return WriteResult(response)
        return WriteResult(response, _with(here.organization, repository, now))
    return None


def _with(organization: Organization, changed: Repository, now: datetime) -> Organization:
    """The organization with one repository replaced, at *now* at the earliest."""
    repositories: list[Any] = [
        changed if one.name == changed.name else one for one in organization.repositories
    ]
    return replace(organization, now=max(now, organization.now), repositories=tuple(repositories))


_REPOSITORY = r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_ROUTES: list[tuple[str, "re.Pattern[str]", RouteHandler]] = [
    (method, re.compile(_REPOSITORY + pattern), handler)
    for method, pattern, handler in (
        ("POST", r"/deployments", deployments.create),
        ("POST", r"/deployments/(?P<id>\d+)/statuses", deployments.create_status),
        ("GET", r"/issues", issues.listed),
        ("POST", r"/issues", issues.create),
        ("GET", r"/issues/(?P<number>\d+)", issues.shown),
        ("PATCH", r"/issues/(?P<number>\d+)", issues.edit),
        ("GET", r"/issues/(?P<number>\d+)/comments", issues.comments),
        ("POST", r"/issues/(?P<number>\d+)/comments", issues.comment),
        ("PATCH", r"/issues/comments/(?P<id>\d+)", issues.edit_comment),
    )
]
