"""Marks commits as wanted, as live before, or as still to be listed by a walk.

A mark is a bit, and it flows from a commit to all its ancestors, as far as these have been read.
`commit_selection` explains what the marks are for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dora.model.commit_graph import CommitGraph

#: Digits of a whole sha.
WHOLE = 40


@dataclass(frozen=True)
class Frontier:
    """The two marks of one difference: what is `wanted` and not `closed` belongs to it."""

    wanted: int
    closed: int


@dataclass
class CommitMarks:
    """The graph of the commits that are known, and the marks that each of them carries.

    Two invariants hold after every call. A commit carries every mark of its children. `unread`
    holds the commits that carry a mark, or are to be read for another reason, and were not read.
    """

    graph: CommitGraph = field(default_factory=CommitGraph)
    unread: set[int] = field(default_factory=set)
    walks: int = 0  #: the marks of all walks
    _numbers: dict[str, int] = field(default_factory=dict)
    _shas: list[str] = field(default_factory=list)
    _marks: list[int] = field(default_factory=list)
    _wanted: int = 0  #: the `wanted` marks of all frontiers
    _closed: int = 0  #: the `closed` marks, each the next higher bit
    _next: int = 1

    def number(self, sha: str) -> int:
        """The number of a commit in the graph; a new one when it is named for the first time."""
        commit = self._numbers.get(sha)
        if commit is None:
            commit = self._numbers[sha] = self.graph.add()
            self._shas.append(sha)
            self._marks.append(0)
        return commit

    def sha(self, commit: int) -> str:
        """The sha of a commit by its number."""
        return self._shas[commit]

    def known_number(self, sha: str) -> int | None:
        """The number of a commit; None where it has none yet."""
        return self._numbers.get(sha)

    def fitting(self, sha: str) -> list[int]:
        """The numbers of the known commits whose sha begins so."""
        if sha in self._numbers or len(sha) == WHOLE:
            return [self._numbers[sha]] if sha in self._numbers else []
        return [number for known, number in self._numbers.items() if known.startswith(sha)]

    def new_frontier(self) -> Frontier:
        """Two new marks for a difference."""
        wanted = self._new_mark()
        frontier = Frontier(wanted, wanted << 1)
        self._wanted |= frontier.wanted
        self._closed |= frontier.closed
        return frontier

    def new_walk(self) -> int:
        """A new mark for what a walk has listed or will list."""
        mark = self._new_mark()
        self.walks |= mark
        return mark

    def mark(self, commit: int, marks: int) -> None:
        """Set *marks* on *commit* and on its ancestors, as far as these have been read."""
        waiting = [commit]
        while waiting:
            here = waiting.pop()
            if self._marks[here] | marks == self._marks[here]:
                continue
            self._marks[here] |= marks
            if self.graph.committed[here] is None:
                self.unread.add(here)
            waiting.extend(self.graph.parents(here))

    def has(self, commit: int, marks: int) -> bool:
        """Whether *commit* carries all of *marks*."""
        return self._marks[commit] & marks == marks

    def read(self, commit: int, committed: int, parents: list[int]) -> None:
        """A commit was read: its marks flow on to its parents."""
        self.graph.committed[commit] = committed
        self.unread.discard(commit)
        for parent in parents:
            self.graph.link(commit, parent)
            self.mark(parent, self._marks[commit])

    def difference(self, commit: int) -> int:
        """The `wanted` marks of the differences that *commit* belongs to."""
        return self._marks[commit] & self._wanted & ~self.closes(commit)

    def closes(self, commit: int) -> int:
        """The `wanted` marks of the differences that *commit* closes because it was live before."""
        return (self._marks[commit] & self._closed) >> 1

    def walks_of(self, commit: int) -> int:
        """The marks of the walks that have listed *commit* or will list it."""
        return self._marks[commit] & self.walks

    def read_in_difference(self) -> Iterator[tuple[int, int, int]]:
        """The read commits that belong to a difference, each with its date and `wanted` marks."""
        for commit, committed in enumerate(self.graph.committed):
            if committed is not None and (marks := self.difference(commit)):
                yield commit, committed, marks

    def _new_mark(self) -> int:
        mark = self._next
        self._next <<= 2  # a frontier takes two bits
        return mark
