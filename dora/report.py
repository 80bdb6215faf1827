"""Tables in, the finished report out: the same tables give the same report."""

from typing import Any

import pandas as pd

from dora import __version__
from dora.analysis import DEPLOYMENT, Analysis, analyse
from dora.changes import WaitingChanges
from dora.config import Config
from dora.coverage import build_coverage, find_scope
from dora.failures import Failures
from dora.groups import Groups, find_groups, find_teams
from dora.history import History
from dora.metrics import benchmarks
from dora.metrics.change_fail_rate import change_fail_rate, count_reasons
from dora.metrics.change_lead_time import change_lead_time
from dora.metrics.deployment_frequency import deployment_frequency
from dora.metrics.recovery_time import recovery_time
from dora.metrics.rework_rate import rework_rate
from dora.outcomes import Outcomes
from dora.results import (
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Interval,
    RecoveryTime,
    Report,
    ReworkRate,
    Row,
    Stages,
    Waiting,
)
from dora.tables import Tables

QUICK_CHECK = "quick-check"


def build_report(tables: Tables, config: Config) -> Report:
    """The report of *tables* under *config*; no input is changed, nothing else is looked at."""
    return report_of(analyse(tables, config), tables, config)


def report_of(analysis: Analysis, tables: Tables, config: Config) -> Report:
    """The report of what was worked out already."""
    groups = find_groups(analysis.environments, tables, config)
    return Report(
        organization=config.organization,
        since=config.window.since,
        until=config.window.until,
        days=config.window.days,
        timezone=config.window.timezone,
        by=config.by,
        benchmark=config.benchmark,
        generated_at=config.now,
        version=__version__,
        configuration=config.digest,
        rows=_build_rows(groups, analysis, config),
        coverage=build_coverage(tables, analysis, config),
        scope=find_scope(tables, config),
        teams=_teams(analysis, tables, config),
    )


def _teams(analysis: Analysis, tables: Tables, config: Config) -> dict[str, tuple[str, ...]]:
    """Repositories of each team (G2), where rows are by team; nothing else reads the teams."""
    if config.by != "team":
        return {}
    pairs = find_teams(analysis.environments, tables, config).sort_values(["team", "repository"])
    return {str(team): tuple(own) for team, own in pairs.groupby("team")["repository"]}


def _build_rows(groups: Groups, analysis: Analysis, config: Config) -> tuple[Row, ...]:
    """One row a group, in the order of *groups*."""
    changes, failures = analysis.changes, analysis.failures
    window, index = config.window, groups.rows.index
    events = _mark(analysis.outcomes, failures)
    inside = {
        name: groups.grouped(events[_in_window(events[name], config)])
        for name in ("succeeded_at", "finished_at")
    }
    failed = inside["finished_at"].loc[inside["finished_at"]["is_failed"], ["group", *DEPLOYMENT]]
    reasons = count_reasons(failed.merge(failures.reasons, on=DEPLOYMENT))
    counted = changes[~changes["is_excluded"]]
    episodes = failures.episodes[_in_window(failures.episodes["began_at"], config)]
    frames = {
        "frequency": deployment_frequency(inside["succeeded_at"], index, window),
        "lead_time": change_lead_time(groups.grouped(counted), index),
        "fail_rate": change_fail_rate(inside["finished_at"], index),
        "recovery": recovery_time(groups.grouped(episodes), index, pd.Timestamp(window.until)),
        "rework": rework_rate(inside["succeeded_at"], index),
    }
    waits = _waiting(groups, analysis.history, analysis.waiting)
    year = config.benchmark if config.by == "repository" else "none"
    records = {name: made.to_dict("index") for name, made in frames.items()}
    return tuple(
        Row(
            key=key,
            tier=tier,
            deployment_frequency=_frequency(records["frequency"][group], year, config),
            change_lead_time=_lead_time(records["lead_time"][group], year),
            change_fail_rate=_fail_rate(records["fail_rate"][group], reasons.get(group, {}), year),
            recovery_time=_recovery(records["recovery"][group], year),
            rework_rate=_rework(records["rework"][group], year),
            waiting=waits.get(group),
        )
        for group, key, tier in groups.rows.itertuples(name=None)
    )


def _mark(outcomes: Outcomes, failures: Failures) -> pd.DataFrame:
    """Judged deployments with `is_failed`, `is_never_live` (F8) and `is_rework` (RW1)."""
    failed = failures.failed[[*DEPLOYMENT, "only_status"]].assign(is_failed=True)
    rework = failures.rework.assign(is_rework=True)
    events = outcomes.merge(failed, on=DEPLOYMENT, how="left").merge(
        rework, on=DEPLOYMENT, how="left"
    )
    for name in ("is_failed", "is_rework", "only_status"):
        events[name] = events[name].eq(other=True).fillna(value=False).astype("bool")
    events["is_never_live"] = events["only_status"] & events["succeeded_at"].isna()
    return events


def _in_window(instants: pd.Series, config: Config) -> pd.Series:
    return instants.between(config.window.since, config.window.until, inclusive="left")


def _waiting(groups: Groups, history: History, waiting: WaitingChanges) -> dict[int, Waiting]:
    """Waiting work of the groups of which anything can be said (LT8), the oldest of all."""
    known = groups.grouped(history.environments[history.environments["knows_waiting"]])
    ages = groups.grouped(waiting).groupby("group")["age_seconds"].agg(["size", "max"])
    found = {}
    for group in known["group"].unique().tolist():
        count, oldest = ages.loc[group] if group in ages.index else (0, None)
        found[group] = Waiting(int(count), None if oldest is None else float(oldest))
    return found


def _frequency(row: dict[Any, Any], year: str, config: Config) -> DeploymentFrequency:
    deployments, length = int(row["deployments"]), config.window.length
    return DeploymentFrequency(
        deployments=deployments,
        per_day=float(row["per_day"]),
        per_week=float(row["per_week"]),
        active_days=int(row["active_days"]),
        per_day_interval=Interval(float(row["per_day_low"]), float(row["per_day_high"])),
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
        mean=mean,
        median=median,
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
    """A number, or None where it cannot be known."""
    return None if pd.isna(value) else float(value)


def _interval(low: Any, high: Any) -> Interval | None:
    return None if pd.isna(low) else Interval(float(low), float(high))
