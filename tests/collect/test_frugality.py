"""GitHub is asked for what decides a number, once, and for nothing else."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from math import ceil

import pytest

from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from tests.support.runs import asked_of, names_of, query_of, reading

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

QUERIES = sorted(
    one.name
    for one in resources.files("dora.collect.github.queries").iterdir()
    if "graphql" in one.name
)


def repository(name: str, days_ago: float | None = 1, **more: object) -> Repository:
    """A repository of one commit, deployed so many days ago, or never."""
    sha = f"{len(name):040x}"
    created_at = NOW - 500 * DAY
    filed = () if days_ago is None else (deployment(1, sha, days_ago),)
    values = {
        "head": sha,
        "commits": {sha: Commit(sha, (), created_at, created_at, author_login="ada")},
        "deployments": filed,
        **more,
    }
    return Repository(name, ord(name[0]), created_at, **values)  # type: ignore[arg-type]  # whatever a test names


def deployment(number: int, sha: str, days_ago: float, *, statuses: int = 1) -> Deployment:
    """A deployment to production with so many statuses, the first of them a success."""
    at = NOW - days_ago * DAY
    states = ("success", *("inactive",) * (statuses - 1))
    told = tuple(Status(state, at + n * MINUTE) for n, state in enumerate(states, 1))
    return Deployment(number, sha, "production", at, told)


@pytest.mark.thorough
def test_every_request_is_counted() -> None:
    """What the report says it cost is what GitHub was asked: requests and points."""
    with reading(build_organization(NOW)) as (read, server):
        pass
    points = sum(one.points for one in server.requests)
    assert (len(server.requests), points) == (read.tables.requests, read.tables.points)
    assert (len(server.requests), points) == (read.client.requests, read.client.points)
    assert len(server.requests) == read.told.requests


@pytest.mark.thorough
def test_demo_organization_costs_few_requests() -> None:
    """The demo report costs at most so many requests: who changes that says why.

    One for the list of 17 repositories, of which 13 are read. Two for the first pages of all 13,
    25 rows each and 200 in a request, then one for each page of 100 deployments: a change
    committed long before the window keeps older ones being asked (W3 (c)), so that nearly all
    4,000 are read. One for each 100 commits between what was live before the window and the head;
    short pages of several repositories share one. Two of them came with the ordinary life of the
    organization: refusals, plans, picks, stacks. They are asked one at a time, so that the count
    does not depend on who answers first.
    """
    with reading(build_organization(NOW), collect={"concurrency": 1}) as (_, server):
        requests, asked = Counter(map(query_of, server.requests)), asked_of(server)
    assert {"repositories", "incidents", "deployments", "commits"} == set(requests)
    assert (1, 1) == (requests["repositories"], requests["incidents"])
    assert requests["deployments"] <= 41
    # What had been live before the window and failed in it asks for what came before, too (R1).
    assert requests["commits"] <= 34
    of_deployments = [one for one in server.requests if query_of(one) == "deployments"]
    assert [8, 5] == [len(names_of(one.variables)) for one in of_deployments[:2]]
    # A short first page for each, though most need no other: pages that are asked, not requests.
    assert sum(count for (query, _), count in asked.items() if query == "deployments") <= 54


def numbered(number: int) -> Repository:
    """A repository of three commits, of which two were deployed."""
    shas = [f"{number:02x}{n:038x}" for n in range(3)]
    at = [NOW - days * DAY for days in (50, 45, 3)]
    commits = {
        sha: Commit(sha, tuple(shas[max(0, n - 1) : n]), at[n], at[n]) for n, sha in enumerate(shas)
    }
    filed = (deployment(2 * number, shas[0], 40), deployment(2 * number + 1, shas[2], 1))
    made = repository(f"r{number:02}", head=shas[2], commits=commits, deployments=filed)
    return replace(made, database_id=number)


@pytest.mark.parametrize("count", [1, 8, 9, 40])
def test_small_repositories_share_requests(count: int) -> None:
    """First pages have 25 rows, and a request asks for 200: eight repositories share one."""
    organization = Organization("acme", NOW, tuple(numbered(one) for one in range(count)))
    with reading(organization, collect={"concurrency": 1}) as (read, server):
        requests, asked = Counter(map(query_of, server.requests)), asked_of(server)
    assert [ceil(count / 8)] * 2 == [requests["deployments"], requests["commits"]]
    once = {
        (query, f"r{one:02}"): 1 for query in ("deployments", "commits") for one in range(count)
    }
    assert once == {key: times for key, times in asked.items() if key[1] is not None}
    assert (2 * count, 3 * count) == (len(read.tables.deployments), len(read.tables.commits))


@pytest.mark.thorough
def test_nothing_is_asked_twice() -> None:
    """No two requests of a run are the same."""
    with reading(build_organization(NOW)) as (_, server):
        asked = [
            (query_of(one), *sorted(map(repr, one.variables.items()))) for one in server.requests
        ]
    assert sorted(set(asked)) == sorted(asked)


@pytest.mark.parametrize(("statuses", "requests"), [(30, 0), (31, 1), (130, 1), (131, 2)])
def test_statuses_are_asked_for_only_where_they_overflow(statuses: int, requests: int) -> None:
    """Thirty statuses come with their deployment; each hundred more costs a request."""
    sha = f"{3:040x}"
    filed = (deployment(1, sha, 2), deployment(2, sha, 1, statuses=statuses))
    with reading(Organization("acme", NOW, (repository("api", deployments=filed),))) as (
        read,
        server,
    ):
        pass
    assert requests == asked_of(server)["statuses", None]
    assert 1 + statuses == len(read.tables.statuses)


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(repository("quiet", 121), id="nothing since the look-back"),
        pytest.param(repository("quiet", None), id="never deployed"),
        pytest.param(repository("quiet", archived_at=NOW - DAY / 2), id="archived"),
        pytest.param(repository("quiet", None, head=None, commits={}), id="empty"),
        pytest.param(repository("other"), id="excluded"),
    ],
)
def test_quiet_repository_costs_nothing(quiet: Repository) -> None:
    """A repository that cannot have a row costs no request of its own (C1)."""
    organization = Organization("acme", NOW, (repository("api"), quiet))
    with reading(organization, repo=("api", "quiet")) as (read, server):
        asked = asked_of(server)
    assert {None, "api"} == {name for _, name in asked}
    assert ["api", quiet.name] == list(read.tables.repositories["repository"])


def test_repository_deployed_at_the_edge_of_the_look_back_is_read() -> None:
    """The look-back holds its first instant (W3)."""
    with reading(Organization("acme", NOW, (repository("api", 120),))) as (read, server):
        asked = asked_of(server)
    assert asked["deployments", "api"] == 1
    assert len(read.tables.deployments) == 1


@pytest.mark.parametrize("name", QUERIES)
def test_history_is_never_cut_by_date(name: str) -> None:
    """`history(since:)` stops at the first old commit and loses what was merged late."""
    text = resources.files("dora.collect.github.queries").joinpath(name).read_text("utf-8")
    arguments = re.findall(r"(\w+):", re.sub(r"#.*", "", text))
    assert {"since", "until"}.isdisjoint(arguments)


def test_deployments_are_asked_newest_first() -> None:
    """Pages end where the look-back begins: of 300 deployments in 300 days two pages are read.

    The first of 25 tells that the next should have all of a page, 100.
    """
    sha = f"{3:040x}"
    filed = tuple(deployment(n, sha, 300 - n) for n in range(1, 301))
    with reading(Organization("acme", NOW, (repository("api", deployments=filed),))) as (
        read,
        server,
    ):
        pass
    assert asked_of(server)["deployments", "api"] == 2
    assert len(read.tables.deployments) == 125


@pytest.mark.parametrize(("excluded", "author"), [((), None), (("*[bot]",), "ada")])
def test_authors_are_read_only_to_leave_some_out(
    excluded: tuple[str, ...], author: str | None
) -> None:
    """Whose a commit is, is nobody's business unless some authors do not count (LT9)."""
    shas = [f"{n:040x}" for n in range(1, 4)]
    at = NOW - 50 * DAY
    commits = {
        sha: Commit(sha, tuple(shas[max(0, n - 1) : n]), at, at, author_login="ada")
        for n, sha in enumerate(shas)
    }
    filed = (deployment(1, shas[0], 40), deployment(2, shas[2], 1))
    made = repository("api", commits=commits, head=shas[2], deployments=filed)
    with reading(Organization("acme", NOW, (made,)), changes={"exclude_authors": excluded}) as (
        read,
        server,
    ):
        asked = {one.variables["authors"] for one in server.requests if "authors" in one.variables}
    assert {bool(excluded)} == asked
    known = read.tables.commits["author"]
    assert [author] * len(known) == [None if one != one else one for one in known]  # noqa: PLR0124  # missing
