"""A small organization made by hand, in which every signal of a failure is seen once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from dora.analysis.analysis import analyse
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    Organization,
    PullRequest,
    Repository,
    Status,
    Tag,
)
from dora.report.build import report_of
from dora.report.build_evidence import build_evidence
from dora.report.evidence import Evidence
from dora.report.interval_making import find_makings
from dora.report.making import NO_MAKINGS, Key, Making
from dora.report.model import Row
from dora.report.sensitivity import Sensitivity, find_sensitivities
from tests.oracle.settings import TIERS, Settings
from tests.support.oracle_settings import config_for, tables_for

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = {"since": NOW - 30 * DAY, "until": NOW, "tiers": TIERS}


class Explained(NamedTuple):
    """All that an explanation is made from."""

    evidence: Evidence
    rows: list[Row]
    sensitivities: tuple[Sensitivity, ...]
    makings: Mapping[Key, Making] = NO_MAKINGS


def explained(
    organization: Organization,
    asked: Mapping[str, Any] = ASKED,
    settings: Settings | None = None,
) -> Explained:
    """Work out everything there is to explain of *organization*, its rows with a trend by week."""
    tables = tables_for(organization, asked, settings)
    config = config_for(organization, asked, settings)
    analysis = analyse(tables, config)
    rows = report_of(analysis, tables, config.model_copy(update={"trend": "week"})).rows
    evidence = build_evidence(analysis, tables, config)
    sensitivities = find_sensitivities(analysis, config)
    return Explained(evidence, list(rows), sensitivities, find_makings(evidence, rows))


def sha(number: int) -> str:
    """Sha of the commit made by hand with this number."""
    return f"{number:02x}" + "c0ffee" * 6 + "00"


def _commits() -> dict[str, Commit]:
    made = {}
    for number in range(9):
        at = START + number * DAY - 2 * HOUR
        message = f"This reverts commit {sha(2)}." if number == 3 else ""
        parents = (sha(number - 1),) if number else ()
        author = ("ada", "grace")[number % 2]
        made[sha(number)] = Commit(sha(number), parents, at - HOUR, at, message, author)
    return made


def _deployment(number: int, commit: int, day: float, *states: str) -> Deployment:
    """A deployment on a day since START whose statuses come five minutes apart."""
    at = START + day * DAY
    statuses = [
        Status(state, at + timedelta(minutes=5 * (place + 1))) for place, state in enumerate(states)
    ]
    return Deployment(1000 + number, sha(commit), "production", at, tuple(statuses))


def _request(number: int, commit: int, *labels: str) -> PullRequest:
    at = START + commit * DAY - 2 * HOUR
    return PullRequest(
        number, at - HOUR, merged_at=at, closed_at=at, merge_commit_sha=sha(commit),
        head_ref=f"feature-{number}", commits=(sha(commit),), associated=(sha(commit),),
        labels=labels,
    )  # fmt: skip


PATIENT_API = Repository(
    "patient-api",
    1,
    START - 90 * DAY,
    head=sha(8),
    commits=_commits(),
    pull_requests=(_request(1, 1), _request(4, 4, "hotfix"), _request(5, 5, "change-failure")),
    deployments=(
        _deployment(0, 0, 0, "success"),
        _deployment(1, 1, 1, "failure"),
        _deployment(2, 1, 1.125, "error"),
        _deployment(3, 1, 1.25, "success"),
        _deployment(4, 2, 2, "success", "failure"),
        _deployment(5, 3, 3, "success"),  # the revert
        _deployment(6, 4, 4, "success"),  # the hotfix
        _deployment(7, 5, 5, "success"),  # the failure label
        _deployment(8, 4, 5.5, "success"),  # the rollback
        _deployment(9, 6, 6, "success"),  # the tag, the incident
        _deployment(10, 7, 7, "success"),
        _deployment(11, 7, 8),
        _deployment(12, 7, 21.5, "in_progress"),
    ),
    issues=(
        Issue(7, "It burns", START + 6.5 * DAY, None, labels=("incident",)),
        Issue(8, "Again", START + 7.5 * DAY, START + 7.75 * DAY, labels=("incident",)),
    ),
    tags=(Tag("failed/1.0", sha(6)),),
)

ORGANIZATION = Organization("medica-flow", NOW, (PATIENT_API,))


def renamed(name: str) -> Organization:
    """The organization whose environment and tag bear another name."""
    deployments = tuple(replace(one, environment=name) for one in PATIENT_API.deployments)
    repository = replace(PATIENT_API, deployments=deployments)
    return replace(ORGANIZATION, repositories=(repository,))
