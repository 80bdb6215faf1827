"""Asks that wait: who goes first, who goes together, and who waits for company."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.collect.github import request_queue
from dora.collect.github.batching import load_query
from dora.collect.github.request_queue import QueuedQuery, RequestQueue
from dora.errors import CannotRead

Asking = Callable[..., QueuedQuery]


@pytest.fixture
def asking() -> Iterator[Asking]:
    """Function that makes an ask about a repository."""
    with closing(asyncio.new_event_loop()) as loop:
        yield lambda *given, **more: made(loop, *given, **more)


def made(
    loop: asyncio.AbstractEventLoop,
    name: str,
    query: str = "deployments",
    *,
    most: int = 25,
    rank: float = 0.0,
    turn: int = 0,
    partners: int = request_queue.MOST_PARTNERS,
    **variables: Any,
) -> QueuedQuery:
    """An ask about the repository of that *name*."""
    given = {"owner": "acme", "name": name, "after": None, **variables}
    return QueuedQuery(
        load_query(query), given, most, rank, turn, loop.create_future(), partners=partners
    )


def queue_of(*waiting: QueuedQuery) -> RequestQueue:
    """A queue in which these wait."""
    queue = RequestQueue()
    for one in waiting:
        queue.put(one)
    return queue


def names(batch: list[QueuedQuery]) -> str:
    """Whom a request is about."""
    return " ".join(one.variables["name"] for one in batch)


def taken(queue: RequestQueue, *, is_idle: bool = True) -> list[str]:
    """Whom each request is about, until nothing may leave."""
    found = []
    while batch := queue.take(is_idle=is_idle):
        found.append(names(batch))
    return found


# -- Who goes first -----------------------------------------------------------------------------


def test_nobody_waits() -> None:
    """Of an empty queue nothing comes."""
    queue = RequestQueue()
    assert (False, []) == (bool(queue), queue.take(is_idle=True))


def test_highest_rank_first_then_turn_then_order(asking: Asking) -> None:
    """Who has the longest way goes first; of two alike whose turn is first; then who came first."""
    waiting = [
        asking("e", most=100, rank=1),
        asking("b", most=100, rank=7, turn=3),
        asking("c", most=100, rank=7, turn=4),
        asking("d", most=100, rank=7, turn=4),
        asking("f", most=100, rank=1, turn=1),
        asking("a", most=100, rank=inf, turn=9),
    ]
    assert list("abcdef") == taken(queue_of(*waiting))


def test_highest_rank_of_all_kinds_first(asking: Asking) -> None:
    """Whatever is asked, who ranks highest goes first, with all who fit."""
    waiting = [
        asking("a", "commits", rank=2),
        asking("b", "deployments", rank=1),
        asking("c", "commits", rank=0),
        asking("d", "deployments", rank=3, most=100),
    ]
    assert ["d", "a c", "b"] == taken(queue_of(*waiting))


def test_those_that_share_go_by_rank(asking: Asking) -> None:
    """Whoever ranks lowest waits for the next request."""
    waiting = [asking(f"r{n}", rank=n, most=50) for n in range(6)]
    assert ["r5 r4 r3 r2", "r1 r0"] == taken(queue_of(*waiting))


# -- Who goes together --------------------------------------------------------------------------


def test_short_pages_of_one_query_share(asking: Asking) -> None:
    """Eight pages of 25 rows are a request of 200."""
    waiting = [asking(name) for name in "abcdefghij"]
    assert ["a b c d e f g h", "i j"] == taken(queue_of(*waiting))
    assert {25} == {one.size for one in waiting}


def test_long_pages_go_alone(asking: Asking) -> None:
    """A page of more than fifty rows shares its request with nobody."""
    waiting = [asking("a", most=51), asking("b", most=50), asking("c", most=100)]
    assert ["a", "b", "c"] == taken(queue_of(*waiting))


@pytest.mark.parametrize(("most", "partners"), [(50, 4), (25, 8), (3, 50), (1, 50)])
def test_how_many_share(most: int, partners: int, asking: Asking) -> None:
    """At most 200 rows and fifty repositories: more would take GitHub too long."""
    queue = queue_of(*(asking(f"r{n}", most=most) for n in range(120)))
    assert partners == len(queue.take(is_idle=True))


def test_other_queries_and_constants_do_not_share(asking: Asking) -> None:
    """Who asks something else, or with other variables of a fragment, asks by itself."""
    on = {"authors": False, "labels": True}
    waiting = [
        asking("a", "commits", **on),
        asking("b", "deployments", tags=True),
        asking("c", "commits", **{**on, "labels": False}),
        asking("d", "commits", **on),
        asking("e", "deployments", tags=False),  # no variable of a fragment
    ]
    assert ["a d", "b e", "c"] == taken(queue_of(*waiting))


def test_query_of_several_fields_is_not_shared(asking: Asking) -> None:
    """What asks for several fields cannot have a name for each."""
    waiting = [asking(name, "checkup_repository", most=1) for name in "ab"]
    assert ["a", "b"] == taken(queue_of(*waiting), is_idle=False)


def test_who_no_longer_waits_is_left_out(asking: Asking) -> None:
    """A reading that was given up is not asked for."""
    gone, there, last = asking("a"), asking("b"), asking("c", most=100)
    queue = queue_of(gone, there, last)
    gone.fail(CannotRead("given up"))
    last.future.cancel()
    assert ["b"] == taken(queue)
    assert (False, "given up") == (bool(queue), str(gone.future.exception()).strip())


def test_nobody_waits_any_more(asking: Asking) -> None:
    """Where all were given up the queue is empty, and who comes then is asked for."""
    gone = [asking(name, most=most) for name in "ab" for most in (25, 100)]
    queue = queue_of(*gone)
    for one in gone:
        one.future.cancel()
    assert ([], False) == (taken(queue), bool(queue))
    queue.put(asking("c"))
    assert ["c"] == taken(queue)


def test_drained(asking: Asking) -> None:
    """All who wait are handed over to be told that nothing is asked any more."""
    waiting = [asking("a"), asking("b", most=100), asking("c", "labels")]
    queue = queue_of(*waiting)
    assert set(map(id, waiting)) == set(map(id, queue.drain()))
    assert ([], False) == (taken(queue), bool(queue))
    queue.put(asking("d"))
    assert ["d"] == taken(queue)


# -- Who waits for company ----------------------------------------------------------------------


def test_waits_for_company_while_github_is_busy(asking: Asking) -> None:
    """Short pages wait until a request is full of them, long ones do not."""
    queue = queue_of(*(asking(name) for name in "abcdefg"))
    assert [] == taken(queue, is_idle=False)
    queue.put(asking("long", most=100, rank=-1))
    assert ["long"] == taken(queue, is_idle=False)
    queue.put(asking("h"))
    queue.put(asking("i"))
    assert ["a b c d e f g h"] == taken(queue, is_idle=False)
    assert ["i"] == taken(queue, is_idle=True)


def test_fifty_are_company_enough(asking: Asking) -> None:
    """However few rows they ask for."""
    queue = queue_of(*(asking(f"r{n}", "object", most=1, sha="a") for n in range(49)))
    assert [] == taken(queue, is_idle=False)
    queue.put(asking("last", "object", most=1, sha="a"))
    (batch,) = taken(queue, is_idle=False)
    assert 50 == len(batch.split())


def test_company_is_of_one_kind(asking: Asking) -> None:
    """Seven of one and seven of another are no eight."""
    labels = [asking(name, "labels") for name in "abcdefg"]
    queue = queue_of(*labels, *(asking(name) for name in "abcdefg"))
    assert [] == taken(queue, is_idle=False)


def test_company_is_smaller_where_github_bears_less(asking: Asking) -> None:
    """A request is full sooner once full ones were too much."""
    waiting = [asking(name) for name in "abcdefghijkl"]
    queue = queue_of(*waiting)
    batch = queue.take(is_idle=False)
    assert 8 == len(batch)
    queue.sizes(batch[0].query).failed(200)
    assert ["i j k l"] == taken(queue, is_idle=False)
    queue.sizes(batch[0].query).failed(100)
    queue.sizes(batch[0].query).passed(50)
    for one in batch:
        queue.put(one)
    assert ["a b", "c d", "e f", "g h"] == taken(queue, is_idle=False)


# -- What was too much --------------------------------------------------------------------------


def too_much(queue: RequestQueue, batch: list[QueuedQuery]) -> None:
    """The request of *batch* failed: ask for less."""
    for one in batch:
        one.shrink(len(batch))
        queue.put(one)


def test_partners_are_halved(asking: Asking) -> None:
    """Whom a request failed for are asked for by halves, until each is asked for alone."""
    queue = queue_of(*(asking(name) for name in "abcdefgh"))
    too_much(queue, queue.take(is_idle=True))
    first, second = queue.take(is_idle=True), queue.take(is_idle=True)
    assert ("a b c d", "e f g h") == (names(first), names(second))
    too_much(queue, first)
    assert ["a b", "c d"] == taken(queue)
    too_much(queue, first[:2])
    assert ["a", "b"] == taken(queue, is_idle=False)


def test_page_of_one_alone_is_halved(asking: Asking) -> None:
    """Who was asked for alone is asked for by half, alone; one row is the least."""
    one = asking("a", most=100)
    queue, asked = queue_of(one), []
    for _ in range(9):
        (batch,) = [queue.take(is_idle=False)]
        asked.append(one.size)
        too_much(queue, batch)
    assert [100, 50, 25, 12, 6, 3, 1, 1, 1] == asked


def test_poison_keeps_nobody_waiting(asking: Asking) -> None:
    """Who may have no company goes alone at once; the others find company beside it."""
    poison = asking("p", rank=5, partners=1)
    queue = queue_of(poison, *(asking(name) for name in "abcdefgh"))
    assert ["p", "a b c d e f g h"] == taken(queue, is_idle=False)


def test_few_partners_are_the_measure_of_all(asking: Asking) -> None:
    """With one that may have a single partner goes a single one."""
    waiting = [asking("a", partners=2, rank=2), asking("b", rank=1), asking("c")]
    assert ["a b", "c"] == taken(queue_of(*waiting))
    waiting = [asking("a", rank=2), asking("b", rank=1, partners=2), asking("c")]
    assert ["a b", "c"] == taken(queue_of(*waiting))


@given(st.data())
def test_everybody_is_asked_for_once(data: st.DataObject) -> None:
    """Whoever waits is in one request, which holds no more than GitHub bears and each allows."""
    with closing(asyncio.new_event_loop()) as loop:
        check(data, loop)


def check(data: st.DataObject, loop: asyncio.AbstractEventLoop) -> None:
    """Hold a queue of whatever asks against what it promises."""
    waiting = [
        made(
            loop,
            f"r{n}",
            data.draw(st.sampled_from(("deployments", "labels", "checkup_repository"))),
            most=data.draw(st.sampled_from((1, 3, 25, 50, 51, 100))),
            rank=data.draw(st.sampled_from((0.0, 1.0, inf))),
            partners=data.draw(st.sampled_from((1, 2, 50))),
        )
        for n in range(data.draw(st.integers(0, 60)))
    ]
    queue = queue_of(*waiting)
    for query in ("deployments", "labels"):
        for rows in data.draw(st.lists(st.sampled_from((25, 50, 100, 200)), max_size=3)):
            queue.sizes(load_query(query)).failed(rows)
    is_idle = data.draw(st.booleans())
    asked: list[QueuedQuery] = []
    while batch := queue.take(is_idle=is_idle):
        asked += batch
        rows = sum(one.size for one in batch)
        assert 1 == len({one.kind for one in batch})
        assert len(batch) == 1 or rows <= queue.sizes(batch[0].query).best(200)
        assert len(batch) <= min(one.partners for one in batch)
        assert all(1 <= one.size <= one.most for one in batch)
        assert batch == sorted(batch, key=lambda one: (-one.rank, one.turn, one.order))
    asked += queue.drain()
    assert sorted(map(id, waiting)) == sorted(map(id, asked))
    assert not queue
    assert not is_idle or not queue.drain()
