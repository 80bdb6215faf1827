"""Requests and responses as the parts of the stand-in exchange them, and GitHub's own words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"
FORBIDDEN = "Resource not accessible by personal access token"
FORBIDDEN_TO_APPS = "Resource not accessible by integration"
SAML = (
    "Resource protected by organization SAML enforcement. You must grant your Personal Access "
    "token access to this organization."
)
_REDIRECTS = f"{DOCUMENTATION}/guides/best-practices-for-using-the-rest-api#follow-redirects"

#: The first line that begins an operation, after any comments.
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
    served: int = 0  #: nodes in it, for the latency
    delay: float = 0.0  #: seconds for which it is held back, beside the latency
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


def moved(url: str) -> Response:
    """What REST answers to the address of a renamed repository."""
    body = {"message": "Moved Permanently", "url": url, "documentation_url": _REDIRECTS}
    return json_response(body, 301, location=url)


def single_sign_on(owner: str) -> dict[str, str]:
    """The header that says where to authorize a token for an organization behind single sign-on."""
    url = f"https://github.com/orgs/{owner}/sso?authorization_request=STANDIN"
    return {"x-github-sso": f"required; url={url}"}


def lacking(request: Request, right: str) -> Response:
    """What REST answers where the token may not read what *right* names; Apps get other words."""
    of_app = request.token.startswith("ghs_")
    refused = problem(403, FORBIDDEN_TO_APPS if of_app else FORBIDDEN)
    return with_headers(refused, {"x-accepted-github-permissions": f"{right}=read"})


def with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    """The answer with more headers."""
    return replace(response, headers={**response.headers, **headers})


def exhausted(style: str, reset: int) -> Response:
    """What GitHub answers once the hour's budget is used up; *style* as in `Limits`."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    message = "API rate limit exceeded for user ID 1."
    if style in {"403", "429"}:
        answer = problem(int(style), message)
    else:
        error = {"type": style, "code": "graphql_rate_limit", "message": message}
        answer = json_response({"errors": [error]})
    return replace(with_headers(answer, headers), points=0)


def too_much(status: int, retry_after: int | None) -> Response:
    """What GitHub answers when a secondary limit is exceeded; *retry_after* in seconds."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return replace(with_headers(problem(status, message), headers), points=0)
