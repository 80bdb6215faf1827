"""Which commits are the same change under another sha: cherry-picks and squashes (LT11)."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from dora.demo.organization.model import Commit

PICKED = re.compile(r"\(cherry picked from commit ([0-9a-fA-F]{7,40})\)")
#: a pick of a pick says both, a line each
CHAIN = re.compile(rf"(?:{PICKED.pattern}\s*)+")


class SameChanges:
    """The changes of one repository by their names: shas, also such as GitHub does not know."""

    def __init__(
        self, commits: Mapping[str, Commit], squashed: Mapping[str, Sequence[str]]
    ) -> None:
        """Find what is the same; *squashed* are the commits of each squash, the head last."""
        self.commits = commits
        self._kin: dict[str, set[str]] = {}  # picks of one change, however far
        for sha, commit in commits.items():
            for said in self._originals(commit.message):
                fitting = [one for one in commits if one.startswith(said.lower())]
                if len(fitting) <= 1:
                    self._join(sha, *fitting or [said.lower()])
        told = {*self._kin, *squashed, *(one for several in squashed.values() for one in several)}
        self._names = {sha: self._names_of(sha, squashed) for sha in told}
        self._meant: dict[str, list[str]] = {}
        for sha, names in sorted(self._names.items()):
            for name in names:
                self._meant.setdefault(name, []).append(sha)

    @staticmethod
    def _originals(message: str) -> list[str]:
        """Shas that a pick says it is of; of several chains the last: the others are a list."""
        chains = [chain[0] for chain in CHAIN.finditer(message)]
        return PICKED.findall(chains[-1]) if chains else []

    def _join(self, sha: str, other: str) -> None:
        together = self.kin(sha) | self.kin(other)
        for one in together:
            self._kin[one] = together

    def _names_of(self, sha: str, squashed: Mapping[str, Sequence[str]]) -> frozenset[str]:
        found = set(self.kin(sha))
        for squash, commits in squashed.items():
            if commits and squash in self.kin(sha):
                found |= self.kin(commits[-1])
            if not self.kin(sha).isdisjoint(commits):
                found |= self.kin(squash)
        return frozenset(found)

    @property
    def matters(self) -> bool:
        """Whether any two are the same."""
        return any(len(names) > 1 for names in self._names.values())

    def kin(self, sha: str) -> set[str]:
        """Give the picks of one change, the original among them."""
        return self._kin.get(sha, {sha})

    def names(self, sha: str) -> frozenset[str]:
        """Shas of which one must be received for the change to be: that of *sha*.

        A squash has been received where its request's head has, a request's commit where its
        squash has; either under whichever sha it was picked as.
        """
        return self._names.get(sha, frozenset({sha}))

    def meant_by(self, sha: str) -> list[str]:
        """Commits whose change is received with *sha*."""
        return self._meant.get(sha, [sha])

    def received_by(self, received: AbstractSet[str]) -> set[str]:
        """Every sha, also one that GitHub does not know, whose change *received* holds."""
        return {*received, *(sha for one in received for sha in self.meant_by(one))}

    def told(self, sha: str) -> str | None:
        """Commit that tells of a change: itself, or a pick of one that nobody knows."""
        return next((one for one in [sha, *sorted(self.kin(sha))] if one in self.commits), None)
