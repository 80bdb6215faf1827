"""Collects a repository's merged pull requests, and table rows of those that count."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.github.pagination import distinct, read_pages
from dora.collect.records import LabelRecord, PullRequestRecord
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import parse_instant

Rows = dict[str, list[tuple[Any, ...]]]
#: Page size of connections that seldom have more than one pull request.
ONE = 1


@dataclass
class PullRequestReader:
    """The known merged pull requests of one repository, and the rows of those that count."""

    context: RepositoryContext
    with_labels: bool
    cached: CachedRepository | None = None
    rows: Rows = field(
        default_factory=lambda: {
            name: [] for name in ("pull_requests", "associations", "branch_commits", "labels")
        }
    )
    merges: dict[int, str | None] = field(default_factory=dict)  #: number → merge commit
    branches: dict[str, str] = field(
        default_factory=dict
    )  #: commit → head branch of a pull request
    associated: dict[int, list[str]] = field(
        default_factory=dict
    )  #: number → commits that were read
    known: dict[int, PullRequestRecord] = field(default_factory=dict)

    async def learn(self, nodes: Iterable[dict[str, Any]]) -> None:
        """Remember those of GitHub's pull request *nodes* that are merged and not yet known."""
        new = {
            node["number"]: node
            for node in nodes
            if is_merged(node) and node["number"] not in self.known
        }
        overflowing = [
            node
            for node in new.values()
            if self.with_labels and node.get("labels") and node["labels"]["pageInfo"]["hasNextPage"]
        ]
        if overflowing:
            await asyncio.gather(*(self._read_labels(node) for node in overflowing))
        for node in new.values():
            self._learn(node)

    def add(self, sha: str, numbers: Iterable[int]) -> bool:
        """Add rows of a commit's pull requests; returns whether it is the merge commit of one."""
        is_merge = False
        for number in numbers:
            request = self.known[number]
            self.rows["associations"].append((self.context.name, sha, number))
            self.associated.setdefault(number, []).append(sha)
            self.branches.setdefault(sha, request.head_ref)
            self._add_rows(request)
            is_merge |= request.merge_sha == sha
        return is_merge

    async def find_merge(self, number: int) -> tuple[str, datetime] | None:
        """Sha and committer's date of a pull request's merge commit; None if it was not merged."""
        result = await self.context.ask("request", rows=ONE, number=number, after=None)
        # GitHub reports an error if the number is an issue's or unused; any other one is a failure.
        errors = tuple(error for error in result.errors if not _is_missing(error))
        node = find(replace(result, errors=errors), "repository").get("pullRequest")
        if node is None or node["mergedAt"] is None or node["mergeCommit"] is None:
            return None
        await self.learn([node])
        self._add_rows(self.known[number])
        merge = node["mergeCommit"]
        return merge["oid"], parse_instant(merge["committedDate"])

    def has(self, number: int) -> bool:
        """Whether a merged pull request is known, from this run or from the cache."""
        if number not in self.known and self.cached is not None:
            request = self.cached.request(number)
            if request is not None:
                self.known[number] = request
        return number in self.known

    def _learn(self, node: dict[str, Any]) -> None:
        opening, closing = (
            [one["commit"] for one in node[name]["nodes"] if one] for name in ("opening", "closing")
        )
        labels = (node.get("labels") or {}).get("nodes") or () if self.with_labels else ()
        request = PullRequestRecord(
            number=node["number"],
            created_at=parse_instant(node["createdAt"]),
            merged_at=parse_instant(node["mergedAt"]),
            merge_sha=(node["mergeCommit"] or {}).get("oid"),
            head_ref=node["headRefName"],
            first_authored_at=parse_instant(opening[0]["authoredDate"]) if opening else None,
            branch=tuple(dict.fromkeys(one["oid"] for one in [*opening, *closing])),
            labels=tuple(LabelRecord(one["id"], one["name"]) for one in distinct(labels, "id")),
        )
        self.known[request.number] = request
        if self.cached is not None:
            self.cached.cache_pull_request(request)

    def _add_rows(self, request: PullRequestRecord) -> None:
        name, number = self.context.name, request.number
        if number in self.merges:
            return
        self.merges[number] = request.merge_sha
        self.rows["pull_requests"].append(
            (
                name,
                number,
                request.created_at,
                request.merged_at,
                request.merge_sha,
                request.head_ref,
                request.first_authored_at,
                request.branch[-1] if request.branch else None,
            )
        )
        self.rows["branch_commits"] += [(name, number, sha) for sha in request.branch]
        self.rows["labels"] += [(name, number, label.name) for label in request.labels]

    async def _read_labels(self, node: dict[str, Any]) -> None:
        """Read the labels of a pull request that did not fit on its page, and add them to it."""
        first = node["labels"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            after = cursor or first["pageInfo"]["endCursor"]
            result = await self.context.ask("request", number=node["number"], after=after)
            return find(result, "repository", "pullRequest", "labels")

        first["nodes"] += await read_pages(ask)


def _is_missing(error: dict[str, Any]) -> bool:
    """Whether an error says that there is no pull request of that number."""
    path = error.get("path") or []
    return error.get("type") == "NOT_FOUND" and path == ["repository", "pullRequest"]


def is_merged(node: dict[str, Any]) -> bool:
    """Whether GitHub's *node* of a pull request says that it was merged."""
    return node["mergedAt"] is not None
