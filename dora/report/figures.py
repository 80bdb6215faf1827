"""Catalogues the five metrics, and every figure of a row that any output shows.

Every output takes from here what a metric or a figure is called, what it means, which direction is
better and where it is in a row: CSV and databases (`column`), time series databases (`series`), the
comparison of two windows, the diff of two reports, and all text for people. A new figure is one
entry of `LATER`; a new metric is one entry of `METRICS` with its figures.
"""

from dataclasses import dataclass
from typing import Any

from dora.report.figure import (
    COUNT,
    DELIVERY,
    NUMBER,
    TEXT,
    WAITING,
    Figure,
    ends_of,
    figures_of,
)
from dora.report.later_figures import LATER
from dora.report.model import SIGNALS, Bucket, Metrics, Row

#: Kinds of a metric's headline number: a number per day, seconds, a fraction of 1.
FREQUENCY, DURATION, RATE = "frequency", "duration", "rate"
#: The events that metrics count.
SUCCESS, SHIPMENT, FAILURE, EPISODE, REWORK = (
    "success", "shipment", "failure", "episode", "rework"
)  # fmt: skip


# -- Metrics ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Metric:
    """One of the five metrics; *headline*, *count* … are fields of its record in `Metrics`."""

    name: str  #: as in the contract
    title: tuple[str, str]  #: for a heading of two lines
    kind: str  #: what the headline is: FREQUENCY, DURATION or RATE
    headline: str
    count: str  #: field with the number of events counted
    event: str  #: kind of the events counted
    brief: tuple[str, ...]  #: fields that next week's post compares with
    interval: str  #: field with the headline's 95 % interval
    total: str = ""  #: of a rate: field with the total that *count* is part of
    unfinished: str = ""  #: field with how many of *count* have not ended
    more_is_better: bool = False
    noun: str = ""  #: what *count* counts, for a metric that is not a rate
    nothing: str = ""  #: text for a *count* of 0, if not the noun with 0
    #: Noun of the events that leave the window, singular and plural.
    leaving: tuple[str, str] = ("", "")

    @property
    def heading(self) -> str:
        """The title in one line."""
        return " ".join(self.title)

    def of(self, metrics: Metrics) -> Any:
        """The record of this metric."""
        return getattr(metrics, self.name)

    def value(self, metrics: Metrics) -> float | None:
        """The headline number of this metric."""
        found: float | None = getattr(self.of(metrics), self.headline)
        return found

    def interval_of(self, metrics: Metrics) -> Any:
        """The 95 % interval of what is judged; None if there is too little for one."""
        return getattr(self.of(metrics), self.interval)

    def counted(self, metrics: Metrics) -> int:
        """The number of events that this metric counts."""
        found: int = getattr(self.of(metrics), self.count)
        return found

    def level(self, metrics: Metrics) -> str | None:
        """The benchmark's level; None if there is none, or the benchmark has no levels (B1)."""
        return getattr(self.of(metrics), "level", None)

    def levels(self, metrics: Metrics) -> tuple[str, ...]:
        """The level, or those of the worse and the better end of the interval (B3), if any."""
        level, ends = (getattr(self.of(metrics), one, None) for one in ("level", "level_range"))
        return (level,) if level else tuple(ends or ())

    def still_open(self, metrics: Metrics) -> int:
        """How many of the counted events have not ended; 0 for events without a duration."""
        return getattr(self.of(metrics), self.unfinished) if self.unfinished else 0


#: In the order of every output, by their names in the contract.
METRICS: dict[str, Metric] = {one.name: one for one in (
    Metric(
        "deployment_frequency", ("Deployment", "frequency"), FREQUENCY, headline="per_day",
        count="deployments", event=SUCCESS, brief=("deployments", "per_day", "level"),
        interval="per_day_interval", more_is_better=True, noun="time",
        leaving=("older one", "older ones"),
    ),
    Metric(
        "change_lead_time", ("Change", "lead time"), DURATION, headline="median",
        count="changes", event=SHIPMENT, brief=("changes", "median", "level"),
        interval="median_interval", noun="change", nothing="no changes",
        leaving=("older change", "older changes"),
    ),
    Metric(
        "change_fail_rate", ("Change", "fail rate"), RATE, headline="rate",
        count="failed", event=FAILURE, brief=("failed", "deployments", "rate", "level"),
        interval="interval", total="deployments",
        leaving=("older failed one", "older failed ones"),
    ),
    Metric(
        "recovery_time", ("Recovery", "time"), DURATION, headline="median",
        count="episodes", event=EPISODE,
        brief=("episodes", "recovered", "open", "median", "mean", "level"),
        interval="median_interval", unfinished="open", noun="failure", nothing="no failures",
        leaving=("older failure", "older failures"),
    ),
    Metric(
        "rework_rate", ("Rework", "rate"), RATE, headline="rate",
        count="rework", event=REWORK, brief=("rework", "deployments", "rate"),
        interval="interval", total="deployments", leaving=("older rework", "older rework"),
    ),
)}  # fmt: skip

#: DORA's two factors with the metrics of each, in the order of everything that people read.
FACTORS = {
    "throughput": ("deployment_frequency", "change_lead_time", "recovery_time"),
    "instability": ("change_fail_rate", "rework_rate"),
}


def count_events(metrics: Metrics) -> dict[str, int]:
    """The number of events of each kind that *metrics* count."""
    return {one.event: one.counted(metrics) for one in METRICS.values()}


# -- Figures ------------------------------------------------------------------------------------


_STAGE = "Median time of a stage of the changes that came by a pull request."

#: The first columns of `dora report --format csv`, in their order.
FIRST: tuple[Figure, ...] = (
    *figures_of(
        "deployment_frequency",
        ("deployments", COUNT, "successful deployments (DF1)", "deployments",
         "deployments", "Deployments that succeeded in the window."),
        ("per_day", NUMBER, "of them a day (DF2)", "per_day",
         "per_day", "Deployments that succeeded, per day since the row began, or of the window."),
        ("per_week", NUMBER, "of them a week (DF2)", "per_week"),
        ("active_days", COUNT, "calendar days with at least one (DF2)", "active_days"),
        *ends_of("per_day", "95 % interval of `per_day` (DF3)", "per_day_interval",
               "deployments a day"),
        ("level", TEXT, "level of the benchmark (B1)", "level"),
    ),
    *figures_of(
        "change_lead_time",
        ("changes", COUNT, "changes shipped (LT6)", "changes",
         "changes", "Changes shipped in the window."),
        ("median_seconds", NUMBER, "median lead time (LT6)", "median",
         "median_seconds", "Median lead time of the changes shipped."),
        ("mean_seconds", NUMBER, "mean lead time", "mean",
         "mean_seconds", "Mean lead time of the changes shipped."),
        ("p75_seconds", NUMBER, "three in four are not longer", "p75",
         "p75_seconds", "75th percentile of the lead times."),
        ("p90_seconds", NUMBER, "nine in ten are not longer", "p90",
         "p90_seconds", "90th percentile of the lead times."),
        *ends_of("median", "95 % interval of the median", "median_interval",
               "the median lead time", "seconds"),
        ("level", TEXT, "likewise", "level"),
        ("coding_seconds", NUMBER, "median from start to request (LT7)", ("stages", "coding"),
         "stage_median_seconds", _STAGE, ("stage", "coding")),
        ("review_seconds", NUMBER, "median from request to merge (LT7)", ("stages", "review"),
         "stage_median_seconds", _STAGE, ("stage", "review")),
        ("delivery_seconds", NUMBER, "median from merge to live (LT7)", ("stages", "delivery"),
         "stage_median_seconds", _STAGE, ("stage", "delivery")),
    ),
    *figures_of(
        "change_fail_rate",
        ("failed", COUNT, "failed deployments (F9)", "failed",
         "failed_deployments", "Of these, those that failed."),
        ("deployments", COUNT, "finished deployments (F9)", "deployments",
         "deployments", "Deployments that finished in the window."),
        ("", NUMBER, "failed ÷ finished, a fraction of 1 (F9)", "rate",
         "ratio", "Failed of the deployments that finished."),
        *ends_of("", "95 % interval of the rate", "interval", "the change fail rate", "ratio"),
        ("level", TEXT, "likewise", "level"),
        *((name, COUNT, f"of the failed, those that the signal `{name}` marked",
           ("reasons", name)) for name in SIGNALS),
        ("never_live", COUNT, "of the failed, those that never were live (F8)", "never_live",
         "never_live_deployments",
         "Of the failed, those that broke before anything reached the environment."),
    ),
    *figures_of(
        "recovery_time",
        ("episodes", COUNT, "failures that began, several in a row as one (R3)", "episodes",
         "outages", "Failures that began in the window, several in a row as one."),
        ("recovered", COUNT, "of them, those that recovered", "recovered",
         "recovered_outages", "Of these, those that recovered."),
        ("open", COUNT, "of them, those that had not recovered", "open",
         "open_outages", "Of these, those that had not recovered by the report's time."),
        ("mean_seconds", NUMBER, "mean of those that recovered, MTTR (R4)", "mean",
         "mean_seconds", "Mean time to recovery of the failures that recovered (MTTR)."),
        ("median_seconds", NUMBER, "median time to recovery by Kaplan–Meier (R4)", "median",
         "median_seconds", "Median time to recovery, open failures counted as lasting on."),
        ("carried_in", COUNT, "failures from before the window that were open when it began (R3)",
         "carried_in", "carried_in_outages",
         "Failures that began before the window and had not recovered when it began."),
        ("longest_seconds", NUMBER, "the longest of those that recovered (R4)", "longest",
         "longest_seconds", "Longest time to recovery of the failures that recovered."),
        ("level", TEXT, "likewise", "level"),
    ),
    *figures_of(
        "rework_rate",
        ("rework", COUNT, "deployments that were rework (RW1)", "rework",
         "rework_deployments", "Of these, unplanned work on a failure."),
        ("deployments", COUNT, "successful deployments", "deployments",
         "deployments", "Deployments that succeeded in the window."),
        ("", NUMBER, "rework ÷ successful, a fraction of 1 (RW1)", "rate",
         "ratio", "Rework of the deployments that succeeded."),
        *ends_of("", "95 % interval of the rate", "interval", "the rework rate", "ratio"),
    ),
    *figures_of(
        "waiting",
        ("changes", COUNT, "changes that production has not received (LT8)", "changes",
         "changes", "Changes that production has not received."),
        ("oldest_seconds", NUMBER, "age of the oldest of them (LT8)", "oldest",
         "oldest_seconds", "Age of the oldest change that waits."),
    ),
)  # fmt: skip
#: Every figure; new ones are added to `LATER`.
FIGURES = (*FIRST, *LATER)


def _reading_order(figure: Figure) -> tuple[bool, int, int]:
    """The sort key of *figure* in its series: counts, then the headline with its interval.

    A rate's total comes before its part, because the part's description begins with `Of these`.
    """
    metric, field = METRICS.get(figure.metric), figure.path[-1]
    order = [*METRICS, WAITING, DELIVERY].index(figure.metric)
    if figure.kind == COUNT:
        return figure.label is not None, order, int(not metric or field != metric.total)
    if metric and field == metric.headline:
        return figure.label is not None, order, 2
    return figure.label is not None, order, 3 if isinstance(field, int) else 4


#: The figures of a row in time series databases, in their order. The numbers of failures by signal
#: are there too, for the signals that the report has.
IN_SERIES = tuple(sorted((one for one in FIGURES if one.series), key=_reading_order))


def values(of: Row | Bucket, figures: tuple[Figure, ...]) -> list[Any]:
    """The *figures* of a row or bucket; 0 for a signal that marked no deployment."""
    is_part = isinstance(of, Bucket)
    return [None if is_part and one.is_of_rows else _at(of, one.path) for one in figures]


def headline_column(metric: Metric) -> str:
    """The column of the headline number of *metric*."""
    path = ("metrics", metric.name, metric.headline)
    return next(one.column for one in FIGURES if one.path == path)


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if value is None:
            return None
        if isinstance(value, dict):
            value = value.get(step, 0)
        else:
            value = value[step] if isinstance(step, int) else getattr(value, step)
    return value
