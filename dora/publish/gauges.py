"""A finished report in, its figures as named gauges with labels out, for stores of time series.

What is unknown has no gauge, and no gauge is ever there twice with the same labels.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from dora.publish.encodable import encodable
from dora.report.diff import place_of
from dora.report.evidence import Evidence
from dora.report.model import Interval, Report, Row

#: What a rate is in, what a time is in, and what counts are of.
RATIO, SECONDS, DEPLOYMENTS, CHANGES = "ratio", "seconds", "deployments", "changes"
OUTAGES, REPOSITORIES = "outages", "repositories"
#: Characters of a label's value; names on GitHub are shorter.
LONGEST = 200
#: Which labels a row may have, in the order in which they are written.
LABELS = ("organization", "team", "repository", "environment", "service", "tier", "by")

Number = float | None
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Gauge:
    """One figure: *of* is what it belongs to, *name* which figure of it, its unit last."""

    of: str
    name: str
    help: str
    unit: str
    labels: Labels
    value: float


@dataclass(frozen=True)
class Gauges:
    """All figures of a report; *doubles* are rows left out, for another has the same labels."""

    gauges: tuple[Gauge, ...]
    doubles: tuple[Labels, ...]


@dataclass(frozen=True)
class _Figure:
    """How a figure is read off a row."""

    of: str
    name: str
    unit: str
    help: str
    read: Callable[[Row], Number]


def gauges_of(report: Report, evidence: Evidence | None = None) -> Gauges:
    """Every figure of *report*; with *evidence* also how long the oldest open outage has lasted."""
    made: list[Gauge] = list(_of_report(report))
    doubles: list[Labels] = []
    seen: set[Labels] = set()
    open_since = _open_since(evidence) if evidence and report.by == "repository" else {}
    for row in report.rows:
        labels = labels_of(report, row)
        if labels in seen:
            doubles.append(labels)
            continue
        seen.add(labels)
        made += _of_row(row, labels)
        began = open_since.get(place_of(row.key))
        if began is not None:
            age = (report.window.until - began).total_seconds()
            made.append(Gauge("recovery_time", "oldest_open_outage_seconds", OLDEST, SECONDS,
                              labels, age))  # fmt: skip
    once = {(one.of, one.name, one.labels): one for one in made}
    return Gauges(tuple(once.values()), tuple(doubles))


def labels_of(report: Report, row: Row) -> Labels:
    """The labels of a row: what its key names, its tier, and what the report is by.

    Reports by team and by repository are about the same deployments: *by* keeps them apart.
    """
    named = {**row.key, "organization": report.organization, "tier": row.tier, "by": report.by}
    return tuple((name, value(named[name])) for name in LABELS if named.get(name))


def value(text: str) -> str:
    """Give *text* as the value of a label: what can be written, and not without an end.

    A text that is cut ends with a digest of it all, so that two of them stay two.
    """
    text = encodable(text)
    if len(text) <= LONGEST:
        return text
    digest = sha256(text.encode()).hexdigest()[:12]
    return f"{text[: LONGEST - len(digest) - 1]}…{digest}"


# -- Figures of a row ---------------------------------------------------------------------------


def _reader(read: Callable[[Row], Interval | None], end: str) -> Callable[[Row], Number]:
    """What reads one end of an interval off a row."""

    def one_end(row: Row) -> Number:
        interval = read(row)
        return None if interval is None else float(getattr(interval, end))

    return one_end


def _interval(
    of: str, name: str, unit: str, what: str, read: Callable[[Row], Interval | None]
) -> Iterator[_Figure]:
    """Both ends of an interval."""
    for end, word in (("low", "Lower"), ("high", "Upper")):
        yield _Figure(
            of,
            "_".join(part for part in (name, end, unit) if part),
            unit,
            f"{word} end of the 95 % confidence interval of {what}.",
            _reader(read, end),
        )


#: What each metric is called, in the order of a report.
FREQUENCY, LEAD_TIME, FAIL_RATE = "deployment_frequency", "change_lead_time", "change_fail_rate"
RECOVERY, REWORK, WAITING = "recovery_time", "rework_rate", "waiting"
OLDEST = "How long the oldest open outage had lasted at the report's time."

FIGURES: tuple[_Figure, ...] = (
    _Figure(FREQUENCY, "deployments", DEPLOYMENTS, "Deployments that succeeded in the window.",
            lambda row: row.metrics.deployment_frequency.deployments),
    _Figure(FREQUENCY, "per_day", "", "Deployments that succeeded, a day of the window.",
            lambda row: row.metrics.deployment_frequency.per_day),
    *_interval(FREQUENCY, "per_day", "", "deployments a day",
               lambda row: row.metrics.deployment_frequency.per_day_interval),
    _Figure(LEAD_TIME, "changes", CHANGES, "Changes shipped in the window.",
            lambda row: row.metrics.change_lead_time.changes),
    _Figure(LEAD_TIME, "median_seconds", SECONDS, "Median lead time of the changes shipped.",
            lambda row: row.metrics.change_lead_time.median),
    *_interval(LEAD_TIME, "median", SECONDS, "the median lead time",
               lambda row: row.metrics.change_lead_time.median_interval),
    _Figure(LEAD_TIME, "mean_seconds", SECONDS, "Mean lead time of the changes shipped.",
            lambda row: row.metrics.change_lead_time.mean),
    _Figure(LEAD_TIME, "p75_seconds", SECONDS, "75th percentile of the lead times.",
            lambda row: row.metrics.change_lead_time.p75),
    _Figure(LEAD_TIME, "p90_seconds", SECONDS, "90th percentile of the lead times.",
            lambda row: row.metrics.change_lead_time.p90),
    _Figure(FAIL_RATE, "deployments", DEPLOYMENTS, "Deployments that finished in the window.",
            lambda row: row.metrics.change_fail_rate.deployments),
    _Figure(FAIL_RATE, "failed_deployments", DEPLOYMENTS, "Of these, those that failed.",
            lambda row: row.metrics.change_fail_rate.failed),
    _Figure(FAIL_RATE, "never_live_deployments", DEPLOYMENTS,
            "Of the failed, those that broke before anything reached the environment.",
            lambda row: row.metrics.change_fail_rate.never_live),
    _Figure(FAIL_RATE, RATIO, RATIO, "Failed of the deployments that finished.",
            lambda row: row.metrics.change_fail_rate.rate),
    *_interval(FAIL_RATE, "", RATIO, "the change fail rate",
               lambda row: row.metrics.change_fail_rate.interval),
    _Figure(RECOVERY, "outages", OUTAGES, "Outages that began in the window.",
            lambda row: row.metrics.recovery_time.episodes),
    _Figure(RECOVERY, "recovered_outages", OUTAGES, "Of these, those that are over.",
            lambda row: row.metrics.recovery_time.recovered),
    _Figure(RECOVERY, "open_outages", OUTAGES, "Of these, those that lasted at the report's time.",
            lambda row: row.metrics.recovery_time.open),
    _Figure(RECOVERY, "mean_seconds", SECONDS, "Mean length of the outages that are over (MTTR).",
            lambda row: row.metrics.recovery_time.mean),
    _Figure(RECOVERY, "median_seconds", SECONDS, "Median length of outages, open ones censored.",
            lambda row: row.metrics.recovery_time.median),
    _Figure(REWORK, "deployments", DEPLOYMENTS, "Deployments that succeeded in the window.",
            lambda row: row.metrics.rework_rate.deployments),
    _Figure(REWORK, "rework_deployments", DEPLOYMENTS, "Of these, unplanned work on a failure.",
            lambda row: row.metrics.rework_rate.rework),
    _Figure(REWORK, RATIO, RATIO, "Rework of the deployments that succeeded.",
            lambda row: row.metrics.rework_rate.rate),
    *_interval(REWORK, "", RATIO, "the rework rate", lambda row: row.metrics.rework_rate.interval),
    _Figure(WAITING, "changes", CHANGES, "Changes that production has not received.",
            lambda row: row.waiting.changes if row.waiting else None),
    _Figure(WAITING, "oldest_seconds", SECONDS, "Age of the oldest change that waits.",
            lambda row: row.waiting.oldest if row.waiting else None),
)  # fmt: skip


def _of_row(row: Row, labels: Labels) -> Iterator[Gauge]:
    for figure in FIGURES:
        number = _known(figure.read(row))
        if number is not None:
            yield Gauge(figure.of, figure.name, figure.help, figure.unit, labels, number)
    stages = row.metrics.change_lead_time.stages
    for stage in ("coding", "review", "delivery"):
        number = _known(getattr(stages, stage))
        if number is not None:
            told = "Median time of a stage of the changes that came by a pull request."
            yield Gauge(LEAD_TIME, "stage_median_seconds", told, SECONDS,
                        (*labels, ("stage", stage)), number)  # fmt: skip
    for signal, count in row.metrics.change_fail_rate.reasons.items():
        told = "Failed deployments by what says so; one may have several signals."
        yield Gauge(FAIL_RATE, "signal_deployments", told, DEPLOYMENTS,
                    (*labels, ("signal", value(signal))), float(count))  # fmt: skip


# -- Figures of the report ----------------------------------------------------------------------


def _of_report(report: Report) -> Iterator[Gauge]:
    """When the report was made and of what, and what it could not see."""
    own = (("organization", value(report.organization)), ("by", report.by))
    told: Iterable[tuple[str, str, str, float]] = (
        ("timestamp_seconds", SECONDS, "End of the report's window, in seconds since 1970.",
         report.window.until.timestamp()),
        ("window_seconds", SECONDS, "Length of the report's window.",
         (report.window.until - report.window.since).total_seconds()),
        ("rows", "", "Rows of the report.", len(report.rows)),
        ("gaps", "", "Parts of the organization that could not be read at all, such as teams.",
         len(report.coverage.gaps)),
    )  # fmt: skip
    for name, unit, text, number in told:
        yield Gauge("report", name, text, unit, own, float(number))
    seen = report.coverage
    states = {
        "read": seen.repositories.read,
        "skipped": sum(seen.repositories.skipped.values()),
        "unreadable": len(seen.repositories.unreadable),
        "incomplete": len(seen.repositories.incomplete),
    }
    for state, count in states.items():
        text = "Repositories by what became of them; those read in part are among the read ones."
        yield Gauge("report", "repositories", text, REPOSITORIES,
                    (*own, ("state", state)), float(count))  # fmt: skip


def _open_since(evidence: Evidence) -> dict[tuple[str, str, str], datetime]:
    """When the oldest outage of each row that lasts began."""
    found: dict[tuple[str, str, str], datetime] = {}
    for one in evidence.episodes:
        if one.ended_at is None:
            where = (one.repository.casefold(), one.environment.casefold(), one.service)
            found[where] = min(found.get(where, one.began_at), one.began_at)
    return found


def _known(number: Number) -> Number:
    """The number as a float; None for one that is unknown, or beyond what a float holds."""
    try:
        found = None if number is None else float(number)
    except OverflowError:
        return None
    return found if found is not None and math.isfinite(found) else None
