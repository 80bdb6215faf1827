"""A request and an answer, as the parts of the stand-in hand them on."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


#: The first line that begins an operation, after whatever comments.
OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Request:
    """One request; *path* without the `/api/v3` prefix and without the query."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    base_url: str = ""

    @property
    def is_graphql(self) -> bool:
        """Whether it is a GraphQL query."""
        return self.path == "/graphql"

    @property
    def operation(self) -> str | None:
        """The name of the GraphQL operation, where the body gives it or the query begins so."""
        if not self.is_graphql:
            return None
        named = self.body.get("operationName")
        if named:
            return str(named)
        found = OPERATION.search(str(self.body.get("query") or ""))
        return found[1] if found else None

    @property
    def variables(self) -> Mapping[str, Any]:
        """The GraphQL variables."""
        return self.body.get("variables") or {}


@dataclass(frozen=True)
class Response:
    """One answer; *points* is what it takes from the budget of its API."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    points: int = 1
    served: int = 0
    reset: bool = False  #: the connection is reset instead
    keep: float = 1.0  #: the share of the body that is sent before the connection closes


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    """An answer of JSON; *headers* with underscores for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"content-type": "application/json; charset=utf-8"}
    return Response(status, json.dumps(body).encode(), {**kind, **named})


def html_response(status: int, title: str) -> Response:
    """An answer of HTML, as a proxy in between gives it."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(status, text.encode(), {"content-type": "text/html; charset=utf-8"})


def problem(status: int, message: str, **more: Any) -> Response:
    """An error as the REST API words it."""
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status), **more}
    return json_response(body, status)


def timed_out() -> Response:
    """What GitHub answers when a query took longer than ten seconds."""
    message = (
        "Something went wrong while executing your query. This may be the result of a timeout, "
        "or it could be a GitHub bug. Please include `0000:0000:STANDIN` when reporting this issue."
    )
    return json_response({"data": None, "errors": [{"message": message}]}, 502)
