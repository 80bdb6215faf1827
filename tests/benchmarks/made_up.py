"""Makes up organizations of a given size, as they are at an instant and a week before.

The same arguments give the same. All repositories have the same number of everything:

- the commits of the shape on the default branch: about a third are squashed pull requests of one
  to three commits, some came with a merge commit, the rest were pushed;
- the deployments of the shape, each commit going through dev, qa and production until one of them
  fails (8 %), with the statuses that a workflow writes, and `inactive` once superseded;
- in the last week a thirteenth more of both, as in every week of the 13 before.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)

LOGIN = "bench"
SEED = 7
WEEK = timedelta(days=7)
WINDOW = timedelta(days=90)
#: How long before the window all begins, so that something was live when the window begins.
BEFORE = timedelta(days=2)
#: A quarter has so many weeks: what one of them adds.
WEEKS = 13
STAGES = ("dev", "qa", "production")
#: Of what comes to the default branch, the shares that come by squashing and by a merge commit;
#: the rest are single commits, pushed.
SQUASHED, MERGED = 0.37, 0.05
LARGEST_MERGE = 4  #: commits that a merged pull request brings, the merge commit among them
FAILING = 0.08  #: share of the deployments that fail
HOTFIXES = 0.01  #: share of the pull requests that say that they are one
#: The longest time a commit takes through all stages: none is under way when a week ends.
ROUND = timedelta(hours=4)
LABELS = ((), (), (), ("enhancement",), ("bug",), ("dependencies", "automerge"))
PEOPLE = ("amara", "bjorn", "chidi", "dalia", "emeka", "farah", "goran", "hana", "dependabot[bot]")
WORDS = ("scheduling", "billing", "intake", "referrals", "lab results", "sign-in", "consent")


@dataclass(frozen=True)
class Shape:
    """The size of an organization: its repositories, and what each of them has."""

    repositories: int
    deployments: int
    commits: int

    def __str__(self) -> str:
        """The size in words."""
        repositories = "repository" if self.repositories == 1 else "repositories"
        return (
            f"{self.repositories:,} {repositories} with {self.deployments:,} deployments "
            f"and {self.commits:,} commits each"
        )


class Ages(NamedTuple):
    """One organization at two instants a week apart."""

    last_week: Organization
    today: Organization


def make_organizations(shape: Shape, now: datetime, window: timedelta = WINDOW) -> Ages:
    """The organization of *shape* a week before *now*, and with that week's work at *now*.

    What the shape counts is spread over *window*.
    """
    now = now.replace(microsecond=0)
    then = now - WEEK
    begin = then - window - BEFORE
    pairs = [
        _make_repository(number, shape, (begin, then, now)) for number in range(shape.repositories)
    ]
    return Ages(
        Organization(LOGIN, then, tuple(before for before, _ in pairs)),
        Organization(LOGIN, now, tuple(after for _, after in pairs)),
    )


def _make_repository(
    number: int, shape: Shape, instants: tuple[datetime, datetime, datetime]
) -> tuple[Repository, Repository]:
    begin, then, now = instants
    draft = _Draft(number, begin)
    draft.work(shape.commits, then)
    draft.deploy(shape.deployments, draft.begin, then)
    before = draft.frozen()
    draft.work(round(shape.commits / WEEKS), now)
    draft.deploy(round(shape.deployments / WEEKS), then, now)
    return before, draft.frozen()


@dataclass
class _Draft:
    """A repository while it grows, from *begin* on."""

    number: int
    begin: datetime
    commits: dict[str, Commit] = field(default_factory=dict)
    line: list[Commit] = field(default_factory=list)  #: those a deployment may be of, by date
    requests: list[PullRequest] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    head: str | None = None

    def __post_init__(self) -> None:
        """Draw the same for the same number."""
        self.draw = random.Random(f"{SEED}:{self.number}")  # noqa: S311  # seeded, no secret
        self.name = f"service-{self.number:04}"
        self.until = self.begin

    def frozen(self) -> Repository:
        """The repository as it has grown so far."""
        return Repository(
            name=self.name,
            database_id=920_000_000 + self.number,
            created_at=self.begin,
            head=self.head,
            commits=dict(self.commits),
            pull_requests=tuple(self.requests),
            deployments=tuple(_superseded(self.deployments)),
        )

    # ---- commits -------------------------------------------------------------------------------

    def work(self, count: int, end: datetime) -> None:
        """*count* more commits on the default branch until *end*."""
        instants = sorted(self._between(self.until, end) for _ in range(count))
        at = 0
        while at < count:
            kind = self.draw.random()
            if kind < MERGED and count - at >= LARGEST_MERGE:
                size = self.draw.randint(LARGEST_MERGE - 1, LARGEST_MERGE)
                at += self._merge(instants[at : at + size])
            elif kind < MERGED + SQUASHED:
                at += self._squash(instants[at])
            else:
                at += self._push(instants[at])
        self.until = end

    def _push(self, at: datetime) -> int:
        self._advance(self._commit(self._tip(), at, hours=1))
        return 1

    def _squash(self, at: datetime) -> int:
        """A pull request of one to three commits that becomes one on the default branch."""
        hours = 1 + int(self.draw.expovariate(1 / 30))
        began = max(at - timedelta(hours=hours), self.line[0].committed_at if self.line else at)
        base = (self._newest(began).sha,) if self.line else ()
        branch: list[Commit] = []
        for step in range(self.draw.randint(1, 3)):
            parents = (branch[-1].sha,) if branch else base
            written = (began + step * (at - began) / 4).replace(microsecond=0)
            branch.append(self._commit(parents, written, hours=1))
        squashed = self._commit(self._tip(), at, hours=0)
        self._request(branch, squashed)
        self._advance(squashed)
        return 1

    def _merge(self, instants: list[datetime]) -> int:
        """A pull request whose commits come to the default branch with a merge commit."""
        tip = self._tip()
        branch: list[Commit] = []
        for at in instants[:-1]:
            parents = (branch[-1].sha,) if branch else tip
            branch.append(self._commit(parents, at, hours=6))
        merge = self._commit((*tip, branch[-1].sha), instants[-1], hours=0)
        self._request(branch, merge)
        self._advance(merge)
        return len(instants)

    def _commit(self, parents: tuple[str, ...], at: datetime, *, hours: float) -> Commit:
        """A commit at *at*, authored up to about so many *hours* before."""
        authored = at - timedelta(seconds=int(self.draw.random() * hours * 3600))
        message = f"Improve {self.draw.choice(WORDS)}\n\n" + "Why, in a sentence or two. " * 3
        sha = self.draw.randbytes(20).hex()
        made = Commit(sha, parents, authored, at, message, self.draw.choice(PEOPLE))
        self.commits[sha] = made
        return made

    def _request(self, branch: list[Commit], merge: Commit) -> None:
        number = len(self.requests) + 1
        shas = tuple(commit.sha for commit in branch)
        label = ("hotfix",) if self.draw.random() < HOTFIXES else self.draw.choice(LABELS)
        self.requests.append(
            PullRequest(
                number=number,
                created_at=branch[-1].committed_at,
                title=merge.message.partition("\n")[0],
                merged_at=merge.committed_at,
                closed_at=merge.committed_at,
                merge_commit_sha=merge.sha,
                head_ref=f"feature/{number}",
                author_login=merge.author_login,
                commits=shas,
                associated=(merge.sha, *shas),
                labels=label,
            )
        )

    def _tip(self) -> tuple[str, ...]:
        return () if self.head is None else (self.head,)

    def _advance(self, commit: Commit) -> None:
        self.head = commit.sha
        self.line.append(commit)

    def _between(self, begin: datetime, end: datetime) -> datetime:
        """An instant of whole seconds."""
        seconds = int((end - begin).total_seconds())
        return begin + timedelta(seconds=self.draw.randrange(seconds))

    # ---- deployments ---------------------------------------------------------------------------

    def deploy(self, count: int, begin: datetime, end: datetime) -> None:
        """*count* more deployments from *begin* to *end*, in rounds of dev, qa, production."""
        rounds = list(self._rounds(count))
        length = (end - begin - ROUND) / max(1, len(rounds))
        for place, outcomes in enumerate(rounds):
            # Everything begins with a deployment: what is committed lies between two of them.
            jitter = 0.0 if place == 0 and not self.deployments else self.draw.uniform(0, 0.8)
            at = (begin + (place + jitter) * length).replace(microsecond=0)
            deployed = self._newest(at)
            for stage, fails in zip(STAGES, outcomes, strict=False):
                self.deployments.append(self._deployment(deployed, stage, at, fails=fails))
                at += timedelta(minutes=self.draw.randint(30, 75))

    def _rounds(self, count: int) -> Iterator[list[bool]]:
        """Which deployments of each round fail, the last of them at most; *count* in all."""
        left = count
        while left:
            outcomes: list[bool] = []
            while len(outcomes) < min(left, len(STAGES)) and not any(outcomes):
                outcomes.append(self.draw.random() < FAILING)
            yield outcomes
            left -= len(outcomes)

    def _newest(self, at: datetime) -> Commit:
        """The default branch's newest commit at *at*; its first one where there was none yet."""
        low, high = 0, len(self.line)
        while low < high:
            middle = (low + high) // 2
            low, high = (
                (middle + 1, high) if self.line[middle].committed_at <= at else (low, middle)
            )
        return self.line[max(0, low - 1)]

    def _deployment(self, of: Commit, stage: str, at: datetime, *, fails: bool) -> Deployment:
        number = len(self.deployments)
        run = f"https://github.com/{LOGIN}/{self.name}/actions/runs/{9_000_000 + number // 3}"
        log = f"{run}/job/{8_000_000 + number}"
        ended = at + timedelta(seconds=self.draw.randint(180, 900))
        told = (
            Status("queued", at + timedelta(seconds=2)),
            Status("in_progress", at + timedelta(seconds=11), log),
            Status("failure" if fails else "success", ended, log),
        )
        identity = 1_200_000_000 + self.number * 10_000 + number
        is_production = stage == "production"
        return Deployment(identity, of.sha, stage, at, told, production_environment=is_production)


def _superseded(deployments: Iterable[Deployment]) -> Iterator[Deployment]:
    """The deployments, successes with the `inactive` that the next success of their place wrote."""
    ends: dict[int, datetime] = {}
    live: dict[str, Deployment] = {}
    listed = list(deployments)
    for one in listed:
        if one.statuses[-1].state == "success":
            if one.environment in live:
                ends[live[one.environment].id] = one.statuses[-1].created_at
            live[one.environment] = one
    for one in listed:
        told = one.statuses
        if one.id in ends:
            told = (*told, Status("inactive", ends[one.id]))
        yield Deployment(
            one.id,
            one.sha,
            one.environment,
            one.created_at,
            told,
            production_environment=one.production_environment,
        )
