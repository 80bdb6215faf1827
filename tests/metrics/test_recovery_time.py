"""How long recovery took."""

from typing import Any

import pandas as pd

from dora.metrics.recovery_time import recovery_time
from dora.model.tables import INSTANT
from tests.support.tables import NOW, ago

UNTIL = pd.Timestamp(NOW)


def episodes(*rows: tuple[int, float, float | None]) -> pd.DataFrame:
    """Episodes: group, begin and end in hours before NOW."""
    made = [(group, ago(begin), None if end is None else ago(end)) for group, begin, end in rows]
    frame = pd.DataFrame(made, columns=["group", "began_at", "ended_at"])
    return frame.astype({"group": "int64", "began_at": INSTANT, "ended_at": INSTANT})


def recovered(*rows: tuple[int, float, float | None], groups: int = 1) -> list[dict[str, Any]]:
    """The metric's rows, times in hours, missing ones as None."""
    found = recovery_time(episodes(*rows), pd.RangeIndex(groups), UNTIL)
    return [
        {
            str(name): (None if pd.isna(value) else value / 3600)
            if name in ("mean", "median")
            else value
            for name, value in row.items()
        }
        for row in found.to_dict("records")
    ]


def test_mean_and_median_of_the_recovered() -> None:
    """R4: with nothing open both are of all episodes."""
    expected = {"episodes": 3, "recovered": 3, "open": 0, "mean": 4.0, "median": 2.0}
    assert [expected] == recovered((0, 50, 49), (0, 40, 31), (0, 30, 28))


def test_open_episodes_raise_the_median() -> None:
    """R4: what is still open counts as not recovered at its present age; the mean leaves it out."""
    expected = {"episodes": 3, "recovered": 2, "open": 1, "mean": 2.0, "median": 3.0}
    assert [expected] == recovered((0, 50, 49), (0, 40, 37), (0, 30, None))


def test_too_many_open_for_a_median() -> None:
    """R4: where the curve never falls to one half there is no median, but a mean."""
    expected = {"episodes": 3, "recovered": 1, "open": 2, "mean": 1.0, "median": None}
    assert [expected] == recovered((0, 50, 49), (0, 40, None), (0, 30, None))


def test_open_ones_younger_than_every_recovery() -> None:
    """R4: an outage open for less than the others took says nothing about the later curve."""
    expected = {"episodes": 2, "recovered": 1, "open": 1, "mean": 5.0, "median": 5.0}
    assert [expected] == recovered((0, 50, 45), (0, 2, None))


def test_nothing_failed() -> None:
    """R4: of no episode there is neither mean nor median."""
    none = {"episodes": 0, "recovered": 0, "open": 0, "mean": None, "median": None}
    one_open = {"episodes": 1, "recovered": 0, "open": 1, "mean": None, "median": None}
    assert [none, one_open] == recovered((1, 5, None), groups=2)
    assert [none] == recovered()


def test_no_time_at_all_is_a_recovery() -> None:
    """R4: an episode that ended at the instant it began took no time."""
    expected = {"episodes": 1, "recovered": 1, "open": 0, "mean": 0.0, "median": 0.0}
    assert [expected] == recovered((0, 50, 50))
