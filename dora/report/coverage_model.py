"""What a report did and did not see, and where it looked: part of the contract `dora.report/1`."""

from dataclasses import dataclass, field

from dora.config.globs import EPHEMERAL, compile_globs

#: Why a repository is skipped, in the contract's order.
SKIP_REASONS = ("archived", "empty", "no deployments", "excluded")


@dataclass(frozen=True)
class Unreadable:
    """A repository that could not be read, or not to its end, and why."""

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
class Gap:
    """A part of the organization, such as its teams, that could not be read at all, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """What the report did and did not see (C1)."""

    repositories: RepositoryCoverage = field(default_factory=RepositoryCoverage)
    deployments: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    incidents: dict[str, int | None] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    requests: Requests = field(default_factory=Requests)


@dataclass(frozen=True)
class Scope:
    """Where a run looked: what it does not report there is gone, elsewhere it is only unseen."""

    repositories: tuple[str, ...]  #: globs
    environments: tuple[str, ...]  #: globs
    tiers: tuple[str, ...]  #: those that have rows
    unread: tuple[str, ...]  #: repositories that were archived, unreadable or incomplete
    gaps: tuple[str, ...] = ()  #: what of the organization could not be read at all
    ephemeral: bool = False  #: whether it looked at ephemeral environments (D5), too
    ephemeral_environments: tuple[str, ...] = EPHEMERAL  #: globs of these

    def covers(self, repository: str, environment: str) -> bool:
        """Whether the run looked at this environment of this repository, and could read it.

        What it did not report there does not exist. An empty name stands for all of them, which
        only globs such as `*` cover.
        """
        return (
            "repositories" not in self.gaps
            and repository not in self.unread
            and compile_globs(self.repositories).fullmatch(repository) is not None
            and compile_globs(self.environments).fullmatch(environment) is not None
            and (
                self.ephemeral
                or compile_globs(self.ephemeral_environments).fullmatch(environment) is None
            )
        )
