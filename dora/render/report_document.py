"""A report in; the same numbers for programs out: JSON `dora.report/1` and CSV, nothing rounded."""

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from dora.render import formatting
from dora.report.figures import NUMBERS
from dora.report.model import (
    METRICS,
    SCHEMA,
    Bucket,
    Comparison,
    Coverage,
    Interval,
    Measured,
    Report,
    Row,
    Scope,
    Stages,
)

SKIPPED = ("archived", "empty", "no deployments", "excluded")
DEPLOYMENTS = (
    "in_progress",
    "abandoned",
    "ephemeral",
    "left_out",
    "unknown_commit",
    "baseline",
    "lookback_limit",
)
CHANGES = ("clock_skew", "excluded")
QUICK_CHECK = "quick-check"  #: the benchmark whose scores stand beside levels of null (B4)

FULL_WIDTH = ord("＠") - ord("@")  #: from a sign to its twin of the width of a Han character

KEYS = {
    "repository": ("repository", "environment"),
    "environment": ("environment",),
    "team": ("team",),
    "organization": ("organization",),
}

#: What a spreadsheet takes for the beginning of a formula, in full width too; tabs and line ends,
#: the others it skips, are no longer there by then.
FORMULA = tuple("=+-@") + tuple(chr(ord(sign) + FULL_WIDTH) for sign in "=+-@")

#: Where each number of the CSV stands in a row of the JSON document.
COLUMNS: dict[str, tuple[str | int, ...]] = {one.name: one.path for one in NUMBERS}

#: What tells the parts of a window apart.
PARTS = ("start", "end", "partial")
#: What a comparison adds: the number before, and what became of it.
BEFORE = {
    "deployment_frequency": ("deployment_frequency_previous_per_day", "per_day"),
    "change_lead_time": ("change_lead_time_previous_median_seconds", "median"),
    "change_fail_rate": ("change_fail_rate_previous", "rate"),
    "recovery_time": ("recovery_time_previous_mean_seconds", "mean"),
    "rework_rate": ("rework_rate_previous", "rate"),
}
COMPARED: dict[str, tuple[str | int, ...]] = {
    name: path
    for metric, (column, number) in BEFORE.items()
    for name, path in (
        (column, ("previous", metric, number)),
        (f"{metric}_verdict", ("comparison", metric, "verdict")),
        (f"{metric}_p_value", ("comparison", metric, "p_value")),
        (f"{metric}_adjusted_p_value", ("comparison", metric, "adjusted_p_value")),
    )
}


# -- JSON ---------------------------------------------------------------------------------------


def render_json(report: Report) -> str:
    """Give *report* as JSON text; a number that is none raises ValueError, for it is a bug.

    It is ASCII, so that no name from GitHub can tell a terminal what to do.
    """
    return json.dumps(as_document(report), indent=2, allow_nan=False) + "\n"


def as_document(report: Report) -> dict[str, Any]:
    """Give *report* as the document `dora.report/1`, keys in the contract's order."""
    return {
        "schema": SCHEMA,
        "organization": report.organization,
        "window": {
            "since": instant(report.since),
            "until": instant(report.until),
            "days": report.days,
            "timezone": report.timezone,
        },
        "by": report.by,
        "benchmark": report.benchmark,
        "trend": report.trend,
        "before": report.before
        and {
            "since": instant(report.before.since),
            "until": instant(report.before.until),
            "gone": list(report.before.gone),
        },
        "generated": {
            "at": instant(report.generated_at),
            "version": report.version,
            "configuration": report.configuration,
        },
        "rows": [_row(row, report.benchmark) for row in report.rows],
        "coverage": _coverage(report.coverage),
        **(
            {"teams": {name: list(own) for name, own in report.teams.items()}}
            if report.teams
            else {}
        ),
        **({"scope": scope(report.scope)} if report.scope else {}),
    }


def scope(one: Scope) -> dict[str, list[str] | bool]:
    """Give *one* as it stands in the documents."""
    return {
        name: value if isinstance(value, bool) else list(value) for name, value in vars(one).items()
    }


def instant(moment: datetime) -> str:
    """Give *moment* as ISO 8601 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _row(row: Row, benchmark: str) -> dict[str, Any]:
    has_scores = benchmark == QUICK_CHECK
    return {
        "key": row.key,
        "tier": row.tier,
        **_metrics(row, has_scores=has_scores),
        "waiting": row.waiting and asdict(row.waiting),
        "previous": row.previous and _metrics(row.previous, has_scores=has_scores),
        "comparison": row.comparison and _comparison(row.comparison),
        "trend": [_bucket(one) for one in row.trend],
    }


def _metrics(one: Measured, *, has_scores: bool) -> dict[str, Any]:
    """Give the five metrics; scores are there for the Quick Check alone (B4)."""
    found = {name: _plain(getattr(one, name)) for name in METRICS}
    if not has_scores:
        for metric in found.values():
            metric.pop("score", None)
    return found


def _bucket(one: Bucket) -> dict[str, Any]:
    metrics = _metrics(one, has_scores=False)
    for metric in metrics.values():
        metric.pop("level", None)
    ends = {"start": instant(one.start), "end": instant(one.end), "partial": one.partial}
    return {**ends, **metrics}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    found = {name: asdict(getattr(comparison, name)) for name in METRICS}
    for compared in found.values():
        compared["moved_by"] = [{**one, "at": instant(one["at"])} for one in compared["moved_by"]]
    return found


def _plain(metric: Any) -> dict[str, Any]:
    """Give a metric as a dict, intervals as lists; of long trends there are very many."""
    return {
        name: list(value) if isinstance(value, Interval)
        else dict(vars(value)) if isinstance(value, Stages)
        else value
        for name, value in vars(metric).items()
    }  # fmt: skip


def _coverage(coverage: Coverage) -> dict[str, Any]:
    """Give *coverage* with every count there is, those of nothing as 0."""
    return {
        "repositories": {
            "read": coverage.read,
            "skipped": {**dict.fromkeys(SKIPPED, 0), **coverage.skipped},
            "unreadable": [asdict(it) for it in coverage.unreadable],
            "incomplete": [asdict(it) for it in coverage.incomplete],
        },
        "deployments": {**dict.fromkeys(DEPLOYMENTS, 0), **coverage.deployments},
        "changes": {**dict.fromkeys(CHANGES, 0), **coverage.changes},
        "incidents": {"unattributed": None, **coverage.incidents},
        "gaps": [{"what": what, "reason": reason} for what, reason in coverage.gaps.items()],
        "requests": asdict(coverage.requests),
    }


# -- CSV ----------------------------------------------------------------------------------------


def render_csv(report: Report) -> str:
    """Give *report* as CSV (RFC 4180), one line a row below one of headings.

    With a trend each row's line is followed by one for each part of the window, oldest first:
    `start` and `end` tell them apart, and `partial` is empty for the whole. With a comparison
    there are columns for the window before.

    Headings are the names of the JSON document with the unit at the end; a rate has its metric's
    name, both ends of its 95 % interval are `…_low` and `…_high`, and a signal's name after
    `change_fail_rate_` heads how many of the failed it marked. What cannot be known is empty.
    Names are safe to print, and none is taken for a formula: an apostrophe stands before those
    that look like one.
    """
    names = list(KEYS.get(report.by, ()))
    names += {name: None for row in report.rows for name in row.key if name not in (*names, "tier")}
    columns = COLUMNS | (COMPARED if report.before else {})
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow([*names, "tier", *(PARTS if report.trend else ()), *columns])
    for row in report.rows:
        keys = [safe(text) for text in (*(row.key.get(name, "") for name in names), row.tier)]
        document = _row(row, report.benchmark)
        whole = {"start": instant(report.since), "end": instant(report.until), "partial": None}
        for one in ({**whole, **document}, *document["trend"]):
            part = [_cell(one[name]) for name in PARTS] if report.trend else []
            lines.writerow([*keys, *part, *(_number(one, path) for path in columns.values())])
    return text.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _number(document: dict[str, Any], path: tuple[str | int, ...]) -> Any:
    """Give what stands at *path*; a signal that marked nothing marked none."""
    found = _at(document, path)
    return 0 if found is None and "reasons" in path else found


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    """Give what stands at *path*, None where something on the way is missing."""
    for step in path:
        if document is None:
            return None
        document = document.get(step) if isinstance(document, dict) else document[step]
    return document


def safe(text: str) -> str:
    """Give *text* safe to print and never a formula."""
    text = formatting.plain(text)
    return f"'{text}" if text.startswith(FORMULA) else text
