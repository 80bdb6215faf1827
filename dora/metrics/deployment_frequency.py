"""Successes in the window in, how often was deployed out: DF1–DF3."""

import pandas as pd

from dora.metrics.intervals import poisson_interval

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
    local = successes["succeeded_at"].dt.tz_convert(timezone)
    dates = local.dt.tz_localize(None).dt.normalize()
    by_group = successes["group"]
    counts = by_group.groupby(by_group).size().reindex(groups, fill_value=0)
    active = dates.groupby(by_group).nunique().reindex(groups, fill_value=0)
    low, high = poisson_interval(counts)
    per_day = counts / days
    return pd.DataFrame(
        {
            "deployments": counts,
            "per_day": per_day,
            "per_week": per_day * DAYS_A_WEEK,
            "active_days": active,
            "per_day_low": low / days,
            "per_day_high": high / days,
        },
        index=groups,
    )
