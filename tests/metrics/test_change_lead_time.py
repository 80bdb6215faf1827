"""How long changes took."""

import pandas as pd
import pytest

from dora.metrics.change_lead_time import change_lead_time
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
