"""Collects what is wrong with a file, to tell all of it at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dora.errors import BadUsage

#: How many mistakes of one file are told; of the rest only how many there are.
MOST = 10
#: How much of a value is shown.
LONGEST = 80
ADVICE = (
    "Correct what is named, or take those lines out; docs/tables.md describes every column. "
    "Until then dora report --repo NAME works for each repository that no entry of [[sources]] "
    "with a wrong file fits; a wrong file of incidents stops every report."
)


def shown(value: Any) -> str:
    """A value of a file as a message shows it: in quotes, on one line, not too long."""
    text = str(value)
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


class _Mistake(NamedTuple):
    """What is wrong, in the order in which it is told."""

    line: int  #: 0 for the whole file
    place: int  #: that of the column; -1 for a whole line
    text: str
    allowed: str = ""  #: what its column allows


@dataclass
class Mistakes:
    """What is wrong with a file: the first few mistakes, and how many there are."""

    file: str  #: the path as the settings give it
    word: str = "line"  #: what a record of it is counted in: `line` or `row`
    lines: Sequence[int] | NDArray[np.int64] = ()  #: number of each record
    columns: Sequence[str] = ()  #: in the order in which mistakes of one line are told
    _count: int = 0
    _found: list[_Mistake] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self._count > 0

    def add_whole(self, text: str) -> None:
        """Add what is wrong with the file as a whole."""
        self._add(0, text)

    def add_line(self, line: int, text: str) -> None:
        """Add what is wrong with one line, not one column of it."""
        self._add(line, f"{self.word} {line:,}: {text}")

    def add(
        self,
        is_wrong: NDArray[np.bool_],
        column: str,
        explain: Callable[[int], str],
        allowed: str = "",
    ) -> None:
        """Add what is wrong with a column's values; *explain* says it of the one at a position.

        What is *allowed* in the column is told once, with the first of its mistakes.
        """
        positions = np.flatnonzero(is_wrong)
        for position in positions[:MOST].tolist():
            line = self.lines[position]
            place = self.columns.index(column)
            self._add(line, f"{self.word} {line:,}: {column}: {explain(position)}", place, allowed)
        self._count += max(0, len(positions) - MOST)

    def told(self) -> list[str]:
        """The first few, each on a line that begins with the file, and how many more there are."""
        first, columns = [], set()
        for _, place, text, allowed in sorted(self._found)[:MOST]:
            hint = ""
            if allowed and place not in columns:
                hint = f"{'' if text.endswith('?') else ';'} allowed: {allowed}"
                columns.add(place)
            first.append(f"{self.file}: {text}{hint}")
        rest = self._count - len(first)
        return [*first, f"{self.file}: and {rest:,} more"] if rest else first

    def _add(self, line: int, text: str, place: int = -1, allowed: str = "") -> None:
        self._found.append(_Mistake(line, place, text, allowed))
        self._count += 1


def refuse(mistakes: Sequence[Mistakes]) -> None:
    """Raise BadUsage with all that is wrong with some files, if anything is."""
    lines = [line for one in mistakes for line in one.told()]
    if lines:
        raise BadUsage("\n".join(lines), ADVICE)
