"""The records of what a page shows in addition to a report.

Durations are seconds, instants aware UTC datetimes; positions on a time axis are shares of the
window.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dora.report.model import Report


class Shown(NamedTuple):
    """A deployment to show: its number, its commit, when it finished, and its signals."""

    id: int
    sha: str
    at: datetime
    signals: tuple[str, ...]
    never_live: bool
    url: str = ""  #: its page
    name: str = ""  #: its id where that is a text, else ""


class Episode(NamedTuple):
    """A failure until its recovery, with the number of its first failed deployment (R2).

    It began in the window, or before it and is still open. It is an outage unless it is
    *never_live* (F8).
    """

    began_at: datetime
    ended_at: datetime | None
    deployment: int
    sha: str
    failures: int  #: number of its failed deployments
    signals: tuple[str, ...]
    by: str  #: the incident that marked it, as `repo#n`; "" for none
    is_counted: bool  #: whether its deployment is one of the window's failed ones
    never_live: bool = False
    url: str = ""  #: the page of that deployment
    name: str = ""  #: its id where that is a text, else ""


class SlowChange(NamedTuple):
    """A change to show, shipped or waiting: how long it took or waits, in seconds."""

    sha: str
    number: int | None  #: its pull request
    seconds: float


@dataclass(frozen=True)
class Marks:
    """Instants of one row as shares of the window, 0 to 1, in order, for its charts."""

    deployments: tuple[float, ...] = ()  #: successes
    failed: tuple[float, ...] = ()
    rework: tuple[float, ...] = ()
    episodes: tuple[tuple[float, float | None], ...] = ()
    """Start and end of each; the end is None while it is open. The start of an open one may be
    below 0, before the window."""
    seconds: float = 0.0  #: length of the window


@dataclass(frozen=True)
class RowSample:
    """The part of a row's evidence that a page shows; the row has the total numbers."""

    url: str = ""  #: of the repository
    failed: tuple[Shown, ...] = ()  #: newest first
    episodes: tuple[Episode, ...] = ()  #: open ones first, then newest first
    slowest: tuple[SlowChange, ...] = ()
    latest: tuple[Shown, ...] = ()  #: successes, newest first
    rework: tuple[Shown, ...] = ()  #: newest first
    waiting: tuple[SlowChange, ...] = ()  #: oldest first
    marks: Marks = field(default_factory=Marks)


@dataclass(frozen=True)
class Step:
    """How long changes took from one tier to the next (J2, J3); times are seconds."""

    repository: str  #: "" for the whole organization
    service: str  #: "" for none
    origin: str  #: the tier before; "" for the change's start
    tier: str  #: the tier that it leads to
    changes: int  #: number of changes that made this step in the window
    p25: float | None
    median: float | None
    p75: float | None
    direct: int  #: changes that reached `tier` without, or before, `origin`


@dataclass(frozen=True)
class Promotion:
    """The steps of the organization and of each repository, in the order of the tiers."""

    organization: tuple[Step, ...]
    repositories: tuple[Step, ...]  #: sorted by repository and service


@dataclass(frozen=True)
class Page:
    """What a page is made from; all reports are of the same window.

    - `report`: as requested by the user
    - `repositories`: by repository and environment, with a trend; a section and sample each
    - `organization`: by tier, with a trend
    - `teams`, `environments`: pooled; `members` gives, for each of their rows and of
      `organization`, the indexes in `repositories` of the rows that it pools
    """

    report: Report
    repositories: Report
    samples: tuple[RowSample, ...]
    organization: Report
    teams: Report | None  #: None if there are no teams
    environments: Report
    members: dict[str, tuple[tuple[int, ...], ...]]  #: by report, a tuple for each row
    promotion: Promotion
    survey: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """By metric, the share of the survey's respondents up to the end of each answer, best first
    (B5)."""

    def marks_of(self, tier: int) -> Marks:
        """The marks in the charts of a row of *organization*."""
        own = [self.samples[section].marks for section in self.members["organization"][tier]]
        return Marks(
            deployments=tuple(sorted(share for marks in own for share in marks.deployments)),
            failed=tuple(sorted(share for marks in own for share in marks.failed)),
            rework=tuple(sorted(share for marks in own for share in marks.rework)),
            episodes=tuple(
                sorted((span for marks in own for span in marks.episodes), key=lambda it: it[0])
            ),
            seconds=(self.report.window.until - self.report.window.since).total_seconds(),
        )
