"""Made-up organizations for laws: small ones that Hypothesis shrinks, large ones from a seed.

Both come from the same builder, which asks a source of choices. The first of several options is
always the dullest one, so that a shrunk organization holds only what a failure needs.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    Organization,
    PullRequest,
    Repository,
    Status,
    Tag,
    Team,
)
from tests.oracle.settings import Settings

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SPAN = timedelta(days=365)
LOGIN = "medica-flow"

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STILL = timedelta(0)

COMMIT_GAPS = (HOUR, STILL, MINUTE, 7 * HOUR, DAY, 2 * DAY, 16 * DAY)
DEPLOYMENT_GAPS = (DAY, STILL, MINUTE, 5 * HOUR, 3 * DAY, 2 * DAY, 9 * DAY, 16 * DAY, 50 * DAY)
STATUS_GAPS = (MINUTE, STILL, HOUR, MINUTE, STILL, HOUR, 3 * DAY, 29 * DAY, 40 * DAY)
#: gaps of the larger ones, which fill the year evenly
BUSY_COMMIT_GAPS = (3 * HOUR, STILL, MINUTE, 7 * HOUR, 9 * HOUR, 5 * DAY)
BUSY_DEPLOYMENT_GAPS = (DAY, STILL, MINUTE, 5 * HOUR, 3 * DAY, 20 * DAY)
SKEWS = (STILL, -DAY, DAY, -40 * DAY, 40 * DAY, -400 * DAY)

STATUSES = (
    ("success",),
    ("in_progress", "success"),
    ("success", "inactive"),
    ("queued", "waiting", "queued", "in_progress", "success", "inactive"),
    ("failure",),
    ("in_progress", "error"),
    ("success", "failure"),
    ("failure", "success"),
    ("success", "success", "inactive"),
    ("success", "failure", "success"),
    ("error", "success", "failure"),
    ("failure", "inactive"),
    ("success", "inactive", "success", "inactive"),
    ("inactive",),
    ("pending", "inactive", "in_progress"),
    ("in_progress",),
    ("a_state_of_tomorrow", "success"),
    (),
)

#: spellings of one name each
ENVIRONMENTS = (
    ("production", "Production", "PRODUCTION"),
    ("staging", "Staging"),
    ("prod-eu", "Prod-EU"),
    ("production/api", "production/API"),
    ("pr-12", "PR-12"),
    ("preview/x",),
    ("non-prod", "Non-Prod"),
    ("pre-live", "prelive"),
    ("live2", "LIVE2"),
    ("product-search",),
    ("qa", "QA"),
    ("Dev", "dev"),
    ("a<b>&\"'|`$(x)%s{{y}}\\", "A<b>&\"'|`$(x)%s{{y}}\\"),
    (" production ",),
    ("uvd-prød",),
    ("*", "?"),
)

TASKS = ("deploy", "rollback", "deploy:migrations")
PAYLOADS = (
    "{}",
    '{"rollback": true}',
    '"{\\"rollback\\": true}"',
    '{"rollback": "true"}',
    '{"rollback": 1}',
    '{"deep": {"rollback": true}, "service": "billing"}',
    "not json",
    '""',
    "",
    "null",
    "[true]",
)
AUTHORS = (None, "ada", "grace", "Renovate[bot]", "dependabot[bot]")
LABELS = ((), ("hotfix",), ("Change-Failure", "bug"), ("caused-incident",))


class Choices(Protocol):
    """Where a builder gets its choices from."""

    def pick(self, options: Sequence[T]) -> T:
        """Pick one, rather the first."""

    def whole(self, low: int, high: int) -> int:
        """Pick a whole number, rather a small one."""

    def goes_on(self) -> bool:
        """Whether a repetition goes on."""


@dataclass(frozen=True)
class Drawn:
    """Choices that Hypothesis makes and shrinks."""

    draw: st.DrawFn

    def pick(self, options: Sequence[T]) -> T:
        """Pick one; shrinks to the first."""
        return self.draw(st.sampled_from(options))

    def whole(self, low: int, high: int) -> int:
        """Pick a whole number; shrinks to the lowest."""
        return self.draw(st.integers(low, high))

    def goes_on(self) -> bool:
        """Mostly; shrinks to an end."""
        return self.draw(st.integers(0, 40)) > 0


@dataclass(frozen=True)
class Seeded:
    """Choices of a seeded generator; the first option is as likely as the others together."""

    generator: random.Random

    def pick(self, options: Sequence[T]) -> T:
        """Pick one; half of the time the first."""
        return options[0] if self.generator.random() < 0.5 else self.generator.choice(options)

    def whole(self, low: int, high: int) -> int:
        """Pick any whole number."""
        return self.generator.randint(low, high)

    def goes_on(self) -> bool:
        """Always."""
        return True


def repeat(choices: Choices, most: int) -> Iterator[int]:
    """Number the rounds, at most so many."""
    for number in range(most):
        if not choices.goes_on():
            return
        yield number


@dataclass(frozen=True)
class Size:
    """How large a repository may become, and at which pace."""

    deployments: int
    issues: int
    skewed: bool  #: wrong clocks
    commit_gaps: Sequence[timedelta] = COMMIT_GAPS
    deployment_gaps: Sequence[timedelta] = DEPLOYMENT_GAPS
    ages: Sequence[timedelta] = (100 * DAY, 60 * DAY, 200 * DAY, SPAN)  #: of a repository


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
        if not 1 <= back <= min(4, len(self.line)):
            return ""
        sha = self.line[-back]
        return f'Revert "x"\n\nThis reverts commit {sha[: 40 if back > 1 else 7]}.'

    def step(self) -> None:
        """Let one thing happen to the repository."""
        if self.tip is None:
            self.move(self.commit())
            return
        kinds = ("direct", "squash", "merge", "rebase", "loose", "merge alone", "octopus", "open")
        kind = self.choices.pick(kinds)
        if kind == "direct":
            self.move(self.commit(self.tip, message=self.message()))
        elif kind == "loose":
            self.loose.append(self.branch())
        elif kind == "merge alone":
            self.move(self.commit(self.tip, self.branch()))
        elif kind == "octopus":
            self.move(self.commit(self.tip, self.branch(), self.branch()))
        else:
            self.request(kind, self.tip)

    def request(self, kind: str, tip: str) -> None:
        """Open a request; merge it as *kind* says, or leave it."""
        head = self.branch()
        own = self.reach(head) - self.reach(tip)
        commits = [sha for sha in self.commits if sha in own]
        first = self.commits[commits[0]] if commits else self.commits[head]
        opened = first.authored_at + self.choices.pick((STILL, MINUTE, -HOUR, 2 * DAY))
        brought: list[str] = []
        if kind == "merge":
            brought = [self.commit(tip, head)]
        elif kind == "squash":
            brought = [self.commit(tip, message=self.message())]
        elif kind == "rebase":
            for sha in commits:
                parent = brought[-1] if brought else tip
                brought.append(self.commit(parent, authored_at=self.commits[sha].authored_at))
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


@dataclass
class Deployer:
    """What deploys one repository: its deployments while they are made."""

    choices: Choices
    name: str
    number: int
    history: History
    environments: Sequence[Sequence[str]]
    run: int = 0
    made: list[Deployment] = field(default_factory=list)

    def sha(self) -> str:
        """Give the commit to deploy: rather the newest, or an old, a loose or an unknown one."""
        history = self.history
        newest_first = history.line[::-1]
        last = [self.made[-1].sha] if self.made else []
        match self.choices.pick(("newest", "again", "older", "loose", "unknown", "any")):
            case "again":
                return (last or newest_first)[0]
            case "older":
                return self.choices.pick(newest_first[:8])
            case "loose":
                return self.choices.pick([*history.loose[::-1], newest_first[0]])
            case "unknown":
                return f"{self.choices.whole(1, 2):040x}"
            case "any":
                return self.choices.pick(list(history.commits))
        return newest_first[0]

    def log_url(self) -> str | None:
        """Give the address of the present run's log, in one of GitHub's forms."""
        run = f"https://github.com/{LOGIN}/{self.name}/actions/runs/{self.run}"
        return self.choices.pick((None, f"{run}/job/{len(self.made)}", f"{run}/attempts/2"))

    def statuses(self) -> tuple[Status, ...]:
        """Give the statuses of a deployment created now, those after the present left out."""
        at = self.history.clock
        statuses = []
        for state in self.choices.pick(STATUSES):
            at += self.choices.pick(STATUS_GAPS)
            if at < NOW:
                statuses.append(Status(state, at, self.log_url()))
        return tuple(statuses)

    def deploy(self) -> None:
        """File one deployment; a job of the same run may have filed the last one."""
        if not self.made or self.choices.pick((True, True, False)):
            self.run += 1
            self.history.clock += self.choices.pick(self.history.size.deployment_gaps)
        if self.history.clock >= NOW:
            return
        spellings = self.choices.pick(self.environments)
        self.made.append(
            Deployment(
                id=self.number * 1_000_000 + len(self.made) + 1,
                sha=self.sha(),
                environment=self.choices.pick(spellings),
                created_at=self.history.clock,
                statuses=self.statuses(),
                task=self.choices.pick((TASKS[0], TASKS[0], TASKS[0], *TASKS)),
                payload=self.choices.pick((PAYLOADS[0], PAYLOADS[0], PAYLOADS[0], *PAYLOADS)),
            )
        )


def build_issues(choices: Choices, deployer: Deployer, most: int) -> tuple[Issue, ...]:
    """Make issues, most of them incidents, some naming a deployment."""
    issues = []
    for number in repeat(choices, most):
        made = deployer.made[-1 - choices.whole(0, min(5, len(deployer.made) - 1))]
        opened = made.created_at + choices.pick((HOUR, STILL, DAY, 7 * DAY, 8 * DAY))
        closed = choices.pick((opened + HOUR, None, opened + 3 * DAY, opened))
        site = f"https://github.com/{LOGIN}/{deployer.name}/deployments"
        named = choices.pick(("", str(made.id), f"{site}/{made.id}", made.sha[:7], "nonsense"))
        if opened < NOW:
            issues.append(
                Issue(
                    number=1000 + number,
                    title="It burns",
                    created_at=opened,
                    closed_at=closed if closed and closed < NOW else None,
                    body=f"What a day.\ndeployment: {named} \nBye." if named else "What a day.",
                    labels=choices.pick((("incident",), ("Incident", "bug"), ("bug",), ())),
                )
            )
    return tuple(issues)


def build_tags(choices: Choices, history: History) -> tuple[Tag, ...]:
    """Make tags, lightweight and annotated."""
    return tuple(
        Tag(
            f"{choices.pick(('v', 'failed/', 'rollback/'))}{number}",
            choices.pick(list(history.commits)),
            choices.pick((None, NOW - 10 * DAY, NOW - 200 * DAY)),
        )
        for number in range(choices.whole(0, 2))
    )


def build_repository(choices: Choices, number: int, size: Size) -> Repository:
    """Make one repository; now and then an empty, archived or forbidden one."""
    name = f"service-{number}"
    fate = choices.pick(("read",) * 8 + ("empty", "archived", "forbidden"))
    history = History(choices, number, size, NOW - choices.pick(size.ages))
    environments = [choices.pick(ENVIRONMENTS) for _ in range(choices.whole(1, 3))]
    deployer = Deployer(choices, name, number, history, environments)
    if fate != "empty":
        history.step()
        for _ in repeat(choices, size.deployments):
            if history.clock < NOW:
                for _ in range(choices.whole(0, 2)):
                    history.step()
                deployer.deploy()
    archived_at = NOW - choices.pick((5 * DAY, 60 * DAY)) if fate == "archived" else None
    return Repository(
        name=name,
        database_id=number,
        created_at=NOW - 2 * SPAN,
        head=history.tip,
        commits=history.commits,
        pull_requests=tuple(history.requests),
        deployments=tuple(deployer.made),
        issues=build_issues(choices, deployer, size.issues) if deployer.made else (),
        tags=build_tags(choices, history) if history.commits else (),
        archived_at=archived_at,
        forbidden=fate == "forbidden",
    )


def build_organization(choices: Choices, repositories: int, size: Size) -> Organization:
    """Make an organization of so many repositories and two teams."""
    made = tuple(build_repository(choices, 1 + number, size) for number in range(repositories))
    teams = tuple(
        Team(
            slug,
            slug.title(),
            {
                repository.name: choices.pick(("maintain", "admin", "push", "pull"))
                for repository in made
                if choices.pick((True, False))
            },
        )
        for slug in ("cardiology", "radiology")
    )
    return Organization(LOGIN, NOW, made, teams)


@st.composite
def organizations(
    draw: st.DrawFn,
    *,
    repositories: int = 3,
    deployments: int = 10,
    issues: int = 1,
    skewed: bool | None = None,
) -> Organization:
    """Small organizations of up to so many of each; *skewed*: wrong clocks (None: now and then)."""
    choices = Drawn(draw)
    wrong = choices.pick((False, False, True)) if skewed is None else skewed
    size = Size(deployments, issues, wrong)
    return build_organization(choices, choices.whole(1, repositories), size)


def random_organization(
    seed: int,
    *,
    repositories: int = 3,
    deployments: int = 150,
    issues: int = 5,
    skewed: bool = False,
) -> Organization:
    """Give a larger organization, always the same for one *seed*."""
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    paces = (BUSY_COMMIT_GAPS, BUSY_DEPLOYMENT_GAPS, (SPAN, 200 * DAY))
    size = Size(deployments, issues, skewed, *paces)
    return build_organization(choices, repositories, size)


def instants_of(organization: Organization) -> list[datetime]:
    """Every instant at which something was deployed or merged, newest first."""
    instants = {NOW}
    for repository in organization.repositories:
        for deployment in repository.deployments:
            instants |= {deployment.created_at, *(one.created_at for one in deployment.statuses)}
        instants |= {one.merged_at for one in repository.pull_requests if one.merged_at}
    return sorted((at for at in instants if at <= NOW), reverse=True)


@st.composite
def windows(draw: st.DrawFn, organization: Organization) -> dict[str, Any]:
    """`since` and `until` of a window, often exactly at an instant of the organization's."""
    until = NOW - draw(st.sampled_from((STILL, DAY, 13 * HOUR, 45 * DAY)))
    if draw(st.sampled_from((False, False, True))):
        until = draw(st.sampled_from(instants_of(organization)))
    lengths = (90 * DAY, 30 * DAY, 60 * DAY, 7 * DAY, 200 * DAY, 37 * HOUR)
    since = until - draw(st.sampled_from(lengths))
    earlier = [at for at in instants_of(organization) if at < until]
    if draw(st.booleans()) and earlier:
        since = draw(st.sampled_from(earlier))
    return {"since": since, "until": until}


def questions() -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of a report besides its window and its settings."""
    return st.fixed_dictionaries(
        {
            "timezone": st.sampled_from(("UTC", "America/New_York", "Asia/Kolkata")),
            "by": st.sampled_from(("repository", "environment", "organization")),
            "tiers": st.sampled_from((None, ("production",), ("staging", "other"))),
            "repositories": st.sampled_from(((), ("service-1",), ("SERVICE-?",), ("*2", "*3"))),
            "environments": st.sampled_from(((), ("prod*",), ("*", "x"), ("p?*", "Staging"))),
            "ephemeral": st.booleans(),
            "benchmark": st.sampled_from(("2023", "2022", "2021", "2019", "none", "quick-check")),
        }
    )


MAPPINGS = (
    (),
    (("prod*", "production"),),
    (("*staging*", False), ("P*", "Production"), ("*", "rest")),
    (("pr-*", "review-1"), ("preview*", False)),
)


def configurations() -> st.SearchStrategy[Settings]:
    """Settings with a few of their values changed."""
    return st.builds(
        Settings,
        lookback=st.sampled_from((30 * DAY, STILL, DAY, 90 * DAY)),
        lookback_budget=st.sampled_from((5000, 0, 1, 3)),
        stale_after=st.sampled_from((DAY, HOUR, 60 * DAY)),
        environments=st.sampled_from(MAPPINGS),
        collapse=st.sampled_from(("none", "run")),
        lead_time_start=st.sampled_from(("first_commit", "authored", "committed", "merged")),
        exclude_authors=st.sampled_from(((), ("*[bot]",), ("ADA", "g*"))),
        failures_status=st.sampled_from(("any", "live", "off")),
        rollback=st.sampled_from((True, False)),
    )
