"""Releases, tags and merges read as deployments from the stand-in over HTTP: D8, W2, W3."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from dora.collect.newest_refs import read_newest_refs
from dora.collect.organization import connect
from dora.demo.github.server import TOKEN, Server, serve
from dora.model.tables import Tables
from tests.support.released_lines import (
    COUNT,
    DAY,
    HOME,
    HOUR,
    NAMED,
    NOW,
    RELEASED,
    asked,
    at,
    organization,
    sha,
    unreadable_of,
)
from tests.support.runs import Reading, Told, asked_of, config_of, document_of, read_from


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in that serves the organization to all tests here."""
    with serve(organization()) as running:
        yield running


Asked = dict[tuple[str, str | None], int]
Run = tuple[Reading, Counter[tuple[str, str | None]]]


@pytest.fixture(scope="module")
def run(server: Server) -> Run:
    """One run with all sources, and what it asked."""
    read = read_from(server, config_of(organization(), **asked()))
    return read, asked_of(server)


def deployments_of(tables: Tables, name: str) -> list[dict[str, Any]]:
    """The rows of a repository's deployments, by their numbers."""
    rows = tables.deployments[tables.deployments["repository"] == name]
    return [
        {str(name): value for name, value in one.items()}
        for one in rows.sort_values("deployment").to_dict("records")
    ]


def times_of(tables: Tables, name: str) -> Mapping[str, datetime]:
    """When each deployment of a repository succeeded, by its name."""
    statuses = tables.statuses[tables.statuses["repository"] == name]
    told = {row["deployment"]: row["created_at"] for row in statuses.to_dict("records")}
    return {one["id"]: told[one["deployment"]] for one in deployments_of(tables, name)}


def rows_of(document: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Source and number of deployments of each row, by repository and environment."""
    return {
        " ".join(row["key"].values()): (row["source"], row["deployment_frequency"]["deployments"])
        for row in document["rows"]
    }


def test_each_row_says_what_its_deployments_were_taken_from(run: Run) -> None:
    """D8: every entry that fits applies, and where none fits it is GitHub's Deployments."""
    read, _ = run
    document = document_of(read.tables, read.config)
    assert {
        "both production": ("releases", 30),
        "both staging": ("deployments", 2),
        "line production": ("merges", 30),
        "live live": ("merges", 3),
        "plain production": ("deployments", 2),
        "rel production": ("releases", 30),
        "tag production": ("tags", 31),
    } == rows_of(document)
    (failed,) = [row for row in document["rows"] if row["key"]["repository"] == "tag"]
    assert {"tag": 1} == failed["change_fail_rate"]["reasons"]  # F6, where tags are read whole
    # `quiet` has Deployments, but they are not asked for; `narrow` has none that fits.
    assert {"no deployments": 3} == {
        reason: count
        for reason, count in document["coverage"]["repositories"]["skipped"].items()
        if count
    }


def test_two_entries_that_meet_make_a_repository_unreadable(run: Run) -> None:
    """D8: the reason names both entries by their place, and the environment as spelt last."""
    reason = (
        "two sources give deployments of `production`: [[sources]] 1 (releases) and "
        "[[sources]] 6 (deployments); remove the repository from one of them, "
        "or give one another environment"
    )
    told = unreadable_of(run[0].tables)
    assert {"meet": reason} == {name: why for name, why in told.items() if why is not None}


def test_releases_are_deployments_of_their_tags_commits(run: Run) -> None:
    """D8: published ones, at their publication, whenever they were created; numbered by tag."""
    found = deployments_of(run[0].tables, "rel")
    numbers = [number for number in range(1, COUNT - 1) if number != 4]
    published = {number: at(number) + HOUR for number in numbers} | {3: NOW - 5 * DAY}
    assert [
        (-len(numbers) + place, f"releases:v{number}", sha(number), published[number], 1)
        for place, number in enumerate(numbers)
    ] == [tuple(one[name] for name in NAMED) for one in found]
    assert f"{HOME}/rel/releases/tag/v138" == found[-1]["url"]
    assert times_of(run[0].tables, "rel") == {one["id"]: one["created_at"] for one in found}


def test_tags_are_deployments_at_the_taggers_or_the_commits_date(run: Run) -> None:
    """D8: an old commit that was tagged lately is one of the window; other tags are none."""
    found = deployments_of(run[0].tables, "tag")
    made = [(f"tags:v0.{number}", sha(number), at(number)) for number in range(COUNT)]
    made += [("tags:v1.0", sha(0), NOW - 4 * DAY), ("tags:v1.1", sha(0), at(0))]
    assert [(place - len(made), *one, 3) for place, one in enumerate(made)] == [
        tuple(one[name] for name in NAMED) for one in found
    ]


def test_merges_are_read_to_the_first_commit_before_the_lookback(run: Run) -> None:
    """D8, W3: the commits of the line, each a success of itself, the oldest 61 days old."""
    found = deployments_of(run[0].tables, "line")
    assert [
        (number - COUNT, f"merges:{sha(number)}", sha(number), at(number), 4)
        for number in range(COUNT - 61, COUNT)
    ] == [tuple(one[name] for name in NAMED) for one in found]


def test_merges_to_another_branch_keep_the_order_of_the_line(run: Run) -> None:
    """D8: where a clock was slow, a merge succeeded when the one before it had."""
    found = times_of(run[0].tables, "live")
    days = {number: at(number) + DAY / 2 for number in (70, 80, 90, 100, 110, 120)}
    assert {
        f"merges:{sha(number, 1)}": day for number, day in {**days, 130: days[120]}.items()
    } == (found)
    assert at(118) == deployments_of(run[0].tables, "live")[-1]["created_at"]


def test_what_the_sources_ask(run: Run) -> None:
    """D8: releases and tags come with the first query, then a hundred at once; merges with commits.

    GitHub lists 138 releases (25, 100, 13) and 243 tags (100, 100, 43) of a repository. For the
    tags of failures (F6) two folders are asked where there are more than came at first. A line of
    61 commits takes 25 and 100; the branch's takes as many, and the head of main that waits 25.
    """
    first: Asked = {("deployments", one.name): 1 for one in organization().repositories}
    released: Asked = {(query, name): 2 for query in ("releases", "tags") for name in RELEASED}
    expected: Asked = {
        **first,
        **released,
        ("tags", "meet"): 0,  # given up before
        ("tags", "tag"): 2,
        ("commits", "rel"): 2,
        ("commits", "both"): 2,
        ("commits", "tag"): 2,
        ("commits", "line"): 2,
        ("commits", "live"): 3,
        ("commits", "plain"): 1,
        ("repositories", None): 1,
        ("incidents", None): 1,
    }
    assert {key: count for key, count in expected.items() if count} == dict(run[1])


def test_what_happened_at_until_or_later_does_not_exist(server: Server) -> None:
    """W2: twelve days ago v3 was a draft still, v1.0 not made, and the lines were shorter."""
    until = NOW - 12 * DAY
    options = asked(since=(until - 30 * DAY).isoformat(), until=until.isoformat())
    read = read_from(server, config_of(organization(), **options))
    assert {
        "both production": ("releases", 30),
        "both staging": ("deployments", 1),
        "line production": ("merges", 30),
        "live live": ("merges", 4),
        "plain production": ("deployments", 1),
        "rel production": ("releases", 30),
        "tag production": ("tags", 30),
    } == rows_of(document_of(read.tables, read.config))


def test_doctor_asks_for_refs_of_deployments_alone(server: Server, run: Run) -> None:
    """D9: other sources tell what they were made for, and have no number that REST knows."""
    read, before = run[0], len(server.requests)
    told = Told()
    client = connect(read.config, {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}, told)
    tables = client.run(read_newest_refs(client, read.tables, read.config))
    assert ["/repos/acme/plain/deployments"] == [one.path for one in server.requests[before:]]
    refs = {
        name: {one["ref"] for one in deployments_of(tables, name)} for name in ("plain", "live")
    }
    assert {"plain": {"main"}, "live": {"live"}} == refs
