"""First looks at repositories, made by hand; times are days before the window's end."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dora.config import Config, load_config
from dora.model.first_look import (
    FirstLook,
    RepositoryLook,
    SeenDeployment,
    SeenPage,
    SeenRelease,
    SeenRequest,
    SeenRun,
    SeenTag,
    SeenWorkflow,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
NOWHERE = Path("/nonexistent")


def ago(days: float) -> datetime:
    """The instant so many days before the window's end."""
    return NOW - timedelta(days=days)


def config(**options: Any) -> Config:
    """Settings of a window of 90 days, with the look-back of 30 before it."""
    return load_config({"org": "acme", **options}, now=NOW, directory=NOWHERE)


def deployments(environment: str, *states: str, first: float = 1) -> tuple[SeenDeployment, ...]:
    """Deployments to one environment, the newest *first* days ago, a day apart."""
    return tuple(
        SeenDeployment(environment, ago(first + place), state) for place, state in enumerate(states)
    )


def releases(*days: float, prereleases: Sequence[float] = ()) -> SeenPage[SeenRelease]:
    """Releases of so many days ago."""
    full = [SeenRelease(f"v{day:g}", ago(day)) for day in days]
    return SeenPage(
        (*full, *(SeenRelease(f"v{day:g}-rc", ago(day), is_prerelease=True) for day in prereleases))
    )


def tags(*names: str, first: float = 1) -> SeenPage[SeenTag]:
    """Tags, the newest *first* days ago, a day apart."""
    return SeenPage(tuple(SeenTag(name, ago(first + place)) for place, name in enumerate(names)))


def workflow(
    name: str, file: str, success: int = 5, failure: int = 0, event: str = "push", **other: Any
) -> SeenWorkflow:
    """A workflow with so many runs on the default branch."""
    runs = (SeenRun(event, "success"),) * success + (SeenRun(event, "failure"),) * failure
    return SeenWorkflow(name, file, **{"runs": SeenPage(runs), "total": len(runs), **other})


def look(name: str = "api", **other: Any) -> RepositoryLook:
    """A repository with ten commits on `main`, the newest a day old, two of them merges."""
    given = {
        "branch": "main",
        "commits": SeenPage(tuple(ago(day) for day in range(1, 11))),
        "requests": SeenPage(
            (SeenRequest(ago(1), "main", "fix"), SeenRequest(ago(3), "main", "a"))
        ),
        "workflows": (),
        **other,
    }
    if isinstance(given.get("deployments"), tuple):
        given["deployments"] = SeenPage(given["deployments"])
    return RepositoryLook(name, **given)


def organization(*repositories: RepositoryLook, **other: Any) -> FirstLook:
    """An organization of these repositories."""
    return FirstLook("acme", tuple(sorted(repositories, key=lambda one: one.name)), **other)
