"""Who shipped what, and what waits: hand-made histories of one environment."""

from typing import Any

import pytest

from dora.analysis.history import History, trace_history
from dora.analysis.outcomes import find_outcomes
from dora.model.tables import Tables
from tests.support.tables import (
    DAY,
    commit,
    config,
    deployment,
    line,
    listed,
    pending,
    redeploy_same_sha,
    repository,
    rollback,
    tables,
)


def history_of(read: Tables, **options: Any) -> History:
    """The history of all environments, over the thirty days before NOW."""
    asked = config(**options)
    outcomes, _ = find_outcomes(read.deployments, read.statuses, asked)
    return trace_history(outcomes, read, asked)


def shipped(read: Tables, **options: Any) -> dict[str, int]:
    """Which deployment shipped each commit."""
    found = listed(history_of(read, **options).shipped, "sha", "deployment")
    assert len(found) == len(dict(found))
    return dict(sorted(found))


def waiting(read: Tables, **options: Any) -> list[str] | None:
    """Which commits wait for production; None where nothing can be said."""
    history = history_of(read, **options)
    (known,) = history.environments["knows_waiting"]
    return sorted(history.waiting["sha"]) if known else None


OLD = deployment(1, "a", 40 * DAY)


def test_deployment_ships_what_is_new_to_its_environment() -> None:
    """LT1: what a deployment ships is reachable from its sha and from none before it."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=19 * DAY, d=18 * DAY),
        OLD,
        deployment(2, "c", 15 * DAY),
        deployment(3, "d", 14 * DAY),
    )
    assert {"b": 2, "c": 2, "d": 3} == shipped(read)


def test_redeploying_ships_nothing() -> None:
    """LT1: a commit deployed again was shipped before."""
    assert {"b": 2} == shipped(redeploy_same_sha())


def test_rollback_ships_nothing_and_neither_does_rolling_forward() -> None:
    """LT1: going back and forth ships each commit once."""
    assert {"b": 2, "c": 3} == shipped(rollback())


def test_order_of_success_decides_who_shipped() -> None:
    """LT1: a deployment created first that finishes last ships only what is left."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=19 * DAY),
        OLD,
        deployment(2, "b", 15 * DAY, ("success", 13 * DAY)),
        deployment(3, "c", 14 * DAY),
    )
    assert {"b": 3, "c": 3} == shipped(read)


def test_equal_instants_are_ordered_by_id() -> None:
    """D7: of two successes at one instant the one with the lower id came first."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=19 * DAY),
        OLD,
        deployment(3, "c", 15 * DAY, ("success", 13 * DAY)),
        deployment(2, "b", 14 * DAY, ("success", 13 * DAY)),
    )
    assert {"b": 2, "c": 3} == shipped(read)
    (lives,) = [listed(history_of(read).successes, "deployment", "live")]
    assert [(1, None), (2, 1), (3, 2)] == lives


def test_merges_bring_both_sides() -> None:
    """LT1: a merge ships whatever its branch brought, and itself."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY),
        commit("x", "a", at=19 * DAY),
        commit("y", "x", at=18 * DAY),
        commit("m", "b", "y", at=17 * DAY),
        OLD,
        deployment(2, "b", 16 * DAY),
        deployment(3, "m", 15 * DAY),
    )
    assert {"b": 2, "m": 3, "x": 3, "y": 3} == shipped(read)


def test_first_success_is_a_baseline() -> None:
    """LT2: with no earlier success the first in the window ships nothing."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=12 * DAY),
        deployment(2, "b", 15 * DAY),
        deployment(3, "c", 10 * DAY),
    )
    assert {"c": 3} == shipped(read)
    found = listed(history_of(read).successes, "deployment", "is_baseline")
    assert [(2, True), (3, False)] == found


def test_first_success_in_sight_ships_nothing_and_is_no_baseline_before_the_window() -> None:
    """LT1, LT2: all that is judged ships, for the signals; only in the window it is counted."""
    read = tables(
        line(a=50 * DAY, b=35 * DAY, c=12 * DAY),
        OLD,
        deployment(2, "b", 33 * DAY),
        deployment(3, "c", 10 * DAY),
    )
    assert {"b": 2, "c": 3} == shipped(read)
    assert not history_of(read).successes["is_baseline"].any()


def test_created_before_the_window_and_live_in_it() -> None:
    """LT2, LT6: what succeeded in the window ships in it, whenever it was created."""
    read = tables(
        line(a=50 * DAY, b=35 * DAY), OLD, deployment(2, "b", 34 * DAY, ("success", 29 * DAY))
    )
    assert {"b": 2} == shipped(read)


def test_success_at_the_window_s_begin_is_in_it() -> None:
    """W1: the window is half open, its first instant belongs to it."""
    at_begin = deployment(2, "b", 31 * DAY, ("success", 30 * DAY))
    assert {"b": 2} == shipped(tables(line(a=50 * DAY, b=35 * DAY), OLD, at_begin))


def test_most_recent_earlier_success_is_read() -> None:
    """W3 (b): an environment that deploys after a long quiet has its last earlier success read."""
    read = tables(
        line(a=400 * DAY, b=300 * DAY, c=12 * DAY),
        deployment(1, "a", 390 * DAY),
        deployment(2, "b", 290 * DAY),
        deployment(3, "c", 10 * DAY),
    )
    assert {"c": 3} == shipped(read)
    assert [(2, None), (3, 2)] == listed(history_of(read).successes, "deployment", "live")


def test_nothing_earlier_is_read_where_nothing_was_deployed() -> None:
    """W3 (b): only an environment that deployed successfully in the window asks for more."""
    read = tables(
        line(a=400 * DAY, b=300 * DAY), deployment(1, "a", 390 * DAY), pending(2, "b", 2 * DAY)
    )
    assert [] == listed(history_of(read).successes, "deployment")


def test_older_ones_mark_what_they_shipped() -> None:
    """W3 (c): a commit older than the oldest success may have been shipped by an unread one."""
    # The branch `x` was live long ago and was taken away again; the merge brings it back.
    read = tables(
        line(a=100 * DAY, b=20 * DAY),
        commit("x", "a", at=90 * DAY),
        commit("m", "b", "x", at=19 * DAY),
        deployment(1, "x", 80 * DAY),
        deployment(2, "a", 70 * DAY),
        deployment(3, "m", 15 * DAY),
    )
    assert {"b": 3, "m": 3} == shipped(read)
    found = listed(history_of(read).successes, "deployment", "live", "goes_back")
    assert [(2, None, False), (3, 2, False)] == found


def test_older_ones_stop_at_their_budget() -> None:
    """W3: the budget counts the repository's older deployments, and coverage tells of it."""
    read = tables(
        line(a=100 * DAY, b=20 * DAY),
        commit("x", "a", at=90 * DAY),
        commit("m", "b", "x", at=19 * DAY),
        deployment(1, "x", 80 * DAY),
        deployment(2, "a", 70 * DAY),
        deployment(3, "a", 70 * DAY, environment="staging"),
        deployment(4, "m", 15 * DAY),
    )
    budgets = {budget: {"older_deployments": budget} for budget in (2, 3)}
    assert {"b": 4, "m": 4, "x": 4} == shipped(read, collect=budgets[2])
    assert {"b": 4, "m": 4} == shipped(read, collect=budgets[3])
    hit = [
        listed(history_of(read, collect=one).environments, "environment_key", "hit_budget")
        for one in budgets.values()
    ]
    assert [[("production", True)], [("production", False)]] == [
        [row for row in rows if row[0] == "production"] for rows in hit
    ]


def test_unknown_commit_ships_and_marks_nothing() -> None:
    """LT10: what GitHub no longer has is no earlier success, yet it stays live."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=12 * DAY),
        deployment(1, "gone", 40 * DAY, known=False),
        deployment(2, "b", 15 * DAY),
        deployment(3, "gone", 14 * DAY, known=False),
        deployment(4, "c", 10 * DAY),
    )
    assert {"c": 4} == shipped(read)
    expected = [(1, None, False), (2, 1, True), (3, 2, False), (4, 3, False)]
    assert expected == listed(history_of(read).successes, "deployment", "live", "is_baseline")


def test_environments_have_histories_of_their_own() -> None:
    """LT1: what staging received is no business of production's."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY),
        deployment(1, "a", 41 * DAY, environment="staging"),
        deployment(2, "a", 40 * DAY),
        deployment(3, "b", 15 * DAY, environment="staging"),
        deployment(4, "b", 14 * DAY),
    )
    expected = [("production", "b", 4), ("staging", "b", 3)]
    found = listed(history_of(read).shipped, "environment_key", "sha", "deployment")
    assert expected == sorted(found)


# LT8 ------------------------------------------------------------------------------------------


def test_default_branch_waits_for_production() -> None:
    """LT8: what the default branch has and production never received waits."""
    read = tables(
        repository(head="d"),
        line(a=50 * DAY, b=20 * DAY, c=19 * DAY, d=18 * DAY),
        OLD,
        deployment(2, "b", 15 * DAY),
    )
    assert ["c", "d"] == waiting(read)


def test_received_and_rolled_back_is_received() -> None:
    """LT8: after a rollback nothing waits that was live before."""
    read = tables(
        repository(head="b"),
        line(a=50 * DAY, b=20 * DAY),
        OLD,
        deployment(2, "b", 15 * DAY),
        deployment(3, "a", 14 * DAY),
    )
    assert [] == waiting(read)


def test_default_branch_is_that_of_the_window_s_end() -> None:
    """LT8: commits of the default branch after `until` do not wait yet."""
    read = tables(
        repository(head="d"),
        line(a=50 * DAY, b=20 * DAY, c=10 * DAY, d=5 * DAY),
        OLD,
    )
    options = {"until": "10d", "since": "45d"}
    assert ["b"] == waiting(read, **options)
    assert ["b", "c", "d"] == waiting(read, since="45d")


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(
            tables(repository(head="a"), line(a=50 * DAY), pending(1, "a", 2)), id="no success"
        ),
        pytest.param(
            tables(repository(head="a"), line(a=50 * DAY), deployment(1, "gone", 9, known=False)),
            id="no known commit",
        ),
        pytest.param(tables(line(a=50 * DAY), deployment(1, "a", 9)), id="no default branch"),
        pytest.param(
            tables(repository(head="a"), line(a=50 * DAY), deployment(1, "a", 9, environment="qa")),
            id="not production",
        ),
    ],
)
def test_unknown_waiting_work(read: Tables) -> None:
    """LT8: nothing can be said of other tiers, nor where nothing in sight was ever received."""
    assert waiting(read) is None


def test_waiting_commit_that_an_older_deployment_shipped() -> None:
    """W3 (c), LT8: a commit that waits may have been received long ago."""
    read = tables(
        repository(head="m"),
        line(a=100 * DAY, b=20 * DAY),
        commit("x", "a", at=90 * DAY),
        commit("m", "b", "x", at=19 * DAY),
        deployment(1, "x", 80 * DAY),
        deployment(2, "a", 50 * DAY),
    )
    assert ["b", "m"] == waiting(read)
