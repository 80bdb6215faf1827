"""Finds the evidence that belongs to each row of a report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from dora.report.deployment_ids import DeploymentId, id_order
from dora.report.evidence import ChangeEvidence, DeploymentEvidence, EpisodeEvidence, Evidence
from dora.report.making import NO_MAKINGS, Key, Making
from dora.report.model import Row
from dora.report.sensitivity import Sensitivity

Item = TypeVar("Item", DeploymentEvidence, ChangeEvidence, EpisodeEvidence)


@dataclass(frozen=True)
class RowEvidence:
    """What one row follows from, deployments in order of `finished_at`; no row where none is."""

    key: Key
    since: datetime
    until: datetime
    days: float
    timezone: str
    row: Row | None
    sensitivity: Sensitivity | None
    making: Making | None  #: of the row's intervals; None where nobody worked it out
    deployments: tuple[DeploymentEvidence, ...]
    changes: tuple[ChangeEvidence, ...]
    episodes: tuple[EpisodeEvidence, ...]
    waiting: tuple[ChangeEvidence, ...]

    def holds(self, moment: datetime | None) -> bool:
        """Say whether *moment* is in the window."""
        return moment is not None and self.since <= moment < self.until

    @cached_property
    def finished(self) -> list[DeploymentEvidence]:
        """Those that finished in the window: what the change fail rate is of (F9)."""
        return [
            one for one in self.deployments if self.holds(one.finished_at) and not one.unchanged
        ]

    @cached_property
    def failed(self) -> list[DeploymentEvidence]:
        """Those of `finished` that failed (F9)."""
        return [one for one in self.finished if one.reasons]

    @cached_property
    def succeeded(self) -> list[DeploymentEvidence]:
        """Successes in the window (DF1), in order of success."""
        inside = [
            (one.succeeded_at, one)
            for one in self.deployments
            if one.succeeded_at is not None and self.holds(one.succeeded_at) and not one.unchanged
        ]
        return [one for _, one in sorted(inside, key=lambda it: (it[0], _among_equals(it[1])))]

    @cached_property
    def reworked(self) -> list[DeploymentEvidence]:
        """Those of `succeeded` that are rework (RW1)."""
        return [one for one in self.succeeded if one.rework]

    @cached_property
    def begin(self) -> datetime:
        """When the exposure that the row's rates are of begins (DF2)."""
        return (self.row and self.row.since) or self.since

    @cached_property
    def shipped_by(self) -> dict[DeploymentId | None, list[ChangeEvidence]]:
        """Changes by the deployment that shipped them, the slowest first."""
        found: dict[DeploymentId | None, list[ChangeEvidence]] = {}
        for change in slowest_first(self.changes):
            found.setdefault(change.deployment, []).append(change)
        return found

    @cached_property
    def by_id(self) -> dict[DeploymentId, DeploymentEvidence]:
        """Deployments by their id."""
        return {one.id: one for one in self.deployments}

    @cached_property
    def sources(self) -> frozenset[str]:
        """What the deployments are made from (D8)."""
        return frozenset(one.source for one in self.deployments)

    @cached_property
    def by_name(self) -> dict[str, DeploymentEvidence]:
        """Deployments by their id as text, as reasons name them."""
        return {str(one.id): one for one in self.deployments}

    @cached_property
    def episode_of(self) -> dict[DeploymentId, EpisodeEvidence]:
        """The episode of the window that a failed deployment belongs to, by its id."""
        return {number: one for one in self.episodes for number in one.deployments}

    @cached_property
    def by_success(self) -> dict[datetime | None, DeploymentEvidence]:
        """The deployment that succeeded at an instant, the last where there are several (D7)."""
        return {one.succeeded_at: one for one in self.deployments if one.succeeded_at}


def slowest_first(changes: Iterable[ChangeEvidence]) -> list[ChangeEvidence]:
    """*changes* by lead time, the longest first; what waits by its age."""
    return sorted(changes, key=lambda one: (-(one.lead_time or 0), one.started_at, one.sha))


def find_row_evidence(
    evidence: Evidence,
    rows: Sequence[Row],
    sensitivities: Iterable[Sensitivity],
    makings: Mapping[Key, Making] = NO_MAKINGS,
) -> list[RowEvidence]:
    """The evidence of each row of *rows*, in their order, and for what has evidence but no row."""
    row_of = {_key_of(row): row for row in rows}
    sensitivity_of = {(it.repository, it.environment, it.service): it for it in sensitivities}
    items = (evidence.deployments, evidence.changes, evidence.episodes, evidence.waiting)
    keys = [*row_of, *sorted(_key(one) for part in items for one in part)]
    deployments = _by_key(sorted(evidence.deployments, key=_in_time))
    changes, waiting = _by_key(evidence.changes), _by_key(evidence.waiting)
    episodes = _by_key(evidence.episodes)
    return [
        RowEvidence(
            key,
            evidence.since,
            evidence.until,
            evidence.days,
            evidence.timezone,
            row_of.get(key),
            sensitivity_of.get(key),
            makings.get(key),
            tuple(deployments.get(key, ())),
            tuple(changes.get(key, ())),
            tuple(episodes.get(key, ())),
            tuple(waiting.get(key, ())),
        )
        for key in dict.fromkeys(keys)
    ]


def _in_time(one: DeploymentEvidence) -> tuple[datetime, tuple[Any, ...]]:
    return one.finished_at or one.created_at, _among_equals(one)


def _among_equals(one: DeploymentEvidence) -> tuple[Any, ...]:
    """What orders deployments of one instant: their ids, but merges are in the branch's order."""
    return () if one.source == "merges" else id_order(one.id)


def _key(one: DeploymentEvidence | ChangeEvidence | EpisodeEvidence) -> Key:
    return one.repository, one.environment, one.service


def _key_of(row: Row) -> Key:
    return row.key["repository"], row.key["environment"], row.key.get("service", "")


def _by_key(items: Iterable[Item]) -> dict[Key, list[Item]]:
    found: dict[Key, list[Item]] = {}
    for one in items:
        found.setdefault(_key(one), []).append(one)
    return found
