"""Turns what GitHub tells of one repository at first sight into the rows of a look."""

from collections.abc import Callable
from typing import Any

from dora.collect.github.pagination import distinct
from dora.collect.repository.deployment_record import parse_instant
from dora.model.first_look import (
    RepositoryLook,
    SeenDeployment,
    SeenPage,
    SeenRelease,
    SeenRequest,
    SeenRun,
    SeenTag,
    SeenWorkflow,
)


def read_look(name: str, node: dict[str, Any]) -> RepositoryLook:
    """What the query about one repository tells."""
    branch = node.get("defaultBranchRef") or {}
    history = (branch.get("target") or {}).get("history")
    return RepositoryLook(
        name=name,
        branch=branch.get("name") or "",
        is_fork=bool(node.get("isFork")),
        deployments=_page(_deployments(node), _deployment),
        releases=_page(node.get("releases"), _release),
        tags=_page(node.get("refs"), _tag),
        commits=_page(history, lambda one: parse_instant(one["committedDate"])),
        requests=_page(node.get("pullRequests"), _request),
        labels=tuple(one["name"] for one in (node.get("labels") or {}).get("nodes") or [] if one),
    )


def _deployments(node: dict[str, Any]) -> dict[str, Any] | None:
    """The newest deployments, and those to production that are older than these."""
    newest, named = node.get("deployments"), node.get("production")
    if not newest or not named:
        return newest
    nodes = distinct([*(newest["nodes"] or []), *(named["nodes"] or [])], "databaseId")
    return {**newest, "nodes": nodes}


def _page(
    connection: dict[str, Any] | None, read: Callable[[dict[str, Any]], Any]
) -> SeenPage[Any]:
    """The rows of a connection; what *read* gives None for is left out."""
    if not connection:
        return SeenPage()
    rows = [read(one) for one in connection["nodes"] or [] if one]
    return SeenPage(
        tuple(one for one in rows if one is not None), bool(connection["pageInfo"]["hasNextPage"])
    )


def _deployment(node: dict[str, Any]) -> SeenDeployment:
    return SeenDeployment(
        environment=node["environment"] or "",
        created_at=parse_instant(node["createdAt"]),
        state=node["state"] or "",
        task=node["task"] or "",
        creator=(node["creator"] or {}).get("login") or "",
        description=node["description"] or "",
        payload=node["payload"],
    )


def _release(node: dict[str, Any]) -> SeenRelease | None:
    if node["isDraft"] or not node["publishedAt"]:
        return None
    return SeenRelease(node["tagName"], parse_instant(node["publishedAt"]), node["isPrerelease"])


def _tag(node: dict[str, Any]) -> SeenTag:
    target = node["target"] or {}
    own = (target.get("tagger") or {}).get("date") or target.get("committedDate")
    at = own or (target.get("target") or {}).get("committedDate")
    return SeenTag(node["name"], at and parse_instant(at))


def _request(node: dict[str, Any]) -> SeenRequest:
    return SeenRequest(parse_instant(node["mergedAt"]), node["baseRefName"], node["headRefName"])


def read_workflow(workflow: dict[str, Any], answer: dict[str, Any] | None) -> SeenWorkflow:
    """A workflow as the list of them has it, with a page of its runs if these were asked for."""
    if answer is None:
        return SeenWorkflow(str(workflow["name"]), file_of(workflow))
    runs = tuple(
        SeenRun(str(one.get("event") or ""), one.get("conclusion"))
        for one in answer.get("workflow_runs") or []
    )
    total = int(answer.get("total_count") or 0)
    page = SeenPage(runs, total > len(runs))
    return SeenWorkflow(str(workflow["name"]), file_of(workflow), runs=page, total=total)


def file_of(workflow: dict[str, Any]) -> str:
    """The name of a workflow's file, without its folder."""
    return str(workflow.get("path") or "").rpartition("/")[2]
