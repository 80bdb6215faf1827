"""How long changes took."""

import pandas as pd
import pytest

from dora.metrics.change_lead_time import change_lead_time
from dora.metrics.intervals import clustered_median_interval
from tests.support.tables import listed

STAGES = ("coding_seconds", "review_seconds", "delivery_seconds")


def changes(*times: tuple[int, float], stages: tuple[float, ...] | None = None) -> pd.DataFrame:
    """Changes, each of a deployment of its own: group and lead time; *stages* of all if given."""
    made = pd.DataFrame(times, columns=["group", "lead_time_seconds"])
    made = made.astype({"group": "int64", "lead_time_seconds": "float64"})
    told = stages or (float("nan"),) * 3
    made = made.assign(repository="acme/api", environment_key="prod", deployment=made.index)
    return made.assign(**dict(zip(STAGES, told, strict=True)))


def test_summary_of_lead_times() -> None:
    """LT6: count, median, mean, p75 and p90 by linear interpolation, in any order of rows."""
    found = change_lead_time(changes((0, 40), (0, 10), (0, 30), (0, 20)), pd.RangeIndex(1))
    names = ["changes", "median", "mean", "p75", "p90"]
    assert [[4, 25.0, 25.0, 32.5, pytest.approx(37.0)]] == found[names].to_numpy().tolist()
    assert found[["median_low", "median_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("size", "low", "high"),
    [(5, None, None), (6, 1, 6), (8, 1, 8), (9, 1.7388177, 8.2611823), (12, 2.8500790, 10.1499210)],
)
def test_interval_of_the_median(size: int, low: float | None, high: float | None) -> None:
    """LT6: of deployments of one change each, e is ½ ÷ √(N − 1); it is absent below six."""
    sample = [(0, float(number)) for number in range(size, 0, -1)]
    found = change_lead_time(changes(*sample), pd.RangeIndex(1)).iloc[0]
    ends = [found["median_low"], found["median_high"]]
    expected = [None if end is None else pytest.approx(end) for end in (low, high)]
    assert expected == [None if pd.isna(end) else end for end in ends]


def test_equal_lead_times_have_a_tight_interval() -> None:
    """LT6: order statistics of equal lead times are equal."""
    found = change_lead_time(changes(*[(0, 7.0)] * 9), pd.RangeIndex(1)).iloc[0]
    assert [7.0] * 6 == [
        found[name] for name in ("median", "mean", "p75", "p90", "median_low", "median_high")
    ]


def test_groups_are_summed_up_by_themselves() -> None:
    """LT6: every group has numbers of its own, one without changes none at all."""
    sample = [(2, 1.0), (0, 5.0), (2, 3.0), *[(3, float(n)) for n in range(6)]]
    found = change_lead_time(changes(*sample), pd.RangeIndex(4))
    assert [1, 0, 2, 6] == found["changes"].tolist()
    assert [5.0, None, 2.0, 2.5] == [None if pd.isna(one) else one for one in found["median"]]
    assert [None, None, None, 0.0] == [None if pd.isna(one) else one for one in found["median_low"]]


def test_stages_are_medians_of_those_with_a_request() -> None:
    """LT7: changes without a request have no stages and do not count among them."""
    sample = pd.concat(
        [
            changes((0, 1.0), stages=(1.0, 2.0, 3.0)),
            changes((0, 1.0), stages=(5.0, 4.0, 9.0)),
            changes((0, 9.0), (1, 9.0)),
        ]
    )
    found = change_lead_time(sample, pd.RangeIndex(2))
    expected = [(3.0, 3.0, 6.0), (None, None, None)]
    assert expected == listed(found, "coding", "review", "delivery")


def test_changes_of_one_deployment_are_no_independent_ones() -> None:
    """LT6: a deployment is one by repository, environment and id, as in pooled rows; below six
    there is no interval, whatever they shipped."""
    sample = changes(*[(0, float(number)) for number in range(24)])
    together = {"deployment": [number // 2 for number in range(24)]}
    five = {"deployment": [number % 5 for number in range(24)]}
    # Ids 0 to 3 of three repositories and of two environments: twelve and eight deployments.
    apart = {
        "deployment": [number // 2 % 4 for number in range(24)],
        "repository": [f"acme/{number // 8}" for number in range(24)],
    }
    halves = {
        "deployment": [number // 2 % 6 for number in range(24)],
        "environment_key": ["eu" if number < 12 else "us" for number in range(24)],
    }
    found = [
        change_lead_time(sample.assign(**one), pd.RangeIndex(1)).iloc[0]
        for one in (together, five, apart, halves)
    ]
    twelve = clustered_median_interval([*range(24)], together["deployment"])
    assert twelve is not None
    ends = [(one["median_low"], one["median_high"]) for one in found]
    assert [twelve, pytest.approx((float("nan"),) * 2, nan_ok=True), twelve, twelve] == ends


def test_no_changes() -> None:
    """LT6: of no change at all there is no time, and of no rows nothing."""
    found = change_lead_time(changes(), pd.RangeIndex(2))
    assert [0, 0] == found.pop("changes").tolist()
    assert found.isna().all(axis=None)
    assert 0 == len(change_lead_time(changes(), pd.RangeIndex(0)))
