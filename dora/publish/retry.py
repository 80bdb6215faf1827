"""Tries again what another service did not take: how often, and after which pause.

A target says which of its failures may pass by themselves, by raising `TemporaryFailure`; whatever
else it raises ends the publishing at once.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dora.errors import DoraError

if TYPE_CHECKING:
    from tenacity import RetryCallState

TRIES = 4
PAUSE = 0.5  #: seconds before the second try, at least; doubled for each further
LONGEST_WAIT = 60.0  #: seconds to wait where the service says how long

T = TypeVar("T")


class TemporaryFailure(Exception):
    """A later try may succeed; *error* is raised when none is left.

    *after* is how many seconds the service wants to be left alone, 0 where it does not say.
    """

    def __init__(self, error: DoraError, after: float = 0.0) -> None:
        super().__init__(error.what)
        self.error = error
        self.after = after


def with_retries(send: Callable[[], T], pause: Callable[[float], None]) -> T:
    """Give what *send* gives, called again after each TemporaryFailure; *pause* waits for seconds.

    It is not called again where the service wants to be left alone for longer than LONGEST_WAIT.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_attempt

    retrying = Retrying(
        sleep=pause,
        stop=stop_after_attempt(TRIES),
        wait=_seconds_to_wait,
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )
    try:
        return retrying(send)
    except TemporaryFailure as failure:
        raise failure.error from failure.__cause__


def seconds_in(header: object) -> float | None:
    """Give the seconds that a header such as `Retry-After` names; None where it names none."""
    text = str(header or "")
    return float(text) if text.isdecimal() else None


def _may_pass(wrong: BaseException) -> bool:
    return isinstance(wrong, TemporaryFailure) and wrong.after <= LONGEST_WAIT


def _seconds_to_wait(state: "RetryCallState") -> float:
    """As long as the service wants, else a while that grows, and differs from run to run.

    Runs that were turned away together shall not come back together.
    """
    failure = state.outcome.exception() if state.outcome else None
    after = failure.after if isinstance(failure, TemporaryFailure) else 0.0
    own = PAUSE * 2.0 ** (state.attempt_number - 1) * random.uniform(1, 2)  # noqa: S311  # no secret
    return max(after, own)
