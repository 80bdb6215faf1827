"""Deployment frequency: how often was deployed (DF1 to DF3)."""

from collections import Counter

import numpy as np
import pandas as pd

from dora.metrics.intervals import poisson_interval
from dora.metrics.samples import count_by_group

DAYS_A_WEEK = 7


def deployment_frequency(
    successes: pd.DataFrame, groups: pd.Index, days: float | pd.Series, timezone: str
) -> pd.DataFrame:
    """How often each group deployed, one row a group of *groups*.

    *successes* has `group` and `succeeded_at`, one row a success of the *days* of 24 hours that
    are looked at, the same for all or one number a group. Gives `deployments`, `per_day`,
    `per_week`, `active_days` (distinct calendar days of *timezone*), `per_day_low`,
    `per_day_high` (95 %).
    """
    counts = count_by_group(successes, groups)
    local = pd.DatetimeIndex(successes["succeeded_at"]).tz_convert(timezone).tz_localize(None)
    dates = {*zip(successes["group"].tolist(), local.normalize().asi8.tolist(), strict=True)}
    active = Counter(group for group, _ in dates)
    low, high = poisson_interval(counts)
    length = np.asarray(days, dtype="float64")
    per_day = counts / length
    return pd.DataFrame(
        {
            "deployments": counts,
            "per_day": per_day,
            "per_week": per_day * DAYS_A_WEEK,
            "active_days": np.array([active[group] for group in groups.tolist()], dtype="int64"),
            "per_day_low": low / length,
            "per_day_high": high / length,
        },
        index=groups,
    )
