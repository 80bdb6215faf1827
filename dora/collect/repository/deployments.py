"""Reads a repository's deployments with all their statuses, newest first."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from sys import intern
from typing import Any

from dora.collect.github import page_size
from dora.collect.github.pagination import next_cursor, read_pages
from dora.collect.repository.context import RepositoryContext, find
from dora.errors import CannotRead

#: How much more than expected is asked for, so that a page more is seldom needed.
RESERVE = 1.25


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
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
    """A repository's deployments, read page by page as far down as is asked for.

    With the first page comes what else there is to know of a repository: `beside`.
    """

    context: RepositoryContext
    with_tags: bool = False
    with_stamp: bool = False  #: whether the latest change of a merged request is asked for
    with_labels: bool = False  #: whether the labels that there are are asked for
    read: list[DeploymentRecord] = field(default_factory=list)
    beside: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False
    _cursor: str | None = None
    _ids: set[int] = field(default_factory=set)

    async def read_page(self, rows: int | None = None) -> None:
        """Read the next page of older deployments, so many; CannotRead says why not."""
        is_first = self._cursor is None
        result = await self.context.ask(
            "deployments",
            rows=rows,
            after=self._cursor,
            tags=self.with_tags and is_first,
            stamp=self.with_stamp and is_first,
            labels=self.with_labels and is_first,
        )
        # What is asked for the cache's sake alone may be refused: then nothing kept is of use.
        errors = tuple(error for error in result.errors if not _is_of_cache(error))
        found = find(replace(result, errors=errors), "repository")
        if found.pop("isEmpty", False):  # it was not when it was listed: no commit is known now
            raise CannotRead("it was emptied while it was read")
        connection = found.pop("deployments", None)
        if not isinstance(connection, dict):
            raise CannotRead("GitHub gives no deployments")
        if is_first:
            self.beside = found
        nodes = [node for node in connection["nodes"] if node]
        overflowing = [one for one in nodes if one["statuses"]["pageInfo"]["hasNextPage"]]
        if overflowing:
            await asyncio.gather(*(self._read_statuses(node) for node in overflowing))
        made = [_deployment(node) for node in nodes]
        self.read += [one for one in made if one.id not in self._ids]
        self._ids.update(one.id for one in made)
        self.is_complete = not connection["pageInfo"]["hasNextPage"]
        if not self.is_complete:
            self._cursor = next_cursor(connection, self._cursor)

    async def read_since(self, instant: datetime) -> None:
        """Read on until every deployment created at or after *instant* is read (W3 (a))."""
        while not self.is_complete and (not self.read or self.read[-1].created_at >= instant):
            is_first = not self.read
            await self.read_page(min(page_size.FULL_PAGE, ceil(self._expected(instant))))
            if is_first:  # the longer its way, the sooner a repository is read: all of it
                left = 0 if self.is_complete else self._expected(instant)
                self.context.rank = len(self.read) + left

    def _expected(self, instant: datetime) -> float:
        """How many deployments there may be from the last one read back to *instant*.

        As many a day as were read so far, and some more; the first page is a guess.
        """
        if not self.read:
            return page_size.FIRST_PAGE
        last = self.read[-1].created_at
        span = (self.read[0].created_at - last).total_seconds()
        left = (last - instant).total_seconds()
        if span <= 0:
            return page_size.FULL_PAGE
        return max(page_size.FIRST_PAGE, RESERVE * len(self.read) * left / span)

    async def _read_statuses(self, node: dict[str, Any]) -> None:
        """Read all statuses of a deployment, those that did not fit beside it too."""
        first = node["statuses"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            context, after = self.context, cursor or first["pageInfo"]["endCursor"]
            result = await context.client.ask(
                "statuses", rank=context.rank, turn=context.turn, id=node["id"], after=after
            )
            return find(result, "node", "statuses")

        first["nodes"] += await read_pages(ask)


def _is_of_cache(error: dict[str, Any]) -> bool:
    return (error.get("path") or [])[1:2] in (["pullRequests"], ["labels"])


def _deployment(node: dict[str, Any]) -> DeploymentRecord:
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
            (intern(one["state"].lower()), parse_instant(one["createdAt"]), one["logUrl"])
            for one in node["statuses"]["nodes"]
            if one
        ),
    )


def parse_instant(text: str) -> datetime:
    """UTC instant of GitHub's ISO 8601 text."""
    return datetime.fromisoformat(text)
