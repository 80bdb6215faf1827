"""Reads all pages of a GraphQL connection."""

from collections.abc import Awaitable, Callable
from typing import Any

from dora.errors import CannotRead


async def read_pages(ask: Callable[[str | None], Awaitable[dict[str, Any]]]) -> list[Any]:
    """The nodes of all pages of a connection.

    *ask* reads the page after a cursor (`nodes` and `pageInfo`); None is for the first page.
    Raises CannotRead if the cursor does not advance.
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
    """The cursor of the next page; raises CannotRead if it is the same as this page's."""
    following = connection["pageInfo"]["endCursor"]
    if not isinstance(following, str) or following == cursor:
        raise CannotRead("GitHub gives the same page again and again")
    return following
