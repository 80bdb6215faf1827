"""What a diagnosis says, and what the token was seen to do: frozen records, nothing computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SCHEMA = "dora.doctor/1"
Severity = Literal["problem", "warning", "note", "ok"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and how it is.

    A `problem` makes a report incomplete; a `warning` makes a number doubtful, or a report fail
    soon; a `note` says what the numbers leave out; what is `ok` needs nothing.
    """

    check: str  #: what was looked at: a stable id such as `environment-tier`
    severity: Severity
    what: str  #: one sentence; the names it is about are `subjects`
    meaning: str = ""  #: for the numbers
    mend: str = ""  #: what to do
    subjects: tuple[str, ...] = ()
    """Names, sorted: of repositories, environments (`REPOSITORY/ENVIRONMENT` where it is one
    repository's), incidents or settings."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The number that goes with each subject; without subjects, the numbers of `what` by name."""
    paste: str = ""  #: lines for `dora.toml` that mend it, ready to be pasted


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was found, in the order it was looked at."""

    organization: str
    since: datetime
    until: datetime
    timezone: str
    lookback_days: float  #: deployments are read from so long before *since* on (W3)
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        """Whether a report of this window would be complete."""
        return all(one.severity != "problem" for one in self.findings)
