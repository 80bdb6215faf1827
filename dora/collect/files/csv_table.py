"""Turns CSV into columns of texts."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from dora.collect.files.mistakes import Mistakes, shown
from dora.collect.files.raw_table import RawTable, as_lines, numbers_of

DELIMITERS = (",", ";", "\t")
#: A first line by which Excel is told, and tells, what separates values.
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[ ]*(?:\r\n?|\n|$)', re.IGNORECASE)
#: Lines that are turned into columns at once: many short-lived lists are slow to clean up.
CHUNK = 5_000


def read_csv(text: str, mistakes: Mistakes) -> RawTable:
    """The columns that the first line names, whatever stands between the values."""
    said = SEPARATOR.match(text)
    delimiter = said[1] if said else _delimiter(text)
    records = _records(text, delimiter, mistakes, skip=1 if said else 0)
    header, names = next(records, (1, []))
    places = _places_of(names, header, mistakes)
    if '"' not in text and header == (2 if said else 1):
        table = _read_plain(text, delimiter, header, len(names), places)
        if table is not None:
            return table
    table = RawTable(header=header)
    values: list[list[str | None]] = [[] for _ in names]
    lines: list[int] = []
    while chunk := list(islice(records, CHUNK)):
        rows = []
        for line, row in chunk:
            if _has_right_length(row, names, line, mistakes):
                lines.append(line)
                rows.append(row)
        for place in places.values():
            values[place].extend(row[place] for row in rows)
    table.columns = {name: values[place] for name, place in places.items()}
    table.lines = numbers_of(lines)
    return table


def _read_plain(
    text: str, delimiter: str, header: int, width: int, places: dict[str, int]
) -> RawTable | None:
    """The table of a text without quotation marks, where each line is a row.

    This takes a tenth of the time. None where a line has too few or too many values, of which the
    other way tells.
    """
    names = [str(place) for place in range(width)]
    try:
        read = pyarrow.csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pyarrow.csv.ReadOptions(skip_rows=header, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, quote_char=False, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    blank = [pc.equal(pc.utf8_trim_whitespace(one), "").to_numpy() for one in read.columns]
    is_there = ~np.logical_and.reduce(blank)
    read = read.filter(pa.array(is_there))
    columns = {name: read.column(place) for name, place in places.items()}
    return RawTable(columns, np.flatnonzero(is_there) + header + 1, header)


def _places_of(names: Sequence[str], header: int, mistakes: Mistakes) -> dict[str, int]:
    """The place of each column that has a name."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        folded = name.strip().casefold()
        if folded in places:
            mistakes.add_line(header, f"{shown(folded)} is the name of two columns")
        elif folded:
            places[folded] = place
    return places


def _delimiter(text: str) -> str:
    """What separates values: what the first line holds most of, outside of quotes."""
    first = next((line for line in as_lines(text) if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _records(
    text: str, delimiter: str, mistakes: Mistakes, skip: int
) -> Iterator[tuple[int, list[str]]]:
    """Records that hold anything behind the first lines, each with the line it begins on."""
    reader = csv.reader(islice(as_lines(text), skip, None), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + skip + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            what = {
                "unexpected end of data": "a quotation mark is opened here and never closed",
                f"'{delimiter}' expected after '\"'": (
                    "a quotation mark stands inside a value in quotation marks; "
                    'allowed: two of them, ""'
                ),
            }.get(str(wrong), f"cannot be read: {wrong}")
            mistakes.add_line(line, what)
            return
        if any(value.strip() for value in row):
            yield line, row


def _has_right_length(row: list[str], names: Sequence[str], line: int, mistakes: Mistakes) -> bool:
    """Whether a record has a value for each column; empty ones behind the last do not matter."""
    if len(row) == len(names) or (len(row) > len(names) and not any(row[len(names) :])):
        return True
    noun = "value" if len(row) == 1 else "values"
    mistakes.add_line(line, f"{len(row)} {noun}; allowed: {len(names)}, one for each column")
    return False
