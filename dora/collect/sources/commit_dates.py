"""Looks up the commits of deployments whose source names them by a sha alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import DeploymentRecord, parse_instant

#: Page size of a query that gives a single object, so that many share a request.
ONE = 1


@dataclass
class CommitDates:
    """The commits of a repository that were looked up so far, by the sha that names them."""

    context: RepositoryContext
    _found: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)

    async def fill(self, read: Sequence[DeploymentRecord]) -> list[DeploymentRecord]:
        """The deployments with the dates of their commits, and with the whole of a short sha.

        A sha that GitHub does not know, or that fits several commits, has no date (LT10).
        """
        new = {one.sha for one in read} - self._found.keys()
        self._found |= zip(new, await asyncio.gather(*map(self._find, new)), strict=True)
        return [
            replace(one, sha=sha, committed_at=at)
            for one in read
            for sha, at in (self._found[one.sha],)
        ]

    async def _find(self, sha: str) -> tuple[str, datetime | None]:
        result = await self.context.ask("object", rows=ONE, sha=sha)
        node = find(result, "repository").get("object") or {}
        if "oid" not in node:
            return sha, None
        return node["oid"], parse_instant(node["committedDate"])
