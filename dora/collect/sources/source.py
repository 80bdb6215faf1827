"""What every kind of source offers, and what it is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from dora.collect.records import ListedRepository
from dora.collect.repository.commit_log import CommitLog
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.repository.deployments import DeploymentList
from dora.collect.repository.opening import Opening
from dora.collect.repository.reading_rules import ReadingRules
from dora.collect.repository.tags import TagReader
from dora.collect.sources.branch_heads import BranchHeads
from dora.collect.sources.releases import ReleaseReader
from dora.collect.sources.run_details import RunDetails


class DeploymentSource(Protocol):
    """One entry's deployments of one repository, as far back as they were asked for."""

    @property
    def read(self) -> Sequence[DeploymentRecord]:
        """The deployments that were read so far, in any order."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing older can matter, or there is nothing older."""

    async def read_since(self, instant: datetime) -> None:
        """Read every deployment created since *instant* (W3 (a)); called once, at first."""

    async def read_page(self) -> None:
        """Read a page of older ones (W3 (b), (c)); called only while it is not complete."""


@dataclass
class SourceReading:
    """What a source of one repository is read with; all entries of the repository share it."""

    rules: ReadingRules
    context: RepositoryContext
    listed: ListedRepository
    opening: Opening
    log: CommitLog

    @cached_property
    def deployments(self) -> DeploymentList:
        """GitHub's Deployments of the repository."""
        return DeploymentList(self.context, self.opening, self.rules.ref_reader(self.context))

    @cached_property
    def releases(self) -> ReleaseReader:
        """The repository's releases."""
        return ReleaseReader(self.context, self.opening)

    @cached_property
    def tags(self) -> TagReader:
        """The repository's tags."""
        return TagReader(self.context, self.opening)

    @cached_property
    def heads(self) -> BranchHeads:
        """The heads of the repository's branches."""
        return BranchHeads(self.context, self.listed, self.opening)

    @cached_property
    def runs(self) -> RunDetails:
        """Workflow runs of the repository."""
        return RunDetails(self.context, self.rules.config.window.until, self.log.cached)
