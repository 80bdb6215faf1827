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
    rate_floors,
    rate_p_values,
    share_floors,
    share_p_values,
    shift_floors,
    shift_of,
    shift_of_episodes,
)

COUNTS = st.integers(0, 60)
TIMES = st.lists(st.floats(0, 1e6), min_size=1, max_size=12)


def of(shift: Shift | None) -> tuple[float, int]:
    """What a test found, to a billionth."""
    assert shift is not None
    return round(shift.p_value, 9), shift.sign


@given(before=COUNTS, now=COUNTS)
def test_rates_are_scipy_s(before: int, now: int) -> None:
    """K2: the exact two-sided binomial test of one count among both."""
    (found,) = rate_p_values([before], [now])
    if before + now:
        assert found == pytest.approx(stats.binomtest(now, before + now, 0.5).pvalue)
    else:
        assert np.isnan(found)


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


@given(total=st.integers(0, 40))
def test_floor_of_rates(total: int) -> None:
    """K5: the smallest p-value is that of all events in one of the windows."""
    ways = [rate_p_values([part], [total - part])[0] for part in range(total + 1)]
    (found,) = rate_floors([total], [0])
    assert found == pytest.approx(1.0 if not total else min(ways))


@given(before_of=st.integers(1, 12), now_of=st.integers(1, 12), data=st.data())
def test_floor_of_shares(before_of: int, now_of: int, data: st.DataObject) -> None:
    """K5: no way to deal so many failures to both windows is less likely."""
    part = data.draw(st.integers(0, before_of + now_of))
    ways = range(max(0, part - before_of), min(part, now_of) + 1)
    every = [share_p_values([part - k], [before_of], [k], [now_of])[0] for k in ways]
    (found,) = share_floors([part - ways[0]], [before_of], [ways[0]], [now_of])
    assert found <= min(every) + 1e-9
    assert min(every) <= 2 * found + 1e-9  # where both ends are as likely, both count


def test_floor_of_times() -> None:
    """K5: three and three times can be dealt in 20 ways, of which two are so far out."""
    assert shift_floors([3, 1, 5], [3, 1, 0]).tolist() == pytest.approx([0.1, 1.0, 1.0])


def test_adjusted_by_hand() -> None:
    """K5: each times the number of tests over its rank, never more than the next; NaN stays."""
    found = adjust([0.01, float("nan"), 0.04, 0.03, 0.005])
    assert found.tolist() == pytest.approx([0.02, float("nan"), 0.04, 0.04, 0.02], nan_ok=True)
    assert adjust([]).tolist() == []
    assert np.isnan(adjust([float("nan")])).all()
