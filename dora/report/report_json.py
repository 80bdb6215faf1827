"""Writes and reads the JSON of `dora report`, contract `dora.report/1`.

The records of `dora.report.model` have the shape of the contract, with three differences that are
handled only here: the five metrics of a row and of a bucket are keys of their own; scores are only
written for the Quick Check (B4), and a bucket has no levels; and missing counts are written as 0.
"""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter, ValidationError

from dora.errors import CannotRead
from dora.report.coverage_model import SKIP_REASONS, Scope
from dora.report.json_file import read_json, refuse
from dora.report.model import METRICS, QUICK_CHECK, SCHEMA, Report

#: The counts that every coverage has, in the contract's order, with their default values.
COUNTS: dict[str, dict[str, int | None]] = {
    "deployments": dict.fromkeys(
        (
            "in_progress",
            "abandoned",
            "not_started",
            "unchanged",
            "ephemeral",
            "left_out",
            "unknown_commit",
            "baseline",
            "began_in_window",
            "lookback_limit",
        ),
        0,
    ),
    "changes": {"clock_skew": 0, "excluded": 0},
}
#: Keys that every version of the document has: without one of them it is not a report.
REQUIRED = ("coverage", "window", "generated", "organization", "by", "benchmark", "rows")
ADVICE = "Make one with `dora report --output report.json`."


# -- Writing ------------------------------------------------------------------------------------


def render_json(report: Report) -> str:
    """Give *report* as JSON text; raises ValueError for NaN and infinity, which are a bug.

    The text is ASCII, so that no name from GitHub can control a terminal.
    """
    return json.dumps(as_document(report), indent=2, allow_nan=False) + "\n"


def as_document(report: Report) -> dict[str, Any]:
    """Give *report* as the document `dora.report/1`, keys in the contract's order."""
    document = {"schema": SCHEMA, **_adapter().dump_python(report)}
    has_scores = report.benchmark == QUICK_CHECK
    document["rows"] = [_row(row, has_scores=has_scores) for row in document["rows"]]
    coverage = document["coverage"]
    repositories = coverage["repositories"]
    repositories["skipped"] = {**dict.fromkeys(SKIP_REASONS, 0), **repositories["skipped"]}
    for name, nothing in COUNTS.items():
        coverage[name] = {**nothing, **coverage[name]}
    for name in ("teams", "scope", "lacks_sources", "no_rows"):
        if not document[name]:
            del document[name]
    plain: dict[str, Any] = _plain(document)
    return plain


def instant(moment: datetime) -> str:
    """Give *moment* as ISO 8601 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def scope_document(scope: Scope) -> dict[str, list[str] | bool]:
    """Give *scope* as in the documents of reports and evidence."""
    return {
        name: value if isinstance(value, bool) else list(value)
        for name, value in vars(scope).items()
    }


def _row(row: dict[str, Any], *, has_scores: bool) -> dict[str, Any]:
    without = () if has_scores else ("score",)
    for metrics in (row["metrics"], row["previous"]):
        _drop(metrics, without)
    for bucket in row["trend"]:
        _drop(bucket["metrics"], ("level", "level_range", "score", "place"))
    row["trend"] = [_flat(bucket) for bucket in row["trend"]]
    return _flat(row)


def _drop(metrics: dict[str, Any] | None, names: tuple[str, ...]) -> None:
    for metric in (metrics or {}).values():
        for name in names:
            metric.pop(name, None)


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """Give *item* with the metrics as keys of its own in place of `metrics`.

    The delivery of a row follows its lead time.
    """
    made: dict[str, Any] = {}
    for name, value in item.items():
        if name == "metrics":
            for metric, numbers in (value or dict.fromkeys(METRICS)).items():
                made[metric] = numbers
                if metric == "change_lead_time" and "delivery" in item:
                    made["delivery"] = item["delivery"]
        else:
            made[name] = value
    return made


def _plain(value: Any) -> Any:
    """Give *value* in JSON's types: instants as text, tuples as lists."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return instant(value) if isinstance(value, datetime) else value


# -- Reading ------------------------------------------------------------------------------------


def read_report(path: Path) -> Report:
    """The report in a file; raises CannotRead with what is wrong with the file.

    Keys that a later version added are ignored.
    """
    document = read_json(path, SCHEMA, "report", ADVICE)
    for name in REQUIRED:
        if name not in document:
            raise CannotRead(f"{path} is no report that can be used: {name!r} is missing", ADVICE)
    rows = document["rows"]
    if isinstance(rows, list):
        rows = [_nested_row(row) for row in rows]
    try:
        report = _adapter().validate_python({**document, "rows": rows})
        ZoneInfo(report.window.timezone)
    except ValidationError as wrong:
        refuse(path, "report", wrong, ADVICE)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CannotRead(
            f"{path} is no report that can be used: no such time zone", ADVICE
        ) from None
    return report


def _nested_row(row: Any) -> Any:
    """Give *row* with its metrics, and those of its buckets, together under `metrics`."""
    if isinstance(row, dict) and isinstance(row.get("trend"), list):
        row = {**row, "trend": [_nested(bucket) for bucket in row["trend"]]}
    return _nested(row)


def _nested(item: Any) -> Any:
    """Give *item* with its metrics under `metrics`; the reverse of `_flat`."""
    if not isinstance(item, dict):
        return item
    metrics = {name: item[name] for name in METRICS if name in item}
    # A part of a trend in which the row had not begun has each of them as null (DF2).
    began = not metrics or any(metric is not None for metric in metrics.values())
    return {**item, "metrics": metrics if began else None}


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)
