"""Reads a file of evidence item by item, so that memory does not grow with the file.

`evidence_json.read_evidence` gives the same records from the whole file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from json.decoder import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from dora.errors import CannotRead
from dora.report.coverage_model import Scope
from dora.report.evidence_json import ADVICE, PARSERS, SCHEMA, Item, parse_instant

#: Characters read at a time.
BLOCK = 1 << 20
#: The most characters that an item, or any other value of the document, may have.
LONGEST = 1 << 28
BLANK = " \t\r\n"
BLANKS = re.compile(f"[{BLANK}]*")


@dataclass
class EvidenceHeader:
    """The data of a file of evidence other than its items, filled in after the last item."""

    organization: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    scope: Scope | None = None
    counts: dict[str, int] = field(default_factory=dict)  #: items, by the name of their list


def read_items(path: Path, header: EvidenceHeader) -> Iterator[Item]:
    """Each deployment, change and episode of a file, in the file's order; fills in *header*.

    Raises CannotRead with what is wrong with the file, perhaps after many valid items.
    """
    beside: dict[str, Any] = {}
    for name, item in _parts(path):
        parse = PARSERS.get(name)
        if parse is None:
            beside[name] = item
            continue
        count = header.counts.get(name, 0)
        try:
            yield parse(item)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as wrong:
            why = f"{wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
            raise CannotRead(
                f"{path} is no evidence that can be used: {name}.{count}: {why}", ADVICE
            ) from None
        header.counts[name] = count + 1
    _fill(path, header, beside)


def check_readable(path: Path) -> None:
    """Raise CannotRead if the file does not exist, without opening it: it may be a pipe."""
    try:
        path.stat()
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", ADVICE) from None


def _fill(path: Path, header: EvidenceHeader, beside: dict[str, Any]) -> None:
    """Fill in *header*; raises CannotRead if the file is not evidence or lacks its window."""
    schema = beside.get("schema")
    if schema != SCHEMA:
        why = f"its schema is {schema!r}, not {SCHEMA!r}"
        raise CannotRead(f"{path} is no evidence: {why}", ADVICE)
    try:
        window = beside["window"]
        header.since, header.until = parse_instant(window["since"]), parse_instant(window["until"])
        header.organization = beside.get("organization")
        header.scope = TypeAdapter(Scope | None).validate_python(beside.get("scope"))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise CannotRead(f"{path} is no evidence that can be used: its window", ADVICE) from None


# -- The file -----------------------------------------------------------------------------------


def _parts(path: Path) -> Iterator[tuple[str, Any]]:
    """Each key of the document with its value; a list of items gives one pair per item."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from _Reader(file).read()
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", ADVICE) from None
    except (ValueError, RecursionError):  # ValueError is also for a number too long for Python
        raise CannotRead(f"{path} is no JSON, or not all of it", ADVICE) from None


class _Reader:
    """Reads a JSON object block by block and gives its values one after the other.

    *text* is the part of the file that is in memory, and *at* the index in it of the next value. If
    the end of that value is not in memory yet, more is read and the value is decoded again. Each
    read at least doubles the text, so that even a long value is decoded only a few times. Decoded
    text is dropped.
    """

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.text = ""
        self.at = 0
        self.decode = JSONDecoder(parse_constant=_refuse_constant).raw_decode

    def read(self) -> Iterator[tuple[str, Any]]:
        """Each key with its value, or with each item of its list."""
        self._expect("{")
        if self._next() == "}":
            return
        while True:
            name = self._value()
            self._expect(":")
            if name in PARSERS:
                self._expect("[")
                for item in self._items():
                    yield name, item
            else:
                yield name, self._value()
            if self._next() != ",":
                break
            self.at += 1
        self._expect("}")

    def _items(self) -> Iterator[Any]:
        """The items of the list whose opening bracket was read; also reads the closing one."""
        if self._next() == "]":
            self.at += 1
            return
        while True:
            yield self._value()
            character = self._next()
            self.at += 1
            if character == "]":
                return
            if character != ",":
                raise JSONDecodeError("no end of a list", self.text, self.at)

    def _next(self) -> str:
        """The next character that is not white space, without reading it; "" at the end."""
        while True:
            if self.at < len(self.text) and (character := self.text[self.at]) not in BLANK:
                return character
            blank = BLANKS.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def _expect(self, character: str) -> None:
        """Read the next character; raises JSONDecodeError if it is not the expected one."""
        if self._next() != character:
            raise JSONDecodeError(f"no {character}", self.text, self.at)
        self.at += 1

    def _value(self) -> Any:
        """The next value, of any kind."""
        self._next()
        while True:
            try:
                value, end = self.decode(self.text, self.at)
            except JSONDecodeError:
                if len(self.text) - self.at > LONGEST or not self._more():
                    raise
                continue
            length = end - self.at
            if end < len(self.text) or not self._more():  # a number may continue in the next block
                self.at += length
                return value

    def _more(self) -> bool:
        """Read another block and drop what was decoded; False at the end of the file."""
        block = self.file.read(max(BLOCK, len(self.text) - self.at))
        self.text = self.text[self.at :] + block
        self.at = 0
        return bool(block)


def _refuse_constant(text: str) -> float:
    """Raise JSONDecodeError for NaN and infinity, which Python would accept as numbers."""
    raise JSONDecodeError(f"{text} is no number", text, 0)
