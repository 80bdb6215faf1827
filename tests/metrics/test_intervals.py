"""Intervals and medians against scipy's own, and where they are exact."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics.intervals import (
    poisson_interval,
    wilson_interval,
)
from tests.support.examples import examples

FEW = examples(100, derandomize=True)


def test_poisson_interval_is_garwood_s() -> None:
    """DF3: the exact interval's ends are quantiles of chi-squared distributions."""
    counts = np.array([*range(200), 1_000, 31_234, 1_000_000])
    low, high = poisson_interval(counts)
    expected_low = np.where(counts > 0, stats.chi2.ppf(0.025, 2 * counts) / 2, 0)
    np.testing.assert_allclose(low, expected_low, rtol=1e-9)
    np.testing.assert_allclose(high, stats.chi2.ppf(0.975, 2 * counts + 2) / 2, rtol=1e-9)


def test_poisson_interval_of_none_begins_at_zero() -> None:
    """DF3: for none it begins at 0 and ends at −ln 0.025."""
    low, high = poisson_interval([0])
    assert [0.0] == low.tolist()
    assert [pytest.approx(-np.log(0.025))] == high.tolist()


def test_wilson_interval_by_hand() -> None:
    """F9: two of ten are 20 %, from 5.7 % to 51.0 %."""
    low, high = wilson_interval([2], [10])
    assert [pytest.approx(0.0566822, abs=1e-7)] == low.tolist()
    assert [pytest.approx(0.5098375, abs=1e-7)] == high.tolist()


def test_wilson_interval_is_scipy_s() -> None:
    """F9, RW1: the interval is the score interval of a binomial share."""
    pairs = [(part, whole) for whole in (1, 2, 7, 30, 1000) for part in {0, 1, whole // 2, whole}]
    low, high = wilson_interval([one for one, _ in pairs], [whole for _, whole in pairs])
    for place, (part, whole) in enumerate(pairs):
        expected = stats.binomtest(part, whole).proportion_ci(method="wilson")
        assert pytest.approx((expected.low, expected.high), abs=1e-12) == (low[place], high[place])


def test_wilson_interval_touches_what_is_certain() -> None:
    """F9: none of some begins at exactly 0, all of them ends at exactly 1, none of none is NaN."""
    low, high = wilson_interval([0, 3, 0], [3, 3, 0])
    assert [0.0, True] == [low[0], np.isnan(low[2])]
    assert [1.0, True] == [high[1], np.isnan(high[2])]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@FEW
def test_intervals_contain_their_number(part: int, more: int) -> None:
    """DF3, F9: an interval contains its rate; a share's stays within 0 and 1."""
    low, high = poisson_interval([part])
    assert 0 <= low[0] <= part <= high[0] < inf
    if part + more:
        low, high = wilson_interval([part], [part + more])
        assert 0 <= low[0] <= part / (part + more) <= high[0] <= 1
