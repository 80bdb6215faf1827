"""A file of `dora explain` in, its items one after the other out: a million need no more memory.

`documents.read_evidence` gives the same at once, and less of each item; it is for evidence that
people read.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from json.decoder import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from dora.errors import CannotRead
from dora.report.documents import EVIDENCE
from dora.report.model import Scope

#: Characters read at a time.
BLOCK = 1 << 20
#: Characters that one item may have, or whatever stands beside the items.
LONGEST = 1 << 28
#: Ids are whole numbers of 64 bits in every database.
LARGEST = 2**63 - 1
ADVICE = "Make it with `dora explain --format json --output evidence.json`."
BLANK = re.compile(r"[ \t\r\n]*")

Values = tuple[Any, ...]


@dataclass
class Window:
    """What a file says beside its items; filled in while these are read."""

    organization: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    scope: Scope | None = None
    counts: dict[str, int] = field(default_factory=dict)  #: items, by the name of their list


def read_items(path: Path, window: Window) -> Iterator[tuple[str, Any]]:
    """Name of the list and values of each item of a file, in its order; *window* is filled in.

    `deployments` give repository, environment, service, id, sha, url, created_at, succeeded_at,
    failed_status_at, outcome, baseline, rework and their reasons (signal, began_at, ended_at, by);
    `changes` repository, environment, service, sha, url, deployment, started_at, shipped_at,
    lead time in seconds, pull request; `episodes` repository, environment, service, began_at,
    ended_at and ids of the failed deployments. CannotRead says what is wrong.
    """
    seen: dict[str, Any] = {}
    for name, item in _parts(path):
        make = MAKERS.get(name)
        if make is None:
            seen[name] = item
            continue
        count = window.counts.get(name, 0)
        try:
            yield name, make(item)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as wrong:
            why = f"{wrong} is missing" if isinstance(wrong, KeyError) else str(wrong)
            raise CannotRead(
                f"{path} is no evidence that can be used: {name}.{count}: {why}", ADVICE
            ) from None
        window.counts[name] = count + 1
    _fill(path, window, seen)


def _fill(path: Path, window: Window, seen: dict[str, Any]) -> None:
    """What stands beside the items; CannotRead where it is not the evidence that it must be."""
    found = seen.get("schema")
    if found != EVIDENCE:
        why = f"its schema is {found!r}, not {EVIDENCE!r}"
        raise CannotRead(f"{path} is no evidence: {why}", ADVICE)
    try:
        told = seen["window"]
        window.since, window.until = _instant(told["since"]), _instant(told["until"])
        window.organization = seen.get("organization")
        window.scope = TypeAdapter(Scope | None).validate_python(seen.get("scope"))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise CannotRead(f"{path} is no evidence that can be used: its window", ADVICE) from None


# -- Values -------------------------------------------------------------------------------------


def _deployment(item: dict[str, Any]) -> Values:
    return (
        *_place(item),
        _id(item["id"]),
        _text(item["sha"]),
        _text(item["url"]),
        _instant(item["created_at"]),
        _instant_or_none(item["succeeded_at"]),
        _instant_or_none(item["failed_status_at"]),
        _text(item["outcome"]),
        bool(item["baseline"]),
        bool(item["rework"]),
        tuple(
            (
                _text(one["signal"]),
                _instant(one["began_at"]),
                _instant_or_none(one["ended_at"]),
                _text(one["by"]),
            )
            for one in item["reasons"]
        ),
    )


def _change(item: dict[str, Any]) -> Values:
    lead_time, number = item["lead_time"], item["pull_request"]
    if lead_time is not None and not math.isfinite(lead_time):
        raise ValueError("lead_time is no number")
    return (
        *_place(item),
        _text(item["sha"]),
        _text(item["url"]),
        _id(item["deployment"]),
        _instant(item["started_at"]),
        _instant(item["shipped_at"]),
        lead_time,
        None if number is None else _id(number),
    )


def _episode(item: dict[str, Any]) -> Values:
    ids = tuple(map(_id, item["deployments"]))
    if not ids:
        raise ValueError("an episode without a deployment")
    return (
        *_place(item),
        _instant(item["began_at"]),
        _instant_or_none(item["ended_at"]),
        ids,
    )


MAKERS: dict[str, Callable[[Any], Values]] = {
    "deployments": _deployment,
    "changes": _change,
    "episodes": _episode,
}


def _place(item: dict[str, Any]) -> tuple[str, str, str]:
    return _text(item["repository"]), _text(item["environment"]), _text(item.get("service", ""))


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is no text")
    return value


def _id(value: Any) -> int:
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{value!r} is no id")
    return value


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(f"{value!r} is no instant: it has no time zone")
    return instant


def _instant_or_none(value: str | None) -> datetime | None:
    return None if value is None else _instant(value)


# -- The file -----------------------------------------------------------------------------------


def _parts(path: Path) -> Iterator[tuple[str, Any]]:
    """Every key of the file's one object with its value, lists of items an item at a time."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from _Reader(file).read()
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", ADVICE) from None
    except (ValueError, RecursionError):  # a number can be too long for Python, too
        raise CannotRead(f"{path} is no JSON, or not all of it", ADVICE) from None


def check_readable(path: Path) -> None:
    """CannotRead where a file is not there; it is not opened, for a pipe is read but once."""
    try:
        path.stat()
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", ADVICE) from None


class _Reader:
    """A file of one JSON object, read a block at a time."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.text = ""
        self.at = 0
        self.decode = JSONDecoder(parse_constant=_no_number).raw_decode

    def read(self) -> Iterator[tuple[str, Any]]:
        """Every key with its value, or with each item of its list."""
        self._expect("{")
        if self._next() == "}":
            return
        while True:
            name = self._value()
            self._expect(":")
            if name in MAKERS:
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
        """The items of a list whose bracket was passed, up to behind its end."""
        if self._next() == "]":
            self.at += 1
            return
        while True:
            yield self._value()
            letter = self._next()
            self.at += 1
            if letter == "]":
                return
            if letter != ",":
                raise JSONDecodeError("no end of a list", self.text, self.at)

    def _next(self) -> str:
        """The next sign that is no blank; none at the end."""
        while True:
            blank = BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise JSONDecodeError(f"no {sign}", self.text, self.at)
        self.at += 1

    def _value(self) -> Any:
        """The next value, whatever it is."""
        self._next()
        while True:
            try:
                value, end = self.decode(self.text, self.at)
            except JSONDecodeError:
                if len(self.text) - self.at > LONGEST or not self._more():
                    raise
                continue
            length = end - self.at
            if end < len(self.text) or not self._more():  # a number might go on
                self.at += length
                return value

    def _more(self) -> bool:
        """Read on, and forget what was passed; False at the file's end."""
        block = self.file.read(max(BLOCK, len(self.text) - self.at))
        self.text = self.text[self.at :] + block
        self.at = 0
        return bool(block)


def _no_number(text: str) -> float:
    raise json.JSONDecodeError(f"{text} is no number", text, 0)
