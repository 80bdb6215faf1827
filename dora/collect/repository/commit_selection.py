r"""Decides which commits must be read before it is certain what every deployment shipped.

**The idea.** What a deployment shipped is a difference: the commits that its own commit reaches,
minus those that the commit live before it reaches. GitHub does not compute that difference; it
lists the history of one commit, newest first, page by page. So histories are read backwards from
the deployed commits until no unread commit can still belong to a difference. Stopping at a date
would be wrong: a branch that was merged late contains commits older than what was live before.

In this picture newer commits are to the right, A was live before the window, B is deployed in it:

    o---o---o---A---o---M---B          A carries `closed`, B carries `wanted`;
         \             /               x and y are older than A, and still shipped by B
          x-----------y

**Marks** (`commit_marks`) are bits that flow from a commit to its parents. Each environment has
two: `wanted`, set on what was deployed, and `closed`, set on what was live before. The marks meet
in A: all its ancestors carry both. What is wanted and not closed is the difference, here B, M, y,
x and the commit before M.

During reading, part of the picture is missing. `?` is a commit known only as a parent:

    ?---M---B                          after one page each ? is wanted, unread and not closed
       /
      ?

**What must still be read**, in `_open`:

1. every unread commit that belongs to a difference, because its parents may belong to it, too;
2. every unread commit that carries `closed` of such a difference: the marks may meet among its
   ancestors;
3. every commit that was required for its own sake, because its parents are needed.

**What looks complete but is not**, in `_doubtful`. A read commit r may seem to belong to a
difference only because the path from a closed commit to r was not read yet. That path begins at an
unread commit u that carries `closed`, so u must be newer than r; if it is, reading continues at u
until the walk is past the date of r. There is no such doubt where one walk lists both, because it
lists r after all commits that reach it. For this each walk has a mark, too: on what it has listed
or will list. The parents of a pull request's merge commit are read as well: they show whether it
was squashed.

**Why it ends.** Marks are only added, and commits only become read. Each step either starts a walk
at an unread commit or lists at least one more commit of a walk, and histories are finite; a page
budget bounds the rest. **Why it is cheap:** the walk at the newest needed commit goes first,
because the commits that it lists may close differences for all older ones.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from dora.collect.github import page_size
from dora.collect.records import CommitRecord
from dora.collect.repository.commit_log import CommitLog, Walk
from dora.collect.repository.commit_marks import CommitMarks, Frontier
from dora.collect.repository.context import find
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.pull_requests import Rows
from dora.model.commit_graph import CommitGraph
from dora.model.references import find_origins
from dora.model.shipped_commits import microseconds

#: The date of a commit whose date is not known: older than any other.
LONG_AGO = -(1 << 62)
#: Page size of a query that gives a single object.
ONE = 1
#: An estimate of how many commits a deployment ships, so that the first page is seldom too short.
COMMITS_A_DEPLOYMENT = 4


@dataclass
class ReadCommits:
    """What was kept of the commits that were read: rows of the tables, and texts of reverts."""

    rows: Rows = field(default_factory=lambda: {"commits": [], "parents": []})
    texts: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    """Message and head branch of the commits that mention a revert (F3), by number."""
    picks: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """What the commits that were cherry-picked were picked from (LT11), by number."""
    merging: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Merge commits of pull requests, with the numbers of the requests associated with them."""


@dataclass
class CommitSelection:
    """Reads a repository's commits until every difference that it was given is complete."""

    log: CommitLog
    page_budget: int
    excluded: re.Pattern[str]
    with_reverts: bool
    found: ReadCommits = field(default_factory=ReadCommits)
    _marks: CommitMarks = field(default_factory=CommitMarks)
    _walks: dict[int, Walk] = field(default_factory=dict)  #: by mark
    _required: set[int] = field(default_factory=set)
    #: Commits of which it must be known whether they close differences, by their `wanted` marks.
    _compared: dict[int, int] = field(default_factory=dict)
    _first_rows: int = page_size.FIRST_PAGE  #: commits of a walk's first page
    _rows_read: int = 0

    @property
    def graph(self) -> CommitGraph:
        """The graph of the commits that are known."""
        return self._marks.graph

    def number(self, sha: str, committed_at: datetime) -> int:
        """The number in the graph of a commit whose date is known."""
        commit = self._marks.number(sha)
        self.graph.known_dates.setdefault(commit, microseconds(committed_at))
        return commit

    def sha(self, commit: int) -> str:
        """The sha of a commit by its number."""
        return self._marks.sha(commit)

    def known_number(self, sha: str) -> int | None:
        """The number of a commit; None where nothing was read that names it."""
        return self._marks.known_number(sha)

    def fitting(self, sha: str) -> list[int]:
        """The numbers of the known commits whose sha begins so."""
        return self._marks.fitting(sha)

    def new_frontier(self) -> Frontier:
        """The marks of a new difference."""
        return self._marks.new_frontier()

    def expect(self, deployed: Iterable[int], *, each: int) -> None:
        """Choose the length of the first page by how many deployed commits are to be reached.

        *each* is how many commits one of them may have shipped.
        """
        rows = each * len(set(deployed))
        self._first_rows = min(page_size.FULL_PAGE, max(self._first_rows, rows))

    def mark(self, commit: int, marks: int) -> None:
        """Set *marks* on *commit* and on its ancestors."""
        self._marks.mark(commit, marks)

    def has(self, commit: int, marks: int) -> bool:
        """Whether *commit* carries *marks*."""
        return self._marks.has(commit, marks)

    async def find(self, sha: str) -> int | None:
        """The number of a commit by its (perhaps short) sha; None if GitHub has no such commit."""
        fitting = self._marks.fitting(sha)
        if len(fitting) == 1:
            return fitting[0]
        result = await self.log.context.ask("object", rows=ONE, sha=sha)
        node = find(result, "repository").get("object") or {}
        if "oid" not in node:
            return None
        return self.number(node["oid"], parse_instant(node["committedDate"]))

    def need(self, commit: int) -> None:
        """Require that a commit itself is read, whatever its date: its parents are needed."""
        self._required.add(commit)

    def require(self, commit: int, descendant: int) -> bool:
        """Require a commit, and the path to it from *descendant*; False if that changes nothing."""
        if self.graph.committed[commit] is not None:
            is_new = commit in self.found.texts and commit not in self._required
            self._required.add(commit)
            return is_new
        frontier = self.new_frontier()
        self.mark(descendant, frontier.closed)
        self.mark(commit, frontier.wanted)
        self._required.add(commit)
        return True

    def compare(self, commit: int, wanted: int) -> bool:
        """Require that it is known whether *commit* closes differences; False if it was before.

        *wanted* are the marks of the differences. Those that reach it are complete anyway.
        """
        marks = self._marks
        known = marks.closes(commit) | marks.difference(commit) | self._compared.get(commit, 0)
        if not wanted & ~known:
            return False
        self._compared[commit] = self._compared.get(commit, 0) | wanted
        if self.graph.committed[commit] is None:
            self._required.add(commit)
            marks.unread.add(commit)
        return True

    def difference(self, commit: int) -> int:
        """The `wanted` marks of the differences that *commit* belongs to."""
        return self._marks.difference(commit)

    def reverts(self) -> list[int]:
        """Commits that mention a revert and belong to a difference, or were required."""
        return [
            one for one in self.found.texts if self._marks.difference(one) or one in self._required
        ]

    async def close(self) -> bool:
        """Read until every difference is complete; False if the page budget runs out first."""
        while needed := self._open() or self._doubtful():
            if self._rows_read >= self.page_budget * page_size.FULL_PAGE:
                return False
            await self._read_page(self._newest_walk(needed))
        return True

    def _open(self) -> set[int]:
        """Unread commits that belong to a difference, may close one, or are required."""
        marks = self._marks
        differences = {commit: marks.difference(commit) for commit in marks.unread}
        all_open = 0
        for wanted in differences.values():
            all_open |= wanted
        return (self._required & marks.unread) | {
            commit
            for commit, wanted in differences.items()
            if wanted or marks.closes(commit) & all_open
        }

    def _doubtful(self) -> set[int]:
        """Unread commits that could still take a commit out of a difference, and merges' parents.

        Of commits with the same marks the oldest decides: a walk past it is past all of them.
        """
        marks = self._marks
        needed: set[int] = set()
        oldest: dict[tuple[int, int], int] = {}
        for commit, committed, wanted in chain(marks.read_in_difference(), self._read_compared()):
            if commit in self.found.merging:
                needed.update(p for p in self.graph.parents(commit) if p in marks.unread)
            key = (wanted, marks.walks_of(commit))
            oldest[key] = min(oldest.get(key, committed), committed)
        for commit in marks.unread:
            closes, walks = marks.closes(commit), marks.walks_of(commit)
            if closes and any(
                wanted & closes and not listed_by & walks and self._date(commit) > date
                for (wanted, listed_by), date in oldest.items()
            ):
                needed.add(commit)
        return needed

    def _read_compared(self) -> Iterator[tuple[int, int, int]]:
        """Commits that were read and may close differences, with their dates and these marks."""
        for commit, wanted in self._compared.items():
            committed = self.graph.committed[commit]
            undecided = wanted & ~self._marks.closes(commit)
            if committed is not None and undecided:
                yield commit, committed, undecided

    def _walks_to(self, commit: int) -> list[Walk]:
        """The walks that will list an unread commit."""
        marks = self._marks.walks_of(commit)
        return [walk for mark, walk in self._walks.items() if marks & mark and not walk.is_over]

    def _date(self, commit: int) -> int:
        """An upper bound of an unread commit's date."""
        dates = [walk.at for walk in self._walks_to(commit)]
        return max(dates, default=self.graph.known_dates.get(commit, LONG_AGO))

    def _newest_walk(self, needed: Iterable[int]) -> Walk:
        """The walk to continue or to begin: the one to the newest of the needed commits."""
        commit = max(needed, key=lambda one: (self._date(one), self._marks.sha(one)))
        walks = self._walks_to(commit)
        if walks:
            return max(walks, key=lambda walk: walk.at)
        date = self.graph.known_dates.get(commit, LONG_AGO)
        walk = Walk(self.log, self._marks.sha(commit), date)
        mark = self._marks.new_walk()
        self._walks[mark] = walk
        self.mark(commit, mark)
        return walk

    async def _read_page(self, walk: Walk) -> None:
        """Read the next page of a walk, twice as long as its last."""
        rows = min(page_size.FULL_PAGE, 2 * walk.rows or self._first_rows)
        for commit in await walk.show(rows):
            self._rows_read += 1
            self._add(commit)

    def _add(self, one: CommitRecord) -> None:
        """Add a commit to the graph and the rows, unless it is there already."""
        commit = self._marks.number(one.sha)
        if self.graph.committed[commit] is not None:
            return
        parents = [self._marks.number(parent) for parent in one.parents]
        self._marks.read(commit, microseconds(one.committed_at), parents)
        if one.login is not None and self.excluded.fullmatch(one.login):
            self.graph.excluded.add(commit)
        name, found, requests = self.log.context.name, self.found, self.log.requests
        found.rows["parents"] += [
            (name, one.sha, position, parent) for position, parent in enumerate(one.parents)
        ]
        found.rows["commits"].append(
            (name, one.sha, one.authored_at, one.committed_at, one.login, one.message)
        )
        if requests.add(one.sha, one.requests):
            found.merging[commit] = one.requests
        if one.message and (origins := find_origins(one.message)):
            found.picks[commit] = origins
        branch = requests.branches.get(one.sha)
        if self.with_reverts and (one.message or (branch or "").startswith("revert-")):
            found.texts[commit] = (one.message, branch)
