"""Failed deployment recovery time: how long failures lasted (R3, R4)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.metrics.intervals import kaplan_meier_median
from dora.metrics.samples import Counts, Floats, count_by_group, sample


def recovery_time(
    episodes: pd.DataFrame, groups: pd.Index, until: pd.Timestamp, carried_in: pd.DataFrame
) -> pd.DataFrame:
    """How long each group took to recover, one row a group of *groups*, in seconds.

    *episodes* has `group`, `began_at` and `ended_at` (missing while open), one row an episode
    that began in the window; *carried_in* has the `group` of those that began before it and were
    open when it began. Gives `episodes`, `recovered`, `open`, `carried_in`, `median`
    (Kaplan-Meier, open ones censored at *until*), `mean` and `longest` (of the recovered).
    """
    began_at, ended_at = (pd.DatetimeIndex(episodes[name]) for name in ("began_at", "ended_at"))
    is_recovered = ended_at.notna()
    seconds: Floats = (ended_at.fillna(until) - began_at).total_seconds().to_numpy()
    positions = groups.get_indexer(pd.Index(episodes["group"].to_numpy()))
    recovered = sample(seconds[is_recovered], positions[is_recovered], len(groups))
    counts = count_by_group(episodes, groups)
    columns = {
        "episodes": counts,
        "recovered": recovered.sizes,
        "open": counts - recovered.sizes,
        "carried_in": count_by_group(carried_in, groups),
        "median": _medians(positions, seconds, is_recovered, len(groups)),
        "mean": recovered.means(),
        "longest": recovered.greatest(),
    }
    return pd.DataFrame(columns, index=groups)


def _medians(
    positions: Counts, seconds: Floats, is_recovered: NDArray[np.bool_], count: int
) -> Floats:
    """The median of the episodes of each of so many groups; NaN where it cannot be known."""
    samples: dict[int, tuple[list[float], list[bool]]] = {}
    for group, duration, ended in zip(
        positions.tolist(), seconds.tolist(), is_recovered.tolist(), strict=True
    ):
        durations, ends = samples.setdefault(group, ([], []))
        durations.append(duration)
        ends.append(ended)
    medians = {group: kaplan_meier_median(*own) for group, own in samples.items()}
    return np.array([medians.get(group) for group in range(count)], dtype="float64")
