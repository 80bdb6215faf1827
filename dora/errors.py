"""The errors that are expected: each kind with its exit status, each error with its advice."""


class DoraError(Exception):
    """Something could not be done: *what* it was, and *advice* on what to do about it.

    The command line prints the two on two lines.
    """

    exit_status = 1

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """Both lines, the advice second."""
        return f"{self.what}\n{self.advice}" if self.advice else self.what


class BadUsage(DoraError):
    """The command line or the configuration is wrong: every problem found, one a line."""

    exit_status = 2


class NoAccess(DoraError):
    """GitHub refuses the credentials, or there are none."""


class Forbidden(NoAccess):
    """GitHub refuses a single request: *reason* is what it says, perhaps nothing."""

    def __init__(self, what: str, advice: str = "", reason: str = "") -> None:
        super().__init__(what, advice)
        self.reason = reason


class CannotReach(DoraError):
    """GitHub gives no usable answer: down, timed out, or not GitHub."""


class RateLimited(DoraError):
    """The rate limit is used up and lasts longer than the run may wait."""


class CannotRead(DoraError):
    """One repository (or organization) cannot be read; *what* is the reason, in one sentence."""


class CannotWrite(DoraError):
    """A result cannot be written to its destination."""
