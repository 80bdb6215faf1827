"""A deployment as read from GitHub."""

from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any

from dora.errors import CannotRead
from dora.model.exclusions import BOT, Filed
from dora.model.outcome_rules import StatusRecord


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment as read from its source (D8), its statuses unsorted.

    Where it is no Deployment of GitHub's, `id` is a number that is unique in the repository and
    orders them as their names do; the tables get smaller ones in the same order.
    """

    id: int
    sha: str
    committed_at: datetime | None  #: date of its commit; None if GitHub no longer has it (LT10)
    environment: str
    task: str
    payload: str | None
    created_at: datetime
    statuses: tuple[StatusRecord, ...]
    creator: str | None = None  #: with `[bot]` for an App, as REST spells it
    description: str | None = None
    ref: str | None = None  #: None where nobody asked REST for it
    source: str = "deployments"  #: the kind of its source
    entry: int = 0  #: position of its entry in `[[sources]]`, from 1; 0 where none was needed
    name: str | None = None  #: what it is called, `releases:v1.2`; None if by its number
    url: str | None = None  #: its page; None where its statuses tell

    @property
    def filed(self) -> Filed:
        """What it says of itself (D9)."""
        return Filed(self.environment, self.task, self.creator, self.description, self.ref)


def read_deployment(node: dict[str, Any]) -> DeploymentRecord:
    """The deployment of a GraphQL *node*; raises CannotRead if it has no number."""
    if node["databaseId"] is None:
        raise CannotRead("GitHub gives no number for one of its deployments")
    return DeploymentRecord(
        id=node["databaseId"],
        sha=node["commitOid"],
        committed_at=node["commit"] and parse_instant(node["commit"]["committedDate"]),
        environment=intern(node["environment"] or ""),
        task=intern(node["task"] or ""),
        payload=node["payload"],
        created_at=parse_instant(node["createdAt"]),
        statuses=tuple(
            dict.fromkeys(
                StatusRecord(
                    intern(one["state"].lower()),
                    parse_instant(one["createdAt"]),
                    one["logUrl"],
                    one["description"] or None,
                )
                for one in node["statuses"]["nodes"]
                if one
            )
        ),
        creator=_login(node["creator"]),
        description=node["description"] or None,
    )


def _login(creator: dict[str, Any] | None) -> str | None:
    """The login of an actor as REST spells it; None for one that was deleted."""
    if creator is None:
        return None
    return intern(creator["login"] + (BOT if creator["__typename"] == "Bot" else ""))


def parse_instant(text: str) -> datetime:
    """The UTC instant that GitHub's ISO 8601 text names."""
    return datetime.fromisoformat(text)
