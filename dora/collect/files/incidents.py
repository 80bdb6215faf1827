"""Reads a file of incidents (F7)."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from dora.collect.files.columns import INCIDENT_COLUMNS
from dora.collect.files.mistakes import shown
from dora.collect.files.repetitions import (
    refuse_contradictions,
    refuse_repetitions,
    refuse_shared_names,
)
from dora.collect.files.values import CheckedTable, read_checked
from dora.model.columns import MISSING, instants_of, plain_rows
from dora.model.incident_texts import LONGEST_WORD

IncidentRow = tuple[object, ...]


def read_incidents(
    path: Path, name: str, organization: str, since: datetime, until: datetime
) -> tuple[list[IncidentRow], CheckedTable]:
    """Rows of the incidents opened from *since* until *until*, and the table they were read from.

    The table says what is wrong with the file; *name* is what it is called in messages.
    """
    table = read_checked(path, name, INCIDENT_COLUMNS, organization)
    rows = _rows(table)
    if not table.mistakes:
        refuse_repetitions(table, rows, [*INCIDENT_COLUMNS])
        rows["by"] = rows["id"].fillna("file:" + pd.Series(table.lines).astype("str"))
        rows["group"] = rows.groupby("by", sort=False).ngroup()
        refuse_shared_names(table, rows, ["by"])
        for column in ("opened_at", "closed_at"):
            refuse_contradictions(table, rows, column)
    if table.mistakes or not len(rows):
        return [], table
    is_in_time = (rows["opened_at"] >= since) & (rows["opened_at"] < until)
    own = rows[is_in_time].drop_duplicates().sort_values("opened_at", kind="stable")
    columns = [
        "by",
        "repository",
        "opened_at",
        "closed_at",
        "named",
        "url",
        "environment",
        "service",
    ]
    return [
        (None, 0, by, owner, opened_at, closed_at, named, url, None, environment, service)
        for by, owner, opened_at, closed_at, named, url, environment, service in plain_rows(
            own[columns]
        )
    ], table


def _rows(table: CheckedTable) -> pd.DataFrame:
    """The checked rows of a table, one a line."""
    opened, closed = table.instants("opened_at"), table.instants("closed_at")
    ends, begins = table.texts("closed_at"), table.texts("opened_at")
    is_known = (opened != MISSING) & (closed != MISSING)
    table.mistakes.add(
        is_known & (closed < opened),
        "closed_at",
        lambda place: (
            f"{shown(ends.iloc[place])} is before opened_at; "
            f"allowed: {shown(begins.iloc[place])} or later"
        ),
    )
    deployment = table.read("deployment").str.slice(0, LONGEST_WORD)
    return pd.DataFrame(
        {
            "repository": table.read("repository"),
            "opened_at": instants_of(opened),
            "closed_at": instants_of(closed),
            "named": deployment.fillna(table.read("sha")),
            **{name: table.read(name) for name in ("environment", "service", "url", "id")},
        }
    )
