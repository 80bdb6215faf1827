"""Makes the records of the five metrics from the numbers of one group."""

from math import isnan
from typing import Any

from dora.report.judging import judge
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Metrics,
    RecoveryTime,
    ReworkRate,
    Stages,
)
from dora.report.ranges import Interval, OpenInterval


def metrics_of(numbers: list[Any], benchmark: str) -> Metrics:
    """The metrics of one group's *numbers*, with what *benchmark* says of them (B1)."""
    frequency, lead_time, fail_rate, recovery, rework, reasons = numbers
    metrics = Metrics(
        _frequency(frequency),
        _lead_time(lead_time),
        _fail_rate(fail_rate, reasons),
        _recovery(recovery),
        _rework(rework),
    )
    return judge(metrics, benchmark)


def _frequency(row: dict[Any, Any]) -> DeploymentFrequency:
    deployments = int(row["deployments"])
    return DeploymentFrequency(
        deployments=deployments,
        per_day=float(row["per_day"]),
        per_week=float(row["per_week"]),
        active_days=int(row["active_days"]),
        exposure_days=float(row["exposure_days"]),
        per_day_interval=_interval(row["per_day_low"], row["per_day_high"]),
    )


def _lead_time(row: dict[Any, Any]) -> ChangeLeadTime:
    changes, median = int(row["changes"]), _number(row["median"])
    return ChangeLeadTime(
        changes=changes,
        median=median,
        mean=_number(row["mean"]),
        p75=_number(row["p75"]),
        p90=_number(row["p90"]),
        median_interval=_interval(row["median_low"], row["median_high"]),
        stages=Stages(*(_number(row[name]) for name in ("coding", "review", "delivery"))),
    )


def _fail_rate(row: dict[Any, Any], reasons: dict[str, int]) -> ChangeFailRate:
    failed, deployments = int(row["failed"]), int(row["deployments"])
    return ChangeFailRate(
        failed=failed,
        deployments=deployments,
        rate=_number(row["rate"]),
        interval=_interval(row["low"], row["high"]),
        reasons=reasons,
        never_live=int(row["never_live"]),
    )


def _recovery(row: dict[Any, Any]) -> RecoveryTime:
    episodes, mean, median = int(row["episodes"]), _number(row["mean"]), _number(row["median"])
    return RecoveryTime(
        episodes=episodes,
        recovered=int(row["recovered"]),
        open=int(row["open"]),
        carried_in=int(row["carried_in"]),
        median=median,
        median_interval=_open_interval(row) if row["has_interval"] else None,
        mean=mean,
        longest=_number(row["longest"]),
    )


def _rework(row: dict[Any, Any]) -> ReworkRate:
    rework, deployments = int(row["rework"]), int(row["deployments"])
    return ReworkRate(
        rework=rework,
        deployments=deployments,
        rate=_number(row["rate"]),
        interval=_interval(row["low"], row["high"]),
    )


def _number(value: Any) -> float | None:
    """*value* as a plain Python number; None if it is missing."""
    return None if isnan(value) else value


def _interval(low: Any, high: Any) -> Interval | None:
    return None if isnan(low) else Interval(low, high)


def _open_interval(row: dict[Any, Any]) -> OpenInterval:
    return OpenInterval(_number(row["median_low"]), _number(row["median_high"]))
