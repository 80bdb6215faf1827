"""Decides how many requests are in flight at once, and when the next one may be made."""

from collections import deque

#: GitHub ends a request after ten seconds; one that takes half of that is a warning.
SLOW_SECONDS = 5.0
#: Responses without trouble after which one more request may be in flight.
RECOVERS_AFTER = 20
#: GraphQL requests a minute: a few less than the 2,000 points of GitHub's secondary limit.
MOST_A_MINUTE = 1900
MINUTE = 60.0


class Concurrency:
    """Starts with *most* requests in flight; halves them at a sign of trouble, recovers slowly.

    Instants are seconds of a monotonic clock.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._good = 0
        self._halved_at = float("-inf")
        self._starts: deque[float] = deque()
        self.allowed = most
        self.in_flight = 0

    @property
    def is_idle(self) -> bool:
        """Whether so few requests are in flight that the next one need not be filled up first."""
        return self.in_flight <= self.allowed // 3

    def delay(self, now: float) -> float | None:
        """Seconds until the next request may be made; None: not before another one ends."""
        if self.in_flight >= self.allowed:
            return None
        while self._starts and self._starts[0] <= now - MINUTE:
            self._starts.popleft()
        if len(self._starts) < MOST_A_MINUTE:
            return 0.0
        return self._starts[0] + MINUTE - now

    def start(self, now: float) -> None:
        """Count a request that is made."""
        self.in_flight += 1
        self._starts.append(now)

    def end(self, began: float, now: float, *, is_limited: bool) -> None:
        """Count the end of the request made at *began*, and whether a limit turned it away.

        Requests that were in flight together report the same trouble, and halve the number once.
        """
        self.in_flight -= 1
        if is_limited or now - began > SLOW_SECONDS:
            self._good = 0
            if began >= self._halved_at:
                self._halved_at = now
                self.allowed = max(1, self.allowed // 2)
            return
        self._good += 1
        if self._good >= RECOVERS_AFTER and self.allowed < self._most:
            self._good = 0
            self.allowed += 1
