"""Organizations whose deployments are releases, tags, runs of a workflow, merges, or all of it.

Each is small and always the same, and comes with the `[[sources]]` that tell the truth of it. Their
window is the thirty days from `SINCE` to `UNTIL`; what is shown goes beyond it on both sides, so
that look-back (W3) and as-of (W2) matter. All tell the story of `grow`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dora.demo.organization.model import (
    Deployment,
    Organization,
    Repository,
    Status,
    Tag,
)
from tests.support.grown_history import NOW, SINCE, UNTIL, History, days_from, grow, incidents
from tests.support.source_releases import RELEASED, commit_of, releases_of
from tests.support.source_runs import BUILD, DEPLOY, MATRIX, deploy_runs, matrix_runs

LOGIN = "acme"
Entries = tuple[dict[str, Any], ...]


class SourceCase(NamedTuple):
    """An organization, and the entries of `[[sources]]` that say what is deployed in it."""

    organization: Organization
    sources: Entries
    since: datetime = SINCE
    until: datetime = UNTIL


def only_releases(since: datetime = SINCE) -> SourceCase:
    """An organization that publishes releases and knows no Deployments."""
    shop = _released("shop", since, 101)
    return _case((shop, _quiet("docs", since)), ({"from": "releases"},), since)


def only_tags(since: datetime = SINCE) -> SourceCase:
    """An organization that tags what it ships: annotated tags and lightweight ones."""
    return _case((_tagged("lib", since, 102), _quiet("docs", since)), ({"from": "tags"},), since)


def only_workflow(since: datetime = SINCE) -> SourceCase:
    """An organization that deploys by a workflow without naming an environment."""
    api = _run("api", since, 103)
    entry = {"from": "workflow", "workflow": "deploy.yml"}
    return _case((api, _quiet("docs", since)), (entry,), since)


def only_merges(since: datetime = SINCE) -> SourceCase:
    """An organization whose main branch is what is live; one commit has a wrong clock."""
    site = _merged("site", since, 104, wrong_clock=True)
    return _case((site,), ({"from": "merges"},), since)


def mixture(since: datetime = SINCE) -> SourceCase:
    """An organization in which every repository deploys in another way."""
    repositories = (
        _deployed("shop", since, 201),
        _run("api", since, 202),
        _released("lib", since, 203),
        _tagged("cli", since, 204),
        _merged("site", since, 205, branch="live"),
        _matrix("jobs", since, 206),
        _merged("legacy", since, 207),
        _both("both", since, 208),
        _quiet("docs", since),
        Repository("empty", 299, since),
    )
    entries: Entries = (
        {"from": "workflow", "repositories": ["api"], "workflow": "Deploy*"},
        {"from": "releases", "repositories": ["lib"], "prereleases": "staging"},
        {"from": "tags", "repositories": ["cli"], "tag": "v*"},
        {"from": "merges", "repositories": ["site"], "branch": "live"},
        {
            "from": "workflow",
            "repositories": ["jobs"],
            "workflow": "Ship",
            "event": ["push", "workflow_dispatch"],
            "job": "deploy*",
            "pattern": r"\((?P<environment>[a-z-]+)\)",
        },
        {"from": "file", "repositories": ["legacy"], "path": "legacy.csv"},
        {"from": "deployments", "repositories": ["both"], "environments": ["staging"]},
        {"from": "releases", "repositories": ["both"]},
    )
    return _case(repositories, entries, since)


def file_of_legacy(since: datetime = SINCE) -> str:
    """The CSV file that feeds the repository `legacy` of `mixture`."""
    history = grow("legacy", since)

    def line(mark: str, at: float, state: str, number: str = "", environment: str = "prod") -> str:
        sha, begun = history.marks[mark], history.day(at)
        ended = (
            (begun + timedelta(minutes=9)).isoformat() if state in {"success", "failure"} else ""
        )
        url = f"https://jenkins.acme.example/job/legacy/{number or mark}/"
        return (
            f"acme/legacy,{environment},{sha},{begun.isoformat()},{state},{ended},{url},,{number}"
        )

    rows = [
        line("login", -38, "success", "1007"),
        line("menu", -11, "success", "1008"),
        line("prices", 5, "success", "1009"),
        line("sale", 6.5, "failure", "1010"),
        line("sale", 6.8, "success", "1011"),
        line("prices", 7, "success", "1012"),  # a rollback
        line("burst", 8, "success", environment="Prod"),
        line("burst", 8.5, "cancelled", environment="staging"),
        line("orders", 25.5, "success", "1101"),
        line("stock", 29.8, "in_progress", "1102"),
        line("later", 32, "success", "1103"),
    ]
    header = "repository,environment,sha,created_at,state,finished_at,url,task,id"
    return "\n".join((header, *rows, ""))


def _case(repositories: Sequence[Repository], entries: Entries, since: datetime) -> SourceCase:
    window = UNTIL - SINCE
    now = since + (NOW - SINCE)
    return SourceCase(Organization(LOGIN, now, tuple(repositories)), entries, since, since + window)


def _made(history: History, number: int, named: str, **more: Any) -> Repository:
    """A repository with that history; one of its incidents names the deployment *named*."""
    return Repository(
        history.name,
        number,
        history.day(-80),
        head=history.tips[-1],
        commits=history.commits,
        pull_requests=tuple(history.requests),
        issues=incidents(history, named),
        **{"branches": history.side, **more},
    )


def _released(name: str, since: datetime, number: int) -> Repository:
    history = grow(name, since)
    tags = tuple(
        Tag(tag, commit_of(history, mark))
        for tag, mark, published, _ in RELEASED
        if published is not None
    )
    failed = Tag("failed/orders", history.marks["orders"], history.day(27))
    nightly = Tag("nightly", history.marks["later"])
    return _made(
        history,
        number,
        "releases:v1.2.0",
        releases=releases_of(history, number),
        tags=(*tags, failed, nightly),
    )


def _tagged(name: str, since: datetime, number: int) -> Repository:
    """Every other tag is a lightweight one: it is as old as its commit."""
    history = grow(name, since)
    tags = tuple(
        Tag(tag, commit_of(history, mark), None if place % 2 else history.day(published))
        for place, (tag, mark, published, _) in enumerate(RELEASED)
        if published is not None
    )
    others = (
        Tag("experimental-1", history.marks["sale"], history.day(6.1)),
        Tag("rollback/menu", history.marks["filter"], history.day(24)),
    )
    return _made(history, number, "tags:v1.2.0", tags=(*tags, *others))


def _run(name: str, since: datetime, number: int) -> Repository:
    history = grow(name, since)
    runs = deploy_runs(history)
    named = next(run.id for run in runs if run.head_sha == history.marks["prices"])
    workflows = (DEPLOY, BUILD)
    return _made(history, number, f"workflow:{named}/1", workflows=workflows, runs=runs)


def _matrix(name: str, since: datetime, number: int) -> Repository:
    history = grow(name, since)
    runs = matrix_runs(history)
    named = runs[1].attempts[0].jobs[-1].id
    text = f"workflow:{runs[1].id}/1/{named}"
    return _made(history, number, text, workflows=(MATRIX,), runs=runs)


def _merged(
    name: str, since: datetime, number: int, *, branch: str = "main", wrong_clock: bool = False
) -> Repository:
    """With *branch* what is live is a branch that follows main by merges of its own."""
    history = grow(name, since, wrong_clock=wrong_clock)
    named = f"merges:{history.marks['prices']}"
    if branch != "main":
        head = history.marks["first"]
        for mark, at in (
            ("menu", -11),
            ("prices", 5),
            ("cache", 10.5),
            ("undo", 13),
            ("orders", 26),
        ):
            head = history.commit([head, history.marks[mark]], at, f"Merge main into {branch}")
            named = f"merges:{head}" if mark == "prices" else named
        history.side[branch] = head
    return _made(history, number, named)


def _deployed(name: str, since: datetime, number: int) -> Repository:
    history = grow(name, since)
    return _made(history, number, f"{number}003", deployments=_deployments(history, number))


def _deployments(history: History, number: int) -> tuple[Deployment, ...]:
    """GitHub's Deployments: each change to staging, then production; one fails, one is undone."""
    found: list[Deployment] = []
    for mark, at, state in (
        ("menu", -11, "success"),
        ("prices", 5, "success"),
        ("sale", 6.5, "failure"),
        ("sale", 6.7, "success"),
        ("prices", 7, "success"),
        ("burst", 8, "success"),
        ("orders", 25.5, "success"),
        ("later", 32, "success"),
    ):
        for environment, wait in (("staging", 0.0), ("production", 0.2)):
            begun = history.day(at + wait)
            told = (
                Status("in_progress", begun + timedelta(seconds=30)),
                Status(state, begun + timedelta(minutes=8)),
            )
            identity = number * 1000 + len(found)
            sha = history.marks[mark]
            found.append(Deployment(identity, sha, environment, begun, told))
    return tuple(found)


def _both(name: str, since: datetime, number: int) -> Repository:
    """Deployments to staging, releases to production; Deployments to production are left out."""
    released = _released(name, since, number)
    history = grow(name, since)
    return _made(
        history,
        number,
        "releases:v1.2.0",
        releases=released.releases,
        tags=released.tags,
        deployments=_deployments(history, number),
    )


def _quiet(name: str, since: datetime) -> Repository:
    """A repository in which nothing is deployed: commits alone."""
    history = History(name, days_from(since))
    history.push(-50, "Words")
    history.bring(1, 3, "More words")
    return Repository(
        name,
        100 + len(name),
        history.day(-60),
        head=history.tips[-1],
        commits=history.commits,
        pull_requests=tuple(history.requests),
    )
