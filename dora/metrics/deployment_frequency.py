"""Deployment frequency: how often was deployed (DF1 to DF3)."""

from collections import Counter

import numpy as np
import pandas as pd

from dora.metrics.intervals import weekly_rate_intervals
from dora.metrics.samples import Counts, Floats, count_by_group

DAYS_A_WEEK = 7
DAY = 86_400_000_000  # in microseconds, as below
WEEK = DAYS_A_WEEK * DAY


def deployment_frequency(
    successes: pd.DataFrame,
    groups: pd.Index,
    starts: pd.DatetimeIndex,
    ends: pd.DatetimeIndex,
    timezone: str,
) -> pd.DataFrame:
    """How often each group deployed, one row a group of *groups*.

    *successes* has `group` and `succeeded_at`, one row a success; *starts* and *ends* are the
    exposure of each group (DF2), in which its successes lie. Gives `deployments`, `exposure_days`
    (of 24 hours), `per_day`, `per_week`, `active_days` (distinct calendar days of *timezone*), and
    `per_day_low`, `per_day_high` (95 %, missing where the exposure has fewer than four weeks).
    """
    counts = count_by_group(successes, groups)
    succeeded_at = pd.DatetimeIndex(successes["succeeded_at"])
    local = succeeded_at.tz_convert(timezone).tz_localize(None)
    dates = {*zip(successes["group"].tolist(), local.normalize().asi8.tolist(), strict=True)}
    active = Counter(group for group, _ in dates)
    exposure = _microseconds(ends) - _microseconds(starts)
    days = exposure / DAY
    per_day = counts / days
    low, high = _weekly_intervals(successes, groups, _microseconds(ends), exposure, counts)
    return pd.DataFrame(
        {
            "deployments": counts,
            "exposure_days": days,
            "per_day": per_day,
            "per_week": per_day * DAYS_A_WEEK,
            "active_days": np.array([active[group] for group in groups.tolist()], dtype="int64"),
            "per_day_low": low / DAYS_A_WEEK,
            "per_day_high": high / DAYS_A_WEEK,
        },
        index=groups,
    )


def weekly_counts(
    successes: pd.DataFrame, groups: pd.Index, until: pd.Timestamp, exposure_days: Floats
) -> list[Counts]:
    """The counts of the whole weeks of each group's exposure up to *until*, newest first (DF3)."""
    exposure = np.round(exposure_days * DAY).astype("int64")
    weeks = exposure // WEEK
    ends = np.repeat(_microseconds(pd.DatetimeIndex([until])), len(groups))
    positions, week = _whole_weeks(successes, groups, ends, weeks)
    firsts = np.cumsum(weeks) - weeks
    counts = np.bincount(firsts[positions] + week, minlength=int(weeks.sum()))
    return [counts[first : first + own] for first, own in zip(firsts, weeks, strict=True)]


def _weekly_intervals(
    successes: pd.DataFrame, groups: pd.Index, ends: Counts, exposure: Counts, counts: Counts
) -> tuple[Floats, Floats]:
    """The interval of each group's rate a week, from its whole weeks, cut back from its end."""
    weeks = exposure // WEEK
    positions, week = _whole_weeks(successes, groups, ends, weeks)
    width = int(weeks.max(initial=0)) + 1
    own, sizes = np.unique(positions * width + week, return_counts=True)
    group = own // width
    sums, squares = (
        np.bincount(group, weights, len(groups))
        for weights in (sizes, sizes.astype("float64") ** 2)
    )
    return weekly_rate_intervals(weeks, sums, squares, exposure / WEEK, counts)


def _whole_weeks(
    successes: pd.DataFrame, groups: pd.Index, ends: Counts, weeks: Counts
) -> tuple[Counts, Counts]:
    """The group and the week, 0 for the newest, of each success in a whole week."""
    positions = groups.get_indexer(pd.Index(successes["group"].to_numpy()))
    happened = _microseconds(pd.DatetimeIndex(successes["succeeded_at"]))[positions >= 0]
    positions = positions[positions >= 0]
    # A week holds its first instant, and not its last: that is the next one's first.
    week = (ends[positions] - happened - 1) // WEEK
    is_whole = week < weeks[positions]
    return positions[is_whole], week[is_whole]


def _microseconds(instants: pd.DatetimeIndex) -> Counts:
    return instants.as_unit("us").asi8
