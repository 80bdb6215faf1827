"""Failed deployment recovery time: how long failures lasted (R3, R4)."""

import pandas as pd

from dora.metrics.intervals import FEWEST_EPISODES, survival_median_intervals
from dora.metrics.samples import Floats, count_by_group, sample
from dora.metrics.survival import survival_curves


def recovery_time(
    episodes: pd.DataFrame, groups: pd.Index, until: pd.Timestamp, carried_in: pd.DataFrame
) -> pd.DataFrame:
    """How long each group took to recover, one row a group of *groups*, in seconds.

    *episodes* has `group`, `began_at` and `ended_at` (missing while open), one row an episode
    that began in the window; *carried_in* has the `group` of those that began before it and were
    open when it began. Gives `episodes`, `recovered`, `open`, `carried_in`, `median`
    (Kaplan-Meier, open ones censored at *until*), its `median_low` and `median_high` (95 %, each
    missing where it is unknown), `has_interval` (both mean nothing below five episodes), `mean`
    and `longest` (of the recovered).
    """
    began_at, ended_at = (pd.DatetimeIndex(episodes[name]) for name in ("began_at", "ended_at"))
    is_recovered = ended_at.notna()
    seconds: Floats = (ended_at.fillna(until) - began_at).total_seconds().to_numpy()
    positions = groups.get_indexer(pd.Index(episodes["group"].to_numpy()))
    recovered = sample(seconds[is_recovered], positions[is_recovered], len(groups))
    counts = count_by_group(episodes, groups)
    curves = survival_curves(seconds, is_recovered, positions, len(groups))
    low, high = survival_median_intervals(curves)
    columns = {
        "episodes": counts,
        "recovered": recovered.sizes,
        "open": counts - recovered.sizes,
        "carried_in": count_by_group(carried_in, groups),
        "median": curves.medians(),
        "median_low": low,
        "median_high": high,
        "has_interval": counts >= FEWEST_EPISODES,
        "mean": recovered.means(),
        "longest": recovered.greatest(),
    }
    return pd.DataFrame(columns, index=groups)
