"""GitHub's own Deployments, of all environments or of some."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.repository.deployments import DeploymentList
from dora.collect.sources.source import SourceReading
from dora.config.globs import compile_globs
from dora.config.source_settings import DeploymentsSource


@dataclass
class DeploymentsOfEntry:
    """Those of a repository's Deployments that an entry takes; entries share what was read."""

    position: int
    fits: re.Pattern[str]
    of_all: DeploymentList
    _read: list[DeploymentRecord] = field(default_factory=list)
    _count: int = 0  #: of the repository's Deployments that were looked at

    @property
    def read(self) -> Sequence[DeploymentRecord]:
        """Those that were read so far, newest first."""
        if not self.position:
            return self.of_all.read
        new = self.of_all.read[self._count :]
        self._count += len(new)
        self._read += [
            replace(one, entry=self.position) for one in new if self.fits.fullmatch(one.environment)
        ]
        return self._read

    @property
    def is_complete(self) -> bool:
        """Whether all were read."""
        return self.of_all.is_complete

    async def read_since(self, instant: datetime) -> None:
        """Read all created since *instant* (W3 (a))."""
        await self.of_all.read_since(instant)

    async def read_page(self) -> None:
        """Read a page of older ones."""
        await self.of_all.read_page()


def list_deployments(
    reading: SourceReading, position: int, entry: DeploymentsSource
) -> DeploymentsOfEntry:
    """GitHub's Deployments, narrowed to the environments of an *entry*."""
    return DeploymentsOfEntry(position, compile_globs(entry.environments), reading.deployments)
