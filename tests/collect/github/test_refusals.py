"""Credentials that worked and are refused are tried once more, by one request alone."""

from dora.collect.github.refusals import PAUSE, Refusals


def test_one_request_tries_again() -> None:
    """After a refusal the next request waits for those in flight, and for a pause."""
    refusals = Refusals()

    assert 0.0 == refusals.delay(10.0, in_flight=6)
    assert refusals.refuse(began=10.0, now=11.0)
    assert refusals.refuse(began=10.9, now=11.2)  # in flight when the first one was refused
    assert refusals.delay(11.25, in_flight=1) is None
    assert PAUSE - 0.25 == refusals.delay(11.25, in_flight=0)
    assert 0.0 == refusals.delay(12.0, in_flight=0)
    assert not refusals.refuse(began=12.0, now=12.5)


def test_an_answer_ends_the_doubt() -> None:
    """An answer to a request that was sent after the refusal shows that the credentials work."""
    refusals = Refusals()
    refusals.refuse(began=10.0, now=11.0)
    refusals.accept(began=10.5)

    assert refusals.delay(11.1, in_flight=2) is None
    refusals.accept(began=11.6)

    assert 0.0 == refusals.delay(11.7, in_flight=2)
    assert refusals.refuse(began=11.7, now=12.0)
