"""Reports and evidence made by hand, and their files, as `dora publish` reads them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dora.report.coverage_model import Coverage, RepositoryCoverage
from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    Evidence,
    FailureReason,
)
from dora.report.model import (
    METRICS,
    UNCLEAR,
    Bucket,
    ChangeFailRate,
    ChangeLeadTime,
    Compared,
    Comparison,
    Delivery,
    DeploymentFrequency,
    Generated,
    Metrics,
    RecoveryTime,
    Report,
    ReportWindow,
    ReworkRate,
    Row,
)
from dora.report.ranges import Interval, LevelRange, OpenInterval, Place
from dora.report.report_json import render_json

HOUR, DAY = 3_600.0, 86_400.0
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)  #: of the week 2026-W48
WEEK = timedelta(days=7)


def row(name: str = "api", environment: str = "production", **numbers: Any) -> Row:
    """A row with the numbers that are given, and dull ones for the rest."""
    given = {
        "deployments": 45, "median": 20 * HOUR, "failed": 3, "finished": 50, "episodes": 3,
        "open": 0, "mean": 2 * HOUR, "rework": 1, "changes": 90, "tier": "production", **numbers,
    }  # fmt: skip
    per_day = given["deployments"] / 90
    finished, failed = given["finished"], given["failed"]
    return Row(
        key={"repository": name, "environment": environment},
        tier=given["tier"],
        metrics=Metrics(
            deployment_frequency=DeploymentFrequency(
                given["deployments"],
                per_day,
                7 * per_day,
                30,
                Interval(per_day / 2, 2 * per_day),
                "high",
            ),
            change_lead_time=ChangeLeadTime(given["changes"], given["median"], level="elite"),
            change_fail_rate=ChangeFailRate(
                failed, finished, failed / finished if finished else None
            ),
            recovery_time=RecoveryTime(
                given["episodes"],
                given["episodes"] - given["open"],
                given["open"],
                median=given["mean"],
                mean=given["mean"],
            ),
            rework_rate=ReworkRate(given["rework"], given["deployments"], given["rework"] / 45),
        ),
    )


def said(row: Row, **verdicts: str) -> Row:
    """*row* with the words of its comparison with the window before, by the metric."""
    words = {name: Compared(verdicts.get(name, UNCLEAR)) for name in METRICS}
    return replace(row, comparison=Comparison(**words))


#: What `judged_row` has, by the columns of tables.
JUDGED = {
    "deployment_frequency_exposure_days": 42.0,
    "recovery_time_median_low_seconds": 1_800.0,
    "deployment_frequency_place_better": 0.227,
    "deployment_frequency_place_at_least_as_good": 0.446,
    "change_lead_time_level_worst": "medium",
    "change_lead_time_level_best": "elite",
    "change_fail_rate_level": "high",
    "recovery_time_place_better": 0.213,
    "recovery_time_place_at_least_as_good": 1.0,
    "delivery_changes": 31,
    "delivery_waiting": 4,
    "delivery_median_seconds": 7_200.0,
}
#: Those of them that parts of a trend have.
JUDGED_PARTS = (
    "deployment_frequency_exposure_days",
    "recovery_time_median_low_seconds",
    "recovery_time_median_high_seconds",
)


def judged_row() -> Row:
    """A row that began in the window, with places, a range of levels, and an unknown part."""
    plain = row()
    metrics = replace(
        plain.metrics,
        deployment_frequency=replace(
            plain.metrics.deployment_frequency,
            level=None,
            exposure_days=42.0,
            place=Place(0.227, 0.446),
        ),
        change_lead_time=replace(
            plain.metrics.change_lead_time, level=None, level_range=LevelRange("medium", "elite")
        ),
        change_fail_rate=replace(plain.metrics.change_fail_rate, level="high"),
        recovery_time=replace(
            plain.metrics.recovery_time,
            median_interval=OpenInterval(0.5 * HOUR, None),
            place=Place(0.213, 1.0),
        ),
    )
    of_part = replace(
        metrics, deployment_frequency=replace(metrics.deployment_frequency, exposure_days=14.0)
    )
    began = MONDAY - timedelta(days=42)
    return replace(
        plain,
        metrics=metrics,
        since=began,
        delivery=Delivery(31, 4, 2 * HOUR),
        trend=(
            Bucket(MONDAY - timedelta(days=90), began, partial=False, metrics=None),
            Bucket(began, began + timedelta(days=14), partial=False, metrics=of_part),
        ),
    )


def judged_report() -> Report:
    """A report of `judged_row` alone, with a trend."""
    return report(judged_row(), trend="month")


def report(
    *rows: Row,
    until: datetime = MONDAY,
    timezone: str = "UTC",
    configuration: str = "sha256:0",
    generated_at: datetime | None = None,
    **more: Any,
) -> Report:
    """A report of ninety days."""
    made = Report(
        organization="acme",
        window=ReportWindow(until - timedelta(days=90), until, 90.0, timezone),
        by="repository",
        benchmark="2023",
        generated=Generated(generated_at or until, "0.1.0", configuration),
        rows=rows,
        coverage=Coverage(RepositoryCoverage(read=len(rows))),
    )
    return replace(made, **more)


def deployment(number: int, at: datetime, *signals: str, **more: Any) -> DeploymentEvidence:
    """A deployment that succeeded at *at*; with *signals* it failed by them."""
    reasons = tuple(FailureReason(one, at, None, "status") for one in signals)
    given = {
        "repository": "api", "environment": "production", "sha": "",
        "created_at": at, "outcome": "success", "baseline": False, "rework": False, **more,
    }  # fmt: skip
    url = f"https://github.com/acme/api/deployments/{number}"
    return DeploymentEvidence(
        **{"id": number, "url": url, "succeeded_at": at, "failed_status_at": None,
           "reasons": reasons, **given}
    )  # fmt: skip


def evidence(
    *deployments: DeploymentEvidence,
    changes: Sequence[ChangeEvidence] = (),
    episodes: Sequence[EpisodeEvidence] = (),
    until: datetime = MONDAY,
) -> Evidence:
    """Evidence of ninety days."""
    start = until - timedelta(days=90)
    return Evidence(
        since=start,
        until=until,
        deployments=deployments,
        changes=tuple(changes),
        episodes=tuple(episodes),
    )


def written(folder: Path, made: Report, name: str = "report.json") -> Path:
    """The report as a file."""
    path = folder / name
    path.write_text(render_json(made), encoding="utf-8")
    return path


def written_evidence(folder: Path, made: Evidence, name: str = "evidence.json") -> Path:
    """The evidence as a file, as `dora explain` writes it."""
    window = {"since": made.since.isoformat(), "until": made.until.isoformat()}
    document = {"schema": "dora.evidence/1", "window": window, **asdict(made)}
    path = folder / name
    path.write_text(json.dumps(document, default=datetime.isoformat), encoding="utf-8")
    return path
