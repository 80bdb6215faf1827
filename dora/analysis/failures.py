"""Failed deployments with their reasons and episodes, and what is rework (F1–F8, R1, R2, RW1).

Every signal gives reasons; all else works on reasons alone, so a further signal is one more
function.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NewType

import numpy as np
import pandas as pd

from dora.analysis.attribution import Attribution, attribute, find_incident_rework
from dora.analysis.changes import CommitFacts
from dora.analysis.history import History
from dora.analysis.outcomes import Outcomes, SuccessStatus, show
from dora.analysis.reverts import by_revert, find_reverts
from dora.analysis.signals import (
    Key,
    Reason,
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
from dora.model.columns import frame_of, instants_of, texts_of
from dora.model.tables import Tables

Reasons = NewType("Reasons", pd.DataFrame)
"""One row a failed deployment and sign of it: `repository, environment_key, deployment, signal,
began_at, ended_at` (NaT while it lasts), `by` (what says so)."""


@dataclass(frozen=True)
class Failures:
    """What failed, why, and how long recovery took.

    - `reasons`: see `Reasons`
    - `failed`: one row a failed deployment: `repository, environment_key, deployment, began_at,
      ended_at` (NaT while open), `is_never_live` (F8), `episode`
    - `episodes`: one row an episode: `repository, environment_key, deployment` (the first of it
      that failed), `began_at, ended_at`, `is_never_live` (all its deployments are: failed
      deployments not yet followed by a success; any other episode is an outage); its position is
      its number
    - `rework`: one row a success that is rework (RW1): `repository, deployment`
    - `incidents`: what the incidents belong to (F7, C1); None where they are not looked at
    """

    reasons: Reasons
    failed: pd.DataFrame
    episodes: pd.DataFrame
    rework: pd.DataFrame
    incidents: Attribution | None


def find_failures(
    outcomes: Outcomes,
    succeeded: Sequence[SuccessStatus],
    history: History,
    facts: CommitFacts,
    tables: Tables,
    config: Config,
) -> Failures:
    """Every failure among *outcomes*, the judged deployments, by the signals that are on."""
    on = config.failures
    successes = order_successes(outcomes, history)
    reasons = by_status(outcomes, succeeded, config)
    rework: list[Key] = []
    if on.rollback:
        rollbacks = find_rollbacks(successes)
        reasons += by_rollback(successes, rollbacks)
        for environment, places in rollbacks.items():
            own = successes.of[environment]
            rework += [(environment[0], own[place].deployment) for place in places]
    if on.revert:
        reverts = find_reverts(history, facts, tables, config)
        reasons += by_revert(successes, reverts)
        rework += [(one.repository, one.deployment) for one in reverts]
    if on.hotfix:
        hotfixes = find_hotfixes(history, facts, tables, config)
        reasons += by_hotfix(successes, hotfixes)
        rework += hotfixes
    if on.label:
        reasons += by_label(successes, history, facts, tables, config)
    if on.tag:
        reasons += by_tag(successes, tables, config)
    incidents = None
    if on.incident:
        incidents = attribute(show(outcomes, config), successes, tables, config)
        reasons += incidents.reasons
        rework += find_incident_rework(incidents.reasons, successes)
    failed = _find_failed(reasons, _find_untouched(outcomes))
    keys = [*dict.fromkeys(rework)]
    return Failures(
        reasons=_as_reasons(reasons),
        failed=_as_failed(failed),
        episodes=_as_episodes(failed),
        rework=frame_of(
            repository=texts_of([repository for repository, _ in keys]),
            deployment=np.array([deployment for _, deployment in keys], dtype="int64"),
        ),
        incidents=incidents,
    )


class _Failed(NamedTuple):
    """A failed deployment from its beginning to its end (R1), sorted by environment and id."""

    repository: str
    environment_key: str
    deployment: int
    began_at: int
    ended_at: int | None
    is_never_live: bool
    episode: int


def _find_untouched(outcomes: Outcomes) -> set[tuple[str, int]]:
    """The deployments that cannot have changed their environment (F8).

    They never succeeded, and our own action does not say that the change had begun.
    """
    is_untouched = (outcomes["succeeded_at"].isna() & ~outcomes["had_begun"]).tolist()
    keys = zip(outcomes["repository"].tolist(), outcomes["deployment"].tolist(), strict=True)
    return {key for key, is_one in zip(keys, is_untouched, strict=True) if is_one}


def _find_failed(
    reasons: Sequence[Reason], untouched: Collection[tuple[str, int]]
) -> list[_Failed]:
    """Failed deployments with their times (R1) and episodes (R2), in order of their keys.

    Where an incident is among a deployment's signals, the incidents alone give the times. Those
    that failed by status alone were never live if they are among the *untouched* (F8).
    """
    by_deployment: dict[tuple[str, str, int], list[Reason]] = {}
    for one in reasons:
        key = (one.repository, one.environment_key, one.deployment)
        by_deployment.setdefault(key, []).append(one)
    episodes: dict[tuple[str, str, int | None, int | None], int] = {}
    failed = []
    for key in sorted(by_deployment):
        own = by_deployment[key]
        timed = [one for one in own if one.signal == "incident"] or own
        ends = [one.ended_at for one in timed if one.ended_at is not None]
        ended_at = max(ends) if len(ends) == len(timed) else None
        only_status = all(one.signal == "status" for one in own)
        together = (*key[:2], ended_at, None if only_status else key[2])
        episode = episodes.setdefault(together, len(episodes))
        began_at = min(one.began_at for one in timed)
        is_never_live = only_status and (key[0], key[2]) in untouched
        failed.append(_Failed(*key, began_at, ended_at, is_never_live, episode))
    return failed


def _as_reasons(reasons: Sequence[Reason]) -> Reasons:
    repository, key, deployment, signal, began_at, ended_at, by = _columns(reasons, Reason)
    return Reasons(
        frame_of(
            repository=texts_of(repository),
            environment_key=texts_of(key),
            deployment=np.array(deployment, dtype="int64"),
            signal=texts_of(signal),
            began_at=instants_of(began_at),
            ended_at=instants_of(ended_at),
            by=texts_of(by),
        )
    )


def _as_failed(failed: Sequence[_Failed]) -> pd.DataFrame:
    repository, key, deployment, began_at, ended_at, never_live, episode = _columns(failed, _Failed)
    return frame_of(
        repository=texts_of(repository),
        environment_key=texts_of(key),
        deployment=np.array(deployment, dtype="int64"),
        began_at=instants_of(began_at),
        ended_at=instants_of(ended_at),
        is_never_live=np.array(never_live, dtype="bool"),
        episode=np.array(episode, dtype="int64"),
    )


def _as_episodes(failed: Sequence[_Failed]) -> pd.DataFrame:
    """The episodes that *failed* make up, each from the first of its failures on (R2)."""
    episodes: dict[int, _Failed] = {}
    outages = {one.episode for one in failed if not one.is_never_live}
    for one in failed:
        first = episodes.setdefault(one.episode, one)
        if one.began_at < first.began_at:
            episodes[one.episode] = one
    ordered = [episodes[number] for number in range(len(episodes))]
    repository, key, deployment, began_at, ended_at, *_ = _columns(ordered, _Failed)
    return frame_of(
        repository=texts_of(repository),
        environment_key=texts_of(key),
        deployment=np.array(deployment, dtype="int64"),
        began_at=instants_of(began_at),
        ended_at=instants_of(ended_at),
        is_never_live=np.array([one.episode not in outages for one in ordered], dtype="bool"),
    )


def _columns(rows: Sequence[tuple[Any, ...]], kind: type[Reason | _Failed]) -> list[Any]:
    """The fields of *rows*, one list a field, also where there is no row."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in kind._fields]
