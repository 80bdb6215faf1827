"""Repositories with a commit a day, released, tagged and merged in every way that D8 knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    Release,
    Repository,
    Status,
    Tag,
)
from dora.model.tables import Tables

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
COUNT = 140  #: commits of a line, one a day; commit n is so many days before NOW: COUNT - n
WINDOW = {"since": "30d", "tier": ["all"]}
HOME = "https://github.com/acme"
#: Columns that tell a deployment.
NAMED = ("deployment", "id", "sha", "created_at", "entry")
#: Repositories of more than a hundred releases, and so of as many tags.
RELEASED = ("rel", "both", "meet")
#: Every kind, each for repositories of its own, and two that have two.
SOURCES: list[dict[str, Any]] = [
    {"from": "releases", "repositories": ["rel", "both", "meet", "quiet"]},
    {"from": "deployments", "repositories": ["both", "narrow"], "environments": ["stag*"]},
    {"from": "tags", "repositories": ["tag"]},
    {"from": "merges", "repositories": ["line"]},
    {"from": "merges", "repositories": ["live"], "branch": "live", "environment": "live"},
    {"from": "deployments", "repositories": ["meet"]},
    {"from": "merges", "repositories": ["lost"], "branch": "gone"},
]


def at(number: int) -> datetime:
    """When the commit of that number was committed."""
    return NOW - (COUNT - number) * DAY


def sha(number: int, kind: int = 0) -> str:
    """The commit of that number, of the main line or of another kind."""
    return f"{kind:02x}{number:038x}"


def line() -> dict[str, Commit]:
    """A line of commits, one a day, from 0 to COUNT - 1."""
    return {
        sha(number): Commit(
            sha(number), (sha(number - 1),) if number else (), at(number), at(number)
        )
        for number in range(COUNT)
    }


def repository(number: int, name: str, **parts: Any) -> Repository:
    """A repository with that line."""
    given = {"head": sha(COUNT - 1), "commits": line(), **parts}
    return Repository(name, number, NOW - 900 * DAY, **given)


def released() -> dict[str, Any]:
    """A release of each commit but the first, an hour after it; `vN` is of commit N.

    v3 was a draft until five days ago, v4 is one still, v139 is a pre-release.
    """
    tags = tuple(Tag(f"v{number}", sha(number)) for number in range(1, COUNT))
    releases = tuple(
        Release(
            number,
            f"v{number}",
            at(number) + HOUR,
            {3: NOW - 5 * DAY, 4: None}.get(number, at(number) + HOUR),
            is_draft=number == 4,
            is_prerelease=number == 139,
        )
        for number in range(1, COUNT)
    )
    return {"tags": tags, "releases": releases}


def tagged() -> tuple[Tag, ...]:
    """A lightweight tag of each commit, `v0.N`, and a hundred that are no versions.

    Behind that hundred there is one that says that v0.135 failed.
    v1.0 was made four days ago of the oldest commit, v1.1 is a lightweight one of it.
    """
    versions = [Tag(f"v0.{number}", sha(number)) for number in range(COUNT)]
    others = [Tag(f"build-{number}", sha(number)) for number in range(100)]
    others += [Tag("failed/late", sha(135))]
    late = [Tag("v1.0", sha(0), NOW - 4 * DAY), Tag("v1.1", sha(0))]
    return (*versions, *others, *late)


def deployed(*environments: str) -> tuple[Deployment, ...]:
    """Two Deployments to each of the environments, ten and twenty days ago."""
    places = enumerate((name, days) for name in environments for days in (20, 10))
    return tuple(
        Deployment(
            100 + number,
            sha(COUNT - days),
            environment,
            NOW - days * DAY,
            (Status("success", NOW - days * DAY),),
        )
        for number, (environment, days) in places
    )


def live() -> dict[str, Any]:
    """A branch that takes main every tenth day; the last merge's clock was an hour slow.

    Merge n is of commit n, half a day later; the one of commit 130 says two days before it.
    """
    commits = line()
    head = sha(0)
    for number in range(10, COUNT, 10):
        committed = at(118) if number == 130 else at(number) + DAY / 2
        head, below = sha(number, 1), head
        commits[head] = Commit(head, (below, sha(number)), committed, committed)
    return {"commits": commits, "branches": {"live": head}}


def organization() -> Organization:
    """A repository for each thing that can be told."""
    return Organization(
        "acme",
        NOW,
        (
            repository(1, "rel", **released()),
            repository(2, "tag", tags=tagged()),
            repository(3, "line"),
            repository(4, "live", **live()),
            repository(5, "both", **released(), deployments=deployed("staging", "production")),
            repository(6, "meet", **released(), deployments=deployed("Production")),
            repository(7, "plain", deployments=deployed("production")),
            repository(8, "quiet", deployments=deployed("production")),
            repository(9, "narrow", deployments=deployed("production")),
            repository(10, "lost"),
        ),
    )


def asked(**options: Any) -> dict[str, Any]:
    """The options of a run with all sources."""
    return {**WINDOW, "sources": SOURCES, **options}


def unreadable_of(tables: Tables) -> dict[str, str | None]:
    """Why each repository could not be read; None where it could."""
    rows = tables.repositories[["repository", "unreadable"]].to_dict("records")
    return {
        one["repository"]: one["unreadable"] if isinstance(one["unreadable"], str) else None
        for one in rows
    }
