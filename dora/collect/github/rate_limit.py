"""How long GitHub's rate limits hold back all requests of a client, and which limit it is.

GitHub has two of them: a budget of points an hour (the primary limit), which names the instant of
its reset, and a bound on how much is asked at once (the secondary limit), which asks for a pause
of so many seconds.
"""

from datetime import UTC, datetime, timedelta

from dora.collect.github.responses import QueryResult
from dora.errors import RateLimited

#: The longest pause in seconds that is taken literally: no date is too far for a clock.
LONGEST_HOLD = 1e7
SECOND = timedelta(seconds=1)
#: How long a limit lasts that does not say until when.
MINUTE = timedelta(minutes=1)


class RateLimit:
    """What GitHub has reported of its limits so far.

    Requests that were in flight together are turned away together: that counts once. A client that
    is turned away several times in a row waits twice as long each time.
    """

    def __init__(self, longest_wait: timedelta) -> None:
        self.limit: int | None = None  #: points an hour, where GitHub has reported them
        self.remaining: int | None = None  #: points left, by the last response
        self.kind = ""  #: the limit that was hit last: `primary limit` or `secondary limit`
        self.is_too_long = False  #: whether one lasted longer than the run may wait: for good
        self._longest_wait = longest_wait
        self._resume_at = datetime.min.replace(tzinfo=UTC)
        self._times_in_a_row = 0

    def count(self, result: QueryResult) -> None:
        """Take over what the headers of a response say of the budget."""
        self.limit = result.limit or self.limit
        self.remaining = self.remaining if result.remaining is None else result.remaining

    def lift(self) -> None:
        """A query was answered: the next limit is the first in a row."""
        self._times_in_a_row = 0

    def seconds_left(self) -> float:
        """Seconds until the next request may be made; not positive where it may be made now."""
        return (self._resume_at - datetime.now(UTC)).total_seconds()

    def hold(self, result: QueryResult) -> datetime | None:
        """Hold back all requests until the limit of *result* is lifted.

        The instant that is to be reported; None where it was reported before, or is too far away.
        """
        now = datetime.now(UTC)
        if self._resume_at <= now:
            self._times_in_a_row += 1
        longer = 2 ** max(0, self._times_in_a_row - 1)
        if result.pause is not None:
            resume = now + timedelta(seconds=min(LONGEST_HOLD, result.pause * longer))
        else:
            reset = result.reset or now + MINUTE
            # Where our clock is ahead of GitHub's, the reset seems to be over.
            resume = max(reset, now + timedelta(seconds=longer - 1))
        self.kind = result.kind
        before, self._resume_at = self._resume_at, max(self._resume_at, resume + SECOND)
        if self._resume_at - now > self._longest_wait + SECOND:
            self.is_too_long = True
            return None
        return self._resume_at - SECOND if self._resume_at - before >= SECOND else None

    def error(self) -> RateLimited:
        """Why nothing is asked any more after a limit that is too long."""
        minutes = self._longest_wait.total_seconds() / 60
        return RateLimited(
            f"GitHub's {self.kind} lasts until {self._resume_at - SECOND:%H:%M:%S} UTC, "
            f"longer than the wait allowed ({minutes:g} min)",
            "Run it again then, or allow a longer wait with --wait.",
        )
