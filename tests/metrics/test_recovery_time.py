"""How long recovery took."""

from typing import Any

import pandas as pd

from dora.metrics.recovery_time import recovery_time
from dora.model.tables import INSTANT
from tests.support.tables import NOW, ago, listed

UNTIL = pd.Timestamp(NOW)
TIMES = ("median", "mean", "longest")
COUNTS = ("episodes", "recovered", "open", "carried_in")


def episodes(*rows: tuple[int, float, float | None]) -> pd.DataFrame:
    """Episodes: group, begin and end in hours before NOW."""
    made = [(group, ago(begin), None if end is None else ago(end)) for group, begin, end in rows]
    frame = pd.DataFrame(made, columns=["group", "began_at", "ended_at"])
    return frame.astype({"group": "int64", "began_at": INSTANT, "ended_at": INSTANT})


def recovered(
    *rows: tuple[int, float, float | None], groups: int = 1, carried_in: tuple[int, ...] = ()
) -> list[dict[str, Any]]:
    """The metric's rows, times in hours, missing ones as None."""
    before = pd.DataFrame({"group": list(carried_in)}, dtype="int64")
    found = recovery_time(episodes(*rows), pd.RangeIndex(groups), UNTIL, before)
    return [
        {
            str(name): (None if pd.isna(value) else value / 3600) if name in TIMES else value
            for name, value in row.items()
        }
        for row in found[[*COUNTS, *TIMES]].to_dict("records")
    ]


def counts(episodes: int, recovered: int, still_open: int, carried_in: int = 0) -> dict[str, int]:
    """The counts of one group."""
    return dict(zip(COUNTS, (episodes, recovered, still_open, carried_in), strict=True))


def test_median_mean_and_longest_of_the_recovered() -> None:
    """R4: with nothing open all three are of all episodes; the mean is drawn by the longest."""
    expected = {**counts(3, 3, 0), "median": 2.0, "mean": 4.0, "longest": 9.0}
    assert [expected] == recovered((0, 50, 49), (0, 40, 31), (0, 30, 28))


def test_open_episodes_raise_the_median() -> None:
    """R4: what is still open counts as lasting on in the median; mean and longest leave it out."""
    expected = {**counts(3, 2, 1), "median": 3.0, "mean": 2.0, "longest": 3.0}
    assert [expected] == recovered((0, 50, 49), (0, 40, 37), (0, 30, None))


def test_too_many_open_for_a_median() -> None:
    """R4: where the curve never falls to one half there is no median, but a mean."""
    expected = {**counts(3, 1, 2), "median": None, "mean": 1.0, "longest": 1.0}
    assert [expected] == recovered((0, 50, 49), (0, 40, None), (0, 30, None))


def test_open_ones_younger_than_every_recovery() -> None:
    """R4: a failure open for less than the others took says nothing about the later curve."""
    expected = {**counts(2, 1, 1), "median": 5.0, "mean": 5.0, "longest": 5.0}
    assert [expected] == recovered((0, 50, 45), (0, 2, None))


def test_nothing_failed() -> None:
    """R4: of no episode there is no time at all."""
    unknown = {"median": None, "mean": None, "longest": None}
    none, one_open = {**counts(0, 0, 0), **unknown}, {**counts(1, 0, 1), **unknown}
    assert [none, one_open] == recovered((1, 5, None), groups=2)
    assert [none] == recovered()


def test_no_time_at_all_is_a_recovery() -> None:
    """R4: an episode that ended at the instant it began took no time."""
    expected = {**counts(1, 1, 0), "median": 0.0, "mean": 0.0, "longest": 0.0}
    assert [expected] == recovered((0, 50, 50))


def test_carried_in_is_a_count_beside() -> None:
    """R3: what began before the window is counted beside, and in none of the other numbers."""
    quiet = {**counts(0, 0, 0, 2), "median": None, "mean": None, "longest": None}
    busy = {**counts(1, 1, 0, 1), "median": 1.0, "mean": 1.0, "longest": 1.0}
    assert [quiet, busy] == recovered((1, 50, 49), groups=2, carried_in=(0, 1, 0))


def test_interval_of_the_median() -> None:
    """R4: of five episodes on there is one, whose ends may be unknown each; open ones are in it."""
    rows = [
        *[(0, 50.0, 50.0 - hours) for hours in (1, 2, 3, 4)],
        *[(1, 50.0, 50.0 - hours) for hours in (1, 2, 3, 4, 5)],
        *[(2, 50.0, 50.0 - hours) for hours in (1, 2, 3, 4, 5, 6)],
        (2, 7.0, None),
        *[(3, 50.0, None) for _ in range(5)],
    ]
    before = pd.DataFrame({"group": []}, dtype="int64")
    found = recovery_time(episodes(*rows), pd.RangeIndex(5), UNTIL, before)
    assert [False, True, True, True, False] == found["has_interval"].tolist()
    ends = found[["median_low", "median_high"]].div(3600).fillna(-1)
    expected = [(-1, -1), (1, -1), (1, 6), (-1, -1), (-1, -1)]
    assert expected == listed(ends, "median_low", "median_high")
