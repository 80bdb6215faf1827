"""Pages of releases, tags and commits that fail, are spared, or are kept: D8, W3."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dora.demo.github.server import serve
from dora.demo.github.visibility import Rights
from dora.demo.organization.model import (
    Commit,
    Release,
    Tag,
)
from tests.support.cached_runs import Runs, differences
from tests.support.github.faults import (
    Effect,
    Faults,
    Html,
    PartialError,
    Reset,
    Rule,
    SecondaryLimit,
    Truncate,
)
from tests.support.github.faults import Status as TooLong
from tests.support.released_lines import (
    COUNT,
    HOUR,
    NOW,
    WINDOW,
    asked,
    at,
    line,
    organization,
    released,
    repository,
    sha,
    unreadable_of,
)
from tests.support.runs import asked_of, config_of, document_of, query_of, read_from


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


def test_a_draft_hides_no_release_of_its_tag() -> None:
    """D8: who may push sees drafts, and one may name the tag of a release that is published."""
    parts = released()
    again = Release(900, "v130", NOW - HOUR, is_draft=True)
    rel = repository(1, "rel", tags=parts["tags"], releases=(*parts["releases"][-15:], again))
    made = replace(organization(), repositories=(rel,))
    with serve(made, rights=Rights(pushes=True)) as server:
        found = read_from(server, config_of(made, **asked())).tables.deployments["id"]
    assert [f"releases:v{number}" for number in range(125, COUNT - 1)] == sorted(found)


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


@pytest.mark.usefixtures("quick")
def test_failures_that_pass_change_nothing() -> None:
    """A page of releases or tags that fails is asked for again, however it failed."""
    made = organization()
    only = replace(made, repositories=(*made.repositories[:4], made.repositories[9]))
    effects: tuple[Effect, ...] = (
        TooLong(503),
        Html(),
        Truncate(),
        Reset(),
        SecondaryLimit(429, 0),
    )
    rules = [
        Rule(effect, name, at=(number,))
        for name in ("Releases", "Tags")
        for number, effect in enumerate(effects, 1)
    ]
    with serve(only) as sound, serve(only, middleware=[Faults(rules)]) as weak:
        config = config_of(only, **asked())
        assert [] == differences(read_from(sound, config).tables, read_from(weak, config).tables)
        met = Counter(query_of(one) for one in weak.requests if one.status != 200)
    assert met.total() >= len(effects)


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


def test_repositories_without_long_lists_share_more_of_a_request() -> None:
    """Of 30 repositories 8 share a page of releases, 25 their tags, and all what only checks."""
    names = [f"line-{number}" for number in range(30)]
    one = repository(1, "line-0")
    many = tuple(
        replace(one, name=name, database_id=number) for number, name in enumerate(names, 1)
    )
    made = replace(organization(), repositories=many)
    asked_for = {}
    with serve(made) as server:
        for kind in ("releases", "tags", "merges"):
            before = len(server.requests)
            sources = [{"from": kind, "branch": "other"} if kind == "merges" else {"from": kind}]
            failures = {"tag": kind != "merges"}
            read_from(server, config_of(made, **{**WINDOW, "sources": sources}, failures=failures))
            asked_for[kind] = sum(
                query_of(request) == "deployments" for request in server.requests[before:]
            )
    assert {"releases": 4, "tags": 2, "merges": 1} == asked_for
