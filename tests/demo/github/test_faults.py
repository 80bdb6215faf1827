"""Every fault happens to the requests that its rule names, and to no other."""

import time

import pytest
import requests

from dora.demo.github.messages import Request
from dora.demo.github.server import serve
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule
from tests.support.small_organizations import ask, deployment, get, organization, post, repository

QUERY = (
    'query Q($n: Int = 1) { rateLimit { cost } repository(owner: "acme", name: "api") {'
    " name deployments(first: $n) { nodes { databaseId } } } }"
)
WORLD = organization(repository(commits=2, deployments=(deployment(1), deployment(2))))


def answers(effect: faults.Effect, count: int = 1) -> list[requests.Response]:
    """The answers to so many queries when the effect is on the first."""
    with serve(WORLD, middleware=[Faults([Rule(effect, operation="Q", at=(1,))])]) as server:
        return [post(server, QUERY) for _ in range(count)]


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("html", [True, False])
def test_status_as_html_or_json(status: int, html: bool) -> None:
    """The server is down for one request, then well again."""
    down, well = answers(faults.Status(status, html), 2)
    assert (status, 200) == (down.status_code, well.status_code)
    assert ("text/html" in down.headers["content-type"]) is html
    assert well.json()["data"]["repository"]["name"] == "api"


@pytest.mark.parametrize(
    ("style", "status"), [("403", 403), ("429", 429), ("RATE_LIMITED", 200), ("RATE_LIMIT", 200)]
)
def test_primary_limit(style: str, status: int) -> None:
    """The budget is used up until the reset time in the headers."""
    (answer,) = answers(faults.RateLimit(style, 30, lambda: 1000.0))
    assert status == answer.status_code
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"] == "1030"
    if status == 200:
        assert (style, {"errors"}) == (answer.json()["errors"][0]["type"], set(answer.json()))


@pytest.mark.parametrize(("status", "retry_after"), [(403, 7), (403, None), (429, 7), (200, None)])
def test_secondary_limit(status: int, retry_after: int | None) -> None:
    """Told with or without Retry-After, even with 200 and a message instead of data."""
    (answer,) = answers(faults.SecondaryLimit(status, retry_after))
    assert status == answer.status_code
    assert "secondary rate limit" in answer.json()["message"]
    assert "data" not in answer.json()
    assert (str(retry_after) if retry_after else None) == answer.headers.get("retry-after")


def test_connection_reset() -> None:
    """The client sees a broken connection."""
    with pytest.raises(requests.ConnectionError):
        answers(faults.Reset())


def test_stall_holds_the_answer_and_ends_with_the_server() -> None:
    """Nothing comes for a while; a stopping server does not wait for it."""
    naps: list[float] = []
    with serve(WORLD, token="", middleware=[Faults([Rule(faults.Stall(600))])]) as server:
        assert server.answer(Request("GET", "/user"), naps.append).status == 200
        began = time.monotonic()
        with pytest.raises(requests.Timeout):
            requests.get(server.url, timeout=0.05)
    assert 590 < sum(naps) <= 600
    assert time.monotonic() - began < 60


def test_truncated_body() -> None:
    """The body ends before its length."""
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        answers(faults.Truncate(0.5))


def test_html_with_status_200() -> None:
    """A proxy in between answers."""
    (answer,) = answers(faults.Html())
    assert (200, "<html>") == (answer.status_code, answer.text[:6])


def test_partial_data_with_an_error() -> None:
    """Data with a hole, and an error that tells where."""
    (answer,) = answers(faults.PartialError("repository.deployments.nodes.0", None, "Lost."))
    body = answer.json()
    assert body["data"]["repository"] == {"name": "api", "deployments": {"nodes": [None]}}
    path = ["repository", "deployments", "nodes", 0]
    assert body["errors"] == [{"path": path, "message": "Lost."}]


def test_resource_limits_exceeded() -> None:
    """200, partial data, and the type that says to ask for less."""
    (answer,) = answers(faults.resource_limits("repository.deployments"))
    body = answer.json()
    assert answer.status_code == 200
    assert body["data"]["repository"]["deployments"] is None
    assert body["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND"])
def test_repository_denied_from_the_second_request_on(kind: str) -> None:
    """Access ends in the middle of a run, for both APIs."""
    rule = Rule(faults.Deny("api", kind), starting=2)
    with serve(WORLD, middleware=[Faults([rule])]) as server:
        before, after = ask(server, QUERY), ask(server, QUERY)
        rest = get(server, "/repos/acme/api/deployments")
    assert "errors" not in before
    assert (kind, None) == (after["errors"][0]["type"], after["data"]["repository"])
    assert {"FORBIDDEN": 403, "NOT_FOUND": 404}[kind] == rest.status_code


def test_rules_choose_by_path_variables_and_count() -> None:
    """A rule meets only the requests that fit all it says."""
    rules = [
        Rule(faults.Status(500), path="/repos/*/deployments"),
        Rule(faults.Status(503), operation="Q", variables={"n": 2}, at=(2, 3)),
    ]
    with serve(WORLD, middleware=[Faults(rules)]) as server:
        assert get(server, "/repos/acme/api").status_code == 200
        assert get(server, "/repos/acme/api/deployments").status_code == 500
        assert [post(server, QUERY, n=2).status_code for _ in range(4)] == [200, 503, 503, 200]
        assert post(server, QUERY, n=1).status_code == 200
        assert [record.status for record in server.requests][-2:] == [200, 200]


def test_same_seed_gives_the_same_faults() -> None:
    """Chance is drawn from the seed and nothing else."""
    request = Request("GET", "/user")

    def drawn(seed: int) -> list[bool]:
        schedule = Faults([Rule(faults.Reset(), probability=0.5)], seed)
        return [bool(schedule.effects(request)) for _ in range(40)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 5 < sum(drawn(1)) < 35
