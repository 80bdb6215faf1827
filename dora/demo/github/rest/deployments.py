"""Creates deployments and their statuses over REST, as a workflow does, by GitHub's rules."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dora.demo.github import git, views
from dora.demo.github.messages import Request, Response, json_response, problem
from dora.demo.github.rest.serializers import as_deployment, as_status
from dora.demo.github.views import RepositoryView
from dora.demo.organization.model import Deployment, Repository, Status

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
DESCRIPTION_MAXIMUM = 140  #: characters of a status's description
NAME_MAXIMUM = 255  #: characters of an environment's name
ACTOR = "github-actions[bot]"

_ADDRESS = re.compile(r"https?://[^\s/]+(?:/\S*)?")


def create(
    request: Request, view: RepositoryView, _: Mapping[str, str], now: datetime
) -> tuple[Response, Repository | None]:
    """File a deployment: 201, or 202 where GitHub merged the default branch instead."""
    body = request.body
    refused = _refused(body)
    if refused is not None:
        return refused, None
    ref = str(body["ref"])
    sha = view.resolve(ref)
    if sha is None:
        return problem(422, f"No ref found for: {ref}"), None
    if body.get("auto_merge", True) and _is_behind(view, ref, sha):
        message = f"Auto-merged {view.repository.default_branch} into {ref} on deployment."
        return json_response({"message": message}, 202), None
    environment = str(body.get("environment") or "production")
    payload = body.get("payload") or {}
    production = body.get("production_environment")
    made = Deployment(
        id=_next_id(view),
        sha=sha,
        environment=environment,
        created_at=now,
        ref=ref,
        task=str(body.get("task") or "deploy"),
        payload=json.dumps(payload),
        description=body.get("description") or None,
        creator=ACTOR,
        production_environment=(
            environment == "production" if production is None else bool(production)
        ),
        transient_environment=bool(body.get("transient_environment", False)),
    )
    changed = replace(view.repository, deployments=(*view.repository.deployments, made))
    return json_response(as_deployment(request, view, made), 201), changed


def create_status(
    request: Request, view: RepositoryView, match: Mapping[str, str], now: datetime
) -> tuple[Response, Repository | None]:
    """File a status; a success makes what it replaces inactive, unless `auto_inactive` is false."""
    found = view.deployments.get(int(match["id"]))
    if found is None:
        return problem(404, "Not Found"), None
    body = request.body
    if body.get("state") not in STATES:
        return _invalid("DeploymentStatus", "state", "State is not included in the list"), None
    if len(str(body.get("description") or "")) > DESCRIPTION_MAXIMUM:
        text = f"description is too long (maximum is {DESCRIPTION_MAXIMUM} characters)"
        return _invalid("DeploymentStatus", "description", text), None
    for name in ("environment_url", "log_url", "target_url"):
        if body.get(name) and not _ADDRESS.fullmatch(str(body[name])):
            return _invalid("DeploymentStatus", name, f"{name} must use http(s) scheme"), None
    made = Status(
        state=str(body["state"]),
        created_at=now,
        log_url=body.get("log_url") or body.get("target_url") or None,
        environment=body.get("environment") or None,
        environment_url=body.get("environment_url") or None,
        creator=ACTOR,
        description=str(body.get("description") or ""),
    )
    filed = replace(found, statuses=(*found.statuses, made))
    superseded = made.state == "success" and body.get("auto_inactive", True)
    deployments = tuple(
        filed if one.id == filed.id else _inactive(one, filed, now) if superseded else one
        for one in view.repository.deployments
    )
    changed = replace(view.repository, deployments=deployments)
    shown = RepositoryView(view.owner, changed, now)
    return json_response(as_status(request, shown, filed, len(filed.statuses) - 1), 201), changed


def _inactive(one: Deployment, newer: Deployment, now: datetime) -> Deployment:
    """A deployment that *newer* has replaced: GitHub marks it, unless it is exempt."""
    last = views.latest_status(one)
    same = views.environment(one).casefold() == views.environment(newer).casefold()
    exempt = one.transient_environment or one.production_environment
    if not same or exempt or last is None or last.state != "success":
        return one
    return replace(one, statuses=(*one.statuses, Status("inactive", now)))


def _refused(body: Mapping[str, Any]) -> Response | None:
    """Why GitHub takes no such deployment; None where it does."""
    if not body.get("ref"):
        return _invalid("Deployment", "ref", "ref can't be blank")
    if len(str(body.get("environment") or "")) > NAME_MAXIMUM:
        text = f"environment is too long (maximum is {NAME_MAXIMUM} characters)"
        return _invalid("Deployment", "environment", text)
    return None


def _is_behind(view: RepositoryView, ref: str, sha: str) -> bool:
    """Whether *ref* is a branch that lacks commits of the default branch."""
    head = view.repository.head
    if (
        head is None
        or f"refs/heads/{ref}" not in view.refs
        or ref == view.repository.default_branch
    ):
        return False
    return bool(git.compare(view.commits, sha, head)[0])


def _next_id(view: RepositoryView) -> int:
    """An id that no deployment of the repository has."""
    return max(view.deployments, default=view.repository.database_id * 1000) + 1


def _invalid(resource: str, field: str, message: str) -> Response:
    """What GitHub answers to a field that it does not take."""
    wrong = {"resource": resource, "code": "custom", "field": field, "message": message}
    return problem(422, "Validation Failed", errors=[wrong])
