"""Models what GitHub allows: hourly budgets, secondary limits, and how long an answer takes.

Rules: docs.github.com, "Rate limits for the REST API" and "… for the GraphQL API".
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dora.demo.github.messages import Response, too_much

SECONDS_MAXIMUM = 10.0  #: GitHub ends a request that takes longer


@dataclass(frozen=True)
class SecondaryLimits:
    """The secondary limits, as GitHub documents them.

    At most *at_once* requests in flight, both APIs together. In any *window* (seconds) at most
    *graphql_points* queries, *rest_points* requests to REST, *graphql_seconds* of work on queries
    and *seconds* of work on all; work is what `Latency` calls so, counted as soon as it begins.

    Once one is exceeded, every request is refused until *retry_after* seconds have passed, as the
    header says; with None there is no header, and it refuses for as long as the window is full.
    """

    at_once: int = 100
    graphql_points: int = 2000
    rest_points: int = 900
    graphql_seconds: float = 60.0
    seconds: float = 90.0
    window: float = 60.0
    retry_after: int | None = 60
    status: int = 403


@dataclass(frozen=True)
class Limits:
    """Hourly budgets of points, how GitHub reports one that is used up, and the secondary limits.

    *style* is `RATE_LIMITED` or `RATE_LIMIT` (status 200, type of the GraphQL error), `403` or
    `429`; REST always answers 403 or 429. A request that was cut off costs *timeout_points* more;
    None is its own points again (GitHub says "additional points", and not how many). *clock* gives
    seconds since the epoch, for the budgets and the secondary limits.
    """

    graphql: int = 5000
    rest: int = 5000
    window: float = 3600.0
    style: str = "RATE_LIMITED"
    timeout_points: int | None = None
    secondary: SecondaryLimits = field(default_factory=SecondaryLimits)
    clock: Callable[[], float] = time.time


@dataclass
class Budget:
    """One hourly budget of points; *clock* gives seconds since the epoch."""

    limit: int = 5000
    resource: str = "core"
    window: float = 3600.0
    clock: Callable[[], float] = time.time
    used: int = 0
    reset_at: float = 0.0
    style: str | None = None  #: how it reports that it is used up, until its reset
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, points: int) -> bool:
        """Take *points* when they are there; False, and nothing taken, when they are not."""
        with self._lock:
            self._refill()
            if self.used + points > self.limit:
                self.used = self.limit
                return False
            self.used += points
            return True

    def fine(self, points: int) -> None:
        """Take *points*, or what is left of them."""
        with self._lock:
            self._refill()
            self.used = min(self.limit, self.used + points)

    def exhaust(self, seconds: float, style: str) -> None:
        """Use all up until so many seconds (to the next whole one) have passed, unless it is so."""
        with self._lock:
            self._refill()
            if self.style is None:
                self.used = self.limit
                self.reset_at = math.ceil(self.clock() + seconds)
                self.style = style

    def headers(self) -> dict[str, str]:
        """The `x-ratelimit-*` headers as they stand."""
        with self._lock:
            self._refill()
            return {
                "x-ratelimit-limit": str(self.limit),
                "x-ratelimit-remaining": str(self.limit - self.used),
                "x-ratelimit-used": str(self.used),
                "x-ratelimit-reset": str(int(self.reset_at)),
                "x-ratelimit-resource": self.resource,
            }

    def rate_limit(self) -> dict[str, Any]:
        """The values of the GraphQL field `rateLimit`, save those of the query itself."""
        headers = self.headers()
        reset = time.gmtime(int(headers["x-ratelimit-reset"]))
        counts = {
            name: int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "used")
        }
        return {**counts, "resetAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", reset)}

    def _refill(self) -> None:
        now = self.clock()
        if now >= self.reset_at:
            self.used = 0
            self.reset_at = now + self.window
            self.style = None


class _Window:
    """Amounts of the last while, summed up for GraphQL (True) and REST (False)."""

    def __init__(self) -> None:
        self.sums = {True: 0.0, False: 0.0}
        self._entries: deque[tuple[float, bool, float]] = deque()

    def add(self, moment: float, graphql: bool, amount: float) -> None:
        self._entries.append((moment, graphql, amount))
        self.sums[graphql] += amount

    def forget(self, until: float) -> None:
        """Leave out what was added at *until* or before."""
        while self._entries and self._entries[0][0] <= until:
            _, graphql, amount = self._entries.popleft()
            self.sums[graphql] -= amount
        if not self._entries:  # what rounding left goes too
            self.sums = {True: 0.0, False: 0.0}


@dataclass
class Throttle:
    """What the secondary limits count; *peak* is the most requests that were in flight at once."""

    allowed: SecondaryLimits = field(default_factory=SecondaryLimits)
    clock: Callable[[], float] = time.time
    in_flight: int = 0
    peak: int = 0
    _requests: _Window = field(default_factory=_Window, repr=False)
    _worked: _Window = field(default_factory=_Window, repr=False)
    _refuses_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def flight(self, *, graphql: bool) -> Iterator[Response | None]:
        """One request from its arrival to its answer; the refusal when it is too much."""
        refusal = self._enter(graphql)
        try:
            yield refusal
        finally:
            with self._lock:
                self.in_flight -= 1

    def work(self, seconds: float, *, graphql: bool) -> None:
        """Count so many seconds of work."""
        if seconds > 0:
            with self._lock:
                self._worked.add(self.clock(), graphql, seconds)

    def _enter(self, graphql: bool) -> Response | None:
        with self._lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
            now = self.clock()
            for window in (self._requests, self._worked):
                window.forget(now - self.allowed.window)
            if now >= self._refuses_until and not self._is_full(graphql):
                self._requests.add(now, graphql, 1)
                return None
            wait = self.allowed.retry_after
            if now >= self._refuses_until and wait is not None:
                self._refuses_until = now + wait
            left = None if wait is None else math.ceil(self._refuses_until - now)
            return too_much(self.allowed.status, left)

    def _is_full(self, graphql: bool) -> bool:
        allowed, counts, worked = self.allowed, self._requests.sums, self._worked.sums
        points = allowed.graphql_points if graphql else allowed.rest_points
        return (
            self.in_flight > allowed.at_once
            or counts[graphql] >= points
            or (graphql and worked[True] >= allowed.graphql_seconds)
            or worked[True] + worked[False] >= allowed.seconds
        )


@dataclass(frozen=True)
class Latency:
    """A model of how long GitHub takes, in seconds.

    An answer takes *fixed*, the network's part, and *per_node* for every node it holds, GitHub's
    work: rows of connections in GraphQL; in REST rows of lists, commits of comparisons, and 1 for
    a record by itself. These together are the time of an answer from the request's arrival on,
    and the stand-in's own computing is part of that time (unless it took longer).
    What goes wrong takes *fixed* alone.

    An answer of more work than *cut_off* is cut off: at once, so that no test has to wait for it,
    or after those seconds unless *cut_at_once*.
    """

    fixed: float = 0.0
    per_node: float = 0.0
    cut_off: float = SECONDS_MAXIMUM
    cut_at_once: bool = True

    def work(self, nodes: int) -> float:
        """How long GitHub would work on an answer of *nodes* nodes."""
        return self.per_node * nodes

    def seconds(self, nodes: int) -> float:
        """How long an answer of *nodes* nodes takes, from the request's arrival on."""
        work = self.work(nodes)
        if work > self.cut_off:
            return self.fixed + (0.0 if self.cut_at_once else self.cut_off)
        return self.fixed + work
