"""Files of `dora report` and `dora explain` in, the records they hold out, nothing worked out anew.

Whatever is wrong with a file is told; keys that a later version added are passed over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from dora.errors import BadUsage
from dora.report.json_file import read_json, refuse
from dora.report.model import Report

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


def read_evidence(path: Path) -> Evidence:
    """The evidence that a file holds; CannotRead says what is wrong with it."""
    advice = "Make it with `dora explain --format json --output evidence.json`."
    document = read_json(path, EVIDENCE, "evidence", advice)
    window = document.get("window")
    try:
        return TypeAdapter(Evidence).validate_python(
            {**(window if isinstance(window, dict) else {}), **document}
        )
    except ValidationError as wrong:
        refuse(path, "evidence", wrong, advice)


def check_evidence(report: Report, until: datetime | None, organization: str | None) -> None:
    """Refuse evidence of another time or organization than the report's; BadUsage says which.

    *until* is the end of its window; without an *organization* it is taken to be the report's. A
    little apart is no harm: the two commands were run one after the other.
    """
    if until is None or abs(until - report.window.until) > MOST_APART:
        raise BadUsage(
            "--evidence: is of another time than the report; allowed: of the same window"
        )
    if organization and organization.casefold() != report.organization.casefold():
        raise BadUsage("--evidence: is of another organization than the report; allowed: the same")
