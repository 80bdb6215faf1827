"""A report in, the rows of `runs`, `coverage`, `metrics`, `trends` and `teams` out."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from dora.publish.database.texts import clean
from dora.report.evidence_stream import Window
from dora.report.figures import OF_PARTS, OF_ROWS, values
from dora.report.model import Report, Row, Scope

EVIDENCE = "evidence"  #: the kind of a run that told evidence
#: A file that does not say where its run looked covers nothing: it takes nothing away.
NOWHERE = Scope((), (), (), ())


def run_of(report: Report) -> dict[str, Any]:
    """The row of `runs` of a report."""
    return {
        "kind": clean(report.by),
        "since": report.window.since,
        "until": report.window.until,
        "days": report.window.days,
        **_of_both(report, report.scope),
        "trend": report.trend,
    }


def run_of_evidence(report: Report, window: Window) -> dict[str, Any]:
    """The row of `runs` of evidence, which is as old as the report that it came with."""
    since, until = window.since, window.until
    if since is None or until is None:
        raise ValueError("the file was not read to its end")
    days = (until - since) / timedelta(days=1)
    given = {"kind": EVIDENCE, "since": since, "until": until, "days": days}
    return {**given, **_of_both(report, window.scope), "trend": None}


def _of_both(report: Report, scope: Scope | None) -> dict[str, Any]:
    return {
        "timezone": clean(report.window.timezone),
        "generated_at": report.generated.at,
        "version": clean(report.generated.version),
        "configuration": clean(report.generated.configuration),
        "benchmark": clean(report.benchmark),
        **_columns(scope or NOWHERE),
    }


def _columns(scope: Scope) -> dict[str, Any]:
    """Where a run looked as columns, and the digest of what it was asked to look at.

    What could not be read is no part of the digest: next time it may be.
    """
    told = {
        name: value if isinstance(value, bool) else json.dumps(value)
        for name, value in asdict(scope).items()
    }
    asked = json.dumps([told[name] for name in sorted(told) if name not in {"unread", "gaps"}])
    everything = scope.repositories == scope.environments == ("*",)
    digest = sha256(asked.encode()).hexdigest()
    return {**told, "scope": f"sha256:{digest}", "is_whole": everything}


def scope_of(run: dict[str, Any]) -> Scope:
    """Where a run looked, from its row."""
    told: dict[str, Any] = {one.name: run[one.name] for one in fields(Scope)}
    read: dict[str, Any] = {
        name: value if isinstance(value, bool) else tuple(json.loads(value))
        for name, value in told.items()
    }
    return Scope(**read)


def coverage_rows(report: Report) -> Iterator[tuple[str, str, float | None, str | None]]:
    """What a report did not see: about, name, amount, reason."""
    coverage = report.coverage
    yield "repositories", "read", coverage.repositories.read, None
    for about, counts in (
        ("skipped", coverage.repositories.skipped),
        ("deployments", coverage.deployments),
        ("changes", coverage.changes),
        ("incidents", coverage.incidents),
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
    """Rows of `metrics` as they are staged."""
    numbers = (*OF_PARTS, *OF_ROWS)
    for row in report.rows:
        yield (
            report.by,
            report.window.since,
            report.window.until,
            *_key(row),
            *values(row, numbers),
        )


def trend_rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """Rows of `trends` as they are staged."""
    zone = ZoneInfo(report.window.timezone)
    for row in report.rows:
        key = _key(row)
        for one in row.trend:
            day = first_day(one.start, report.trend or "day", zone)
            days = (one.end - one.start) / timedelta(days=1)
            yield (report.by, report.trend, day, *key, one.start, one.end, days, one.partial,
                   *values(one, OF_PARTS))  # fmt: skip


def first_day(start: datetime, size: str, zone: ZoneInfo) -> date:
    """First day of the calendar's day, week or month that *start* lies in (T1)."""
    day = start.astimezone(zone).date()
    if size == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if size == "week" else day


def _key(row: Row) -> tuple[str, ...]:
    names = ("repository", "environment", "service", "team")
    return (*(row.key.get(name, "") for name in names), row.tier)
