"""The server itself: where it listens, what it records, how it stops."""

import statistics
import threading
import time
from itertools import pairwise

import pytest
import requests

from dora.demo.github.server import TOKEN, serve
from tests.support.small_organizations import ask, get, organization, post, repository

QUERY = 'query Names($n: Int!) { organization(login: "acme") { repositories(first: $n) {'
QUERY += " totalCount } } }"


def test_requests_are_remembered() -> None:
    """Method, path, operation, variables, points and status of each request, in order."""
    with serve(organization(repository())) as server:
        post(server, QUERY, n=1)
        get(server, "/repos/acme/no")
    first, second = server.requests
    assert ("POST", "/graphql", "Names", {"n": 1}, 1, 200) == (
        first.method,
        first.path,
        first.operation,
        first.variables,
        first.points,
        first.status,
    )
    assert ("GET", "/repos/acme/no", None, 404) == (
        second.method,
        second.path,
        second.operation,
        second.status,
    )


def test_another_truth_can_be_served_while_it_runs() -> None:
    """What changes at GitHub is seen by the next request."""
    with serve(organization(repository())) as server:
        counts = [ask(server, QUERY, n=1)["data"]["organization"]["repositories"]["totalCount"]]
        server.replace(organization(repository(), repository("web")))
        counts += [ask(server, QUERY, n=1)["data"]["organization"]["repositories"]["totalCount"]]
    assert counts == [1, 2]


def test_connections_are_kept_and_answers_come_at_once() -> None:
    """One connection serves many requests, without forty milliseconds of delay each."""
    with serve(organization(repository())) as server, requests.Session() as session:
        session.headers["authorization"] = f"bearer {TOKEN}"
        moments = [time.monotonic()]
        for _ in range(20):
            assert session.get(f"{server.url}/user", timeout=5).ok
            moments.append(time.monotonic())
    assert statistics.median(end - start for start, end in pairwise(moments)) < 0.035


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_nothing_can_be_changed(method: str) -> None:
    """The stand-in only reads: any other method finds nothing."""
    with serve(organization(repository())) as server:
        url = f"{server.url}/repos/acme/api"
        headers = {"authorization": f"bearer {TOKEN}"}
        answer = requests.request(method, url, headers=headers, timeout=5)
    assert (404, "Not Found") == (answer.status_code, answer.json()["message"])


def test_nothing_is_left_when_it_stops() -> None:
    """Threads end and the port is free, though a client keeps its connection."""
    before = threading.active_count()
    with requests.Session() as session:
        with serve(organization()) as server:
            session.get(server.url, timeout=5)
        assert before == threading.active_count()
        with pytest.raises(requests.ConnectionError):
            session.get(server.url, timeout=5)
    port = int(server.url.rpartition(":")[2])
    with serve(organization(), port=port) as again:
        assert again.url == server.url


def test_tokens_are_never_shown() -> None:
    """No representation of a server or a request holds a token."""
    with serve(organization(), token="made-up-secret") as server:
        get(server, "/user", "made-up-secret")
        assert "made-up-secret" not in repr(server) + repr(server.requests)
