"""What waits, and how long it takes from merge to live with what waits counted (LT8, LT12)."""

from math import isnan

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.config.window import Window
from dora.metrics.survival import survival_curves
from dora.model.columns import microseconds_of
from dora.model.environment_index import index_environments
from dora.model.shipped_commits import microseconds
from dora.model.tables import ENVIRONMENT
from dora.report.model import Delivery, Waiting
from dora.report.rows import Groups

SECOND = 1_000_000  #: in microseconds


def find_waiting(
    groups: Groups, shipped: pd.DataFrame, analysis: Analysis, window: Window
) -> dict[int, tuple[Waiting, Delivery]]:
    """What waits of each of *groups* that knows it (LT8), and its delivery (LT12), by its number.

    *shipped* are the changes that count (LT6), each with its `group`.
    """
    environments = analysis.history.environments
    known = environments[ENVIRONMENT]
    if not environments["knows_waiting"].all():
        known = known[environments["knows_waiting"]]
    knowing = sorted({*groups.grouped(known)["group"].tolist()})
    if not knowing:
        return {}
    waits = groups.grouped(analysis.waiting)
    ages: dict[int, list[float]] = {group: [] for group in knowing}
    for group, age in zip(waits["group"].tolist(), waits["age_seconds"].tolist(), strict=True):
        ages[group].append(age)
    if len(known) < len(environments):
        shipped = shipped[index_environments(known).positions_of(shipped) >= 0]
    deliveries = _deliveries(shipped, waits, len(groups.rows), window)
    return {
        group: (Waiting(len(own), max(own, default=None)), deliveries[group])
        for group, own in ages.items()
    }


def _deliveries(
    shipped: pd.DataFrame, waiting: pd.DataFrame, count: int, window: Window
) -> list[Delivery]:
    """The delivery of each of so many groups: of what was merged in *window*, live or waiting."""
    until = microseconds(window.until)
    merged_at = np.concatenate([microseconds_of(one["merged_at"]) for one in (shipped, waiting)])
    live_at = np.append(microseconds_of(shipped["shipped_at"]), np.full(len(waiting), until))
    group = np.append(shipped["group"].to_numpy(), waiting["group"].to_numpy())
    is_live = np.arange(len(group)) < len(shipped)
    is_new = np.flatnonzero((merged_at >= microseconds(window.since)) & (merged_at < until))
    seconds = ((live_at - merged_at)[is_new] / SECOND).clip(min=0)
    group, is_live = group[is_new], is_live[is_new]
    medians = survival_curves(seconds, is_live, group, count).medians().tolist()
    changes, waits = (np.bincount(of, minlength=count) for of in (group, group[~is_live]))
    return [
        Delivery(merged, still, None if isnan(median) else median)
        for merged, still, median in zip(changes.tolist(), waits.tolist(), medians, strict=True)
    ]
