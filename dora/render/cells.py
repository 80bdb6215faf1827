"""Formats each metric of a row as the text of a table's cell."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from dora.render import formatting
from dora.report.figures import DURATION, FREQUENCY, METRICS, RATE, Metric
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    Interval,
    Metrics,
    RecoveryTime,
    Row,
)

#: Details that stand beside a value wherever it is shown: of fail rates (F8), of recoveries (R4).
BESIDE = ("never live", "mean", "longest", "carried in")
REST = {"repository": "environment", "team": "tier", "organization": "tier"}  #: group → its rows


@dataclass(frozen=True)
class Fact:
    """One metric of one row as text: a dash if it is unknown, empty if it does not apply."""

    title: tuple[str, str]  #: of about two words, for a heading of two lines
    value: str
    sample: str = ""  #: the size of the sample behind the value
    level: str | None = None
    interval: str = ""  #: 95 %
    more: dict[str, str] = field(default_factory=dict)  #: details, by kind

    def sample_with(self, kinds: Collection[str]) -> str:
        """Give the sample, and behind it the details of these *kinds*."""
        return ", ".join(
            filter(None, (self.sample, *(self.more[one] for one in kinds if one in self.more)))
        )


def group_and_label(key: dict[str, str]) -> tuple[str, str]:
    """Give the group that a row is shown under (empty for none) and the row's name in it."""
    parts = {name: formatting.plain(value) for name, value in key.items()}
    for group, label in REST.items():
        if group in parts and label in parts:
            service = f" · {parts['service']}" if "service" in parts else ""
            return parts[group], parts[label] + service
    return "", " · ".join(parts.values())


def metric_of(metrics: Metrics, name: str) -> Fact:
    """Give one of *metrics* as text."""
    metric = METRICS[name]
    numbers = metric.of(metrics)
    value = metric.value(metrics)
    interval = metric.interval and getattr(numbers, metric.interval)
    # A time without the open failures would flatter the worst services, so they are shown (R4).
    still_open = metric.still_open(metrics)
    return Fact(
        metric.title,
        WORDS[metric.kind](value) + (f", {formatting.count(still_open)} open" * bool(still_open)),
        _scored(numbers.score, _sample(metric, numbers)),
        metric.level(metrics),
        _interval(metric.kind, value, interval) if interval else "",
        EXTRAS[name](numbers) if name in EXTRAS else {},
    )


def facts_of(metrics: Metrics) -> tuple[Fact, ...]:
    """Give the five *metrics* as text, in the order of the report."""
    return tuple(metric_of(metrics, name) for name in METRICS)


#: The function that formats a headline number, by its kind.
WORDS: dict[str, Callable[[Any], str]] = {
    FREQUENCY: formatting.frequency,
    DURATION: formatting.duration,
    RATE: formatting.percentage,
}


def _interval(kind: str, value: Any, interval: Interval) -> str:
    if kind == FREQUENCY:
        return formatting.frequency_interval(value, interval)
    in_words = formatting.duration_interval if kind == DURATION else formatting.percentage_interval
    return in_words(interval)


def _sample(metric: Metric, numbers: Any) -> str:
    """Give the size of the sample behind the value."""
    number = getattr(numbers, metric.count)
    if metric.total:
        return formatting.of(number, getattr(numbers, metric.total))
    return (
        formatting.counted(number, metric.noun)
        if number or not metric.nothing
        else (metric.nothing)
    )


def _active_days(numbers: DeploymentFrequency) -> dict[str, str]:
    days = numbers.active_days
    return {"days": formatting.counted(days, "active day")} if days else {}


def _spread(numbers: ChangeLeadTime) -> dict[str, str]:
    more = {"p90": f"p90 {formatting.duration(numbers.p90)}"} if numbers.changes else {}
    stages = vars(numbers.stages)
    if any(seconds is not None for seconds in stages.values()):
        more["stages"] = ", ".join(f"{name} {formatting.duration(s)}" for name, s in stages.items())
    return more


def _reasons(numbers: ChangeFailRate) -> dict[str, str]:
    more = {}
    if numbers.never_live:
        more["never live"] = f"{formatting.count(numbers.never_live)} never live"
    if numbers.reasons:
        more["reasons"] = ", ".join(
            f"{formatting.plain(name)} {formatting.count(n)}" for name, n in numbers.reasons.items()
        )
    return more


def _beside_median(numbers: RecoveryTime) -> dict[str, str]:
    """Give mean and longest of the recovered, and what came from before the window (R3, R4)."""
    more = {}
    if numbers.episodes > 1 and not formatting.is_missing(numbers.mean):
        over = f" of {formatting.count(numbers.recovered)}" if numbers.open else ""
        more["mean"] = f"mean {formatting.duration(numbers.mean)}{over}"
    if numbers.recovered > 1 and not formatting.is_missing(numbers.longest):
        more["longest"] = f"longest {formatting.duration(numbers.longest)}"
    if numbers.carried_in:
        more["carried in"] = f"{formatting.count(numbers.carried_in)} from before"
    return more


#: The functions that give further details of a metric.
EXTRAS: dict[str, Callable[[Any], dict[str, str]]] = {
    "deployment_frequency": _active_days,
    "change_lead_time": _spread,
    "change_fail_rate": _reasons,
    "recovery_time": _beside_median,
}


def _scored(score: float | None, sample: str) -> str:
    """Give *sample*, after the Quick Check's score if there is one (B4)."""
    return sample if score is None else f"score {score:.1f}, {sample}"


def waiting_of(row: Row) -> Fact:
    """Give the changes that wait for production as text; empty if the row can have none (LT8)."""
    title = ("Waiting", "changes")
    if row.waiting is None:
        return Fact(title, formatting.MISSING if row.tier == "production" else "")
    if not row.waiting.changes:
        return Fact(title, "none")
    oldest = f"oldest {formatting.duration(row.waiting.oldest)}"
    return Fact(title, formatting.count(row.waiting.changes), oldest)
