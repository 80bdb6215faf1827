"""Pages of rows, as GraphQL connections serve them: by keyset cursors, not by offsets.

In: all rows in their order, and `first`, `last`, `after`, `before`. Out: a `Page`. A cursor holds
the sort value and the id of its row, so rows arriving between two pages move nothing.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dora.demo.limits import typed_error


class Row(NamedTuple):
    """One row of a page: what it is, its cursor, and what the edge adds."""

    node: Any
    cursor: str
    extra: Any = None


@dataclass(frozen=True)
class Page:
    """One page of a connection; *total* counts all rows, whatever the page."""

    rows: Sequence[Row]
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


def keyset_page(
    rows: Sequence[Any],
    key: Callable[[Any], tuple[Any, ...]],
    arguments: dict[str, Any],
    *,
    descending: bool = False,
    extra: Callable[[Any], Any] | None = None,
) -> Page:
    """A page of *rows* by *key* (sort value, then id), which need not come sorted."""
    keyed = sorted(((key(row), row) for row in rows), key=lambda pair: pair[0], reverse=descending)
    keys = [pair[0] for pair in keyed]
    low, high = arguments.get("after"), arguments.get("before")
    start, stop = 0, len(keyed)
    if low is not None:
        start = _count(low, keys, lambda own, bound: own >= bound if descending else own <= bound)
    if high is not None:
        stop = _count(high, keys, lambda own, bound: own > bound if descending else own < bound)
    start, stop = _cut(start, stop, arguments)
    chosen = [
        Row(row, cursor_of(own), extra(row) if extra else None) for own, row in keyed[start:stop]
    ]
    return Page(chosen, len(keyed), stop < len(keyed), start > 0)


def history_page(shas: Sequence[str], head: str, arguments: dict[str, Any]) -> Page:
    """A page of a log, with cursors `<oid> <offset>` as GitHub's."""
    low, high = arguments.get("after"), arguments.get("before")
    start = 0 if low is None else _offset(low, head) + 1
    stop = len(shas) if high is None else min(len(shas), _offset(high, head))
    start, stop = _cut(start, stop, arguments)
    rows = [Row(shas[at], f"{head} {at}") for at in range(start, stop)]
    return Page(rows, len(shas), stop < len(shas), start > 0)


def _count(cursor: str, keys: Sequence[Any], is_before: Callable[[Any, Any], bool]) -> int:
    bound = read_cursor(cursor)
    try:
        return sum(is_before(own, bound) for own in keys)
    except TypeError:  # a cursor of another connection
        raise _bad_cursor(cursor) from None


def _cut(start: int, stop: int, arguments: dict[str, Any]) -> tuple[int, int]:
    stop = max(start, stop)
    if arguments.get("first") is not None:
        return start, min(stop, start + int(arguments["first"]))
    return max(start, stop - int(arguments.get("last") or 0)), stop


def _offset(cursor: str, head: str) -> int:
    oid, _, offset = cursor.partition(" ")
    if oid != head or not offset.isdigit():
        raise _bad_cursor(cursor)
    return int(offset)


def _bad_cursor(cursor: str) -> Exception:
    return typed_error(
        "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor."
    )
