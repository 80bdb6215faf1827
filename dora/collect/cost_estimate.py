"""Estimates what a report would cost, from the list of repositories and a few dates of each.

For every repository that a report would read, the dates of its newest deployments and commits are
requested, several repositories at a time. Their density gives the number of rows to read.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import aclosing
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from dora.collect.cache.open import open_caches
from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.files.own_files import OwnFiles, read_own_files
from dora.collect.github import page_size
from dora.collect.github.client import Client
from dora.collect.github.request_queue import MOST_PARTNERS
from dora.collect.records import ListedRepository
from dora.collect.repositories import list_repositories
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.skips import find_skips
from dora.collect.sources.run_details import RunDetails
from dora.collect.sources.run_estimate import ExpectedRuns, expect_runs
from dora.config import Config
from dora.errors import CannotRead
from dora.model.cost_estimate import CostEstimate
from dora.model.exclusions import ref_test
from dora.model.source_entries import fitting_entries

#: Points that 100 requested rows cost: each row has connections of its own, such as a deployment's
#: statuses, or a commit's parents and pull requests with their labels and commits.
POINTS = {"deployments": 1, "releases": 1, "tags": 1, "commits": 8, "updates": 4}
#: How many of the repositories that need the most requests are named.
LONGEST = 3
#: Points of the other connections in the query for the first page of deployments: tags, labels
#: and the latest pull request.
POINTS_BESIDE = 0.04


class Expected(NamedTuple):
    """The rows that may have to be read of one repository, and whether some are cached."""

    name: str
    deployments: int
    commits: int
    is_cached: bool
    with_refs: bool = False  #: whether REST is asked what its deployments were filed for (D9)
    releases: int = 0
    tags: int = 0
    runs: ExpectedRuns = ExpectedRuns()
    rows_of_files: int = 0  #: each names a commit

    def pages(self) -> dict[str, tuple[float, int]]:
        """Requests (a fraction if the request is shared) and rows requested, by kind."""
        first, full = page_size.FIRST_PAGE, page_size.FULL_PAGE
        rest = max(0, self.deployments - first)
        alone, rows = _pages(rest, full if rest > page_size.SMALL_PAGE else max(1, rest))
        is_busy = self.deployments > page_size.SMALL_PAGE
        return {
            "deployments": (first / page_size.FULL_SHARE + alone, first + rows),
            # Of releases and tags the first page comes with the first query.
            "releases": (ceil(max(0, self.releases - first) / full), self.releases),
            "tags": (ceil(max(0, self.tags - full) / full), self.tags),
            "workflow runs": (self.runs.pages, 0),
            "run attempts": (self.runs.attempts, 0),
            "jobs": (self.runs.jobs, 0),
            "commit dates": ((self.runs.shas + self.rows_of_files) / MOST_PARTNERS, 0),
            "commits": _pages(self.commits, full if is_busy else first),
            "updates": _pages(int(self.is_cached), first),
            "refs": (ceil(self.deployments / full) * int(self.with_refs), 0),
        }

    @property
    def requests(self) -> float:
        """Requests of all kinds."""
        return sum(requests for requests, _ in self.pages().values())

    @property
    def points(self) -> float:
        """Points of these requests, which are shared with other repositories."""
        pages = self.pages()
        rows = {kind: count for kind, (_, count) in pages.items()}
        looked_up, _ = pages["commit dates"]  # a point each
        return (
            POINTS_BESIDE
            + looked_up
            + sum(POINTS.get(kind, 0) * count / page_size.FULL_PAGE for kind, count in rows.items())
        )


def estimate_cost(client: Client, config: Config) -> CostEstimate:
    """What a report would cost, roughly; raises what `collect` raises."""
    return client.run(_estimate_cost(client, config))


async def _estimate_cost(client: Client, config: Config) -> CostEstimate:
    skips, files, reading, count = find_skips(config), read_own_files(config), [], 0
    with open_caches(client, config) as caches:
        async with aclosing(list_repositories(client, config.organization)) as repositories:
            async for listed in repositories:
                count += 1
                if skips(listed) is None:
                    expecting = _expect(client, config, listed, caches.of(listed), files)
                    reading.append(asyncio.create_task(expecting))
        answers = await asyncio.gather(*reading)
    expected = [one for one in answers if one is not None]
    requests, points = _sum(expected, count, config)
    in_flight = min(config.collect.concurrency, sum(requests.values()))
    longest = sorted(expected, key=lambda one: (-one.requests, one.name))
    return CostEstimate(
        organization=config.organization,
        listed=count,
        read=len(reading),
        unknown=len(reading) - len(expected),
        requests=requests,
        points=points,
        seconds=sum(requests.values()) * client.seconds / max(1, client.requests) / in_flight,
        concurrency=config.collect.concurrency,
        longest=tuple((one.name, ceil(one.requests)) for one in longest[:LONGEST]),
        spent=client.requests,
        limit=client.rate_limit.limit,
        remaining=client.rate_limit.remaining,
    )


def _sum(expected: Iterable[Expected], listed: int, config: Config) -> tuple[dict[str, int], int]:
    """Requests by kind, and points, of all repositories together."""
    pages = max(1, ceil(listed / page_size.FULL_PAGE))
    incidents = int(config.failures.incident and bool(config.incidents.labels))
    parts: defaultdict[str, float] = defaultdict(float)
    points = float(pages + incidents)
    for one in expected:
        for kind, (count, _) in one.pages().items():
            parts[kind] += count
        points += one.points
    requests = {kind: ceil(count) for kind, count in parts.items() if count}
    return {"repositories": pages, "incidents": incidents, **requests}, ceil(points)


async def _expect(
    client: Client,
    config: Config,
    listed: ListedRepository,
    cached: CachedRepository | None,
    files: OwnFiles,
) -> Expected | None:
    """What may have to be read of a repository; None if GitHub does not answer for it."""
    context = RepositoryContext(client, config.organization, listed.name, id=listed.id)
    entries = [one.source for one in fitting_entries(config.sources, listed.name)]
    kinds, start = {one.kind for one in entries}, config.lookback_start
    try:
        result = await context.ask(
            "plan", rows=page_size.FIRST_PAGE, releases="releases" in kinds, tags="tags" in kinds
        )
        repository = find(result, "repository")
        runs = await expect_runs(
            RunDetails(context, config.window.until),
            listed,
            [one for one in entries if one.kind == "workflow"],
            start,
        )
    except CannotRead:
        return None
    target = (repository.get("defaultBranchRef") or {}).get("target") or {}
    deployments = _count(repository.get("deployments"), "createdAt", start)
    since = start if "merges" in kinds else config.window.since
    commits = _count(target.get("history"), "committedDate", since)
    is_cached = cached is not None and cached.has_any
    if cached is not None and is_cached:
        commits = min(commits, cached.expected(config.now))
    with_refs = ref_test(config.deployments.exclude) is not None
    return Expected(
        listed.name,
        deployments if "deployments" in kinds else 0,
        commits,
        is_cached,
        with_refs,
        (repository.get("releases") or {}).get("totalCount", 0),
        (repository.get("refs") or {}).get("totalCount", 0),
        runs,
        sum(
            files.deployments[one.path].of(listed.name, config.window.until).count_since(start)
            for one in entries
            if one.kind == "file"
        ),
    )


def _count(page: dict[str, Any] | None, date: str, start: datetime) -> int:
    """The estimated number of rows since *start*, by the dates of the newest ones."""
    if not page:
        return 0
    dates = [datetime.fromisoformat(node[date]) for node in page["nodes"] if node]
    since = [one for one in dates if one >= start]
    if len(since) < len(dates) or not page["pageInfo"]["hasNextPage"] or not dates:
        return len(since)
    newest, oldest = max(dates), min(dates)
    span = max(1.0, (newest - oldest).total_seconds())
    return ceil(len(dates) * (newest - start).total_seconds() / span)


def _pages(rows: int, first: int) -> tuple[float, int]:
    """Requests and requested rows to read *rows*: pages grow, and small ones share requests."""
    requests, requested, page = 0.0, 0, first
    while requested < rows:
        requests += page / page_size.FULL_SHARE if page <= page_size.SMALL_PAGE else 1
        requested += page
        page = min(page_size.FULL_PAGE, 2 * page)
    return requests, requested
