"""Releases, tags and merges read as deployments from the stand-in over HTTP: D8, W2, W3."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.collect.newest_refs import read_newest_refs
from dora.collect.organization import connect
from dora.demo.github.server import TOKEN, Server, serve
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
from tests.support.cached_runs import Runs, differences
from tests.support.github.faults import Faults, PartialError, Rule
from tests.support.github.faults import Status as TooLong
from tests.support.runs import Reading, Told, asked_of, config_of, document_of, query_of, read_from

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


def unreadable_of(tables: Tables) -> dict[str, str | None]:
    """Why each repository could not be read; None where it could."""
    rows = tables.repositories[["repository", "unreadable"]].to_dict("records")
    return {
        one["repository"]: one["unreadable"] if isinstance(one["unreadable"], str) else None
        for one in rows
    }


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
    """D8: the reason names both entries by their place, and the environment."""
    reason = (
        "two sources give deployments of `Production`: [[sources]] 1 (releases) and "
        "[[sources]] 6 (deployments); let one of them leave it out"
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


def test_nothing_is_asked_that_no_source_needs() -> None:
    """D8: without Deployments, tags and a cache only the commits are asked for."""
    made = replace(organization(), repositories=(repository(3, "line"), repository(9, "other")))
    sources = [{"from": "merges", "branch": "main"}]
    with serve(made) as server:
        options = {**WINDOW, "sources": sources, "failures": {"tag": False, "incident": False}}
        read_from(server, config_of(made, **options))
        read_from(server, config_of(made, **{**options, "environment": ["staging"]}))
        (listed, *_, again) = [one for one in server.requests if query_of(one) == "repositories"]
        assert [listed.variables["probe"], again.variables["probe"]] == [False, False]
        assert {("repositories", None): 2, ("commits", "line"): 2, ("commits", "other"): 2} == (
            asked_of(server)
        )


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


def test_a_page_that_is_refused_is_told_with_its_repository() -> None:
    """D8: a repository whose releases, tags or branch cannot be read is unreadable and named."""
    rules = (
        Rule(PartialError("repository.releases", message="no second page"), "Releases",
             variables={"name": "rel"}),
        Rule(PartialError("repository.refs", message="no further tags"), "Tags",
             variables={"name": "tag"}),
        Rule(PartialError("repository.object", message="no commits"), "Commits",
             variables={"name": "line"}),
    )  # fmt: skip
    made = organization()
    refused = replace(made, repositories=made.repositories[:3])
    with serve(refused, middleware=[Faults(rules)]) as server:
        tables = read_from(server, config_of(refused, **asked())).tables
    told = dict(
        zip(tables.repositories["repository"], tables.repositories["unreadable"], strict=True)
    )
    assert {"rel": "no second page", "tag": "no further tags", "line": "no commits"} == told


def test_deployments_that_are_refused_are_not_missed_where_nobody_wants_them() -> None:
    """D8: a token without Deployments: read lists and reads what has other sources."""
    made = replace(organization(), repositories=(repository(3, "line"), repository(9, "other")))
    rules = [
        Rule(
            PartialError(f"organization.repositories.nodes.{place}.deployments", message="no"),
            "Repositories",
            variables={"probe": True},
        )
        for place in range(2)
    ]
    with serve(made, middleware=[Faults(rules)]) as server:
        tables = read_from(server, config_of(made, **asked())).tables
    assert {"line": None, "other": "no"} == unreadable_of(tables)
    assert 61 == len(tables.deployments)


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


def test_budget_of_older_deployments_is_each_entrys_own() -> None:
    """W3 (c): the look-back ends after so many older releases, and says so; merges need none.

    What was released last merged a branch of 139 days ago, older than the budget reaches.
    """
    side = Commit(sha(1, 2), (sha(0),), at(1), at(1))
    last = NOW - 23 * HOUR
    merge = Commit(sha(2, 2), (sha(COUNT - 1), side.sha), last, last)
    parts = released()
    rel = repository(
        1,
        "rel",
        commits={**line(), side.sha: side, merge.sha: merge},
        tags=(*parts["tags"][:80], Tag("v500", merge.sha)),
        releases=(*parts["releases"][:80], Release(500, "v500", last, last)),
        head=merge.sha,
    )
    merged = replace(rel, name="line", database_id=3, tags=(), releases=())
    made = replace(organization(), repositories=(rel, merged))
    found = {}
    with serve(made) as server:
        for budget in (10, 100):
            config = config_of(made, **asked(collect={"older_deployments": budget}))
            document = document_of(read_from(server, config).tables, config)
            found[budget] = document["coverage"]["deployments"]["lookback_limit"]
    assert {10: 1, 100: 0} == found


def test_pages_shrink_where_github_cannot_bear_them() -> None:
    """A page of a hundred releases or tags that takes too long is asked for by halves."""
    made = organization()
    only = replace(made, repositories=made.repositories[:2])
    rules = [Rule(TooLong(), name, variables={"n": 100}) for name in ("Releases", "Tags")]
    with serve(only) as whole, serve(only, middleware=[Faults(rules)]) as weak:
        config = config_of(only, **asked())
        assert [] == differences(read_from(whole, config).tables, read_from(weak, config).tables)
        sizes = [one.variables["n"] for one in weak.requests if query_of(one) == "releases"]
    assert [100, 50, 50, 50] == sizes


def test_what_is_kept_fits_whatever_the_sources_are(tmp_path: Path) -> None:
    """The cache keeps commits and pull requests alone: other entries give the same with it.

    The list, incidents and the first query are asked each time, further pages of releases (2) and
    tags (2, 1 where all are read), and only the first time commits (2).
    """
    made = replace(organization(), repositories=(repository(3, "line", **released()),))
    with serve(made) as server:
        runs = Runs(server, tmp_path)
        kinds = ("releases", "merges", "tags", "merges")
        costs = [runs.check(**WINDOW, sources=[{"from": kind}]).client.requests for kind in kinds]
    assert [9, 5, 4, 5] == costs
