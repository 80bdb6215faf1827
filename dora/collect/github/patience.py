"""Decides when a query that fails again and again is given up."""

from dora.collect.github.request_queue import QueuedQuery
from dora.collect.github.responses import QueryResult
from dora.errors import CannotReach, CannotRead, DoraError

#: Attempts at a request before its repository is given up.
TRIES = 10
#: Attempts at a server that cannot be reached at all.
TRIES_UNREACHABLE = 3
#: Seconds that failures of one repository may take before it is given up.
PATIENCE = 300.0


class Patience:
    """The time that was lost to failures, of each repository."""

    def __init__(self, api: str) -> None:
        self._api = api  #: address of the server
        self._lost: dict[object, float] = {}

    def lose(
        self, queued: QueuedQuery, result: QueryResult, seconds: float, *, is_never_reached: bool
    ) -> DoraError | None:
        """Count the *seconds* that a failed attempt took; the error that ends it if it is the last.

        *is_never_reached* is whether the server has not answered once.
        """
        lost = self._lost[queued.repository] = self._lost.get(queued.repository, 0.0) + seconds
        if is_never_reached and queued.tries >= TRIES_UNREACHABLE:
            reason = result.message.removeprefix("the connection failed ")
            advice = "Check the network and GITHUB_API_URL, then run it again."
            return CannotReach(f"{self._api} cannot be reached {reason}", advice)
        if queued.tries >= TRIES:
            return CannotRead(f"{result.message}; given up after {TRIES} tries")
        if lost > PATIENCE:
            minutes = f"{PATIENCE / 60:g} minutes"
            return CannotRead(f"{result.message}; given up after {minutes} of failures")
        return None
