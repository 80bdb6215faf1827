"""Counts what each source of deployments asks of GitHub, beside what it cannot do without.

One organization that deploys to production is told in every way: by Deployments, releases, tags,
runs of a workflow or jobs of it, merges, and a file.
"""

import csv
import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from dora.collect.organization import collect, connect
from dora.config import load_config
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import (
    Deployment,
    Job,
    Organization,
    Release,
    Repository,
    RunAttempt,
    Tag,
    Workflow,
    WorkflowRun,
)
from tests.benchmarks.floor import PAGE, find_floor
from tests.benchmarks.made_up import LOGIN, Shape, make_organizations
from tests.benchmarks.page import table as as_table
from tests.support.runs import Told

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SHAPE = Shape(20, 330, 500)
QUICK = 10
DEPLOY = Workflow(1, "Deploy", ".github/workflows/deploy.yml")
#: Every so many runs one was run again.
AGAIN = 10
#: Commits that one request looks up.
LOOKED_UP = 50


class Way(NamedTuple):
    """A way to tell what was deployed: the entry, a repository told so, and its own requests."""

    what: str
    entry: dict[str, Any] | None
    tell: Callable[[Repository], Repository]
    floor: Callable[[Repository], float]  #: requests that its deployments take at least


class Count(NamedTuple):
    """What a run asked, and the deployments it found."""

    requests: int
    rest: int
    points: int
    deployments: int


def _alone(repository: Repository) -> Repository:
    """A repository that has no deployments but those to production."""
    made = [one for one in repository.deployments if one.environment == "production"]
    return replace(repository, deployments=tuple(made))


def _successes(repository: Repository) -> list[tuple[Deployment, datetime]]:
    return [
        (one, status.created_at)
        for one in repository.deployments
        for status in one.statuses
        if status.state == "success"
    ]


def _tagged(repository: Repository) -> Repository:
    tags = tuple(Tag(f"v{one.id}", one.sha, at) for one, at in _successes(repository))
    return replace(repository, deployments=(), tags=tags)


def _released(repository: Repository) -> Repository:
    releases = tuple(Release(one.id, f"v{one.id}", at, at) for one, at in _successes(repository))
    return replace(_tagged(repository), releases=releases)


def _run(repository: Repository) -> Repository:
    runs = tuple(_run_of(one, number) for number, one in enumerate(repository.deployments, 1))
    return replace(repository, deployments=(), workflows=(DEPLOY,), runs=runs)


def _run_of(one: Deployment, number: int) -> WorkflowRun:
    """A run with a job; some failed at first and were run again."""
    end = max(status.created_at for status in one.statuses if status.state != "inactive")
    states = {status.state for status in one.statuses}
    last = "success" if "success" in states else "failure"
    words = ("failure", last) if number % AGAIN == 0 else (last,)
    attempts = tuple(
        RunAttempt(at, one.created_at, end, conclusion=word, jobs=(
            Job(10 * one.id + at, "deploy", at, one.created_at, one.created_at, end,
                conclusion=word),
        ))
        for at, word in enumerate(words, 1)
    )  # fmt: skip
    return WorkflowRun(one.id, DEPLOY.id, "main", one.sha, one.created_at, attempts)


def _merged(repository: Repository) -> Repository:
    return replace(repository, deployments=())


def _pages(count: int) -> int:
    return ceil(count / PAGE)


def _runs_floor(repository: Repository) -> float:
    """A page of REST shares no request."""
    shas = {one.head_sha for one in repository.runs}
    return _pages(len(repository.runs)) + len(shas) / LOOKED_UP


def _attempts(repository: Repository) -> int:
    return sum(len(one.attempts) - 1 for one in repository.runs)


WORKFLOW = {"from": "workflow", "workflow": "deploy.yml"}
WAYS = (
    Way("`deployments`", None, lambda one: one, lambda one: len(one.deployments) / PAGE),
    Way("`releases`", {"from": "releases"}, _released, lambda one: len(one.releases) / PAGE),
    Way("`tags`", {"from": "tags"}, _tagged, lambda one: len(one.tags) / PAGE),
    Way("`merges`", {"from": "merges"}, _merged, lambda _: 0),
    Way("`workflow`", WORKFLOW, _run, lambda one: _runs_floor(one) + _attempts(one)),
    Way("`workflow` with `job`", {**WORKFLOW, "job": "deploy"}, _run,
        lambda one: _runs_floor(one) + len(one.runs)),
    Way(
        "`file`",
        {"from": "file", "path": "deployments.csv"},
        lambda one: one,
        lambda one: len({each.sha for each, _ in _successes(one)}) / LOOKED_UP,
    ),
)  # fmt: skip


def _rows_of_file(organization: Organization) -> str:
    """The file that tells the deployments of an organization."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["repository", "sha", "created_at", "state", "finished_at"])
    for repository in organization.repositories:
        for one, at in _successes(repository):
            instants = one.created_at.isoformat(), at.isoformat()
            writer.writerow([repository.name, one.sha, instants[0], "success", instants[1]])
    return out.getvalue()


def _count(server: Server, way: Way, folder: Path) -> Count:
    """One run against the stand-in as it is now; what it reads is kept in the folder."""
    now = server.organization.now
    given: dict[str, Any] = {"org": LOGIN, "since": "90d", "collect": {"cache": str(folder)}}
    if way.entry is not None:
        given["sources"] = [way.entry]
    config = load_config(given, now=now, directory=folder)
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    server.requests.clear()
    told = Told()
    tables = collect(connect(config, variables, told), config, told, variables=variables)
    if tables.repositories["unreadable"].notna().any():
        raise RuntimeError(f"{way.what}: {tables.repositories['unreadable'].dropna().iloc[0]}")
    return Count(
        tables.requests,
        sum(one.method == "GET" for one in server.requests),
        tables.points,
        len(tables.deployments),
    )


def measure(way: Way, shape: Shape) -> tuple[Count, Count, int]:
    """A cold run a week ago, one of today that has its cache, and the floor of the first."""
    ages = [
        replace(one, repositories=tuple(map(_alone, one.repositories)))
        for one in make_organizations(shape, NOW)
    ]
    then, today = (
        replace(one, repositories=tuple(map(way.tell, one.repositories))) for one in ages
    )
    least = find_floor(ages[0])
    floor = least.listing + least.commits + ceil(sum(map(way.floor, then.repositories)))
    with tempfile.TemporaryDirectory() as name, serve(then) as server:
        folder = Path(name)
        folder.joinpath("deployments.csv").write_text(_rows_of_file(ages[0]), encoding="utf-8")
        cold = _count(server, way, folder)
        server.replace(today)
        folder.joinpath("deployments.csv").write_text(_rows_of_file(ages[1]), encoding="utf-8")
        return cold, _count(server, way, folder), floor


def table(*, quick: bool = False) -> str:
    """A Markdown table, a line a source; *quick* with a tenth of the repositories."""
    count = SHAPE.repositories // QUICK if quick else SHAPE.repositories
    shape = replace(SHAPE, repositories=count)
    lines = []
    for way in WAYS:
        cold, next_week, floor = measure(way, shape)
        lines.append(
            [
                way.what,
                f"{cold.deployments:,}",
                f"{cold.requests:,}",
                f"{floor:,}",
                f"{cold.rest:,}",
                f"{cold.points:,}",
                f"{next_week.requests:,}",
                f"{next_week.points:,}",
            ]
        )
    head = ("source", "deployments", "requests", "floor", "… of REST", "points",
            "next week: requests", "points")  # fmt: skip
    return as_table(head, lines)


if __name__ == "__main__":
    sys.stdout.write(table(quick="--quick" in sys.argv) + "\n")
