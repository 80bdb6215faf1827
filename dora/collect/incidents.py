"""Reads incidents: issues with certain labels, found by a search of the organization (F7)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.pagination import distinct, read_pages
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.pull_requests import Rows
from dora.config import Config
from dora.errors import CannotRead
from dora.model.incident_texts import find_named

#: The most results that GitHub's search gives for one query.
SEARCH_CAP = 1000
SECOND = timedelta(seconds=1)
#: The query for Enterprise Servers that refuse an argument of the usual one.
OLDER = "incidents_of_older_servers"


async def read_incidents(client: Client, config: Config, ids: dict[int, str]) -> Rows:
    """Rows of the incidents opened since the start of the look-back, and of their labels.

    Adds the id and name of each repository that has an incident to *ids*. Sends no request if no
    label is configured or incidents do not count. Raises CannotRead if the search fails.
    """
    rows: Rows = {"incidents": [], "labels": []}
    if not config.failures.incident or not config.incidents.labels:
        return rows
    window = config.window
    start = (config.lookback_start).replace(microsecond=0)
    for issue in await _Search(client, config).between(start, window.until):
        repository, number = issue["repository"]["name"], issue["number"]
        ids[issue["repository"]["databaseId"]] = repository
        rows["incidents"].append(
            (
                repository,
                number,
                f"{repository}#{number}",
                None,
                parse_instant(issue["createdAt"]),
                issue["closedAt"] and parse_instant(issue["closedAt"]),
                find_named(issue["body"]),
                issue["url"],
                (issue["stateReason"] or "").lower() or None,
                None,
                None,
            )
        )
        names = [label["name"] for label in distinct(issue["labels"]["nodes"], "name")]
        rows["labels"] += [(repository, number, name) for name in names]
    return rows


@dataclass
class _Search:
    """A search for the issues of an organization that have an incident label."""

    client: Client
    config: Config
    query: str = "incidents"  #: which of the queries the server understands

    async def between(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Issues opened from *start* to *end*; halves the range if one search cannot give all."""
        total = 0

        async def ask(cursor: str | None) -> dict[str, Any]:
            nonlocal total
            found = await self._page(self._words(start, end), cursor)
            total = found["issueCount"]
            if total > SEARCH_CAP and end - start > SECOND:
                return {"nodes": [], "pageInfo": {"hasNextPage": False}}
            return found

        issues = distinct(await read_pages(ask), "url")
        if total > SEARCH_CAP and end - start > SECOND:
            middle = start + ((end - start) // 2 // SECOND) * SECOND
            return [*await self.between(start, middle), *await self.between(middle + SECOND, end)]
        return issues

    def _words(self, start: datetime, end: datetime) -> str:
        """The words of the search."""
        labels = ",".join(f'"{label}"' for label in self.config.incidents.labels)
        first, last = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (start, end))
        return (
            f"org:{self.config.organization} is:issue label:{labels} created:{first}..{last} "
            "sort:created-asc"
        )

    async def _page(self, words: str, cursor: str | None) -> dict[str, Any]:
        """A page of the search; CannotRead if it fails."""
        try:
            result = await self.client.ask(self.query, search=words, after=cursor)
        except CannotRead as wrong:
            if self.query == OLDER or "enableDuplicate" not in wrong.what:
                raise
            self.query = OLDER  # for the rest of the run
            return await self._page(words, cursor)
        found: Any = result.data.get("search")
        if not isinstance(found, dict) or found["nodes"] is None or result.errors:
            raise CannotRead(f"the incidents cannot be searched: {result.message}")
        return dict(found)
