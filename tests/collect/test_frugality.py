"""GitHub is asked for what decides a number, once, and for nothing else."""

import re
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from dora.demo.model import Commit, Deployment, Organization, Repository, Status
from dora.demo.organization import build_organization
from tests.collect.reading import asked_of, query_of, reading

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

QUERIES = sorted(
    one.name for one in resources.files("dora.collect.queries").iterdir() if "graphql" in one.name
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


def test_every_request_is_counted() -> None:
    """What the report says it cost is what GitHub was asked: requests and points."""
    with reading(build_organization(NOW)) as (read, server):
        pass
    points = sum(one.points for one in server.requests)
    assert (len(server.requests), points) == (read.tables.requests, read.tables.points)
    assert (len(server.requests), points) == (read.client.requests, read.client.points)
    assert len(server.requests) == read.told.requests


def test_demo_organization_costs_few_requests() -> None:
    """The demo report costs at most so many requests: who changes that says why.

    One for the list of 17 repositories, of which 13 are read. One for each page of 100
    deployments: a change committed long before the window keeps older ones being asked (W3 (c)),
    so that nearly all 4,000 are read. One for each 100 commits between what was live before the
    window and the head; at least one for each repository.
    """
    with reading(build_organization(NOW)) as (_, server):
        asked = asked_of(server)
    by_query = {
        query: sum(count for (name, _), count in asked.items() if name == query)
        for query in ("repositories", "deployments", "commits", "commit", "statuses", "incidents")
    }
    assert (1, 0) == (by_query["repositories"], by_query["statuses"])
    assert 1 == by_query["incidents"]
    assert by_query["deployments"] <= 46
    # What had been live before the window and failed in it asks for what came before, too (R1).
    assert by_query["commits"] <= 32
    assert by_query["commit"] == 0
    assert sum(by_query.values()) == len(server.requests) <= 80


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
    text = resources.files("dora.collect.queries").joinpath(name).read_text("utf-8")
    arguments = re.findall(r"(\w+):", re.sub(r"#.*", "", text))
    assert {"since", "until"}.isdisjoint(arguments)


def test_deployments_are_asked_newest_first() -> None:
    """Pages end where the look-back begins: of 300 deployments in 300 days two pages are read."""
    sha = f"{3:040x}"
    filed = tuple(deployment(n, sha, 300 - n) for n in range(1, 301))
    with reading(Organization("acme", NOW, (repository("api", deployments=filed),))) as (
        read,
        server,
    ):
        pass
    assert asked_of(server)["deployments", "api"] == 2
    assert len(read.tables.deployments) == 200


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
