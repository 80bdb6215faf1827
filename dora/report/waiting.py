"""What waits, and how long it takes from merge to live with what waits counted (LT8, LT12)."""

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.config.window import Window
from dora.metrics.survival import survival_curves
from dora.model.columns import is_within, microseconds_of
from dora.model.environment_index import index_environments
from dora.model.shipped_commits import microseconds
from dora.model.tables import ENVIRONMENT
from dora.report.model import Delivery, Waiting
from dora.report.rows import Groups

SECOND = 1_000_000  #: in microseconds


def find_waiting(groups: Groups, analysis: Analysis) -> dict[int, Waiting]:
    """The waiting changes of each of *groups* for which they are known (LT8), by its number."""
    known = groups.grouped(_knowing(analysis))
    waits = groups.grouped(analysis.waiting[[*ENVIRONMENT, "age_seconds"]])
    ages: dict[int, list[float]] = {group: [] for group in known["group"].tolist()}
    for group, age in zip(waits["group"].tolist(), waits["age_seconds"].tolist(), strict=True):
        ages[group].append(age)
    return {group: Waiting(len(own), max(own, default=None)) for group, own in ages.items()}


def find_deliveries(
    groups: Groups, shipped: pd.DataFrame, analysis: Analysis, window: Window
) -> dict[int, Delivery]:
    """The delivery of each of *groups* that has waiting changes (`find_waiting`), by its number.

    *shipped* are the changes that count (LT6), each with its `group`. Only what was merged in
    *window* is looked at, in the environments whose waiting changes are known.
    """
    known = _knowing(analysis)
    is_known = index_environments(known).positions_of(shipped) >= 0
    shipped = shipped[is_known & is_within(shipped["merged_at"], window.since, window.until)]
    waiting = groups.grouped(
        analysis.waiting,
        where=is_within(analysis.waiting["merged_at"], window.since, window.until),
    )
    until = microseconds(window.until)
    seconds = np.concatenate(
        [
            microseconds_of(shipped["shipped_at"]) - microseconds_of(shipped["merged_at"]),
            until - microseconds_of(waiting["merged_at"]),
        ]
    ) / SECOND  # fmt: skip
    own = np.concatenate([shipped["group"].to_numpy(), waiting["group"].to_numpy()])
    is_live = np.arange(len(own)) < len(shipped)
    count = len(groups.rows)
    medians = survival_curves(seconds.clip(min=0), is_live, own, count).medians()
    changes, waits = (np.bincount(of, minlength=count) for of in (own, own[~is_live]))
    return {
        group: Delivery(
            changes=int(changes[group]),
            waiting=int(waits[group]),
            median=None if np.isnan(medians[group]) else float(medians[group]),
        )
        for group in sorted({*groups.grouped(known)["group"].tolist()})
    }


def _knowing(analysis: Analysis) -> pd.DataFrame:
    """The environments whose waiting changes are known."""
    environments = analysis.history.environments
    return environments.loc[environments["knows_waiting"], ENVIRONMENT]
