"""Lists the history of a commit in the order of `git log`, as many commits as the caller needs.

Commits that are known already, from this run or from the cache, are not read again. The order does
not depend on it, so neither the cache nor the size of GitHub's pages can change a number.
"""

import asyncio
import heapq
from dataclasses import dataclass, field
from typing import Any

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.github import page_size
from dora.collect.github.pagination import distinct, next_cursor, read_pages
from dora.collect.records import CommitRecord
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.pull_requests import PullRequestReader, is_merged
from dora.errors import CannotRead
from dora.model.references import may_name_commits
from dora.model.shipped_commits import microseconds

NO_PAGE: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


@dataclass
class Listing:
    """The history of one commit as GitHub lists it, page by page."""

    start: str
    commits: list[CommitRecord] = field(default_factory=list)
    shas: set[str] = field(default_factory=set)  #: of the commits
    cursor: str | None = None
    is_over: bool = False


@dataclass
class CommitLog:
    """The known commits of one repository."""

    context: RepositoryContext
    requests: PullRequestReader
    with_authors: bool = False
    cached: CachedRepository | None = None
    new_rows: int = 0  #: estimated number of commits that are newer than the cache
    known: dict[str, CommitRecord] = field(default_factory=dict)
    _listed_by: dict[str, Listing] = field(default_factory=dict)  #: by sha of a commit's parent

    def get(self, sha: str) -> CommitRecord | None:
        """A commit that is known from this run or from the cache; None if it is not."""
        commit = self.known.get(sha)
        if commit is None and self.cached is not None:
            commit = self.cached.commit(sha)
            if commit is None or not all(self.requests.has(one) for one in commit.requests):
                return None
            self.known[sha] = commit
        return commit

    async def learn(self, sha: str) -> CommitRecord:
        """A commit, read from GitHub if it is not known; raises CannotRead if GitHub lacks it.

        Reads some of its ancestors as well, because callers usually need them next.
        """
        listing = self._listed_by.get(sha)
        if listing is not None and not listing.is_over:
            await self.read(listing, max(page_size.FIRST_PAGE, len(listing.commits)))
        if (commit := self.get(sha)) is None:
            await self.read(Listing(sha), page_size.FIRST_PAGE)
            commit = self.get(sha)
        if commit is None:
            raise CannotRead("GitHub lists a history without the commit it begins with")
        return commit

    async def read(self, listing: Listing, rows: int) -> None:
        """Read the next page of a listing, at most *rows* commits."""
        result = await self.context.ask(
            "commits",
            rows=rows,
            oid=listing.start,
            after=listing.cursor,
            authors=self.with_authors,
            labels=self.requests.with_labels,
        )
        page = find(result, "repository", "object", "history")
        nodes = [one for one in distinct(page["nodes"], "oid") if one["oid"] not in listing.shas]
        await self._complete(nodes)
        commits = [self._commit(node) for node in nodes]
        listing.is_over = not page["pageInfo"]["hasNextPage"]
        if not listing.is_over:
            listing.cursor = next_cursor(page, listing.cursor)
        if not commits and not (listing.is_over and listing.commits):
            raise CannotRead("GitHub gives pages without further commits")
        for commit in commits:
            known = self.known.setdefault(commit.sha, commit)
            listing.commits.append(known)
            listing.shas.add(commit.sha)
            for parent in known.parents:
                self._listed_by[parent] = listing
        if self.cached is not None:
            self.cached.cache_commits(commits)

    async def _complete(self, nodes: list[dict[str, Any]]) -> None:
        """Read the parents, pull requests and labels of commits that did not fit on the page."""
        parts = [
            (node, name)
            for node in nodes
            for name in ("parents", "associatedPullRequests")
            if (node[name] or NO_PAGE)["pageInfo"]["hasNextPage"]
        ]
        if parts:
            await asyncio.gather(*(self._read_on(node, name) for node, name in parts))
        await self.requests.learn(
            request
            for node in nodes
            for request in (node["associatedPullRequests"] or NO_PAGE)["nodes"]
            if request
        )

    async def _read_on(self, node: dict[str, Any], name: str) -> None:
        """Read the remaining pages of a commit's connection and add them to its first page."""
        first = node[name]

        async def ask(cursor: str | None) -> dict[str, Any]:
            result = await self.context.ask(
                "commit",
                rows=page_size.FIRST_PAGE,
                oid=node["oid"],
                after=cursor or first["pageInfo"]["endCursor"],
                parents=name == "parents",
                labels=self.requests.with_labels,
            )
            return find(result, "repository", "object", name)

        first["nodes"] += await read_pages(ask)

    def _commit(self, node: dict[str, Any]) -> CommitRecord:
        message = node.get("message")
        requests = (node["associatedPullRequests"] or NO_PAGE)["nodes"]
        return CommitRecord(
            sha=node["oid"],
            authored_at=parse_instant(node["authoredDate"]),
            committed_at=parse_instant(node["committedDate"]),
            parents=tuple(one["oid"] for one in distinct(node["parents"]["nodes"], "oid")),
            message=message if message and may_name_commits(message) else None,
            login=((node.get("author") or {}).get("user") or {}).get("login"),
            requests=tuple(one["number"] for one in distinct(requests, "number") if is_merged(one)),
        )


class Walk:
    """The history of one commit, newest first, listed step by step.

    Follows GitHub's listing until every commit that can come next is known. From then on it needs
    no listing and orders commits as git does: of the parents of the commits listed so far, the one
    with the latest date comes next.
    """

    def __init__(self, log: CommitLog, start: str, at: int) -> None:
        self.start = start
        self.at = at  #: committer's date of the last commit listed; later ones are rarely newer
        self.is_over = False
        self.rows = 0  #: commits that the last call of `show` gave
        self._log = log
        self._listing = Listing(start)
        self._position = 0  #: in the listing
        self._seen = {start}  #: commits listed so far, and their parents
        #: Commits that were seen but not listed yet, with the order in which they were seen.
        self._ahead: dict[str, int] = {start: 0}
        self._by_date: list[tuple[int, int, CommitRecord]] | None = None

    async def show(self, count: int) -> list[CommitRecord]:
        """The next *count* commits; fewer only at the end of the history."""
        found: list[CommitRecord] = []
        while len(found) < count and not self.is_over:
            if self._by_date is None and self._position == len(self._listing.commits):
                self._leave_listing()
            if self._by_date is not None:
                found.append(await self._next_by_date(self._by_date))
            elif self._position < len(self._listing.commits):
                found.append(self._next_listed())
            else:
                await self._log.read(self._listing, self._page_size(count - len(found)))
                self._look_for_end()
        self.rows = len(found)
        if found:
            self.at = microseconds(found[-1].committed_at)
        return found

    def _page_size(self, wanted: int) -> int:
        """How many commits to request from GitHub: few if most of them are cached."""
        cached = self._log.cached
        if cached is None or not cached.has_any:
            return wanted
        rows = max(page_size.FEW, self._log.new_rows, 2 * len(self._listing.commits))
        # A page too large to share a request costs a whole one, whatever its size.
        return min(wanted, rows if rows <= page_size.SMALL_PAGE else page_size.FULL_PAGE)

    def _leave_listing(self) -> None:
        """Stop following GitHub's listing if every commit that can come next is known."""
        ahead = [(turn, self._log.get(sha)) for sha, turn in self._ahead.items()]
        if ahead and all(commit for _, commit in ahead):
            self._ahead = {}
            self._by_date = []
            for turn, commit in ahead:
                self._enqueue(self._by_date, turn, commit)

    def _enqueue(
        self, queue: list[tuple[int, int, CommitRecord]], turn: int, commit: CommitRecord | None
    ) -> None:
        if commit is not None:
            heapq.heappush(queue, (-microseconds(commit.committed_at), turn, commit))

    def _next_listed(self) -> CommitRecord:
        commit = self._listing.commits[self._position]
        self._position += 1
        self._ahead.pop(commit.sha, None)
        self._see_parents(commit)
        self._look_for_end()
        return commit

    def _look_for_end(self) -> None:
        self.is_over = self._listing.is_over and self._position == len(self._listing.commits)

    async def _next_by_date(self, queue: list[tuple[int, int, CommitRecord]]) -> CommitRecord:
        """The next commit by date, after reading all commits that could come before it."""
        while self._ahead:
            sha = next(iter(self._ahead))
            commit = self._log.get(sha) or await self._log.learn(sha)
            self._enqueue(queue, self._ahead.pop(sha), commit)
        commit = heapq.heappop(queue)[2]
        self._see_parents(commit)
        self.is_over = not queue and not self._ahead
        return commit

    def _see_parents(self, commit: CommitRecord) -> None:
        for parent in commit.parents:
            if parent not in self._seen:
                self._ahead[parent] = len(self._seen)
                self._seen.add(parent)
