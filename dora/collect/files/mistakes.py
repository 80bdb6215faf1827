"""Collects what is wrong with a file, to tell all of it at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dora.errors import BadUsage

#: How many mistakes of one file are told; of the rest only how many there are.
MOST = 10
#: How much of a value is shown.
LONGEST = 80
ADVICE = "docs/tables.md describes every column of a file."


def shown(value: Any) -> str:
    """A value of a file as a message shows it: in quotes, on one line, not too long."""
    text = str(value)
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


@dataclass
class Mistakes:
    """What is wrong with a file: the first few mistakes, and how many there are."""

    file: str  #: the path as the settings give it
    word: str = "line"  #: what a record of it is counted in: `line` or `row`
    lines: Sequence[int] | NDArray[np.int64] = ()  #: number of each record
    columns: Sequence[str] = ()  #: in the order in which mistakes of one line are told
    _count: int = 0
    _found: list[tuple[int, int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self._count > 0

    def add_whole(self, text: str) -> None:
        """Add what is wrong with the file as a whole."""
        self._add(0, text)

    def add_line(self, line: int, text: str) -> None:
        """Add what is wrong with one line, not one column of it."""
        self._add(line, f"{self.word} {line:,}: {text}")

    def add(self, is_wrong: NDArray[np.bool_], column: str, explain: Callable[[int], str]) -> None:
        """Add what is wrong with a column's values; *explain* says it of the one at a position."""
        positions = np.flatnonzero(is_wrong)
        for position in positions[:MOST].tolist():
            line = self.lines[position]
            place = self.columns.index(column)
            self._add(line, f"{self.word} {line:,}: {column}: {explain(position)}", place)
        self._count += max(0, len(positions) - MOST)

    def told(self) -> list[str]:
        """The first few, each on a line that begins with the file, and how many more there are."""
        first = [f"{self.file}: {text}" for *_, text in sorted(self._found)[:MOST]]
        rest = self._count - len(first)
        return [*first, f"{self.file}: and {rest:,} more"] if rest else first

    def _add(self, line: int, text: str, place: int = -1) -> None:
        self._found.append((line, place, text))
        self._count += 1


def refuse(mistakes: Sequence[Mistakes]) -> None:
    """Raise BadUsage with all that is wrong with some files, if anything is."""
    lines = [line for one in mistakes for line in one.told()]
    if lines:
        raise BadUsage("\n".join(lines), ADVICE)
