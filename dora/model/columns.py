"""Columns of frames as plain values and back, and rows found by their environment.

A frame costs a fixed time for each thing that is done with it, which a small organization feels:
what is worked out row by row is worked out on plain values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.model.tables import ENVIRONMENT

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
    return pd.DataFrame(values, copy=False)


def plain_rows(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a frame as plain Python values, None for what is missing."""
    columns = []
    for name in rows:
        values = rows[name]
        is_time = isinstance(values.dtype, pd.DatetimeTZDtype)
        plain: list[Any] = list(values.dt.to_pydatetime()) if is_time else values.tolist()
        gone = values.isna().tolist()
        columns.append([None if none else one for one, none in zip(plain, gone, strict=True)])
    return cast("list[tuple[Any, ...]]", list(zip(*columns, strict=True)))


def positions_in(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of *wanted* in the sorted *keys*; NOTHING for what is not among them."""
    if not len(keys):
        return np.full(len(wanted), NOTHING)
    positions = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[positions] == wanted, positions, NOTHING)


@dataclass(frozen=True)
class EnvironmentIndex:
    """The environments of a frame, each once, to find those of other frames by."""

    repositories: pd.Index
    environments: pd.Index
    keys: NDArray[np.int64]  #: sorted

    def positions_of(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """The position among `keys` of each row's environment; NOTHING for an unknown one."""
        repository, environment = ENVIRONMENT
        places = self.repositories.get_indexer(pd.Index(frame[repository]))
        keys = places * len(self.environments)
        own = self.environments.get_indexer(pd.Index(frame[environment]))
        return positions_in(self.keys, np.where((places < 0) | (own < 0), NOTHING, keys + own))


def index_environments(frame: pd.DataFrame) -> EnvironmentIndex:
    """An index of the environments that *frame* has rows of."""
    repository, environment = ENVIRONMENT
    places, repositories = pd.factorize(frame[repository])
    own, environments = pd.factorize(frame[environment])
    keys = np.unique(places.astype("int64") * len(environments) + own)
    return EnvironmentIndex(repositories, environments, keys)
