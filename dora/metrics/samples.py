"""Counts and quantiles of many groups at once."""

from dataclasses import dataclass
from math import fsum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

#: Half of what a 95 % interval leaves out.
TAIL = 0.025
#: From so many whole weeks on their counts tell how much they differ (DF3, K2).
FEWEST_WEEKS = 4


def count_by_group(
    events: pd.DataFrame, groups: pd.Index, *, where: NDArray[np.bool_] | None = None
) -> Counts:
    """How many of *events*, or of those *where* it says so, each of *groups* has."""
    own = events["group"].to_numpy()
    positions = groups.get_indexer(pd.Index(own if where is None else own[where]))
    return np.bincount(positions[positions >= 0], minlength=len(groups))


def share(parts: ArrayLike, wholes: ArrayLike) -> Floats:
    """Each part as a share of its whole; NaN where the whole is 0."""
    whole = np.asarray(wholes, dtype="float64")
    return np.asarray(parts, dtype="float64") / np.where(whole > 0, whole, np.nan)


@dataclass(frozen=True)
class GroupedSamples:
    """The values of each group, in ascending order, one group after the other."""

    values: Floats
    sizes: Counts  #: how many values each group has
    starts: Counts  #: the position of each group's first value

    def quantiles(self, share: float | Floats) -> Floats:
        """A quantile of each group by linear interpolation; NaN where there is no value.

        *share* is the same for all, or one number a group.
        """
        rank = share * (self.sizes - 1)
        below = rank.astype("int64")
        low = self.at(below)
        high = self.at(np.minimum(below + 1, self.sizes - 1))
        return low + (high - low) * (rank % 1)

    def medians(self) -> Floats:
        """The median of each group; NaN where there is no value."""
        return (self.at((self.sizes - 1) // 2) + self.at(self.sizes // 2)) / 2

    def means(self) -> Floats:
        """The mean of each group; NaN where there is no value."""
        ends = (self.starts + self.sizes).tolist()
        parts = zip(self.starts.tolist(), ends, strict=True)
        sums = [fsum(self.values[start:end].tolist()) for start, end in parts]
        return share(sums, self.sizes)

    def greatest(self) -> Floats:
        """The greatest value of each group; NaN where there is none."""
        return self.at(self.sizes - 1)

    def at(self, ranks: Counts, *, where: NDArray[np.bool_] | None = None) -> Floats:
        """The value of each group at its rank, from 0; NaN where there is none, or not *where*."""
        is_there = self.sizes > 0 if where is None else (self.sizes > 0) & where
        positions = np.where(is_there, self.starts + ranks, 0)
        return np.where(is_there, np.append(self.values, np.nan)[positions], np.nan)


def sample_groups(events: pd.DataFrame, column: str, groups: pd.Index) -> GroupedSamples:
    """The values of *column* of each of *groups*; missing ones are left out."""
    positions = groups.get_indexer(pd.Index(events["group"].to_numpy()))
    return sample(events[column].to_numpy(dtype="float64"), positions, len(groups))


def sample(values: Floats, positions: Counts, count: int) -> GroupedSamples:
    """The *values* of each of so many groups, by their positions; missing ones are left out."""
    is_there = (positions >= 0) & ~np.isnan(values)
    positions, values = positions[is_there], values[is_there]
    order = np.lexsort((values, positions))
    sizes = np.bincount(positions, minlength=count)
    return GroupedSamples(values[order], sizes, np.cumsum(sizes) - sizes)
