"""A row of the report in; what the table for people say about it out, in words, cell by cell."""

from dataclasses import dataclass, field

from dora.render import formatting
from dora.report.model import Metrics, Row

#: The metrics, by the names of the JSON document, in the order of the report.
TITLES = {
    "deployment_frequency": "Deployment frequency",
    "change_lead_time": "Change lead time",
    "change_fail_rate": "Change fail rate",
    "recovery_time": "Recovery time",
    "rework_rate": "Rework rate",
}
REST = {"repository": "environment", "team": "tier", "organization": "tier"}  #: group → its rows


@dataclass(frozen=True)
class Fact:
    """One metric of one row in words; what is unknown is a dash, what does not apply is empty."""

    title: tuple[str, str]  #: of two words or so, for a heading of two lines
    value: str
    sample: str = ""  #: how much the value rests on
    level: str | None = None
    interval: str = ""  #: 95 %
    more: dict[str, str] = field(default_factory=dict)  #: by kind: what to add where there is room


def group_and_label(key: dict[str, str]) -> tuple[str, str]:
    """Give a row's name as the group it stands under (empty for none) and its own name in it."""
    parts = {name: formatting.plain(value) for name, value in key.items()}
    for group, label in REST.items():
        if group in parts and label in parts:
            service = f" · {parts['service']}" if "service" in parts else ""
            return parts[group], parts[label] + service
    return "", " · ".join(parts.values())


def metric_of(metrics: Metrics, metric: str) -> Fact:
    """Give one of *metrics* in words."""
    return dict(zip(TITLES, facts_of(metrics), strict=True))[metric]


def facts_of(metrics: Metrics) -> tuple[Fact, ...]:
    """Give the five *metrics* in words, in the order of the report."""
    return (
        _deployment_frequency(metrics),
        _change_lead_time(metrics),
        _change_fail_rate(metrics),
        _recovery_time(metrics),
        _rework_rate(metrics),
    )


def _deployment_frequency(metrics: Metrics) -> Fact:
    metric = metrics.deployment_frequency
    return Fact(
        ("Deployment", "frequency"),
        formatting.frequency(metric.per_day),
        _scored(metric.score, formatting.counted(metric.deployments, "time")),
        metric.level,
        formatting.frequency_interval(metric.per_day, metric.per_day_interval),
        {"days": formatting.counted(metric.active_days, "active day")}
        if metric.active_days
        else {},
    )


def _change_lead_time(metrics: Metrics) -> Fact:
    metric = metrics.change_lead_time
    more = {}
    if metric.changes:
        more["p90"] = f"p90 {formatting.duration(metric.p90)}"
    stages = {
        "coding": metric.stages.coding,
        "review": metric.stages.review,
        "delivery": metric.stages.delivery,
    }
    if any(seconds is not None for seconds in stages.values()):
        more["stages"] = ", ".join(f"{name} {formatting.duration(s)}" for name, s in stages.items())
    return Fact(
        ("Change", "lead time"),
        formatting.duration(metric.median),
        _scored(
            metric.score,
            formatting.counted(metric.changes, "change") if metric.changes else "no changes",
        ),
        metric.level,
        formatting.duration_interval(metric.median_interval) if metric.median_interval else "",
        more,
    )


def _change_fail_rate(metrics: Metrics) -> Fact:
    metric = metrics.change_fail_rate
    more = {}
    if metric.never_live:
        more["never live"] = f"{formatting.count(metric.never_live)} never live"
    if metric.reasons:
        reasons = (
            f"{formatting.plain(name)} {formatting.count(n)}" for name, n in metric.reasons.items()
        )
        more["reasons"] = ", ".join(reasons)
    return Fact(
        ("Change", "fail rate"),
        formatting.percentage(metric.rate),
        _scored(metric.score, formatting.of(metric.failed, metric.deployments)),
        metric.level,
        formatting.percentage_interval(metric.interval) if metric.interval else "",
        more,
    )


def _recovery_time(metrics: Metrics) -> Fact:
    metric = metrics.recovery_time
    more = {}
    if not formatting.is_missing(metric.median):
        more["median"] = f"median {formatting.duration(metric.median)}"
    # Dropping open outages would flatter the worst services: never the mean without them (R4).
    still_open = f", {formatting.count(metric.open)} open" if metric.open else ""
    return Fact(
        ("Recovery", "time"),
        formatting.duration(metric.mean) + still_open,
        _scored(
            metric.score,
            formatting.counted(metric.episodes, "outage") if metric.episodes else "no outages",
        ),
        metric.level,
        more=more,
    )


def _rework_rate(metrics: Metrics) -> Fact:
    metric = metrics.rework_rate
    return Fact(
        ("Rework", "rate"),
        formatting.percentage(metric.rate),
        _scored(metric.score, formatting.of(metric.rework, metric.deployments)),
        interval=formatting.percentage_interval(metric.interval) if metric.interval else "",
    )


def _scored(score: float | None, sample: str) -> str:
    """Give *sample* with the Quick Check's score before it, where there is one (B4)."""
    return sample if score is None else f"score {score:.1f}, {sample}"


def waiting_of(row: Row) -> Fact:
    """Give what waits for production in words; empty where no work can wait for the row (LT8)."""
    title = ("Waiting", "changes")
    if row.waiting is None:
        return Fact(title, formatting.MISSING if row.tier == "production" else "")
    if not row.waiting.changes:
        return Fact(title, "none")
    oldest = f"oldest {formatting.duration(row.waiting.oldest)}"
    return Fact(title, formatting.count(row.waiting.changes), oldest)
