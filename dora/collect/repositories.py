"""An organization in, its repositories out: what each is, and whether there is anything to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dora.collect.answers import Answer
from dora.collect.client import Client, pages
from dora.collect.deployments import parse_instant
from dora.errors import CannotRead


@dataclass(frozen=True)
class Found:
    """A repository as the listing tells of it."""

    name: str
    url: str
    archived_at: datetime | None
    is_empty: bool
    head: str | None = None  #: newest commit of the default branch
    head_at: datetime | None = None  #: its committer's date
    newest_deployment_at: datetime | None = None
    unreadable: str | None = None  #: why, where the listing itself was refused


def list_repositories(client: Client, organization: str) -> Iterator[Found]:
    """Every repository of the organization, by name; CannotRead when there is no such one.

    Where the probe for deployments is refused for some, their names are asked for alone.
    """

    def ask(cursor: str | None) -> dict[str, Any]:
        answer = client.ask("repositories", org=organization, after=cursor, probe=True)
        connection = _connection(answer, organization)
        if any(node is None for node in connection["nodes"]):
            names = client.ask("repositories", org=organization, after=cursor, probe=False)
            known = _connection(names, organization)["nodes"]
            told = {node["name"]: node for node in connection["nodes"] if node}
            reasons = _reasons(answer)
            connection["nodes"] = [
                told.get(node["name"], {**node, "unreadable": reasons.get(place, answer.message)})
                for place, node in enumerate(known)
                if node
            ]
        return connection

    for node in pages(ask):
        yield _found(node)


def _connection(answer: Answer, organization: str) -> dict[str, Any]:
    found = answer.data.get("organization")
    if not isinstance(found, dict):
        raise CannotRead(
            f"the organization {organization!r} cannot be read: {answer.message or 'not found'}",
            "Check its name (an old name is not followed after renaming), and that the token may "
            "see it.",
        )
    connection: dict[str, Any] = found["repositories"]
    return connection


def _reasons(answer: Answer) -> dict[int, str]:
    """Why a repository of the page is missing, by its place in it."""
    reasons = {}
    for error in answer.errors:
        path = error.get("path") or []
        if len(path) > 3 and path[2] == "nodes" and isinstance(path[3], int):  # noqa: PLR2004  # organization.repositories.nodes.N
            reasons[path[3]] = str(error.get("message", ""))
    return reasons


def _found(node: dict[str, Any]) -> Found:
    head = (node.get("defaultBranchRef") or {}).get("target") or {}
    newest = [one for one in (node.get("deployments") or {}).get("nodes") or [] if one]
    archived_at = node["archivedAt"] and parse_instant(node["archivedAt"])
    if node["isArchived"] and archived_at is None:
        # Archived before GitHub kept the date: before any window.
        archived_at = parse_instant("1970-01-01T00:00:00Z")
    return Found(
        name=node["name"],
        url=node["url"],
        archived_at=archived_at,
        is_empty=node["isEmpty"],
        head=head.get("oid"),
        head_at=parse_instant(head["committedDate"]) if "committedDate" in head else None,
        newest_deployment_at=parse_instant(newest[0]["createdAt"]) if newest else None,
        unreadable=node.get("unreadable"),
    )
