"""The commits of one repository and their parents, as plain lists of numbers.

Commits are numbered from 0. A walk visits every commit once and never recurses, however long the
history is. A commit that was not read is in the graph as somebody's parent, without parents.
"""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

#: `first_shipped_by` of a commit that nothing has reached; greater than every position in an order.
NEVER = 1 << 62
#: `first_parent` of a commit without parents.
NONE = -1


class CommitGraph:
    """Parents and committer's dates of numbered commits.

    `first_parent[c]` is a number or NONE; `other_parents[c]` exists for merge commits alone.
    `committed[c]` is in microseconds since 1970, None where the commit itself was not read. GitHub
    gives the dates of some of those beside a deployment or branch: `known_dates[c]`. `excluded`
    are the commits of authors whose changes do not count (LT9).
    """

    def __init__(self, size: int = 0) -> None:
        self.first_parent: list[int] = [NONE] * size
        self.other_parents: dict[int, list[int]] = {}
        self.committed: list[int | None] = [None] * size
        self.known_dates: dict[int, int] = {}
        self.excluded: set[int] = set()
        self._generations: list[int] | None = None

    def __len__(self) -> int:
        """How many commits are numbered."""
        return len(self.first_parent)

    def add(self) -> int:
        """Add a commit of which nothing is known yet, and return its number."""
        self._generations = None
        self.first_parent.append(NONE)
        self.committed.append(None)
        return len(self.first_parent) - 1

    def link(self, child: int, parent: int) -> None:
        """Give *child* its next parent; the first one given is its first parent."""
        self._generations = None
        if self.first_parent[child] == NONE:
            self.first_parent[child] = parent
        else:
            self.other_parents.setdefault(child, []).append(parent)

    def parents(self, commit: int) -> tuple[int, ...]:
        """Parents of *commit*, in order."""
        first = self.first_parent[commit]
        return () if first == NONE else (first, *self.other_parents.get(commit, ()))

    def assign(self, commit: int, position: int, first_shipped_by: list[int]) -> None:
        """Lower `first_shipped_by` to *position* for *commit* and all it reaches.

        What something received at an equal or lower position is left alone, and so is all it
        reaches: whoever received a commit received its ancestors.
        """
        first_parent, other_parents = self.first_parent, self.other_parents
        waiting = [commit]
        while waiting:
            here = waiting.pop()
            while here != NONE and first_shipped_by[here] > position:
                first_shipped_by[here] = position
                if here in other_parents:
                    waiting.extend(other_parents[here])
                here = first_parent[here]

    def missing(self, commit: int, first_shipped_by: Sequence[int]) -> list[int]:
        """*commit* and those of its ancestors that no deployment has shipped, each once."""
        found: list[int] = []
        seen: set[int] = set()
        waiting = [commit]
        while waiting:
            here = waiting.pop()
            while here != NONE and first_shipped_by[here] == NEVER and here not in seen:
                seen.add(here)
                found.append(here)
                waiting.extend(self.other_parents.get(here, ()))
                here = self.first_parent[here]
        return found

    def is_ancestor(self, older: int, newer: int) -> bool:
        """Whether *older* is a proper ancestor of *newer*."""
        generations = self._known_generations()
        floor = generations[older]
        seen: set[int] = set()
        waiting = [newer]
        while waiting:
            here = waiting.pop()
            while here != NONE and generations[here] > floor and here not in seen:
                seen.add(here)
                waiting.extend(self.other_parents.get(here, ()))
                here = self.first_parent[here]
            if here == older and older != newer:
                return True
        return False

    def difference(self, newer: int, older: int) -> list[int]:
        """The commits that *newer* reaches and *older* does not; *older* may be NONE.

        Descends from both at once, and no further than where they meet: a commit comes after all
        that reach it, so that it is known by then whether *older* is among these.
        """
        generations = self._known_generations()
        is_new = {newer: True}
        if older != NONE:
            is_new[older] = False
        waiting = [(-generations[one], one) for one in is_new]
        heapify(waiting)
        new = sum(is_new.values())  # how many of those waiting are new
        found = []
        while new:
            _, here = heappop(waiting)
            own = is_new[here]
            if own:
                new -= 1
                found.append(here)
            for parent in self.parents(here):
                known = is_new.get(parent)
                if known is None:
                    heappush(waiting, (-generations[parent], parent))
                    new += own
                    is_new[parent] = own
                elif known and not own:
                    new -= 1
                    is_new[parent] = False
        return found

    def at(self, head: int, until: int) -> int | None:
        """First commit along first parents from *head* committed before *until* (LT8).

        None where there is none, or where the history was not read that far.
        """
        here = head
        while here != NONE:
            committed = self.committed[here]
            if committed is None and (committed := self.known_dates.get(here)) is None:
                return None
            if committed < until:
                return here
            here = self.first_parent[here]
        return None

    def _known_generations(self) -> list[int]:
        """Length of the longest path down from each commit: greater than any ancestor's."""
        if self._generations is not None:
            return self._generations
        children = [0] * len(self)
        for parent in self._all_parents():
            children[parent] += 1
        order = [commit for commit, count in enumerate(children) if not count]
        for commit in order:  # grows while it is read: a parent follows its last child
            for parent in self.parents(commit):
                children[parent] -= 1
                if not children[parent]:
                    order.append(parent)
        generations = [0] * len(self)
        for commit in reversed(order):
            above = 1 + max((generations[p] for p in self.parents(commit)), default=0)
            generations[commit] = above
        self._generations = generations
        return generations

    def _all_parents(self) -> Iterable[int]:
        yield from (parent for parent in self.first_parent if parent != NONE)
        for parents in self.other_parents.values():
            yield from parents
