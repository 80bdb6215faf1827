"""Secondary limits refuse what GitHub says they refuse, and no sooner."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

from dora.demo.github.limits import Latency, Limits, SecondaryLimits, Throttle
from dora.demo.github.messages import Response
from dora.demo.github.server import Exchange, Handler, serve
from tests.support.small_organizations import deployment, get, organization, post, repository

ROOMY = SecondaryLimits(graphql_points=10**6, rest_points=10**6)
QUERY = 'query Q($n: Int!) { repository(owner: "acme", name: "api") { deployments(first: $n) {'
QUERY += " nodes { id } } } }"
WORLD = organization(
    repository(commits=40, deployments=tuple(deployment(n) for n in range(1, 41))),
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now


def allows(throttle: Throttle, *, graphql: bool = True) -> bool:
    """Whether one more request is allowed, over as soon as it began."""
    with throttle.flight(graphql=graphql) as refusal:
        return refusal is None


def test_limits_are_those_of_the_documents() -> None:
    """100 at once, 2,000 queries and 900 REST requests a minute, 60 and 90 seconds of work."""
    given = Limits().secondary
    assert (100, 2000, 900) == (given.at_once, given.graphql_points, given.rest_points)
    assert (60.0, 90.0, 60.0) == (given.graphql_seconds, given.seconds, given.window)
    assert (60, 403) == (given.retry_after, given.status)


def test_requests_in_flight_are_bounded_for_both_apis_together() -> None:
    """Of more than a hundred at once the last is refused; *peak* counts it too."""
    throttle = Throttle(SecondaryLimits(retry_after=None))
    with ExitStack() as stack:
        refused = [
            stack.enter_context(throttle.flight(graphql=n % 2 == 0)) is not None for n in range(101)
        ]
    assert [False] * 100 + [True] == refused
    assert (0, 101) == (throttle.in_flight, throttle.peak)
    assert allows(throttle)


def test_points_of_each_api_are_counted_in_a_sliding_minute() -> None:
    """A point is free again a minute after it was taken, and not when a minute begins."""
    clock = Clock()
    throttle = Throttle(SecondaryLimits(graphql_points=3, rest_points=1, retry_after=None), clock)
    taken = []
    for seconds in (0, 20, 20):
        clock.now += seconds
        taken.append(allows(throttle))
    assert taken == [True, True, True]
    assert [allows(throttle), allows(throttle, graphql=False)] == [False, True]
    clock.now += 19.9
    assert not allows(throttle)
    clock.now += 0.1
    assert [allows(throttle), allows(throttle)] == [True, False]


def test_work_on_queries_is_bounded_and_all_work_is() -> None:
    """Sixty seconds of a minute may be work on queries, ninety work on anything."""
    clock = Clock()
    throttle = Throttle(SecondaryLimits(retry_after=None), clock)
    throttle.work(59.5, graphql=True)
    assert allows(throttle)
    throttle.work(0.5, graphql=True)
    assert [allows(throttle), allows(throttle, graphql=False)] == [False, True]
    clock.now += 30
    throttle.work(30, graphql=False)
    assert not allows(throttle, graphql=False)
    clock.now += 30
    assert allows(throttle), "the work on queries is a minute ago"


def test_a_refusal_lasts_as_long_as_it_says() -> None:
    """Who comes back before Retry-After is refused, told how long is left, and not refused longer.

    The points that began it were free again long before.
    """
    clock = Clock()
    limits = Limits(secondary=SecondaryLimits(rest_points=1, window=5, retry_after=60), clock=clock)
    told = []
    with serve(WORLD, limits=limits) as server:
        for seconds in (0, 1, 30, 29.5, 0.5):
            clock.now += seconds
            answer = get(server, "/repos/acme/api")
            told.append((answer.status_code, answer.headers.get("retry-after")))
            if answer.status_code == 403:
                assert answer.json()["message"].startswith(
                    "You have exceeded a secondary rate limit."
                )
                assert answer.headers["x-ratelimit-remaining"] == "4999"
    assert told == [(200, None), (403, "60"), (403, "30"), (403, "1"), (200, None)]


def test_refusal_without_retry_after_says_nothing_of_time() -> None:
    """The header may be missing; then the request is refused while the window is full."""
    clock = Clock()
    secondary = SecondaryLimits(graphql_points=1, retry_after=None)
    with serve(WORLD, limits=Limits(secondary=secondary, clock=clock)) as server:
        statuses = [post(server, QUERY, n=1).status_code]
        refused = post(server, QUERY, n=1)
        clock.now += 60
        statuses.append(post(server, QUERY, n=1).status_code)
        points = [record.points for record in server.requests]
    assert (403, False) == (refused.status_code, "retry-after" in refused.headers)
    assert statuses == [200, 200]
    assert points == [1, 0, 1]


def test_work_is_what_nodes_cost_and_the_network_is_not() -> None:
    """Only the part of the latency that nodes cost is work, of REST as of GraphQL."""
    clock = Clock()
    secondary = SecondaryLimits(graphql_seconds=0.02, seconds=0.03, retry_after=None)
    limits = Limits(secondary=secondary, clock=clock)
    with serve(WORLD, limits=limits, latency=Latency(0.02, 0.0005)) as server:
        queries = [post(server, QUERY, n=20).status_code for _ in range(3)]
        lists = [
            get(server, "/repos/acme/api/deployments?per_page=20").status_code for _ in range(2)
        ]
    assert queries == [200, 200, 403]
    assert lists == [200, 403]


def test_clients_that_ask_too_much_at_once_are_refused() -> None:
    """Over HTTP as well: of three at once two are answered."""
    limits = Limits(secondary=SecondaryLimits(at_once=2, retry_after=1))
    refused = Event()

    def hold(exchange: Exchange, answer: Handler) -> Response:
        refused.wait(60)
        return answer(exchange)

    with serve(WORLD, limits=limits, middleware=[hold]) as server:

        def asked(path: str) -> int:
            status = get(server, path).status_code
            if status == 403:
                refused.set()
            return status

        with ThreadPoolExecutor(3) as pool:
            statuses = list(pool.map(asked, ["/user"] * 3))
        assert sorted(statuses) == [200, 200, 403]
        assert server.throttle.peak == 3
