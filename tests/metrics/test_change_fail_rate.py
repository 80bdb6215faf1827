"""Which share of deployments failed."""

import pandas as pd
import pytest

from dora.metrics.change_fail_rate import change_fail_rate, count_reasons
from tests.support.tables import listed

COLUMNS = ["group", "is_failed", "is_never_live"]


def finished(*rows: tuple[int, bool, bool]) -> pd.DataFrame:
    """Deployments that finished: group, failed, never live."""
    kinds = {"group": "int64", "is_failed": "bool", "is_never_live": "bool"}
    return pd.DataFrame(rows, columns=COLUMNS).astype(kinds)


def test_failed_of_finished() -> None:
    """F8, F9: two of ten failed, one of them before anything was live."""
    rows = [(0, True, True), (0, True, False), *[(0, False, False)] * 8]
    expected = {
        "failed": 2,
        "deployments": 10,
        "never_live": 1,
        "rate": 0.2,
        "low": pytest.approx(0.0566822, abs=1e-7),
        "high": pytest.approx(0.5098375, abs=1e-7),
    }
    assert [expected] == change_fail_rate(finished(*rows), pd.RangeIndex(1)).to_dict("records")


def test_nothing_finished() -> None:
    """F9, G0: none of none is 0 failed and no rate, never 0 %."""
    found = change_fail_rate(finished((1, False, False)), pd.RangeIndex(2))
    counts = found[["failed", "deployments", "never_live"]]
    assert [[0, 0, 0], [0, 1, 0]] == [
        list(row) for row in counts.itertuples(index=False, name=None)
    ]
    assert [(None, None), (0.0, 0.0)] == listed(found, "rate", "low")


def test_reasons_count_each_deployment_once_a_signal() -> None:
    """F9: per signal how many failed deployments it marked; they may add up to more."""
    rows = [
        (0, "status", "api", 1),
        (0, "rollback", "api", 1),
        (0, "rollback", "api", 1),
        (0, "rollback", "web", 1),
        (2, "status", "api", 9),
    ]
    reasons = pd.DataFrame(rows, columns=["group", "signal", "repository", "deployment"])
    assert {0: {"rollback": 2, "status": 1}, 2: {"status": 1}} == count_reasons(reasons)
    assert {} == count_reasons(reasons.iloc[:0])
