"""A source that is read to its end at once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dora.collect.repository.deployment_record import DeploymentRecord


@dataclass
class WholeSource:
    """The deployments of an entry that nothing older can be added to once they are read."""

    read_all: Callable[[], Awaitable[Sequence[DeploymentRecord]]]
    read: Sequence[DeploymentRecord] = ()
    is_complete: bool = False

    async def read_since(self, instant: datetime) -> None:  # noqa: ARG002  # as every source
        """Read all of them, whenever they were created."""
        await self.read_page()

    async def read_page(self) -> None:
        """Read all of them."""
        self.read = await self.read_all()
        self.is_complete = True
