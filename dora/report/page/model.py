"""What a page shows beside a report: frozen records, made once and only read afterwards.

Times are seconds, instants aware UTC datetimes; places on a time axis are shares of the window.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dora.report.model import Report


class Shown(NamedTuple):
    """A deployment that is shown: its id, its commit, when it finished, and the signals it has."""

    id: int
    sha: str
    at: datetime
    signals: tuple[str, ...]
    never_live: bool


class Outage(NamedTuple):
    """An outage that is shown, called by its first failed deployment.

    It began in the window, or before it and lasts.
    """

    began_at: datetime
    ended_at: datetime | None
    deployment: int
    sha: str
    failures: int  #: failed deployments that are this one outage
    signals: tuple[str, ...]
    by: str  #: the incident that says so, as `repo#n`; "" for none
    is_counted: bool  #: whether its deployment is among the failed of the window


class SlowChange(NamedTuple):
    """A change that is shown, shipped or waiting: how long it took or waits, in seconds."""

    sha: str
    number: int | None  #: its pull request
    seconds: float


@dataclass(frozen=True)
class Marks:
    """Instants of one row as shares of the window, 0 to 1, in order, for its charts."""

    deployments: tuple[float, ...] = ()  #: successes
    failed: tuple[float, ...] = ()
    rework: tuple[float, ...] = ()
    outages: tuple[tuple[float, float | None], ...] = ()
    """Begin and end; None while it lasts, and then the begin may lie before the window, below 0."""
    seconds: float = 0.0  #: length of the window


@dataclass(frozen=True)
class RowSample:
    """What a page shows of one row's evidence; counts of all there was are the row's own."""

    url: str = ""  #: of the repository
    failed: tuple[Shown, ...] = ()  #: newest first
    outages: tuple[Outage, ...] = ()  #: open ones first, then newest first
    slowest: tuple[SlowChange, ...] = ()
    latest: tuple[Shown, ...] = ()  #: successes, newest first
    rework: tuple[Shown, ...] = ()  #: newest first
    waiting: tuple[SlowChange, ...] = ()  #: oldest first
    marks: Marks = field(default_factory=Marks)


@dataclass(frozen=True)
class Step:
    """How long changes took from one tier to the next (J2, J3); times are seconds."""

    repository: str  #: "" where it is of the whole organization
    service: str  #: "" for none
    origin: str  #: the tier before; "" for the change's start
    tier: str  #: where it leads
    changes: int  #: those that made this step in the window
    p25: float | None
    median: float | None
    p75: float | None
    direct: int  #: changes that came to `tier` without, or before, `origin`


@dataclass(frozen=True)
class Promotion:
    """Every step, in the order of the way: of the organization, and of each repository."""

    organization: tuple[Step, ...]
    repositories: tuple[Step, ...]  #: sorted by repository and service


@dataclass(frozen=True)
class Page:
    """What a page is made from; every report is of the same window.

    - `report`: as asked for
    - `repositories`: by repository and environment, with a trend; a section and sample each
    - `organization`: by tier, with a trend
    - `teams`, `environments`: pooled; `members` tells the places in `repositories` of what each of
      their rows, and each of `organization`, pools
    """

    report: Report
    repositories: Report
    samples: tuple[RowSample, ...]
    organization: Report
    teams: Report | None  #: None where none is known
    environments: Report
    members: dict[str, tuple[tuple[int, ...], ...]]  #: by what is pooled, a tuple a row
    promotion: Promotion

    def marks_of(self, tier: int) -> Marks:
        """All that the charts of a row of *organization* mark."""
        own = [self.samples[section].marks for section in self.members["organization"][tier]]
        return Marks(
            deployments=tuple(sorted(share for marks in own for share in marks.deployments)),
            failed=tuple(sorted(share for marks in own for share in marks.failed)),
            rework=tuple(sorted(share for marks in own for share in marks.rework)),
            outages=tuple(
                sorted((span for marks in own for span in marks.outages), key=lambda it: it[0])
            ),
            seconds=(self.report.window.until - self.report.window.since).total_seconds(),
        )
