"""Sends queries about one repository and finds the requested part of the result."""

from dataclasses import dataclass
from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.responses import QueryResult
from dora.collect.github.rest import RestQuery
from dora.errors import CannotRead


@dataclass
class RepositoryContext:
    """A repository that is being read; queries of the highest *rank* are sent first.

    Of the same rank, those of the lowest *turn* go first, so that one repository is read to its end
    before the next one and few are half read at a time.
    """

    client: Client
    owner: str
    name: str
    rank: float = 0.0
    turn: int = 0
    id: int | None = None  #: GitHub's number of it, where that is known

    async def ask(self, query: str, *, rows: int | None = None, **variables: Any) -> QueryResult:
        """The result of a query about this repository, as `Client.ask` gives it."""
        return await self.client.ask(
            query,
            rows=rows,
            rank=self.rank,
            turn=self.turn,
            owner=self.owner,
            name=self.name,
            **variables,
        )

    async def get(self, query: RestQuery, **variables: Any) -> Any:
        """The body of what the REST API answers about this repository; None for status 404."""
        result = await self.client.ask(
            query,
            rank=self.rank,
            turn=self.turn,
            owner=self.owner,
            name=self.name,
            repository=self.id,
            **variables,
        )
        return result.data["answer"]


def find(result: QueryResult, *path: str) -> dict[str, Any]:
    """The part at *path* of a result's data; raises CannotRead if it is missing or partial."""
    here: Any = result.data
    for step in path:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        raise CannotRead(result.message or "GitHub gives nothing for it: deleted or renamed?")
    if result.errors:
        # After an error the part may be incomplete, and no number is better than a wrong one.
        raise CannotRead(result.message)
    return here
