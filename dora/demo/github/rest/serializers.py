"""Writes the organization's records as GitHub's REST API does: a function for each kind."""

import json
from collections.abc import Sequence
from typing import Any

from dora.demo.github import git, search, views
from dora.demo.github.messages import Request
from dora.demo.github.views import RepositoryView, instant, node_id, number
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Deployment, PullRequest, Team


def account(request: Request, login: str | None) -> dict[str, Any] | None:
    """An account: bots keep their `[bot]` here."""
    if login is None:
        return None
    kind = "Bot" if login.endswith("[bot]") else "User"
    url = f"{request.base_url}/users/{login}"
    return {"login": login, "id": number(login), "type": kind, "url": url}


def as_organization(request: Request, here: VisibleOrganization) -> dict[str, Any]:
    """An organization."""
    login = here.organization.login
    return {
        "login": login,
        "id": number(login),
        "url": f"{request.base_url}/orgs/{login}",
        "repos_url": f"{request.base_url}/orgs/{login}/repos",
        "type": "Organization",
    }


def as_repository(
    request: Request, view: RepositoryView, permission: str | None = None
) -> dict[str, Any]:
    """A repository; with *permission* as a team's."""
    repository = view.repository
    shown = {
        "id": repository.database_id,
        "node_id": node_id("Repository", view.identity),
        "name": repository.name,
        "full_name": view.name_with_owner,
        "private": repository.is_private,
        "visibility": "private" if repository.is_private else "public",
        "owner": {**(account(request, view.owner) or {}), "type": "Organization"},
        "html_url": view.url,
        "url": f"{request.base_url}/repos/{view.name_with_owner}",
        "fork": repository.is_fork,
        "archived": repository.is_archived,
        "disabled": False,
        "default_branch": repository.default_branch,
        "topics": list(repository.topics),
        "created_at": instant(repository.created_at),
        "updated_at": instant(view.pushed_at or repository.created_at),
        "pushed_at": instant(view.pushed_at or repository.created_at),
    }
    if permission is None:
        return shown
    order = ("pull", "triage", "push", "maintain", "admin")
    rank = order.index({"read": "pull", "write": "push"}.get(permission, permission))
    allowed = {name: at <= rank for at, name in enumerate(order)}
    return {**shown, "role_name": permission, "permissions": allowed}


def as_team(request: Request, here: VisibleOrganization, team: Team) -> dict[str, Any]:
    """A team; its own address has numbers, as GitHub's."""
    login = here.organization.login
    return {
        "id": number(team.slug),
        "slug": team.slug,
        "name": team.name,
        "url": f"{request.base_url}/organizations/{number(login)}/team/{number(team.slug)}",
        "repositories_url": (f"{request.base_url}/orgs/{login}/teams/{team.slug}/repos"),
    }


def as_deployment(request: Request, view: RepositoryView, deployment: Deployment) -> dict[str, Any]:
    """A deployment; the payload is an object, or a string where it was made of one."""
    url = f"{request.base_url}/repos/{view.name_with_owner}/deployments/{deployment.id}"
    return {
        "url": url,
        "id": deployment.id,
        "node_id": node_id("Deployment", view.identity, deployment.id),
        "task": deployment.task,
        "original_environment": deployment.environment,
        "environment": views.environment(deployment),
        "description": deployment.description,
        "created_at": instant(deployment.created_at),
        "updated_at": instant(views.updated_at(deployment)),
        "statuses_url": f"{url}/statuses",
        "repository_url": f"{request.base_url}/repos/{view.name_with_owner}",
        "creator": account(request, deployment.creator),
        "sha": deployment.sha,
        "ref": deployment.ref,
        "payload": _payload(deployment.payload),
        "transient_environment": deployment.transient_environment,
        "production_environment": deployment.production_environment,
    }


def as_status(
    request: Request, view: RepositoryView, deployment: Deployment, at: int
) -> dict[str, Any]:
    """A deployment's status at that place."""
    status = deployment.statuses[at]
    base = f"{request.base_url}/repos/{view.name_with_owner}"
    renamed = [one.environment for one in deployment.statuses[: at + 1] if one.environment]
    identity = deployment.id * 100 + at
    return {
        "url": f"{base}/deployments/{deployment.id}/statuses/{identity}",
        "id": identity,
        "node_id": node_id("DeploymentStatus", view.identity, deployment.id, at),
        "state": status.state,
        "creator": account(request, status.creator),
        "description": status.description,
        "environment": renamed[-1] if renamed else deployment.environment,
        "target_url": status.log_url or "",
        "created_at": instant(status.created_at),
        "updated_at": instant(status.created_at),
        "deployment_url": f"{base}/deployments/{deployment.id}",
        "repository_url": base,
        "environment_url": status.environment_url or "",
        "log_url": status.log_url or "",
    }


def as_commit(request: Request, view: RepositoryView, sha: str) -> dict[str, Any]:
    """A commit."""
    commit = view.commits[sha]
    base = f"{request.base_url}/repos/{view.name_with_owner}/commits"
    author = {"name": commit.author_login, "email": "", "date": instant(commit.authored_at)}
    committer = {"name": "GitHub", "email": "", "date": instant(commit.committed_at)}
    return {
        "sha": sha,
        "node_id": node_id("Commit", view.identity, sha),
        "url": f"{base}/{sha}",
        "html_url": f"{view.url}/commit/{sha}",
        "commit": {"author": author, "committer": committer, "message": commit.message},
        "author": account(request, commit.author_login),
        "committer": account(request, "web-flow"),
        "parents": [{"sha": parent, "url": f"{base}/{parent}"} for parent in commit.parents],
    }


def as_comparison(
    request: Request,
    view: RepositoryView,
    ends: tuple[str, str, str],
    counts: tuple[int, int],
    shown: Sequence[str],
) -> dict[str, Any]:
    """A comparison: *ends* are base, head and merge base, *counts* ahead and behind."""
    base, head, merge_base = ends
    return {
        "url": f"{request.base_url}/repos/{view.name_with_owner}/compare/{base}...{head}",
        "base_commit": as_commit(request, view, base),
        "merge_base_commit": as_commit(request, view, merge_base),
        "status": git.comparison_status(*counts),
        "ahead_by": counts[0],
        "behind_by": counts[1],
        "total_commits": counts[0],
        "commits": [as_commit(request, view, sha) for sha in shown],
        "files": [],
    }


def as_pull_request(request: Request, view: RepositoryView, one: PullRequest) -> dict[str, Any]:
    """A pull request."""
    closed = one.closed_at or one.merged_at
    base = f"{request.base_url}/repos/{view.name_with_owner}"
    return {
        "url": f"{base}/pulls/{one.number}",
        "id": view.repository.database_id * 10_000 + one.number,
        "number": one.number,
        "state": "closed" if closed else "open",
        "title": one.title,
        "user": account(request, one.author_login),
        "created_at": instant(one.created_at),
        "updated_at": instant(search.updated_at(one)),
        "closed_at": instant(closed),
        "merged_at": instant(one.merged_at),
        "merge_commit_sha": one.merge_commit_sha,
        "merged": one.merged_at is not None,
        "draft": False,
        "labels": [_label(base, view, label) for label in one.labels],
        "base": {"ref": one.base_ref},
        "head": {"ref": one.head_ref, "sha": one.commits[-1] if one.commits else None},
        "commits": len(one.commits),
    }


def _label(base: str, view: RepositoryView, name: str) -> dict[str, Any]:
    identity = view.labels[name.casefold()].number
    return {
        "id": identity,
        "node_id": node_id("Label", view.identity, identity),
        "name": name,
        "url": f"{base}/labels/{name}",
    }


def _payload(text: str | None) -> Any:
    """The payload of a deployment: an object where there is none, as the recorded answers show."""
    if text is None:
        return {}
    try:
        return json.loads(text)
    except ValueError:
        return text
