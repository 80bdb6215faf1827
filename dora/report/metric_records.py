"""Makes the records of the five metrics from the numbers of one group."""

from datetime import timedelta
from math import isnan
from typing import Any

from dora.metrics import benchmarks
from dora.report.model import (
    QUICK_CHECK,
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Interval,
    Metrics,
    OpenInterval,
    RecoveryTime,
    ReworkRate,
    Stages,
)


def metrics_of(numbers: list[Any], year: str, length: timedelta) -> Metrics:
    """The metrics of one group's *numbers*, with levels and scores by the benchmark *year*."""
    frequency, lead_time, fail_rate, recovery, rework, reasons = numbers
    return Metrics(
        _frequency(frequency, year, length),
        _lead_time(lead_time, year),
        _fail_rate(fail_rate, reasons, year),
        _recovery(recovery, year),
        _rework(rework, year),
    )


def _frequency(row: dict[Any, Any], year: str, length: timedelta) -> DeploymentFrequency:
    deployments = int(row["deployments"])
    return DeploymentFrequency(
        deployments=deployments,
        per_day=float(row["per_day"]),
        per_week=float(row["per_week"]),
        active_days=int(row["active_days"]),
        exposure_days=float(row["exposure_days"]),
        per_day_interval=_interval(row["per_day_low"], row["per_day_high"]),
        level=benchmarks.frequency_level(year, deployments, length),
        score=benchmarks.frequency_score(deployments, length) if year == QUICK_CHECK else None,
    )


def _lead_time(row: dict[Any, Any], year: str) -> ChangeLeadTime:
    changes, median = int(row["changes"]), _number(row["median"])
    return ChangeLeadTime(
        changes=changes,
        median=median,
        mean=_number(row["mean"]),
        p75=_number(row["p75"]),
        p90=_number(row["p90"]),
        median_interval=_interval(row["median_low"], row["median_high"]),
        level=benchmarks.lead_time_level(year, changes, median),
        score=benchmarks.time_score(changes, median) if year == QUICK_CHECK else None,
        stages=Stages(*(_number(row[name]) for name in ("coding", "review", "delivery"))),
    )


def _fail_rate(row: dict[Any, Any], reasons: dict[str, int], year: str) -> ChangeFailRate:
    failed, deployments = int(row["failed"]), int(row["deployments"])
    return ChangeFailRate(
        failed=failed,
        deployments=deployments,
        rate=_number(row["rate"]),
        interval=_interval(row["low"], row["high"]),
        level=benchmarks.fail_rate_level(year, failed, deployments),
        score=benchmarks.share_score(failed, deployments) if year == QUICK_CHECK else None,
        reasons=reasons,
        never_live=int(row["never_live"]),
    )


def _recovery(row: dict[Any, Any], year: str) -> RecoveryTime:
    episodes, mean, median = int(row["episodes"]), _number(row["mean"]), _number(row["median"])
    typical = mean if median is None else median
    return RecoveryTime(
        episodes=episodes,
        recovered=int(row["recovered"]),
        open=int(row["open"]),
        carried_in=int(row["carried_in"]),
        median=median,
        median_interval=_open_interval(row) if row["has_interval"] else None,
        mean=mean,
        longest=_number(row["longest"]),
        level=benchmarks.recovery_level(year, episodes, typical),
        score=benchmarks.time_score(episodes, typical) if year == QUICK_CHECK else None,
    )


def _rework(row: dict[Any, Any], year: str) -> ReworkRate:
    rework, deployments = int(row["rework"]), int(row["deployments"])
    return ReworkRate(
        rework=rework,
        deployments=deployments,
        rate=_number(row["rate"]),
        interval=_interval(row["low"], row["high"]),
        score=benchmarks.share_score(rework, deployments) if year == QUICK_CHECK else None,
    )


def _number(value: Any) -> float | None:
    """*value* as a plain Python number; None if it is missing."""
    return None if isnan(value) else value


def _interval(low: Any, high: Any) -> Interval | None:
    return None if isnan(low) else Interval(low, high)


def _open_interval(row: dict[Any, Any]) -> OpenInterval:
    return OpenInterval(_number(row["median_low"]), _number(row["median_high"]))
