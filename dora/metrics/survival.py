"""How large a share lasts longer than a time, where some have not ended (R4, LT12)."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dora.metrics.samples import Counts, Floats

#: Shares this near one half are computed exactly before they are compared with it.
CLOSE = 1e-9


@dataclass(frozen=True)
class SurvivalCurves:
    """The curve of Kaplan and Meier of each group, one row a time, one group after the other.

    Source: E. L. Kaplan and P. Meier, JASA 53 (1958).
    """

    groups: Counts  #: the position of the group that each row is of
    times: Floats  #: ascending within a group; what ended comes before what did not
    is_ended: NDArray[np.bool_]
    at_risk: Counts  #: how many of the group lasted to that row
    shares: Floats  #: the share that is left after each row
    variances: Floats  #: of its logarithm, by Greenwood's formula; NaN while more end at that time
    sizes: Counts  #: how many times each group has

    def medians(self) -> Floats:
        """Smallest time at which each group's share is at or below one half; NaN where none is.

        Shares that are nearly one half are computed in whole numbers, so that a curve that
        touches one half is seen to.
        """
        is_reached = self.shares <= 0.5 - CLOSE
        is_close = self.is_ended & (np.abs(self.shares - 0.5) < CLOSE)
        for row in np.flatnonzero(is_close).tolist():
            is_reached[row] = 2 * self._exact_share(row) <= 1
        return self.first_times(is_reached)

    def first_times(self, is_reached: NDArray[np.bool_]) -> Floats:
        """The first time of each group at which something *is_reached*; NaN where it never is."""
        rows = np.flatnonzero(is_reached)
        groups, firsts = np.unique(self.groups[rows], return_index=True)
        found = np.full(len(self.sizes), np.nan)
        found[groups] = self.times[rows[firsts]]
        return found

    def _exact_share(self, row: int) -> Fraction:
        """The share at *row* as a fraction: one factor for each run of ends in sequence."""
        start = row - int(self.sizes[self.groups[row]] - self.at_risk[row])
        ended = self.is_ended[start : row + 1]
        at_risk = self.at_risk[start : row + 1]
        edges = np.flatnonzero(np.diff(ended, prepend=False, append=False))
        before, after = at_risk[edges[::2]].tolist(), (at_risk[edges[1::2] - 1] - 1).tolist()
        share = Fraction(1)
        for many, few in zip(before, after, strict=True):
            share *= Fraction(few, many)
        return share


def survival_curves(
    times: ArrayLike,
    ended: ArrayLike,
    positions: Counts | None = None,
    count: int = 1,
) -> SurvivalCurves:
    """The curves of so many groups, by the *positions* of their times; of one group by default.

    *ended* tells times at which something ended from those up to which it had not; of equal times
    those come first. Negative positions and missing times are left out.
    """
    time, is_ended = np.asarray(times, dtype="float64"), np.asarray(ended, dtype="bool")
    group = np.zeros(len(time), dtype="int64") if positions is None else positions
    kept = np.flatnonzero((group >= 0) & ~np.isnan(time))
    rows = kept[np.lexsort((~is_ended[kept], time[kept], group[kept]))]
    time, is_ended, group = time[rows], is_ended[rows], group[rows]
    sizes = np.bincount(group, minlength=count)
    at_risk = np.cumsum(sizes)[group] - np.arange(len(rows))
    left = at_risk - 1
    shares = pd.Series(np.where(is_ended, left / at_risk, 1.0)).groupby(group).cumprod()
    terms = np.where(is_ended & (left > 0), 1 / (at_risk * np.maximum(left, 1)), 0.0)
    variances = pd.Series(terms).groupby(group).cumsum()
    # Among those that ended at one time only the last tells how sure the share behind it is.
    is_last = (
        (np.diff(group, append=-1) != 0)
        | (np.diff(time, append=np.inf) != 0)
        | ~np.append(is_ended[1:], False)
    )
    return SurvivalCurves(
        groups=group,
        times=time,
        is_ended=is_ended,
        at_risk=at_risk,
        shares=np.asarray(shares, dtype="float64"),
        variances=np.where(is_last, variances, np.nan),
        sizes=sizes,
    )
