"""Which share of successes was rework."""

import pandas as pd
import pytest

from dora.metrics.rework_rate import rework_rate


def successes(*rows: tuple[int, bool]) -> pd.DataFrame:
    """Successes: group and whether it is rework."""
    made = pd.DataFrame(rows, columns=["group", "is_rework"])
    return made.astype({"group": "int64", "is_rework": "bool"})


def test_rework_of_successes() -> None:
    """RW1: two of ten successes are 20 %."""
    expected = {
        "rework": 2,
        "deployments": 10,
        "rate": 0.2,
        "low": pytest.approx(0.0566822, abs=1e-7),
        "high": pytest.approx(0.5098375, abs=1e-7),
    }
    rows = [(0, number < 2) for number in range(10)]
    assert [expected] == rework_rate(successes(*rows), pd.RangeIndex(1)).to_dict("records")


def test_nothing_succeeded() -> None:
    """RW1, G0: of no success there is no rate."""
    found = rework_rate(successes((1, False)), pd.RangeIndex(2))
    assert [[0, 0], [0, 1]] == found[["rework", "deployments"]].to_numpy().tolist()
    assert [True, False] == found["rate"].isna().tolist()
