"""Packs the numbers that next week's post compares with into one short text, and unpacks it.

The text goes into a hidden comment of a post, which everybody with write access can change: a text
that cannot be unpacked counts as none, and is never an error.
"""

import base64
import json
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dora.report.coverage_model import Coverage
from dora.report.deployment_ids import DeploymentId, id_order
from dora.report.diff import Known
from dora.report.figures import METRICS
from dora.report.model import Generated, Metrics, Report, ReportWindow, Row

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Texts of another version are not compared with: version 1 had no median recovery time.
VERSION = 2
#: The most characters of the text: GitHub allows 65,536 in a comment, and people read the rest.
LIMIT = 30_000
#: The most bytes that a text may unpack to, so that an edited comment cannot exhaust memory.
UNPACKED = 4_000_000


@dataclass(frozen=True)
class LastPost:
    """The numbers of an earlier post: the rows with their headlines, and failed deployments."""

    report: Report
    failed: Known | None = None
    is_whole: bool = True  #: False where rows did not fit


def pack(report: Report, failed: Known | None, limit: int = LIMIT) -> str:
    """Give *report* as a text of at most *limit* characters; what does not fit is left out.

    The failed deployments are left out first, then rows from the end.
    """
    rows = list(report.rows)
    text = _packed(report, rows, failed, is_whole=True)
    if len(text) > limit:
        text = _packed(report, rows, None, is_whole=True)
    while len(text) > limit and rows:
        rows = rows[: min(len(rows) - 1, len(rows) * limit // len(text))]
        text = _packed(report, rows, None, is_whole=False)
    return text


def unpack(text: str) -> LastPost | None:
    """Give back what `pack` was given; None for a text that it did not make."""
    try:
        unzip = zlib.decompressobj()
        raw = unzip.decompress(base64.b64decode(text, validate=True), UNPACKED)
        if unzip.unconsumed_tail:
            return None
        return _parse(json.loads(raw))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    except (OSError, OverflowError, zlib.error):
        return None


def _packed(
    report: Report,
    rows: list[Row],
    failed: Known | None,
    *,
    is_whole: bool,
) -> str:
    document = {
        "v": VERSION,
        "organization": report.organization,
        "by": report.by,
        "benchmark": report.benchmark,
        "since": report.window.since.timestamp(),
        "until": report.window.until.timestamp(),
        "days": report.window.days,
        "timezone": report.window.timezone,
        "whole": is_whole,
        "rows": [_row(row) for row in rows],
        "failed": None if failed is None else sorted(failed, key=_in_order),
    }
    raw = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def _row(row: Row) -> list[Any]:
    metrics = (
        [getattr(metric.of(row.metrics), name) for name in metric.brief]
        for metric in METRICS.values()
    )
    return [row.key, row.tier, *metrics]


def _in_order(failed: tuple[str, DeploymentId]) -> tuple[Any, ...]:
    repository, name = failed
    return repository, *id_order(name)


def _parse_id(name: Any) -> DeploymentId:
    return name if isinstance(name, str) else int(name)


def _parse(document: dict[str, Any]) -> LastPost | None:
    if document["v"] != VERSION:
        return None
    until = datetime.fromtimestamp(_number(document["until"]), UTC)
    timezone = str(document["timezone"])
    ZoneInfo(timezone)  # raises for one that does not exist
    report = Report(
        organization=str(document["organization"]),
        window=ReportWindow(
            since=datetime.fromtimestamp(_number(document["since"]), UTC),
            until=until,
            days=_number(document["days"]),
            timezone=timezone,
        ),
        by=str(document["by"]),
        benchmark=str(document["benchmark"]),
        generated=Generated(until, version="", configuration=""),
        rows=tuple(_parse_row(parts) for parts in document["rows"]),
        coverage=Coverage(),
    )
    failed = document["failed"]
    known = None
    if failed is not None:
        known = frozenset((str(repository), _parse_id(name)) for repository, name in failed)
    return replace(LastPost(report, known), is_whole=bool(document["whole"]))


def _parse_row(parts: list[Any]) -> Row:
    key, tier, *numbers = parts
    if not isinstance(key, dict):
        raise TypeError
    metrics = {
        name: dict(zip(metric.brief, brief, strict=True))
        for (name, metric), brief in zip(METRICS.items(), numbers, strict=True)
    }
    frequency = metrics["deployment_frequency"]
    per_day = _number(frequency["per_day"])
    frequency |= {"per_week": 7 * per_day, "active_days": 0}
    return Row(
        key={str(name): str(value) for name, value in key.items()},
        tier=str(tier),
        metrics=_adapter().validate_python(metrics),
    )


@cache
def _adapter() -> "TypeAdapter[Metrics]":
    from pydantic import TypeAdapter

    return TypeAdapter(Metrics)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)
