"""Reads a repository's deployments with all their statuses, newest first."""

import asyncio
from dataclasses import dataclass, field
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
from dora.collect.repository.opening import Opening, ask_parts
from dora.collect.repository.refs import RefReader
from dora.errors import CannotRead

#: Factor on the expected number of rows of a page, so that another page is seldom needed.
RESERVE = 1.25


@dataclass
class DeploymentList:
    """A repository's deployments, read page by page, as far back as the caller needs.

    The first page came with the *opening*.
    """

    context: RepositoryContext
    opening: Opening
    refs: RefReader | None = None  #: reads what they were filed for; None if nobody asks
    read: list[DeploymentRecord] = field(default_factory=list)
    is_complete: bool = False
    _cursor: str | None = None
    _ids: set[int] = field(default_factory=set)

    async def read_page(self, rows: int | None = None) -> None:
        """Read the next page of *rows* older deployments; raises CannotRead if GitHub refuses."""
        connection = self.opening.take("deployments")
        if connection is None and self._cursor is not None:
            parts = {"deployments"}
            found = await ask_parts(self.context, parts, rows=rows, after=self._cursor)
            connection = found["deployments"]
        if not isinstance(connection, dict):
            raise CannotRead("GitHub gives no deployments")
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
