"""Columns of frames as plain values and back.

A frame costs a fixed time for each thing that is done with it, which a small organization feels:
what is worked out row by row is worked out on plain values.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.model.shipped_commits import microseconds

#: Microseconds since 1970 of an instant that is missing, as numpy has it.
MISSING = int(np.iinfo("int64").min)
#: Position of what is not found.
NOTHING = -1


def microseconds_of(instants: pd.Series) -> NDArray[np.int64]:
    """Microseconds since 1970 of each instant; MISSING where there is none."""
    return pd.DatetimeIndex(instants).as_unit("us").asi8


def instants_of(microseconds: Sequence[int | None] | NDArray[np.int64]) -> pd.DatetimeIndex:
    """Instants from microseconds since 1970; missing where they are None or MISSING."""
    if not isinstance(microseconds, np.ndarray):
        known = [MISSING if one is None else one for one in microseconds]
        microseconds = np.array(known, dtype="int64")
    return pd.DatetimeIndex(microseconds.view("M8[us]"), tz="UTC")


def texts_of(values: Sequence[str | None]) -> Any:
    """A column of texts."""
    return pd.array(values, dtype="str")


def frame_of(**values: Any) -> pd.DataFrame:
    """A frame of columns that have their dtypes already, none of them copied."""
    made = pd.DataFrame(values, copy=False)
    made.columns = _index_names(tuple(values))
    return made


@cache
def _index_names(names: tuple[str, ...]) -> pd.Index:
    """The names of a frame's columns; shared, because finding a name needs a table of them."""
    return pd.Index(names, dtype="object")


def take_rows(frame: pd.DataFrame, rows: NDArray[np.int64], **more: Any) -> pd.DataFrame:
    """The *rows* of a frame by position, numbered from 0, with further or other columns."""
    return frame_of(**{str(name): frame[name].array.take(rows) for name in frame}, **more)


def with_columns(frame: pd.DataFrame, **more: Any) -> pd.DataFrame:
    """A frame, its rows numbered anew, with further columns: `assign` makes one at a time."""
    return frame_of(**{str(name): frame[name].array for name in frame}, **more)


def is_within(instants: pd.Series, since: datetime, until: datetime) -> NDArray[np.bool_]:
    """Whether each instant is at *since* or later and before *until*; a missing one is not."""
    found = microseconds_of(instants)
    return (found >= microseconds(since)) & (found < microseconds(until))


def plain_rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a frame, or of these *columns*, as plain Python values; None where missing."""
    if frame.empty:
        return []
    values = [_plain_values(frame[name]) for name in columns or frame]
    return cast("list[tuple[Any, ...]]", list(zip(*values, strict=True)))


def _plain_values(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        instants = pd.DatetimeIndex(values).to_pydatetime()
        return [None if one is pd.NaT else one for one in instants]
    plain: list[Any] = values.tolist()
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub":
        return plain  # of a number or a flag none is missing
    gone = values.isna().tolist()
    return [None if none else one for one, none in zip(plain, gone, strict=True)]


def positions_in(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of *wanted* in the sorted *keys*; NOTHING for what is not among them."""
    if not len(keys):
        return np.full(len(wanted), NOTHING)
    positions = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[positions] == wanted, positions, NOTHING)
