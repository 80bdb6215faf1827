"""Deployments that finished in the window in, the share that failed out: F8, F9."""

import pandas as pd

from dora.metrics.intervals import wilson_interval


def change_fail_rate(finished: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """Which share of each group's deployments failed, one row a group of *groups*.

    *finished* has `group`, `is_failed` and `is_never_live`, one row a deployment that finished in
    the window. Gives `failed`, `deployments`, `rate`, `low`, `high` (95 %), `never_live`; the
    rate and its interval are missing where nothing finished.
    """
    by_group = finished.groupby("group")
    counts = pd.DataFrame(
        {
            "failed": by_group["is_failed"].sum(),
            "deployments": by_group.size(),
            "never_live": by_group["is_never_live"].sum(),
        }
    ).reindex(groups, fill_value=0)
    low, high = wilson_interval(counts["failed"], counts["deployments"])
    rate = counts["failed"] / counts["deployments"]
    return counts.astype("int64").assign(rate=rate, low=low, high=high)


def count_reasons(reasons: pd.DataFrame) -> dict[object, dict[str, int]]:
    """For each group, how many failed deployments each signal marked, signals by name.

    *reasons* has `group`, `signal`, `repository` and `deployment`; a signal that marked one
    deployment twice counts once. Groups without a failure are not in it.
    """
    distinct = reasons[["group", "signal", "repository", "deployment"]].drop_duplicates()
    counts = distinct.groupby(["group", "signal"], sort=True).size().reset_index(name="marked")
    found: dict[object, dict[str, int]] = {}
    for group, signal, marked in counts.to_numpy().tolist():  # one step a group and signal
        found.setdefault(group, {})[signal] = marked
    return found
