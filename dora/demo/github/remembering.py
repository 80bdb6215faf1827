"""Answers kept as bytes and served again, so that a benchmark measures a client and no server.

In: a request, its computed answer. Out: the same answer later, its `rateLimit` as it stands then.
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from dora.demo.github.messages import Request, Response

#: What stands for the values of `rateLimit` that change: numbers and a text that nothing else has.
_STAND_INS: dict[str, Any] = {
    "remaining": -2_147_480_001,
    "used": -2_147_480_002,
    "resetAt": "the reset of the hourly budget",
}


def key_of(request: Request) -> Hashable:
    """What two requests have in common that get the same answer."""
    body = json.dumps(request.body, sort_keys=True) if request.body else ""
    return (request.method, request.base_url, request.path, *sorted(request.query.items()), body)


def with_stand_ins(rate_limit: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `rateLimit` for an answer that is to be kept."""
    return {**rate_limit, **_STAND_INS}


def filled(kept: Response, rate_limit: Mapping[str, Any]) -> Response:
    """A kept answer with the present values of `rateLimit`."""
    body = kept.body
    for name, stand_in in _STAND_INS.items():
        now = json.dumps(rate_limit[name]).encode()
        body = body.replace(json.dumps(stand_in).encode(), now)
    return replace(kept, body=body)
