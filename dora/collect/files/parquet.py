"""Turns Parquet into columns of texts."""

import pyarrow as pa
import pyarrow.parquet as pq

from dora.collect.files.mistakes import Mistakes, shown
from dora.collect.files.raw_table import RawTable, numbers_of


def read_parquet(data: bytes, mistakes: Mistakes) -> RawTable:
    """The columns of a Parquet file, instants as texts with their offset."""
    mistakes.word = "row"
    table = RawTable(header=0)
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        read = file.read()
    except (pa.ArrowException, OSError, ValueError) as wrong:
        mistakes.add_whole(f"is broken: {shown(wrong)}")
        return table
    table.lines = numbers_of(range(1, read.num_rows + 1))
    for name, column in zip(read.column_names, read.columns, strict=True):
        folded = name.strip().casefold()
        if folded in table.columns:
            mistakes.add_whole(f"{shown(folded)} is the name of two columns")
        table.columns[folded] = _texts(column)
    return table


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | list[str | None]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    try:
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            column = column.cast(pa.timestamp(kind.unit, "UTC"))
        return column.cast(pa.string())
    except (pa.ArrowException, ValueError):  # a list, a table, bytes
        return [None if one is None else str(one) for one in column.to_pylist()]
