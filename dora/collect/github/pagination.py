"""Reads a connection of GraphQL page after page."""

from collections.abc import Awaitable, Callable
from typing import Any

from dora.errors import CannotRead


async def read_pages(ask: Callable[[str | None], Awaitable[dict[str, Any]]]) -> list[Any]:
    """Nodes of a connection, page after page.

    *ask* gives a connection (`nodes` and `pageInfo`) for a cursor, None for the first page.
    CannotRead where the pages never get on.
    """
    cursor: str | None = None
    found: list[Any] = []
    while True:
        connection = await ask(cursor)
        found += connection["nodes"]
        if not connection["pageInfo"]["hasNextPage"]:
            return found
        cursor = next_cursor(connection, cursor)


def next_cursor(connection: dict[str, Any], cursor: str | None) -> str:
    """Where the next page begins; CannotRead where that is where this one began."""
    following = connection["pageInfo"]["endCursor"]
    if not isinstance(following, str) or following == cursor:
        raise CannotRead("GitHub gives the same page again and again")
    return following
