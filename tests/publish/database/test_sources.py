"""Deployments of every source in the database: found by number where GitHub has one, else by id."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dora.publish.database import migrations
from dora.publish.database.connection import parse_address
from dora.publish.database.load import opened
from dora.publish.database.staging import number_of
from tests.publish.database.test_schema import make
from tests.support.databases import (
    bucket,
    change,
    column,
    contents,
    deployment,
    episode,
    evidence,
    sent,
    trended,
    whole_report,
)
from tests.support.published_files import MONDAY, row

DAY = timedelta(days=1)
AT = MONDAY - 20 * DAY
#: Written by anyone: a tag may hold all of this, and the id of a file's line a space, too.
TAG, LINE = "releases:=cmd|'<b>\"v1.2;日本\\", "file:it's; DROP TABLE deployments --"
RUNS = ["workflow:10/1", "workflow:9/2"]


def named(name: str, source: str, *signals: str) -> dict[str, Any]:
    """A deployment of another source, which failed by these signals."""
    return {**deployment(1, AT, *signals), "id": name, "source": source}


MIXED = evidence(
    deployment(3812345678, AT),
    named(TAG, "releases", "incident"),
    named(LINE, "file"),
    {**named(LINE, "file", "label"), "environment": "staging"},
    *(named(one, "workflow", "status") for one in RUNS),
    change(1, AT, deployment=3812345678),
    change(2, AT, deployment=TAG),
    change(3, AT, deployment=LINE),
    episode([TAG], AT),
    episode(RUNS, AT + DAY, AT + 2 * DAY),
)


def live(name: str) -> int:
    """The number that stands for a deployment to production."""
    return number_of(name, "Production")


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with opened(parse_address(url, "dora")) as connection:
        return sorted(tuple(one) for one in connection.execute(text(sql)))


def test_ids_of_every_kind(url: str, tmp_path: Path) -> None:
    """D8: each has its id and source, and what belongs to it is found by joining on its number."""
    made = trended(row("api"), bucket(MONDAY - 7 * DAY, MONDAY, partial=False))
    mixed = whole_report(replace(made, source="file+releases+workflow"), row("web"), trend="week")
    sent(url, tmp_path, mixed, MIXED)
    before = contents(url)

    assert "0 rows are new or changed, 0 removed" in sent(url, tmp_path, mixed, MIXED)
    assert before == contents(url)
    assert ask(url, "SELECT id, source FROM deployments") == sorted(
        [("3812345678", "deployments"), (TAG, "releases"), (LINE, "file"), (LINE, "file"),
         *((one, "workflow") for one in RUNS)]
    )  # fmt: skip
    assert [("deployments",)] == ask(
        url, "SELECT source FROM deployments WHERE deployment = 3812345678"
    )
    join = "JOIN deployments d USING (organization, repository, deployment)"
    assert ask(url, f"SELECT d.id, c.pull_request FROM changes c {join}") == sorted(  # noqa: S608  # a constant
        [("3812345678", 1), (TAG, 2), (LINE, 3)]
    )
    assert ask(url, f"SELECT d.id, r.signal FROM reasons r {join}") == sorted(  # noqa: S608  # likewise
        [(TAG, "incident"), (LINE, "label"), *((one, "status") for one in RUNS)]
    )
    # What names an episode is the first of its deployments: run 9 comes before run 10.
    parts = ask(url, f"SELECT e.episode, d.id FROM episode_deployments e {join}")  # noqa: S608  # likewise
    assert parts == sorted([(live(TAG), TAG), *((live("workflow:9/2"), one) for one in RUNS)])
    assert ["deployments", "file+releases+workflow"] == column(before, "metrics", "source")
    assert ["file+releases+workflow"] == column(before, "trends", "source")
    assert all(one < 0 for one in map(live, [TAG, LINE, *RUNS]))


def test_a_database_from_before(url: str, tmp_path: Path) -> None:
    """What an earlier version wrote is of GitHub's Deployments, and the next load keeps it."""
    make(url, 3)
    with opened(parse_address(url, "dora")) as connection:
        connection.execute(
            text(
                "INSERT INTO deployments (organization, repository, deployment, environment, "
                "service, sha, url, created_at, outcome, is_baseline, is_rework, is_failed, as_of, "
                "generated_at) VALUES ('acme', 'old', 3812345678, 'production', '', 'a', 'u', "
                ":at, 'success', false, false, false, :at, :at)"
            ),
            {"at": "2020-01-01T00:00:00.000000Z"},
        )
    sent(url, tmp_path, whole_report(row("api")), MIXED)

    assert migrations.VERSION == 5
    assert [(3812345678, "3812345678", "deployments")] == ask(
        url, "SELECT deployment, id, source FROM deployments WHERE repository = 'old'"
    )
    assert 7 == len(contents(url)["deployments"])
