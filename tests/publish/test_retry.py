"""What is sent is tried again where a failure may pass, for as long as that is worth it."""

from collections.abc import Callable

import pytest

from dora.errors import CannotReach, RateLimited
from dora.publish.retry import (
    LONGEST_WAIT,
    PAUSE,
    TRIES,
    TemporaryFailure,
    seconds_in,
    with_retries,
)

BUSY = CannotReach("it cannot be reached", "Run it again later.")
LIMITED = RateLimited("the limit is used up", "Run it again later.")


def failing(*failures: Exception) -> Callable[[], str]:
    """What fails that often, and then succeeds."""
    left = list(failures)

    def send() -> str:
        if left:
            raise left.pop(0)
        return "sent"

    return send


def test_pauses_double_and_differ() -> None:
    """Each pause is from its least to twice that, and the least doubles."""
    waits: list[float] = []

    assert "sent" == with_retries(failing(*[TemporaryFailure(BUSY)] * (TRIES - 1)), waits.append)
    assert TRIES - 1 == len(waits)
    for number, wait in enumerate(waits):
        assert PAUSE * 2**number <= wait <= PAUSE * 2 ** (number + 1)


def test_the_last_failure_is_raised() -> None:
    """When no try is left, the error of the last one is raised, and nothing is waited for."""
    waits: list[float] = []
    failures = [*[TemporaryFailure(BUSY)] * (TRIES - 1), TemporaryFailure(LIMITED)]
    with pytest.raises(RateLimited) as raised:
        with_retries(failing(*failures), waits.append)

    assert LIMITED is raised.value
    assert TRIES - 1 == len(waits)


@pytest.mark.parametrize(("after", "waits"), [(7.0, [7.0]), (LONGEST_WAIT, [LONGEST_WAIT])])
def test_what_the_service_asks_for_is_waited_for(after: float, waits: list[float]) -> None:
    """A service that says how long it wants to be left alone is left alone for that long."""
    waited: list[float] = []

    assert "sent" == with_retries(failing(TemporaryFailure(LIMITED, after)), waited.append)
    assert waits == waited


def test_a_long_wait_is_not_waited_for() -> None:
    """What would take longer than a minute is the caller's to decide."""
    waited: list[float] = []
    with pytest.raises(RateLimited):
        with_retries(failing(TemporaryFailure(LIMITED, LONGEST_WAIT + 1)), waited.append)

    assert [] == waited


@pytest.mark.parametrize("error", [BUSY, ValueError("a bug"), KeyboardInterrupt()])
def test_other_failures_end_it_at_once(error: Exception) -> None:
    """Only what a target calls temporary is tried again."""
    waited: list[float] = []
    with pytest.raises(type(error)) as raised:
        with_retries(failing(error), waited.append)

    assert error is raised.value
    assert [] == waited


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("", None), (None, None), ("-1", None), ("Wed, 21 Oct", None)],
)
def test_seconds_of_a_header(header: str | None, seconds: float | None) -> None:
    """A header is a number of seconds, or none that is understood."""
    assert seconds == seconds_in(header)
