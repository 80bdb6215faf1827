"""How long what may not have ended lasts, and how sure that is (R4)."""

from collections.abc import Sequence
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics.intervals import survival_median_interval, survival_median_intervals
from dora.metrics.survival import survival_curves
from tests.support.examples import examples

FEW = examples(100, derandomize=True)


def median_of(times: Sequence[float], ended: Sequence[bool]) -> float | None:
    """The median of one group; None where the curve never falls to one half."""
    found = float(survival_curves(times, ended).medians()[0])
    return None if np.isnan(found) else found


@pytest.mark.parametrize(
    ("durations", "ended", "median"),
    [
        pytest.param([], [], None, id="nothing"),
        pytest.param([3.0], [True], 3.0, id="one"),
        pytest.param([3.0], [False], None, id="one open"),
        pytest.param([1.0, 2.0], [True, True], 1.0, id="even number: the lower middle one"),
        pytest.param([1.0, 2.0, 3.0], [True, True, True], 2.0, id="odd number"),
        pytest.param([1.0, 5.0], [True, False], 1.0, id="a half is low enough"),
        pytest.param([1.0, 5.0, 6.0], [True, False, False], None, id="never that low"),
        pytest.param([2.0, 2.0], [True, False], 2.0, id="recovery before censoring"),
        pytest.param([1.0, 2.0, 3.0, 4.0], [False, True, True, True], 3.0, id="censored early"),
        pytest.param([0.0, 0.0, 9.0], [True, True, True], 0.0, id="at once"),
        pytest.param(
            [float(number) for number in range(1, 25)],
            [True] * 24,
            12.0,
            id="12 of 24: a half exactly, in floats a little more",
        ),
    ],
)
def test_kaplan_meier_median_by_hand(
    durations: list[float], ended: list[bool], median: float | None
) -> None:
    """R4: the smallest time at which the curve is at or below one half."""
    assert median == median_of(durations, ended)


@given(
    st.lists(st.tuples(st.integers(0, 12).map(float), st.booleans()), min_size=1, max_size=40),
)
@FEW
def test_kaplan_meier_median_is_scipy_s(
    sample: list[tuple[float, bool]],
) -> None:
    """R4: the median is where scipy's survival curve falls to one half."""
    durations = [duration for duration, _ in sample]
    ended = [one for _, one in sample]
    data = stats.CensoredData.right_censored(durations, [not one for one in ended])
    curve = stats.ecdf(data).sf
    times = [
        time
        for time, share in zip(curve.quantiles, curve.probabilities, strict=True)
        if share <= 0.5 + 1e-12
    ]
    assert (min(times) if times else None) == median_of(durations, ended)
    assert median_of(durations[::-1], ended[::-1]) == median_of(durations, ended)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
@FEW
def test_kaplan_meier_median_of_the_recovered_is_the_lower_middle(durations: list[float]) -> None:
    """R4: with nothing open it is the middle one, of an even number the lower."""
    expected = sorted(durations)[(len(durations) - 1) // 2]
    assert expected == median_of(durations, [True] * len(durations))


def test_touching_one_half_among_censored_ones_is_exact() -> None:
    """R4: what is open first leaves 5/6 · 4/5 · 3/4, which is one half; later it leaves more."""
    first = median_of([0.5, 1, 2, 3, 4, 5, 6], [False, *[True] * 6])
    # 6/7 · 5/6, then one is open, 3/4 · 2/3: 5/7, 15/28, 5/14.
    later = median_of([1, 2, 2.5, 3, 4, 5, 6], [True, True, False, *[True] * 4])
    assert [3.0, 4.0] == [first, later]


def test_many_open_ones_at_one_half_cost_nothing() -> None:
    """R4: of as many open ones as have recovered none is looked at again, and ½ is low enough."""
    times = [float(number) for number in range(60_000)]
    ended = [number < 30_000 for number in range(60_000)]
    began = process_time()
    assert 29_999.0 == median_of(times, ended)
    assert process_time() - began < 0.5


@pytest.mark.parametrize(
    ("times", "is_open", "expected"),
    [
        pytest.param([], "", None, id="nothing"),
        pytest.param([1, 2, 3, 4], "    ", None, id="four"),
        # Shares .8, .6, .4, .2, 0: at 1 the band begins at .20; where it is 0 there is none.
        pytest.param([1, 2, 3, 4, 5], "     ", (1, None), id="five, down to 0"),
        pytest.param([1, 2, 3, 4, 5, 6], "      ", (1, None), id="six: 1/6 is not low enough"),
        # At 6 the share is 1/7, and its band ends at .465: the first below one half.
        pytest.param([7, 6, 5, 4, 3, 2, 1], "       ", (1, 6), id="seven, in any order"),
        pytest.param([3] * 5, "     ", (None, None), id="all equal: from 1 to 0 at once"),
        pytest.param([1, 2, 3, 4, 5], "ooooo", (None, None), id="all open"),
        pytest.param([1, 2, 3, 4, 5], " oooo", (1, None), id="all but one open"),
        # The newest is open: the shares until then are the same.
        pytest.param([1, 2, 3, 4, 5, 6, 7], "      o", (1, 6), id="the longest is open"),
        # Open at 2, 3, 4: shares 6/7, then 2/3 · 6/7 and 1/3 · 6/7 of which no band is low enough.
        pytest.param([1, 2, 3, 4, 5, 6, 7], " ooo   ", (1, None), id="open ones in the middle"),
        # Of ten five end at once at 2: share ½, band .18 to .75; then the rest is open.
        pytest.param([2] * 5 + [3] * 5, "     ooooo", (2, None), id="touching one half"),
        # Recoveries come first: 6 of 8 at 2, share ¼, band .04 to .56.
        pytest.param([2] * 8, "      oo", (2, None), id="recoveries before open ones"),
        # 14 of 16 at once: share 1/8, band .02 to .33, so both ends are there.
        pytest.param([2] * 16, " " * 14 + "oo", (2, 2), id="both ends at one time"),
        pytest.param([0, 0, 0, 4, 5, 6, 7, 8], "   ooooo", (0, None), id="no time at all"),
    ],
)
def test_interval_of_the_median_by_hand(
    times: list[float], is_open: str, expected: tuple[float | None, float | None] | None
) -> None:
    """R4: from where the lower end of the band is at or below one half to where the upper is."""
    assert expected == survival_median_interval(times, [one == " " for one in is_open])


samples = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12).map(float), st.integers(0, 3)), max_size=60
)


@given(samples)
@FEW
def test_many_groups_at_once(rows: list[tuple[int, float, int]]) -> None:
    """R4: many groups at once have the medians and intervals that each has alone."""
    groups = np.array([row[0] for row in rows], dtype="int64")
    times = np.array([row[1] for row in rows], dtype="float64")
    ended = np.array([row[2] > 0 for row in rows], dtype="bool")
    curves = survival_curves(times, ended, groups - 1, 4)  # the first group is not asked for
    ends = [[None if np.isnan(one) else one for one in end.tolist()] for end in (
        curves.medians(), *survival_median_intervals(curves)
    )]  # fmt: skip
    for group, median, low, high in zip(range(1, 5), *ends, strict=True):
        own = groups == group
        alone = times[own].tolist(), ended[own].tolist()
        assert median == median_of(*alone)
        assert (survival_median_interval(*alone) or (None, None)) == (low, high)
        if median is not None:
            assert (median if low is None else low) <= median
            assert median <= (median if high is None else high)
        else:
            assert high is None


@given(samples, st.sampled_from((1 / 3600, 60.0)))
@FEW
def test_unit_does_not_matter(rows: list[tuple[int, float, int]], factor: float) -> None:
    """R4: in another unit the ends are the same lengths of time."""
    ended = [row[2] > 0 for row in rows]
    found = survival_median_interval([row[1] for row in rows], ended)
    scaled = survival_median_interval([row[1] * factor for row in rows], ended)
    expected = found and tuple(None if end is None else end * factor for end in found)
    assert expected == scaled
