"""Deployments that another tool wrote into a file."""

from dataclasses import dataclass, field
from datetime import datetime

from dora.collect.files.deployments import FileDeployment, RepositoryDeployments
from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.sources.commit_dates import CommitDates
from dora.collect.sources.numbering import reading_number
from dora.collect.sources.source import SourceReading
from dora.config.source_settings import FileSource

#: Deployments whose commits are looked up at once.
PAGE = 100


@dataclass
class DeploymentsOfFile:
    """Those of one repository; the commits of as many are looked up as are asked for."""

    position: int
    of_repository: RepositoryDeployments
    dates: CommitDates
    read: list[DeploymentRecord] = field(default_factory=list)
    """Those whose commits were looked up, newest first."""

    @property
    def is_complete(self) -> bool:
        """Whether all were read."""
        return len(self.read) >= len(self.of_repository.created)

    async def read_since(self, instant: datetime) -> None:
        """Read all created since *instant* (W3 (a))."""
        await self._read_to(self.of_repository.count_since(instant))

    async def read_page(self) -> None:
        """Read some older ones."""
        await self._read_to(len(self.read) + PAGE)

    async def _read_to(self, count: int) -> None:
        new = self.of_repository.take(len(self.read), count)
        self.read += await self.dates.fill([_record(self.position, one) for one in new])


def list_rows(reading: SourceReading, position: int, entry: FileSource) -> DeploymentsOfFile:
    """The deployments of a repository in the file of an *entry*."""
    file = reading.rules.files.deployments[entry.path]
    own = file.of(reading.listed.name, reading.rules.config.window.until)
    return DeploymentsOfFile(position, own, reading.runs.dates)


def _record(position: int, one: FileDeployment) -> DeploymentRecord:
    return DeploymentRecord(
        id=reading_number(position, one.place),
        sha=one.sha,
        committed_at=None,
        environment=one.environment,
        task=one.task,
        payload=None,
        created_at=one.created_at,
        statuses=one.statuses,
        source="file",
        entry=position,
        name=f"file:{one.name}",
        url=one.url,
    )
