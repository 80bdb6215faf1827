"""What a file holds before anything in it is checked."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


def _no_lines() -> NDArray[np.int64]:
    return np.array([], dtype=np.int64)


@dataclass
class RawTable:
    """What a file holds: values of each column, and the number of the line of each record."""

    columns: dict[str, Any] = field(default_factory=dict)
    """By its name in small letters: a list or an array of arrow, of texts, None for nothing."""
    lines: NDArray[np.int64] = field(default_factory=_no_lines)
    header: int = 1  #: number of the line that names the columns
    is_empty: bool = False  #: whether there is not even a header


def as_lines(text: str) -> Iterator[str]:
    """Lines as an editor counts them, each with its end."""
    return io.StringIO(text, newline=None)


def numbers_of(lines: Sequence[int]) -> NDArray[np.int64]:
    """Numbers of lines as a table has them."""
    return np.array(lines, dtype=np.int64)
