"""The stand-in for GitHub: it serves a made-up organization over both of GitHub's APIs.

It runs on this machine, for demonstrations and tests, and is never kinder to a client than GitHub.
Tests hand `serve` middleware, which makes it misbehave: see `Middleware`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dora.demo.github.graphql import execute
from dora.demo.github.http import Listener
from dora.demo.github.limits import Budget, Latency, Limits, SecondaryLimits, Throttle
from dora.demo.github.messages import (
    Request,
    Response,
    exhausted,
    json_response,
    problem,
    single_sign_on,
    timed_out,
)
from dora.demo.github.rest import routes, write_routes
from dora.demo.github.tokens import App, Tokens
from dora.demo.github.visibility import Rights, VisibleOrganization
from dora.demo.organization.model import Organization

__all__ = [
    "TOKEN",
    "Exchange",
    "Handler",
    "Latency",
    "Limits",
    "Middleware",
    "RequestRecord",
    "Rights",
    "SecondaryLimits",
    "Server",
    "serve",
]

#: the token the stand-in accepts by default; made up, it opens nothing anywhere
TOKEN = "ghp_standin0000000000000000000000000000"  # noqa: S105 - a made-up token


@dataclass(frozen=True)
class RequestRecord:
    """One request as it was answered; *points* is what it took from its budget."""

    method: str
    path: str
    operation: str | None
    variables: Mapping[str, Any]
    points: int
    status: int


@dataclass(frozen=True)
class Exchange:
    """A request on its way to the response, and what holds for this request alone.

    *denied* maps the names of repositories that it may not read to FORBIDDEN, NOT_FOUND or SAML.
    *fields* lie around the resolvers of a query's fields.
    """

    server: "Server"
    request: Request
    denied: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[execute.FieldMiddleware, ...] = ()


#: Answers a request.
Handler = Callable[[Exchange], Response]
#: Lies around a handler: it hands the exchange on, as it came or changed, and returns the
#: response, as it came or changed; or it responds by itself. It may change the server, too.
#: What the secondary limits refuse never gets to it; the latency, the headers of the budgets and
#: the record of the request come after it.
Middleware = Callable[[Exchange, Handler], Response]


@dataclass
class Server:
    """The stand-in while it runs: where it listens, and which requests it answered."""

    visible: VisibleOrganization
    tokens: Tokens
    limits: Limits
    latency: Latency
    middleware: Sequence[Middleware] = ()  #: the first lies outermost
    url: str = ""
    requests: list[RequestRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fill the budgets."""
        limits = self.limits
        self.graphql_budget = Budget(limits.graphql, "graphql", limits.window, limits.clock)
        self.rest_budget = Budget(limits.rest, "core", limits.window, limits.clock)
        self.throttle = Throttle(limits.secondary, limits.clock)
        self._changing = threading.Lock()

    @property
    def organization(self) -> Organization:
        """The organization as it is now."""
        return self.visible.organization

    def replace(self, organization: Organization) -> None:
        """Serve another organization from the next request on."""
        self.change(lambda _: organization)

    def change(self, apply: Callable[[Organization], Organization]) -> None:
        """Serve what *apply* makes of the organization from the next request on."""
        with self._changing:
            self.visible = self.visible.succeeded_by(apply(self.organization))

    def answer(self, request: Request, wait: Callable[[float], object]) -> Response:
        """The response to *request*; *wait* sleeps, and ends early when the server stops."""
        began = time.monotonic()
        with self.throttle.flight(graphql=request.is_graphql) as refusal:
            response = refusal or self._handler()(Exchange(self, request))
            response = self._worked(request, response)
            seconds = self.latency.seconds(response.served) + response.delay
            left = seconds - (time.monotonic() - began)
            if left > 0:
                wait(left)
        response = replace(response, headers={**self.budget(request).headers(), **response.headers})
        self.requests.append(
            RequestRecord(
                request.method,
                request.path,
                request.operation,
                dict(request.variables),
                response.points,
                0 if response.reset else response.status,
            )
        )
        return response

    def budget(self, request: Request) -> Budget:
        """The hourly budget that *request* takes its points from."""
        return self.graphql_budget if request.is_graphql else self.rest_budget

    def _handler(self) -> Handler:
        """The handler that every middleware lies around."""
        handler: Handler = _handle
        for middleware in reversed(self.middleware):
            handler = _within(middleware, handler)
        return handler

    def _worked(self, request: Request, response: Response) -> Response:
        """The response once the work on it is counted: another where it takes too long."""
        work, longest = self.latency.work(response.served), self.latency.cut_off
        self.throttle.work(min(work, longest), graphql=request.is_graphql)
        if work <= longest:
            return response
        fine = self.limits.timeout_points
        fine = response.points if fine is None else fine
        self.budget(request).fine(fine)
        cut = timed_out() if request.is_graphql else problem(502, "Server Error")
        points = response.points + fine
        return replace(cut, points=points, served=response.served, delay=response.delay)

    def handle(self, exchange: Exchange) -> Response:
        """The response in which nothing goes wrong but what GitHub's rules say."""
        request, visible = exchange.request, self.visible.denying(exchange.denied)
        of_app = self.tokens.answer(request, visible)
        if of_app is not None:
            return replace(of_app, points=0)
        if not self.tokens.accepts(request.token):
            return replace(problem(401, "Bad credentials"), points=0)
        visible = visible.allowing(self.tokens.rights(request.token, visible.rights))
        if request.is_graphql:
            return self._graphql(request, visible, exchange.fields)
        if request.path == "/rate_limit":
            return replace(json_response(self._rate_limit()), points=0)
        return self._rest(request, visible)

    def _rest(self, request: Request, visible: VisibleOrganization) -> Response:
        budget = self.rest_budget
        if not budget.spend(1):
            style = budget.style or self.limits.style
            return exhausted(style if style == "429" else "403", int(budget.reset_at))
        return self._written(request, visible) or routes.answer(request, visible)

    def _written(self, request: Request, visible: VisibleOrganization) -> Response | None:
        """The response to a workflow's request, which may change the organization; else None."""
        with self._changing:
            now = datetime.now(UTC).replace(microsecond=0)
            written = write_routes.answer(request, self.visible.denying(visible.denied), now)
            if written is None:
                return None
            if written.organization is not None:
                self.visible = self.visible.succeeded_by(written.organization)
            return written.response

    def _graphql(
        self,
        request: Request,
        visible: VisibleOrganization,
        fields: Sequence[execute.FieldMiddleware],
    ) -> Response:
        if request.method != "POST":
            return problem(404, "Not Found")
        planned = execute.prepare(request.body)
        if isinstance(planned, execute.GraphQLAnswer):
            return json_response(planned.body)
        budget = self.graphql_budget
        if not budget.spend(planned.points):
            return exhausted(budget.style or self.limits.style, int(budget.reset_at))
        found = execute.run(planned, visible, budget.rate_limit(), fields)
        response = json_response(found.body)
        if found.is_behind_sign_on:
            sign_on = single_sign_on(visible.organization.login)
            response = replace(response, headers={**response.headers, **sign_on})
        return replace(response, points=planned.points, served=found.served)

    def _rate_limit(self) -> dict[str, Any]:
        shown = {}
        for budget in (self.rest_budget, self.graphql_budget):
            headers = budget.headers()
            shown[budget.resource] = {
                name: int(headers[f"x-ratelimit-{name}"])
                for name in ("limit", "remaining", "used", "reset")
            }
        return {"resources": shown, "rate": shown["core"]}


def _handle(exchange: Exchange) -> Response:
    return exchange.server.handle(exchange)


def _within(middleware: Middleware, handler: Handler) -> Handler:
    return lambda exchange: middleware(exchange, handler)


@contextmanager
def serve(
    organization: Organization,
    *,
    port: int = 0,
    token: str = TOKEN,
    app: App | None = None,
    rights: Rights | None = None,
    limits: Limits | None = None,
    latency: Latency | None = None,
    middleware: Sequence[Middleware] = (),
) -> Iterator[Server]:
    """A running stand-in that serves *organization* on 127.0.0.1; it stops on leaving.

    *port* 0 takes a free one. Requests need *token* (or one that the *app* was given); others are
    refused with 401. *rights* are what every token may.

    Each *middleware* lies around the answering of requests, the first outermost.
    """
    server = Server(
        VisibleOrganization(organization, rights=rights or Rights()),
        Tokens(token, app),
        limits or Limits(),
        latency or Latency(),
        middleware,
    )
    listener = Listener(port)
    server.url = listener.url
    with listener.running(lambda request: server.answer(request, listener.stopping.wait)):
        yield server
