"""Reads real histories of merges and releases, which stand in for deployments."""

import csv
import gzip
import io
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dora.errors import BadUsage

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

DATA = Path(__file__).with_name("data")
MERGES = DATA / "merges.csv"
RELEASES = DATA / "releases.csv.gz"

#: Weeks of a quarter.
QUARTER = 13
#: A quarter with merges in fewer of its weeks has too little to resample.
FEWEST_ACTIVE_WEEKS = 4
#: A history of fewer releases has too little to resample.
FEWEST_RELEASES = 12
GZIP = b"\x1f\x8b"
LONGEST_NAME = 100
#: More merges a day than any repository has: a mistake of the file.
MOST_MERGES = 1_000_000


@dataclass(frozen=True)
class MergeHistory:
    """How many merges a repository had in each week, a row a quarter."""

    name: str
    quarters: Counts


@dataclass(frozen=True)
class ReleaseHistory:
    """The lead times of all changes of a repository, one release after the other."""

    name: str
    lead_seconds: Floats
    starts: Counts  #: where each release begins
    sizes: Counts  #: how many changes it brought
    medians: Floats  #: the median lead time of each release


@dataclass(frozen=True)
class Histories:
    """What is resampled, and which histories had too little for it, with the reason."""

    merges: tuple[MergeHistory, ...]
    releases: tuple[ReleaseHistory, ...]
    left_out: tuple[tuple[str, str], ...]


def load_histories(merges: Path, releases: Path) -> Histories:
    """The histories of both files, in the order of the files; BadUsage where a file is wrong."""
    merged, without_merges = _load_merges(merges)
    released, without_releases = _load_releases(releases)
    return Histories(merged, released, (*without_merges, *without_releases))


def _load_merges(path: Path) -> tuple[tuple[MergeHistory, ...], list[tuple[str, str]]]:
    days: dict[str, dict[date, int]] = defaultdict(dict)
    for line, (history, day, merges) in _lines(path, ("history", "day", "merges")):
        own = days[_name(history, path, line)]
        when = _day(day, path, line)
        if when in own:
            raise _wrong(path, line, f"day {when} of this history is there twice")
        own[when] = _count(merges, path, line)
    found, left_out = [], []
    for name, counts in days.items():
        quarters = _quarters(counts)
        if len(quarters):
            found.append(MergeHistory(name, quarters))
        else:
            reason = f"no {QUARTER} weeks with merges in at least {FEWEST_ACTIVE_WEEKS} of them"
            left_out.append((name, reason))
    return _some(found, path, left_out)


def _quarters(counts: dict[date, int]) -> Counts:
    """Whole weeks from the first day on, in blocks of a quarter; what is left over is dropped."""
    first, last = min(counts), max(counts)
    days = np.array([(day - first).days for day in counts])
    weekly = np.bincount(days // 7, weights=[*counts.values()]).astype("int64")
    whole = ((last - first).days + 1) // 7 // QUARTER * QUARTER
    quarters: Counts = weekly[:whole].reshape(-1, QUARTER)
    is_active: NDArray[np.bool_] = (quarters > 0).sum(axis=1) >= FEWEST_ACTIVE_WEEKS
    found: Counts = quarters[is_active]
    return found


def _load_releases(path: Path) -> tuple[tuple[ReleaseHistory, ...], list[tuple[str, str]]]:
    leads: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    columns = ("history", "release", "deployed_at", "lead_seconds")
    for line, (history, release, deployed_at, lead_seconds) in _lines(path, columns):
        _number("deployed_at", deployed_at, path, line)
        # A wrong clock can make a lead time negative: then it is zero (LT5).
        seconds = max(_number("lead_seconds", lead_seconds, path, line), 0.0)
        leads[_name(history, path, line)][release].append(seconds)
    found, left_out = [], []
    for name, own in leads.items():
        if len(own) < FEWEST_RELEASES:
            left_out.append((name, f"fewer than {FEWEST_RELEASES} releases"))
            continue
        sizes = np.array([len(one) for one in own.values()])
        medians = np.array([np.median(one) for one in own.values()])
        seconds_of_all = np.concatenate([np.array(one) for one in own.values()])
        starts = np.cumsum(sizes) - sizes
        found.append(ReleaseHistory(name, seconds_of_all, starts, sizes, medians))
    return _some(found, path, left_out)


def _some(
    found: list[Any], path: Path, left_out: list[tuple[str, str]]
) -> tuple[tuple[Any, ...], list[tuple[str, str]]]:
    if not found:
        raise BadUsage(
            f"{path}: no history has enough to resample",
            f"Merges need {QUARTER} whole weeks, releases {FEWEST_RELEASES} of one history.",
        )
    return tuple(found), left_out


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Number and values of each line of a CSV file, which may be packed by gzip."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = next(reader, [])
        missing = [one for one in columns if header.count(one) != 1]
        if missing:
            raise BadUsage(
                f"{path}: line 1 does not name the column {missing[0]} once",
                f"It needs these: {','.join(columns)}.",
            )
        places = [header.index(one) for one in columns]
        for row in reader:
            if row and len(row) != len(header):
                raise _wrong(path, reader.line_num, f"{len(row)} values for {len(header)} columns")
            if row:
                yield reader.line_num, [row[place] for place in places]
    except csv.Error as error:
        raise _wrong(path, reader.line_num, str(error)) from error


def _text(path: Path) -> str:
    try:
        read = path.read_bytes()
        return (gzip.decompress(read) if read.startswith(GZIP) else read).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise BadUsage(f"{path}: cannot be read: {error}", "Name a CSV file.") from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{path}: is not UTF-8 text", "Name a CSV file in UTF-8.") from error


def _wrong(path: Path, line: int, what: str) -> BadUsage:
    return BadUsage(f"{path}: line {line}: {what}", "Fix that line, or leave it out.")


def _name(text: str, path: Path, line: int) -> str:
    if not text.strip() or len(text) > LONGEST_NAME:
        raise _wrong(path, line, f"history needs a name of up to {LONGEST_NAME} characters")
    return text


def _day(text: str, path: Path, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(path, line, f"day is {text[:LONGEST_NAME]!r}, not as 2026-11-30") from None


def _count(text: str, path: Path, line: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:LONGEST_NAME]) <= MOST_MERGES):
        raise _wrong(path, line, f"merges is {text[:LONGEST_NAME]!r}, not a whole number")
    return int(text)


def _number(name: str, text: str, path: Path, line: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise _wrong(path, line, f"{name} is {text[:LONGEST_NAME]!r}, not a number of seconds")
    return number
