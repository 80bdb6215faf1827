"""Turns CSV, JSON Lines and Parquet into columns of texts with the numbers of their lines."""

import codecs
from pathlib import Path

from dora.collect.files.csv_table import read_csv
from dora.collect.files.json_lines import read_json_lines
from dora.collect.files.mistakes import Mistakes, shown
from dora.collect.files.raw_table import RawTable

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
        return read_json_lines(text, mistakes)
    return read_csv(text, mistakes)


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
