"""Lists the repositories of an organization, and what decides whether to read each of them."""

from collections.abc import AsyncGenerator
from math import inf
from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.pagination import next_cursor
from dora.collect.github.responses import QueryResult
from dora.collect.records import ListedRepository
from dora.collect.repository.deployment_record import parse_instant
from dora.errors import CannotRead

#: How often a page is read if the list changes between the page and its list of names.
TRIES = 3


async def list_repositories(
    client: Client, organization: str, *, probe: bool = True
) -> AsyncGenerator[ListedRepository, None]:
    """Every repository of the organization, oldest first; *probe* asks for Deployments, too.

    The order of creation never changes, so a repository that is renamed meanwhile is neither missed
    nor listed twice. If GitHub refuses the probe for deployments of some repositories, their names
    are read without it. A repository that came with an error is unreadable. Raises CannotRead if
    the organization does not exist and, after all others were listed, if some repositories could
    not even be named.
    """
    seen: set[object] = set()
    nameless: list[str] = []
    cursor: str | None = None
    while True:
        connection = await _page(client, organization, cursor, probe=probe)
        for node in connection["nodes"]:
            key = node.get("databaseId") or node.get("name")
            if "name" not in node:
                nameless.append(node["unreadable"])
            elif key not in seen:
                seen.add(key)
                yield _found(node)
        if not connection["pageInfo"]["hasNextPage"]:
            break
        cursor = next_cursor(connection, cursor)
    if nameless:
        raise CannotRead(f"{len(nameless)} of them cannot even be named: {nameless[0]}")


async def _page(
    client: Client, organization: str, cursor: str | None, *, probe: bool
) -> dict[str, Any]:
    """A page of the list; an unreadable repository has the reason in its key `unreadable`.

    Where only its Deployments cannot be read, the reason is in `refusedDeployments`.
    """
    for _ in range(TRIES):
        result = await client.ask(
            "repositories", rank=inf, org=organization, after=cursor, probe=probe
        )
        connection = _connection(result, organization)
        nodes = connection["nodes"]
        names: list[dict[str, Any] | None] = nodes
        if any(node is None for node in nodes):
            names = await _names(client, organization, cursor, len(nodes))
        if all(map(_is_same, nodes, names)):
            break
    else:
        raise CannotRead("the list of repositories changes faster than it can be read")
    reasons, refused = _reasons(result)
    connection["nodes"] = [
        {**name, **_why(node or name, reasons.get(index), refused.get(index), result.message)}
        if node is None or index in reasons or index in refused
        else node
        for index, (node, name) in enumerate(zip(nodes, names, strict=True))
        if name is not None  # None if it was deleted meanwhile
    ]
    return connection


def _why(
    node: dict[str, Any], reason: str | None, refused: str | None, message: str
) -> dict[str, str]:
    """Why a repository, or only its Deployments, cannot be read."""
    reason = reason or node.get("unreadable")
    if reason is None and refused is not None and "name" in node:
        return {"refusedDeployments": refused}
    return {"unreadable": reason or refused or message or "GitHub gives nothing"}


def _is_same(node: dict[str, Any] | None, name: dict[str, Any] | None) -> bool:
    """Whether *name* can be the repository *node*; one that GitHub refused can be any."""
    return node is None or (name or {}).get("databaseId") == node["databaseId"]


async def _names(
    client: Client, organization: str, cursor: str | None, count: int
) -> list[dict[str, Any] | None]:
    """The next *count* repositories after *cursor*, read without the probe, in one page or more.

    They are in the same order as with the probe, unless one was deleted meanwhile. A repository
    that GitHub does not even name is an empty mapping, one that it refuses has the reason in its
    key `unreadable`; None fills up after the end of the list.
    """
    found: list[dict[str, Any] | None] = []
    while len(found) < count:
        result = await client.ask(
            "repositories", rank=inf, org=organization, after=cursor, probe=False
        )
        connection = _connection(result, organization)
        reasons, _ = _reasons(result)
        found += [
            {**(node or {}), "unreadable": reasons[index]} if index in reasons else node or {}
            for index, node in enumerate(connection["nodes"])
        ]
        cursor = connection["pageInfo"]["endCursor"]
        if not connection["pageInfo"]["hasNextPage"]:
            found += [None] * count
    return found[:count]


def _connection(result: QueryResult, organization: str) -> dict[str, Any]:
    found = result.data.get("organization")
    if not isinstance(found, dict):
        raise CannotRead(
            f"the organization {organization!r} cannot be read: {result.message or 'not found'}",
            "Check its name (an old name is not followed after renaming), and that the token may "
            "see it.",
        )
    connection: Any = found.get("repositories")
    is_whole = isinstance(connection, dict) and isinstance(connection.get("nodes"), list)
    if not is_whole or not connection.get("pageInfo") or not _is_about_nodes(result):
        raise CannotRead(
            f"the repositories of {organization!r} cannot be listed: "
            f"{result.message or 'GitHub gives none'}",
            "Check that the token may see the organization's repositories, then run it again.",
        )
    return dict(connection)


def _is_about_nodes(result: QueryResult) -> bool:
    """Whether each error is about one repository: any other may hide further repositories."""
    paths = [error.get("path") or ["organization"] for error in result.errors]
    return all(path[0] != "organization" or path[2:3] == ["nodes"] for path in paths)


def _reasons(result: QueryResult) -> tuple[dict[int, str], dict[int, str]]:
    """Why repositories of the page, and why only Deployments of some, are missing, by index."""
    reasons: dict[int, str] = {}
    refused: dict[int, str] = {}
    for error in result.errors:
        path = error.get("path") or []
        if path[2:3] == ["nodes"] and isinstance(next(iter(path[3:4]), None), int):
            own = refused if path[4:5] == ["deployments"] else reasons
            own[path[3]] = str(error.get("message", ""))
    return reasons, refused


def _found(node: dict[str, Any]) -> ListedRepository:
    branch = node.get("defaultBranchRef") or {}
    head = branch.get("target") or {}
    newest = [one for one in (node.get("deployments") or {}).get("nodes") or [] if one]
    archived_at = node["archivedAt"] and parse_instant(node["archivedAt"])
    if node["isArchived"] and archived_at is None:
        # Archived before GitHub recorded the date, so before any window.
        archived_at = parse_instant("1970-01-01T00:00:00Z")
    return ListedRepository(
        name=node["name"],
        url=node["url"],
        archived_at=archived_at,
        is_empty=node["isEmpty"],
        head=head.get("oid"),
        head_at=parse_instant(head["committedDate"]) if "committedDate" in head else None,
        newest_deployment_at=parse_instant(newest[0]["createdAt"]) if newest else None,
        unreadable=node.get("unreadable"),
        refused_deployments=node.get("refusedDeployments"),
        id=node.get("databaseId"),
        branch=branch.get("name"),
    )
