"""What is sent to the stand-in for Datadog, and how: tools of the tests here."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dora.publish.datadog.series import tag
from dora.report.evidence import DeploymentEvidence, EpisodeEvidence, Evidence, FailureReason
from dora.report.model import Report
from tests.support.command import dora
from tests.support.expected_series import wanted
from tests.support.published_files import (
    deployment,
    evidence,
    report,
    row,
    written,
    written_evidence,
)
from tests.support.reports import USUAL, in_window
from tests.support.servers.datadog import API_KEY, APP_KEY, Datadog

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHA = "0123456789abcdef0123456789abcdef01234567"
RECENT = in_window(USUAL, since=NOW - HOUR / 12 - 90 * DAY, until=NOW - HOUR / 12)


def made_evidence(
    *deployments: DeploymentEvidence, episodes: tuple[EpisodeEvidence, ...] = ()
) -> Evidence:
    return evidence(*deployments, episodes=episodes, until=NOW)


def made_report(*names: str) -> Report:
    return report(*[row(name) for name in names or ("api",)], until=NOW)


def send(
    server: Datadog,
    folder: Path,
    made: Report,
    proof: Evidence | None = None,
    *options: str,
    **variables: Any,
) -> subprocess.CompletedProcess[str]:
    """Publish to the stand-in, and expect no word of a key."""
    more = ["--evidence", str(written_evidence(folder, proof))] if proof else []
    given: dict[str, Any] = {"DD_API_KEY": API_KEY, "DATADOG_HOST": server.url, **variables}
    done = dora("publish", "datadog", written(folder, made), *more, *options,
                folder=folder, **given)  # fmt: skip
    for key in (API_KEY, APP_KEY):
        assert key not in done.stdout + done.stderr
    return done


def nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9


def expected_series(made: Report, at: datetime) -> dict[tuple[str, frozenset[str], int], float]:
    """Every series of a report, from what a Prometheus must have of it."""
    families = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time",
                "rework_rate", "waiting", "delivery")  # fmt: skip
    found = {}
    for (name, labels), number in wanted(made).items():
        short = name.removeprefix("dora_").removeprefix("report_")
        for family in families:
            if short.startswith(f"{family}_"):
                short = f"{family}.{short.removeprefix(f'{family}_')}"
        tags = frozenset(tag(*label) for label in labels)
        found[f"dora_report.{short}", tags, int(at.timestamp())] = number
    return found


def usual_evidence() -> Evidence:
    """A deployment, one that failed and was rolled back, and one that never was live."""
    first = deployment(1, NOW - 3 * DAY, sha=SHA, created_at=NOW - 3 * DAY - HOUR)
    second = replace(
        deployment(2, NOW - 2 * DAY, sha=SHA),
        reasons=(FailureReason("rollback", NOW - 2 * DAY, NOW - DAY, "3"),),
    )
    third = deployment(3, NOW - DAY)
    broken = replace(deployment(4, NOW, "status"), succeeded_at=None, failed_status_at=NOW - HOUR)
    episodes = (
        EpisodeEvidence("api", "production", NOW - 2 * DAY, NOW - DAY, (2,)),
        EpisodeEvidence("api", "production", NOW - HOUR, None, (4,), never_live=True),
    )
    return made_evidence(first, second, third, broken, episodes=episodes)
