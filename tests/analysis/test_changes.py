"""Changes: what counts as one, when it began, how long it took."""

from typing import Any

import pytest

from dora.analysis.changes import Changes, WaitingChanges, describe_commits, find_changes
from dora.analysis.history import trace_history
from dora.analysis.outcomes import find_outcomes
from dora.model.tables import Tables
from tests.support.tables import (
    DAY,
    Rows,
    ago,
    commit,
    config,
    deployment,
    line,
    listed,
    repository,
    request,
    tables,
    two_environments,
)

OLD = deployment(1, "a", 40 * DAY)
HOUR = 3600.0


def changes_of(read: Tables, **options: Any) -> tuple[Changes, WaitingChanges]:
    """The changes shipped in the thirty days before NOW, and those that wait."""
    asked = config(**options)
    outcomes, _ = find_outcomes(read.deployments, read.statuses, asked)
    history = trace_history(outcomes, read, asked)
    return find_changes(history, describe_commits(history, read, asked), read, asked)


def column(read: Tables, name: str, **options: Any) -> dict[str, Any]:
    """One column of the changes, by sha."""
    changes, _ = changes_of(read, **options)
    return dict(sorted(listed(changes, "sha", name)))


def one_change(*requests: Rows, parent: str = "a", **dates: Any) -> Tables:
    """A commit `b` of day 20 that went live on day 10, and other commits it might come from."""
    return tables(
        line(a=50 * DAY),
        commit("w", "a", at=30 * DAY),
        commit("b", parent, at=20 * DAY, **dates),
        OLD,
        deployment(2, "w", 12 * DAY),
        deployment(3, "b", 10 * DAY),
        *requests,
    )


def test_merge_commits_are_no_changes() -> None:
    """LT3: a change is a shipped commit with at most one parent."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY),
        commit("r", at=19 * DAY),
        commit("m", "b", "r", at=18 * DAY),
        OLD,
        deployment(2, "m", 10 * DAY),
    )
    assert {"b": 240 * HOUR, "r": 216 * HOUR} == column(read, "lead_time_seconds")


def test_change_without_a_request_starts_when_it_was_authored() -> None:
    """LT4, LT5: lead time runs from the authored date to the shipping deployment's success."""
    read = one_change(authored=21 * DAY)
    assert {"b": 11 * DAY * HOUR, "w": 18 * DAY * HOUR} == column(read, "lead_time_seconds")
    assert {"b": None, "w": None} == column(read, "number")
    assert {"b": None, "w": None} == column(read, "delivery_seconds")


def test_request_whose_merge_commit_it_is_goes_first() -> None:
    """LT4: the request merged by the commit, before any lower-numbered associated one."""
    requests = [
        request(3, "x", opened=9 * DAY, merged=8 * DAY, associated=("b",)),
        request(5, "b", opened=22 * DAY, merged=20 * DAY),
    ]
    assert 5 == column(one_change(*requests), "number")["b"]


def test_else_the_lowest_associated_request() -> None:
    """LT4: of several associated requests the one with the lowest number, merged ones alone."""
    requests = [
        request(2, "w", opened=9 * DAY, merged=None, associated=("b",)),
        request(4, "x", opened=9 * DAY, merged=8 * DAY, associated=("b",)),
        request(3, "y", opened=9 * DAY, merged=7 * DAY, associated=("b",)),
    ]
    assert 3 == column(one_change(*requests), "number")["b"]


def test_request_merged_at_until_does_not_exist() -> None:
    """W2, LT4: merges at the window's end or later are not known."""
    requests = [request(3, "b", opened=22 * DAY, merged=9 * DAY)]
    options = {"since": "30d", "until": ago(9 * DAY).isoformat()}
    assert [None] == [column(one_change(*requests), "number", **options)["b"]]
    later = {"since": "30d", "until": ago(9 * DAY - 1).isoformat()}
    assert 3 == column(one_change(*requests), "number", **later)["b"]


def squash(merge_sha: str, **other: Any) -> Rows:
    """Request 7, of day 25, merged on day 20 as *merge_sha*."""
    return request(7, merge_sha, opened=22 * DAY, merged=20 * DAY, first_authored=25 * DAY, **other)


@pytest.mark.parametrize(
    ("told", "parent", "days"),
    [
        pytest.param(squash("b", branch=("p", "q")), "a", 15, id="squash"),
        pytest.param(squash("x", associated=("b",)), "a", 10, id="not its merge"),
        pytest.param(squash("b", branch=("w",)), "w", 10, id="on its own branch"),
        pytest.param(squash("b", associated=("w", "b")), "w", 10, id="after a rebased one"),
        pytest.param(
            request(7, "b", opened=22 * DAY, merged=20 * DAY), "a", 10, id="no first commit"
        ),
    ],
)
def test_squash_commit_starts_with_its_request(told: Rows, parent: str, days: int) -> None:
    """LT4: a squash commit starts at the authored date of its request's first commit."""
    read = one_change(told, parent=parent)
    assert days * DAY * HOUR == column(read, "lead_time_seconds")["b"]


@pytest.mark.parametrize(
    ("opened", "rewritten", "hours"),
    [
        pytest.param(22 * DAY, 2 * DAY, 20 * DAY, id="opened day 0, rewritten day 20, live then"),
        pytest.param(22 * DAY, 25 * DAY, 23 * DAY, id="opened after its first commit"),
        pytest.param(22 * DAY, 22 * DAY, 20 * DAY, id="opened with its first commit"),
        pytest.param(22 * DAY, 2 * DAY + 1, 20 * DAY, id="rewritten an hour before"),
    ],
)
def test_squash_commit_starts_when_its_request_was_opened_if_that_was_earlier(
    opened: float, rewritten: float, hours: float
) -> None:
    """LT4, LT7: a branch rewritten since its request was opened hides no work; coding is 0."""
    read = tables(
        line(a=50 * DAY, b=2 * DAY),
        OLD,
        deployment(2, "b", 2 * DAY - 2),
        request(7, "b", opened=opened, merged=2 * DAY, first_authored=rewritten),
    )
    changes, _ = changes_of(read)
    stages = ("lead_time_seconds", "coding_seconds", "review_seconds", "delivery_seconds")
    coding = max(0.0, rewritten - opened)
    expected = tuple(one * HOUR for one in (hours + 2, coding, opened - 2 * DAY, 2))
    assert [expected] == listed(changes, *stages)


def test_rewritten_branch_of_another_merge_or_start_keeps_its_dates() -> None:
    """LT4: only squash commits start with their request, and only by the first commit."""
    told = request(7, "b", opened=25 * DAY, merged=19 * DAY, first_authored=22 * DAY)
    rebased = one_change({**told, "associations": [("api", "w", 7)]}, parent="w")
    assert 10 * DAY * HOUR == column(rebased, "lead_time_seconds")["b"]
    starts = {"first_commit": 15, "authored": 10, "committed": 10, "merged": 9}
    found = {
        start: column(one_change(told), "lead_time_seconds", lead_time={"start": start})["b"]
        for start in starts
    }
    assert {start: days * DAY * HOUR for start, days in starts.items()} == found


def test_first_commit_of_a_repository_may_be_no_squash() -> None:
    """LT4: a squash commit has one parent."""
    read = tables(
        line(a=50 * DAY),
        commit("r", at=20 * DAY),
        commit("m", "a", "r", at=15 * DAY),
        OLD,
        deployment(2, "m", 10 * DAY),
        squash("r"),
    )
    assert {"r": 10 * DAY * HOUR} == column(read, "lead_time_seconds")


@pytest.mark.parametrize(
    ("start", "days"), [("first_commit", 15), ("authored", 11), ("committed", 10), ("merged", 9)]
)
def test_start_of_a_change_can_be_chosen(start: str, days: int) -> None:
    """LT4: `lead_time.start` counts from first commit, authored date, committed date or merge."""
    told = request(7, "b", opened=22 * DAY, merged=19 * DAY, first_authored=25 * DAY)
    read = one_change(told, authored=21 * DAY)
    found = column(read, "lead_time_seconds", lead_time={"start": start})
    assert days * DAY * HOUR == found["b"]
    assert 18 * DAY * HOUR == found["w"]


def test_clock_that_ran_ahead_gives_no_time_at_all() -> None:
    """LT5: below zero it is zero, and marked."""
    read = one_change(authored=9 * DAY)
    assert {"b": 0.0, "w": 18 * DAY * HOUR} == column(read, "lead_time_seconds")
    assert {"b": True, "w": False} == column(read, "is_skewed")


def test_stages_of_a_change() -> None:
    """LT7: coding until the request was opened, review until merged, delivery until live."""
    told = request(7, "b", opened=22 * DAY, merged=19 * DAY, first_authored=25 * DAY)
    changes, _ = changes_of(one_change(told))
    stages = ("coding_seconds", "review_seconds", "delivery_seconds")
    found = {row[0]: row[1:] for row in listed(changes, "sha", *stages)}
    expected = {
        "w": (None, None, None),
        "b": (3 * DAY * HOUR, 3 * DAY * HOUR, 9 * DAY * HOUR),
    }
    assert expected == found


def test_stage_below_zero_is_zero() -> None:
    """LT7: work that began after its request, or was live before its merge, took no time there."""
    told = request(7, "b", opened=30 * DAY, merged=8 * DAY, first_authored=25 * DAY)
    changes, _ = changes_of(one_change(told))
    stages = ("coding_seconds", "review_seconds", "delivery_seconds")
    (found,) = [row[1:] for row in listed(changes, "sha", *stages) if row[0] == "b"]
    assert (0.0, 22 * DAY * HOUR, 0.0) == found


def test_one_commit_ships_to_each_environment() -> None:
    """LT1, LT5: the lead time to each environment is its own."""
    changes, _ = changes_of(two_environments())
    found = listed(changes, "environment_key", "sha", "lead_time_seconds")
    expected = [
        ("production", "b", 1 * DAY * HOUR),
        ("staging", "b", 0.0),
        ("staging", "c", 0.0),
    ]
    assert expected == sorted(found)


def test_waiting_work_ages_from_its_start() -> None:
    """LT8: the age of waiting work at `until` counts from its start, and is never below zero."""
    read = tables(
        repository(head="d"),
        line(a=50 * DAY, b=20 * DAY, c=10 * DAY),
        commit("d", "c", at=5 * DAY, authored=-DAY),
        deployment(1, "b", 12 * DAY),
        request(7, "c", opened=9 * DAY, merged=8 * DAY, first_authored=30 * DAY),
    )
    _, waiting = changes_of(read)
    expected = [("c", 30 * DAY * HOUR), ("d", 0.0)]
    assert expected == sorted(listed(waiting, "sha", "age_seconds"))


def test_waiting_merges_are_no_changes() -> None:
    """LT3, LT8: only changes wait."""
    read = tables(
        repository(head="m"),
        line(a=50 * DAY),
        commit("x", "a", at=20 * DAY),
        commit("m", "a", "x", at=19 * DAY),
        deployment(1, "a", 12 * DAY),
    )
    _, waiting = changes_of(read)
    assert [("x",)] == listed(waiting, "sha")


def test_excluded_authors() -> None:
    """LT9: changes of excluded authors are marked where shipped and gone where they wait."""
    read = tables(
        repository(head="f"),
        line(a=50 * DAY),
        commit("b", "a", at=20 * DAY, author="Renovate[bot]"),
        commit("c", "b", at=19 * DAY, author="ada"),
        commit("d", "c", at=18 * DAY),
        commit("e", "d", at=17 * DAY, author="renovate[BOT]"),
        commit("f", "e", at=16 * DAY, author="ada"),
        OLD,
        deployment(2, "d", 10 * DAY),
    )
    options = {"changes": {"exclude_authors": ("*[bot]",)}}
    changes, waiting = changes_of(read, **options)
    expected = [("b", True), ("c", False), ("d", False)]
    assert expected == sorted(listed(changes, "sha", "is_excluded"))
    assert [("f",)] == listed(waiting, "sha")
    assert {"b": False, "c": False, "d": False} == column(read, "is_excluded")
