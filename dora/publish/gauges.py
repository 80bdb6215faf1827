"""Names the figures of a finished report as gauges with labels, for stores of time series.

What is unknown has no gauge, and no gauge is ever there twice with the same labels.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from dora.publish.encodable import encodable
from dora.report.diff import row_identity
from dora.report.evidence import Evidence
from dora.report.figures import IN_SERIES, METRICS, Metric, values
from dora.report.model import Report, Row

#: What a time is in, and what counts are of.
SECONDS, DEPLOYMENTS, REPOSITORIES = "seconds", "deployments", "repositories"
OLDEST = "How long the oldest open failure had lasted at the report's time."
EXPOSURE = "Length of the time that the deployment frequency is of."
LEVEL = "1 for the level of the better and of the worse end of the 95 % confidence interval."
DAY = 86_400.0  #: seconds
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


def gauges_of(report: Report, evidence: Evidence | None = None) -> Gauges:
    """Every figure of *report*; with *evidence* also how long the oldest open failure lasts."""
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
        began = open_since.get(row_identity(row.key))
        if began is not None:
            age = (report.window.until - began).total_seconds()
            made.append(
                Gauge("recovery_time", "oldest_open_outage_seconds", OLDEST, SECONDS, labels, age)
            )
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


def _of_row(row: Row, labels: Labels) -> Iterator[Gauge]:
    """The gauges of the figures that are known of *row*."""
    for figure, found in zip(IN_SERIES, values(row, IN_SERIES), strict=True):
        number = _known(found)
        if number is not None:
            own = (*labels, figure.label) if figure.label else labels
            yield Gauge(figure.metric, figure.series, figure.help, figure.unit, own, number)
    days = _known(row.metrics.deployment_frequency.exposure_days)
    if days is not None:
        yield Gauge("deployment_frequency", "exposure_seconds", EXPOSURE, SECONDS, labels,
                    days * DAY)  # fmt: skip
    for metric in METRICS.values():
        yield from _levels(metric, row, labels)
    for signal, count in row.metrics.change_fail_rate.reasons.items():
        text = "Failed deployments by what says so; one may have several signals."
        yield Gauge("change_fail_rate", "signal_deployments", text, DEPLOYMENTS,
                    (*labels, ("signal", value(signal))), float(count))  # fmt: skip


def _levels(metric: Metric, row: Row, labels: Labels) -> Iterator[Gauge]:
    """A gauge of 1 for the level of each end of the interval of *metric* (B3)."""
    levels = metric.levels(row.metrics)
    for end, level in zip(("worst", "best"), levels[:1] + levels[-1:], strict=False):
        own = (*labels, ("end", end), ("level", value(level)))
        yield Gauge(metric.name, "level", LEVEL, "", own, 1.0)


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
        yield Gauge(
            "report", "repositories", text, REPOSITORIES, (*own, ("state", state)), float(count)
        )


def _open_since(evidence: Evidence) -> dict[tuple[str, str, str], datetime]:
    """When the oldest open failure of each row began."""
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
