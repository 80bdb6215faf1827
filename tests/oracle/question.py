"""What is asked of an organization, and what is read of a repository to answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dora.demo.organization.model import Organization, Repository
from tests.oracle.commits import Graph
from tests.oracle.outcomes import Judged
from tests.oracle.settings import Settings
from tests.oracle.shipping import History, Span
from tests.oracle.sources import Taken, taken_of


@dataclass(frozen=True)
class Question:
    """What is asked: the arguments of `expected_report`."""

    given: Organization
    span: Span
    timezone: str
    by: str
    tiers: Sequence[str] | None
    repositories: Sequence[str]
    environments: Sequence[str]
    ephemeral: bool
    benchmark: str
    trend: str | None
    settings: Settings

    @cached_property
    def taken(self) -> dict[str, Taken]:
        """What the deployments of each repository are, by its name (D8)."""
        span = self.span
        return taken_of(self.given, self.settings, span.since, span.until, self.environments)

    @cached_property
    def organization(self) -> Organization:
        """The organization, with the deployments that its sources give."""
        made = tuple(self.taken[one.name].repository for one in self.given.repositories)
        return replace(self.given, repositories=made)

    @property
    def pooled(self) -> bool:
        """Whether rows pool several environments: those get no level (B3)."""
        return self.by != "repository"


@dataclass
class Reading:
    """What is read of one repository."""

    repository: Repository
    graph: Graph
    judged: list[Judged]  #: of the chosen environments, left-out and ephemeral ones too
    tabled: list[Judged]  #: those of the tables
    histories: list[History]
