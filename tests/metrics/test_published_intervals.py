"""Intervals of published samples as other programs compute them."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from dora.metrics.intervals import (
    clustered_median,
    clustered_median_interval,
    poisson_interval,
    survival_median_interval,
    weekly_rate_interval,
)
from dora.metrics.survival import survival_curves
from tests.metrics.published_samples import CORN, COUNTS, DYESTUFF, LEUKAEMIA, LUNG, OVARIAN


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("spray A", (11.501436909330426, 17.498563090669574)),
        ("spray C", (0.8283350254105484, 3.3383316412561186)),
        ("warp breaks", (30.64440994979155, 58.46670116131956)),
    ],
)
def test_rate_of_whole_weeks_is_a_mean_of_counts(
    sample: str, expected: tuple[float, float]
) -> None:
    """DF3: of whole weeks alone it is Student's interval of their mean.

    Expected are statsmodels 0.15.0's `DescrStatsW(counts).tconfint_mean()`, and scipy's; R's
    `t.test` is the same. Garwood's is narrower for these.
    """
    counts = COUNTS[sample]
    found = weekly_rate_interval(counts, len(counts), sum(counts))
    assert pytest.approx(expected, rel=1e-9) == found
    scipys = stats.t.interval(0.95, len(counts) - 1, np.mean(counts), stats.sem(counts))
    assert pytest.approx(tuple(map(float, scipys)), rel=1e-9) == found


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, (0.0, 0.9222198635284841)),
        (4, (0.2724663434065812, 2.560397168850924)),
        (28, (4.651449163964383, 10.116948985817048)),
    ],
)
def test_floor_is_that_of_counts_by_chance(count: int, expected: tuple[float, float]) -> None:
    """DF3: without any spread of four weeks the interval is Garwood's.

    Expected are statsmodels 0.15.0's `confint_poisson(count, 4, method="exact-c")`.
    """
    low, high = poisson_interval(count)
    assert pytest.approx(expected, rel=1e-9) == (float(low) / 4, float(high) / 4)
    assert pytest.approx(expected, rel=1e-9) == weekly_rate_interval([count // 4] * 4, 4, count)


def flat(clusters: dict[Any, list[Any]]) -> tuple[list[float], list[Any]]:
    """The values of all clusters, and the cluster of each."""
    values = [abs(value) for own in clusters.values() for value in own]
    return values, [name for name, own in clusters.items() for _ in own]


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        pytest.param(DYESTUFF, 0.12382783747337806, id="dyestuff"),
        pytest.param(CORN, 0.06165936781542665, id="corn"),
        pytest.param(LUNG, 0.04980927842965635, id="lung"),
    ],
)
def test_error_of_a_share_is_the_jackknife_s(sample: dict[Any, list[Any]], error: float) -> None:
    """LT6: e is the delete-one-cluster jackknife's standard error of the share up to the median.

    Expected are svy 0.35.0's replicate weights (`create_jk_wgts`, `estimation.mean` of what is
    not above the median, `variance_center="estimate"`; R's survey calls them JK1). The rule
    centres on one half, they on the share itself: the same for an even number of different
    values in the middle, as in these three.
    """
    found = clustered_median(*flat(sample))
    assert found is not None
    assert pytest.approx(error, rel=1e-12) == found.error


def test_shares_are_those_of_a_survey() -> None:
    """LT6: where clusters are alike the degrees of freedom are those of surveys, their number − 1.

    Expected is the interval of that share of svy 0.35.0, as above. Where they differ in size the
    rule has fewer degrees of freedom than a survey, and a wider interval.
    """
    dyestuff, corn, lung = (clustered_median(*flat(one)) for one in (DYESTUFF, CORN, LUNG))
    assert dyestuff and corn and lung  # noqa: PT018 - none of them is None
    expected = (0.18169041024480864, 0.8183095897551914)
    assert [5.0, pytest.approx(expected, rel=1e-12)] == [dyestuff.freedom, dyestuff.shares]
    surveys = [(0.36428864645761394, 0.6357113535423861), (0.39491160844847406, 0.6050883915515259)]
    for found, (low, high), freedom in zip((corn, lung), surveys, (11, 17), strict=True):
        assert found.freedom < freedom
        assert found.shares[0] < low < high < found.shares[1]
        t = stats.t.ppf(0.975, freedom)
        assert pytest.approx((low, high), rel=1e-12) == (
            0.5 - found.error * t,
            0.5 + found.error * t,
        )


@pytest.mark.parametrize(
    ("sample", "survey"),
    [
        pytest.param(DYESTUFF, (1450.0, 1595.0), id="dyestuff"),
        pytest.param(CORN, (104.21, 127.07), id="corn"),
        pytest.param(LUNG, (243.0, 350.0), id="lung"),
    ],
)
def test_ends_are_quantiles(sample: dict[Any, list[Any]], survey: tuple[float, float]) -> None:
    """LT6: the ends are the quantiles at the shares, as numpy's and R's default (type 7).

    *survey* is svy 0.35.0's interval of Woodruff's (`estimation.median`, linearized variance, the
    number of clusters − 1 degrees of freedom, no interpolation): with an error, degrees of freedom
    and a quantile of its own it can only be near, within a tenth of the values.
    """
    values, clusters = flat(sample)
    found = clustered_median(values, clusters)
    assert found is not None
    ends = [float(end) for end in np.quantile(values, found.shares)]
    ordered, rank = sorted(values), int(stats.binom.ppf(0.025, len(values), 0.5))
    floors = ordered[rank - 1], ordered[len(values) - rank]
    expected = (min(ends[0], floors[0]), max(ends[1], floors[1]))
    assert pytest.approx(expected, rel=1e-12) == clustered_median_interval(values, clusters)
    places = [np.searchsorted(ordered, end, side="left") for end in (*expected, *survey)]
    assert abs(places[0] - places[2]) <= len(values) // 10
    assert abs(places[1] - places[3]) <= len(values) // 10


@pytest.mark.parametrize(
    ("followed", "median", "expected"),
    [
        pytest.param(LEUKAEMIA["6-MP"], 23, (13, None), id="6-MP"),
        pytest.param(LEUKAEMIA["placebo"], 8, (4, 11), id="placebo"),
        pytest.param(OVARIAN, 638, (431, None), id="ovarian"),
        pytest.param([time for own in LUNG.values() for time in own], 426, (345, 524), id="lung"),
    ],
)
def test_median_that_some_outlast(
    followed: list[int], median: float, expected: tuple[float | None, float | None]
) -> None:
    """R4: median and interval on the log–log scale as in statsmodels and lifelines.

    Expected are statsmodels 0.15.0's `SurvfuncRight(…).quantile_ci(0.5, method="cloglog")` and
    lifelines 0.30.3's `median_survival_times(KaplanMeierFitter().fit(…).confidence_interval_)`,
    which agree; both say infinite where the rule says that an end is not known. The default of
    R's `survfit` is another scale (for the lungs, 348 to 550); this one is its "log-log".
    """
    times, ended = [abs(time) for time in followed], [time > 0 for time in followed]
    assert [median] == survival_curves(times, ended).medians().tolist()
    assert expected == survival_median_interval(times, ended)
