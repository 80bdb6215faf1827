"""Collects rows as they are read, and makes the tables in the end."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dora.model.tables import SCHEMAS, Tables, frame

#: Number of rows that are collected before they are turned into frames.
MANY_ROWS = 20_000


class TableBuilder:
    """Collects rows as they are read, and makes the tables in the end.

    Rows are turned into frames now and then, which need a fifth of the memory.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[Any]] = {name: [] for name in SCHEMAS}
        self._frames: dict[str, list[pd.DataFrame]] = {name: [] for name in SCHEMAS}
        self._count = 0

    def add(self, rows: Mapping[str, Iterable[Any]]) -> None:
        """Add rows (table name → rows)."""
        for name, some in rows.items():
            before = len(self._rows[name])
            self._rows[name].extend(some)
            self._count += len(self._rows[name]) - before
        if self._count >= MANY_ROWS:
            self._pack()

    def finish(self, **more: Any) -> Tables:
        """The tables, sorted by repository; *more* are the other fields of `Tables`."""
        self._pack()
        made: dict[str, Any] = {}
        for name in SCHEMAS:
            parts = self._frames.pop(name)
            if len(parts) > 1:
                whole = pd.concat(parts, ignore_index=True)
                made[name] = whole.sort_values("repository", kind="stable", ignore_index=True)
            else:
                made[name] = parts[0]
        return Tables(**made, **more)

    def _pack(self) -> None:
        """Turn the collected rows into frames; a table without any gets an empty frame."""
        for name, schema in SCHEMAS.items():
            if self._rows[name] or not self._frames[name]:
                place = list(schema).index("repository")
                # Rows that belong to no repository come last, as pandas sorts them.
                rows = sorted(self._rows[name], key=lambda row: (row[place] is None, row[place]))
                self._frames[name].append(frame(schema, rows))
                self._rows[name] = []
        self._count = 0
