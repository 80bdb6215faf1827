"""Change lead time: how long changes took to be live (LT5 to LT7)."""

import numpy as np
import pandas as pd

from dora.metrics.intervals import Floats, median_ranks
from dora.metrics.samples import GroupedSamples, sample_groups

STAGES = ["coding", "review", "delivery"]


def change_lead_time(changes: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """How long each group's changes took to be live, one row a group of *groups*, in seconds.

    *changes* has `group`, `lead_time_seconds` and the three stages, one row a change. Gives
    `changes`, `median`, `mean`, `p75`, `p90` (linear interpolation), `median_low`, `median_high`
    (95 %, missing below six changes), and medians of `coding`, `review`, `delivery`.
    """
    lead_times = sample_groups(changes, "lead_time_seconds", groups)
    low, high = _median_interval(lead_times)
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


def _median_interval(samples: GroupedSamples) -> tuple[Floats, Floats]:
    """The two order statistics that bound each group's median (LT6)."""
    sizes, own = np.unique(samples.sizes, return_inverse=True)
    ranks = median_ranks(sizes)[own]
    is_known = ranks > 0
    low = samples.at(ranks - 1, where=is_known)
    return low, samples.at(samples.sizes - ranks, where=is_known)
