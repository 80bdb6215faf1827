"""Asks that wait in, the ones of the next request out: who goes first, and who goes together."""

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dora.collect.github.batching import Query
from dora.collect.github.page_size import FULL_SHARE, SMALL_PAGE, Sizes
from dora.collect.github.responses import Answer

#: Repositories that share a request, at most.
MOST_PARTNERS = 50


@dataclass(eq=False)
class Ask:
    """Somebody waits for the answer to a query, of at most so many rows."""

    query: Query
    variables: dict[str, Any]
    most: int
    rank: float
    turn: int  #: of two that rank alike, the one whose turn is first
    future: asyncio.Future[Answer]
    size: int = 0  #: rows asked for in the request that is in flight
    partners: int = MOST_PARTNERS  #: with how many it may share a request
    tries: int = 0
    limits: int = 0  #: times a limit turned it away
    generation: int = 0  #: of the credentials it was asked with
    is_renewed: bool = False  #: whether it is asked again after these were refused
    order: int = field(default_factory=count().__next__)

    @property
    def place(self) -> object:
        """What tells the repository it is about from others, and the organization from all."""
        return self.turn or self.variables.get("name", "")

    @property
    def given(self) -> dict[str, Any]:
        """Variables of its query."""
        return {**self.variables, "n": self.size}

    @property
    def kind(self) -> tuple[Any, ...]:
        """Those of one kind may share a request."""
        is_small = self.query.field is not None and self.most <= SMALL_PAGE
        constants = (self.variables.get(name) for name in sorted(self.query.constants))
        return (self.query.name, is_small, *constants)

    def ask_less(self, partners: int) -> None:
        """What was too much is asked for by half: half as many repositories, or half a page."""
        if partners > 1:
            self.partners = max(1, partners // 2)
        else:
            self.most, self.partners = max(1, self.size // 2), 1

    def answer(self, answer: Answer) -> None:
        """Give the answer to who waits, if anybody still does."""
        if not self.future.done():
            self.future.set_result(answer)

    def fail(self, wrong: Exception) -> None:
        """Tell who waits why there is no answer."""
        if not self.future.done():
            self.future.set_exception(wrong)


class Queue:
    """Asks by kind; of each kind the highest rank first, then whose turn is first."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[Any, ...], list[tuple[float, int, int, Ask]]] = {}
        self._rows: dict[tuple[Any, ...], int] = {}  #: asked for, of each kind that is small
        self._sizes: dict[str, Sizes] = {}

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def sizes(self, query: Query) -> Sizes:
        """How large the requests of a query may be."""
        return self._sizes.setdefault(query.name, Sizes())

    def put(self, ask: Ask) -> None:
        """Let an ask wait."""
        heap = self._waiting.setdefault(ask.kind, [])
        heapq.heappush(heap, (-ask.rank, ask.turn, ask.order, ask))
        self._rows[ask.kind] = self._rows.get(ask.kind, 0) + ask.most

    def drain(self) -> list[Ask]:
        """All that wait, who wait no more."""
        waiting, self._waiting, self._rows = self._waiting, {}, {}
        return [entry[-1] for heap in waiting.values() for entry in heap]

    def take(self, *, is_idle: bool) -> list[Ask]:
        """The asks of the next request: the first in rank, and as many of its kind as fit.

        What could share its request with others waits for them as long as GitHub is busy with
        other requests: none, where nothing but such is there and *is_idle* is not true.
        """
        batch: list[Ask] = []
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

    def _take(self, kind: tuple[Any, ...]) -> list[Ask]:
        heap, is_small = self._waiting[kind], kind[1]
        sizes = self.sizes(heap[0][-1].query)
        room = sizes.best(FULL_SHARE)
        batch: list[Ask] = []
        while heap:
            ask = heap[0][-1]
            if not ask.future.done():
                size = min(ask.most, room if is_small else sizes.best(ask.most))
                most = min(ask.partners, *(one.partners for one in batch), MOST_PARTNERS)
                rows = size + sum(one.size for one in batch)
                if batch and (not is_small or rows > room or len(batch) >= most):
                    break
                ask.size = size
                batch.append(ask)
            heapq.heappop(heap)
            self._rows[kind] -= ask.most
        return batch
