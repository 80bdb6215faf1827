"""Reads a repository's deployments with all their statuses, newest first."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Any

from dora.collect.github import page_size
from dora.collect.github.pagination import distinct, next_cursor, read_pages
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import (
    DeploymentRecord,
    read_deployment,
)
from dora.collect.repository.refs import RefReader
from dora.errors import CannotRead

#: Factor on the expected number of rows of a page, so that another page is seldom needed.
RESERVE = 1.25


@dataclass
class DeploymentList:
    """A repository's deployments, read page by page, as far back as the caller needs.

    The first page's query also reads other data of the repository, which is put into `beside`.
    """

    context: RepositoryContext
    with_tags: bool = False
    with_stamp: bool = False  #: whether to read when a merged pull request last changed
    with_labels: bool = False  #: whether to read the repository's labels
    refs: RefReader | None = None  #: reads what they were filed for; None if nobody asks
    read: list[DeploymentRecord] = field(default_factory=list)
    beside: dict[str, Any] = field(default_factory=dict)
    is_complete: bool = False
    _cursor: str | None = None
    _ids: set[int] = field(default_factory=set)

    async def read_page(self, rows: int | None = None) -> None:
        """Read the next page of *rows* older deployments; raises CannotRead if GitHub refuses."""
        is_first = self._cursor is None
        result = await self.context.ask(
            "deployments",
            rows=rows,
            after=self._cursor,
            tags=self.with_tags and is_first,
            stamp=self.with_stamp and is_first,
            labels=self.with_labels and is_first,
        )
        # Parts of the query that only serve the cache may fail: the cache is then not used.
        errors = tuple(error for error in result.errors if not _is_for_cache(error))
        found = find(replace(result, errors=errors), "repository")
        if found.pop(
            "isEmpty", False
        ):  # the list of repositories had commits of it; now there are none
            raise CannotRead("it was emptied while it was read")
        connection = found.pop("deployments", None)
        if not isinstance(connection, dict):
            raise CannotRead("GitHub gives no deployments")
        if is_first:
            self.beside = found
        nodes = distinct(connection["nodes"], "id")
        overflowing = [one for one in nodes if one["statuses"]["pageInfo"]["hasNextPage"]]
        if overflowing:
            await asyncio.gather(*(self._read_statuses(node) for node in overflowing))
        made = [read_deployment(node) for node in nodes]
        new = [one for one in made if one.id not in self._ids]
        self.read += new if self.refs is None else await self.refs.fill(new)
        self._ids.update(one.id for one in made)
        self.is_complete = not connection["pageInfo"]["hasNextPage"]
        if not self.is_complete:
            self._cursor = next_cursor(connection, self._cursor)

    async def read_since(self, instant: datetime) -> None:
        """Read more pages until every deployment created since *instant* is read (W3 (a))."""
        while not self.is_complete and (not self.read or self.read[-1].created_at >= instant):
            is_first = not self.read
            await self.read_page(min(page_size.FULL_PAGE, ceil(self._expected(instant))))
            if is_first:  # repositories with the most deployments are read first
                left = 0 if self.is_complete else self._expected(instant)
                self.context.rank = len(self.read) + left

    def _expected(self, instant: datetime) -> float:
        """The estimated number of deployments from the last one read back to *instant*.

        Extrapolates the rate of the deployments read so far and adds a reserve; before the first
        page, it is a fixed guess.
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
        """Read the statuses of a deployment that did not fit on the page of deployments."""
        first = node["statuses"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            context, after = self.context, cursor or first["pageInfo"]["endCursor"]
            result = await context.client.ask(
                "statuses", rank=context.rank, turn=context.turn, id=node["id"], after=after
            )
            return find(result, "node", "statuses")

        first["nodes"] += await read_pages(ask)


def _is_for_cache(error: dict[str, Any]) -> bool:
    """Whether an error is about a part of the query that only serves the cache."""
    return (error.get("path") or [])[1:2] in (["pullRequests"], ["labels"])
