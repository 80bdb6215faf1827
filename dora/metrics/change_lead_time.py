"""Change lead time: how long changes took to be live (LT5 to LT7)."""

import numpy as np
import pandas as pd

from dora.metrics.intervals import clustered_median_intervals
from dora.metrics.samples import Counts, sample, sample_groups

STAGES = ["coding", "review", "delivery"]
#: What tells one deployment from every other: its changes went live together (LT6).
CLUSTER = ["repository", "environment_key", "deployment"]


def change_lead_time(changes: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """How long each group's changes took to be live, one row a group of *groups*, in seconds.

    *changes* has `group`, the `repository, environment_key, deployment` that shipped it,
    `lead_time_seconds` and the three stages, one row a change. Gives `changes`, `median`, `mean`,
    `p75`, `p90` (linear interpolation), `median_low`, `median_high` (95 %, missing below six
    deployments), and medians of `coding`, `review`, `delivery`.
    """
    seconds = changes["lead_time_seconds"].to_numpy(dtype="float64")
    positions = groups.get_indexer(pd.Index(changes["group"].to_numpy()))
    lead_times = sample(seconds, positions, len(groups))
    low, high = clustered_median_intervals(lead_times, seconds, positions, _clusters(changes))
    columns = {
        "median": lead_times.medians(),
        "mean": lead_times.means(),
        "p75": lead_times.quantiles(0.75),
        "p90": lead_times.quantiles(0.9),
        "median_low": low,
        "median_high": high,
        **{stage: sample_groups(changes, f"{stage}_seconds", groups).medians() for stage in STAGES},
        "changes": lead_times.sizes,
    }
    return pd.DataFrame(columns, index=groups)


def _clusters(changes: pd.DataFrame) -> Counts:
    """A number for the deployment that shipped each change."""
    return np.asarray(changes.groupby(CLUSTER, sort=False).ngroup(), dtype="int64")
