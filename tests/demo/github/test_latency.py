"""Answers take the time of the latency model, whatever the stand-in needs; remembered ones too."""

import time
from typing import Any

import pytest

from dora.demo.github.limits import Latency, Limits, SecondaryLimits
from dora.demo.github.messages import Request, Response
from dora.demo.github.server import TOKEN, Exchange, Handler, Middleware, Server, serve
from tests.support.github.remembered_answers import RememberedAnswers
from tests.support.small_organizations import (
    ask,
    deployment,
    get,
    organization,
    post,
    repository,
    sha,
)

ROWS = tuple(deployment(n, "queued", "success") for n in range(1, 41))
WORLD = organization(repository(commits=40, deployments=ROWS), repository("web"))
QUERY = (
    "query Q($n: Int!) { rateLimit { cost used remaining resetAt }"
    ' repository(owner: "acme", name: "api") {'
    " deployments(first: $n) { nodes { id statuses(first: 9) { nodes { state } } } } } }"
)


def slept(server: Server, request: Request) -> float:
    """How long the server would sleep over a request, in seconds."""
    naps: list[float] = []
    server.answer(request, naps.append)
    return sum(naps)


def test_an_answer_takes_the_time_of_the_model_and_no_more() -> None:
    """What the stand-in computed is part of that time; only the rest is slept."""
    request = Request("POST", "/graphql", body={"query": QUERY, "variables": {"n": 40}})
    latency = Latency(0.5, 0.1, cut_off=100)
    with serve(WORLD, token="", latency=latency) as server:
        began = time.monotonic()
        seconds = slept(server, request)
        computed = time.monotonic() - began
    assert 0.5 + 0.1 * (40 + 80) - computed <= seconds < 12.5


@pytest.mark.parametrize(
    ("path", "nodes"),
    [
        ("/repos/acme/api", 1),
        ("/repos/acme/api/deployments?per_page=7", 7),
        ("/repos/acme/api/deployments/5/statuses", 2),
        (f"/repos/acme/api/compare/{sha(1)}...{sha(13)}", 12),
        ("/repos/acme/api/commits?per_page=9", 9),
        ("/orgs/acme/repos", 2),
        ("/repos/acme/no", 0),
    ],
)
def test_rest_answers_count_their_nodes(path: str, nodes: int) -> None:
    """Each record of a list or a comparison is a node; a record alone is one, a refusal none."""
    address, _, query = path.partition("?")
    pairs = dict([query.split("=")]) if query else {}
    with serve(WORLD, token="", latency=Latency(per_node=100, cut_off=10**6)) as server:
        seconds = slept(server, Request("GET", address, pairs))
    assert nodes == pytest.approx(seconds / 100, abs=0.05)


def test_what_goes_wrong_takes_the_network_s_time_alone() -> None:
    """A refusal is no work, and yet it travels."""
    with serve(WORLD, latency=Latency(fixed=100, per_node=1)) as server:
        seconds = slept(server, Request("GET", "/user", token="wrong"))
    assert seconds == pytest.approx(100, abs=1)


def test_a_time_out_deducts_extra_points() -> None:
    """What is cut off costs its points, and the same again unless told otherwise; it was work."""
    latency = Latency(per_node=0.3)
    for limits, points in ((Limits(), 2), (Limits(timeout_points=7), 8)):
        with serve(WORLD, limits=limits, latency=latency) as server:
            cut = post(server, QUERY, n=40)
            of_rest = get(server, "/repos/acme/api/deployments?per_page=40")
            worked = server.throttle._worked.sums
        assert (502, str(points)) == (cut.status_code, cut.headers["x-ratelimit-used"])
        assert (502, "Server Error") == (of_rest.status_code, of_rest.json()["message"])
        assert [points, points] == [record.points for record in server.requests]
        assert worked == {True: 10.0, False: 10.0}


def test_a_fine_never_takes_more_than_is_left() -> None:
    """An hour's budget ends at nothing."""
    with serve(WORLD, limits=Limits(2, timeout_points=50), latency=Latency(per_node=1)) as server:
        headers = post(server, QUERY, n=40).headers
    assert ("0", "2") == (headers["x-ratelimit-remaining"], headers["x-ratelimit-used"])


def test_a_time_out_can_take_its_time() -> None:
    """For benchmarks the ten seconds pass, for tests they need not."""
    request = Request("POST", "/graphql", body={"query": QUERY, "variables": {"n": 40}})
    for at_once, seconds in ((True, 50.0), (False, 70.0)):
        latency = Latency(50, 1, cut_off=20, cut_at_once=at_once)
        with serve(WORLD, token="", latency=latency) as server:
            assert seconds == pytest.approx(slept(server, request), abs=1)


# ---- remembering ---------------------------------------------------------------------------------


def both(server: Server, **variables: Any) -> tuple[Any, Any]:
    """The answer to the query, and that to the same query once more."""
    return ask(server, QUERY, **variables), ask(server, QUERY, **variables)


def test_remembered_answers_are_the_computed_ones() -> None:
    """The same data, the same price, and a `rateLimit` of the present."""
    with serve(WORLD) as server:
        computed, _ = both(server, n=40)
    with serve(WORLD, middleware=[RememberedAnswers()]) as server:
        first, second = both(server, n=40)
        other = ask(server, QUERY, n=1)
        limits = server.graphql_budget.headers()
        points = [record.points for record in server.requests]
    assert computed["data"]["repository"] == first["data"]["repository"]
    assert first["data"]["repository"] == second["data"]["repository"]
    assert len(other["data"]["repository"]["deployments"]["nodes"]) == 1
    told = [answer["data"]["rateLimit"] for answer in (first, second, other)]
    assert [(1, 4999), (2, 4998), (3, 4997)] == [(one["used"], one["remaining"]) for one in told]
    assert [1, 1, 1] == points
    assert limits["x-ratelimit-reset"].isdigit()
    assert all(one["resetAt"].endswith("Z") for one in told)


def test_remembered_answers_are_not_computed_again() -> None:
    """The second time nothing is executed, though all limits hold as before."""
    limits = Limits(graphql=3, rest=2, secondary=SecondaryLimits(graphql_points=4))
    path = "/repos/acme/api/deployments"
    computed: list[int] = []

    def count(exchange: Exchange, answer: Handler) -> Response:
        response = answer(exchange)
        computed.append(response.served)
        return response

    middleware: list[Middleware] = [RememberedAnswers(), count]
    with serve(WORLD, limits=limits, middleware=middleware) as server:
        statuses = [post(server, QUERY, n=5).status_code for _ in range(3)]
        assert [15] == computed
        spent = ask(server, QUERY, n=5)
        refused = post(server, QUERY, n=5)
        assert [15, 0] == computed
    computed.clear()
    with serve(WORLD, limits=limits, middleware=middleware) as server:
        lists = [get(server, path) for _ in range(3)]
        assert [30, 0] == computed
    assert statuses == [200, 200, 200]
    assert spent["errors"][0]["type"] == "RATE_LIMITED"
    assert refused.status_code == 403
    assert [200, 200, 403] == [one.status_code for one in lists]
    assert lists[0].content == lists[1].content


def test_remembered_answers_take_as_long_as_computed_ones() -> None:
    """The nodes of an answer are remembered with it."""
    request = Request("POST", "/graphql", body={"query": QUERY, "variables": {"n": 10}})
    with serve(
        WORLD, token="", latency=Latency(per_node=0.1), middleware=[RememberedAnswers()]
    ) as server:
        seconds = [slept(server, request) for _ in range(3)]
    assert [3.0] * 3 == pytest.approx(seconds, abs=0.2)


def test_remembered_answers_end_with_their_truth() -> None:
    """Another organization, other answers."""
    fewer = organization(repository(commits=2, deployments=ROWS[:2]))
    with serve(WORLD, middleware=[RememberedAnswers()]) as server:
        before = both(server, n=40)[1]["data"]["repository"]["deployments"]["nodes"]
        listed = [len(get(server, "/repos/acme/api/deployments").json())]
        server.replace(fewer)
        after = ask(server, QUERY, n=40)["data"]["repository"]["deployments"]["nodes"]
        listed.append(len(get(server, "/repos/acme/api/deployments").json()))
    assert (40, 2) == (len(before), len(after))
    assert listed == [30, 2]


def test_remembered_answers_are_for_those_who_may_ask() -> None:
    """A token that opens nothing gets nothing that another was given."""
    with serve(WORLD, middleware=[RememberedAnswers()]) as server:
        assert post(server, QUERY, TOKEN, n=3).ok
        assert post(server, QUERY, "wrong", n=3).status_code == 401
