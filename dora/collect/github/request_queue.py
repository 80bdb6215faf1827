"""Chooses the next request: which waiting query goes first, and which ones share its request."""

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dora.collect.github.batching import Query
from dora.collect.github.page_size import FULL_SHARE, SMALL_PAGE, PageSizes
from dora.collect.github.responses import QueryResult
from dora.collect.github.rest import RestQuery

#: The most repositories that share a request.
MOST_PARTNERS = 50


@dataclass(eq=False)
class QueuedQuery:
    """A query that waits for its request, or for the result of it."""

    query: Query | RestQuery
    variables: dict[str, Any]
    most: int  #: rows it may ask for
    rank: float
    turn: int  #: among equal ranks, the lowest goes first
    future: asyncio.Future[QueryResult]
    size: int = 0  #: page size of the request in flight
    partners: int = MOST_PARTNERS  #: how many queries may share its request
    tries: int = 0
    limits: int = 0  #: times in a row that it hit a rate limit
    generation: int = 0  #: of the credentials that it was sent with
    is_retried_after_renewal: bool = False  #: whether it was sent again with new credentials
    order: int = field(default_factory=count().__next__)

    @property
    def repository(self) -> object:
        """What the query is about: a repository, or the organization."""
        return self.turn or self.variables.get("name", "")

    @property
    def all_variables(self) -> dict[str, Any]:
        """The variables of the query, with the size of its page."""
        return {**self.variables, "n": self.size}

    @property
    def kind(self) -> tuple[Any, ...]:
        """A key that is equal for queries that may share a request."""
        is_small = self.query.field is not None and self.most <= SMALL_PAGE
        constants = (self.variables.get(name) for name in sorted(self.query.constants))
        return (self.query.name, is_small, *constants)

    def shrink(self, partners: int) -> None:
        """Halve what was too large: the number of repositories in the request, or the page."""
        if partners > 1:
            self.partners = max(1, partners // 2)
        else:
            self.most, self.partners = max(1, self.size // 2), 1

    def finish(self, result: QueryResult) -> None:
        """Deliver the result, unless the query was cancelled."""
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, wrong: Exception) -> None:
        """Deliver the error, unless the query was cancelled."""
        if not self.future.done():
            self.future.set_exception(wrong)


class RequestQueue:
    """The waiting queries by kind, each sorted by highest rank, then lowest turn."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, ...], list[tuple[float, int, int, QueuedQuery]]] = {}
        self._rows: dict[tuple[Any, ...], int] = {}  #: requested rows of each kind of small pages
        self._sizes: dict[str, PageSizes] = {}

    def __bool__(self) -> bool:
        """Whether any query waits."""
        return bool(self._waiting)

    def sizes(self, query: Query | RestQuery) -> PageSizes:
        """The page sizes that succeeded for a query."""
        return self._sizes.setdefault(query.name, PageSizes())

    def put(self, queued: QueuedQuery) -> None:
        """Add a query."""
        heap = self._waiting.setdefault(queued.kind, [])
        heapq.heappush(heap, (-queued.rank, queued.turn, queued.order, queued))
        self._rows[queued.kind] = self._rows.get(queued.kind, 0) + queued.most

    def drain(self) -> list[QueuedQuery]:
        """Remove and return all queries."""
        waiting, self._waiting, self._rows = self._waiting, {}, {}
        return [entry[-1] for heap in waiting.values() for entry in heap]

    def take(self, *, is_idle: bool) -> list[QueuedQuery]:
        """The queries of the next request: the highest in rank, and as many of its kind as fit.

        A query that could share its request waits for others while requests are in flight: the
        batch is empty if only such queries wait and *is_idle* is false.
        """
        batch: list[QueuedQuery] = []
        while not batch:  # all queries of a kind may have been cancelled
            kinds = [kind for kind in self._waiting if is_idle or self._is_full(kind)]
            if not kinds:
                break
            kind = min(kinds, key=lambda one: self._waiting[one][0][:3])
            batch = self._take(kind)
            if not self._waiting[kind]:
                del self._waiting[kind], self._rows[kind]
        return batch

    def _is_full(self, kind: tuple[Any, ...]) -> bool:
        """Whether there are enough waiting queries of that kind to fill a request."""
        heap, is_small = self._waiting[kind], kind[1]
        if not is_small or len(heap) >= MOST_PARTNERS:
            return True
        first = heap[0][-1]
        return self._rows[kind] >= self.sizes(first.query).best(FULL_SHARE) or first.partners == 1

    def _take(self, kind: tuple[Any, ...]) -> list[QueuedQuery]:
        heap, is_small = self._waiting[kind], kind[1]
        sizes = self.sizes(heap[0][-1].query)
        room = sizes.best(FULL_SHARE)
        batch: list[QueuedQuery] = []
        while heap:
            queued = heap[0][-1]
            if not queued.future.done():
                size = min(queued.most, room if is_small else sizes.best(queued.most))
                most = min(queued.partners, *(one.partners for one in batch), MOST_PARTNERS)
                rows = size + sum(one.size for one in batch)
                if batch and (not is_small or rows > room or len(batch) >= most):
                    break
                queued.size = size
                batch.append(queued)
            heapq.heappop(heap)
            self._rows[kind] -= queued.most
        return batch
