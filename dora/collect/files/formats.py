"""Turns CSV, JSON Lines and Parquet into columns of texts with the numbers of their lines."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from dora.collect.files.mistakes import Mistakes, shown

#: Values of one column, each a text; None where there is none.
Texts = Sequence[str | None]
DELIMITERS = (",", ";", "\t")
#: Lines that are turned into columns at once: many short-lived lists are slow to clean up.
CHUNK = 5_000
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
ALLOWED = "allowed: a CSV, JSON Lines or Parquet file"
#: How files begin that people mistake for a table.
OTHERS = {
    b"PK\x03\x04": f"is a workbook or an archive; {ALLOWED} (in Excel: Save as, CSV UTF-8)",
    b"\xd0\xcf\x11\xe0": f"is a workbook; {ALLOWED} (in Excel: Save as, CSV UTF-8)",
    b"\x1f\x8b": f"is compressed; {ALLOWED} that is not",
    b"SQLite": f"is a database; {ALLOWED}",
}
JSON_ENDINGS = {".json", ".jsonl", ".ndjson"}


@dataclass
class RawTable:
    """What a file holds: values of each column, and the number of the line of each record."""

    columns: dict[str, list[str | None]] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    header: int = 1  #: number of the line that names the columns
    is_empty: bool = False  #: whether there is not even a header


def read_raw(path: Path, mistakes: Mistakes) -> RawTable:
    """The columns of a file; what cannot be understood is added to *mistakes*."""
    data = _read_bytes(path, mistakes)
    for beginning, what in OTHERS.items():
        if data.startswith(beginning):
            mistakes.add_whole(what)
            return RawTable()
    if data.startswith(b"PAR1"):
        from dora.collect.files.parquet import read_parquet  # noqa: PLC0415  # takes 0.3 s

        return read_parquet(data, mistakes)
    text = _decode(data, mistakes)
    start = text.lstrip()[:1]
    if not start:
        return RawTable(is_empty=True)
    if start == "[":
        mistakes.add_whole(
            "is one JSON array; allowed: JSON Lines, an object a line (jq -c '.[]' makes them)"
        )
        return RawTable()
    if start == "{" or path.suffix.lower() in JSON_ENDINGS:
        return _read_json_lines(text, mistakes)
    return _read_csv(text, mistakes)


def _read_bytes(path: Path, mistakes: Mistakes) -> bytes:
    try:
        if path.is_dir():
            mistakes.add_whole(f"is a folder; {ALLOWED}")
            return b""
        return path.read_bytes()
    except FileNotFoundError:
        mistakes.add_whole(f"there is no such file (looked for at {shown(path.absolute())})")
    except OSError as wrong:
        mistakes.add_whole(f"cannot be read: {wrong.strerror}")
    except ValueError as wrong:  # no path at all
        mistakes.add_whole(f"cannot be read: {wrong}")
    return b""


def _decode(data: bytes, mistakes: Mistakes) -> str:
    """The text of a file, less the mark that says how it is encoded."""
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    encoding = MARKS.get(mark, "utf-8")
    data = data[len(mark) :]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].decode(encoding, "replace").count("\n") + 1
        what = f"byte 0x{data[wrong.start]:02x} is not {encoding.upper()}"
        mistakes.add_line(line, f"{what}; allowed: UTF-8 (in Excel: Save as, CSV UTF-8)")
        return ""
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        mistakes.add_line(line, "a character is NUL; allowed: UTF-8, or UTF-16 with its mark")
        return ""
    return text


def _as_lines(text: str) -> Iterator[str]:
    """Lines as an editor counts them, each with its end."""
    return io.StringIO(text, newline=None)


# -- CSV ----------------------------------------------------------------------------------------


def _read_csv(text: str, mistakes: Mistakes) -> RawTable:
    table = RawTable()
    records = _records(text, _delimiter(text), mistakes)
    table.header, names = next(records, (1, []))
    columns = _columns_of(names, table, mistakes)
    while chunk := list(islice(records, CHUNK)):
        rows = []
        for line, row in chunk:
            if _has_right_length(row, names, line, mistakes):
                table.lines.append(line)
                rows.append(row)
        for place, values in columns:
            values.extend(row[place] for row in rows)
    return table


def _delimiter(text: str) -> str:
    """What separates values: what the first line holds most of, outside of quotes."""
    first = next((line for line in _as_lines(text) if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _records(text: str, delimiter: str, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """Records that hold anything, each with the number of the line it begins on."""
    reader = csv.reader(_as_lines(text), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
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


def _columns_of(
    names: Sequence[str], table: RawTable, mistakes: Mistakes
) -> list[tuple[int, list[str | None]]]:
    """The place of each named column, and the list its values go to."""
    places = []
    for place, name in enumerate(names):
        folded = name.strip().casefold()
        if folded in table.columns:
            mistakes.add_line(table.header, f"{shown(folded)} is the name of two columns")
        elif folded:
            table.columns[folded] = []
            places.append((place, table.columns[folded]))
    return places


def _has_right_length(row: list[str], names: Sequence[str], line: int, mistakes: Mistakes) -> bool:
    """Whether a record has a value for each column; empty ones behind the last do not matter."""
    if len(row) == len(names) or (len(row) > len(names) and not any(row[len(names) :])):
        return True
    noun = "value" if len(row) == 1 else "values"
    mistakes.add_line(line, f"{len(row)} {noun}; allowed: {len(names)}, one for each column")
    return False


# -- JSON Lines ---------------------------------------------------------------------------------


def _read_json_lines(text: str, mistakes: Mistakes) -> RawTable:
    table = RawTable()
    for line, written in enumerate(_as_lines(text), 1):
        if not written.strip():
            continue
        record = _object(written, line, mistakes)
        if record is None:
            continue
        for key, value in record.items():
            name = key.strip().casefold()
            values = table.columns.setdefault(name, [])
            if len(values) < len(table.lines):
                values.extend([None] * (len(table.lines) - len(values)))
            values.append(_text(value))
        table.lines.append(line)
    for values in table.columns.values():
        values.extend([None] * (len(table.lines) - len(values)))
    return table


def _object(written: str, line: int, mistakes: Mistakes) -> Mapping[str, Any] | None:
    try:
        record = json.loads(written)
    except (ValueError, RecursionError) as wrong:
        place = f" at column {wrong.colno}" if isinstance(wrong, json.JSONDecodeError) else ""
        mistakes.add_line(line, f"is not JSON{place}; allowed: an object on one line")
        return None
    if not isinstance(record, dict):
        mistakes.add_line(line, f"{shown(written.strip())} is not an object; allowed: {{…}}")
        return None
    if "\\u" in written and not _is_whole(record):
        mistakes.add_line(line, "holds half of a surrogate pair; allowed: whole characters")
        return None
    names = [key.strip().casefold() for key in record]
    if len(set(names)) < len(names):
        mistakes.add_line(line, "two keys have one name")
        return None
    return record


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Whether all characters of an object are whole: half of a surrogate pair is not."""
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: Any) -> str | None:
    """A value of JSON as the text that CSV would have."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
