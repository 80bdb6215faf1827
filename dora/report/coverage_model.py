"""The records of what a report covers, looked at or lacks, a part of the contract."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from dora.config.globs import compile_globs, ephemeral_test

#: Why a repository is skipped, in the contract's order.
SKIP_REASONS = ("archived", "empty", "no deployments", "excluded")


@dataclass(frozen=True)
class Unreadable:
    """A repository that could not be read, or only in part, and why."""

    repository: str
    reason: str


@dataclass(frozen=True)
class Requests:
    """What reading GitHub cost."""

    count: int = 0
    points: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class RepositoryCoverage:
    """How many repositories were read, and which were not, or only in part."""

    read: int = 0
    skipped: dict[str, int] = field(default_factory=dict)  #: reason → repositories
    unreadable: tuple[Unreadable, ...] = ()
    incomplete: tuple[Unreadable, ...] = ()  #: read, but not all of their history


@dataclass(frozen=True)
class IncidentCoverage:
    """Remarks on the incidents opened in the window; None where nobody looked for incidents."""

    unattributed: int | None = None  #: belong to no deployment
    dismissed: int | None = None  #: closed as not planned or as a duplicate, so none
    not_understood: int | None = None
    """Of the unattributed, those that name a deployment, but none that was read."""
    not_found: tuple[str, ...] = ()
    """Names of repositories, in the settings or in labels, that fit no repository."""


@dataclass(frozen=True)
class Gap:
    """A part of the organization, such as its teams, that could not be read at all, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """What the report covers and what it leaves out (C1)."""

    repositories: RepositoryCoverage = field(default_factory=RepositoryCoverage)
    deployments: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    incidents: IncidentCoverage = field(default_factory=IncidentCoverage)
    gaps: tuple[Gap, ...] = ()
    requests: Requests = field(default_factory=Requests)


@dataclass(frozen=True)
class Scope:
    """What a run looked at.

    What it does not report within this scope does not exist; outside, it was only not read.
    """

    repositories: tuple[str, ...]  #: globs
    environments: tuple[str, ...]  #: globs
    tiers: tuple[str, ...]  #: tiers that have rows
    unread: tuple[str, ...]  #: repositories that are archived, unreadable or incomplete
    gaps: tuple[str, ...] = ()  #: parts of the organization that could not be read
    ephemeral: bool = False  #: whether ephemeral environments (D5) are included
    ephemeral_environments: tuple[str, ...] = ()  #: globs of more or fewer of these (D5)

    def covers(self, repository: str, environment: str) -> bool:
        """Whether the run looked at this environment of this repository and could read it.

        What it did not report there does not exist. An empty name means all of them, which only
        globs such as `*` cover.
        """
        return (
            "repositories" not in self.gaps
            and repository not in self.unread
            and self._repository_globs.fullmatch(repository) is not None
            and self._environment_globs.fullmatch(environment) is not None
            and (self.ephemeral or not self._is_ephemeral(environment))
        )

    # A run of one tier names each environment that it looked at, which may be thousands.

    @cached_property
    def _repository_globs(self) -> re.Pattern[str]:
        return compile_globs(self.repositories)

    @cached_property
    def _environment_globs(self) -> re.Pattern[str]:
        return compile_globs(self.environments)

    @cached_property
    def _is_ephemeral(self) -> Callable[[str], bool]:
        return ephemeral_test(self.ephemeral_environments)


@dataclass(frozen=True)
class PossibleSource:
    """A source that would give rows to so many *repositories* (D8)."""

    source: str  #: `releases`, `workflow` …
    repositories: int
    workflow: str | None = None  #: the workflow's name


@dataclass(frozen=True)
class NoRows:
    """Why a report has no rows, and what would give it some, in sentences and as they were made."""

    why: str = ""
    advice: str = ""
    looked_at: int | None = None  #: repositories in which sources were looked for; None for nobody
    sources: tuple[PossibleSource, ...] = ()  #: what was found there
    has_entries: bool = False  #: whether `[[sources]]` say what a deployment is
