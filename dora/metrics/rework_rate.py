"""Deployment rework rate: which share of the successes was rework (RW1)."""

import pandas as pd

from dora.metrics.intervals import wilson_interval
from dora.metrics.samples import count_by_group, share


def rework_rate(successes: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """Which share of each group's successes was rework, one row a group of *groups*.

    *successes* has `group` and `is_rework`, one row a success in the window. Gives `rework`,
    `deployments`, `rate`, `low`, `high` (95 %), missing where there was no success.
    """
    rework = count_by_group(successes, groups, where=successes["is_rework"].to_numpy())
    deployments = count_by_group(successes, groups)
    low, high = wilson_interval(rework, deployments)
    rate = share(rework, deployments)
    columns = {
        "rework": rework,
        "deployments": deployments,
        "rate": rate,
        "low": low,
        "high": high,
    }
    return pd.DataFrame(columns, index=groups)
