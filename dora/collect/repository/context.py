"""One repository as the rooms that read it see it: whose it is, and how to ask about it."""

from dataclasses import dataclass
from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.responses import QueryResult
from dora.errors import CannotRead


@dataclass
class RepositoryContext:
    """A repository that is read; of all that wait, who ranks highest is asked first.

    Of two that rank alike it is the one whose *turn* is first: one is read to its end before the
    next is begun, so that few are half read at a time.
    """

    client: Client
    owner: str
    name: str
    rank: float = 0.0
    turn: int = 0

    async def ask(self, query: str, *, rows: int | None = None, **variables: Any) -> QueryResult:
        """Answer to a query about this repository, as `Client.ask` gives it."""
        return await self.client.ask(
            query,
            rows=rows,
            rank=self.rank,
            turn=self.turn,
            owner=self.owner,
            name=self.name,
            **variables,
        )


def find(result: QueryResult, *path: str) -> dict[str, Any]:
    """What stands at *path* of the answer's data; CannotRead tells why nothing does."""
    here: Any = result.data
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        raise CannotRead(result.message or "GitHub gives nothing for it: deleted or renamed?")
    if result.errors:
        # What stands there may lack what an error took away: better no number than a wrong one.
        raise CannotRead(result.message)
    return here
