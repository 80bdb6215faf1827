"""How many rows are asked for: halved where that is too much, tried again as failures fade."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.collect.github import page_size
from dora.collect.github.page_size import PageSizes

#: Whether GitHub bears a request for so many rows.
Bears = Callable[[int], bool]


def up_to(most: int) -> Bears:
    """GitHub bears so many rows and no more."""
    return lambda rows: rows <= most


def by_chance(failing: float, most: int = 100) -> Bears:
    """Of requests that GitHub bears it fails this share, whatever their size."""
    chance = random.Random(7)  # noqa: S311  # reproducible, not secret
    return lambda rows: rows <= most and chance.random() >= failing


def ask(made: PageSizes, bears: Bears, most: int = 100) -> list[int]:
    """Sizes of the requests that one page takes: what was too much is asked for by half."""
    asked = [made.best(most)]
    while not bears(asked[-1]):
        made.failed(asked[-1])
        asked.append(made.best(max(1, asked[-1] // 2)))
    made.passed(asked[-1])
    return asked


def pages(made: PageSizes, bears: Bears, count: int, most: int = 100) -> list[list[int]]:
    """Sizes of the requests that each of so many pages takes."""
    return [ask(made, bears, most) for _ in range(count)]


def test_nothing_is_known_at_first() -> None:
    """A whole page is asked for where nothing speaks against it."""
    assert [[100]] * 3 == pages(PageSizes(), up_to(100), 3)
    assert [1, 7, 25, 200] == [PageSizes().best(most) for most in (1, 7, 25, 200)]


def test_what_passed_is_no_bound() -> None:
    """Short pages that passed say nothing against long ones."""
    made = PageSizes()
    assert [[25]] * 50 == pages(made, up_to(100), 50, most=25)
    assert 100 == made.best(100)


def test_what_is_too_much_is_halved_and_stays_small() -> None:
    """The next pages have the size that passed."""
    made = PageSizes()
    assert [[100, 50], *[[50]] * 12] == pages(made, up_to(60), 13)


@pytest.mark.parametrize(("most", "passes"), [(60, 50), (30, 25), (20, 12), (10, 6), (5, 3)])
def test_what_is_far_too_much_is_halved_until_it_passes(most: int, passes: int) -> None:
    """However small a page has to be, it is found by halves, once."""
    first, *others = pages(PageSizes(), up_to(most), 10)
    assert ([100, passes], {passes}) == ([first[0], first[-1]], {one for (one,) in others})
    assert [here // 2 for here in first[:-1]] == first[1:]


@pytest.mark.parametrize("most", [60, 30, 20, 10, 5, 2, 1])
def test_larger_pages_are_tried_carefully(most: int) -> None:
    """Hardly more than one page in twelve costs a request in vain."""
    asked = pages(PageSizes(), up_to(most), 1000)
    assert sum(len(one) - 1 for one in asked) <= 84


@pytest.mark.parametrize("most", [50, 20, 5, 1])
def test_pages_grow_back(most: int) -> None:
    """Once GitHub bears whole pages again, they are asked for within some forty pages."""
    made = PageSizes()
    pages(made, up_to(most), 30)
    grown = pages(made, up_to(100), 60)
    assert [[100]] * 20 == grown[40:]


def test_pages_grow_back_a_step_at_a_time() -> None:
    """While larger ones failed lately, the next larger one is tried and none beyond."""
    made = PageSizes()
    asked = [one for page in pages(made, up_to(10), 500) for one in page]
    assert [100, 50, 25, 12, 6] == asked[:5]
    assert {6, 12} == set(asked[5:])


def test_pages_shrink_where_they_were_whole_for_long() -> None:
    """A heavy repository after many light ones: pages are small again within a few requests."""
    made = PageSizes()
    pages(made, up_to(100), 200)
    heavy = pages(made, up_to(10), 200)
    assert {6, 12} == {one for page in heavy[60:] for one in page}
    assert sum(len(page) - 1 for page in heavy) <= 66


@pytest.mark.parametrize(
    ("failing", "mean"), [(0.05, 95), (0.1, 90), (0.2, 80), (0.3, 70), (0.5, 50)]
)
def test_failures_at_every_size_do_not_sink_it(failing: float, mean: int) -> None:
    """Where small pages fail as often as whole ones, small ones help nobody."""
    asked = pages(PageSizes(), by_chance(failing), 1000)
    assert mean <= sum(page[-1] for page in asked) / 1000


@pytest.mark.parametrize("failing", [0.1, 0.3])
def test_chance_beside_a_bound(failing: float) -> None:
    """Failures by chance neither hide what GitHub bears nor make it much smaller."""
    asked = pages(PageSizes(), by_chance(failing, 20), 1000)
    assert 9 <= sum(page[-1] for page in asked) / 1000 <= 12


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7])
def test_page_of_one_is_the_smallest(most: int) -> None:
    """Where nothing passes at all, what is asked for stays within bounds."""
    made = PageSizes()
    for _ in range(100):
        made.failed(made.best(most))
    assert 1 <= made.best(most) <= most


def test_shares_and_pages_are_learnt_together() -> None:
    """What several repositories share is of as many rows as GitHub was seen to bear."""
    made = PageSizes()
    assert 200 == made.best(page_size.FULL_SHARE)
    assert [[200, 100, 50], [50]] == pages(made, up_to(60), 2, most=page_size.FULL_SHARE)
    assert (50, 25) == (made.best(page_size.FULL_SHARE), made.best(page_size.FIRST_PAGE))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 200)), max_size=60), st.integers(1, 200))
def test_size_is_always_the_most_halved(told: list[tuple[bool, int]], most: int) -> None:
    """Whatever happened: between one row and what is wanted, and that some times halved."""
    made = PageSizes()
    for is_passed, rows in told:
        (made.passed if is_passed else made.failed)(rows)
    halves = {most >> times for times in range(most.bit_length())}
    assert made.best(most) in halves
    assert made.best(1) == 1
