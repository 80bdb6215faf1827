"""Serves a list in pages, as the REST API does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from dora.demo.github.messages import Request, Response, json_response

PER_PAGE = 30
PER_PAGE_MAXIMUM = 100


def paged(request: Request, rows: Sequence[Any], show: Callable[[Any], Any]) -> Response:
    """One page of *rows*, each shown, with the Link header to the others; it serves its rows."""
    page, size = page_of(request)
    last = max(1, -(-len(rows) // size))
    shown = [show(row) for row in rows[(page - 1) * size : page * size]]
    return linked(request, replace(json_response(shown), served=len(shown)), page, last)


def page_of(request: Request) -> tuple[int, int]:
    """The number of the requested page, from 1, and its size."""
    try:
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", PER_PAGE))
    except ValueError:
        return 1, PER_PAGE
    return max(1, page), min(PER_PAGE_MAXIMUM, size if size > 0 else PER_PAGE)


def linked(request: Request, response: Response, page: int, last: int) -> Response:
    """The answer with a Link header to the other pages, of which there are *last*."""
    targets = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
    shown = [
        f"<{request.base_url}{request.path}?{urlencode({**request.query, 'page': target})}>; "
        f'rel="{name}"'
        for name, target in targets.items()
        if (name in {"prev", "first"} and page > 1) or (name in {"next", "last"} and page < last)
    ]
    headers = {**response.headers, "link": ", ".join(shown)} if shown else response.headers
    return replace(response, headers=headers)
