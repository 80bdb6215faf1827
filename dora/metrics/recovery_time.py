"""Failed deployment recovery time: how long failures lasted (R3, R4)."""

import numpy as np
import pandas as pd

from dora.metrics.intervals import kaplan_meier_median
from dora.metrics.samples import count_by_group


def recovery_time(
    episodes: pd.DataFrame, groups: pd.Index, until: pd.Timestamp, carried_in: pd.DataFrame
) -> pd.DataFrame:
    """How long each group took to recover, one row a group of *groups*, in seconds.

    *episodes* has `group`, `began_at` and `ended_at` (missing while open), one row an episode
    that began in the window; *carried_in* has the `group` of those that began before it and were
    open when it began. Gives `episodes`, `recovered`, `open`, `carried_in`, `median`
    (Kaplan-Meier, open ones censored at *until*), `mean` and `longest` (of the recovered).
    """
    is_recovered = episodes["ended_at"].notna()
    seconds = (episodes["ended_at"].fillna(until) - episodes["began_at"]).dt.total_seconds()
    recovered = episodes[is_recovered]
    counts = count_by_group(episodes, groups)
    ended = count_by_group(recovered, groups)
    lengths = seconds[is_recovered].groupby(recovered["group"])
    columns = {
        "episodes": counts,
        "recovered": ended,
        "open": counts - ended,
        "carried_in": count_by_group(carried_in, groups),
        "median": np.array(
            _medians(episodes["group"], seconds, is_recovered, groups), dtype="float64"
        ),
        "mean": lengths.mean().reindex(groups).to_numpy(),
        "longest": lengths.max().reindex(groups).to_numpy(),
    }
    return pd.DataFrame(columns, index=groups)


def _medians(
    group: pd.Series, seconds: pd.Series, is_recovered: pd.Series, groups: pd.Index
) -> list[float | None]:
    """The median of each group's episodes; missing where it cannot be known."""
    samples: dict[object, tuple[list[float], list[bool]]] = {}
    for own, duration, ended in zip(
        group.tolist(), seconds.tolist(), is_recovered.tolist(), strict=True
    ):
        durations, ends = samples.setdefault(own, ([], []))
        durations.append(duration)
        ends.append(ended)
    medians = {own: kaplan_meier_median(*sample) for own, sample in samples.items()}
    return [medians.get(own) for own in groups.tolist()]
