"""Runs GraphQL queries against GitHub: retries, limits, page sizes and the count of requests.

Only this module decides what happens when GitHub does not answer; the others in this folder
interpret responses or choose what to send. Queries wait in one thread's event loop; a few other
threads send the requests, each over its own PyGithub connection, because PyGithub is not
thread-safe.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from dora.collect.github import page_size
from dora.collect.github.access import ADVICE, Access
from dora.collect.github.batching import load_query
from dora.collect.github.concurrency import Concurrency
from dora.collect.github.connections import Connections, in_thread
from dora.collect.github.patience import Patience
from dora.collect.github.rate_limit import RateLimit
from dora.collect.github.refusals import Refusals
from dora.collect.github.request_queue import QueuedQuery, RequestQueue
from dora.collect.github.responses import QueryResult
from dora.collect.github.rest import RestQuery
from dora.collect.progress import Progress
from dora.config import Config
from dora.errors import CannotRead, DoraError, Forbidden, NoAccess

#: The first and the longest pause between attempts, in seconds.
PAUSE, LONGEST_PAUSE = 0.5, 8.0
#: Failed attempts at a request for several repositories after which it is split.
TOGETHER = 3
#: Times in a row that the same query may hit a rate limit.
LIMITS = 20
#: Seconds within which a whole response must arrive; GitHub's own limit is ten.
DEADLINE = 30.0

T = TypeVar("T")


class Client:
    """Sends a few requests at a time, and counts them."""

    def __init__(self, access: Access, config: Config, progress: Progress) -> None:
        self.access = access
        self.progress = progress
        self.stopping = threading.Event()  #: ends waiting outside the event loop
        self.points = 0
        self.seconds = 0.0  #: total time of all requests
        self._requests = 0
        self._most = config.collect.concurrency
        self.rate_limit = RateLimit(config.collect.wait)
        self._connections = Connections(access)
        self._queue = RequestQueue()
        self._concurrency = Concurrency(self._most)
        self._refusals = Refusals()
        self._patience = Patience(access.api)
        self._ended: Callable[[], DoraError] | None = None  #: makes the error of all later queries
        self._tasks: set[asyncio.Task[None]] = set()
        self._pump_at: asyncio.TimerHandle | None = None

    @property
    def requests(self) -> int:
        """Requests made so far, including those for an App's installation and tokens."""
        return self._requests + self.access.requests

    def run(self, reading: Coroutine[Any, Any, T]) -> T:
        """Run *reading* in an event loop, whose threads end with it, and give its result.

        Ctrl-C ends it at once, without waiting for requests in flight.
        """
        results: list[T] = []

        async def main() -> None:
            # The result is not returned, because asyncio would format it, if only for an error
            # that it drops (`signal.getsignal` of a handler that holds this task): tables are
            # long.
            try:
                results.append(await reading)
            except BaseException:
                self.stopping.set()
                raise

        asyncio.run(main())
        return results[0]

    async def ask(
        self,
        query: str | RestQuery,
        *,
        rows: int | None = None,
        rank: float = 0.0,
        turn: int = 0,
        **variables: Any,
    ) -> QueryResult:
        """The result of `queries/<query>.graphql`; its data may be partial, with errors beside it.

        Of a REST query the data has the body as `answer`.
        `$n` is the size of the page: *rows* at most, fewer where GitHub cannot answer so many.
        Small pages of several repositories share a request. Of the waiting queries, the one with
        the highest *rank* goes first, then the one with the lowest *turn*.
        Raises CannotReach, NoAccess, RateLimited, CannotRead.
        """
        queued = QueuedQuery(
            load_query(query) if isinstance(query, str) else query,
            variables,
            most=min(rows or page_size.FULL_PAGE, page_size.FULL_PAGE),
            rank=rank,
            turn=turn,
            future=asyncio.get_running_loop().create_future(),
        )
        self._enter(queued)
        return await queued.future

    def _enter(self, queued: QueuedQuery) -> None:
        """Queue a query; others that are queued in the same moment may share its request."""
        self._queue.put(queued)
        self._pump_soon(0.0)

    def _pump_soon(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + delay
        if self._pump_at is not None:
            if self._pump_at.when() <= at:
                return
            self._pump_at.cancel()
        self._pump_at = loop.call_at(at, self._pump)

    def _pump(self) -> None:
        """Start as many requests as may be in flight."""
        loop = asyncio.get_running_loop()
        self._pump_at = None
        while self._queue:
            if self._fail_at_once():
                return
            delay = self._delay(loop.time())
            if delay is None:
                return
            if delay > 0:
                self._pump_soon(delay)
                return
            batch = self._queue.take(is_idle=self._concurrency.is_idle)
            if not batch:  # the rest may share a request with later ones, or was cancelled
                return
            self._concurrency.start(loop.time())
            task = loop.create_task(self._exchange(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _delay(self, now: float) -> float | None:
        """Seconds until the next request may be made; None: not before another one ends."""
        held = self.rate_limit.seconds_left()
        if held > 0:
            return held
        doubt = self._refusals.delay(now, self._concurrency.in_flight)
        return doubt if doubt is None or doubt > 0 else self._concurrency.delay(now)

    def _fail_at_once(self) -> bool:
        """Fail all queued queries if no further request may be made, and say whether that is so."""
        if self._ended is None:
            return False
        for queued in self._queue.drain():
            queued.fail(self._ended())
        return True

    async def _exchange(self, batch: list[QueuedQuery]) -> None:
        """Send one request for all of *batch*; a bug fails its queries instead of blocking them."""
        try:
            await self._send_together(batch)
        except Exception as bug:  # noqa: BLE001  # else the queries would wait forever
            for queued in batch:
                queued.fail(bug)
        self._pump_soon(0.0)

    async def _send_together(self, batch: list[QueuedQuery]) -> None:
        """Make one request for all of *batch* and act on its result."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        result: QueryResult | None = None
        try:
            result = await self._send(batch)
        finally:
            now = loop.time()
            is_limited = result is not None and result.kind == "secondary limit"
            self._concurrency.end(began, now, is_limited=is_limited)
        self._count(result)
        self.seconds += now - began
        if result.kind == "data":
            self._pump()  # send the next requests before this result is processed
        self._settle(batch, result, began, now)

    async def _send(self, batch: list[QueuedQuery]) -> QueryResult:
        """The result of one request for all of *batch*."""
        for queued in batch:
            queued.generation = self.access.generation
        query, each = batch[0].query, [queued.all_variables for queued in batch]
        try:
            async with asyncio.timeout(DEADLINE):
                return await in_thread(lambda: self._connections.send(query, each))
        except TimeoutError:
            return QueryResult("too much", message=f"no whole answer within {DEADLINE:g} s")

    def _count(self, result: QueryResult) -> None:
        self._requests += 1
        self.points += (result.data.get("rateLimit") or {}).get("cost") or 0
        self.rate_limit.count(result)
        self.progress.requested(self.requests, result.remaining)

    def _settle(
        self, batch: list[QueuedQuery], result: QueryResult, began: float, now: float
    ) -> None:
        """Finish each query of *batch*, queue it again, or fail it."""
        query, rows = batch[0].query, sum(queued.size for queued in batch)
        if result.kind == "data":
            self.rate_limit.lift()
            self._refusals.accept(began)
            self._queue.sizes(query).passed(rows)
            for number, queued in enumerate(batch):
                queued.finish(result if len(batch) == 1 else query.part(result, number))
        elif result.kind in {"primary limit", "secondary limit"}:
            self._hold(result)
            for queued in batch:
                self._requeue_limited(queued)
        elif result.kind == "refused" and not self._may_retry_refused(batch, began, now):
            self._ended = lambda: self._refused(result)
            for queued in batch:
                queued.fail(self._refused(result))
        elif result.kind in {"lost", "forbidden"} and len(batch) == 1:
            is_lost = result.kind == "lost"
            batch[0].fail(CannotRead(result.message) if is_lost else self._refused(result))
        else:
            self._retry(batch, result, now - began)

    def _retry(self, batch: list[QueuedQuery], result: QueryResult, seconds: float) -> None:
        """Queue *batch* again, with smaller pages if these are more likely to succeed."""
        rows = sum(queued.size for queued in batch)
        is_resizable = batch[0].query.is_resizable
        if result.kind == "too much" and is_resizable:
            self._queue.sizes(batch[0].query).failed(rows)
        is_shrinkable = result.kind in {"too much", "lost", "forbidden"} and is_resizable
        tries = 1 + max(queued.tries for queued in batch)
        longest = min(LONGEST_PAUSE, PAUSE * 2 ** (tries - 1))
        pause = longest * random.uniform(0.5, 1)  # noqa: S311  # jitter, no secret
        is_split = len(batch) > 1 and tries >= TOGETHER  # a single one may be the cause
        for queued in batch:
            queued.tries += 1
            if is_shrinkable or is_split:
                queued.shrink(len(batch))
            is_smaller = is_shrinkable and rows > 1
            self._try_again(queued, result, seconds / len(batch), 0.0 if is_smaller else pause)

    def _try_again(
        self, queued: QueuedQuery, result: QueryResult, seconds: float, pause: float
    ) -> None:
        """Queue again after *pause*; fail after too many attempts, or too much time lost."""
        wrong = self._patience.lose(
            queued,
            result,
            seconds + pause,
            is_never_reached=result.kind == "unreachable" and self.points == 0,
        )
        if wrong is not None:
            queued.fail(wrong)
        elif pause:
            asyncio.get_running_loop().call_later(pause, self._enter, queued)
        else:
            self._enter(queued)

    def _may_retry_refused(self, batch: list[QueuedQuery], began: float, now: float) -> bool:
        """Whether to try once more after a refusal: credentials were renewed, or valid so far."""
        is_again = any(queued.is_retried_after_renewal for queued in batch)
        if not is_again and self.access.renew(batch[0].generation):
            for queued in batch:
                queued.is_retried_after_renewal = True
            return True
        return bool(self.points) and not is_again and self._refusals.refuse(began, now)

    def _hold(self, result: QueryResult) -> None:
        """Hold back all requests until a limit is lifted, or end the run if that takes too long."""
        until = self.rate_limit.hold(result)
        if self.rate_limit.is_too_long:
            self._ended = self.rate_limit.error
        elif until is not None:
            self.progress.waits(until, result.kind)

    def _requeue_limited(self, queued: QueuedQuery) -> None:
        """Queue again after a rate limit, unless the query hit one too often in a row."""
        queued.limits += 1
        if queued.limits > LIMITS:
            kind = self.rate_limit.kind
            queued.fail(CannotRead(f"GitHub's {kind} turned it away {LIMITS} times in a row"))
        else:
            self._enter(queued)

    def _refused(self, result: QueryResult) -> NoAccess:
        what = f"{self.access.api} refuses the credentials: {result.message or 'no reason given'}"
        if result.kind == "forbidden":
            return Forbidden(what, ADVICE, result.message)
        return NoAccess(what, ADVICE)
