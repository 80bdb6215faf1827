"""Files of `dora report` and `dora explain` in, the records they hold out, nothing worked out anew.

Whatever is wrong with a file is told; keys that a later version added are passed over.
"""

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import TypeAdapter, ValidationError

from dora.errors import BadUsage, CannotRead
from dora.report.model import SCHEMA, Report

EVIDENCE = "dora.evidence/1"
#: How far the ends of report and evidence may be apart.
MOST_APART = timedelta(days=1)


@dataclass(frozen=True)
class Reason:
    """One sign that a deployment failed."""

    signal: str
    began_at: datetime
    ended_at: datetime | None
    by: str


@dataclass(frozen=True)
class Deployment:
    """One deployment of the evidence."""

    repository: str
    environment: str
    id: int
    url: str
    succeeded_at: datetime | None
    failed_status_at: datetime | None
    rework: bool
    reasons: tuple[Reason, ...]
    service: str = ""
    sha: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One change of the evidence: when it was shipped, and by which deployment."""

    repository: str
    environment: str
    shipped_at: datetime | None
    deployment: int | None
    service: str = ""


@dataclass(frozen=True)
class Episode:
    """One outage of the evidence; *deployments* are the ids of the failed ones."""

    repository: str
    environment: str
    began_at: datetime
    ended_at: datetime | None
    deployments: tuple[int, ...]
    service: str = ""


@dataclass(frozen=True)
class Evidence:
    """What `dora explain --format json` told."""

    since: datetime
    until: datetime
    deployments: tuple[Deployment, ...]
    changes: tuple[Change, ...]
    episodes: tuple[Episode, ...]
    organization: str | None = None  #: earlier versions did not tell


def read_report(path: Path) -> Report:
    """The report that a file holds; CannotRead says what is wrong with it."""
    advice = "Make one with `dora report --output report.json`."
    document = _read(path, SCHEMA, "report", advice)
    try:
        coverage = document["coverage"]
        window, generated = document["window"], document["generated"]
        fields = {
            "organization": document["organization"],
            "by": document["by"],
            "benchmark": document["benchmark"],
            "rows": document["rows"],
            "trend": document.get("trend"),
            "before": document.get("before"),
            "scope": document.get("scope"),
            "teams": document.get("teams", {}),
            "since": window["since"],
            "until": window["until"],
            "days": window["days"],
            "timezone": window["timezone"],
            "generated_at": generated["at"],
            "version": generated["version"],
            "configuration": generated["configuration"],
            "coverage": {
                **coverage["repositories"],
                "gaps": {one["what"]: one["reason"] for one in coverage.get("gaps", [])},
                **{name: coverage[name] for name in
                   ("deployments", "changes", "incidents", "requests")},
            },
        }  # fmt: skip
        made = TypeAdapter(Report).validate_python(fields)
        ZoneInfo(made.timezone)
    except ValidationError as wrong:
        _refuse(path, "report", wrong, advice)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CannotRead(
            f"{path} is no report that can be used: no such time zone", advice
        ) from None
    except (KeyError, TypeError, AttributeError) as wrong:
        raise CannotRead(
            f"{path} is no report that can be used: {wrong} is missing", advice
        ) from None
    return made


def read_evidence(path: Path) -> Evidence:
    """The evidence that a file holds; CannotRead says what is wrong with it."""
    advice = "Make it with `dora explain --format json --output evidence.json`."
    document = _read(path, EVIDENCE, "evidence", advice)
    window = document.get("window")
    try:
        return TypeAdapter(Evidence).validate_python(
            {**(window if isinstance(window, dict) else {}), **document}
        )
    except ValidationError as wrong:
        _refuse(path, "evidence", wrong, advice)


def check_evidence(report: Report, until: datetime | None, organization: str | None) -> None:
    """Refuse evidence of another time or organization than the report's; BadUsage says which.

    *until* is the end of its window; without an *organization* it is taken to be the report's. A
    little apart is no harm: the two commands were run one after the other.
    """
    if until is None or abs(until - report.until) > MOST_APART:
        raise BadUsage(
            "--evidence: is of another time than the report; allowed: of the same window"
        )
    if organization and organization.casefold() != report.organization.casefold():
        raise BadUsage("--evidence: is of another organization than the report; allowed: the same")


def _read(path: Path, schema: str, kind: str, advice: str) -> dict[str, Any]:
    """The JSON object of a file, if it says that it is of that schema."""
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite
        )
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", advice) from None
    except (ValueError, RecursionError):
        raise CannotRead(f"{path} is no JSON", advice) from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != schema:
        raise CannotRead(f"{path} is no {kind}: its schema is {found!r}, not {schema!r}", advice)
    checked: dict[str, Any] = document
    return checked


def _finite(text: str) -> float:
    """A number that is one; ValueError for what is none, or too large to be one."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse(path: Path, kind: str, wrong: ValidationError, advice: str) -> NoReturn:
    """Say where the first thing is that cannot be."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    raise CannotRead(f"{path} is no {kind} that can be used: {where}: {first['msg']}", advice)
