"""Formats each metric of a row as the text of a table's cell."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from dora.render import formatting
from dora.report.figures import DURATION, FACTORS, FREQUENCY, METRICS, RATE, Metric
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    Compared,
    Delivery,
    DeploymentFrequency,
    Metrics,
    RecoveryTime,
    ReportWindow,
    Row,
)

#: The names of the metrics in the order in which people read them: DORA's factors, one by one.
IN_ORDER = tuple(name for names in FACTORS.values() for name in names)
#: Details that stand beside a value wherever it is shown: since when a frequency is one (DF2), what
#: waits (LT12), of fail rates (F8), of recoveries (R4).
BESIDE = ("since", "delivery", "never live", "mean", "longest", "carried in")
REST = {"repository": "environment", "team": "tier", "organization": "tier"}  #: group → its rows


@dataclass(frozen=True)
class Fact:
    """One metric of one row as text: a dash if it is unknown, empty if it does not apply."""

    title: tuple[str, str]  #: of about two words, for a heading of two lines
    value: str  #: the number that is judged
    sample: str = ""  #: the size of the sample behind the value
    levels: tuple[str, ...] = ()  #: the year's level, or the worst and the best one (B3)
    interval: str = ""  #: 95 %
    place: str = ""  #: among the survey's respondents (B5)
    still_open: str = ""  #: how many of the counted have not ended (R4)
    more: dict[str, str] = field(default_factory=dict)  #: details, by kind

    @property
    def level(self) -> str:
        """The year's level in words that are not read as the size of the number; may be empty."""
        return formatting.performer(self.levels)

    @property
    def with_open(self) -> str:
        """The value and what is open: `1.4 h, 2 open`. Without it the worst would look better."""
        return ", ".join(filter(None, (self.value, self.still_open)))

    @property
    def with_interval(self) -> str:
        """The value, its interval in brackets, and what is open: `1.4 h (0.9–4.0 h), 2 open`."""
        known = f"{self.value} ({self.interval})" if self.interval else self.value
        return ", ".join(filter(None, (known, self.still_open)))

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
    still_open = metric.still_open(metrics)
    return Fact(
        metric.title,
        WORDS[metric.kind](value),
        _scored(numbers.score, _sample(metric, numbers)),
        metric.levels(metrics),
        _interval(metric, numbers),
        formatting.place(numbers.place) if numbers.place else "",
        f"{formatting.count(still_open)} open" if still_open else "",
        EXTRAS[name](numbers) if name in EXTRAS else {},
    )


def facts_of(metrics: Metrics) -> tuple[Fact, ...]:
    """Give the five *metrics* as text, in the order in which people read them."""
    return tuple(metric_of(metrics, name) for name in IN_ORDER)


def fact_of(row: Row, name: str, window: ReportWindow) -> Fact:
    """Give one metric of *row* as text, with what only a row knows: since when, and what waits."""
    fact = metric_of(row.metrics, name)
    more = {}
    if name == "deployment_frequency" and row.since is not None:
        more["since"] = f"since {formatting.day(row.since, window.timezone, window.until)}"
    if name == "change_lead_time" and row.delivery is not None:
        more["delivery"] = delivery(row.delivery)
        more["delivery in lines"] = delivery_in_lines(row.delivery)
    known = {kind: text for kind, text in more.items() if text}
    return replace(fact, more={**fact.more, **known}) if known else fact


def facts_of_row(row: Row, window: ReportWindow) -> tuple[Fact, ...]:
    """Give the five metrics of *row* as text, in the order in which people read them."""
    return tuple(fact_of(row, name, window) for name in IN_ORDER)


def delivery(found: Delivery) -> str:
    """Give the time from merge to live with what waits (LT12): `31 h from merge, 7 waiting`.

    Where so many wait that there is no median: `65 of 65 merged wait`. Empty for nothing merged.
    """
    if not found.changes:
        return ""
    if formatting.is_missing(found.median):
        return f"{formatting.of(found.waiting, found.changes)} merged wait"
    waiting = f", {formatting.count(found.waiting)} waiting" if found.waiting else ""
    return f"{formatting.duration(found.median)} from merge{waiting}"


def delivery_in_lines(found: Delivery) -> str:
    """Give the same in two short lines: `from merge` above `31 h, 7 wait`."""
    if not found.changes:
        return ""
    if formatting.is_missing(found.median):
        return f"{formatting.of(found.waiting, found.changes)}\nmerged wait"
    waiting = f", {formatting.count(found.waiting)} wait" if found.waiting else ""
    return f"from merge\n{formatting.duration(found.median)}{waiting}"


def effect_of(compared: Compared, name: str) -> str:
    """Give the effect's 95 % interval of a metric that was compared (K2); empty for none."""
    if METRICS[name].kind == RATE:
        return formatting.difference_interval(compared.difference_interval)
    return formatting.ratio_interval(compared.ratio_interval)


#: The function that formats a headline number, by its kind.
WORDS: dict[str, Callable[[Any], str]] = {
    FREQUENCY: formatting.frequency,
    DURATION: formatting.duration,
    RATE: formatting.percentage,
}


def _interval(metric: Metric, numbers: Any) -> str:
    """Give the headline's 95 % interval; empty where neither end is known."""
    found = getattr(numbers, metric.interval)
    if found is None:
        return ""
    if metric.kind == FREQUENCY:
        return formatting.frequency_interval(numbers.per_day, found)
    is_duration = metric.kind == DURATION
    in_words = formatting.duration_interval if is_duration else formatting.percentage_interval
    return in_words(found).removeprefix(formatting.MISSING)


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
