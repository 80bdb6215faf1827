"""The cast: builders of tiny tables, and the named tables that many tests play with.

Times are hours before `NOW`, so `10 * DAY - 1` is an hour after the beginning of the tenth day
back. A builder gives rows by table; `tables` puts several together. Where nothing else is said
everything happens in the repository `api` and the environment `production`.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from dora.config import Config, load_config
from dora.model.tables import SCHEMAS, Tables, make_tables

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
#: Hours.
DAY = 24
WEEK = 7 * DAY
#: A directory without a configuration file.
NOWHERE = Path(__file__).parent

Rows = dict[str, list[tuple[object, ...]]]


def ago(hours: float) -> datetime:
    """The instant so many hours before NOW."""
    return NOW - timedelta(hours=hours)


def configured(options: dict[str, Any]) -> Config:
    """Configuration of *options* alone: no file, no environment variable, NOW as the clock."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DORA_")}
    with patch.dict(os.environ, kept, clear=True):
        return load_config(options, now=NOW, directory=NOWHERE)


def config(**options: Any) -> Config:
    """Configuration of the thirty days before NOW, rows of every tier, changed by *options*."""
    return configured({"org": "medica-flow", "since": "30d", "tier": ["all"], **options})


def tables(*parts: Rows) -> Tables:
    """Tables of all *parts* together; the repository `api` is there if none was named."""
    if not any("repositories" in part for part in parts):
        parts = (*parts, repository())
    names = [name for name in SCHEMAS if any(name in part for part in parts)]
    rows = {name: [row for part in parts for row in part.get(name, [])] for name in names}
    committed = {(row[0], row[1]): row[3] for row in rows.get("commits", [])}
    rows["repositories"] = [
        (*row[:7], committed.get((row[0], row[6])), *row[8:]) for row in rows["repositories"]
    ]
    return make_tables(rows)


def repository(
    name: str = "api",
    head: str | None = None,
    *,
    archived: float | None = None,
    is_empty: bool = False,
    has_deployments: bool = True,
    is_excluded: bool = False,
    unreadable: str | None = None,
    incomplete: str | None = None,
) -> Rows:
    """A repository, its default branch at *head*."""
    archived_at = None if archived is None else ago(archived)
    url = f"https://github.com/acme/{name}"
    row = (name, archived_at, is_empty, has_deployments, is_excluded, url, head, None, unreadable,
           incomplete)  # fmt: skip
    return {"repositories": [row]}


def commit(
    sha: str,
    *parents: str,
    at: float,
    authored: float | None = None,
    author: str | None = None,
    message: str | None = None,
    repository: str = "api",
) -> Rows:
    """A commit of *at*; authored then, too, unless said otherwise."""
    row = (repository, sha, ago(at if authored is None else authored), ago(at), author, message)
    edges: list[tuple[object, ...]] = [
        (repository, sha, place, parent) for place, parent in enumerate(parents)
    ]
    return {"commits": [row], "parents": edges}


def line(repository: str = "api", **commits: float) -> Rows:
    """Commits in a row, each the child of the one before: `line(a=50, b=40)`."""
    shas = list(commits)
    parts = [
        commit(sha, *shas[place - 1 : place] if place else (), at=at, repository=repository)
        for place, (sha, at) in enumerate(commits.items())
    ]
    return join(parts)


def join(parts: Iterable[Rows]) -> Rows:
    """Several parts as one."""
    joined: Rows = {}
    for part in parts:
        for name, rows in part.items():
            joined.setdefault(name, []).extend(rows)
    return joined


def deployment(
    number: int,
    sha: str,
    at: float,
    *statuses: tuple[object, ...],
    environment: str = "production",
    repository: str = "api",
    task: str = "deploy",
    payload: str = "{}",
    known: bool = True,
    creator: str = "github-actions[bot]",
    description: str | None = None,
    ref: str | None = "main",
    source: str = "deployments",
    name: str | None = None,
    url: str | None = None,
    entry: int = 0,
) -> Rows:
    """A deployment created *at*; *statuses* are `(state, hours ago[, log URL[, description]])`.

    None given: it succeeds at once.
    """
    row = (repository, number, sha, known, environment, task, payload, ago(at), creator,
           description, ref, source, name, url, entry)  # fmt: skip
    told = [status(number, *one, repository=repository) for one in statuses or [("success", at)]]
    return join([{"deployments": [row]}, *told])


def pending(number: int, sha: str, at: float, **other: Any) -> Rows:
    """A deployment of which nobody said anything."""
    made = deployment(number, sha, at, ("queued", at), **other)
    return {"deployments": made["deployments"]}


def status(number: int, *told: Any, repository: str = "api") -> Rows:
    """One more status of deployment *number*."""
    state, at, log_url, description = (*told, None, None)[:4]
    return {"statuses": [(repository, number, state, ago(at), log_url, description)]}


def request(
    number: int,
    merge_sha: str | None,
    *,
    opened: float,
    merged: float | None,
    first_authored: float | None = None,
    branch: Iterable[str] = (),
    associated: Iterable[str] = (),
    repository: str = "api",
) -> Rows:
    """A pull request; *branch* are its own commits, *associated* those GitHub counts to it."""
    own = [*branch]
    first_authored_at = None if first_authored is None else ago(first_authored)
    merged_at = None if merged is None else ago(merged)
    row = (repository, number, ago(opened), merged_at, merge_sha, "work", first_authored_at,
           own[-1] if own else None)  # fmt: skip
    return {
        "pull_requests": [row],
        "associations": [(repository, sha, number) for sha in associated],
        "branch_commits": [(repository, number, sha) for sha in own],
    }


def listed(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of *frame* as tuples of *columns*, missing values as None, in its order."""
    chosen = frame[list(columns)].astype(object)
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in chosen.itertuples(index=False, name=None)
    ]


# The cast -------------------------------------------------------------------------------------


def no_deployments() -> Tables:
    """A repository that never deployed."""
    return tables(repository(head="a", has_deployments=False), line(a=5 * DAY))


def one_deployment() -> Tables:
    """One success, ten days ago, of a commit of eleven days ago; nothing before it."""
    return tables(repository(head="a"), line(a=11 * DAY), deployment(1, "a", 10 * DAY))


def redeploy_same_sha() -> Tables:
    """A commit shipped ten days ago and deployed once more two days later."""
    return tables(
        repository(head="b"),
        line(a=50 * DAY, b=11 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY),
        deployment(3, "b", 8 * DAY),
    )


def rollback() -> Tables:
    """From a to b to c, and six hours later back to a; then c once more a day after that."""
    return tables(
        repository(head="c"),
        line(a=50 * DAY, b=12 * DAY, c=11 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY),
        deployment(3, "c", 9 * DAY),
        deployment(4, "a", 9 * DAY - 6),
        deployment(5, "c", 8 * DAY - 6),
    )


def two_environments() -> Tables:
    """Two commits go to staging at once and to production a day later, the second not yet."""
    return tables(
        repository(head="c"),
        line(a=50 * DAY, b=10 * DAY, c=5 * DAY),
        deployment(1, "a", 41 * DAY, environment="staging"),
        deployment(2, "a", 40 * DAY),
        deployment(3, "b", 10 * DAY, environment="staging"),
        deployment(4, "b", 9 * DAY),
        deployment(5, "c", 5 * DAY, environment="Staging"),
    )


def year_end() -> Tables:
    """Deployments around New Year 2025, UTC: a quarter to and a quarter past midnight."""
    eve = datetime(2024, 12, 31, 23, 45, tzinfo=UTC)
    hours = (NOW - eve) / timedelta(hours=1)
    return tables(
        repository(head="a"),
        line(a=hours + 60 * DAY),
        deployment(1, "a", hours + 50 * DAY),
        deployment(2, "a", hours),
        deployment(3, "a", hours - 0.5),
    )


def failed_attempts() -> Tables:
    """Two attempts that broke, three and one hour before the one that went live."""
    return tables(
        repository(head="b"),
        line(a=50 * DAY, b=11 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 10 * DAY - 2, ("error", 10 * DAY - 2)),
        deployment(4, "b", 10 * DAY - 3),
    )


CAST = {
    one.__name__: one
    for one in (
        no_deployments,
        one_deployment,
        redeploy_same_sha,
        rollback,
        two_environments,
        year_end,
        failed_attempts,
    )
}
