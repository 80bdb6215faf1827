"""Cuts the rows of a GraphQL connection into pages, by cursors that hold a row's sort key.

A cursor holds the sort value and the id of its row, not an offset, so a row that arrives between
two pages moves nothing. Only histories of commits count offsets, as GitHub's do.
"""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from dora.demo.github.graphql.cost import typed_error


class Edge(NamedTuple):
    """One row of a page: its node, the key of its cursor, and what the edge adds."""

    node: Any
    key: str | tuple[Any, ...]  #: the cursor of a history, or the sort key of another connection
    extra: Any = None

    @property
    def cursor(self) -> str:
        """The opaque text that names this row."""
        return self.key if isinstance(self.key, str) else cursor_of(self.key)


class OrderedRows(NamedTuple):
    """Rows in ascending order of their keys (sort value, then id)."""

    keys: Sequence[tuple[Any, ...]]
    rows: Sequence[Any]


@dataclass(frozen=True)
class ConnectionPage:
    """One page of a connection; *total* counts all rows, whatever the page."""

    rows: Sequence[Edge]
    total: int
    has_next: bool
    has_previous: bool


def cursor_of(key: Sequence[Any]) -> str:
    """The opaque cursor of a sort key (values of JSON)."""
    return base64.b64encode(b"cursor:v2:" + json.dumps(list(key)).encode()).decode()


def read_cursor(cursor: str) -> tuple[Any, ...]:
    """The sort key in *cursor*; raises GraphQLError (INVALID_CURSOR_ARGUMENTS) when it has none."""
    try:
        prefix, _, text = base64.b64decode(cursor, validate=True).partition(b"v2:")
        if prefix == b"cursor:":
            return tuple(json.loads(text))
    except ValueError:
        pass
    raise _bad_cursor(cursor)


def ordered(rows: Iterable[Any], key: Callable[[Any], tuple[Any, ...]]) -> OrderedRows:
    """The rows in the order of their keys."""
    keyed = sorted(((key(row), row) for row in rows), key=itemgetter(0))
    return OrderedRows([own for own, _ in keyed], [row for _, row in keyed])


def keyset_page(
    given: OrderedRows,
    arguments: dict[str, Any],
    *,
    descending: bool = False,
    extra: Callable[[Any], Any] | None = None,
) -> ConnectionPage:
    """A page of the rows, in their order or from the last to the first."""
    after, before = arguments.get("after"), arguments.get("before")
    low_cursor, high_cursor = (before, after) if descending else (after, before)
    low = 0 if low_cursor is None else _index(low_cursor, given, bisect_right)
    high = len(given.keys) if high_cursor is None else _index(high_cursor, given, bisect_left)
    high = max(low, high)
    if (arguments.get("first") is not None) is not descending:
        high = min(high, low + _size(arguments))
    else:
        low = max(low, high - _size(arguments))
    rows = [
        Edge(row, own, extra(row) if extra else None)
        for own, row in zip(given.keys[low:high], given.rows[low:high], strict=True)
    ]
    lower, higher = low > 0, high < len(given.keys)
    if descending:
        return ConnectionPage(rows[::-1], len(given.keys), lower, higher)
    return ConnectionPage(rows, len(given.keys), higher, lower)


def history_page(shas: Sequence[str], head: str, arguments: dict[str, Any]) -> ConnectionPage:
    """A page of a log, with cursors `<oid> <offset>` as GitHub's."""
    before = arguments.get("before")
    start = offset_after(arguments.get("after"), head)
    stop = len(shas) if before is None else min(len(shas), _offset(before, head))
    stop = max(start, stop)
    if arguments.get("first") is not None:
        stop = min(stop, start + _size(arguments))
    else:
        start = max(start, stop - _size(arguments))
    rows = [Edge(shas[at], f"{head} {at}") for at in range(start, stop)]
    return ConnectionPage(rows, len(shas), stop < len(shas), start > 0)


def offset_after(cursor: str | None, head: str) -> int:
    """Where a page of the log of *head* begins that comes after *cursor*."""
    return 0 if cursor is None else _offset(cursor, head) + 1


def _index(cursor: str, given: OrderedRows, find: Callable[[Any, Any], int]) -> int:
    bound = read_cursor(cursor)
    try:
        return find(given.keys, bound)
    except TypeError:  # a cursor of another connection
        raise _bad_cursor(cursor) from None


def _size(arguments: dict[str, Any]) -> int:
    first = arguments.get("first")
    return int(first if first is not None else arguments.get("last") or 0)


def _offset(cursor: str, head: str) -> int:
    oid, _, offset = cursor.partition(" ")
    if oid != head or not offset.isdigit():
        raise _bad_cursor(cursor)
    return int(offset)


def _bad_cursor(cursor: str) -> Exception:
    return typed_error(
        "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor."
    )
