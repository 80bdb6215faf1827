"""Episodes that began in the window in, how long recovery took out: R3, R4."""

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
    medians = {
        group: kaplan_meier_median(own["seconds"].tolist(), own["is_recovered"].tolist())
        for group, own in by_group
    }
    mean = sample[is_recovered].groupby("group")["seconds"].mean()
    return counts.astype("int64").assign(
        open=(counts["episodes"] - counts["recovered"]).astype("int64"),
        mean=mean.reindex(groups),
        median=pd.Series(medians, dtype="float64").reindex(groups),
    )
