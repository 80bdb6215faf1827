"""Makes rows of the tables `runs`, `coverage`, `metrics` and `trends` from a report."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from dora.config.window import first_day
from dora.publish.database.schema import PART_FIGURES, PART_FIGURES_LATER, ROW_FIGURES
from dora.publish.database.staging import clean
from dora.report.coverage_model import Scope
from dora.report.evidence_stream import EvidenceHeader
from dora.report.figures import values
from dora.report.later_figures import LATER
from dora.report.model import Report, Row

EVIDENCE = "evidence"  #: the kind of a run that published evidence
#: The scope of a file that has none: it covers nothing, so nothing is removed because of it.
NOWHERE = Scope((), (), (), ())


def run_of(report: Report) -> dict[str, Any]:
    """The row of `runs` for a report."""
    return {
        "kind": clean(report.by),
        "since": report.window.since,
        "until": report.window.until,
        "days": report.window.days,
        **_of_both(report, report.scope),
        "trend": report.trend,
    }


def run_of_evidence(report: Report, header: EvidenceHeader) -> dict[str, Any]:
    """The row of `runs` for evidence, which counts as made when its report was."""
    since, until = header.since, header.until
    if since is None or until is None:
        raise ValueError("the file was not read to its end")
    days = (until - since) / timedelta(days=1)
    given = {"kind": EVIDENCE, "since": since, "until": until, "days": days}
    return {**given, **_of_both(report, header.scope), "trend": None}


def _of_both(report: Report, scope: Scope | None) -> dict[str, Any]:
    """The columns of `runs` that a report and its evidence have alike."""
    return {
        "timezone": clean(report.window.timezone),
        "generated_at": report.generated.at,
        "version": clean(report.generated.version),
        "configuration": clean(report.generated.configuration),
        "benchmark": clean(report.benchmark),
        **_columns(scope or NOWHERE),
    }


def _columns(scope: Scope) -> dict[str, Any]:
    """A scope as columns, with a digest of what the run was asked to look at.

    The digest leaves out what could not be read, because another run may be able to read it.
    """
    columns = {
        name: value if isinstance(value, bool) else json.dumps(value)
        for name, value in asdict(scope).items()
    }
    names = sorted(set(columns) - {"unread", "gaps"})
    asked = json.dumps([columns[name] for name in names])
    is_whole = scope.repositories == scope.environments == ("*",)
    digest = sha256(asked.encode()).hexdigest()
    return {**columns, "scope": f"sha256:{digest}", "is_whole": is_whole}


def scope_of(run: dict[str, Any]) -> Scope:
    """The scope of a run, from its row."""
    columns: dict[str, Any] = {one.name: run[one.name] for one in fields(Scope)}
    read: dict[str, Any] = {
        name: value if isinstance(value, bool) else tuple(json.loads(value))
        for name, value in columns.items()
    }
    return Scope(**read)


def coverage_rows(report: Report) -> Iterator[tuple[str, str, float | None, str | None]]:
    """Rows of what a report did and did not see: about, name, amount, reason."""
    coverage = report.coverage
    yield "repositories", "read", coverage.repositories.read, None
    incidents = asdict(coverage.incidents)
    for name in incidents.pop("not_found"):
        yield "not_found", name, None, "an incident or a setting names it, but there is none"
    for about, counts in (
        ("skipped", coverage.repositories.skipped),
        ("deployments", coverage.deployments),
        ("changes", coverage.changes),
        ("incidents", incidents),
        ("requests", asdict(coverage.requests)),
    ):
        for name, amount in counts.items():
            yield about, name, amount, None
    for about, those in (
        ("unreadable", coverage.repositories.unreadable),
        ("incomplete", coverage.repositories.incomplete),
    ):
        for one in those:
            yield about, one.repository, None, one.reason
    for gap in coverage.gaps:
        yield "gaps", gap.what, None, gap.reason


def metric_rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """One staged row of `metrics` per row of the report."""
    for row in report.rows:
        yield (
            report.by,
            report.window.since,
            report.window.until,
            *_key(row),
            *values(row, ROW_FIGURES),
            row.source,
            *values(row, LATER),
            row.since,
        )


def trend_rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """One staged row of `trends` per row of the report and part of its window.

    Of a part before the row began every figure is null: it is not known to be 0 (DF2).
    """
    zone = ZoneInfo(report.window.timezone)
    for row in report.rows:
        key = _key(row)
        for one in row.trend:
            day = first_day(one.start.astimezone(zone).date(), report.trend or "day")
            days = (one.end - one.start) / timedelta(days=1)
            yield (
                report.by, report.trend, day, *key, one.start, one.end, days, one.partial,
                *values(one, PART_FIGURES), row.source, *values(one, PART_FIGURES_LATER),
            )  # fmt: skip


def _key(row: Row) -> tuple[str, ...]:
    """The columns that name a row; those that its kind does not have are empty."""
    names = ("repository", "environment", "service", "team")
    return (*(row.key.get(name, "") for name in names), row.tier)
