"""Turns JSON Lines into columns of texts."""

import json
from collections.abc import Mapping
from typing import Any

from dora.collect.files.mistakes import Mistakes, shown
from dora.collect.files.raw_table import RawTable, as_lines, numbers_of


def read_json_lines(text: str, mistakes: Mistakes) -> RawTable:
    """The values of each key of the objects, one on each line."""
    table = RawTable()
    lines: list[int] = []
    for line, written in enumerate(as_lines(text), 1):
        if not written.strip():
            continue
        record = _object(written, line, mistakes)
        if record is None:
            continue
        for key, value in record.items():
            name = key.strip().casefold()
            values = table.columns.setdefault(name, [])
            if len(values) < len(lines):
                values.extend([None] * (len(lines) - len(values)))
            values.append(_text(value))
        lines.append(line)
    for values in table.columns.values():
        values.extend([None] * (len(lines) - len(values)))
    table.lines = numbers_of(lines)
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
