"""Reads incidents: issues with certain labels, found by a search of the organization (F7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.pagination import distinct, read_pages
from dora.collect.repository.deployments import parse_instant
from dora.collect.repository.pull_requests import Rows
from dora.config import Config
from dora.errors import CannotRead
from dora.model.references import find_named

#: The most results that GitHub's search gives for one query.
SEARCH_CAP = 1000
SECOND = timedelta(seconds=1)


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
    for issue in await _search(client, config, start, window.until):
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
            )
        )
        names = [label["name"] for label in distinct(issue["labels"]["nodes"], "name")]
        rows["labels"] += [(repository, number, name) for name in names]
    return rows


async def _search(
    client: Client, config: Config, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Issues opened from *start* to *end*; halves the range if a search cannot give them all."""
    labels = ",".join(f'"{label}"' for label in config.incidents.labels)
    span = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}..{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    query = f"org:{config.organization} is:issue label:{labels} created:{span} sort:created-asc"
    total = 0

    async def ask(cursor: str | None) -> dict[str, Any]:
        nonlocal total
        result = await client.ask("incidents", search=query, after=cursor)
        found: Any = result.data.get("search")
        is_whole = isinstance(found, dict) and found["nodes"] is not None and not result.errors
        if not is_whole:
            raise CannotRead(f"the incidents cannot be searched: {result.message}")
        total = found["issueCount"]
        if total > SEARCH_CAP and end - start > SECOND:
            return {"nodes": [], "pageInfo": {"hasNextPage": False}}
        return dict(found)

    issues = distinct(await read_pages(ask), "url")
    if total > SEARCH_CAP and end - start > SECOND:
        middle = start + ((end - start) // 2 // SECOND) * SECOND
        return [
            *await _search(client, config, start, middle),
            *await _search(client, config, middle + SECOND, end),
        ]
    return issues
