"""Which commits of a repository are the same change under another sha (LT11).

A cherry-pick is the same change as what it was picked from, and so are two picks of one commit,
known or not: together they are a group. A squash commit has been received where the head of its
request has been, and the commits of its request have been where the squash has.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from dora.model.commit_graph import NEVER, CommitGraph

#: A commit by its number, or the text by which picks name one that nobody knows.
Name = int | str
#: Position of a commit that neither was received nor waits.
NOWHERE = NEVER + 1
#: The date of a commit that was not read.
LONG_AGO = -NEVER


class Squash(NamedTuple):
    """A squash commit (LT4) and the commits of its request that are known."""

    commit: int
    head: int | None  #: the last of them
    brought: tuple[int, ...]


@dataclass(frozen=True)
class SameChanges:
    """The commits of one repository that are the same change as others.

    Such commits are in groups; a commit alone may be one, too. A change has been received where any
    member of its own group has, or of a group that stands for its own.
    """

    groups: Sequence[Sequence[Name]] = ()
    stand_for: Sequence[AbstractSet[int]] = ()  #: for each group the others that stand for it
    group_of: Mapping[Name, int] = field(default_factory=dict)
    ranks: Mapping[int, int] = field(default_factory=dict)  #: commits in groups, by their dates

    def __bool__(self) -> bool:
        """Whether any commits are the same."""
        return bool(self.groups)

    def names(self, commit: Name) -> Iterator[Name]:
        """The names of which one must have been received for the change of *commit* to have been.

        They are commits, *commit* itself among them, and texts that name unknown ones.
        """
        own = self.group_of.get(commit)
        if own is None:
            yield commit
        else:
            for group in (own, *self.stand_for[own]):
                yield from self.groups[group]

    def group(self, name: Name) -> Sequence[Name]:
        """The picks of one commit, and that commit."""
        own = self.group_of.get(name)
        return [name] if own is None else self.groups[own]

    def all_names(self) -> Iterable[Name]:
        """Every commit that may have been received under another sha, and every unknown one."""
        return self.group_of

    def find_repeated(
        self, first_shipped_by: Sequence[int], waiting: Iterable[int]
    ) -> frozenset[int]:
        """The commits that ship nothing or do not wait: their change was received before them.

        Of those that arrive together, or that wait, the one committed first is before the others.
        """
        if not self.groups:
            return frozenset()
        waits = frozenset(waiting)
        turns = {one: self._turn(one, first_shipped_by, waits) for one in self.ranks}
        arrived = {one: turn for one, turn in turns.items() if turn[0] != NOWHERE}
        firsts: dict[int, tuple[int, int]] = {}  # of the groups of which anything arrived
        for one, turn in arrived.items():
            group = self.group_of[one]
            firsts[group] = min(turn, firsts.get(group, turn))
        return frozenset(
            one
            for one, turn in arrived.items()
            if any(
                group in firsts and firsts[group] < turn
                for group in (self.group_of[one], *self.stand_for[self.group_of[one]])
            )
        )

    def is_repeated(
        self, commit: int, first_shipped_by: Sequence[int], waits: Collection[int]
    ) -> bool:
        """Whether `find_repeated` would find *commit*."""
        if commit not in self.ranks:
            return False
        own = self._turn(commit, first_shipped_by, waits)
        return any(
            self._turn(one, first_shipped_by, waits) < own
            for one in self.names(commit)
            if isinstance(one, int)
        )

    def _turn(
        self, commit: int, first_shipped_by: Sequence[int], waits: Collection[int]
    ) -> tuple[int, int]:
        position = first_shipped_by[commit]
        if position == NEVER and commit not in waits:
            position = NOWHERE
        return position, self.ranks[commit]


def find_same_changes(
    picks: Mapping[int, Sequence[str]],
    squashes: Iterable[Squash],
    graph: CommitGraph,
    *,
    find: Callable[[str], Sequence[int]],
    sha: Callable[[int], str],
) -> SameChanges:
    """The commits that are the same change.

    *picks* maps a commit to the shas from which its message says it was picked, *find* gives the
    commits whose sha begins so.
    """
    pairs = [pair for squash in squashes for pair in _pairs_of(squash, graph)]
    groups = [*_group(picks, find)]
    group_of = {name: place for place, group in enumerate(groups) for name in group}
    for name in (name for pair in pairs for name in pair):
        if name not in group_of:
            group_of[name] = len(groups)
            groups.append([name])
    stand_for: list[set[int]] = [set() for _ in groups]
    for one, other in pairs:
        if group_of[one] != group_of[other]:
            stand_for[group_of[other]].add(group_of[one])

    def date(commit: int) -> tuple[int, str]:
        return graph.committed[commit] or LONG_AGO, sha(commit)

    commits = sorted((name for name in group_of if isinstance(name, int)), key=date)
    ranks = {commit: place for place, commit in enumerate(commits)}
    return SameChanges(groups, stand_for, group_of, ranks)


def _group(
    picks: Mapping[int, Sequence[str]], find: Callable[[str], Sequence[int]]
) -> Iterable[list[Name]]:
    """Picks with what they were picked from. A short sha that fits several commits names none."""
    groups: dict[Name, list[Name]] = {}
    for pick, shas in picks.items():
        for text in shas:
            fitting = find(text)
            if len(fitting) > 1:
                continue
            own = groups.setdefault(pick, [pick])
            name: Name = fitting[0] if fitting else text
            other = groups.setdefault(name, [name])
            if own is not other:
                few, many = sorted((own, other), key=len)
                many += few
                groups |= dict.fromkeys(few, many)
    return {id(group): group for group in groups.values()}.values()


def _pairs_of(squash: Squash, graph: CommitGraph) -> Iterator[tuple[int, int]]:
    """Commits of which the first stands for the second."""
    commit, head, brought = squash
    if head is not None:
        yield head, commit
        reached = graph.difference(head, graph.first_parent[commit])
        brought = (*brought, head, *reached)
    yield from ((commit, one) for one in dict.fromkeys(brought) if one != commit)
