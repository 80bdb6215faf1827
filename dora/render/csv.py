"""Renders a report or its evidence as CSV (RFC 4180), with the unrounded figures of the JSON."""

import csv
from io import StringIO
from typing import Any

from dora.render import formatting
from dora.report.evidence import Evidence
from dora.report.evidence_json import as_document
from dora.report.figures import FIRST, METRICS, headline_column, values
from dora.report.later_figures import LATER
from dora.report.model import Report, Row
from dora.report.report_json import instant

FULL_WIDTH = ord("＠") - ord("@")  #: from an ASCII character to its full-width form

KEYS = {
    "repository": ("repository", "environment"),
    "environment": ("environment",),
    "team": ("team",),
    "organization": ("organization",),
}

#: Characters that begin a formula in spreadsheets, in full width too. Tabs and line breaks, which
#: spreadsheets skip, have been replaced by then.
FORMULA = tuple("=+-@") + tuple(chr(ord(sign) + FULL_WIDTH) for sign in "=+-@")

#: Columns that identify a part of the window.
PARTS = ("start", "end", "partial")
#: What a comparison gives for each metric.
JUDGED = ("verdict", "p_value", "adjusted_p_value")

#: Columns of each table of evidence; `service` and `author` are left out if they are not known.
EVIDENCE_COLUMNS = {
    "deployments": (
        "repository", "environment", "service", "id", "url", "sha", "created_at", "succeeded_at",
        "failed_status_at", "outcome", "baseline", "rework", "reasons", "never_live", "unchanged",
        "remark", "source",
    ),
    "changes": (
        "repository", "environment", "service", "sha", "url", "started_at", "shipped_at",
        "deployment", "lead_time", "pull_request", "author",
    ),
    "episodes": (
        "repository", "environment", "service", "began_at", "ended_at", "deployments", "never_live",
    ),
}  # fmt: skip
#: Columns of evidence whose names have a unit in the CSV.
UNITS = {"lead_time": "lead_time_seconds"}


def render_report(report: Report) -> str:
    """Give *report* as CSV (RFC 4180): a line of headings, then a line for each row.

    With a trend, each row's line is followed by one for each part of the window, oldest first, with
    its `start` and `end`; `partial` is empty in the line of the whole window. With a comparison
    there are columns for the window before.

    Headings are the names of the JSON document with the unit at the end. A rate has the name of its
    metric, and the ends of its 95 % interval are `…_low` and `…_high`. The column
    `change_fail_rate_` with the name of a signal counts the failed deployments that it marked.
    `source` says what the deployments were taken from (D8). Behind it are the columns that came
    later, so that none ever changed its place; the last, `since`, is when the row's exposure
    begins, where that is later than the window's (DF2).
    Unknown values are empty. Names are safe to print, and an apostrophe before those that look like
    a formula keeps spreadsheets from running them.
    """
    names = list(KEYS.get(report.by, ()))
    names += {name: None for row in report.rows for name in row.key if name not in (*names, "tier")}
    parts = PARTS if report.trend else ()
    compared = _compared_columns() if report.before else []
    text = StringIO()
    lines = csv.writer(text)
    first, later = ([one.column for one in some] for some in (FIRST, LATER))
    lines.writerow([*names, "tier", *parts, *first, *compared, "source", *later, "since"])
    ends = [instant(report.window.since), instant(report.window.until), None]
    for row in report.rows:
        keys = [safe(text) for text in (*(row.key.get(name, "") for name in names), row.tier)]
        judged = _compared(row) if compared else []
        source, since = safe(row.source), row.since and instant(row.since)
        figures = [*values(row, FIRST), *judged, source, *values(row, LATER)]
        lines.writerow([*keys, *(ends if parts else ()), *figures, since])
        for one in row.trend if parts else ():
            part = [instant(one.start), instant(one.end), str(one.partial).lower()]
            nothing = [None] * len(compared)
            figures = [*values(one, FIRST), *nothing, source, *values(one, LATER)]
            lines.writerow([*keys, *part, *figures, None])
    return text.getvalue()


def _compared_columns() -> list[str]:
    return [
        column
        for name, metric in METRICS.items()
        for column in (
            f"{name}_previous{headline_column(metric).removeprefix(name)}",
            *(f"{name}_{judged}" for judged in JUDGED),
        )
    ]


def _compared(row: Row) -> list[Any]:
    """Give each metric of the window before and its comparison; None if there was none."""
    return [
        value
        for name, metric in METRICS.items()
        for value in (
            metric.value(row.previous) if row.previous else None,
            *(getattr(getattr(row.comparison, name, None), judged, None) for judged in JUDGED),
        )
    ]


def safe(text: str) -> str:
    """Give *text* safe to print, and so that spreadsheets do not take it for a formula."""
    text = formatting.plain(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def render_evidence(evidence: Evidence, table: str, *, with_authors: bool = False) -> str:
    """Give one table of *evidence*, a key of EVIDENCE_COLUMNS, as CSV below its headings.

    Several ids are separated by spaces, several reasons by semicolons; unknown values are empty.
    There is a column `service` if any deployment or change has one. Names are safe to print, and
    spreadsheets do not take them for formulas.
    """
    items: list[dict[str, Any]] = as_document(evidence, with_authors=with_authors)[table]
    left_out = set() if with_authors else {"author"}
    services = {one.service for one in evidence.deployments}
    services |= {one.service for one in evidence.changes}
    if not any(services):
        left_out.add("service")
    columns = [name for name in EVIDENCE_COLUMNS[table] if name not in left_out]
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow([UNITS.get(name, name) for name in columns])
    lines.writerows([_evidence_cell(item.get(name)) for name in columns] for item in items)
    return text.getvalue()


def _evidence_cell(value: Any) -> Any:
    """Give *value* as a cell: safe names, lists as text, unknown values empty."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        reasons = value and isinstance(value[0], dict)
        return safe("; ".join(map(_reason, value)) if reasons else " ".join(map(str, value)))
    return safe(value) if isinstance(value, str) else value


def _reason(reason: dict[str, Any]) -> str:
    """Give a reason of a failure as text."""
    end = f"to {reason['ended_at']}" if reason["ended_at"] else "and still open"
    return f"{reason['signal']} by {reason['by']} from {reason['began_at']} {end}"
