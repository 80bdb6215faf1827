"""What older runs kept of a repository in, made true of today out: read what changed since.

Deployments and statuses are read afresh by every run. Commits never change. A pull request that
was merged, labelled or changed otherwise since tells so by its `updatedAt`; a label that was
renamed or deleted is missed among the repository's labels.
"""

from datetime import datetime
from typing import Any

from dora.collect import sizes
from dora.collect.client import next_cursor, read_pages
from dora.collect.kept import Kept, settled
from dora.collect.place import Place, find
from dora.collect.pull_requests import PullRequests


async def freshen(
    kept: Kept, requests: PullRequests, place: Place, beside: dict[str, Any], now: datetime
) -> None:
    """Bring *kept* up to date by what came *beside* the first page of deployments.

    Whatever cannot be brought up to date is forgotten, and then read like any other.
    """
    nodes = (beside.get("pullRequests") or {}).get("nodes") or []
    latest = max((node["updatedAt"] for node in nodes if node), default=None)
    if kept.has_any and not await _has_all_labels(kept, place, beside.get("labels")):
        kept.forget()
    if kept.has_any and _is_later(latest, kept.stamp):
        await _read_updates(kept, requests, place)
    kept.is_fresh_as_of(None if latest is None else settled(latest, now))


async def _has_all_labels(kept: Kept, place: Place, page: dict[str, Any] | None) -> bool:
    """Whether every label that was kept is still there, by that name."""
    if not kept.labels:
        return True
    if page is None:
        return False
    nodes = list(page["nodes"])
    if page["pageInfo"]["hasNextPage"]:
        first = page["pageInfo"]["endCursor"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            return find(await place.ask("labels", after=cursor or first), "repository", "labels")

        nodes += await read_pages(ask)
    names = {node["id"]: node["name"] for node in nodes if node}
    return all(names.get(id_) == name for id_, name in kept.labels.items())


async def _read_updates(kept: Kept, requests: PullRequests, place: Place) -> None:
    """Take in every merged request that changed since, and drop the commits that it brought.

    One that changes while its page is turned moves to the front: it is looked for once more there.
    """
    since, newest, rows = kept.stamp, None, sizes.FIRST_PAGE
    while kept.has_any:
        nodes = await _updates(place, since, rows, with_labels=requests.with_labels)
        latest = max((node["updatedAt"] for node in nodes), default=newest)
        for node in nodes:
            _take(node, kept)
            requests.known.pop(node["number"], None)
            await requests.learn([node])
        if len(nodes) < rows or latest == newest:  # one page: nothing can have moved
            return
        since, newest, rows = latest, latest, sizes.FEW


async def _updates(
    place: Place, since: str | None, rows: int, *, with_labels: bool
) -> list[dict[str, Any]]:
    """Merged requests that changed later than *since*, latest first, *rows* a page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await place.ask("updates", rows=rows, after=cursor, labels=with_labels)
        page = find(answer, "repository", "pullRequests")
        nodes = [node for node in page["nodes"] if node]
        found += [node for node in nodes if _is_later(node["updatedAt"], since)]
        is_past = any(not _is_later(node["updatedAt"], since) for node in nodes)
        if is_past or not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = next_cursor(page, cursor)


def _take(node: dict[str, Any], kept: Kept) -> None:
    """Drop the commits that a request brought, unless it was known as merged before."""
    old = kept.request(node["number"])
    members = node["members"]
    merge = (node["mergeCommit"] or {}).get("oid")
    if old is not None and old.merge_sha == merge:
        return
    if members["totalCount"] > len(members["nodes"]):
        kept.forget()
        return
    kept.drop(one["commit"]["oid"] for one in members["nodes"] if one)


def _is_later(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is not None
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)
