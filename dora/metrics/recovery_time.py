"""Episodes that began in the window in, how long recovery took out: R3, R4."""

from itertools import pairwise

import numpy as np
import pandas as pd

from dora.metrics.intervals import kaplan_meier_median


def recovery_time(episodes: pd.DataFrame, groups: pd.Index, until: pd.Timestamp) -> pd.DataFrame:
    """How long each group took to recover, one row a group of *groups*, in seconds.

    *episodes* has `group`, `began_at` and `ended_at` (missing while open), one row an episode
    that began in the window. Gives `episodes`, `recovered`, `open`, `mean` (over the recovered)
    and `median` (Kaplan-Meier, open ones censored at *until*).
    """
    is_recovered = episodes["ended_at"].notna()
    seconds = (episodes["ended_at"].fillna(until) - episodes["began_at"]).dt.total_seconds()
    sample = pd.DataFrame(
        {"group": episodes["group"], "seconds": seconds, "is_recovered": is_recovered}
    )
    by_group = sample.groupby("group")
    counts = pd.DataFrame(
        {"episodes": by_group.size(), "recovered": by_group["is_recovered"].sum()}
    ).reindex(groups, fill_value=0)
    mean = sample[is_recovered].groupby("group")["seconds"].mean()
    return counts.astype("int64").assign(
        open=(counts["episodes"] - counts["recovered"]).astype("int64"),
        mean=mean.reindex(groups),
        median=_medians(sample).reindex(groups),
    )


def _medians(sample: pd.DataFrame) -> pd.Series:
    """The median of each group's episodes; missing where none can be told."""
    ordered = sample.sort_values("group", kind="stable")
    groups, starts = np.unique(ordered["group"].to_numpy(), return_index=True)
    seconds, ended = ordered["seconds"].tolist(), ordered["is_recovered"].tolist()
    ends = pairwise([*starts.tolist(), len(ordered)])
    medians = [kaplan_meier_median(seconds[a:b], ended[a:b]) for a, b in ends]
    return pd.Series(medians, index=groups, dtype="float64")
