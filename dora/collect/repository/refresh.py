"""Brings the cached commits of a repository up to date with what changed since they were read.

Deployments and statuses are not cached: every run reads them. Commits never change. The
`updatedAt` of a pull request shows whether it was merged, labelled or changed otherwise since. A
label that was renamed or deleted is no longer among the repository's labels.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dora.collect.cache.repository_cache import CachedRepository, settled
from dora.collect.github import page_size
from dora.collect.github.pagination import next_cursor, read_pages
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.pull_requests import PullRequestReader
from dora.errors import CannotRead


async def refresh_cache(
    cached: CachedRepository,
    requests: PullRequestReader,
    context: RepositoryContext,
    beside: dict[str, Any],
    now: datetime,
) -> None:
    """Bring *cached* up to date, given what was read *beside* the first page of deployments.

    What cannot be brought up to date is dropped from the cache, and then read again.
    """
    page = beside.get("pullRequests")
    if page is None:  # the token may not read pull requests: the cache cannot be checked
        cached.forget()
        return
    nodes = page["nodes"] or []
    latest = max((node["updatedAt"] for node in nodes if node), default=None)
    try:
        # An earlier `updatedAt` than before means that pull requests were deleted or hidden.
        if _is_later(cached.stamp, latest) or not await _has_all_labels(
            cached, context, beside.get("labels")
        ):
            cached.forget()
        elif cached.has_any and _is_later(latest, cached.stamp):
            await _read_updates(cached, requests, context)
    except CannotRead:
        cached.forget()
    cached.is_fresh_as_of(None if latest is None else settled(latest, now))


async def _has_all_labels(
    cached: CachedRepository, context: RepositoryContext, page: dict[str, Any] | None
) -> bool:
    """Whether every cached label still exists under the same name."""
    if not cached.labels:
        return True
    if page is None:
        return False
    nodes = list(page["nodes"])
    if page["pageInfo"]["hasNextPage"]:
        first = page["pageInfo"]["endCursor"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            return find(await context.ask("labels", after=cursor or first), "repository", "labels")

        nodes += await read_pages(ask)
    names = {node["id"]: node["name"] for node in nodes if node}
    return all(names.get(id_) == name for id_, name in cached.labels.items())


async def _read_updates(
    cached: CachedRepository, requests: PullRequestReader, context: RepositoryContext
) -> None:
    """Learn every merged pull request that changed since, and drop its commits from the cache.

    A pull request that changes between two pages moves to the front of the list and is missed, so
    the front is read once more.
    """
    since, newest, rows = cached.stamp, None, page_size.FIRST_PAGE
    while cached.has_any:
        nodes, pages = await _updates(context, since, rows, with_labels=requests.with_labels)
        latest = max((node["updatedAt"] for node in nodes), default=newest)
        for node in nodes:
            _drop_commits(node, cached)
            requests.known.pop(node["number"], None)
            await requests.learn([node])
        if (
            pages == 1 or latest is None or latest == newest
        ):  # within one page nothing can have moved
            return
        # `updatedAt` has whole seconds: what moved may have the same one as the latest.
        since = (datetime.fromisoformat(latest) - timedelta(seconds=1)).isoformat()
        rows = page_size.FEW + sum(node["updatedAt"] == latest for node in nodes)
        newest = latest


async def _updates(
    context: RepositoryContext, since: str | None, rows: int, *, with_labels: bool
) -> tuple[list[dict[str, Any]], int]:
    """Merged pull requests changed after *since*, latest first, and the number of pages read."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    pages = 0
    while True:
        pages += 1
        result = await context.ask("updates", rows=rows, after=cursor, labels=with_labels)
        page = find(result, "repository", "pullRequests")
        nodes = [node for node in page["nodes"] if node]
        found += [node for node in nodes if _is_later(node["updatedAt"], since)]
        is_past = any(not _is_later(node["updatedAt"], since) for node in nodes)
        if is_past or not page["pageInfo"]["hasNextPage"]:
            return found, pages
        cursor = next_cursor(page, cursor)


def _drop_commits(node: dict[str, Any], cached: CachedRepository) -> None:
    """Drop a pull request's commits from the cache, unless they were all read after its merge.

    It is not enough that the cache knows it as merged: that run may have read some of its commits
    before the merge, and others after it.
    """
    if not _is_later(node["mergedAt"], cached.stamp):
        return
    members = node["members"]
    shas = {one["commit"]["oid"] for one in members["nodes"] if one}
    if members["totalCount"] > len(shas):
        cached.forget()
        return
    cached.drop(list(shas))
    cached.drop(list(_merged_as(node, cached)))


def _merged_as(node: dict[str, Any], cached: CachedRepository) -> Iterator[str]:
    """The cached commits that a pull request was merged as: several if it was rebased.

    They can be older than the merge: a merge queue creates and deploys them before it merges.
    """
    sha = (node["mergeCommit"] or {}).get("oid")
    for _ in range(max(1, node["members"]["totalCount"])):
        commit = None if sha is None else cached.commit(sha)
        if commit is None:
            return
        yield commit.sha
        if len(commit.parents) != 1:
            return
        (sha,) = commit.parents


def _is_later(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is not None
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)
