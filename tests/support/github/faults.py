"""Makes the stand-in for GitHub misbehave: rules that say which request meets which fault.

`Faults` is middleware of `dora.demo.github.server`. An effect answers in the server's place,
changes its response, or changes what the server knows. The same seed and the same requests give
the same faults.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from dora.demo.github.messages import (
    Request,
    Response,
    exhausted,
    html_response,
    problem,
    timed_out,
    too_much,
)
from dora.demo.github.server import Exchange, Handler, Server
from dora.demo.organization.model import Organization
from tests.support.github.endless_history import EndlessHistories


@dataclass(frozen=True)
class Status:
    """An answer of that status: HTML, or the JSON of a query that took too long."""

    status: int = 502
    html: bool = False

    def answer(self) -> Response:
        """The answer in the server's place."""
        if self.html:
            return html_response(self.status, "Unicorn!")
        if self.status in {502, 504}:
            return replace(timed_out(), status=self.status)
        return problem(self.status, "Service unavailable")


@dataclass(frozen=True)
class Refusal:
    """An answer of that status in GitHub's words, as for a missing permission or a conflict."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """The answer in the server's place."""
        answer = problem(self.status, self.message)
        return replace(answer, headers={**answer.headers, **self.headers})


@dataclass(frozen=True)
class RateLimit:
    """The hourly budget is used up until *reset_after* seconds from now.

    *style* is `403`, `429`, `RATE_LIMITED` or `RATE_LIMIT`: a status, or the type of a GraphQL
    error with status 200. With *lasting* the budget of that API is used up indeed: all its requests
    are refused until the reset, a whole second by the clock of `Limits`. Else it is told once.
    """

    style: str = "RATE_LIMITED"
    reset_after: float = 60.0
    clock: Callable[[], float] = time.time
    lasting: bool = False

    def answer(self) -> Response:
        """The answer in the server's place."""
        return exhausted(self.style, int(self.clock() + self.reset_after))


@dataclass(frozen=True)
class SecondaryLimit:
    """Too much at once: 403, 429 or 200, with or without Retry-After (seconds)."""

    status: int = 403
    retry_after: int | None = None

    def answer(self) -> Response:
        """The answer in the server's place."""
        return too_much(self.status, self.retry_after)


@dataclass(frozen=True)
class Reset:
    """The connection is reset without an answer."""

    def answer(self) -> Response:
        """The answer in the server's place."""
        return Response(reset=True)


@dataclass(frozen=True)
class Html:
    """HTML with status 200, as a captive portal or a proxy gives it."""

    def answer(self) -> Response:
        """The answer in the server's place."""
        return html_response(200, "Sign in")


@dataclass(frozen=True)
class Stall:
    """Nothing for that many seconds, then the answer."""

    seconds: float


@dataclass(frozen=True)
class Truncate:
    """Only this share of the body arrives."""

    keep: float = 0.5

    def change(self, answer: Response) -> Response:
        """The answer, cut."""
        return replace(answer, keep=self.keep)


@dataclass(frozen=True)
class PartialError:
    """A GraphQL error beside good data: what is at *path* (dotted) is null."""

    path: str
    type: str | None = "SERVICE_UNAVAILABLE"
    message: str = "Something went wrong."

    def change(self, answer: Response) -> Response:
        """The answer with a hole and an error that explains it."""
        body = json.loads(answer.body)
        parts = [int(part) if part.isdigit() else part for part in self.path.split(".")]
        _clear(body.get("data"), parts)
        error: dict[str, Any] = {"type": self.type} if self.type else {}
        error |= {"path": parts, "message": self.message}
        body.setdefault("errors", []).append(error)
        return replace(answer, body=json.dumps(body).encode())


def resource_limits(path: str) -> PartialError:
    """The effect of a query that costs too much to run whole: partial data, status 200."""
    message = "Resource limits for this query exceeded."
    return PartialError(path, "RESOURCE_LIMITS_EXCEEDED", message)


@dataclass(frozen=True)
class Deny:
    """One repository may no longer be read.

    *kind* is `FORBIDDEN`, `NOT_FOUND` as if it were gone, or `SAML`: behind single sign-on.
    """

    repository: str
    kind: str = "FORBIDDEN"


@dataclass(frozen=True)
class Endless:
    """The commit history of a repository never ends (in GraphQL).

    Every page has a next one: of made-up commits, or, unless its cursor *moves*, the same again.
    """

    repository: str
    moves: bool = True


@dataclass(frozen=True)
class Change:
    """The truth changes for good, right before the request is answered; once each time it fires."""

    apply: Callable[[Organization], Organization]


@dataclass(frozen=True)
class Expire:
    """The request's token is accepted no longer, from this request on.

    A fixed token is refused for ever (401); an App may ask for another, which is accepted.
    """


#: answers in the server's place
Instead = Status | Refusal | SecondaryLimit | Reset | Html
#: changes the answer
After = Truncate | PartialError
Effect = Instead | After | RateLimit | Stall | Deny | Endless | Change | Expire


@dataclass(frozen=True)
class Rule:
    """Which requests meet *effect*: all that fit what is given.

    *method* is HTTP's, *operation* a GraphQL operation's name, *path* a glob, *variables* those it
    must have.
    *at* names which of the fitting requests, counted from 1 (none: every one), *starting* the
    first of them, *probability* draws among those.
    """

    effect: Effect
    operation: str | None = None
    path: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    at: Sequence[int] = ()
    starting: int = 1
    probability: float = 1.0
    method: str | None = None

    def fits(self, request: Request) -> bool:
        """Whether the request is one of the kind."""
        return (
            (self.operation is None or request.operation == self.operation)
            and self.method in {None, request.method}
            and (self.path is None or fnmatchcase(request.path, self.path))
            and any(
                _fits(self.variables, request.variables, ending) for ending in _endings(request)
            )
        )


def _endings(request: Request) -> list[str]:
    """What stands behind the variables' names: of a request for several, a number each."""
    found = (re.search(r"_\d+$", name) for name in request.variables)
    return list(dict.fromkeys(["", *(ending[0] for ending in found if ending)]))


def _fits(wanted: Mapping[str, Any], given: Mapping[str, Any], ending: str) -> bool:
    return all(given.get(name + ending, given.get(name)) == wanted[name] for name in wanted)


@dataclass
class Faults:
    """A schedule of faults, as middleware; *met* counts the requests that fitted each rule."""

    rules: Sequence[Rule] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Start counting."""
        self.met = [0] * len(self.rules)
        self._random = random.Random(self.seed)  # noqa: S311 - chance for a test, no secret
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response with every effect that its request meets."""
        effects = self.effects(exchange.request)
        _change_server(exchange, effects)
        response = _respond(exchange, answer, effects)
        stalled = sum(effect.seconds for effect in effects if isinstance(effect, Stall))
        return replace(response, delay=response.delay + stalled)

    def effects(self, request: Request) -> list[Effect]:
        """The effects on this request, in the order of the rules."""
        found: list[Effect] = []
        with self._lock:
            for index, rule in enumerate(self.rules):
                if not rule.fits(request):
                    continue
                self.met[index] += 1
                count = self.met[index]
                chosen = count >= rule.starting and (not rule.at or count in rule.at)
                if chosen and (rule.probability >= 1 or self._random.random() < rule.probability):
                    found.append(rule.effect)
        return found


def met(server: Server) -> int:
    """How many requests fitted the first rule of the faults of *server*."""
    faults = next(one for one in server.middleware if isinstance(one, Faults))
    return faults.met[0]


def _change_server(exchange: Exchange, effects: Sequence[Effect]) -> None:
    """Let happen what the effects change for good."""
    server, request = exchange.server, exchange.request
    for effect in effects:
        if isinstance(effect, Change):
            server.change(effect.apply)
        elif isinstance(effect, Expire):
            server.tokens.expire(request.token)
        elif isinstance(effect, RateLimit) and effect.lasting:
            server.budget(request).exhaust(effect.reset_after, effect.style)


def _respond(exchange: Exchange, answer: Handler, effects: Sequence[Effect]) -> Response:
    """The response of the first effect that gives one, else the server's, changed by the others."""
    for effect in effects:
        if isinstance(effect, Instead) or (isinstance(effect, RateLimit) and not effect.lasting):
            return replace(effect.answer(), points=0)
    denied = {one.repository: one.kind for one in effects if isinstance(one, Deny)}
    endless = {one.repository: one.moves for one in effects if isinstance(one, Endless)}
    fields = (EndlessHistories(endless),) if endless else ()
    response = answer(
        replace(exchange, denied={**exchange.denied, **denied}, fields=(*exchange.fields, *fields))
    )
    for effect in effects:
        if isinstance(effect, PartialError) and response.status != 200:
            continue
        if isinstance(effect, After):
            response = effect.change(response)
    return response


def _clear(data: Any, path: Sequence[Any]) -> None:
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, dict | list) and (isinstance(data, list) or path[-1] in data):
        data[path[-1]] = None
