"""Reads all pages of a GraphQL connection.

GitHub may list a node twice, on one page or on two, when it changes meanwhile.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from dora.errors import CannotRead


async def read_pages(ask: Callable[[str | None], Awaitable[dict[str, Any]]]) -> list[Any]:
    """The nodes of all pages of a connection, as they come: null and repeated ones, too.

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


def distinct(nodes: Iterable[dict[str, Any] | None], key: str) -> list[dict[str, Any]]:
    """The *nodes* that are there, the first of each value at *key*."""
    found: dict[object, dict[str, Any]] = {}
    for node in nodes:
        if node:
            found.setdefault(node[key], node)
    return list(found.values())


def next_cursor(connection: dict[str, Any], cursor: str | None) -> str:
    """The cursor of the next page; raises CannotRead if it is the same as this page's."""
    following = connection["pageInfo"]["endCursor"]
    if not isinstance(following, str) or following == cursor:
        raise CannotRead("GitHub gives the same page again and again")
    return following
