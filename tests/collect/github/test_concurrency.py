"""How many requests are in flight: most at first, halved at a sign of trouble, slowly back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.collect.github import concurrency
from dora.collect.github.concurrency import MOST_A_MINUTE, RECOVERS_AFTER, SLOW_SECONDS, Concurrency

SLOW = SLOW_SECONDS + 1


def leave(made: Concurrency, now: float) -> int:
    """Let as many requests leave as may; how many did."""
    count = 0
    while made.delay(now) == 0:
        made.start(now)
        count += 1
    return count


def answered(made: Concurrency, count: int, began: float = 0.0, seconds: float = 1.0) -> None:
    """So many requests that began then are answered after so many seconds."""
    for _ in range(count):
        made.end(began, began + seconds, is_limited=False)


def limited(made: Concurrency, count: int, began: float = 0.0) -> None:
    """So many requests that began then are refused as one too many, a second later."""
    for _ in range(count):
        made.end(began, began + 1, is_limited=True)


@pytest.mark.parametrize("most", [1, 6, 32])
def test_starts_with_the_most(most: int) -> None:
    """As many as allowed leave at once; the next when one is answered."""
    made = Concurrency(most)
    assert (most, most) == (leave(made, 0.0), made.in_flight)
    assert made.delay(0.5) is None
    answered(made, 1)
    assert 1 == leave(made, 1.0)


def test_halves_at_a_secondary_limit() -> None:
    """Too much at once: half as much from now on, whatever is still in flight."""
    made = Concurrency(8)
    leave(made, 0.0)
    limited(made, 1)
    assert (4, 7) == (made.allowed, made.in_flight)
    assert made.delay(1.0) is None
    answered(made, 4)
    assert (3, 1) == (made.in_flight, leave(made, 1.0))


def test_halves_once_for_those_in_flight_together() -> None:
    """Eight refusals of one moment tell of one trouble; one of a later request tells of another."""
    made = Concurrency(8)
    leave(made, 0.0)
    limited(made, 8)
    assert (4, 0) == (made.allowed, made.in_flight)
    leave(made, 2.0)
    limited(made, 4, began=2.0)
    assert 2 == made.allowed


@pytest.mark.parametrize(("seconds", "allowed"), [(SLOW_SECONDS, 8), (SLOW, 4)])
def test_halves_at_a_slow_answer(seconds: float, allowed: int) -> None:
    """An answer that takes half of what GitHub gives a request is a warning."""
    made = Concurrency(8)
    leave(made, 0.0)
    answered(made, 8, seconds=seconds)
    assert allowed == made.allowed


def test_one_is_always_allowed() -> None:
    """However often it is halved, one request may be in flight."""
    made = Concurrency(6)
    for moment in range(0, 100, 10):
        leave(made, float(moment))
        limited(made, made.in_flight, began=float(moment))
    assert (1, 0.0) == (made.allowed, made.delay(200.0))


def test_recovers_slowly() -> None:
    """One more for each twenty good answers, until as many as at first."""
    made = Concurrency(4)
    leave(made, 0.0)
    limited(made, 4)
    seen = []
    for moment in range(10, 100):
        made.start(float(moment))
        answered(made, 1, began=float(moment))
        seen.append(made.allowed)
    rest = 90 - (2 * RECOVERS_AFTER - 1)
    assert [2] * (RECOVERS_AFTER - 1) + [3] * RECOVERS_AFTER + [4] * rest == seen


def test_good_answers_count_anew_after_trouble() -> None:
    """Nineteen good answers before a slow one are forgotten with it."""
    made = Concurrency(4)
    leave(made, 0.0)
    limited(made, 4)
    for moment in [*range(10, 10 + RECOVERS_AFTER - 1)]:
        made.start(float(moment))
        answered(made, 1, began=float(moment))
    made.start(50.0)
    answered(made, 1, began=50.0, seconds=SLOW)
    assert 1 == made.allowed
    for moment in range(60, 60 + RECOVERS_AFTER):
        assert 1 == made.allowed
        made.start(float(moment))
        answered(made, 1, began=float(moment))
    assert 2 == made.allowed


def test_a_minutes_requests_are_bounded() -> None:
    """No more leave in a minute than GitHub bears; the next when the first is a minute old."""
    made = Concurrency(2)
    step = 60 / MOST_A_MINUTE / 2  # twice too fast
    for number in range(MOST_A_MINUTE):
        assert 0.0 == made.delay(number * step)
        made.start(number * step)
        answered(made, 1, began=number * step, seconds=0.001)
    now = MOST_A_MINUTE * step
    assert 60 - now == pytest.approx(made.delay(now))
    assert 0.0 == made.delay(60.0)
    made.start(60.0)
    assert step == pytest.approx(made.delay(60.0))


@pytest.mark.parametrize(
    ("allowed", "in_flight", "is_idle"),
    [(6, 0, True), (6, 2, True), (6, 3, False), (2, 0, True), (2, 1, False), (1, 0, True)],
)
def test_idle_where_little_is_in_flight(allowed: int, in_flight: int, *, is_idle: bool) -> None:
    """With a third of what is allowed in flight, nobody should wait for company."""
    made = Concurrency(allowed)
    for _ in range(in_flight):
        made.start(0.0)
    assert is_idle is made.is_idle


@given(
    st.integers(1, 32),
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from(("good", "slow", "limit")))),
)
def test_never_more_than_allowed(most: int, told: list[tuple[float, str]]) -> None:
    """Whatever is answered: between one and the most, and never more in flight than allowed."""
    made = Concurrency(most)
    now, flying = 0.0, []
    for pause, how in told:
        now += pause
        flying += [now] * leave(made, now)
        assert len(flying) == made.in_flight
        assert flying
        began = flying.pop(0)
        now += SLOW if how == "slow" else 0.1
        before = made.allowed
        made.end(began, now, is_limited=how == "limit")
        assert max(1, before // 2) <= made.allowed <= min(most, before + 1)
    assert 1 <= made.allowed <= most


def test_a_minute_holds_what_github_bears() -> None:
    """2,000 points a minute are GitHub's secondary limit; a query costs at least one."""
    assert concurrency.MOST_A_MINUTE < 2000
