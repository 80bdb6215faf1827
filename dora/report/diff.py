"""Finds what differs between two reports, and which deployments made the difference.

Numbers are those of the reports, set side by side. A deployment *moved* a metric when it, or what
is known of it, came since the earlier report. Two reports of a week apart have most of their window
in common, so whether a move is more than chance is not for them to say: a word is that of the later
report's own comparison with the window before (K2).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dora.report.deployment_ids import DeploymentId, own_name
from dora.report.evidence import DeploymentEvidence, Evidence
from dora.report.figures import (
    EPISODE,
    FAILURE,
    METRICS,
    RATE,
    REWORK,
    SHIPMENT,
    SUCCESS,
    Metric,
)
from dora.report.metric_change import MetricChange, NotedContributor
from dora.report.model import BETTER, WORSE, Compared, Contributor, Metrics, Report, Row

Key = tuple[tuple[str, str], ...]
Known = frozenset[tuple[str, DeploymentId]]  #: repository and own name of deployments

#: Below this nothing is called moved: about a tenth of a duration or frequency, two percentage
#: points of a rate.
SMALLEST = 0.1
#: What of a rate is as much as a whole of a duration.
RATE_WEIGHT = 5.0
#: A metric that came, went or changed its level moved as much as a doubling, at least.
LEVEL = math.log(2)


@dataclass(frozen=True)
class ReportDiff:
    """What moved between two reports, most first.

    *failed* are the deployments that are failed now and were not then; *has_evidence* says
    whether contributors are known.
    """

    before: Report
    changed: tuple[MetricChange, ...]
    appeared: tuple[Row, ...]
    gone: tuple[Row, ...]
    failed: tuple[tuple[Row, NotedContributor], ...]
    has_evidence: bool


@dataclass(frozen=True)
class NewContributor(NotedContributor):
    """A deployment that moved a metric since the earlier report."""

    adds: int = 1  #: how much it adds to what the metric counts


def can_compare(before: Report, now: Report) -> str:
    """Why the two cannot be set side by side; empty where they can."""
    if before.organization.casefold() != now.organization.casefold():
        return "it is of another organization"
    if before.by != now.by:
        return f"its rows are by {before.by}, not by {now.by}"
    if before.window.until >= now.window.until:
        return "it is not the earlier one"
    return ""


def compare_reports(
    before: Report, now: Report, evidence: Evidence | None, known: Known | None = None
) -> ReportDiff:
    """What moved from *before* to *now*; *known* are the deployments that had failed by then."""
    old, new = _by_key(before.rows), _by_key(now.rows)
    of_rows = evidence if now.by == "repository" else None
    found = _find_contributors(before.window.until, of_rows, known) if of_rows else {}
    changed = [
        sized
        for key, row in new.items()
        if key in old
        for sized in _changes(old[key], row, found.get(row_identity(row.key), {}))
    ]
    failed = tuple(
        (row, contributor)
        for row in now.rows
        for contributor in found.get(row_identity(row.key), {}).get(FAILURE, ())
    )
    return ReportDiff(
        before=before,
        changed=tuple(change for _, change in sorted(changed, key=lambda sized: -sized[0])),
        appeared=tuple(row for key, row in new.items() if key not in old),
        gone=tuple(row for key, row in old.items() if key not in new),
        failed=failed,
        has_evidence=of_rows is not None,
    )


def failed_of(evidence: Evidence) -> Known:
    """The deployments that are failed by the evidence."""
    return frozenset(_key_of(one) for one in evidence.deployments if one.reasons)


def _key_of(one: DeploymentEvidence) -> tuple[str, DeploymentId]:
    return one.repository, own_name(one.id, one.environment)


#: Behind a rate's event: deployments that moved it by being counted, and not by failing.
OTHERS = ", others"


def _by_key(rows: Iterable[Row]) -> dict[Key, Row]:
    return {tuple(sorted(row.key.items())): row for row in rows}


def row_identity(key: Mapping[str, str]) -> tuple[str, str, str]:
    """What the key of a row and an item of the evidence have in common."""
    name, environment = key.get("repository", ""), key.get("environment", "")
    return name.casefold(), environment.casefold(), key.get("service", "")


def _changes(
    old: Row, new: Row, contributors: Mapping[str, tuple[NewContributor, ...]]
) -> Iterable[tuple[float, MetricChange]]:
    """Each metric of a row that moved enough to be reported, behind how far it moved."""
    before, now = old.metrics, new.metrics
    for name, metric in METRICS.items():
        size, direction = _distance(metric, before, now)
        opened = metric.still_open(now) - metric.still_open(before)
        if opened:
            size, direction = max(size, LEVEL), opened
        if size >= SMALLEST:
            verdict = _verdict(new, metric, direction)
            counted = contributors.get(metric.event, ())
            left = metric.counted(before) + sum(one.adds for one in counted) - metric.counted(now)
            shown = counted or contributors.get(metric.event + OTHERS, ())
            yield size, MetricChange(new, name, verdict, before, shown, max(left, 0))


def _verdict(row: Row, metric: Metric, direction: float) -> str | None:
    """The word of the row's comparison, where the metric moved that way; else None (K2)."""
    if not direction or row.comparison is None:
        return None
    moved = BETTER if (direction > 0) == metric.more_is_better else WORSE
    compared: Compared = getattr(row.comparison, metric.name)
    return moved if compared.verdict == moved else None


def _distance(metric: Metric, old: Metrics, new: Metrics) -> tuple[float, float]:
    """How far a metric moved, and which way: more, less or neither."""
    before, now = metric.value(old), metric.value(new)
    if before is None or now is None:
        return (0.0 if before is now else LEVEL), 0.0
    direction = now - before
    if metric.kind == RATE:
        size = RATE_WEIGHT * abs(direction)
    elif before > 0 and now > 0:
        size = abs(math.log(now / before))
    else:
        size = LEVEL if direction else 0.0
    levels = {metric.level(old), metric.level(new)}
    # Without a level an end of the interval is in another one (B3), and may be there by a hair.
    if len(levels - {None}) > 1:
        size = max(size, LEVEL)
    return size, direction


def _find_contributors(
    since: datetime, evidence: Evidence, known: Known | None
) -> dict[tuple[str, str, str], dict[str, tuple[NewContributor, ...]]]:
    """The deployments that moved each row since the earlier report, by what they were."""
    found: dict[tuple[str, str, str], dict[str, list[NewContributor]]] = {}

    def note(one: DeploymentEvidence, event: str, text: str = "", adds: int = 1) -> None:
        of_row = found.setdefault((one.repository.casefold(), one.environment.casefold(),
                                   one.service), {})  # fmt: skip
        of_row.setdefault(event, []).append(NewContributor(_contributor(one), text, adds))

    shipped: dict[tuple[str, DeploymentId | None, str], int] = {}
    for change in evidence.changes:
        key = (change.repository, change.deployment, change.environment.casefold())
        shipped[key] = shipped.get(key, 0) + 1
    failing = {
        (episode.repository, own_name(number, episode.environment)): (
            "recovered" if episode.ended_at else "still open",
            # the deployments of one episode count as one, and an older episode is not new
            int(number == episode.deployments[0] and episode.began_at >= since),
        )
        for episode in evidence.episodes
        if episode.ended_at is None or episode.ended_at >= since
        for number in episode.deployments
    }
    for one in evidence.deployments:
        if one.succeeded_at is not None and one.succeeded_at >= since:
            note(one, SUCCESS)
            count = shipped.get((one.repository, one.id, one.environment.casefold()), 0)
            if count:
                text = f"{count:,} change{'s' if count != 1 else ''}"
                note(one, SHIPMENT, text, count)
            note(one, *((REWORK,) if one.rework else (REWORK + OTHERS, "no rework")))
        if not one.reasons and one.finished_at is not None and one.finished_at >= since:
            note(one, FAILURE + OTHERS, "did not fail")
        if _is_newly_failed(one, since, known):
            note(one, FAILURE, ", ".join(dict.fromkeys(reason.signal for reason in one.reasons)))
        if _key_of(one) in failing:
            note(one, EPISODE, *failing[_key_of(one)])
    return {
        row: {event: tuple(contributors) for event, contributors in events.items()}
        for row, events in found.items()
    }


def _contributor(one: DeploymentEvidence) -> Contributor:
    at = one.finished_at or one.created_at
    return Contributor("deployment", "now", one.repository, one.environment, one.id, one.url, at)


def _is_newly_failed(one: DeploymentEvidence, since: datetime, known: Known | None) -> bool:
    """Whether a deployment is failed now and was not at the earlier report.

    Where it is not known which had failed by then, what came since decides: that it
    finished, or that a reason began or ended.
    """
    if not one.reasons:
        return False
    if known is not None:
        return _key_of(one) not in known
    moments = [one.finished_at]
    for reason in one.reasons:
        moments += [reason.began_at, reason.ended_at]
    return any(moment >= since for moment in moments if moment is not None)
