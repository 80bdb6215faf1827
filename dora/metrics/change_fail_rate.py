"""Change fail rate: which share of the deployments that finished failed (F8, F9)."""

from collections import Counter

import pandas as pd

from dora.metrics.intervals import wilson_interval
from dora.metrics.samples import count_by_group, share


def change_fail_rate(finished: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """Which share of each group's deployments failed, one row a group of *groups*.

    *finished* has `group`, `is_failed` and `is_never_live`, one row a deployment that finished in
    the window. Gives `failed`, `deployments`, `rate`, `low`, `high` (95 %), `never_live`; the
    rate and its interval are missing where nothing finished.
    """
    failed = count_by_group(finished, groups, where=finished["is_failed"].to_numpy())
    deployments = count_by_group(finished, groups)
    low, high = wilson_interval(failed, deployments)
    columns = {
        "failed": failed,
        "deployments": deployments,
        "never_live": count_by_group(finished, groups, where=finished["is_never_live"].to_numpy()),
        "rate": share(failed, deployments),
        "low": low,
        "high": high,
    }
    return pd.DataFrame(columns, index=groups)


def count_reasons(reasons: pd.DataFrame) -> dict[object, dict[str, int]]:
    """For each group, how many failed deployments each signal marked, signals by name.

    *reasons* has `group`, `signal`, `repository` and `deployment`; a signal that marked one
    deployment twice counts once. Groups without a failure are not in it.
    """
    columns = (reasons[name].tolist() for name in ("group", "signal", "repository", "deployment"))
    counts = Counter((group, signal) for group, signal, *_ in {*zip(*columns, strict=True)})
    found: dict[object, dict[str, int]] = {}
    for (group, signal), marked in sorted(counts.items()):
        found.setdefault(group, {})[signal] = marked
    return found
