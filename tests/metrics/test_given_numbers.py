"""Functions that others can check take numbers as their tools have them (DF3, LT6, R4, K2)."""

import numpy as np
import pytest

from dora.metrics.intervals import (
    clustered_median_interval,
    survival_median_interval,
    weekly_rate_interval,
)
from dora.metrics.significance import rate_change


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64", "float64"])
def test_counts_of_any_type_do_not_overflow(kind: str) -> None:
    """DF3: squares of counts are larger than a small integer type holds."""
    counts = [200, 100, 50, 20]
    found = weekly_rate_interval(np.array(counts, dtype=kind).tolist(), 4.5, 370)
    of_array = weekly_rate_interval(np.array(counts, dtype=kind), 4.5, 370)  # type: ignore[arg-type]  # as others may

    assert found == of_array == pytest.approx((0.0, 200.5875502), abs=1e-6)


def test_huge_counts_have_an_interval() -> None:
    """DF3: rounding makes no negative variance; what is left is Garwood's of 7 · 123,456,789."""
    found = weekly_rate_interval([123_456_789] * 7, 7, 7 * 123_456_789)

    assert pytest.approx((123_448_558, 123_465_020), abs=50) == found


def test_missing_values_are_no_cluster() -> None:
    """LT6: six clusters of which one has no value are five."""
    times = [1.0, 2.0, 3.0, 4.0, 5.0, np.nan]

    assert clustered_median_interval(times, list("abcdef")) is None
    assert clustered_median_interval([*times, 6.0], list("abcdefg")) == (1.0, 6.0)


def test_clusters_are_as_many_as_values() -> None:
    """LT6: another number of clusters is a mistake that is not passed over."""
    for clusters in ("abcdef", "abcdefgh"):
        with pytest.raises(ValueError, match="argument 2"):
            clustered_median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], list(clusters))


def test_missing_times_are_no_episodes() -> None:
    """R4: five of which one is missing are four."""
    times, ended = [1.0, 2.0, 3.0, 4.0, np.nan], [True] * 5

    assert survival_median_interval(times, ended) is None
    assert survival_median_interval([*times, 5.0], [*ended, True]) == (1.0, None)


def test_a_missing_count_is_not_compared() -> None:
    """K2: what is not known has not changed for certain."""
    assert rate_change([1, 2, 3, np.nan], [1, 2, 3, 4]) is None
    assert rate_change([4, 4, 4, 4], [4, 4, 4, np.nan]) is None
