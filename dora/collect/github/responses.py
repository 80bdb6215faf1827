"""Interprets GitHub's HTTP responses, including the many forms in which it refuses a request.

All of these occur in practice: errors with status 200, HTML instead of JSON, and rate limits that
show only in the status, a header, an error type or a message.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_MANY = 429
SERVER_ERROR = 500
#: GitHub aborted the query: a smaller one may succeed.
GATEWAY = {502, 504}
#: Pause after a secondary limit without a `Retry-After`, as GitHub's documentation requires.
SECONDARY_SECONDS = 60.0

Kind = Literal[
    "data",
    "too much",
    "primary limit",
    "secondary limit",
    "unsound",
    "unreachable",
    "refused",
    "forbidden",
    "lost",
]


@dataclass(frozen=True)
class QueryResult:
    """The outcome of a request, by `kind`.

    - `data`: the response has data, perhaps only in part, with `errors`
    - `too much`: the query is too large for one request
    - `primary limit`, `secondary limit`: wait for `pause` seconds, or until `reset`
    - `unsound`, `unreachable`: the response is unusable, or there is none; a retry may succeed
    - `refused`: the credentials are not accepted
    - `forbidden`: the query is not allowed
    - `lost`: no request to this address can succeed
    """

    kind: Kind
    data: dict[str, Any] = field(default_factory=dict)
    errors: tuple[dict[str, Any], ...] = ()
    message: str = ""
    pause: float | None = None
    reset: datetime | None = None
    remaining: int | None = None
    limit: int | None = None  #: points an hour


def read_response(status: int, headers: dict[str, Any], text: str) -> QueryResult:
    """Interpret the HTTP response to a GraphQL query."""
    body = _parse(text)
    refusal = _refusal(status, headers, _message(body))
    if refusal is not None:
        return refusal
    result = _read_body(body, headers)
    remaining, limit = (
        _integer(headers.get(f"x-ratelimit-{name}")) for name in ("remaining", "limit")
    )
    return replace(result, remaining=remaining, limit=limit) if result.kind == "data" else result


def read_rest_response(status: int, headers: dict[str, Any], text: str) -> QueryResult:
    """Interpret the HTTP response to a GET of the REST API: its body is `answer` in the data.

    `answer` is None where GitHub has nothing at that address. REST has a budget of its own, so
    that what is left of it says nothing of points.
    """
    if status == NOT_FOUND:
        return QueryResult("data", data={"answer": None})
    body = _parse(text)
    refusal = _refusal(status, headers, _message(body))
    if refusal is not None:
        return refusal
    if not isinstance(body, dict | list):
        return QueryResult("unsound", message="GitHub sent something that is no answer")
    return QueryResult("data", data={"answer": body})


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _refusal(  # noqa: PLR0911  # one return for each form of a refusal
    status: int, headers: dict[str, Any], message: str
) -> QueryResult | None:
    """What an HTTP response says in place of an answer; None if it may be one."""
    remaining = _integer(headers.get("x-ratelimit-remaining"))
    limited = _limit(status, headers, message, remaining)
    if limited is not None:
        return limited
    if status in GATEWAY:
        return QueryResult("too much", message=f"GitHub cut the request off (status {status})")
    if status == UNAUTHORIZED:
        return QueryResult("refused", message=message)
    if status == FORBIDDEN:
        return QueryResult("forbidden", message=_sign_on(headers) or message)
    if status >= SERVER_ERROR:
        return QueryResult("unsound", message=f"GitHub answered with status {status}")
    if status != OK:
        return QueryResult("lost", message=message or f"GitHub answered with status {status}")
    return None


def _read_body(body: Any, headers: dict[str, Any]) -> QueryResult:
    """Interpret the body of a response with status 200."""
    if not isinstance(body, dict) or not {"data", "errors"} & body.keys():
        return QueryResult("unsound", message="GitHub sent something that is no answer to a query")
    reported = body.get("errors")
    listed = reported if isinstance(reported, list) else []
    errors = tuple(one for one in listed if isinstance(one, dict))
    types = {str(one.get("type", "")) for one in errors}
    message = "; ".join(str(one.get("message", "")) for one in errors)
    if types & {"RATE_LIMITED", "RATE_LIMIT"}:
        return QueryResult("primary limit", message=message, reset=_reset(headers))
    if types & {"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"}:
        return QueryResult("too much", message=message)
    if "something went wrong while executing your query" in message.lower():
        return QueryResult("too much", message=message)
    data = body.get("data")
    if not isinstance(data, dict):
        return QueryResult(
            "lost" if errors else "unsound", message=message or "GitHub sent no data"
        )
    return QueryResult("data", data=data, errors=errors, message=message)


def _limit(
    status: int, headers: dict[str, Any], message: str, remaining: int | None
) -> QueryResult | None:
    """The rate limit that a response's status and headers, or only its message, show."""
    lowered = message.lower()
    is_secondary = "secondary rate limit" in lowered or "abuse detection" in lowered
    if status not in {FORBIDDEN, TOO_MANY} and not (status == OK and is_secondary):
        return None
    pause = _integer(headers.get("retry-after"))
    if pause is not None:
        return QueryResult("secondary limit", message=message, pause=float(pause))
    if is_secondary:
        return QueryResult("secondary limit", message=message, pause=SECONDARY_SECONDS)
    if remaining == 0 or "rate limit" in lowered:
        return QueryResult("primary limit", message=message, reset=_reset(headers))
    if status == TOO_MANY:
        return QueryResult("secondary limit", message=message, pause=SECONDARY_SECONDS)
    return None


def _message(body: Any) -> str:
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def _sign_on(headers: dict[str, Any]) -> str:
    if "required" in str(headers.get("x-github-sso", "")):
        return "the organization asks for single sign-on, and the token has not been authorized"
    return ""


def _reset(headers: dict[str, Any]) -> datetime | None:
    seconds = _integer(headers.get("x-ratelimit-reset"))
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):  # not a valid timestamp
        return None


def _integer(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
