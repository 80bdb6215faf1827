"""Lists what a connection holds twice, as GitHub does with what changes while a client pages."""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from dora.demo.github.messages import Request, Response
from dora.demo.github.server import Exchange, Handler

#: Every connection that a query of the collector pages through, by its name in the answer.
CONNECTIONS = (
    "associatedPullRequests",
    "deployments",
    "history",
    "labels",
    "parents",
    "pullRequests",
    "refs",
    "repositories",
    "search",
    "statuses",
    "teams",
)


class ListedTwice:
    """Middleware: the last row of every page of *connections* stands on it twice.

    With *next_page* it stands once more where the next page begins.
    """

    def __init__(
        self, connections: Collection[str] = CONNECTIONS, *, next_page: bool = True
    ) -> None:
        self.connections = frozenset(connections)
        self.next_page = next_page
        self.twice = 0  #: how many rows were listed more than once
        self._last: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response with its rows listed twice."""
        response = answer(exchange)
        if not exchange.request.is_graphql or response.status != 200 or response.reset:
            return response
        body = json.loads(response.body)
        with self._lock:
            for alias, one in (body.get("data") or {}).items():
                self._change({alias: one}, _cursor(exchange.request, alias))
        return replace(response, body=json.dumps(body).encode())

    def _change(self, data: Any, cursor: str | None) -> None:
        """List twice what stands in *data*, a page after *cursor*, and in what lies below it."""
        if isinstance(data, list):
            for one in data:
                self._change(one, cursor)
        elif isinstance(data, Mapping):
            for name, one in data.items():
                self._change(one, cursor)
                is_page = isinstance(one, dict) and "pageInfo" in one
                if is_page and name in self.connections:
                    for key in ("nodes", "edges"):
                        self._repeat(one, key, cursor)

    def _repeat(self, page: dict[str, Any], key: str, cursor: str | None) -> None:
        rows = page.get(key)
        if not rows:
            return
        last = rows[-1]
        page[key] = [*rows, last]
        self.twice += 1
        before = self._last.get((key, cursor)) if cursor else None
        if before is not None and before.keys() == rows[0].keys():
            page[key] = [before, *page[key]]
        if self.next_page:
            self._last[key, page["pageInfo"].get("endCursor")] = last


def _cursor(request: Request, alias: str) -> str | None:
    """The cursor after which a part of a request asks: of a merged one each has its own."""
    number = alias.removeprefix("r")
    given = request.variables.get(f"after_{number}", request.variables.get("after"))
    return None if given is None else str(given)
