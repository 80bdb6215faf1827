"""Signals in, failed deployments with their reasons and episodes out: F1–F8, R1, R2, RW1.

Every signal gives reasons; all else works on reasons alone, so a further signal is one more
function.
"""

from dataclasses import dataclass
from typing import NewType

import pandas as pd

from dora.analysis.changes import Described
from dora.analysis.history import History
from dora.analysis.incidents import attribute, find_incident_rework, find_incidents
from dora.analysis.outcomes import Outcomes, SuccessStatuses, show
from dora.analysis.reverts import by_revert, find_reverts
from dora.analysis.signals import (
    REASON,
    by_hotfix,
    by_label,
    by_rollback,
    by_status,
    by_tag,
    find_hotfixes,
    find_rollbacks,
    order_successes,
)
from dora.config import Config
from dora.model.tables import DEPLOYMENT, ENVIRONMENT, Tables

Reasons = NewType("Reasons", pd.DataFrame)
"""One row a failed deployment and sign of it: `repository, environment_key, deployment, signal,
began_at, ended_at` (NaT while it lasts), `by` (what says so)."""


@dataclass(frozen=True)
class Failures:
    """What failed, why, and what it took to mend.

    - `reasons`: see `Reasons`
    - `failed`: one row a failed deployment: `repository, environment_key, deployment, began_at,
      ended_at` (NaT while open), `only_status` (no other signal than `status`), `episode`
    - `episodes`: one row an episode: `repository, environment_key, began_at, ended_at`; its place
      is its number
    - `rework`: one row a success that is rework (RW1): `repository, deployment`
    - `unattributed`: incidents of the window that belong to no deployment (C1); None where
      incidents are not looked at
    """

    reasons: Reasons
    failed: pd.DataFrame
    episodes: pd.DataFrame
    rework: pd.DataFrame
    unattributed: int | None


def find_failures(
    outcomes: Outcomes,
    succeeded: SuccessStatuses,
    history: History,
    described: Described,
    tables: Tables,
    config: Config,
) -> Failures:
    """Every failure among *outcomes*, the judged deployments, by the signals that are on."""
    on = config.failures
    successes = order_successes(outcomes, history)
    reasons = [by_status(outcomes, succeeded, config)]
    rework = []
    if on.rollback:
        rollbacks = find_rollbacks(successes)
        reasons.append(by_rollback(successes, rollbacks))
        rework.append(rollbacks[DEPLOYMENT])
    if on.revert:
        reverts = find_reverts(history, tables, config)
        reasons.append(by_revert(successes, reverts))
        rework.append(reverts[DEPLOYMENT])
    if on.hotfix:
        hotfixes = find_hotfixes(history, described, tables, config)
        reasons.append(by_hotfix(successes, hotfixes))
        rework.append(hotfixes[DEPLOYMENT])
    if on.label:
        reasons.append(by_label(successes, history, described, tables, config))
    if on.tag:
        reasons.append(by_tag(successes, tables, config))
    unattributed = None
    if on.incident:
        incidents = find_incidents(tables, config)
        found, unattributed = attribute(incidents, show(outcomes, config), successes, config)
        reasons.append(found)
        rework.append(find_incident_rework(found, successes))
    everything = pd.concat(reasons, ignore_index=True)[REASON]
    failed, episodes = _find_episodes(everything)
    reworked = pd.concat([successes.loc[[], DEPLOYMENT], *rework]).drop_duplicates()
    return Failures(Reasons(everything), failed, episodes, reworked, unattributed)


def _find_episodes(reasons: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Failed deployments with their downtimes (R1), and the episodes they make up (R2).

    Where an incident is among a deployment's signals, the incidents alone give the times.
    """
    key = [*ENVIRONMENT, "deployment"]
    is_incident = reasons["signal"] == "incident"
    marked = reasons.assign(
        is_open=reasons["ended_at"].isna(),
        is_status=reasons["signal"] == "status",
        has_incident=is_incident.groupby([reasons[name] for name in key]).transform("any"),
    )
    signals = marked.groupby(key, as_index=False).agg(only_status=("is_status", "all"))
    timed = marked[is_incident | ~marked["has_incident"].astype("bool")]
    failed = timed.groupby(key, as_index=False, sort=True).agg(
        began_at=("began_at", "min"), ended_at=("ended_at", "max"), is_open=("is_open", "any")
    )
    failed = failed.merge(signals, on=key)
    failed["ended_at"] = failed["ended_at"].mask(failed["is_open"])
    alone = failed["deployment"].mask(failed["only_status"], 0)
    together = [*ENVIRONMENT, failed["ended_at"].rename("end"), alone.rename("alone")]
    failed["episode"] = failed.groupby(together, dropna=False, sort=False).ngroup()
    episodes = failed.groupby("episode", as_index=False).agg(
        repository=("repository", "first"),
        environment_key=("environment_key", "first"),
        began_at=("began_at", "min"),
        ended_at=("ended_at", "first"),
    )
    return failed.drop(columns="is_open"), episodes.drop(columns="episode")
