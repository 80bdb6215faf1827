"""A repository's history as it grows: pushes, and requests squashed, merged or rebased.

`grow(name)` gives the same story for every name, with other shas: changes of which two are hotfixes
and one is a revert, one that waits, and one that came after the window. Instants are days after
the window's beginning.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dora.demo.organization.model import Commit, Issue, PullRequest

UNTIL = datetime(2026, 10, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=30)
NOW = UNTIL + timedelta(days=3)  #: what the stand-in shows goes beyond the window

Days = Callable[[float], datetime]


def days_from(since: datetime) -> Days:
    """What gives the instant (whole seconds) so many days after *since*."""
    return lambda days: since + timedelta(seconds=round(days * 86_400))


@dataclass
class History:
    """Commits and requests of a repository; *tips* are the commits of main's own line."""

    name: str
    day: Days
    commits: dict[str, Commit] = field(default_factory=dict)
    requests: list[PullRequest] = field(default_factory=list)
    tips: list[str] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)  #: commits by what they brought
    side: dict[str, str] = field(default_factory=dict)  #: heads of other branches

    def commit(
        self, parents: Sequence[str], at: float, message: str, authored: float | None = None
    ) -> str:
        """Make a commit on top of *parents*."""
        sha = hashlib.sha256(f"{self.name}/{len(self.commits)}".encode()).hexdigest()[:40]
        made = self.day(at if authored is None else authored)
        self.commits[sha] = Commit(sha, tuple(parents), made, self.day(at), message, "amara")
        return sha

    def push(self, at: float, message: str) -> str:
        """Push a commit to main."""
        self.tips.append(self.commit(self.tips[-1:], at, message))
        return self.tips[-1]

    def bring(
        self,
        number: int,
        at: float,
        title: str,
        style: str = "squash",
        *,
        work: Sequence[float] = (),
        labels: Sequence[str] = (),
        branch: str = "",
        body: str = "",
    ) -> str:
        """Merge a request whose commits were made on the days *work* (the day before by default).

        *style* is `squash`, `merge` or `rebase`; *body* is the last paragraph of the commit that
        lands.
        """
        base = self.tips[-1]
        own: list[str] = []
        for when in work or (at - 1,):
            own.append(self.commit([own[-1] if own else base], when, f"{title}: a step"))
        landed = self._land(number, at, title, style, own, body)
        self.requests.append(
            PullRequest(
                number,
                self.day((work[-1] if work else at - 1) + 0.1),
                title,
                merged_at=self.day(at),
                closed_at=self.day(at),
                merge_commit_sha=landed[-1],
                head_ref=branch or f"change-{number}",
                author_login="amara",
                commits=tuple(own),
                associated=(*landed, *(one for one in own if one not in landed)),
                labels=tuple(labels),
            )
        )
        return landed[-1]

    def _land(
        self, number: int, at: float, title: str, style: str, own: Sequence[str], body: str
    ) -> list[str]:
        """The commits that come to main, in their order there."""
        base, text = self.tips[-1], f"\n\n{body}" if body else ""
        if style == "squash":
            landed = [self.commit([base], at, f"{title} (#{number}){text}")]
        elif style == "merge":
            message = f"Merge pull request #{number} from acme/change-{number}\n\n{title}{text}"
            merge = self.commit([base, own[-1]], at, message)
            self.tips.append(merge)
            return [*own, merge]
        else:
            landed = []
            for one in own:
                made = self.commits[one]
                authored = (made.authored_at - self.day(0)) / timedelta(days=1)
                landed.append(self.commit([base], at, made.message + text, authored))
                base = landed[-1]
        self.tips += landed
        return landed


def grow(name: str, since: datetime = SINCE, *, wrong_clock: bool = False) -> History:
    """The story of the repository *name*; `marks` names the commits that may be deployed.

    Fast follow `burst` (a hotfix label) and `cellar` (a hotfix branch); `undo` reverts `cache`;
    `later` came after the window. With a *wrong_clock* `search` is dated before its parent.
    """
    made = History(name, days_from(since))
    marks = made.marks
    marks["first"] = made.push(-75, "First steps")
    marks["login"] = made.bring(1, -40, "Log in", "merge", work=(-44, -41))
    marks["menu"] = made.bring(2, -12, "Menu", work=(-20, -13))
    marks["basket"] = made.bring(3, 2, "Basket", work=(-3, 1))
    marks["prices"] = made.bring(4, 4, "Prices", "rebase", work=(2.5, 3.5))
    marks["sale"] = made.bring(5, 6, "Sale")
    marks["burst"] = made.bring(6, 7.5, "Stop the sale", labels=("hotfix",))
    marks["cache"] = made.bring(7, 10, "Cache prices", "merge", work=(8, 9))
    reverted = f"This reverts commit {marks['cache']}."
    marks["undo"] = made.bring(8, 12, 'Revert "Cache prices"', body=reverted, branch="undo")
    marks["search"] = made.push(11.5 if wrong_clock else 15, "Search")
    marks["cellar"] = made.bring(10, 18, "Count bottles", branch="hotfix/bottles")
    marks["filter"] = made.bring(11, 21, "Filter", labels=("change-failure",))
    marks["orders"] = made.bring(12, 25, "Orders", "rebase", work=(22, 23, 24))
    marks["stock"] = made.bring(13, 28.5, "Stock")
    marks["later"] = made.bring(14, 31, "Later")
    made.side["maintenance"] = made.commit([marks["login"]], 9.5, "Mend the login")
    return made


def incidents(history: History, named: str) -> tuple[Issue, ...]:
    """An incident of what was live then, and one that names the deployment *named*."""
    return tuple(
        Issue(number, title, history.day(opened), history.day(closed), body, ("incident",))
        for number, title, opened, closed, body in (
            (101, "Slow shop", 25.8, 26.2, ""),
            (102, "No prices", 8.8, 9.2, f"Deployment: {named}"),
        )
    )
