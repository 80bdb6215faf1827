"""A GraphQL query in, its data out: retries, limits, page sizes and the count of requests.

One place decides what happens when GitHub does not answer as asked; the rooms beside it only read.
Whoever asks waits in one thread's event loop; requests are made by a few threads, each with a
PyGithub client of its own, because that one is not made to be shared.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from dora.collect.github import page_size
from dora.collect.github.access import ADVICE, Access
from dora.collect.github.batching import load_query
from dora.collect.github.concurrency import Concurrency
from dora.collect.github.connections import Connections, in_thread
from dora.collect.github.request_queue import QueuedQuery, RequestQueue
from dora.collect.github.responses import QueryResult
from dora.collect.progress import Progress
from dora.config import Config
from dora.errors import CannotReach, CannotRead, DoraError, NoAccess, RateLimited

#: Times a request is tried before its repository is given up.
TRIES = 10
#: Times a server that cannot be reached at all is tried.
TRIES_UNREACHABLE = 3
#: First and longest pause between tries, in seconds.
PAUSE, LONGEST_PAUSE = 0.5, 8.0
#: Seconds that one repository's failures may cost before it is given up.
PATIENCE = 300.0
#: Times that a request of several fails, whatever the reason, before they are asked apart.
TOGETHER = 3
#: Times in a row that a limit may turn the same ask away.
LIMITS = 20
#: Seconds for a whole answer, however slowly its parts drop in; GitHub's own limit is ten.
DEADLINE = 30.0
#: Seconds that nobody waits, and that no clock is too short for.
LONGEST_HOLD = 1e7
SECOND = timedelta(seconds=1)
#: How long a limit lasts that does not say until when.
MINUTE = timedelta(minutes=1)

T = TypeVar("T")


class Client:
    """Asks GitHub, a few requests at once, and counts what it asked."""

    def __init__(self, access: Access, config: Config, progress: Progress) -> None:
        self.access = access
        self.progress = progress
        self.stopping = threading.Event()  #: for threads that wait beside the event loop
        self.points = 0
        self.limit: int | None = None  #: points an hour, as far as GitHub told
        self.remaining: int | None = None  #: of them, at the last answer
        self.seconds = 0.0  #: that requests took, one after the other
        self._requests = 0
        self._most = config.collect.concurrency
        self._longest_wait = config.collect.wait
        self._connections = Connections(access)
        self._queue = RequestQueue()
        self._concurrency = Concurrency(self._most)
        self._lost: dict[object, float] = {}  #: seconds by repository
        self._resume_at = datetime.min.replace(tzinfo=UTC)
        self._why = ""
        self._turned_away = 0  #: times in a row that a limit was hit
        self._ended: Callable[[], DoraError] | None = None  #: why nothing may be asked any more
        self._tasks: set[asyncio.Task[None]] = set()
        self._pump_at: asyncio.TimerHandle | None = None

    @property
    def requests(self) -> int:
        """Requests made so far, those for access among them."""
        return self._requests + self.access.requests

    def run(self, reading: Coroutine[Any, Any, T]) -> T:
        """What *reading* gives, with an event loop and threads that are gone afterwards.

        Ctrl-C ends it at once: nobody waits for a request in flight.
        """

        async def main() -> T:
            try:
                return await reading
            except BaseException:
                self.stopping.set()
                raise

        return asyncio.run(main())

    async def ask(
        self,
        query: str,
        *,
        rows: int | None = None,
        rank: float = 0.0,
        turn: int = 0,
        **variables: Any,
    ) -> QueryResult:
        """Answer to `queries/<query>.graphql`; its data may be partial, with errors beside it.

        `$n` is the page's size: at most *rows*, or as many as GitHub bears. Small pages of
        several repositories share a request. Of those that wait, the highest *rank* goes first,
        then the lowest *turn*.
        Raises CannotReach, NoAccess, RateLimited, CannotRead.
        """
        queued = QueuedQuery(
            load_query(query),
            variables,
            most=min(rows or page_size.FULL_PAGE, page_size.FULL_PAGE),
            rank=rank,
            turn=turn,
            future=asyncio.get_running_loop().create_future(),
        )
        self._enter(queued)
        return await queued.future

    def _enter(self, queued: QueuedQuery) -> None:
        """Put an ask into the queue; what else is asked at this very moment may join it."""
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
        """Let as many requests leave as may be in flight."""
        loop = asyncio.get_running_loop()
        self._pump_at = None
        while self._queue:
            if self._fail_at_once():
                return
            held = (self._resume_at - datetime.now(UTC)).total_seconds()
            delay = held if held > 0 else self._concurrency.delay(loop.time())
            if delay is None:
                return
            if delay > 0:
                self._pump_soon(delay)
                return
            batch = self._queue.take(is_idle=self._concurrency.is_idle)
            if not batch:  # whoever waits for company, or nobody any more
                return
            self._concurrency.start(loop.time())
            task = loop.create_task(self._exchange(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _fail_at_once(self) -> bool:
        """Whether nothing may be asked any more: whoever waits is told, no request is made."""
        if self._ended is None:
            return False
        for queued in self._queue.drain():
            queued.fail(self._ended())
        return True

    async def _exchange(self, batch: list[QueuedQuery]) -> None:
        """One request for all of *batch*; whatever becomes of it, whoever waits is told."""
        try:
            await self._send_together(batch)
        except Exception as bug:  # noqa: BLE001  # whoever waits must be told of it
            for queued in batch:
                queued.fail(bug)
        self._pump_soon(0.0)

    async def _send_together(self, batch: list[QueuedQuery]) -> None:
        """One request for all of *batch*, and what follows from its answer."""
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
            self._pump()  # who waits leaves before this answer is worked on
        self._settle(batch, result, now - began)

    async def _send(self, batch: list[QueuedQuery]) -> QueryResult:
        """What GitHub says to one request for all of *batch*."""
        for queued in batch:
            queued.generation = self.access.generation
        text, variables = batch[0].query.merge([queued.all_variables for queued in batch])
        try:
            async with asyncio.timeout(DEADLINE):
                return await in_thread(lambda: self._connections.send(text, variables))
        except TimeoutError:
            return QueryResult("too much", message=f"no whole answer within {DEADLINE:g} s")

    def _count(self, result: QueryResult) -> None:
        self._requests += 1
        self.points += (result.data.get("rateLimit") or {}).get("cost") or 0
        self.limit = result.limit or self.limit
        self.remaining = self.remaining if result.remaining is None else result.remaining
        self.progress.asked(self.requests, result.remaining)

    def _settle(self, batch: list[QueuedQuery], result: QueryResult, seconds: float) -> None:
        """Give every ask of *batch* its answer, or let it try again, or end it."""
        query, rows = batch[0].query, sum(queued.size for queued in batch)
        if result.kind == "data":
            self._turned_away = 0
            self._queue.sizes(query).passed(rows)
            for number, queued in enumerate(batch):
                queued.finish(result if len(batch) == 1 else query.part(result, number))
        elif result.kind in {"primary limit", "secondary limit"}:
            self._hold(result)
            for queued in batch:
                self._ask_after_limit(queued)
        elif result.kind == "refused" and not self._may_retry_refused(batch):
            self._ended = lambda: self._refused(result)
            for queued in batch:
                queued.fail(self._refused(result))
        elif result.kind in {"lost", "forbidden"} and len(batch) == 1:
            is_lost = result.kind == "lost"
            batch[0].fail(CannotRead(result.message) if is_lost else self._refused(result))
        else:
            self._retry(batch, result, seconds)

    def _retry(self, batch: list[QueuedQuery], result: QueryResult, seconds: float) -> None:
        """Let those of *batch* that may try again do so, likelier to succeed."""
        rows = sum(queued.size for queued in batch)
        if result.kind == "too much":
            self._queue.sizes(batch[0].query).failed(rows)
        asks_less = result.kind in {"too much", "lost", "forbidden"}
        tries = 1 + max(queued.tries for queued in batch)
        longest = min(LONGEST_PAUSE, PAUSE * 2 ** (tries - 1))
        pause = longest * random.uniform(0.5, 1)  # noqa: S311  # jitter, no secret
        is_parted = len(batch) > 1 and tries >= TOGETHER  # one of them may be what fails
        for queued in batch:
            queued.tries += 1
            if asks_less or is_parted:
                queued.shrink(len(batch))
            is_cured = asks_less and rows > 1
            self._try_again(queued, result, seconds / len(batch), 0.0 if is_cured else pause)

    def _try_again(
        self, queued: QueuedQuery, result: QueryResult, seconds: float, pause: float
    ) -> None:
        """Ask once more after *pause*; give up where that was often enough, or took too long."""
        lost = self._lost[queued.repository] = (
            self._lost.get(queued.repository, 0.0) + seconds + pause
        )
        is_nobody_there = result.kind == "unreachable" and self.points == 0
        if is_nobody_there and queued.tries >= TRIES_UNREACHABLE:
            told = result.message.removeprefix("the connection failed ")
            advice = "Check the network and GITHUB_API_URL, then run it again."
            queued.fail(CannotReach(f"{self.access.api} cannot be reached {told}", advice))
        elif queued.tries >= TRIES:
            queued.fail(CannotRead(f"{result.message}; given up after {TRIES} tries"))
        elif lost > PATIENCE:
            minutes = f"{PATIENCE / 60:g} minutes"
            queued.fail(CannotRead(f"{result.message}; given up after {minutes} of failures"))
        elif pause:
            asyncio.get_running_loop().call_later(pause, self._enter, queued)
        else:
            self._enter(queued)

    def _may_retry_refused(self, batch: list[QueuedQuery]) -> bool:
        """Whether to try a refused token once more: renewed, or because it was good before."""
        is_again = any(queued.is_retried_after_refusal for queued in batch)
        if is_again or not (self.access.renew(batch[0].generation) or self.points):
            return False
        for queued in batch:
            queued.is_retried_after_refusal = True
        return True

    def _hold(self, result: QueryResult) -> None:
        """Hold all requests back until a limit is lifted, longer each time in a row."""
        now = datetime.now(UTC)
        if self._resume_at <= now:  # those in flight together tell of one limit
            self._turned_away += 1
        longer = 2 ** max(0, self._turned_away - 1)
        if result.pause is not None:
            resume = now + timedelta(seconds=min(LONGEST_HOLD, result.pause * longer))
        else:
            reset = result.reset or now + MINUTE
            # Where our clock is ahead of GitHub's, the reset seems to be over.
            resume = max(reset, now + timedelta(seconds=longer - 1))
        self._why = result.kind
        before, self._resume_at = self._resume_at, max(self._resume_at, resume + SECOND)
        if self._resume_at - now > self._longest_wait + SECOND:
            self._ended = self._limited
        elif self._resume_at - before >= SECOND:  # told once, however many were turned away
            self.progress.waits(self._resume_at - SECOND, result.kind)

    def _ask_after_limit(self, queued: QueuedQuery) -> None:
        queued.limits += 1
        if queued.limits > LIMITS:
            queued.fail(CannotRead(f"GitHub's {self._why} turned it away {LIMITS} times in a row"))
        else:
            self._enter(queued)

    def _limited(self) -> RateLimited:
        resume = self._resume_at - SECOND
        return RateLimited(
            f"GitHub's {self._why} lasts until {resume:%H:%M:%S} UTC, "
            f"longer than the wait allowed ({_words(self._longest_wait)})",
            "Run it again then, or allow a longer wait with --wait.",
        )

    def _refused(self, result: QueryResult) -> NoAccess:
        return NoAccess(
            f"{self.access.api} refuses the credentials: {result.message or 'no reason given'}",
            ADVICE,
        )


def _words(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
