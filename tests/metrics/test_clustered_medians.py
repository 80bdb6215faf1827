"""How sure the median of changes is that went live together (LT6)."""

from fractions import Fraction
from math import comb, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics.clustered_medians import median_ranks
from dora.metrics.intervals import (
    clustered_median,
    clustered_median_interval,
    clustered_median_intervals,
)
from dora.metrics.samples import sample
from tests.support.examples import examples

FEW = examples(200, few=40, derandomize=True)


@pytest.mark.parametrize(
    ("values", "clusters", "expected"),
    [
        pytest.param([], [], None, id="nothing"),
        pytest.param([*range(50)], [*range(5)] * 10, None, id="five deployments of fifty changes"),
        pytest.param([1, 2, 3, 4, 5, 6], "abcdef", (1, 6), id="six of one change each"),
        pytest.param([6, 2, 4, 1, 5, 3], "faecdb", (1, 6), id="in any order"),
        pytest.param([7] * 12, "aabbccddeeff", (7, 7), id="all equal"),
        # Every deployment has one change on each side: e is 0, and x(3), x(10) of 12 remain.
        pytest.param([*range(1, 13)], "abcdefabcdef", (3, 10), id="alike: order statistics"),
        # Six ship what is fast, six what is slow: r is ±1, over 11/12 each, e = √(144/11) ÷ 24,
        # t(11) = 2.2009852; order statistics alone would be 7 to 18.
        pytest.param(
            [*range(1, 25)],
            "aabbccddeeffgghhiijjkkll",
            (
                pytest.approx(1 + 23 * (0.5 - 2.2009852 * sqrt(144 / 11) / 24)),
                pytest.approx(1 + 23 * (0.5 + 2.2009852 * sqrt(144 / 11) / 24)),
            ),
            id="different: wider",
        ),
        # With six of them e = √7.2 ÷ 12 and t(5) = 2.57: the shares end at 0 and 1.
        pytest.param([*range(1, 13)], "aabbccddeeff", (1, 12), id="few and different"),
    ],
)
def test_interval_of_the_median_by_hand(
    values: list[float], clusters: list[str] | str, expected: tuple[float, float] | None
) -> None:
    """LT6: Woodruff's interval over deployments, not narrower than order statistics."""
    assert expected == clustered_median_interval(values, [*clusters])


def test_what_equals_the_median_is_not_slower() -> None:
    """LT6: a(d) counts changes up to the median: of (1, 3), (3, 3), (3, 9) it is 2, 2, 1.

    So r is 1, 1, 0 for three, four and five deployments of these; had ties been slower, r would
    be 0, −1, −1.
    """
    values = [1, 3] * 3 + [3, 3] * 4 + [3, 9] * 5
    found = clustered_median(values, [number // 2 for number in range(24)])
    assert found is not None
    assert pytest.approx(sqrt(11 / 12 * 7 * (12 / 11) ** 2) / 24) == found.error


def test_a_deployment_with_a_third_of_all_changes() -> None:
    """LT6: few large deployments tell as little as few: one degree of freedom, no end inside.

    Its ten of thirty are the fastest: r = 5 over 2/3; of the twenty others r = ±½ over 29/30.
    """
    found = clustered_median([*range(1, 31)], [0] * 10 + [*range(1, 21)])
    assert found is not None
    error = sqrt(20 / 21 * (7.5**2 + 20 * (15 / 29) ** 2)) / 30
    expected = [21, 30, pytest.approx(error), 1, pytest.approx(12.7062047), (0, 1), 1, 30]
    assert expected == [*found]


def test_degrees_of_freedom_count_large_deployments() -> None:
    """LT6: f = (Σ n²)² ÷ Σ n⁴ − 1: of ten alike 9; of six alike and many small about 5."""
    alike = clustered_median([*range(40)], [*range(10)] * 4)
    small = clustered_median([*range(620)], [*range(6)] * 100 + [*range(6, 26)])
    assert alike is not None
    assert small is not None
    squares, fourths = 6 * 100**2 + 20, 6 * 100**4 + 20
    assert [9.0, pytest.approx(squares**2 / fourths - 1)] == [alike.freedom, small.freedom]


samples = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 30).map(float)), max_size=80
)


@given(samples)
@FEW
def test_many_groups_at_once(rows: list[tuple[int, int, float]]) -> None:
    """LT6: many groups at once have the intervals that each has alone, missing ones left out."""
    groups, clusters = (np.array([row[at] for row in rows], dtype="int64") for at in (0, 1))
    values = np.array([row[2] for row in rows], dtype="float64")
    positions = groups - 1  # the first group is not asked for
    lows, highs = clustered_median_intervals(
        sample(values, positions, 4), values, positions, clusters
    )
    for group, low, high in zip(range(1, 5), lows.tolist(), highs.tolist(), strict=True):
        own = groups == group
        alone = clustered_median_interval(values[own].tolist(), clusters[own].tolist())
        assert alone == (None if np.isnan(low) else (low, high))
        if alone is not None:
            assert alone[0] <= np.median(values[own]) <= alone[1]


@given(samples, st.sampled_from((1 / 3600, 60.0)))
@FEW
def test_unit_does_not_matter(rows: list[tuple[int, int, float]], factor: float) -> None:
    """LT6: in another unit the interval is the same length of time."""
    values, clusters = [row[2] for row in rows], [row[1] for row in rows]
    found = clustered_median_interval(values, clusters)
    scaled = clustered_median_interval([value * factor for value in values], clusters)
    expected = found and [end * factor for end in found]
    assert (expected and pytest.approx(expected)) == (scaled and [*scaled])


def test_order_does_not_matter() -> None:
    """LT6: changes that are read in another order have the same interval to the last digit."""
    random = Random(2)  # noqa: S311 - reproducible, not secret
    rows = [
        (1e5 * random.random(), number) for number in range(40) for _ in range(random.randint(1, 9))
    ]
    found = {clustered_median_interval(*zip(*rows, strict=True))}
    for _ in range(20):
        random.shuffle(rows)
        found.add(clustered_median_interval(*zip(*rows, strict=True)))
    assert 1 == len(found)


@pytest.mark.parametrize(
    ("size", "rank"), [(0, 0), (1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (100, 40)]
)
def test_rank_of_the_median_s_interval(size: int, rank: int) -> None:
    """LT6: below six there is no interval; 2 · 0.5⁶ is the first that is under 5 %."""
    assert [rank] == median_ranks([size]).tolist()


def test_ranks_are_exact_for_every_size() -> None:
    """LT6: the smallest j with P(Bin(n, ½) ≤ j) ≥ 0.025, counted in whole numbers."""
    sizes = range(1, 400)
    expected = []
    for size in sizes:
        ways, j = 1, 0
        while Fraction(ways, 2**size) < Fraction(25, 1000):
            j += 1
            ways += comb(size, j)
        expected.append(j)
    assert expected == median_ranks(list(sizes)).tolist()


def test_ranks_are_scipy_s() -> None:
    """LT6: the rank is the binomial's 2.5 % quantile, for large samples too."""
    sizes = np.array([*range(1, 2000), 12_345, 1_000_000])
    expected = np.asarray(stats.binom.ppf(0.025, sizes, 0.5))
    assert expected.tolist() == median_ranks(sizes).tolist()


def test_order_of_sizes_does_not_matter() -> None:
    """LT6: a vector of sizes gives each its own rank."""
    assert [3, 0, 40, 1] == median_ranks([12, 3, 100, 6]).tolist()
