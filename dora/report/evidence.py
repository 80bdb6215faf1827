"""The records of evidence: the deployments, changes and failures that a report's figures count.

They are the same whether they were built from the tables, read from a file as a whole, or read item
by item. Their fields have the names of the JSON contract `dora.evidence/1`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from dora.errors import BadUsage
from dora.report.coverage_model import Scope
from dora.report.deployment_ids import DeploymentId
from dora.report.model import DEPLOYMENTS, Report

#: How much the windows of a report and of its evidence may differ, because the two commands are run
#: one after the other.
MOST_APART = timedelta(days=1)
#: Outcomes of deployments that never finished, whatever their statuses say (D3).
UNFINISHED = frozenset({"not_started", "in_progress", "abandoned"})


@dataclass(frozen=True)
class FailureReason:
    """One signal that a deployment failed, from when to when it says so."""

    signal: str
    began_at: datetime
    ended_at: datetime | None
    by: str  #: where the signal was found: a status, a deployment's id, a sha, `repo#n`, a tag


@dataclass(frozen=True)
class DeploymentEvidence:
    """One deployment and its outcome."""

    repository: str
    id: DeploymentId
    url: str
    sha: str
    environment: str
    created_at: datetime
    succeeded_at: datetime | None
    failed_status_at: datetime | None
    outcome: str
    baseline: bool
    rework: bool
    reasons: tuple[FailureReason, ...]
    source: str = field(default=DEPLOYMENTS, kw_only=True)  #: what it was taken from (D8)
    service: str = field(default="", kw_only=True)
    never_live: bool = field(default=False, kw_only=True)  #: failed before it was live (F8)
    unchanged: bool = field(default=False, kw_only=True)  #: it is in no count (D3)
    remark: str | None = field(default=None, kw_only=True)
    """Why it is not what its statuses alone would say, in a few words (D3, F8)."""

    @property
    def home(self) -> str:
        """The address of its repository; empty where the page of the deployment does not say."""
        if self.source == "file":  # its page may be anywhere
            is_commit = self.url.endswith(f"/commit/{self.sha}")
            return find_home(self.url) if is_commit else ""
        return find_home(self.url)

    @property
    def finished_at(self) -> datetime | None:
        """When it first succeeded or failed (D3), None if it has not, or had not even started."""
        if self.outcome in UNFINISHED:
            return None
        moments = (self.succeeded_at, self.failed_status_at)
        return min((at for at in moments if at is not None), default=None)


def find_home(url: str) -> str:
    """The address of a repository, from that of something in it; empty if that is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    names = parts.path.split("/")[1:3]
    is_address = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc}/{'/'.join(names)}" if is_address and all(names) else ""


@dataclass(frozen=True)
class ChangeEvidence:
    """One change; *shipped_at*, *deployment* and *lead_time* are None until it is shipped."""

    repository: str
    environment: str
    sha: str
    url: str
    started_at: datetime
    shipped_at: datetime | None
    deployment: DeploymentId | None
    lead_time: float | None  #: seconds
    pull_request: int | None
    service: str = field(default="", kw_only=True)
    author: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class EpisodeEvidence:
    """One episode that began in the window (R2, R3); *ended_at* is None while it is open.

    If it is *never_live*, all its deployments failed before they were live (F8); any other episode
    is an outage.
    """

    repository: str
    environment: str
    began_at: datetime
    ended_at: datetime | None
    deployments: tuple[DeploymentId, ...]  #: ids of the failed deployments, in order
    service: str = field(default="", kw_only=True)
    never_live: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class IncidentEvidence:
    """An incident opened in the window that belongs to no deployment (F7, C1)."""

    repository: str  #: which it is about
    by: str  #: what it is called: `repo#n`, or PagerDuty's id
    url: str | None
    opened_at: datetime
    closed_at: datetime | None
    named: str | None  #: the word by which it names a deployment, None where it names none


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The items that every figure of a report follows from, oldest first.

    *waiting* are the changes that production has not received yet (LT8). They are no part of the
    JSON contract, so evidence that was read from a file has none.
    """

    organization: str | None = None  #: None in files of the first version, which do not name it
    since: datetime
    until: datetime
    timezone: str = "UTC"
    deployments: tuple[DeploymentEvidence, ...]
    changes: tuple[ChangeEvidence, ...]
    episodes: tuple[EpisodeEvidence, ...]
    waiting: tuple[ChangeEvidence, ...] = ()
    unattributed: tuple[IncidentEvidence, ...] = ()
    scope: Scope | None = None

    @property
    def days(self) -> float:
        """Length of the window in days of 24 hours."""
        return (self.until - self.since) / timedelta(days=1)


def check_evidence(report: Report, until: datetime | None, organization: str | None) -> None:
    """Raise BadUsage if evidence is of a different window or organization than the report.

    *until* is the end of the evidence's window. Evidence without an *organization* is assumed to be
    of the report's.
    """
    if until is None or abs(until - report.window.until) > MOST_APART:
        raise BadUsage(
            "--evidence: is of another time than the report; allowed: of the same window"
        )
    if organization and organization.casefold() != report.organization.casefold():
        raise BadUsage("--evidence: is of another organization than the report; allowed: the same")
