"""Made-up commits and the requests that brought them: merged in every way, reverted, picked."""

from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Commit, PullRequest
from tests.support.random_choices import DAY, HOUR, MINUTE, NOW, STILL, Choices, Size

SKEWS = (STILL, -DAY, DAY, -40 * DAY, 40 * DAY, -400 * DAY)
AUTHORS = (None, "ada", "grace", "Renovate[bot]", "dependabot[bot]")
LABELS = ((), ("hotfix",), ("Change-Failure", "bug"), ("caused-incident",))
KINDS = (
    "direct", "squash", "merge", "rebase", "loose", "merge alone", "octopus", "open", "pick",
)  # fmt: skip
#: commits that nobody knows any more, with a message that speaks of one
LOST = ("9" * 40, "8" * 40)


@dataclass
class History:
    """A repository's commits while they are made, and the requests that brought them."""

    choices: Choices
    number: int  #: of the repository: keeps shas apart
    size: Size
    clock: datetime
    tip: str | None = None  #: of the default branch
    commits: dict[str, Commit] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)  #: tips the default branch ever had
    loose: list[str] = field(default_factory=list)  #: heads of branches that never came home
    picked: list[str] = field(default_factory=list)  #: heads that only picks were made on
    heads: list[str] = field(default_factory=list)  #: heads of requests
    requests: list[PullRequest] = field(default_factory=list)

    def advance(self) -> None:
        """Let some time pass, not beyond the present."""
        self.clock = min(NOW, self.clock + self.choices.pick(self.size.commit_gaps))

    def commit(self, *parents: str, authored_at: datetime | None = None, message: str = "") -> str:
        """Make one commit now; a wrong clock may date it otherwise."""
        self.advance()
        made = len(self.commits)
        sha = f"{made * 2654435761 % 2**32:08x}{self.number:04x}{made:028x}"
        skew = self.choices.pick(SKEWS) if self.size.skewed else STILL
        committed_at = self.clock + skew
        earlier = self.choices.pick((STILL, STILL, HOUR, 9 * DAY))
        self.commits[sha] = Commit(
            sha=sha,
            parents=parents,
            authored_at=(authored_at or committed_at - earlier),
            committed_at=committed_at,
            message=message,
            author_login=self.choices.pick(AUTHORS),
        )
        return sha

    def reach(self, sha: str) -> set[str]:
        """Every commit reachable from *sha*."""
        found: set[str] = set()
        pending = [sha]
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending.extend(self.commits[one].parents)
        return found

    def move(self, sha: str) -> None:
        """Put the default branch to *sha*."""
        self.tip = sha
        self.line.append(sha)

    def branch(self) -> str:
        """Make a branch of one to three commits, from a recent commit; give its head."""
        recent = [*reversed(self.line[-4:]), *self.loose[-2:]]
        head = self.choices.pick(recent)
        for _ in range(self.choices.whole(1, 3)):
            head = self.commit(head)
        return head

    def message(self) -> str:
        """Give a commit's message: now and then it takes an earlier one back."""
        back = self.choices.whole(0, 12)
        if back in (11, 12) and self.requests:
            number = self.choices.whole(1, len(self.requests))
            return f'Revert "It (#{number})"' + (" (#99)" if back == 12 else "\n\nIt broke.")
        if not 1 <= back <= min(4, len(self.line)):
            return ""
        sha = self.line[-back]
        return f'Revert "x"\n\nThis reverts commit {sha[: 40 if back > 1 else 7]}.'

    def pick(self, tip: str) -> None:
        """Pick a commit to the default branch, or to one that never comes home."""
        known = list(self.commits)
        recent = [*reversed(known[-6:]), *(LOST if self.size.hidden else ())]
        chosen = self.choices.pick(recent)
        told = [chosen[: self.choices.pick((40, 40, 7))]]
        if self.choices.pick((False, False, True)):  # a pick of a pick that says nothing itself
            another = self.choices.pick(recent)
            told += [another] if self.size.hidden else []
        said = self.commits[chosen].message if chosen in self.commits else "Fix it"
        lines = "\n".join(f"(cherry picked from commit {one})" for one in told)
        branches = [*self.loose[-2:], *self.picked[-2:], *self.line[-3:-1]]
        parent = self.choices.pick([*branches, tip])
        made = self.commit(parent, message=f"{said}\n\n{lines}")
        if parent == tip:
            self.move(made)
        elif self.size.hidden:
            self.loose.append(made)
        else:
            self.picked.append(made)

    def step(self) -> None:
        """Let one thing happen to the repository."""
        if self.tip is None:
            self.move(self.commit())
            return
        kind = self.choices.pick(KINDS)
        if kind == "direct":
            self.move(self.commit(self.tip, message=self.message()))
        elif kind == "loose":
            self.loose.append(self.branch())
        elif kind == "merge alone":
            self.move(self.commit(self.tip, self.branch()))
        elif kind == "octopus":
            self.move(self.commit(self.tip, self.branch(), self.branch()))
        elif kind == "pick":
            self.pick(self.tip)
        else:
            self.request(kind, self.tip)

    def request(self, kind: str, tip: str) -> None:
        """Open a request; merge it as *kind* says, or leave it."""
        head = self.branch()
        own = self.reach(head) - self.reach(tip)
        commits = [sha for sha in self.commits if sha in own]
        first = self.commits[commits[0]] if commits else self.commits[head]
        opened = first.authored_at + self.choices.pick((STILL, MINUTE, -HOUR, 2 * DAY, -20 * DAY))
        brought: list[str] = []
        if kind == "merge":
            brought = [self.commit(tip, head)]
        elif kind == "squash":
            brought = [self.commit(tip, message=self.message())]
        elif kind == "rebase":
            for sha in commits:
                parent = brought[-1] if brought else tip
                brought.append(self.commit(parent, authored_at=self.commits[sha].authored_at))
        self.heads.append(head)
        if brought:
            self.move(brought[-1])
        else:
            self.loose.append(head)
        number = len(self.requests) + 1
        branches = (f"feature-{number}", "hotfix/now", f"revert-{self.choices.whole(1, number)}-x")
        self.requests.append(
            PullRequest(
                number=number,
                created_at=min(opened, NOW),
                merged_at=self.clock if brought else None,
                closed_at=self.clock if brought else self.choices.pick((None, self.clock)),
                merge_commit_sha=brought[-1] if brought else None,
                head_ref=self.choices.pick(branches),
                commits=tuple(commits),
                associated=(*brought, *commits),
                labels=self.choices.pick(LABELS),
            )
        )
