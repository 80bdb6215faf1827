"""One repository in, its deployments with all their statuses out, newest first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dora.collect.answers import Answer
from dora.collect.client import Client, pages
from dora.errors import CannotRead


@dataclass(frozen=True)
class Deployment:
    """One deployment as it was read; `statuses` are state, instant and log address, unsorted."""

    id: int
    sha: str
    committed_at: datetime | None  #: of its commit; None where GitHub no longer has it (LT10)
    environment: str
    task: str
    payload: str | None
    created_at: datetime
    statuses: tuple[tuple[str, datetime, str | None], ...]


@dataclass
class DeploymentList:
    """A repository's deployments, read page by page as far down as is asked for."""

    client: Client
    owner: str
    repository: str
    with_tags: bool = False
    tags: dict[str, Any] | None = None  #: the first page of tags, as it came
    read: list[Deployment] = field(default_factory=list)
    is_complete: bool = False
    _cursor: str | None = None

    def read_page(self) -> None:
        """Read the next page of older deployments; CannotRead says why not."""
        answer = self.client.ask(
            "deployments",
            owner=self.owner,
            name=self.repository,
            after=self._cursor,
            tags=self.with_tags and not self.read,
        )
        connection = find(answer, "repository", "deployments")
        self.tags = self.tags or find(answer, "repository").get("refs")
        self.read += [self._deployment(node) for node in connection["nodes"] if node]
        self.is_complete = not connection["pageInfo"]["hasNextPage"]
        self._cursor = connection["pageInfo"]["endCursor"]

    def read_since(self, instant: datetime) -> None:
        """Read on until every deployment created at or after *instant* is read (W3 (a))."""
        while not self.is_complete and (not self.read or self.read[-1].created_at >= instant):
            self.read_page()

    def _deployment(self, node: dict[str, Any]) -> Deployment:
        statuses = node["statuses"]["nodes"]
        page = node["statuses"]["pageInfo"]
        if page["hasNextPage"]:
            statuses = [*statuses, *self._more_statuses(node["id"], page["endCursor"])]
        if node["databaseId"] is None:
            raise CannotRead("GitHub gives no number for one of its deployments")
        return Deployment(
            id=node["databaseId"],
            sha=node["commitOid"],
            committed_at=node["commit"] and parse_instant(node["commit"]["committedDate"]),
            environment=node["environment"] or "",
            task=node["task"] or "",
            payload=node["payload"],
            created_at=parse_instant(node["createdAt"]),
            statuses=tuple(
                (one["state"].lower(), parse_instant(one["createdAt"]), one["logUrl"])
                for one in statuses
                if one
            ),
        )

    def _more_statuses(self, node_id: str, cursor: str) -> list[dict[str, Any]]:
        def ask(after: str | None) -> Any:
            answer = self.client.ask("statuses", id=node_id, after=after or cursor)
            return find(answer, "node", "statuses")

        return list(pages(ask))


def find(answer: Answer, *path: str) -> dict[str, Any]:
    """What stands at *path* of the answer's data; CannotRead tells why nothing does."""
    here: Any = answer.data
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        raise CannotRead(answer.message or "GitHub gives nothing for it: deleted or renamed?")
    if answer.errors:
        # What stands there may lack what an error took away: better no number than a wrong one.
        raise CannotRead(answer.message)
    return here


def parse_instant(text: str) -> datetime:
    """UTC instant of GitHub's ISO 8601 text."""
    return datetime.fromisoformat(text)
