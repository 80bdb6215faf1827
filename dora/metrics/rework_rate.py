"""Successes in the window in, the share that was rework out: RW1."""

import pandas as pd

from dora.metrics.intervals import wilson_interval


def rework_rate(successes: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """Which share of each group's successes was rework, one row a group of *groups*.

    *successes* has `group` and `is_rework`, one row a success in the window. Gives `rework`,
    `deployments`, `rate`, `low`, `high` (95 %), missing where there was no success.
    """
    by_group = successes.groupby("group")["is_rework"]
    counts = pd.DataFrame({"rework": by_group.sum(), "deployments": by_group.size()})
    counts = counts.reindex(groups, fill_value=0).astype("int64")
    low, high = wilson_interval(counts["rework"], counts["deployments"])
    return counts.assign(rate=counts["rework"] / counts["deployments"], low=low, high=high)
