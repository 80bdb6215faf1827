"""Failed deployments, why, and for how long."""

from typing import Any

import pandas as pd
import pytest

from dora.analysis.changes import describe_commits
from dora.analysis.failures import Failures, find_failures
from dora.analysis.history import trace_history
from dora.analysis.outcomes import find_outcomes
from dora.analysis.signals import says_rollback
from dora.model.tables import Tables
from tests.support.tables import (
    DAY,
    ago,
    commit,
    config,
    deployment,
    failed_attempts,
    line,
    listed,
    no_deployments,
    one_deployment,
    redeploy_same_sha,
    rollback,
    tables,
)

LINE = line(a=50 * DAY, b=20 * DAY, c=19 * DAY, d=18 * DAY)
OLD = deployment(1, "a", 40 * DAY)

Reason = tuple[int, str, float, float | None]


def failures_of(read: Tables, **options: Any) -> Failures:
    """All failures of the tables, over the thirty days before NOW."""
    asked = config(**options)
    outcomes, succeeded = find_outcomes(read.deployments, read.statuses, asked)
    history = trace_history(outcomes, read, asked)
    described = describe_commits(history, read, asked)
    return find_failures(outcomes, succeeded, history, described, read, asked)


def hours(instant: Any) -> float | None:
    """How many hours before NOW an instant was."""
    return None if instant is None else (ago(0) - instant) / pd.Timedelta(hours=1)


def reasons_of(read: Tables, **options: Any) -> list[Reason]:
    """Every reason: deployment, signal, begin and end in hours before NOW."""
    found = listed(
        failures_of(read, **options).reasons, "deployment", "signal", "began_at", "ended_at"
    )
    return sorted((one, signal, hours(a) or 0.0, hours(b)) for one, signal, a, b in found)


def episodes_of(read: Tables, **options: Any) -> list[tuple[float | None, float | None]]:
    """Begin and end of every episode, in hours before NOW, the oldest first."""
    found = listed(failures_of(read, **options).episodes, "began_at", "ended_at")
    return sorted(((hours(a), hours(b)) for a, b in found), key=lambda one: -(one[0] or 0))


def rework_of(read: Tables, **options: Any) -> list[int]:
    """Which deployments are rework."""
    return sorted(failures_of(read, **options).rework["deployment"].tolist())


@pytest.mark.parametrize("read", [no_deployments(), one_deployment(), redeploy_same_sha()])
def test_nothing_fails_by_itself(read: Tables) -> None:
    """F1, F2: without a sign of failure nothing failed."""
    found = failures_of(read)
    lengths = [len(one) for one in (found.reasons, found.failed, found.episodes, found.rework)]
    assert [0, 0, 0, 0] == lengths


# F1, F8 ---------------------------------------------------------------------------------------


def test_failure_ends_with_the_next_success_of_any_deployment() -> None:
    """F1: a failure status fails until the environment's first success status after it."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("success", 10 * DAY), ("failure", 9 * DAY)),
        deployment(3, "c", 8 * DAY),
        deployment(4, "c", 9 * DAY - 1, environment="staging"),
        deployment(5, "x", 9 * DAY - 1, repository="web"),
    )
    assert [(2, "status", 9 * DAY, 8 * DAY)] == reasons_of(read)


def test_failure_ends_with_a_later_success_status_of_an_older_deployment() -> None:
    """F1: what ended it may be another success status of a deployment long live."""
    read = tables(
        LINE,
        deployment(1, "a", 40 * DAY, ("success", 40 * DAY), ("success", 8 * DAY)),
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 7 * DAY),
    )
    assert [(2, "status", 10 * DAY, 8 * DAY)] == reasons_of(read)


def test_failure_and_success_at_one_instant() -> None:
    """F1, D2: at one instant the failure comes first, so the success ends it at once."""
    read = tables(LINE, OLD, deployment(2, "b", 10 * DAY, ("success", 9 * DAY), ("error", 9 * DAY)))
    assert [(2, "status", 9 * DAY, 9 * DAY)] == reasons_of(read)


def test_failure_that_nothing_ended() -> None:
    """F1, W2: without a success status before `until` it lasts."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 5 * DAY),
    )
    until = ago(5 * DAY).isoformat()
    assert [(2, "status", 10 * DAY, None)] == reasons_of(read, until=until)
    assert [(10 * DAY, None)] == episodes_of(read, until=until)


@pytest.mark.parametrize(("status", "failed"), [("any", [2, 3]), ("live", [3]), ("off", [])])
def test_failures_of_what_never_was_live(status: str, failed: list[int]) -> None:
    """F8: `failures.status` counts any failure status, those of what succeeded, or none."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 9 * DAY, ("failure", 9 * DAY), ("success", 8 * DAY)),
    )
    found = failures_of(read, failures={"status": status})
    assert failed == sorted(found.failed["deployment"].tolist())


# F2 -------------------------------------------------------------------------------------------


def test_rollback_over_two_deployments() -> None:
    """F2: from a to b to c and back to a, b is what had to go."""
    assert [(2, "rollback", 10 * DAY, 9 * DAY - 6)] == reasons_of(rollback())
    assert [4] == rework_of(rollback())


def test_rollback_by_one() -> None:
    """F2: from a to b and back to a, b failed from its success to the rollback's."""
    read = tables(LINE, OLD, deployment(2, "b", 10 * DAY), deployment(3, "a", 10 * DAY - 2))
    assert [(2, "rollback", 10 * DAY, 10 * DAY - 2)] == reasons_of(read)
    assert [(10 * DAY, 10 * DAY - 2)] == episodes_of(read)
    assert [3] == rework_of(read)


def test_rollback_to_the_latest_success_of_its_sha() -> None:
    """F2: what failed is the first success after the latest earlier one of the rollback's sha."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 14 * DAY),
        deployment(3, "a", 13 * DAY),
        deployment(4, "c", 12 * DAY),
        deployment(5, "d", 11 * DAY),
        deployment(6, "a", 10 * DAY),
    )
    expected = [(2, "rollback", 14 * DAY, 13 * DAY), (4, "rollback", 12 * DAY, 10 * DAY)]
    assert expected == reasons_of(read)
    assert [3, 6] == rework_of(read)


def test_rollback_of_a_rollback_is_none() -> None:
    """F2: rolling forward deploys no ancestor of what is live."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 14 * DAY),
        deployment(3, "a", 13 * DAY),
        deployment(4, "b", 12 * DAY),
    )
    assert [(2, "rollback", 14 * DAY, 13 * DAY)] == reasons_of(read)


def test_rollback_to_what_never_was_there_fails_what_it_replaced() -> None:
    """F2: where the sha never succeeded there before, the live deployment is what failed."""
    read = tables(LINE, OLD, deployment(2, "d", 10 * DAY), deployment(3, "c", 9 * DAY))
    assert [(2, "rollback", 10 * DAY, 9 * DAY)] == reasons_of(read)


def test_out_of_order_is_no_rollback() -> None:
    """F2: an older commit that was created first and only finished last rolls nothing back."""
    late = deployment(2, "b", 11 * DAY, ("success", 9 * DAY))
    read = tables(LINE, OLD, late, deployment(3, "c", 10 * DAY))
    assert [] == reasons_of(read)


def test_diverged_commit_is_no_rollback() -> None:
    """F2: what is no ancestor of the live commit does not go back, unless it says so."""
    other = commit("x", "a", at=17 * DAY)
    silent = tables(LINE, other, OLD, deployment(2, "b", 10 * DAY), deployment(3, "x", 9 * DAY))
    said = tables(
        LINE,
        other,
        OLD,
        deployment(2, "b", 10 * DAY),
        deployment(3, "x", 9 * DAY, task="rollback"),
    )
    assert [] == reasons_of(silent)
    assert [(2, "rollback", 10 * DAY, 9 * DAY)] == reasons_of(said)


def test_rollback_that_says_so_was_created_earlier() -> None:
    """F2: a deployment that calls itself a rollback is one, whenever it was created."""
    late = deployment(2, "b", 11 * DAY, ("success", 9 * DAY), payload='{"rollback": true}')
    read = tables(LINE, OLD, late, deployment(3, "c", 10 * DAY))
    assert [(3, "rollback", 10 * DAY, 9 * DAY)] == reasons_of(read)


def test_rollback_to_the_same_sha_is_none() -> None:
    """F2: redeploying what is live rolls nothing back, whatever it is called."""
    read = tables(
        LINE, OLD, deployment(2, "b", 10 * DAY), deployment(3, "b", 9 * DAY, task="rollback")
    )
    assert [] == reasons_of(read)


def test_first_success_rolls_nothing_back() -> None:
    """F2: where nothing was live there is nothing to go back from."""
    read = tables(LINE, deployment(2, "b", 10 * DAY, task="rollback"))
    assert [] == reasons_of(read)


def test_rollback_from_a_commit_that_is_gone() -> None:
    """F2, LT10: without its commit nothing is known to be older, but what says so is believed."""
    gone = deployment(2, "gone", 10 * DAY, known=False)
    silent = tables(LINE, OLD, gone, deployment(3, "a", 9 * DAY))
    said = tables(LINE, OLD, gone, deployment(3, "a", 9 * DAY, task="rollback"))
    assert [] == reasons_of(silent)
    assert [(2, "rollback", 10 * DAY, 9 * DAY)] == reasons_of(said)


def test_equal_instants_of_creation_are_ordered_by_id() -> None:
    """F2, D7: of two created at one instant the one with the higher id came later."""
    later = deployment(3, "b", 10 * DAY, ("success", 8 * DAY))
    earlier = deployment(3, "c", 10 * DAY, ("success", 9 * DAY))
    read = tables(LINE, OLD, deployment(2, "c", 10 * DAY, ("success", 9 * DAY)), later)
    assert [(2, "rollback", 9 * DAY, 8 * DAY)] == reasons_of(read)
    turned = tables(LINE, OLD, deployment(2, "b", 10 * DAY, ("success", 8 * DAY)), earlier)
    assert [] == reasons_of(turned)


def test_rollback_can_be_turned_off() -> None:
    """F2, RW1: a signal that is off marks no failure and no rework."""
    options = {"failures": {"rollback": False}}
    assert [] == reasons_of(rollback(), **options)
    assert [] == rework_of(rollback(), **options)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ('{"rollback": true}', True),
        ('"{\\"rollback\\": true}"', True),
        ('{"rollback": true, "by": "ada"}', True),
        ('{"rollback": false}', False),
        ('{"rollback": "true"}', False),
        ('{"rollback": 1}', False),
        ('{"deep": {"rollback": true}}', False),
        ('["rollback", true]', False),
        ("rollback", False),
        ('"rollback"', False),
        ("", False),
        (None, False),
        ("null", False),
    ],
)
def test_payload_that_says_rollback(payload: str | None, says: bool) -> None:
    """F2: a payload's true `rollback` counts, in JSON or in JSON within a JSON string."""
    assert says is says_rollback(payload)


# R1, R2 ---------------------------------------------------------------------------------------


def test_failed_attempts_in_a_row_are_one_episode() -> None:
    """R2: failures by status that end at one success are one episode from the first on."""
    assert [(10 * DAY, 10 * DAY - 3)] == episodes_of(failed_attempts())
    expected = [(2, "status", 10 * DAY, 10 * DAY - 3), (3, "status", 10 * DAY - 2, 10 * DAY - 3)]
    assert expected == reasons_of(failed_attempts())


def test_open_attempts_are_one_episode() -> None:
    """R2: and so are those that nothing has ended yet."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 9 * DAY, ("failure", 9 * DAY)),
        deployment(4, "b", 9 * DAY, ("failure", 9 * DAY), environment="staging"),
    )
    assert [(10 * DAY, None), (9 * DAY, None)] == episodes_of(read)


def test_success_between_attempts_parts_them() -> None:
    """R2: attempts with a success between them are two episodes."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY)),
        deployment(3, "b", 9 * DAY),
        deployment(4, "c", 8 * DAY, ("failure", 8 * DAY)),
        deployment(5, "c", 7 * DAY),
    )
    assert [(10 * DAY, 9 * DAY), (8 * DAY, 7 * DAY)] == episodes_of(read)


def test_downtime_spans_all_signals() -> None:
    """R1: from the earliest beginning to the latest end of all its reasons, one episode."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("success", 10 * DAY), ("failure", 10 * DAY - 1)),
        deployment(3, "b", 10 * DAY - 2),
        deployment(4, "a", 9 * DAY),
    )
    expected = [(2, "rollback", 10 * DAY, 9 * DAY), (2, "status", 10 * DAY - 1, 10 * DAY - 2)]
    assert expected == reasons_of(read)
    assert [(10 * DAY, 9 * DAY)] == episodes_of(read)


def test_episode_with_another_signal_stands_alone() -> None:
    """R2: only those whose one signal is `status` are put together."""
    read = tables(
        LINE,
        OLD,
        deployment(2, "b", 10 * DAY, ("success", 10 * DAY), ("failure", 10 * DAY - 1)),
        deployment(3, "c", 10 * DAY - 2, ("failure", 10 * DAY - 2)),
        deployment(4, "a", 9 * DAY),
    )
    assert [(10 * DAY, 9 * DAY), (10 * DAY - 2, 9 * DAY)] == episodes_of(read)
