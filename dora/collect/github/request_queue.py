"""Asks that wait in, the ones of the next request out: who goes first, and who goes together."""

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dora.collect.github.batching import Query
from dora.collect.github.page_size import FULL_SHARE, SMALL_PAGE, PageSizes
from dora.collect.github.responses import QueryResult

#: Repositories that share a request, at most.
MOST_PARTNERS = 50


@dataclass(eq=False)
class QueuedQuery:
    """Somebody waits for the answer to a query, of at most so many rows."""

    query: Query
    variables: dict[str, Any]
    most: int
    rank: float
    turn: int  #: of two that rank alike, the one whose turn is first
    future: asyncio.Future[QueryResult]
    size: int = 0  #: rows asked for in the request that is in flight
    partners: int = MOST_PARTNERS  #: with how many it may share a request
    tries: int = 0
    limits: int = 0  #: times a limit turned it away
    generation: int = 0  #: of the credentials it was asked with
    is_retried_after_refusal: bool = False  #: whether it is asked again after these were refused
    order: int = field(default_factory=count().__next__)

    @property
    def repository(self) -> object:
        """What tells the repository it is about from others, and the organization from all."""
        return self.turn or self.variables.get("name", "")

    @property
    def all_variables(self) -> dict[str, Any]:
        """Variables of its query."""
        return {**self.variables, "n": self.size}

    @property
    def kind(self) -> tuple[Any, ...]:
        """Those of one kind may share a request."""
        is_small = self.query.field is not None and self.most <= SMALL_PAGE
        constants = (self.variables.get(name) for name in sorted(self.query.constants))
        return (self.query.name, is_small, *constants)

    def shrink(self, partners: int) -> None:
        """What was too much is asked for by half: half as many repositories, or half a page."""
        if partners > 1:
            self.partners = max(1, partners // 2)
        else:
            self.most, self.partners = max(1, self.size // 2), 1

    def finish(self, result: QueryResult) -> None:
        """Give the answer to who waits, if anybody still does."""
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, wrong: Exception) -> None:
        """Tell who waits why there is no answer."""
        if not self.future.done():
            self.future.set_exception(wrong)


class RequestQueue:
    """Asks by kind; of each kind the highest rank first, then whose turn is first."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, ...], list[tuple[float, int, int, QueuedQuery]]] = {}
        self._rows: dict[tuple[Any, ...], int] = {}  #: asked for, of each kind that is small
        self._sizes: dict[str, PageSizes] = {}

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def sizes(self, query: Query) -> PageSizes:
        """How large the requests of a query may be."""
        return self._sizes.setdefault(query.name, PageSizes())

    def put(self, queued: QueuedQuery) -> None:
        """Let an ask wait."""
        heap = self._waiting.setdefault(queued.kind, [])
        heapq.heappush(heap, (-queued.rank, queued.turn, queued.order, queued))
        self._rows[queued.kind] = self._rows.get(queued.kind, 0) + queued.most

    def drain(self) -> list[QueuedQuery]:
        """All that wait, who wait no more."""
        waiting, self._waiting, self._rows = self._waiting, {}, {}
        return [entry[-1] for heap in waiting.values() for entry in heap]

    def take(self, *, is_idle: bool) -> list[QueuedQuery]:
        """The asks of the next request: the first in rank, and as many of its kind as fit.

        What could share its request with others waits for them as long as GitHub is busy with
        other requests: none, where nothing but such is there and *is_idle* is not true.
        """
        batch: list[QueuedQuery] = []
        while not batch:  # of whoever was first, nobody may wait any more
            kinds = [kind for kind in self._waiting if is_idle or self._is_full(kind)]
            if not kinds:
                break
            kind = min(kinds, key=lambda one: self._waiting[one][0][:3])
            batch = self._take(kind)
            if not self._waiting[kind]:
                del self._waiting[kind], self._rows[kind]
        return batch

    def _is_full(self, kind: tuple[Any, ...]) -> bool:
        """Whether a request for asks of that kind has no room for more."""
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
