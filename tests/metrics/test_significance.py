"""Whether a difference is more than noise."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics.significance import (
    Shift,
    adjust,
    rate_change,
    rate_change_floors,
    rate_changes,
    share_floors,
    share_p_values,
    shift_floors,
    shift_of,
    shift_of_episodes,
)
from tests.support.examples import examples

COUNTS = st.integers(0, 60)
WEEKS = st.lists(st.integers(0, 30), min_size=4, max_size=13)
TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=12)


def of(shift: Shift | None) -> tuple[float, int]:
    """What a test found, to a billionth."""
    assert shift is not None
    return round(shift.p_value, 9), shift.sign


@pytest.mark.parametrize(
    ("before", "now", "p_value"),
    [
        # W. S. Gosset's hours of sleep, as in R's documentation of t.test: p-value = 0.07939.
        ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
         [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4], 0.07939),
        # R's PlantGrowth: control and first treatment, control and second.
        ([4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
         [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69], 0.2504),
        ([4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
         [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26], 0.0479),
    ],
)  # fmt: skip
def test_published_t_tests(before: list[float], now: list[float], p_value: float) -> None:
    """K2: Welch's test has the p-values that R's `t.test` gives."""
    assert rate_change(before, now) == pytest.approx(p_value, abs=5e-5)


@pytest.mark.parametrize(
    ("before", "now", "p_value"),
    [
        # Means 2 and 6, variances of the means 2/3 ÷ 4 each: t = √48, with 6 degrees of freedom.
        ([1, 2, 2, 3], [5, 6, 6, 7], 2 * stats.t.sf(48**0.5, 6)),
        # One side does not vary: its mean is known, and the other's three degrees are all.
        ([4, 4, 4, 4, 4], [1, 2, 2, 3], 2 * stats.t.sf(2 / (1 / 6) ** 0.5, 3)),
        ([2, 2, 2, 2], [2, 2, 2, 2, 2], 1.0),
        ([2, 2, 2, 2], [3, 3, 3, 3], 0.0),
        ([0, 0, 0, 0], [0, 0, 0, 0], 1.0),
        ([0, 0, 0, 0], [0, 0, 0, 1], 2 * stats.t.sf(1.0, 3)),
        ([2, 2, 2], [3, 3, 3, 3], None),
        ([2, 2, 2, 2], [3, 3, 3], None),
        ([], [], None),
    ],
)
def test_rates_by_hand(before: list[int], now: list[int], p_value: float | None) -> None:
    """K2: Welch's test of weekly counts; fewer than four on either side tell nothing."""
    assert rate_change(before, now) == (p_value if p_value is None else pytest.approx(p_value))
    assert rate_change(now, before) == (p_value if p_value is None else pytest.approx(p_value))


@examples(60, few=15)
@given(rows=st.lists(st.tuples(WEEKS, WEEKS), min_size=1, max_size=4))
def test_rates_are_scipy_s(rows: list[tuple[list[int], list[int]]]) -> None:
    """K2: row by row the test is scipy's, where it has one."""
    before, now = [one for one, _ in rows], [one for _, one in rows]
    for old, new, found in zip(before, now, rate_changes(before, now), strict=True):
        if len({*old}) > 1 or len({*new}) > 1:
            assert found == pytest.approx(stats.ttest_ind(new, old, equal_var=False).pvalue)
        else:
            assert found == (1.0 if old[0] == new[0] else 0.0)


@given(before=COUNTS, now=COUNTS, more=COUNTS, others=COUNTS)
def test_shares_are_scipy_s(before: int, now: int, more: int, others: int) -> None:
    """K3: Fisher's exact test, two-sided; nothing of nothing is not tested."""
    (found,) = share_p_values([before], [before + more], [now], [now + others])
    if before + more and now + others:
        table = np.array([[before, more], [now, others]])
        assert found == pytest.approx(stats.fisher_exact(table).pvalue)
    else:
        assert np.isnan(found)


@given(before=TIMES, now=TIMES)
def test_times_are_scipy_s(before: list[float], now: list[float]) -> None:
    """K4: the Mann–Whitney test, exact for small samples, of which every deal can be tried."""
    found = shift_of(before, now)
    assert found is not None
    every = [*before, *now]
    if len({*every}) == len(every):
        assert found.p_value == pytest.approx(float(stats.mannwhitneyu(now, before).pvalue))
        return
    if len(every) <= 9:  # by rank sums: how many deals are as far from the middle
        ranks = stats.rankdata([*now, *before])
        middle = len(now) * (len(every) + 1) / 2
        far = abs(ranks[: len(now)].sum() - middle)
        deals = [abs(sum(deal) - middle) >= far for deal in combinations(ranks, len(now))]
        assert found.p_value == pytest.approx(sum(deals) / len(deals))


def test_ties_of_small_samples_are_dealt() -> None:
    """K4, K5: no p-value is smaller than the smallest that so few times can come to."""
    assert of(shift_of([1.0] * 4, [5.0] * 4)) == (round(2 / 70, 9), 1)
    assert shift_floors([4], [4])[0] == pytest.approx(2 / 70)


def test_times_by_hand() -> None:
    """K4: three times all longer than three others: 2 of 20 ways to deal them are so far out."""
    assert of(shift_of([1, 2, 3], [4, 5, 6])) == (0.1, 1)
    assert of(shift_of([4, 5, 6], [1, 2, 3])) == (0.1, -1)
    assert shift_of([], [1.0]) is None
    assert shift_of([1.0], []) is None


def test_outages_that_last_by_hand() -> None:
    """K4: an outage that lasts counts as longer than those that ended before its age, no more."""
    found = shift_of_episodes([1, 2, 3], [True] * 3, [3, 9, 9], [False] * 3)
    assert of(found) == (0.1, 1)
    # Of one that is as young as this nobody knows whether it will be longer.
    assert shift_of_episodes([5, 6], [True] * 2, [1], [False]) == Shift(1.0, 0)


@given(before=TIMES, now=TIMES)
def test_outages_that_all_ended(before: list[float], now: list[float]) -> None:
    """K4: where none lasts it is the Mann–Whitney test."""
    over = [True] * len(before), [True] * len(now)
    assert shift_of_episodes(before, over[0], now, over[1]) == shift_of(before, now)


@given(sample=st.lists(st.integers(0, 30), min_size=4, max_size=10, unique=True))
def test_gehan_s_test_is_mann_whitney_s_without_ties(sample: list[int]) -> None:
    """K4: one that outlasted all others is as good as one that ended last of all."""
    *others, longest = sorted(sample)
    before, now = others[::2], [*others[1::2], longest]
    ended = [True] * len(before)
    lasting = shift_of_episodes(before, ended, now, [*[True] * (len(now) - 1), False])
    over = shift_of(before, now)
    assert lasting is not None
    assert over is not None
    assert lasting.p_value == pytest.approx(over.p_value)
    assert lasting.sign == over.sign


def test_many_outages() -> None:
    """K4: where there are too many ways to deal them, the normal distribution is near."""
    chance = np.random.default_rng(4)
    before, now = chance.exponential(1, 40), chance.exponential(2, 40)
    ended = [True] * 40
    found = shift_of_episodes([*before], ended, [*now, 1000.0], [*ended, False])
    exact = stats.mannwhitneyu([*now, 1000.0], before, method="exact")
    assert found is not None
    assert found.p_value == pytest.approx(float(exact.pvalue), rel=0.1)


def test_floor_of_rates() -> None:
    """K5: weeks dealt by their size, sizes of windows kept: no split says more than one of them."""
    before, now = [3, 1, 0, 2], [4, 4, 9, 1, 0]
    rising = rate_change([0, 0, 1, 1], [2, 3, 4, 4, 9])
    falling = rate_change([3, 4, 4, 9], [0, 0, 1, 1, 2])
    assert rising is not None
    assert falling is not None
    found = rate_change_floors([before, [5] * 4, [1, 1, 1], [1] * 4], [now, [5] * 4, now, [2] * 4])
    assert found.tolist() == pytest.approx([min(rising, falling), 1.0, np.nan, 0.0], nan_ok=True)
    assert rising < falling


@given(before_of=st.integers(1, 12), now_of=st.integers(1, 12), data=st.data())
def test_floor_of_shares(before_of: int, now_of: int, data: st.DataObject) -> None:
    """K5: no way to deal so many failures to both windows is less likely."""
    part = data.draw(st.integers(0, before_of + now_of))
    ways = range(max(0, part - before_of), min(part, now_of) + 1)
    every = [share_p_values([part - k], [before_of], [k], [now_of])[0] for k in ways]
    (found,) = share_floors([part - ways[0]], [before_of], [ways[0]], [now_of])
    assert found == pytest.approx(min(every))


def test_floor_of_shares_that_are_even() -> None:
    """K5: four of seven failed in one window or the other: 35 of 1001 ways each, so both count."""
    assert share_floors([0, 0], [7, 7], [4, 4], [7, 8]).tolist() == pytest.approx(
        [70 / 1001, 35 / 1365]
    )


def test_floor_of_times() -> None:
    """K5: three and three times can be dealt in 20 ways, of which two are so far out."""
    assert shift_floors([3, 1, 5], [3, 1, 0]).tolist() == pytest.approx([0.1, 1.0, 1.0])


def test_adjusted_by_hand() -> None:
    """K5: each times the number of tests over its rank, never more than the next; NaN stays."""
    found = adjust([0.01, float("nan"), 0.04, 0.03, 0.005])
    assert found.tolist() == pytest.approx([0.02, float("nan"), 0.04, 0.04, 0.02], nan_ok=True)
    assert adjust([]).tolist() == []
    assert np.isnan(adjust([float("nan")])).all()
