"""Decides whether credentials that GitHub refuses are tried again.

GitHub refuses valid credentials now and then. So those that worked are tried once more: by one
request, while all others wait, because each of them would only be refused, too.
"""

#: Seconds between a refusal and the request that tries the credentials again.
PAUSE = 0.5


class Refusals:
    """What is known of credentials that worked; instants are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._since: float | None = None  #: when they were refused, if nothing worked since

    def delay(self, now: float, in_flight: int) -> float | None:
        """Seconds until the next request may be made; None: not before those in flight end."""
        if self._since is None:
            return 0.0
        return None if in_flight else max(0.0, self._since + PAUSE - now)

    def accept(self, began: float) -> None:
        """Record that the request made at *began* was answered."""
        if self._since is not None and began >= self._since:
            self._since = None

    def refuse(self, began: float, now: float) -> bool:
        """Record that the request made at *began* was refused; whether to try once more.

        Requests that were in flight together are refused together, which counts once.
        """
        if self._since is None:
            self._since = now
            return True
        return began < self._since
