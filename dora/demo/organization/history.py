"""Makes the commits and pull requests of one repository, landed in every way GitHub knows.

What a squash or a rebase left on its branch still exists, and still belongs to its pull request.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Commit, PullRequest


@dataclass(frozen=True)
class PlannedChange:
    """Work that lands at *landed_at*: *authored* are the dates of its commits, oldest first.

    *way* is `squash`, `merge`, `rebase`, `octopus` or `direct` (a push without a request).
    """

    landed_at: datetime
    authored: Sequence[datetime]
    way: str = "squash"
    title: str = "Improve things"
    author: str = "amara"
    branch: str = ""
    opened_at: datetime | None = None
    labels: tuple[str, ...] = ()
    message: str | None = None
    committed_at: datetime | None = None  #: another date than git would give: back-dated


@dataclass(frozen=True)
class LandedChange:
    """Where a change landed: the branch's head after it, and its request's number."""

    sha: str
    number: int | None = None


@dataclass
class CommitHistory:
    """One repository's commits while they are made; *salt* makes the shas its own."""

    salt: str
    commits: dict[str, Commit] = field(default_factory=dict)
    requests: list[PullRequest] = field(default_factory=list)
    _line: list[tuple[datetime, str]] = field(default_factory=list)
    _numbers: int = 0

    def commit(
        self,
        parents: tuple[str, ...],
        authored_at: datetime,
        committed_at: datetime,
        message: str,
        author: str | None,
    ) -> str:
        """Make a commit; its sha."""
        sha = hashlib.sha1(  # noqa: S324 - git's names are SHA-1
            f"{self.salt}:{len(self.commits)}".encode()
        ).hexdigest()
        self.commits[sha] = Commit(sha, parents, authored_at, committed_at, message, author)
        return sha

    def begin(self, at: datetime) -> None:
        """Make the first commit."""
        sha = self.commit((), at, at, "Initial commit", "amara")
        self._line.append((at, sha))

    @property
    def head(self) -> str:
        """The default branch's newest commit."""
        return self._line[-1][1]

    def head_at(self, moment: datetime) -> str:
        """The default branch's newest commit at that moment."""
        at = bisect_right(self._line, moment, key=lambda pair: pair[0])
        return self._line[max(0, at - 1)][1]

    def next_number(self) -> int:
        """The next number of a request or an issue."""
        self._numbers += 1
        return self._numbers

    def land(self, change: PlannedChange) -> LandedChange:
        """Bring a change to the default branch, in the order of time."""
        if change.way == "direct":
            for moment in change.authored:
                committed = change.committed_at or change.landed_at
                message = change.message or change.title
                sha = self.commit((self.head,), moment, committed, message, change.author)
                self._line.append((change.landed_at, sha))
            return LandedChange(self.head)
        number = self.next_number()
        own = self._branch(change)
        brought = self._merge(change, own, number)
        for sha in brought:
            self._line.append((change.landed_at, sha))
        self._request(change, number, own, brought)
        return LandedChange(self.head, number)

    def pick(self, sha: str, onto: str, moment: datetime) -> str:
        """Pick a commit onto another, as `git cherry-pick -x` does beside the default branch."""
        old = self.commits[sha]
        message = f"{old.message}\n\n(cherry picked from commit {sha})"
        return self.commit((onto,), old.authored_at, moment, message, old.author_login)

    def open(self, change: PlannedChange, now: datetime) -> None:
        """Open a request that has not landed yet: with those of its commits that exist *now*."""
        authored = [moment for moment in change.authored if moment <= now]
        if change.opened_at is None or change.opened_at > now or not authored:
            return
        number = self.next_number()
        own = self._branch(change, authored)
        self._request(change, number, own, (), is_open=True)

    def _branch(self, change: PlannedChange, authored: Sequence[datetime] = ()) -> tuple[str, ...]:
        moments = authored or change.authored
        parent = self.head_at(moments[0])
        shas = []
        for at, moment in enumerate(moments):
            message = change.title if at == 0 else f"{change.title}, part {at + 1}"
            own = change.message if change.message and change.way != "squash" else message
            parent = self.commit((parent,), moment, moment, own, change.author)
            shas.append(parent)
        return tuple(shas)

    def _merge(self, change: PlannedChange, own: tuple[str, ...], number: int) -> tuple[str, ...]:
        landed, author = change.landed_at, change.author
        if change.way == "rebase":
            copies = []
            parent = self.head
            for sha in own:
                old = self.commits[sha]
                parent = self.commit((parent,), old.authored_at, landed, old.message, author)
                copies.append(parent)
            return tuple(copies)
        if change.way == "squash":
            message = f"{change.title} (#{number})\n\n{change.message or ''}".rstrip()
            return (self.commit((self.head,), landed, landed, message, author),)
        parents: tuple[str, ...] = (self.head, own[-1])
        if change.way == "octopus":
            parents = (self.head, own[-1], *self._extra_heads(change))
        message = f"Merge pull request #{number} from medica-flow/{change.branch}"
        return (self.commit(parents, landed, landed, f"{message}\n\n{change.title}", author),)

    def _extra_heads(self, change: PlannedChange) -> list[str]:
        base = self.commits[self.head_at(change.authored[0])].sha
        moment = change.authored[-1]
        return [
            self.commit((base,), moment, moment, f"{change.title}, strand {name}", change.author)
            for name in ("b", "c")
        ]

    def _request(
        self,
        change: PlannedChange,
        number: int,
        own: tuple[str, ...],
        brought: tuple[str, ...],
        *,
        is_open: bool = False,
    ) -> None:
        landed = None if is_open else change.landed_at
        opened = change.opened_at or change.authored[-1]
        self.requests.append(
            PullRequest(
                number=number,
                created_at=opened,
                title=change.title,
                merged_at=landed,
                closed_at=landed,
                merge_commit_sha=brought[-1] if brought else None,
                head_ref=change.branch or f"work-{number}",
                author_login=change.author,
                commits=own,
                associated=(*own, *brought),
                labels=change.labels,
            )
        )
