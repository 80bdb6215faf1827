"""A stand-in for GitHub on this machine: an organization in, its two APIs served over HTTP.

It plays GitHub for demonstrations and tests, and is never kinder to a client than GitHub.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dora.demo.github.faults import (
    After,
    Change,
    Deny,
    Effect,
    Endless,
    Expire,
    Faults,
    Instead,
    PartialError,
    RateLimit,
    Stall,
)
from dora.demo.github.graphql import execute
from dora.demo.github.http import Listener
from dora.demo.github.limits import Budget, Latency, Limits, Secondary, Throttle
from dora.demo.github.messages import (
    Request,
    Response,
    exhausted,
    json_response,
    problem,
    single_sign_on,
    timed_out,
)
from dora.demo.github.remembering import filled, key_of, with_stand_ins
from dora.demo.github.rest import routes, write_routes
from dora.demo.github.tokens import App, Tokens
from dora.demo.github.visibility import World
from dora.demo.organization.model import Organization

__all__ = ["TOKEN", "Latency", "Limits", "Record", "Secondary", "Server", "serve"]

#: the token the stand-in accepts unless told another; made up, it opens nothing anywhere
TOKEN = "ghp_standin0000000000000000000000000000"  # noqa: S105 - a made-up token


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
    remember: bool = False
    url: str = ""
    requests: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Fill the budgets."""
        limits = self.limits
        self.graphql_budget = Budget(limits.graphql, "graphql", limits.window, limits.clock)
        self.rest_budget = Budget(limits.rest, "core", limits.window, limits.clock)
        self.throttle = Throttle(limits.secondary, limits.clock)
        self._changing = threading.Lock()

    def replace(self, organization: Organization) -> None:
        """Serve another truth from the next request on."""
        self.change(lambda _: organization)

    def change(self, apply: Callable[[Organization], Organization]) -> None:
        """Serve what *apply* makes of the truth from the next request on."""
        with self._changing:
            self.world = self.world.succeeded_by(apply(self.world.organization))

    def answer(self, request: Request, wait: Callable[[float], object]) -> Response:
        """The answer to *request*; *wait* sleeps, and ends early when the server stops."""
        began = time.monotonic()
        effects = self.faults.effects(request)
        self._alter(request, effects)
        with self.throttle.flight(graphql=request.is_graphql) as refusal:
            response = refusal or self._faulty(request, effects)
            response = self._worked(request, response)
            stalled = sum(effect.seconds for effect in effects if isinstance(effect, Stall))
            left = self.latency.seconds(response.served) + stalled - (time.monotonic() - began)
            if left > 0:
                wait(left)
        response = replace(
            response, headers={**self._budget(request).headers(), **response.headers}
        )
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

    def _budget(self, request: Request) -> Budget:
        return self.graphql_budget if request.is_graphql else self.rest_budget

    def _alter(self, request: Request, effects: Sequence[Effect]) -> None:
        """Let happen what the effects change for good."""
        for effect in effects:
            if isinstance(effect, Change):
                self.change(effect.apply)
            elif isinstance(effect, Expire):
                self.tokens.expire(request.token)
            elif isinstance(effect, RateLimit) and effect.lasting:
                self._budget(request).exhaust(effect.reset_after, effect.style)

    def _faulty(self, request: Request, effects: Sequence[Effect]) -> Response:
        for effect in effects:
            if isinstance(effect, Instead) or (
                isinstance(effect, RateLimit) and not effect.lasting
            ):
                return replace(effect.answer(), points=0)
        denied = {one.repository: one.kind for one in effects if isinstance(one, Deny)}
        endless = {one.repository: one.moves for one in effects if isinstance(one, Endless)}
        response = self._honest(request, self.world.afflicted(denied, endless))
        for effect in effects:
            if isinstance(effect, PartialError) and response.status != 200:  # noqa: PLR2004 - HTTP
                continue
            if isinstance(effect, After):
                response = effect.change(response)
        return response

    def _worked(self, request: Request, response: Response) -> Response:
        """The answer once the work on it is counted: another where it takes too long."""
        work, longest = self.latency.work(response.served), self.latency.cut_off
        self.throttle.work(min(work, longest), graphql=request.is_graphql)
        if work <= longest:
            return response
        fine = self.limits.timeout_points
        fine = response.points if fine is None else fine
        self._budget(request).fine(fine)
        cut = timed_out() if request.is_graphql else problem(502, "Server Error")
        return replace(cut, points=response.points + fine, served=response.served)

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
        return self._rest(request, world)

    def _rest(self, request: Request, world: World) -> Response:
        budget = self.rest_budget
        if not budget.spend(1):
            told = budget.style or self.limits.style
            return exhausted(told if told == "429" else "403", int(budget.reset_at))
        written = self._written(request, world)
        if written is not None:
            return written
        if not self.remember:
            return routes.answer(request, world)
        key = key_of(request)
        if key not in world.remembered:
            world.remembered[key] = routes.answer(request, world)
        kept: Response = world.remembered[key]
        return kept

    def _written(self, request: Request, world: World) -> Response | None:
        """The answer to what workflows ask, which may change the truth; None for all else."""
        with self._changing:
            now = datetime.now(UTC).replace(microsecond=0)
            fresh = replace(self.world, denied=world.denied)
            written = write_routes.answer(request, fresh, now)
            if written is None:
                return None
            if written.organization is not None:
                self.world = self.world.succeeded_by(written.organization)
            return written.response

    def _graphql(self, request: Request, world: World) -> Response:
        if request.method != "POST":
            return problem(404, "Not Found")
        kept = self._kept(request, world)
        if isinstance(kept, execute.Answer):
            return json_response(kept.body)
        budget = self.graphql_budget
        if not budget.spend(kept.points):
            return exhausted(budget.style or self.limits.style, int(budget.reset_at))
        limits = _graphql_limits(budget)
        if isinstance(kept, Response):
            return filled(kept, limits)
        if not self.remember:
            return _run(kept, world, limits)
        made = world.remembered[key_of(request)] = _run(kept, world, with_stand_ins(limits))
        return filled(made, limits)

    def _kept(self, request: Request, world: World) -> Response | execute.Plan | execute.Answer:
        """The answer as it is remembered, else the plan for one or the refusal."""
        kept: Response | None = None
        if self.remember:
            kept = world.remembered.get(key_of(request))
        return execute.plan(request.body) if kept is None else kept

    def _rate_limit(self) -> dict[str, Any]:
        shown = {}
        for budget in (self.rest_budget, self.graphql_budget):
            headers = budget.headers()
            shown[budget.resource] = {
                name: int(headers[f"x-ratelimit-{name}"])
                for name in ("limit", "remaining", "used", "reset")
            }
        return {"resources": shown, "rate": shown["core"]}


def _run(chosen: execute.Plan, world: World, limits: Mapping[str, Any]) -> Response:
    found = execute.run(chosen, world, limits)
    answer = json_response(found.body)
    if found.is_behind_sign_on:
        sign_on = single_sign_on(world.organization.login)
        answer = replace(answer, headers={**answer.headers, **sign_on})
    return replace(answer, points=chosen.points, served=found.served)


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
    remember: bool = False,
) -> Iterator[Server]:
    """A running stand-in that serves *organization* on 127.0.0.1; it stops on leaving.

    *port* 0 takes a free one. Requests need *token* (or one that the *app* was given); others are
    refused with 401.

    With *remember* the answer to a request (method, address, body) is computed once and served
    again until the organization changes. All else stays as it is: points, limits, latency, faults,
    records, and `rateLimit` tells what is left at present.
    """
    server = Server(
        World(organization),
        Tokens(token, app),
        faults or Faults(),
        limits or Limits(),
        latency or Latency(),
        remember,
    )
    listener = Listener(port)
    wait = Wait(listener)
    server.url = listener.url
    with listener.running(lambda request: server.answer(request, wait)):
        yield server
