"""One repository's deployed commits in, the part of its history that decides the numbers out.

The history is read as `git log` shows it, from deployed commits down, until the difference to what
was live before is closed: no commit is left unread that a deployment might have shipped. Never
with `since`, which stops at the first old commit and loses what was merged late.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dora.collect.github import page_size
from dora.collect.records import CommitRecord
from dora.collect.repository.commit_log import CommitLog, Walk
from dora.collect.repository.context import find
from dora.collect.repository.deployments import parse_instant
from dora.collect.repository.pull_requests import Rows
from dora.model.commit_graph import CommitGraph
from dora.model.shipped_commits import microseconds

#: Place in time of what will never be read.
LONG_AGO = -(1 << 62)
#: Rows of a query that gives one thing.
ONE = 1
#: A guess at how many commits a deployment ships: a page sized by it is seldom too short.
COMMITS_A_DEPLOYMENT = 4


@dataclass(frozen=True)
class Frontier:
    """What one environment asks of the history, as two bits of a commit's marks.

    What is `wanted` and not `closed`, the difference to what it had before, must be read.
    """

    wanted: int
    closed: int


@dataclass
class CommitHistory:
    """What was read of a repository's commits: the graph, and rows of the tables.

    Every commit carries marks, bits that flow from it to all it reaches: which environments want
    it, which had it before, which walks will come by or have.
    """

    log: CommitLog
    page_budget: int
    excluded: re.Pattern[str]
    first_rows: int = page_size.FIRST_PAGE  #: commits of a walk's first page
    graph: CommitGraph = field(default_factory=CommitGraph)
    rows: Rows = field(default_factory=lambda: {"commits": [], "parents": []})
    texts: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    """Message and head branch of the commits that were read and speak of a revert (F3)."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _shas: list[str] = field(default_factory=list)
    _marks: list[int] = field(default_factory=list)
    _unread: set[int] = field(default_factory=set)
    _walks: dict[int, Walk] = field(default_factory=dict)  #: by bit
    _merging: set[int] = field(default_factory=set)  #: merge commits of pull requests
    _required: set[int] = field(default_factory=set)
    _rows_read: int = 0
    _next_bit: int = 1
    _all_wanted: int = 0
    _all_closed: int = 0
    _all_walks: int = 0

    def number(self, sha: str, committed_at: datetime) -> int:
        """Number in the graph of a commit of which GitHub told the date."""
        commit = self._number(sha)
        self.graph.known_dates.setdefault(commit, microseconds(committed_at))
        return commit

    def new_frontier(self) -> Frontier:
        """Two bits for an environment; a bit for what is closed is the next higher one."""
        wanted = self._new_bit()
        closed = wanted << 1
        self._all_wanted |= wanted
        self._all_closed |= closed
        return Frontier(wanted, closed)

    def expect(self, deployed: Iterable[int]) -> None:
        """Choose how long the first page is, by how many deployed commits are to be reached."""
        rows = COMMITS_A_DEPLOYMENT * len(set(deployed))
        self.first_rows = min(page_size.FULL_PAGE, max(self.first_rows, rows))

    def mark(self, commit: int, bits: int) -> None:
        """Set *bits* on *commit* and on all it reaches, as far as that was read."""
        marks, graph = self._marks, self.graph
        waiting = [commit]
        while waiting:
            here = waiting.pop()
            if marks[here] | bits == marks[here]:
                continue
            marks[here] |= bits
            if graph.committed[here] is None:
                self._unread.add(here)
            waiting.extend(graph.parents(here))

    def has(self, commit: int, bits: int) -> bool:
        """Whether *commit* carries *bits*."""
        return self._marks[commit] & bits == bits

    async def find(self, sha: str) -> int | None:
        """Number of a commit by its sha, perhaps a short one; None where GitHub knows none such."""
        whole = [sha] if sha in self._numbers else [s for s in self._numbers if s.startswith(sha)]
        if len(whole) == 1:
            return self._numbers[whole[0]]
        result = await self.log.context.ask("object", rows=ONE, sha=sha)
        commit = find(result, "repository").get("object") or {}
        if "oid" not in commit:
            return None
        return self.number(commit["oid"], parse_instant(commit["committedDate"]))

    def need(self, commit: int) -> None:
        """Ask for a commit itself: its parents tell what it brought, whatever its date says."""
        self._required.add(commit)

    def require(self, commit: int, descendant: int) -> bool:
        """Ask for a commit itself, and whether *descendant* reaches it; False if it is read."""
        if self.graph.committed[commit] is not None:
            return False
        frontier = self.new_frontier()
        self.mark(descendant, frontier.closed)
        self.mark(commit, frontier.wanted)
        self._required.add(commit)
        return True

    def in_doubt(self) -> list[int]:
        """Commits read that speak of a revert and were not there before, or were asked for."""
        return [one for one in self.texts if self._difference(one) or one in self._required]

    async def close(self) -> bool:
        """Read until no commit of any difference can be unread; False when the budget ends it."""
        while needed := self._open() or self._doubtful():
            if self._rows_read >= self.page_budget * page_size.FULL_PAGE:
                return False
            await self._read_page(self._newest_walk(needed))
        return True

    def _open(self) -> set[int]:
        """Unread commits that are wanted and not closed, and what may yet close them."""
        is_open = {commit: self._difference(commit) for commit in self._unread}
        all_open = 0
        for bits in is_open.values():
            all_open |= bits
        required = self._required & self._unread
        if not all_open:
            return required
        closing = all_open << 1
        return required | {
            commit for commit, bits in is_open.items() if bits or self._marks[commit] & closing
        }

    def _doubtful(self) -> set[int]:
        """Unread commits that could still change a difference that looks closed.

        The parent of a merged request's commit tells whether that was a squash (LT4). And where
        two walks have gone to different depths, what the one would still show may reach what
        the other has shown: it must go as deep as the oldest commit in doubt.
        """
        needed: set[int] = set()
        oldest: dict[tuple[int, int], int] = {}
        for commit, committed in enumerate(self.graph.committed):
            bits = self._difference(commit) if committed is not None else 0
            if not bits or committed is None:
                continue
            if commit in self._merging:
                needed.update(p for p in self.graph.parents(commit) if p in self._unread)
            shown_by = self._marks[commit] & self._all_walks
            key = (bits, shown_by)
            oldest[key] = min(oldest.get(key, committed), committed)
        for commit in self._unread:
            closing = (self._marks[commit] & self._all_closed) >> 1
            if closing and any(
                bits & closing and not shown_by & self._marks[commit] and self._at(commit) > date
                for (bits, shown_by), date in oldest.items()
            ):
                needed.add(commit)
        return needed

    def _difference(self, commit: int) -> int:
        """Bits of the environments that want *commit* and did not have it."""
        marks = self._marks[commit]
        return marks & self._all_wanted & ~((marks & self._all_closed) >> 1)

    def _walks_to(self, commit: int) -> list[Walk]:
        bits = self._marks[commit] & self._all_walks
        return [walk for bit, walk in self._walks.items() if bits & bit and not walk.is_over]

    def _at(self, commit: int) -> int:
        """About when an unread commit was made, at the latest."""
        dates = [walk.at for walk in self._walks_to(commit)]
        return max(dates, default=self.graph.known_dates.get(commit, LONG_AGO))

    def _newest_walk(self, needed: Iterable[int]) -> Walk:
        """The walk to read on, or to begin: the one that stands at the newest commits."""
        commit = max(needed, key=lambda one: (self._at(one), self._shas[one]))
        walks = self._walks_to(commit)
        if walks:
            return max(walks, key=lambda walk: walk.at)
        bit = self._new_bit()
        self._all_walks |= bit
        self._walks[bit] = Walk(
            self.log, self._shas[commit], self.graph.known_dates.get(commit, LONG_AGO)
        )
        self.mark(commit, bit)
        return self._walks[bit]

    def _new_bit(self) -> int:
        bit = self._next_bit
        self._next_bit <<= 2
        return bit

    def _number(self, sha: str) -> int:
        commit = self._numbers.get(sha)
        if commit is None:
            commit = self._numbers[sha] = self.graph.add()
            self._shas.append(sha)
            self._marks.append(0)
        return commit

    async def _read_page(self, walk: Walk) -> None:
        """Take in the next page of a walk, twice as long as the last."""
        rows = min(page_size.FULL_PAGE, 2 * walk.rows or self.first_rows)
        for commit in await walk.show(rows):
            self._rows_read += 1
            self._add(commit)

    def _add(self, one: CommitRecord) -> None:
        """Take one commit into the graph and the rows, once."""
        commit = self._number(one.sha)
        if self.graph.committed[commit] is not None:
            return
        name = self.log.context.name
        self.graph.committed[commit] = microseconds(one.committed_at)
        self._unread.discard(commit)
        for position, parent in enumerate(one.parents):
            number = self._number(parent)
            self.graph.link(commit, number)
            self.mark(number, self._marks[commit])
            self.rows["parents"].append((name, one.sha, position, parent))
        if one.login is not None and self.excluded.fullmatch(one.login):
            self.graph.excluded.add(commit)
        self.rows["commits"].append(
            (name, one.sha, one.authored_at, one.committed_at, one.login, one.message)
        )
        requests = self.log.requests
        if requests.add(one.sha, one.requests):
            self._merging.add(commit)
        branch = requests.branches.get(one.sha)
        if self.log.with_messages and (one.message or (branch or "").startswith("revert-")):
            self.texts[commit] = (one.message, branch)
