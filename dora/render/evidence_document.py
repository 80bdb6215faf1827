"""Evidence in; the same for programs out: JSON `dora.evidence/1` and CSV, nothing rounded."""

import csv
import json
from io import StringIO
from typing import Any

from dora.render.csv import safe
from dora.report.build_evidence import SCHEMA, Change, Deployment, Episode, Evidence, Reason
from dora.report.report_json import instant, scope_document

#: Columns of each table of the CSV; `service` and `author` come where they are known.
COLUMNS = {
    "deployments": (
        "repository", "environment", "service", "id", "url", "sha", "created_at", "succeeded_at",
        "failed_status_at", "outcome", "baseline", "rework", "reasons",
    ),
    "changes": (
        "repository", "environment", "service", "sha", "url", "started_at", "shipped_at",
        "deployment", "lead_time", "pull_request", "author",
    ),
    "episodes": (
        "repository", "environment", "service", "began_at", "ended_at", "deployments",
    ),
}  # fmt: skip
#: What columns of numbers with a unit are called in the CSV.
UNITS = {"lead_time": "lead_time_seconds"}


def render_json(evidence: Evidence, *, with_authors: bool = False) -> str:
    """Give *evidence* as JSON text, ASCII alone; a number that is none raises ValueError."""
    document = as_document(evidence, with_authors=with_authors)
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_document(evidence: Evidence, *, with_authors: bool = False) -> dict[str, Any]:
    """Give *evidence* as the document `dora.evidence/1`, keys in the contract's order.

    `service` is there where an item has one, `author` where it is asked for.
    """
    return {
        "schema": SCHEMA,
        "organization": evidence.organization,
        "window": {
            "since": instant(evidence.since),
            "until": instant(evidence.until),
            "days": evidence.days,
            "timezone": evidence.timezone,
        },
        **({"scope": scope_document(evidence.scope)} if evidence.scope else {}),
        "deployments": [_deployment(one) for one in evidence.deployments],
        "changes": [_change(one, with_authors=with_authors) for one in evidence.changes],
        "episodes": [_episode(one) for one in evidence.episodes],
    }


def render_csv(evidence: Evidence, table: str, *, with_authors: bool = False) -> str:
    """Give one table of *evidence*, a key of COLUMNS, as CSV (RFC 4180) below its headings.

    Several ids are set apart by spaces, several reasons by semicolons; what is unknown is empty.
    There is a column `service` where some deployment has one. Names are safe to print, and none
    is taken for a formula.
    """
    items: list[dict[str, Any]] = as_document(evidence, with_authors=with_authors)[table]
    left_out = set() if with_authors else {"author"}
    services = {one.service for one in evidence.deployments}
    services |= {one.service for one in evidence.changes}
    if not any(services):
        left_out.add("service")
    columns = [name for name in COLUMNS[table] if name not in left_out]
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow([UNITS.get(name, name) for name in columns])
    lines.writerows([_cell(item.get(name)) for name in columns] for item in items)
    return text.getvalue()


def _place(one: Deployment | Change | Episode) -> dict[str, Any]:
    service = {"service": one.service} if one.service else {}
    return {"repository": one.repository, "environment": one.environment} | service


def _deployment(one: Deployment) -> dict[str, Any]:
    place = _place(one)
    return {
        "repository": place.pop("repository"),
        "id": one.id,
        "url": one.url,
        "sha": one.sha,
        **place,
        "created_at": instant(one.created_at),
        "succeeded_at": one.succeeded_at and instant(one.succeeded_at),
        "failed_status_at": one.failed_status_at and instant(one.failed_status_at),
        "outcome": one.outcome,
        "baseline": one.baseline,
        "rework": one.rework,
        "reasons": [_reason(reason) for reason in one.reasons],
    }


def _reason(one: Reason) -> dict[str, Any]:
    return {
        "signal": one.signal,
        "began_at": instant(one.began_at),
        "ended_at": one.ended_at and instant(one.ended_at),
        "by": one.by,
    }


def _change(one: Change, *, with_authors: bool) -> dict[str, Any]:
    return {
        **_place(one),
        "sha": one.sha,
        "url": one.url,
        "started_at": instant(one.started_at),
        "shipped_at": one.shipped_at and instant(one.shipped_at),
        "deployment": one.deployment,
        "lead_time": one.lead_time,
        "pull_request": one.pull_request,
        **({"author": one.author} if with_authors else {}),
    }


def _episode(one: Episode) -> dict[str, Any]:
    return {
        **_place(one),
        "began_at": instant(one.began_at),
        "ended_at": one.ended_at and instant(one.ended_at),
        "deployments": list(one.deployments),
    }


def _cell(value: Any) -> Any:
    """Give what stands in a cell: names safe, lists in words, what is unknown empty."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return safe("; ".join(map(_told, value)) if value and isinstance(value[0], dict)
                    else " ".join(map(str, value)))  # fmt: skip
    return safe(value) if isinstance(value, str) else value


def _told(reason: dict[str, Any]) -> str:
    end = f"to {reason['ended_at']}" if reason["ended_at"] else "and still open"
    return f"{reason['signal']} by {reason['by']} from {reason['began_at']} {end}"
