"""Tracks GitHub's rate limits: which one was hit, and how long requests must wait.

GitHub has two: a budget of points an hour (the primary limit), whose response names the instant
of its reset, and a limit on requests in a short time (the secondary limit), whose response asks
for a pause in seconds.
"""

from datetime import UTC, datetime, timedelta

from dora.collect.github.responses import QueryResult
from dora.errors import RateLimited

#: The longest pause that is honoured, in seconds, so that its end is a valid date.
LONGEST_HOLD = 1e7
SECOND = timedelta(seconds=1)
#: How long a limit lasts if GitHub does not say.
MINUTE = timedelta(minutes=1)


class RateLimit:
    """What GitHub has reported of its limits so far.

    Requests in flight at the same time hit a limit together, which counts once. The pause doubles
    each time that a limit is hit again before any request has succeeded.
    """

    def __init__(self, longest_wait: timedelta) -> None:
        self.limit: int | None = None  #: points an hour, where GitHub has reported them
        self.remaining: int | None = None  #: points left, by the last response
        self.kind = ""  #: the last limit hit: `primary limit` or `secondary limit`
        self.is_too_long = False  #: whether a limit lasted longer than the run may wait; final
        self._longest_wait = longest_wait
        self._resume_at = datetime.min.replace(tzinfo=UTC)
        self._times_in_a_row = 0

    def count(self, result: QueryResult) -> None:
        """Update the budget from the headers of a response."""
        self.limit = result.limit or self.limit
        self.remaining = self.remaining if result.remaining is None else result.remaining

    def lift(self) -> None:
        """Record that a query was answered, so that the next limit is the first in a row."""
        self._times_in_a_row = 0

    def seconds_left(self) -> float:
        """Seconds until the next request may be sent; zero or less if it may be sent now."""
        return (self._resume_at - datetime.now(UTC)).total_seconds()

    def hold(self, result: QueryResult) -> datetime | None:
        """Hold back all requests until the limit of *result* is lifted.

        Gives that instant, to be reported; None if it was reported before or is too far away.
        """
        now = datetime.now(UTC)
        if self._resume_at <= now:
            self._times_in_a_row += 1
        longer = 2 ** max(0, self._times_in_a_row - 1)
        if result.pause is not None:
            resume = now + timedelta(seconds=min(LONGEST_HOLD, result.pause * longer))
        else:
            reset = result.reset or now + MINUTE
            # If our clock is ahead of GitHub's, the reset seems to be past.
            resume = max(reset, now + timedelta(seconds=longer - 1))
        self.kind = result.kind
        before, self._resume_at = self._resume_at, max(self._resume_at, resume + SECOND)
        if self._resume_at - now > self._longest_wait + SECOND:
            self.is_too_long = True
            return None
        return self._resume_at - SECOND if self._resume_at - before >= SECOND else None

    def error(self) -> RateLimited:
        """The error of a run that ends because a limit lasts too long."""
        minutes = self._longest_wait.total_seconds() / 60
        return RateLimited(
            f"GitHub's {self.kind} lasts until {self._resume_at - SECOND:%H:%M:%S} UTC, "
            f"longer than the wait allowed ({minutes:g} min)",
            "Run it again then, or allow a longer wait with --wait.",
        )
