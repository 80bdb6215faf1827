"""A stand-in for GitHub on this machine: an organization in, its two APIs served over HTTP.

It plays GitHub for demonstrations and tests, and is never kinder to a client than GitHub.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dora.demo import graphql, rest, writing
from dora.demo.apps import App, Tokens
from dora.demo.connection import Listener
from dora.demo.faults import Deny, Faults, PartialError, Stall, Truncate, exhausted
from dora.demo.limits import Budget, Latency
from dora.demo.messages import Request, Response, json_response, problem, timed_out
from dora.demo.model import Organization
from dora.demo.world import World

#: the token the stand-in accepts unless told another; made up, it opens nothing anywhere
TOKEN = "ghp_standin0000000000000000000000000000"  # noqa: S105 - a made-up token


@dataclass(frozen=True)
class Limits:
    """Hourly budgets of points, and how the stand-in says that one is used up.

    *style* is `RATE_LIMITED` or `RATE_LIMIT` (status 200, type of the GraphQL error), `403` or
    `429`; REST always answers 403 or 429.
    """

    graphql: int = 5000
    rest: int = 5000
    window: float = 3600.0
    style: str = "RATE_LIMITED"


@dataclass(frozen=True)
class Record:
    """One request as it was answered; *points* is what it took from its budget."""

    method: str
    path: str
    operation: str | None
    variables: Mapping[str, Any]
    points: int
    status: int


@dataclass
class Server:
    """The stand-in while it runs: where it is, what it was asked."""

    world: World
    tokens: Tokens
    faults: Faults
    limits: Limits
    latency: Latency
    url: str = ""
    requests: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fill the budgets."""
        limits = self.limits
        self.graphql_budget = Budget(limits.graphql, "graphql", limits.window)
        self.rest_budget = Budget(limits.rest, "core", limits.window)
        self._writing = threading.Lock()

    def replace(self, organization: Organization) -> None:
        """Serve another truth from the next request on."""
        self.world = World(organization)

    def answer(self, request: Request, wait: "Wait") -> Response:
        """The answer to *request*; *wait* sleeps, and ends early when the server stops."""
        response = self._faulty(request, wait)
        budget = self.graphql_budget if request.is_graphql else self.rest_budget
        response = replace(response, headers={**budget.headers(), **response.headers})
        self.requests.append(
            Record(
                request.method,
                request.path,
                request.operation,
                dict(request.variables),
                response.points,
                0 if response.reset else response.status,
            )
        )
        return response

    def _faulty(self, request: Request, wait: "Wait") -> Response:
        effects = self.faults.effects(request)
        for effect in effects:
            if isinstance(effect, Stall):
                wait(effect.seconds)
            elif not isinstance(effect, Deny | Truncate | PartialError):
                return replace(effect.answer(), points=0)
        denied = {one.repository: one.kind for one in effects if isinstance(one, Deny)}
        response = self._honest(request, self.world.with_denied(denied))
        seconds = self.latency.seconds(response.served)
        if request.is_graphql and seconds > self.latency.cut_off:
            return replace(timed_out(), points=response.points)
        if seconds:
            wait(seconds)
        for effect in effects:
            if isinstance(effect, Truncate) or (
                isinstance(effect, PartialError) and response.status == 200  # noqa: PLR2004 - HTTP
            ):
                response = effect.change(response)
        return response

    def _honest(self, request: Request, world: World) -> Response:
        of_app = self.tokens.answer(request, world)
        if of_app is not None:
            return replace(of_app, points=0)
        if not self.tokens.accepts(request.token):
            return replace(problem(401, "Bad credentials"), points=0)
        if request.is_graphql:
            return self._graphql(request, world)
        if request.path == "/rate_limit":
            return replace(json_response(self._rate_limit()), points=0)
        if not self.rest_budget.spend(1):
            style = self.limits.style if self.limits.style == "429" else "403"
            return exhausted(style, int(self.rest_budget.reset_at))
        return self._written(request, world) or rest.answer(request, world)

    def _written(self, request: Request, world: World) -> Response | None:
        """The answer to what workflows ask, which may change the truth; None for all else."""
        with self._writing:
            now = datetime.now(UTC).replace(microsecond=0)
            fresh = replace(world, organization=self.world.organization)
            written = writing.answer(request, fresh, now)
            if written is None:
                return None
            if written.organization is not None:
                self.replace(written.organization)
            return written.response

    def _graphql(self, request: Request, world: World) -> Response:
        if request.method != "POST":
            return problem(404, "Not Found")
        chosen = graphql.plan(request.body)
        if isinstance(chosen, graphql.Answer):
            return json_response(chosen.body)
        points = 0 if chosen.dry_run else chosen.cost.points
        if not self.graphql_budget.spend(points):
            return exhausted(self.limits.style, int(self.graphql_budget.reset_at))
        found = graphql.run(chosen, world, _graphql_limits(self.graphql_budget))
        return replace(json_response(found.body), points=points, served=found.served)

    def _rate_limit(self) -> dict[str, Any]:
        shown = {}
        for budget in (self.rest_budget, self.graphql_budget):
            headers = budget.headers()
            shown[budget.resource] = {
                name: int(headers[f"x-ratelimit-{name}"])
                for name in ("limit", "remaining", "used", "reset")
            }
        return {"resources": shown, "rate": shown["core"]}


def _graphql_limits(budget: Budget) -> dict[str, Any]:
    headers = budget.headers()
    reset = time.gmtime(int(headers["x-ratelimit-reset"]))
    counts = {name: int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "used")}
    return {**counts, "resetAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", reset)}


class Wait:
    """Sleeping that ends when the server stops."""

    def __init__(self, listener: Listener) -> None:
        self._stopping = listener.stopping

    def __call__(self, seconds: float) -> None:
        """Sleep that long."""
        self._stopping.wait(seconds)


@contextmanager
def serve(
    organization: Organization,
    *,
    port: int = 0,
    token: str = TOKEN,
    app: App | None = None,
    faults: Faults | None = None,
    limits: Limits | None = None,
    latency: Latency | None = None,
) -> Iterator[Server]:
    """A running stand-in that serves *organization* on 127.0.0.1; it stops on leaving.

    *port* 0 takes a free one. Requests need *token* (or one that the *app* was given); others are
    refused with 401.
    """
    server = Server(
        World(organization),
        Tokens(token, app),
        faults or Faults(),
        limits or Limits(),
        latency or Latency(),
    )
    listener = Listener(port)
    wait = Wait(listener)
    server.url = listener.url
    with listener.running(lambda request: server.answer(request, wait)):
        yield server
