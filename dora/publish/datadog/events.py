"""Makes events of Datadog's DORA Metrics API from evidence: deployments and failures.

Each event has an id, which is the same in every run. Fields and their rules:
https://docs.datadoghq.com/api/latest/dora-metrics/
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from dora.publish.datadog.series import tag
from dora.publish.gauges import value
from dora.report.deployment_ids import DeploymentId, own_name
from dora.report.diff import row_identity
from dora.report.evidence import DeploymentEvidence, EpisodeEvidence, Evidence
from dora.report.model import Report

#: Most characters of an id; an id needs at least 16.
LONGEST_ID = 128
#: Most characters of a text that are shown in an id.
LONGEST_NAME = 60
#: What Datadog takes for a commit: a file may name one by its first digits.
_WHOLE_SHA = re.compile(r"[0-9a-f]{40}")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_.:-]")

Tiers = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class DatadogEvent:
    """One event: what is sent, and when it was; *mark* says whether a deployment failed."""

    id: str
    at: datetime
    attributes: dict[str, Any]
    mark: dict[str, Any] | None = None


@dataclass(frozen=True)
class DatadogEvents:
    """All events, newest first."""

    deployments: tuple[DatadogEvent, ...]
    failures: tuple[DatadogEvent, ...]


def events_of(report: Report, evidence: Evidence) -> DatadogEvents:
    """The events of *evidence*: deployments that succeeded, and failures.

    A deployment that never succeeded, or changed nothing, is not a deployment to Datadog; its
    failure is sent.
    """
    tiers = {row_identity(row.key): row.tier for row in report.rows}
    succeeded = [
        one for one in evidence.deployments if one.succeeded_at is not None and not one.unchanged
    ]
    ends = {(_row_of(one), one.succeeded_at): one for one in succeeded}
    deployments = [_deployment(report.organization, one, tiers, ends) for one in succeeded]
    failures = [
        _failure(report.organization, one, tiers) for one in evidence.episodes if one.deployments
    ]
    return DatadogEvents(_newest_first(deployments), _newest_first(failures))


def _newest_first(events: Iterable[DatadogEvent]) -> tuple[DatadogEvent, ...]:
    return tuple(sorted(events, key=lambda one: (one.at, one.id), reverse=True))


def _deployment(
    organization: str,
    one: DeploymentEvidence,
    tiers: Tiers,
    ends: Mapping[tuple[tuple[str, str, str], datetime | None], DeploymentEvidence],
) -> DatadogEvent:
    """A deployment, from its creation to its first success."""
    finished = one.succeeded_at
    assert finished is not None  # noqa: S101  # only such are given
    is_known = _WHOLE_SHA.fullmatch(one.sha) and one.home
    git = {"git": {"commit_sha": one.sha, "repository_url": one.home}} if is_known else {}
    name = _id("deployment", organization, one, one.id)
    attributes = {
        "id": name,
        "service": value(one.service or one.repository),
        "env": value(one.environment),
        "started_at": _nanoseconds(min(one.created_at, finished)),
        "finished_at": _nanoseconds(finished),
        **git,
        "custom_tags": _tags(organization, one, tiers),
    }
    return DatadogEvent(name, finished, attributes, _mark(organization, one, ends))


def _mark(
    organization: str,
    one: DeploymentEvidence,
    ends: Mapping[tuple[tuple[str, str, str], datetime | None], DeploymentEvidence],
) -> dict[str, Any] | None:
    """That a deployment failed, and which later one fixed it where that is known."""
    if not one.reasons:
        return None
    over = [reason.ended_at for reason in one.reasons]
    last = None if None in over else max(end for end in over if end is not None)
    fixed_by = ends.get((_row_of(one), last)) if last is not None else None
    if fixed_by is None or fixed_by.id == one.id:
        return {"change_failure": True}
    is_rollback = any(reason.signal == "rollback" for reason in one.reasons)
    remediation = {
        "id": _id("deployment", organization, fixed_by, fixed_by.id),
        "type": "rollback" if is_rollback else "rollforward",
    }
    return {"change_failure": True, "remediation": remediation}


def _failure(organization: str, one: EpisodeEvidence, tiers: Tiers) -> DatadogEvent:
    """A failure until its recovery; without its end while it is open.

    Its name says which deployments failed before they went live (F8).
    """
    end = {"finished_at": _nanoseconds(one.ended_at)} if one.ended_at else {}
    what = "failed deployment" if one.never_live else "deployment"
    name = _id("outage", organization, one, one.deployments[0])
    attributes = {
        "id": name,
        "name": value(f"{one.repository} {one.environment}: {what} {one.deployments[0]}"),
        "services": [value(one.service or one.repository)],
        "env": value(one.environment),
        "started_at": _nanoseconds(one.began_at),
        **end,
        "custom_tags": _tags(organization, one, tiers),
    }
    return DatadogEvent(name, one.began_at, attributes)


def _row_of(one: DeploymentEvidence | EpisodeEvidence) -> tuple[str, str, str]:
    return one.repository.casefold(), one.environment.casefold(), one.service


def _tags(organization: str, one: DeploymentEvidence | EpisodeEvidence, tiers: Tiers) -> list[str]:
    named = {
        "organization": organization,
        "repository": one.repository,
        "environment": one.environment,
        "tier": tiers.get(_row_of(one), ""),
    }
    return [tag(name, text) for name, text in named.items() if text]


def _id(
    kind: str, organization: str, of: DeploymentEvidence | EpisodeEvidence, name: DeploymentId
) -> str:
    """An id that the API takes: of at least 16 characters, and at most 128.

    GitHub's number is the only one in all repositories; a text is not, and what the API does not
    take of it is told apart by a digest.
    """
    if isinstance(name, int):
        text = _NOT_IN_IDS.sub("_", f"dora:{kind}:github:{organization}:{name}")
        if len(text) <= LONGEST_ID:
            return text
        return f"dora:{kind}:{sha256(text.encode()).hexdigest()}"
    whole = f"{organization}/{of.repository} {own_name(name, of.environment)}"
    digest = sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
    return f"dora:{kind}:{_NOT_IN_IDS.sub('_', name)[:LONGEST_NAME]}:{digest[:32]}"


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000
