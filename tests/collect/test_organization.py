"""What is read through HTTP gives the report of the truth, however GitHub cuts it into pages."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.collect.github import client, page_size
from dora.collect.github.batching import Query, load_query
from dora.demo.github.server import serve
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from dora.model.tables import Tables
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Settings
from tests.support import random_organizations as made_up
from tests.support.examples import examples, few_of
from tests.support.oracle_settings import config_for
from tests.support.random_organizations import (
    BUSY_COMMIT_GAPS,
    BUSY_DEPLOYMENT_GAPS,
    Seeded,
    Size,
    configurations,
    organizations,
    questions,
    random_organization,
    windows,
)
from tests.support.runs import (
    asked_of,
    document_of,
    known_states,
    nearly,
    read_from,
    reading,
)
from tests.support.truth_tables import tables_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SIGNALS = ("status", "rollback", "revert", "hotfix", "label", "tag", "incident")
QUARTER = {"since": NOW - 90 * DAY, "until": NOW, "tiers": TIERS}


def every_signal(settings: Settings | None) -> Settings:
    """The settings with all signals on, as they are unless turned off."""
    return replace(settings or Settings(), signals=frozenset(SIGNALS))


def expected(
    organization: Organization, asked: dict[str, Any], settings: Settings | None = None
) -> Any:
    """The oracle's report; all of it was read to its end."""
    document = expected_report(organization, settings=every_signal(settings), **asked)
    document["coverage"]["repositories"]["incomplete"] = []
    document["coverage"]["gaps"] = []
    return nearly(document)


def collected(
    organization: Organization, asked: dict[str, Any], settings: Settings | None = None
) -> dict[str, Any]:
    """The report of what is read through HTTP."""
    config = config_for(organization, asked, every_signal(settings))
    with serve(organization) as server:
        read = read_from(server, config)
    assert read.client.requests == len(server.requests)
    return document_of(read.tables, config)


@contextmanager
def pages_of(size: int, *, tiny_lists: bool) -> Iterator[None]:
    """Pages of *size*; with *tiny_lists* a single status, parent and request fit beside a node."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_size, "FULL_PAGE", size)
        if tiny_lists:
            patch.setattr(client, "load_query", _tiny)
        yield


def _tiny(name: str) -> Query:
    text = load_query(name).text
    for whole in ("statuses(first: 30", "parents(first: 10", "associatedPullRequests(first: 2"):
        text = text.replace(whole, whole.rpartition(" ")[0] + " 1")
    return Query(name, text)


# -- The demo organization ----------------------------------------------------------------------


@cache
def demo() -> Organization:
    """The demo organization, with the repository that nobody may read."""
    return build_organization(NOW, forbidden=True)


@cache
def demo_tables() -> Tables:
    """What is read of the demo organization for the last 90 days."""
    with serve(demo()) as server:
        return read_from(server, config_for(demo(), QUARTER, every_signal(None))).tables


@pytest.mark.thorough
def test_demo_report_is_that_of_the_truth() -> None:
    """Reading through HTTP leaves no trace: the tables of the truth give the same report."""
    config = config_for(demo(), QUARTER, every_signal(None))
    assert document_of(tables_of(demo()), config) == document_of(demo_tables(), config)


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["repository", "organization"])
def test_demo_report_is_the_oracles(by: str) -> None:
    """What was read for one grouping holds every number of the others (G1)."""
    asked = {**QUARTER, "by": by}
    report = document_of(demo_tables(), config_for(demo(), asked, every_signal(None)))
    assert expected(demo(), asked) == report


@pytest.mark.thorough
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"since": NOW - 7 * DAY}, id="7 days"),
        pytest.param({"since": NOW - 365 * DAY}, id="a year"),
        pytest.param({"since": NOW - 60 * DAY, "until": NOW - 30 * DAY}, id="a past month"),
        pytest.param({"environments": ("prod*", "QA")}, id="environments by glob"),
        pytest.param({"repositories": ("patient-a*", "*-ci", "f*")}, id="repositories by glob"),
    ],
)
def test_demo_report_of_other_questions(asked: dict[str, Any]) -> None:
    """The part that is read depends on the question; the numbers only on the truth (W3)."""
    question = {**QUARTER, **asked}
    assert expected(demo(), question) == collected(demo(), question)


# -- Any organization ---------------------------------------------------------------------------


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", few_of(range(25), 4))
def test_random_organization(seed: int) -> None:
    """Pages of two to seven give the numbers of the truth: paging, W3 (b) and (c), frontiers.

    The picks are such as reading can follow (LT11): each names what git would have it name.
    """
    organization = known_states(random_organization(seed, deployments=50))
    until = NOW - (seed % 3) * 20 * DAY
    asked = {**QUARTER, "since": until - (90, 30, 10)[seed % 3] * DAY, "until": until}
    with pages_of(2 + seed % 6, tiny_lists=seed % 2 == 0):
        report = collected(organization, asked)
    assert expected(organization, asked) == report


def small(*seeds: int, deployments: int, skewed: bool) -> Organization:
    """An organization with a repository of each seed, all of which began within the window."""
    size = Size(
        deployments, 0, skewed, BUSY_COMMIT_GAPS, BUSY_DEPLOYMENT_GAPS, (60 * DAY, 30 * DAY)
    )
    made = []
    for number, seed in enumerate(seeds, 1):
        choices = Seeded(random.Random(seed))  # noqa: S311  # reproducible, not secret
        made.append(made_up.build_repository(choices, number, size))
    return known_states(Organization(made_up.LOGIN, NOW, tuple(made)))


@pytest.mark.parametrize("days", [30, 90])
def test_small_random_organization(days: int) -> None:
    """Where hardly anything happened nothing is unknown but what the rules call so (LT2, LT8)."""
    organization = small(*range(days == 90, 40, 2), deployments=3, skewed=False)
    asked = {**QUARTER, "since": NOW - days * DAY}
    assert expected(organization, asked) == collected(organization, asked)


@pytest.mark.parametrize("seed", few_of((172, 7, 11, 15, 19), 2))
def test_random_organization_with_wrong_clocks(seed: int) -> None:
    """A commit dated before its parents, or after the present, hides no other commit."""
    organization = small(seed, deployments=12, skewed=True)
    with pages_of(2, tiny_lists=False):
        report = collected(organization, QUARTER)
    assert expected(organization, QUARTER) == report


@given(st.data())
@examples(
    60,
    few=5,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_organization(data: st.DataObject) -> None:
    """Whatever is asked and configured of any organization, reading it loses nothing."""
    organization = known_states(data.draw(organizations(skewed=False)))
    asked = {**data.draw(windows(organization)), **data.draw(questions()), "benchmark": "none"}
    settings = data.draw(configurations())
    with pages_of(data.draw(st.sampled_from((2, 3, 7, 100))), tiny_lists=data.draw(st.booleans())):
        report = collected(organization, asked, settings)
    assert expected(organization, asked, settings) == report


# -- By hand ------------------------------------------------------------------------------------


def commit(sha: str, *parents: str, days_ago: float) -> Commit:
    """A commit of so many days ago."""
    at = NOW - days_ago * DAY
    return Commit(sha, parents, at, at)


def deploy(number: int, sha: str, days_ago: float, **more: Any) -> Deployment:
    """A deployment to production that succeeds within the hour."""
    at = NOW - days_ago * DAY
    values = {"statuses": (Status("success", at + HOUR),), **more}
    return Deployment(number, sha, "production", at, **values)


def organization_of(
    made: list[Commit], *filed: Deployment, head: str | None = None, **more: Any
) -> Organization:
    """An organization of one repository; its head is the last commit unless told."""
    repository = Repository(
        "api",
        1,
        NOW - 900 * DAY,
        head=head or made[-1].sha,
        commits={one.sha: one for one in made},
        deployments=filed,
        **more,
    )
    return Organization("acme", NOW, (repository,))


def numbered(count: int) -> list[Commit]:
    """Commits in a line, one a day, the last of them yesterday."""
    line = [
        commit(f"{n:040x}", f"{n - 1:040x}", days_ago=1 + count - n) for n in range(1, 1 + count)
    ]
    return [replace(line[0], parents=()), *line[1:]]


def check(organization: Organization, asked: dict[str, Any] | None = None) -> None:
    """Hold what is read of the organization against the oracle."""
    asked = asked or QUARTER
    assert expected(organization, asked) == collected(organization, asked)


def test_each_stack_has_an_earlier_success_of_its_own() -> None:
    """W3, G3: what a stack had before the window is looked for, though another's came later."""
    made = [(150, "db"), (140, "net"), (135, "net"), (80, "net"), (50, "db"), (20, "net")]
    filed = [
        deploy(number, f"{200 - days:040x}", days, payload=json.dumps({"dora": 1, "stack": stack}))
        for number, (days, stack) in enumerate(made, start=1)
    ]
    check(organization_of(numbered(200), *filed))


@pytest.mark.parametrize("days_ago", [0.5, 95])
def test_nothing_waits_where_the_head_is_live(days_ago: float) -> None:
    """With the head deployed no change waits: 0, not unknown (LT8)."""
    line = numbered(1)
    check(organization_of(line, deploy(1, line[-1].sha, days_ago), deploy(2, line[-1].sha, 0.2)))


def test_commit_dated_before_its_parent() -> None:
    """What a back-dated commit brought stays brought, though its parent has a later date (LT1)."""
    made = [
        commit("0" * 40, days_ago=20),
        commit("1" * 40, "0" * 40, days_ago=460),
        commit("2" * 40, "0" * 40, days_ago=28),
    ]
    check(organization_of(made, deploy(1, "1" * 40, 58), deploy(2, "2" * 40, 24)))


def test_no_success_at_all() -> None:
    """An environment whose deployments all failed has a row, of unknowns (D3)."""
    failed = (Status("failure", NOW - DAY),)
    line = numbered(2)
    check(organization_of(line, deploy(1, line[-1].sha, 2, statuses=failed)))


def test_history_of_several_pages_is_read_where_it_decides() -> None:
    """250 commits shipped at once are 250 changes: three pages (LT3)."""
    line = numbered(260)
    check(organization_of(line, deploy(1, line[9].sha, 88), deploy(2, line[-1].sha, 0.5)))


def test_statuses_beyond_a_page() -> None:
    """The first success may stand on the second page of a deployment's statuses (D2)."""
    at = NOW - 3 * DAY
    states = ("success", "failure", *("in_progress",) * 140)
    statuses = tuple(Status(state, at + n * timedelta(minutes=1)) for n, state in enumerate(states))
    line = numbered(5)
    organization = organization_of(
        line, deploy(1, line[0].sha, 4.5), deploy(2, line[1].sha, 3, statuses=statuses)
    )
    check(organization)


def request(number: int, *brought: str, **more: Any) -> PullRequest:
    """A merged request associated with the commits that it *brought*."""
    at = NOW - 2 * DAY
    return PullRequest(
        number,
        at - DAY,
        merged_at=at,
        closed_at=at,
        merge_commit_sha=brought[-1],
        commits=brought,
        associated=brought,
        **more,
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_merge_of_many_parents_and_requests(size: int) -> None:
    """Every parent of an octopus and every request of a commit is read, each once (LT1, LT4)."""
    branches = [commit(f"b{n:039x}", "0" * 40, days_ago=5 + n) for n in range(13)]
    merge = commit("f" * 40, "0" * 40, *(one.sha for one in branches), days_ago=2)
    made = [commit("0" * 40, days_ago=50), *branches, merge]
    requests = tuple(request(1 + n, one.sha, merge.sha) for n, one in enumerate(branches[:7]))
    organization = organization_of(
        made, deploy(1, "0" * 40, 40), deploy(2, merge.sha, 1), pull_requests=requests
    )
    with pages_of(size, tiny_lists=size < 100):
        check(organization)
        with reading(organization) as (read, server):
            rows = read.tables.parents
    assert [*range(14)] == sorted(rows.loc[rows["sha"] == merge.sha, "position"])
    assert asked_of(server)["commit", "api"] > 0
    associated = read.tables.associations
    assert [*range(1, 8)] == sorted(associated.loc[associated["sha"] == merge.sha, "number"])


# -- Laws of the tables -------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 16])
def test_tables_do_not_depend_on_who_answers_first(concurrency: int) -> None:
    """Rows come in the order of the repositories' names, however many read at once."""
    organization = known_states(random_organization(3, repositories=5, deployments=10))
    with reading(organization, collect={"concurrency": concurrency}) as (read, _):
        names = list(read.tables.repositories["repository"])
    with reading(organization) as (other, _):
        pass
    assert [one.name for one in organization.repositories] == names
    assert read.tables.deployments.equals(other.tables.deployments)
    assert read.tables.statuses.equals(other.tables.statuses)
    assert read.tables.commits.equals(other.tables.commits)


def test_page_budget_names_what_was_not_read() -> None:
    """A history longer than allowed is told of: the repository is incomplete, not unreadable."""
    line = numbered(60)
    organization = organization_of(line, deploy(1, line[0].sha, 59), deploy(2, line[-1].sha, 0.5))
    with (
        pages_of(5, tiny_lists=False),
        reading(organization, collect={"commit_pages": 3}) as (read, server),
    ):
        pass
    (row,) = document_of(read.tables, read.config)["coverage"]["repositories"]["incomplete"]
    told = "its history was read for 3 pages, not to its end"
    assert {"repository": "api", "reason": told} == row
    assert asked_of(server)["commits", "api"] == 3


def test_empty_organization() -> None:
    """An organization without repositories gives a report without rows."""
    check(Organization("acme", NOW))
