"""Each fault that GitHub, or the way to it, may have: the same report, or one that says so."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dora.collect.github import access, client, patience, rate_limit, request_queue, responses
from dora.collect.github.access import find_access
from dora.demo.github.limits import Limits, SecondaryLimits
from dora.demo.github.server import Server
from dora.errors import CannotReach, CannotRead, NoAccess, RateLimited
from tests.support.command import dora
from tests.support.every_query import (
    BIG,
    OF_REPOSITORIES,
    QUERIES,
    RECIPES,
    SMALL,
    Hole,
    altered,
    arriving,
    deleted,
    emptied,
    organization,
    renamed,
    reverting,
    small_pages,
)
from tests.support.examples import few_of, few_rows_of
from tests.support.faulty_runs import (
    HANG,
    Run,
    check_same,
    credentials,
    judge,
    run,
    run_against,
    stand_in,
)
from tests.support.github import faults
from tests.support.github.faults import Effect, Rule, met
from tests.support.github.slow_line import dripping
from tests.support.random_organizations import LOGIN, NOW
from tests.support.runs import asked_of, config_of, query_of
from tests.support.started_report import OPTIONS, report, started

pytestmark = pytest.mark.usefixtures("quick", "_small")

GATEWAY = (
    faults.Status(502),
    faults.Status(502, html=True),
    faults.Status(503),
    faults.Status(504),
)
TRUNCATED = tuple(faults.Truncate(keep) for keep in (0.0, 0.5, 0.99))
FAMILIES: dict[str, tuple[Effect, ...]] = {
    "502, 503, 504": GATEWAY,
    "resets": (faults.Reset(),),
    "truncated": TRUNCATED,
    "HTML": (faults.Html(),),
    "all of them": (*GATEWAY, faults.Reset(), *TRUNCATED, faults.Html()),
}
SECOND = timedelta(seconds=1)
STYLES = ("RATE_LIMITED", "RATE_LIMIT", "403", "429")


@pytest.fixture
def _small() -> Iterator[None]:
    """Pages of a few rows."""
    with small_pages():
        yield


@pytest.fixture
def _swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that last as long as they say, and hardly longer."""
    monkeypatch.setattr(rate_limit, "SECOND", timedelta(seconds=0.05))
    monkeypatch.setattr(responses, "SECONDARY_SECONDS", 0.2)


@cache
def whole(*, incidents: bool = True) -> Run:
    """The undisturbed run."""
    return run(failures={"incident": incidents})


def spread(effects: tuple[Effect, ...], density: float, **more: Any) -> list[Rule]:
    """Rules by which so many of all requests go wrong, by each effect as often."""
    alone = 1 - (1 - density) ** (1 / len(effects))
    return [Rule(effect, probability=alone, **more) for effect in effects]


def test_the_organization_needs_every_query() -> None:
    """What is read here asks every kind of query, several repositories in a request among them."""
    undisturbed = whole()
    asked = {query_of(one) for one in undisturbed.requests}
    assert {name.lower() for name in QUERIES} == asked
    assert any("name_1" in one.variables for one in undisturbed.requests)
    assert ({}, {}, 0) == (undisturbed.missing, undisturbed.read.gaps, undisturbed.status)
    check_same(run(collect={"concurrency": 1}), undisturbed)


# -- What is cured by asking again --------------------------------------------------------------


@pytest.mark.parametrize("density", few_of((0.3, 0.1), 1))
@pytest.mark.parametrize("family", few_of(reversed(FAMILIES), 2))
def test_faults_of_any_density(family: str, density: float) -> None:
    """Where fewer than half of all requests fail the report is the same, and costs little more."""
    # Whoever is turned away three times before anything came concludes that nobody is there.
    begin = 4 if family == "resets" else 1
    disturbed = run(*spread(FAMILIES[family], density, starting=begin), seed=7)
    check_same(disturbed, whole())
    assert len(whole().requests) < len(disturbed.requests) < 3 * len(whole().requests)


@pytest.mark.parametrize("family", few_of(reversed(FAMILIES), 1))
def test_faults_of_nearly_half(family: str) -> None:
    """Where nearly half of all requests fail, what is not read in the end is named."""
    disturbed = run(*spread(FAMILIES[family], 0.45, starting=4), seed=3)
    judge(disturbed, whole())
    assert len(disturbed.requests) < 5 * len(whole().requests)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "queries",
    few_of(
        [OF_REPOSITORIES, ["Repositories"], ["Incidents"], *([one] for one in OF_REPOSITORIES)], 3
    ),
    ids=str,
)
def test_faults_in_a_row(queries: list[str]) -> None:
    """Whatever is asked may fail in every way, one after the other, and is had in the end."""
    effects: tuple[Effect, ...] = (
        faults.Status(503),
        faults.Reset(),
        faults.Html(),
        faults.Truncate(),
        faults.Status(502),
        faults.resource_limits("rateLimit"),
        faults.Status(504, html=True),
    )
    rules = [
        Rule(effect, query, at=(at,)) for query in queries for at, effect in enumerate(effects, 1)
    ]
    disturbed = run(*rules)
    check_same(disturbed, whole())
    for query in queries:
        assert disturbed.asked(query) > whole().asked(query)


@pytest.mark.few(2)
@pytest.mark.parametrize("query", few_of(QUERIES, 4))
def test_fault_that_lasts(query: str) -> None:
    """What is never answered is given up after some tries, and named; the rest is read."""
    disturbed = run(Rule(faults.Status(503), query))
    asked = disturbed.asked(query)
    if query == "Repositories":
        assert isinstance(disturbed.wrong, CannotRead)
        assert patience.TRIES == asked
        return
    judge(disturbed, whole())
    needed = sum(
        times for (name, _), times in asked_of(whole().server).items() if name == query.lower()
    )
    # Those that failed together are asked apart.
    assert patience.TRIES <= asked <= 2 * patience.TRIES * needed
    told = f"GitHub answered with status 503; given up after {patience.TRIES} tries"
    reasons = disturbed.reasons
    assert {told} == reasons
    assert ("incidents" in disturbed.read.gaps) is (query == "Incidents")


@pytest.mark.few(2)
@pytest.mark.usefixtures("_swift")
@pytest.mark.parametrize(
    "effect",
    [
        faults.Refusal(503, "Busy", {"x-ratelimit-remaining": "plenty"}),
        faults.Refusal(403, "rate limit", {"x-ratelimit-reset": str(10**30)}),
        faults.Refusal(403, "secondary rate limit", {"retry-after": "in a minute"}),
    ],
    ids=lambda effect: str(*effect.headers.values()),
)
def test_headers_that_make_no_sense(effect: Effect, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a header says that is no number is not known, and no reason to stumble."""
    monkeypatch.setattr(rate_limit, "MINUTE", timedelta(seconds=0.2))
    check_same(run(Rule(effect, at=(20,))), whole())


@pytest.mark.parametrize("status", few_of((301, 302, 307), 1))
def test_redirection_to_elsewhere(status: int) -> None:
    """Nobody is followed to another host, as a captive portal asks for: the token stays here."""
    moved = faults.Refusal(status, "Moved", {"location": "http://portal.example/graphql"})
    disturbed = run(Rule(moved, variables={"name": SMALL}))
    judge(disturbed, whole())
    assert SMALL in disturbed.missing


def test_list_that_breaks_off() -> None:
    """Where the list ends after its first page, what it named is read, and the gap is told."""
    disturbed = run(Rule(faults.Status(503), "Repositories", starting=2))
    judge(disturbed, whole())
    assert {"repositories"} == disturbed.read.gaps.keys()
    assert 5 == len(disturbed.read.repositories)
    assert (3, {}) == (disturbed.status, disturbed.missing)
    assert 1 + patience.TRIES == disturbed.asked("repositories")


def test_tries_pause_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses double up to the longest, none quite like another."""
    monkeypatch.setattr(client, "PAUSE", 0.02)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.16)
    disturbed = run(Rule(faults.Status(503), "Repositories"), failures={"incident": False})
    pauses = disturbed.gaps
    longest = [min(0.16, 0.02 * 2**at) for at in range(patience.TRIES - 1)]
    assert all(most / 2 <= pause for most, pause in zip(longest, pauses, strict=True))
    assert len({round(pause, 3) for pause in pauses[3:]}) > 1
    assert sum(pauses) < 2 * sum(longest) + 1


def test_failures_of_a_repository_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failures of one repository may cost in all ends its reading, and no other's."""
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.03)
    disturbed = run(Rule(faults.Status(503), variables={"name": BIG}), collect={"concurrency": 1})
    judge(disturbed, whole())
    assert BIG in disturbed.missing
    assert "of failures" in disturbed.missing[BIG]


def test_failures_of_one_repository_are_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statuses that fail once in every repository exhaust nobody's patience."""
    monkeypatch.setattr(patience, "PATIENCE", 0.5)
    many = organization(*12 * RECIPES[1:2])
    rules = [
        Rule(faults.Stall(0.05), "Statuses"),
        Rule(faults.Status(503), "Statuses", at=range(1, 25)),
    ]
    check_same(run(*rules, of=many), run(of=many))


# -- What takes too long ------------------------------------------------------------------------


def test_answer_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does not come is given up and asked for again."""
    monkeypatch.setattr(access, "TIMEOUT_SECONDS", 0.15)
    rules = [Rule(faults.Stall(HANG), query, at=(1, 2)) for query in QUERIES]
    disturbed = run(*rules)
    check_same(disturbed, whole())
    assert disturbed.seconds < HANG / 2


def test_repository_that_stalls_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who never answers is given up and named; all others are read meanwhile."""
    monkeypatch.setattr(access, "TIMEOUT_SECONDS", 0.15)
    disturbed = run(Rule(faults.Stall(HANG), variables={"name": BIG}))
    judge(disturbed, whole())
    told = f"the connection failed (ReadTimeout); given up after {patience.TRIES} tries"
    assert {BIG: told} == disturbed.missing
    assert disturbed.seconds < patience.TRIES * 0.5


@pytest.mark.few(1)
@pytest.mark.parametrize("concurrency", [1, 6])
def test_answer_that_drips(concurrency: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer whose bytes drop in one by one is cut off; those behind it are read."""
    monkeypatch.setattr(client, "DEADLINE", 0.2)
    config = config_of(organization(), collect={"concurrency": concurrency})
    with stand_in() as server, dripping(server.url, _is_about_big) as line:
        disturbed = run_against(server, config, url=line.url)
    judge(disturbed, whole())
    told = f"no whole answer within 0.2 s; given up after {patience.TRIES} tries"
    assert ({BIG: told}, patience.TRIES) == (disturbed.missing, line.dripped)
    assert disturbed.seconds < patience.TRIES * 0.6 + 2


def _is_about_big(asked: bytes) -> bool:
    return f'"{BIG}"'.encode() in asked


# -- Limits -------------------------------------------------------------------------------------


@pytest.mark.few(1)
@pytest.mark.usefixtures("_swift")
@pytest.mark.parametrize(
    ("style", "at"), few_rows_of([*((style, 30) for style in STYLES), ("403", 2)], 1)
)
def test_budget_that_is_used_up(style: str, at: int) -> None:
    """Nothing is asked before the reset; until when is told once; the report is the same."""
    disturbed = run(Rule(faults.RateLimit(style, 0.01, lasting=True), at=(at,)))
    check_same(disturbed, whole())
    ((until, why),) = disturbed.told.waited
    assert "primary limit" == why
    assert 0 == until.microsecond
    assert len(disturbed.requests) <= len(whole().requests) + 8


@pytest.mark.thorough
@pytest.mark.usefixtures("_swift")
def test_budget_that_is_too_small() -> None:
    """A budget that is used up again and again only costs time."""
    disturbed = run(limits=Limits(graphql=15, window=0.5))
    check_same(disturbed, whole())
    assert len(disturbed.told.waited) >= 2


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("style", "at"),
    few_rows_of(
        [("429", 12), ("RATE_LIMIT", 45), *((style, 12) for style in STYLES[:3]), ("403", 6)], 2
    ),
)
def test_budget_that_is_used_up_for_too_long(style: str, at: int) -> None:
    """A limit longer than `--wait` makes the report of what was read; nothing is asked after it."""
    disturbed = run(Rule(faults.RateLimit(style, 3600, lasting=True), at=(at,)))
    judge(disturbed, whole())
    reasons = disturbed.reasons
    (told,) = {reason.partition("; ")[0] for reason in reasons}
    assert re.fullmatch(
        r"GitHub's primary limit lasts until \d\d:\d\d:\d\d UTC, "
        r"longer than the wait allowed \(15 min\)",
        told,
    )
    assert (3, []) == (disturbed.status, disturbed.told.waited)
    assert len(disturbed.requests) < at + 6
    assert disturbed.seconds < 2


def test_limit_at_the_very_beginning() -> None:
    """Where not even the list could be begun, the run ends at once, and says until when."""
    disturbed = run(Rule(faults.RateLimit("RATE_LIMITED", 3600, lasting=True)))
    assert isinstance(disturbed.wrong, RateLimited)
    assert len(disturbed.requests) <= 2


@pytest.mark.usefixtures("_swift")
def test_who_gave_up_asks_no_more() -> None:
    """A limit that was too long stays so, though less of it is left when an answer comes late."""
    reset = float(int(time.time()) + 3)
    disturbed = run(
        Rule(faults.Stall(reset - time.time() - 0.3), "Deployments", at=(1,)),
        Rule(faults.RateLimit("403", 0, lambda: reset), "Statuses", at=(1,)),
        collect={"wait": SECOND},
    )
    judge(disturbed, whole())
    statuses = [one.status for one in disturbed.requests]
    assert [403] == [status for status in statuses if status != 200]
    last = statuses.index(403)
    assert len(statuses) - last <= 6
    assert [] == disturbed.told.waited
    assert disturbed.missing


@pytest.mark.thorough
@pytest.mark.usefixtures("_swift")
def test_reset_that_is_over_already() -> None:
    """Where our clock is ahead of GitHub's, a limit is waited for all the same, and not stormed."""
    limit = faults.RateLimit("403", -600)
    disturbed = run(Rule(limit, at=(20, 21)), collect={"concurrency": 1})
    check_same(disturbed, whole())
    late = run(Rule(limit, starting=20), collect={"concurrency": 1, "wait": timedelta(seconds=1.5)})
    judge(late, whole())
    assert len(late.requests) <= 20 + 3
    assert late.missing


@pytest.mark.usefixtures("_swift")
@pytest.mark.parametrize(
    ("status", "retry_after"), few_rows_of([(200, None), (403, 1), (403, None), (429, None)], 2)
)
def test_secondary_limit(status: int, retry_after: int | None) -> None:
    """It is waited for as long as it says, or a minute; then fewer are in flight."""
    limit = faults.SecondaryLimit(status, retry_after)
    disturbed = run(Rule(limit, at=(14,)), latency=0.02, collect={"concurrency": 8})
    check_same(disturbed, whole())
    gaps = disturbed.gaps
    assert max(gaps) >= (retry_after or responses.SECONDARY_SECONDS)
    assert ["secondary limit"] == [why for _, why in disturbed.told.waited]
    assert max(number for _, number in disturbed.moments) <= 8


@pytest.mark.usefixtures("_swift")
def test_secondary_limit_in_a_row_is_waited_for_longer_each_time() -> None:
    """Who is turned away again waits twice as long."""
    limit = faults.SecondaryLimit(403)
    disturbed = run(Rule(limit, at=(10, 11, 12)), collect={"concurrency": 1})
    check_same(disturbed, whole())
    gaps = disturbed.gaps
    longest = sorted(gaps)[-3:]
    assert longest == [gap for gap in gaps if gap in longest]
    assert [
        wait for wait, least in zip(longest, (0.2, 0.4, 0.8), strict=True) if wait < least
    ] == []


@pytest.mark.usefixtures("_swift")
def test_fewer_in_flight_after_a_secondary_limit() -> None:
    """Who asked too much at once comes back with half as many requests."""
    limit = faults.SecondaryLimit(403, 1)
    disturbed = run(Rule(limit, at=(14,)), latency=0.02, collect={"concurrency": 8})
    refused_at, _ = disturbed.moments[13]
    after = [number for moment, number in disturbed.moments if moment > refused_at + 0.9]
    assert max(after[:15]) <= 4


@pytest.mark.thorough
@pytest.mark.usefixtures("_swift")
def test_longest_retry_after_holds_for_all_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is told while another holds is waited for in full, whatever came in between."""
    monkeypatch.setattr(request_queue, "MOST_PARTNERS", 1)
    first, second, third = ({"name": f"service-{number}"} for number in (1, 2, 3))
    disturbed = run(
        Rule(faults.SecondaryLimit(403, 1), "Deployments", variables=first, at=(1,)),
        Rule(faults.Stall(0.2), "Deployments", variables=second, at=(1,)),
        Rule(faults.Stall(0.4), "Deployments", variables=third, at=(1,)),
        Rule(faults.SecondaryLimit(403, 2), "Deployments", variables=third, at=(1,)),
        collect={"concurrency": 8},
    )
    check_same(disturbed, whole())
    assert max(disturbed.gaps) >= 2


@pytest.mark.usefixtures("_swift")
def test_limit_of_requests_in_flight() -> None:
    """Who may have only three in flight, and is told so, comes down to that, and is answered."""
    limits = Limits(secondary=SecondaryLimits(at_once=3, retry_after=0))
    disturbed = run(limits=limits, latency=0.02, collect={"concurrency": 8})
    check_same(disturbed, whole())


@pytest.mark.parametrize("retry_after", few_of((10**30, 3600, 10**9), 1))
def test_secondary_limit_that_lasts_too_long(retry_after: int) -> None:
    """However long it says it lasts: the report is made of what was read."""
    disturbed = run(Rule(faults.SecondaryLimit(429, retry_after), starting=20))
    judge(disturbed, whole())
    assert (3, []) == (disturbed.status, disturbed.told.waited)
    assert len(disturbed.requests) < 20 + 6
    assert disturbed.missing


@pytest.mark.parametrize("concurrency", few_of((4, 1, 16), 1))
def test_no_more_in_flight_than_allowed(concurrency: int) -> None:
    """Whatever fails and is asked for again: never more at once than configured."""
    rules = spread((faults.Status(502), faults.Status(503), faults.Reset()), 0.2, starting=4)
    disturbed = run(*rules, latency=0.01, collect={"concurrency": concurrency})
    judge(disturbed, whole())
    assert max(number for _, number in disturbed.moments) <= concurrency


# -- Partial data -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "queries", few_of([[*QUERIES], *([query] for query in QUERIES)], 1), ids=str
)
def test_resource_limits(queries: list[str]) -> None:
    """Partial data of a query that was too much is not taken: smaller ones bring all of it."""
    limits = faults.resource_limits("rateLimit")
    check_same(run(*(Rule(limits, query, at=(1, 2)) for query in queries)), whole())


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("query", "path"),
    few_rows_of(
        [
            ("Repositories", "nodes.1"),
            ("Incidents", "nodes.0"),
            ("Deployments", "nodes.0.commit"),
            ("Statuses", "nodes.0"),
            ("Commits", "nodes.0.associatedPullRequests"),
            ("Commit", "nodes.0"),
            ("Tags", "nodes.0.target"),
            ("Repositories", "nodes.1.deployments"),
            ("Repositories", "nodes.1.defaultBranchRef"),
            ("Repositories", "pageInfo"),
            ("Incidents", "nodes.0.labels"),
            ("Deployments", ""),
            ("Deployments", "nodes.1"),
            ("Deployments", "nodes.0.statuses.nodes.0"),
            ("Statuses", ""),
            ("Commits", ""),
            ("Commits", "nodes.0"),
            ("Commits", "nodes.0.parents.nodes.0"),
            ("Tags", ""),
        ],
        7,
    ),
)
def test_partial_data(query: str, path: str) -> None:
    """What an error took away is not thought to be absent: whose it was is named."""
    hole = Hole(f"{QUERIES[query]}.{path}".rstrip("."))
    disturbed = run(Rule(hole, query, starting=2 if path == "pageInfo" else 1))
    judge(disturbed, whole())
    reasons = disturbed.reasons
    assert reasons
    assert all("Lost." in reason for reason in reasons)


@pytest.mark.parametrize("path", ["repository", "repository.pullRequest"])
def test_reverted_request_that_is_lost(path: str) -> None:
    """Whether a revert takes back what was live is not guessed where an error took it away (F3)."""
    undisturbed = run(of=reverting())
    assert 1 == undisturbed.asked("request")
    disturbed = run(Rule(Hole(path), "Request"), of=reverting())
    judge(disturbed, undisturbed)
    assert {"web": "Lost."} == disturbed.missing


@pytest.mark.parametrize("path", ["repository", "repository.object"])
def test_reverted_commit_that_is_lost(path: str) -> None:
    """So it is where a revert names a commit."""
    one = organization(RECIPES[1])
    disturbed = run(Rule(Hole(path), "Object"), of=one)
    judge(disturbed, run(of=one))
    assert {BIG: "Lost."} == disturbed.missing


@pytest.mark.few(1)
@pytest.mark.parametrize(("size", "at"), [(1, (1, 2)), (5, (1, 2)), (5, (1,))])
def test_repository_that_not_even_the_list_names(size: int, at: tuple[int, ...]) -> None:
    """A list with a hole where a repository was says so, and goes on behind it."""
    with small_pages(size, min(size, 3)):
        hole = Hole("organization.repositories.nodes.0")
        disturbed = run(Rule(hole, "Repositories", at=at))
    judge(disturbed, whole())
    if len(at) == 1:
        assert {BIG: "Lost."} == disturbed.missing
    else:
        told = "1 of them cannot even be named: Lost.; only the first 5 were listed"
        assert {"repositories": told} == disturbed.read.gaps


# -- Repositories that are lost or change -------------------------------------------------------


@pytest.mark.parametrize("kind", few_of(("FORBIDDEN", "NOT_FOUND", "SAML"), 2))
@pytest.mark.parametrize("starting", few_of((25, 3), 1))
def test_repository_is_refused_in_the_middle(starting: int, kind: str) -> None:
    """Who may not read a repository any more is told; no half of it is in the numbers."""
    disturbed = run(Rule(faults.Deny(BIG, kind), starting=starting))
    judge(disturbed, whole())
    assert [BIG] == list(disturbed.missing)


@pytest.mark.few(2)
@pytest.mark.parametrize("query", few_of(["Repositories", *OF_REPOSITORIES], 4))
def test_repository_is_deleted(query: str) -> None:
    """Whatever is asked of it next, a repository that is gone is named, and no other is lost."""
    at = (2,) if query == "Repositories" else (1,)
    disturbed = run(Rule(faults.Change(deleted(BIG)), query, at=at))
    judge(disturbed, whole())
    assert [BIG] == list(disturbed.missing)


@pytest.mark.parametrize(
    ("query", "at"),
    few_rows_of([("Deployments", 3), *((query, 1) for query in OF_REPOSITORIES)], 4),
)
def test_repository_is_emptied(query: str, at: int) -> None:
    """A repository whose commits are gone is named, as soon as one is missed."""
    disturbed = run(Rule(faults.Change(emptied(BIG)), query, at=(at,)))
    judge(disturbed, whole())
    assert [BIG] == list(disturbed.missing)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("query", "name"),
    few_rows_of(
        [("Commits", SMALL), *((query, BIG) for query in OF_REPOSITORIES), ("Deployments", SMALL)],
        4,
    ),
)
def test_repository_is_renamed(query: str, name: str) -> None:
    """GitHub follows the old name: the report is the same, under the name that was listed."""
    rule = Rule(faults.Change(renamed(name)), query, at=(1,))
    disturbed = run(rule, failures={"incident": False})  # they may be read before, or after it
    check_same(disturbed, whole(incidents=False))


@pytest.mark.thorough
def test_repository_is_renamed_while_incidents_are_read() -> None:
    """An incident is its repository's, whatever that is called when the incident is read (F7)."""
    with small_pages(3, 3):
        undisturbed = run()
        assert "service-6" == undisturbed.read.incidents["repository"].iloc[-1]
        disturbed = run(Rule(faults.Change(renamed("service-6")), "Incidents", at=(2,)))
        if "service-6" not in {*disturbed.read.repositories["repository"]}:  # listed after it
            undisturbed = run(of=renamed("service-6")(organization()))
    judge(disturbed, undisturbed)


def test_repository_is_archived() -> None:
    """What is archived while it is read is read like before."""
    archived = altered(BIG, archived_at=NOW)
    check_same(run(Rule(faults.Change(archived), "Commits", at=(1,))), whole())


@pytest.mark.parametrize("query", few_of([None, *OF_REPOSITORIES], 2))
def test_deployments_arrive(query: str | None) -> None:
    """What arrives between two pages moves none of them: no row twice, none lost."""
    check_same(run(Rule(faults.Change(arriving(BIG)), query)), whole())


def test_repository_is_deleted_while_another_is_refused() -> None:
    """The list of names that explains a hole is of another moment: nobody is mistaken for it."""
    hidden = altered("service-2", forbidden=True)(organization())
    gone = Rule(faults.Change(deleted(BIG)), "Repositories", variables={"probe": False}, at=(1,))
    disturbed = run(gone, of=hidden)
    undisturbed = run(of=deleted(BIG)(hidden))
    assert ["service-2"] == list(undisturbed.missing)
    check_same(disturbed, undisturbed)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("name", few_of((BIG, SMALL), 1))
def test_history_without_an_end(name: str, moves: bool) -> None:
    """It ends with the pages that are allowed, or where they do not move on; the rest is read."""
    disturbed = run(Rule(faults.Endless(name, moves)), collect={"commit_pages": 20})
    judge(disturbed, whole())
    assert disturbed.missing.keys() <= {name}
    assert disturbed.asked("commits") < whole().asked("commits") + 20
    if not moves:
        assert {name: "GitHub gives the same page again and again"} == disturbed.missing


def test_history_that_is_too_long() -> None:
    """What a page budget leaves out is named, with the budget."""
    disturbed = run(Rule(faults.Endless(BIG)), collect={"commit_pages": 3})
    judge(disturbed, whole())
    assert {BIG: "its history was read for 3 pages, not to its end"} == disturbed.missing


# -- Credentials --------------------------------------------------------------------------------


@pytest.mark.parametrize("at", few_of((12, 45), 1))
def test_token_expires(at: int) -> None:
    """A token that ends in the middle ends the reading; what is missing is named."""
    disturbed = run(Rule(faults.Expire(), path="/graphql", at=(at,)))
    judge(disturbed, whole())
    told = f"{disturbed.server.url} refuses the credentials: Bad credentials"
    assert {told} == {reason.partition("; ")[0] for reason in disturbed.reasons}
    assert 3 == disturbed.status
    refused = [one.status for one in disturbed.requests].count(401)
    # Six in flight, and one that tries the token again.
    assert len(disturbed.requests) <= at + 6 + 6
    assert 2 <= refused <= 7
    assert {200, 401} == {one.status for one in disturbed.requests}
    last = max(place for place, one in enumerate(disturbed.requests) if one.status == 200)
    assert len(disturbed.requests) - 1 - last <= 7


def test_token_that_is_none() -> None:
    """Where nothing could be read, the run ends, after a try for each that was in flight."""
    disturbed = run(Rule(faults.Expire(), path="/graphql"))
    assert isinstance(disturbed.wrong, NoAccess)
    assert len(disturbed.requests) <= 2


@pytest.mark.parametrize("at", few_of(((30,), (1,), (2,)), 2))
def test_token_of_an_app_expires(at: tuple[int, ...]) -> None:
    """An App asks for another token, however often, and goes on."""
    disturbed = run(Rule(faults.Expire(), path="/graphql", at=at), app=True)
    check_same(disturbed, whole())
    fetched = [one for one in disturbed.server.requests if one.path.endswith("/access_tokens")]
    assert 1 + len(at) == len(fetched)


@pytest.mark.parametrize(
    "effect",
    few_of(
        [
            faults.SecondaryLimit(403, 0),
            faults.Html(),
            faults.Truncate(),
            faults.Reset(),
            faults.Status(502),
            faults.SecondaryLimit(200, 0),
        ],
        2,
    ),
    ids=repr,
)
@pytest.mark.usefixtures("_swift")
def test_token_of_an_app_cannot_be_had_at_first(effect: Effect) -> None:
    """What passes when GitHub is asked for data passes when it is asked for a token."""
    expires = Rule(faults.Expire(), path="/graphql", at=(20,))
    disturbed = run(expires, Rule(effect, path="*/access_tokens", at=(1, 3)), app=True)
    check_same(disturbed, whole())


@pytest.mark.thorough
@pytest.mark.parametrize(
    "effect", few_of([faults.Html(), faults.Reset(), faults.Status(503)], 1), ids=repr
)
def test_installation_of_an_app_cannot_be_had_at_first(
    effect: Effect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is where an App asks for its installation; who never gets one is told in words."""
    monkeypatch.setattr(access, "PAUSES", (0.01, 0.01))
    disturbed = run(Rule(effect, path="/orgs/*", at=(1, 2)), app=True)
    check_same(disturbed, whole())
    lasting = run(Rule(effect, path="/orgs/*"), app=True)
    assert isinstance(lasting.wrong, CannotReach)
    assert 3 == len(lasting.server.requests)


def test_credentials_are_of_use_as_soon_as_they_are_replaced() -> None:
    """Whoever asks for a token in the moment when an App's credentials are replaced gets one."""
    with stand_in() as server:
        ours = find_access({"GITHUB_API_URL": server.url, **credentials(app=True)}, LOGIN)
        assert ours.renew(0)
        ours.refresh()
    assert ["installation", "access_tokens"] == [
        one.path.rpartition("/")[2] for one in server.requests
    ]


# -- The program --------------------------------------------------------------------------------


def test_program_says_what_is_missing(tmp_path: Path) -> None:
    """A limit that lasts too long: exit status 3, why on standard error, the report of the rest."""
    limit = faults.RateLimit("RATE_LIMITED", 3600, lasting=True)
    rule = Rule(limit, "Commits", starting=2)
    with stand_in(rule) as server:
        done = dora(*OPTIONS, "--format", "json", server=server)
    assert 3 == done.returncode, done.stderr
    *told, rest, why, _ = done.stderr.splitlines()
    assert all("GitHub's primary limit lasts until " in line for line in told)
    assert "      What could not be read is not in the numbers; the others hold." == rest
    assert "dora: no rows: the repositories could not be read" == why
    assert '"schema": "dora.report/1"' in done.stdout
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.thorough
def test_program_waits_and_says_until_when() -> None:
    """A limit that passes is told in one line; the report is whole."""
    rule = Rule(faults.RateLimit("403", 1, lasting=True), at=(3,))
    with stand_in(rule) as server:
        done = dora(*OPTIONS, server=server)
    assert 0 == done.returncode, done.stderr
    assert re.fullmatch(r"waiting until \d\d:\d\d:\d\d UTC: primary limit\n", done.stderr)


def test_program_whose_token_expires() -> None:
    """A token that expires in the middle: exit status 3, and no traceback."""
    rule = Rule(faults.Expire(), "Commits", at=(1,))
    with stand_in(rule) as server:
        done = dora(*OPTIONS, server=server)
    assert 3 == done.returncode
    assert f"dora: {BIG}: {server.url} refuses the credentials: Bad credentials\n" in done.stderr


@pytest.mark.system
def test_program_ends_though_an_answer_does_not() -> None:
    """A connection that is stuck keeps nobody from the report, nor the program from its end."""
    hurry = (
        "from dora.collect.github import client, patience; "
        "client.DEADLINE = 0.2; patience.PATIENCE = 0.5"
    )
    with stand_in() as server, dripping(server.url, _is_about_big, drop=5.0) as line:
        began = time.monotonic()
        done = report(server, before=hurry, GITHUB_API_URL=line.url)
        took = time.monotonic() - began
    assert 3 == done.returncode, done.stderr
    assert f"dora: {BIG}: no whole answer within 0.2 s; " in done.stderr
    assert took < HANG / 2


# -- Ctrl-C -------------------------------------------------------------------------------------


def stop(server: Server, is_time: Callable[[], bool], **more: Any) -> None:
    """Press Ctrl-C in a report of *server* when *is_time*: it ends within a second, in one line."""
    with started(server, **more) as running:
        assert running.stderr is not None
        while not is_time():
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.005)
        time.sleep(0.1)
        pressed = time.monotonic()
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
        status = running.wait(HANG)
        took = time.monotonic() - pressed
    lines = [line for line in told.splitlines() if not line.startswith("waiting until ")]
    assert (130, ["dora: stopped"]) == (status, lines), told
    assert took < 1


@pytest.mark.parametrize(
    "query",
    [
        "Deployments",
        *(pytest.param(one, marks=pytest.mark.system) for one in ("Repositories", "Commits")),
        pytest.param("Incidents", marks=pytest.mark.system),
    ],
)
def test_stopped_while_an_answer_stalls(query: str) -> None:
    """Nobody waits for an answer that does not come."""
    with stand_in(Rule(faults.Stall(HANG), query)) as server:
        stop(server, lambda: met(server) > 0)


@pytest.mark.system
@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(faults.RateLimit("403", 600, lasting=True), id="primary limit"),
        pytest.param(faults.SecondaryLimit(429, 600), id="secondary limit"),
        pytest.param(faults.Status(503), id="pauses between tries"),
    ],
)
def test_stopped_while_it_waits(effect: Effect) -> None:
    """Waits are ended at once."""
    with stand_in(Rule(effect, starting=4)) as server:
        stop(server, lambda: met(server) >= 4)


@pytest.mark.system
def test_stopped_while_it_is_busy() -> None:
    """So is a run that asks and asks."""
    with stand_in(latency=0.1) as server:
        stop(server, lambda: len(server.requests) > 3)


@pytest.mark.system
@pytest.mark.parametrize("path", ["/orgs/*", "*/access_tokens"])
def test_stopped_while_an_app_asks_for_its_token(path: str) -> None:
    """What comes before the first query is ended, too."""
    with stand_in(Rule(faults.Stall(HANG), path=path)) as server:
        stop(server, lambda: met(server) > 0, app=True)


@pytest.mark.system
def test_stopped_while_a_new_token_does_not_come() -> None:
    """Several are refused while one of them waits for a token: none of them holds up Ctrl-C."""
    rules = [
        Rule(faults.Stall(HANG), path="*/access_tokens", starting=2),
        Rule(faults.Expire(), path="/graphql", at=(1,)),
        Rule(faults.Stall(1.0), path="/graphql", at=(2,)),
    ]
    with stand_in(*rules) as server:
        stop(server, lambda: len(server.requests) >= 4, app=True)


@pytest.mark.system
def test_stopped_before_it_began() -> None:
    """Before the command has begun there is no traceback either."""
    interrupts = "cli.app = lambda: os.kill(os.getpid(), signal.SIGINT)"
    with stand_in() as server:
        done = report(server, before=f"import os, signal\nfrom dora import cli\n{interrupts}")
    assert (130, "dora: stopped\n") == (done.returncode, done.stderr)
