"""Finds lines of a file that repeat or contradict each other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dora.collect.files.mistakes import shown
from dora.collect.files.values import CheckedTable


def refuse_repetitions(table: CheckedTable, rows: pd.DataFrame, columns: Sequence[str]) -> None:
    """Add lines without an id that say all that another line says.

    *rows* have a row for each line: what is repeated with an id is the same thing told twice.
    """
    mistakes, lines = table.mistakes, table.lines
    written = pd.DataFrame({name: table.texts(name) for name in columns if table.has(name)})
    bare = written[rows["id"].isna().to_numpy()]
    bare = bare[bare.duplicated(["sha"] if "sha" in bare else None, keep=False)]  # most are not
    if bare.duplicated().any():
        first = bare.groupby([*bare.columns], dropna=False, sort=False).ngroup().to_numpy()
        _, begins = np.unique(first, return_index=True)
        source = dict(zip(bare.index, bare.index[begins[first]], strict=True))
        is_wrong = np.zeros(len(rows), dtype=bool)
        is_wrong[bare.index[bare.duplicated()]] = True
        mistakes.add(
            is_wrong,
            "id",
            lambda place: (
                f"all is as in {mistakes.word} {lines[source[place]]:,}; "
                "allowed: each once, or an id that tells them apart"
            ),
        )


def refuse_shared_names(table: CheckedTable, rows: pd.DataFrame, key: Sequence[str]) -> None:
    """Add ids that are what another line is called which has none.

    *key* are the columns of *rows* that tell things apart, what they are called among them.
    """
    lacks_id = table.texts("id").isna().to_numpy()
    if lacks_id.all() or not lacks_id.any():
        return
    numbers = rows.groupby([*key], sort=False).ngroup().to_numpy()
    bare = np.flatnonzero(lacks_id)
    line_of = dict(zip(numbers[bare].tolist(), table.lines[bare].tolist(), strict=True))
    ids, word = table.texts("id"), table.mistakes.word
    table.mistakes.add(
        ~lacks_id & np.isin(numbers, numbers[bare]),
        "id",
        lambda place: (
            f"{shown(ids.iloc[place])} is what {word} {line_of[numbers[place]]:,} is called, "
            "which has no id; allowed: an id in every line"
        ),
    )


def refuse_contradictions(table: CheckedTable, rows: pd.DataFrame, column: str) -> None:
    """Add lines of one `group` that do not agree in a *column* with the first of it.

    Of two shas one may be the beginning of the other.
    """
    groups = rows["group"].to_numpy()
    _, begins = np.unique(groups, return_index=True)
    first = begins[groups]
    later = np.flatnonzero(first != np.arange(len(rows)))
    texts = rows[column].astype("str").fillna("")
    pairs = zip(texts.iloc[later], texts.iloc[first[later]], strict=True)
    is_wrong = np.zeros(len(rows), dtype=bool)
    is_wrong[later] = [
        one != other and not (one and other and (one.startswith(other) or other.startswith(one)))
        for one, other in pairs
    ]
    told = table.texts(column).fillna("")
    table.mistakes.add(
        is_wrong,
        column,
        lambda place: (
            f"{shown(told.iloc[place])} is not that of "
            f"{table.mistakes.word} {table.lines[first[place]]:,}, "
            f"which has the same id ({shown(told.iloc[first[place]])})"
        ),
    )
