"""Finds lines of a file that repeat or contradict each other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dora.collect.files.mistakes import shown
from dora.collect.files.values import CheckedTable


def refuse_repetitions(table: CheckedTable, rows: pd.DataFrame, columns: Sequence[str]) -> None:
    """Add lines without an id that say all that another line says, and ids that are line numbers.

    *rows* have a row for each line: what is repeated with an id is the same thing told twice.
    """
    mistakes, lines = table.mistakes, table.lines
    lacks_id = rows["id"].isna()
    written = pd.DataFrame({name: table.texts(name) for name in columns if table.has(name)})
    bare = written[lacks_id.to_numpy()]
    is_repeated = bare.duplicated().to_numpy()
    if is_repeated.any():
        first = bare.groupby([*bare.columns], dropna=False, sort=False).ngroup().to_numpy()
        _, begins = np.unique(first, return_index=True)
        source = dict(zip(bare.index, bare.index[begins[first]], strict=True))
        is_wrong = np.zeros(len(rows), dtype=bool)
        is_wrong[bare.index[is_repeated]] = True
        mistakes.add(
            is_wrong,
            "id",
            lambda place: (
                f"all is as in {mistakes.word} {lines[source[place]]:,}; "
                "allowed: each once, or an id that tells them apart"
            ),
        )
    if lacks_id.any() and not lacks_id.all():
        numbers = set(lines[lacks_id.to_numpy()].astype(str))
        mistakes.add(
            rows["id"].isin(numbers).to_numpy(),
            "id",
            lambda place: (
                f"{shown(rows['id'].iloc[place])} is what {mistakes.word} {rows['id'].iloc[place]} "
                "is called, which has no id; allowed: an id in every line"
            ),
        )


def refuse_contradictions(table: CheckedTable, rows: pd.DataFrame, column: str) -> None:
    """Add lines of one `group` that do not agree in a *column* with the first of it.

    Of two shas one may be the beginning of the other.
    """
    groups = rows["group"].to_numpy()
    _, begins = np.unique(groups, return_index=True)
    first = begins[groups]
    own = rows[column].astype("str").fillna("").to_numpy(dtype=object)
    told = [shown(one) for one in table.texts(column).fillna("").tolist()]
    differs = np.flatnonzero(own != own[first])
    is_wrong = np.zeros(len(rows), dtype=bool)
    is_wrong[differs] = [
        not (one and other and (one.startswith(other) or other.startswith(one)))
        for one, other in zip(own[differs], own[first][differs], strict=True)
    ]
    table.mistakes.add(
        is_wrong,
        column,
        lambda place: (
            f"{told[place]} is not that of {table.mistakes.word} {table.lines[first[place]]:,}, "
            f"which has the same id ({told[first[place]]})"
        ),
    )
