"""Each way in which GitHub says no, over HTTP: what the client does about it, and what it tells."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dora.collect.github import client, page_size, patience, request_queue, responses
from dora.demo.github.limits import Latency
from dora.demo.github.messages import Response
from dora.demo.github.server import TOKEN, Limits, Server, serve
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from dora.errors import CannotReach, CannotRead, DoraError, NoAccess, RateLimited
from dora.model.tables import SCHEMAS
from tests.support.github import faults
from tests.support.github.faults import Effect, Faults, Rule
from tests.support.github.shared_answers import SharedAnswers
from tests.support.runs import (
    Reading,
    asked_of,
    config_of,
    names_of,
    query_of,
    read_from,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LIST = {"probe": True}
WEB = {"name": "web"}


def repository(name: str, *, deployments: int = 3, **more: Any) -> Repository:
    """A repository with a commit for each of its daily deployments, the last of them yesterday."""
    days = range(deployments, 0, -1)
    shas = {day: f"{day:039x}{ord(name[0]):x}"[-40:] for day in days}
    commits = {
        sha: Commit(sha, (shas[day + 1],) if day + 1 in shas else (), at, at)
        for day, sha in shas.items()
        for at in [NOW - (day + 0.5) * DAY]
    }
    filed = tuple(
        Deployment(
            1000 * ord(name[0]) - day,
            sha,
            "production",
            NOW - day * DAY,
            (Status("success", NOW - (day - 0.1) * DAY),),
        )
        for day, sha in shas.items()
    )
    made = {"head": shas[1], "commits": commits, "deployments": filed, **more}
    return Repository(name, ord(name[0]), NOW - 900 * DAY, **made)


ACME = Organization("acme", NOW, (repository("api"), repository("web")))


class Pathless(faults.PartialError):
    """An error that says nothing of what it is about."""

    def change(self, answer: Response) -> Response:
        """The answer, whole, with the error beside it."""
        body = json.loads(answer.body)
        body["errors"] = [{"message": self.message}]
        return replace(answer, body=json.dumps(body).encode())


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two repositories share a request."""
    monkeypatch.setattr(request_queue, "MOST_PARTNERS", 1)


class Run:
    """One run against a stand-in on which *rules* lie: what came of it, and what was asked."""

    def __init__(
        self,
        *rules: Rule,
        organization: Organization = ACME,
        limits: Limits | None = None,
        token: str = TOKEN,
        latency: Latency | None = None,
        **options: Any,
    ) -> None:
        self.reading: Reading | None = None
        self.wrong: DoraError | None = None
        with serve(
            organization,
            middleware=[Faults(rules), SharedAnswers()],
            limits=limits,
            latency=latency or Latency(),
        ) as server:
            self.server: Server = server
            config = config_of(organization, **options)
            try:
                self.reading = read_from(server, config, token=token)
            except DoraError as wrong:
                self.wrong = wrong

    @property
    def unreadable(self) -> dict[str, str]:
        """The reasons why repositories could not be read."""
        assert self.reading is not None, self.wrong
        rows = self.reading.tables.repositories
        rows = rows[rows["unreadable"].notna()]
        return dict(zip(rows["repository"], rows["unreadable"], strict=True))

    @property
    def read(self) -> Sequence[str]:
        """Names of the repositories whose deployments were read."""
        assert self.reading is not None, self.wrong
        return sorted(set(self.reading.tables.deployments["repository"]))


def sizes_of(server: Server, query: str) -> list[int]:
    """Page sizes that were asked for, request by request."""
    return [one.variables["n"] for one in server.requests if query_of(one) == query]


# -- What is cured by asking again --------------------------------------------------------------


@pytest.mark.few(3)
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(faults.Status(500), id="500"),
        pytest.param(faults.Status(503), id="503"),
        pytest.param(faults.Status(503, html=True), id="503 HTML"),
        pytest.param(faults.Html(), id="200 HTML"),
        pytest.param(faults.Truncate(0.5), id="truncated"),
        pytest.param(faults.Reset(), id="reset"),
    ],
)
@pytest.mark.parametrize("variables", [LIST, WEB], ids=["of the list", "of a repository"])
def test_passing_fault(effect: Effect, variables: dict[str, Any]) -> None:
    """What fails twice and then answers is read whole; every try is counted."""
    run = Run(Rule(effect, variables=variables, at=(1, 2)))
    honest = Run()
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)
    assert run.reading is not None
    assert (
        len(honest.server.requests) + 2 == len(run.server.requests) == run.reading.client.requests
    )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (faults.Status(503), "GitHub answered with status 503; given up after 10 tries"),
        (
            faults.Html(),
            "GitHub sent something that is no answer to a query; given up after 10 tries",
        ),
        (faults.Reset(), "the connection failed (ConnectionError); given up after 10 tries"),
    ],
)
def test_lasting_fault_costs_one_repository(effect: Effect, reason: str) -> None:
    """A repository that never answers is unreadable, the others are read."""
    run = Run(Rule(effect, variables=WEB))
    assert ({"web": reason}, ["api"]) == (run.unreadable, run.read)
    assert asked_of(run.server)["deployments", "web"] == patience.TRIES


@pytest.mark.usefixtures("quick")
def test_lasting_fault_of_the_list_ends_the_run() -> None:
    """Without the list of repositories there is no report."""
    run = Run(Rule(faults.Status(503)))
    assert isinstance(run.wrong, CannotRead)
    assert run.wrong.what == "GitHub answered with status 503; given up after 10 tries"


@pytest.mark.usefixtures("quick")
def test_nobody_there() -> None:
    """A server that cannot be reached is given up after three tries."""
    with serve(ACME) as server:
        pass
    with pytest.raises(CannotReach, match=r"cannot be reached \(ConnectionError\)"):
        read_from(server, config_of(ACME))
    assert server.requests == []


@pytest.mark.usefixtures("quick")
def test_failures_that_cost_too_much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One repository's failures may not hold up the run, however many tries are left."""
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    run = Run(Rule(faults.Status(503), "Commits", variables=WEB), collect={"concurrency": 1})
    told = "GitHub answered with status 503; given up after 0 minutes of failures"
    assert {"api": told, "web": told} == run.unreadable
    assert 1 == asked_of(run.server)["commits", "web"]


# -- What is cured by asking for less -----------------------------------------------------------


@pytest.mark.usefixtures("quick", "alone")
@pytest.mark.parametrize(
    "effect",
    [
        *(
            pytest.param(faults.Status(status, html=html), id=f"{status} {name}")
            for status in (502, 504)
            for html, name in ((True, "HTML"), (False, "JSON"))
        ),
        pytest.param(faults.resource_limits("repository.deployments"), id="resource limits"),
    ],
)
def test_page_is_halved_and_stays_small(effect: Effect) -> None:
    """What was too much is asked for by half, from then on for every repository.

    First pages have 25 rows; what they tell of makes the next ones as long as a page may be.
    """
    made = tuple(repository(name, deployments=120) for name in ("api", "web"))
    run = Run(
        Rule(effect, variables={"n": 100, "tags": False}),
        organization=Organization("acme", NOW, made),
        collect={"concurrency": 1},
    )
    assert run.unreadable == {}
    assert run.reading is not None
    assert len(run.reading.tables.deployments) == 240
    # What is left is thought to be 58: of one kind with what GitHub bore.
    assert [25, 25, 100, 50, 50, 58, 58] == sizes_of(run.server, "deployments")
    assert sizes_of(run.server, "repositories") == [100]


@pytest.mark.usefixtures("quick", "alone")
def test_page_of_one_that_is_too_much() -> None:
    """A page of one that never comes makes the repository unreadable; the others are read."""
    run = Run(Rule(faults.Status(502), variables=WEB))
    told = "GitHub cut the request off (status 502); given up after 10 tries"
    assert ({"web": told}, ["api"]) == (run.unreadable, run.read)
    assert [25, 12, 6, 3, 1, 1, 1, 1, 1, 1] == [
        one.variables["n"] for one in run.server.requests if one.variables.get("name") == "web"
    ]


@pytest.mark.usefixtures("quick", "alone")
def test_answer_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes longer than GitHub ever does is too much, and asked for by half."""
    monkeypatch.setattr(client, "DEADLINE", 2.0)
    run = Run(Rule(faults.Stall(60), "Deployments", variables=WEB, at=(1,)))
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)
    # The first answer ends with the server: it is noted last.
    assert [12, 25] == [
        one.variables["n"]
        for one in run.server.requests
        if query_of(one) == "deployments" and one.variables["name"] == "web"
    ]


@pytest.mark.usefixtures("quick")
def test_list_is_asked_for_by_less() -> None:
    """The list of repositories is halved like everything else."""
    run = Run(Rule(faults.Status(504), variables={"n": 100}))
    assert ["api", "web"] == run.read
    assert sizes_of(run.server, "repositories") == [100, 50]


# -- Limits -------------------------------------------------------------------------------------


@pytest.mark.few(1)
@pytest.mark.parametrize("style", ["RATE_LIMITED", "RATE_LIMIT", "403", "429"])
def test_primary_limit_is_waited_for(style: str) -> None:
    """Nothing is asked until the limit is lifted, and it is told until when."""
    run = Run(Rule(faults.RateLimit(style, reset_after=1), at=(2,)), wait=None)
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)
    assert run.reading is not None
    assert {"primary limit"} == {why for _, why in run.reading.told.waited}


@pytest.mark.parametrize("style", ["RATE_LIMITED", "RATE_LIMIT", "403", "429"])
def test_primary_limit_that_lasts_too_long(style: str) -> None:
    """A limit that lasts longer than the run may wait ends it at once, and says until when."""
    clock = datetime.now(UTC) + timedelta(hours=1)
    effect = faults.RateLimit(style, 0, clock.timestamp)
    run = Run(Rule(effect), collect={"wait": timedelta(minutes=15), "concurrency": 1})
    assert isinstance(run.wrong, RateLimited)
    assert str(run.wrong) == (
        f"GitHub's primary limit lasts until {clock:%H:%M:%S} UTC, "
        "longer than the wait allowed (15 min)\n"
        "Run it again then, or allow a longer wait with --wait."
    )
    assert len(run.server.requests) == 1


@pytest.mark.parametrize("style", ["RATE_LIMITED", "403"])
def test_primary_limit_in_the_middle_that_lasts_too_long(style: str) -> None:
    """What was read by then is reported; whoever waits is told at once, and nothing is asked."""
    clock = datetime.now(UTC) + timedelta(hours=1)
    effect = faults.RateLimit(style, 0, clock.timestamp)
    run = shared(Rule(effect, "Commits", variables=D))
    told = (
        f"GitHub's primary limit lasts until {clock:%H:%M:%S} UTC, "
        "longer than the wait allowed (15 min)"
    )
    assert (dict.fromkeys("abcdefgh", told), []) == (run.unreadable, run.read)
    assert ["commits"] == [query_of(one) for one in run.server.requests[3:]]
    assert run.reading is not None
    assert [] == run.reading.told.waited


def test_budget_that_runs_out_in_the_middle() -> None:
    """A budget of a few points is enough, given time: each try waits for the next hour."""
    run = Run(limits=Limits(graphql=8, window=1.0))
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)


@pytest.mark.few(1)
@pytest.mark.parametrize("status", [200, 403, 429])
def test_secondary_limit_is_waited_for(status: int) -> None:
    """`Retry-After` is honoured, and told."""
    run = Run(Rule(faults.SecondaryLimit(status, retry_after=0), at=(2,)))
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)
    assert run.reading is not None
    assert {"secondary limit"} == {why for _, why in run.reading.told.waited}


@pytest.mark.few(1)
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("status", [200, 403, 429])
def test_secondary_limit_without_retry_after(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lasts a minute, as GitHub's documentation asks: too long for a run that may wait 59 s.

    Nothing more is asked then: what is not read by now is unreadable.
    """
    rule = Rule(faults.SecondaryLimit(status), "Commits", variables=WEB, at=(1,))
    run = Run(rule, collect={"wait": 59 * SECOND, "concurrency": 1})
    assert ["web"] == list(run.unreadable)
    assert run.unreadable["web"].startswith("GitHub's secondary limit lasts until ")
    assert ["api"] == run.read
    assert [status] == [one.status for one in run.server.requests[5:]]  # the list, incidents, 3
    monkeypatch.setattr(responses, "SECONDARY_SECONDS", 0.0)
    patient = Run(rule)
    assert ["api", "web"] == patient.read


def test_limit_holds_for_every_thread() -> None:
    """While a limit holds, no repository asks."""
    many = Organization("acme", NOW, tuple(repository(name) for name in "abcdefgh"))
    rule = Rule(faults.SecondaryLimit(403, retry_after=1), variables={"name": "a"}, at=(1,))
    run = Run(rule, organization=many, collect={"concurrency": 1})
    statuses = [one.status for one in run.server.requests]
    assert [200, 200, 403] == statuses[:3]  # incidents, the list, the first repository
    assert {200} == set(statuses[3:])
    assert list("abcdefgh") == run.read


# -- Refusals -----------------------------------------------------------------------------------


def test_bad_token() -> None:
    """401 ends the run at once with what to do; the token is not told."""
    run = Run(token="made-up-and-wrong", collect={"concurrency": 1})
    assert isinstance(run.wrong, NoAccess)
    assert f"{run.server.url} refuses the credentials: Bad credentials" == run.wrong.what
    assert run.wrong.advice.startswith("Set GITHUB_TOKEN")
    assert [401] == [one.status for one in run.server.requests]


def test_bad_token_with_several_in_flight() -> None:
    """Who asked at the same time is refused too; nothing more is asked."""
    slow = Latency(fixed=0.5)  # so that neither is refused before the other is asked for
    run = Run(token="made-up-and-wrong", latency=slow, collect={"concurrency": 16})
    assert isinstance(run.wrong, NoAccess)
    assert [401] * 2 == [one.status for one in run.server.requests]  # the list, incidents


def test_token_that_expires_in_the_middle() -> None:
    """A token that was good is asked once more; then whoever waits is told, and nobody asks."""
    run = shared(Rule(faults.Expire(), "Commits", at=(1,)))
    told = f"{run.server.url} refuses the credentials: Bad credentials"
    assert (dict.fromkeys("abcdefgh", told), []) == (run.unreadable, run.read)
    assert [200, 200, 200, 401, 401] == [one.status for one in run.server.requests]


def test_token_that_is_refused_once() -> None:
    """A refusal that passes, as GitHub's own trouble brings it, costs a request, no more."""
    run = shared(Rule(faults.Status(401), "Commits", at=(1,)))
    assert ({}, list("abcdefgh")) == (run.unreadable, run.read)
    assert [200, 200, 200, 401, 200] == [one.status for one in run.server.requests]


def test_unknown_organization() -> None:
    """An organization that is not there, or was renamed, is named with what to check."""
    with serve(ACME) as server, pytest.raises(CannotRead) as caught:
        read_from(server, config_of(ACME, org="nobody"))
    assert caught.value.what.startswith("the organization 'nobody' cannot be read: ")
    assert caught.value.advice.startswith("Check its name")


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND"])
def test_repository_is_lost_in_the_middle(kind: str) -> None:
    """A repository that may no longer be read is unreadable; the others are read."""
    run = Run(Rule(faults.Deny("web", kind), starting=3))
    assert (["web"], ["api"]) == (list(run.unreadable), run.read)
    assert run.unreadable["web"]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_forbidden_repositories_are_listed(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository whose probe is refused is named with GitHub's reason, on every page."""
    monkeypatch.setattr(page_size, "FULL_PAGE", size)
    made = tuple(repository(name, forbidden=name in "bc") for name in "abcd")
    run = Run(organization=Organization("acme", NOW, made))
    told = "Resource not accessible by personal access token"
    assert {"b": told, "c": told} == run.unreadable
    assert ["a", "d"] == run.read


@pytest.mark.usefixtures("quick")
def test_list_of_names_that_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository is forgotten where the names, asked for alone, come in smaller pages."""
    monkeypatch.setattr(page_size, "FULL_PAGE", 4)
    made = tuple(repository(name, forbidden=name == "a") for name in "abcdef")
    organization = Organization("acme", NOW, made)
    run = Run(
        Rule(faults.Status(502), variables={"probe": False}, at=(1,)), organization=organization
    )
    assert (["a"], list("bcdef")) == (list(run.unreadable), run.read)


# -- Partial data -------------------------------------------------------------------------------


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    "path",
    [
        "repository",
        "repository.deployments",
        "repository.deployments.nodes",
        "repository.deployments.nodes.0",
        "repository.deployments.nodes.0.commit",
        "repository.deployments.nodes.0.statuses.nodes.0",
        "repository.object",
        "repository.object.history.nodes.0.associatedPullRequests",
    ],
)
def test_partial_data_of_a_repository(path: str) -> None:
    """What an error took away might decide a number: the repository is unreadable, no other."""
    variables = {**WEB, "authors": False} if "object" in path else WEB
    run = Run(Rule(faults.PartialError(path, message="Lost."), variables=variables))
    assert ({"web": "Lost."}, ["api"]) == (run.unreadable, run.read)


@pytest.mark.parametrize(
    "path",
    [
        "organization.repositories.nodes.1",
        "organization.repositories.nodes.1.defaultBranchRef",
        "organization.repositories.nodes.1.deployments.nodes",
        "organization.repositories.nodes.1.deployments.nodes.0",
    ],
)
def test_partial_data_of_the_list(path: str) -> None:
    """A repository of which the list lost something is named, and not taken for a quiet one."""
    run = Run(Rule(faults.PartialError(path, message="Lost."), variables=LIST))
    assert ({"web": "Lost."}, ["api"]) == (run.unreadable, run.read)


@pytest.mark.parametrize(
    "path", ["organization", "organization.repositories", "organization.repositories.nodes"]
)
def test_list_that_is_lost(path: str) -> None:
    """Without the list of repositories there is no report, and GitHub's reason is told."""
    run = Run(Rule(faults.PartialError(path, message="Lost.")))
    assert isinstance(run.wrong, CannotRead)
    assert "Lost." in run.wrong.what


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (faults.Status(503), "GitHub answered with status 503; given up after 10 tries"),
        (
            faults.PartialError("organization", message="Lost."),
            "the organization 'acme' cannot be read: Lost.",
        ),
    ],
)
def test_list_that_breaks_off(effect: Effect, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the list named before is read; that there is more is a gap that the report tells."""
    monkeypatch.setattr(page_size, "FULL_PAGE", 3)
    run = Run(Rule(effect, "Repositories", starting=2), organization=EIGHT)
    assert ({}, list("abc")) == (run.unreadable, run.read)
    assert run.reading is not None
    assert {"repositories": f"{told}; only the first 3 were listed"} == run.reading.tables.gaps


def test_partial_data_with_resource_limits_is_asked_for_again() -> None:
    """Partial data of a query that was too much is not taken: a smaller one brings it whole."""
    rule = Rule(faults.resource_limits("organization.repositories.nodes.0"), variables={"n": 100})
    run = Run(rule)
    assert ({}, ["api", "web"]) == (run.unreadable, run.read)


# -- Requests that repositories share -----------------------------------------------------------

EIGHT = Organization("acme", NOW, tuple(repository(name) for name in "abcdefgh"))
OTHERS = list("abcefgh")
D = {"name": "d"}


def partners(server: Server, query: str) -> list[list[str | None]]:
    """The repositories of each request."""
    return [names_of(one.variables) for one in server.requests if query_of(one) == query]


def shared(*rules: Rule, **options: Any) -> Run:
    """One run of eight repositories, which read their first pages together."""
    run = Run(*rules, organization=EIGHT, **{"collect": {"concurrency": 1}, **options})
    assert list("abcdefgh") == partners(run.server, "deployments")[0]
    return run


def test_repositories_share_requests() -> None:
    """What is asked of eight repositories at once is what is read of each alone."""
    run = shared()
    assert ({}, list("abcdefgh")) == (run.unreadable, run.read)
    assert {"repositories": 1, "incidents": 1, "deployments": 1, "commits": 1} == Counter(
        map(query_of, run.server.requests)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_queue, "MOST_PARTNERS", 1)
        apart = Run(organization=EIGHT)
    assert run.reading is not None
    assert apart.reading is not None
    assert len(run.server.requests) + 14 == len(apart.server.requests)
    for table in SCHEMAS:
        assert getattr(run.reading.tables, table).equals(getattr(apart.reading.tables, table))


@pytest.mark.parametrize(
    "path",
    [
        "r3",
        "r3.deployments",
        "r3.deployments.nodes",
        "r3.deployments.nodes.0",
        "r3.deployments.nodes.0.commit",
        "r3.deployments.nodes.0.statuses.nodes.0",
        "r3.object",
        "r3.object.history.nodes.0.associatedPullRequests",
    ],
)
def test_partial_data_of_one_of_several(path: str) -> None:
    """What an error took away from one repository is missing there, and nowhere else."""
    operation = "Commits" if "object" in path else "Deployments"
    run = shared(Rule(faults.PartialError(path, message="Lost."), operation))
    assert ({"d": "Lost."}, OTHERS) == (run.unreadable, run.read)


def test_error_of_nobody_is_everybodys() -> None:
    """An error that names no part of the answer might be about any of it: none is believed."""
    run = shared(Rule(Pathless("nowhere", message="Lost."), "Deployments"))
    assert (dict.fromkeys("abcdefgh", "Lost."), []) == (run.unreadable, run.read)


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND", "SAML"])
@pytest.mark.parametrize("operation", ["Deployments", "Commits"])
def test_one_of_several_is_refused(kind: str, operation: str) -> None:
    """A repository that may no longer be read is unreadable; those it shared with are read."""
    run = shared(Rule(faults.Deny("d", kind), operation))
    assert (["d"], OTHERS) == (list(run.unreadable), run.read)
    assert [200] * 4 == [one.status for one in run.server.requests]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("effect", "told", "tries"),
    [
        pytest.param(
            faults.Status(502),
            "GitHub cut the request off (status 502); given up after 10 tries",
            [8, 4, 2, 1, 1, 1, 1, 1, 1, 1],
            id="502",
        ),
        pytest.param(
            faults.resource_limits("r0"),
            "Resource limits for this query exceeded.; given up after 10 tries",
            [8, 4, 2, 1, 1, 1, 1, 1, 1, 1],
            id="resource limits",
        ),
        # Whatever fails with several is tried three times, for most faults pass.
        pytest.param(
            faults.Status(503),
            "GitHub answered with status 503; given up after 10 tries",
            [8, 8, 8, 4, 2, 1, 1, 1, 1, 1],
            id="503",
        ),
        pytest.param(
            faults.Reset(),
            "the connection failed (ConnectionError); given up after 10 tries",
            [8, 8, 8, 4, 2, 1, 1, 1, 1, 1],
            id="reset",
        ),
        # For good: asked again only to learn whom it is about.
        pytest.param(faults.Status(404), "Service unavailable", [8, 4, 2, 1], id="404"),
    ],
)
@pytest.mark.parametrize("operation", ["Deployments", "Commits"])
def test_one_of_several_poisons_every_request(
    effect: Effect, told: str, tries: list[int], operation: str
) -> None:
    """Partners of a repository that never answers are halved until it alone is unreadable."""
    run = shared(Rule(effect, operation, variables=D))
    assert ({"d": told}, OTHERS) == (run.unreadable, run.read)
    asked = [names for names in partners(run.server, operation.lower()) if "d" in names]
    assert tries == [len(names) for names in asked]


@pytest.mark.usefixtures("quick")
def test_one_of_several_is_forbidden() -> None:
    """HTTP 403 that is no limit is told of the one repository that it is about."""
    run = shared(Rule(faults.Status(403), "Commits", variables=D))
    assert (["d"], OTHERS) == (list(run.unreadable), run.read)
    assert "Service unavailable" in run.unreadable["d"]


@pytest.mark.usefixtures("quick")
def test_several_poison_every_request() -> None:
    """However many repositories never answer, the others are read."""
    rules = [Rule(faults.Status(502), variables={"name": name}) for name in "adf"]
    run = shared(*rules)
    assert (list("adf"), list("bcegh")) == (sorted(run.unreadable), run.read)


@pytest.mark.parametrize(
    "effect", [faults.SecondaryLimit(403, retry_after=0), faults.RateLimit(reset_after=0)]
)
def test_limit_of_a_shared_request(effect: Effect) -> None:
    """All who shared a request that a limit turned away are asked for once more, together."""
    run = shared(Rule(effect, "Commits", at=(1,)))
    assert ({}, list("abcdefgh")) == (run.unreadable, run.read)
    assert [list("abcdefgh")] * 2 == partners(run.server, "commits")


# -- Secrets ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "effect",
    [
        None,
        faults.Status(401),
        faults.Status(403),
        faults.Status(502, html=True),
        faults.Reset(),
        faults.Html(),
        faults.PartialError("organization"),
    ],
)
def test_token_is_never_told(effect: Effect | None, caplog: pytest.LogCaptureFixture) -> None:
    """No message, repr or log of any level holds the token, whatever GitHub answers."""
    with caplog.at_level(logging.DEBUG):
        run = Run(*([] if effect is None else [Rule(effect)]))
    told = [repr(run.wrong), str(run.wrong), caplog.text]
    told += [repr(vars(one)) for one in (run.wrong, run.reading) if one is not None]
    if run.reading is not None:
        told += [repr(run.reading), repr(vars(run.reading.client))]
    assert TOKEN not in "".join(told)


def test_token_is_not_in_the_config() -> None:
    """Settings hold no secret."""
    assert TOKEN not in repr(config_of(ACME))
