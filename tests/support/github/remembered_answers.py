"""Responses kept as bytes and given again, so that a benchmark measures the client alone."""

import json
import threading
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from dora.demo.github.messages import Request, Response
from dora.demo.github.server import Exchange, Handler
from dora.demo.github.visibility import VisibleOrganization

_OK = 200
#: Written for the values of `rateLimit` that change: numbers and a text that nothing else has.
_PLACEHOLDERS: dict[str, Any] = {
    "remaining": -2_147_480_001,
    "used": -2_147_480_002,
    "resetAt": "the reset of the hourly budget",
}


class RememberedAnswers:
    """Middleware that computes the response to a request once, until the organization changes.

    All else stays as it is: points, limits, latency, faults, records; and `rateLimit` (under that
    name) shows the present. *answers* are those of the organization as it is now.
    """

    def __init__(self) -> None:
        self.answers: dict[Hashable, Response] = {}
        self._visible: object = None
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response as it was computed before, where the request's budget allows it."""
        server, request, visible = exchange.server, exchange.request, exchange.server.visible
        same = self.key_of(request)
        if exchange.fields or same is None:
            return answer(exchange)
        answers = self.answers_of(visible)
        key = (same, *sorted(exchange.denied.items()))
        known = answers.get(key)
        if known is None:
            response = answer(exchange)
            if server.visible is visible and _is_worth_it(request, response):
                answers[key] = _with_placeholders(response)
            return response
        budget = server.budget(request)
        if not server.tokens.accepts(request.token) or not budget.spend(known.points):
            return answer(exchange)
        return _filled(known, budget.rate_limit()) if request.is_graphql else known

    def answers_of(self, visible: VisibleOrganization) -> dict[Hashable, Response]:
        """The responses of the organization as it is now."""
        with self._lock:
            if self._visible is not visible:
                self._visible, self.answers = visible, {}
            return self.answers

    def key_of(self, request: Request) -> Hashable | None:
        """What two requests have in common that get the same response; None: never remembered."""
        return key_of(request)


def _is_worth_it(request: Request, response: Response) -> bool:
    """Whether the response was computed of the organization, and for points."""
    if response.status != _OK or response.points == 0 or response.reset:
        return False
    return "data" in json.loads(response.body) if request.is_graphql else request.method == "GET"


def key_of(request: Request) -> Hashable:
    """What two requests have in common that get the same answer."""
    body = json.dumps(request.body, sort_keys=True) if request.body else ""
    return (request.method, request.base_url, request.path, *sorted(request.query.items()), body)


def _with_placeholders(response: Response) -> Response:
    """The response with placeholders for the present values of `rateLimit`."""
    body = json.loads(response.body)
    if not isinstance(body, dict) or not (body.get("data") or {}).get("rateLimit"):
        return response
    shown = body["data"]["rateLimit"]
    shown |= {name: _PLACEHOLDERS[name] for name in shown.keys() & _PLACEHOLDERS.keys()}
    return replace(response, body=json.dumps(body).encode())


def _filled(known: Response, rate_limit: Mapping[str, Any]) -> Response:
    """A remembered response with the present values of `rateLimit`."""
    body = known.body
    for name, placeholder in _PLACEHOLDERS.items():
        now = json.dumps(rate_limit[name]).encode()
        body = body.replace(json.dumps(placeholder).encode(), now)
    return replace(known, body=body)
