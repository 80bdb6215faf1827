"""Several signals, and signals turned off, by hand: F8, F9, R1, R2, RW1."""

from dataclasses import replace

import pytest

from dora.demo.organization.model import Tag
from tests.support.small_repositories import (
    ALL,
    Told,
    check,
    deploy,
    incident,
    line,
    repository,
    request,
    rows,
    sha,
)

BEFORE = deploy(1, "a", -5)


def test_two_signals_on_one_deployment() -> None:
    """F9, R1: failed once, for two reasons, down from the earliest begin to the latest end."""
    broken = deploy(2, "b", 2, ("success", 2), ("failure", 2.25))
    api = repository(line("ab"), BEFORE, broken, deploy(3, "a", 3), deploy(4, "b", 3.5))
    reasons = [("rollback", 2, 3, "3"), ("status", 2.25, 3, "failure")]
    check(Told({2: reasons}, [(2, 3, [2])], [3]), api)
    (row,) = rows(api)
    told = {name: row["change_fail_rate"][name] for name in ("failed", "deployments", "reasons")}
    assert told == {"failed": 1, "deployments": 3, "reasons": {"rollback": 1, "status": 1}}


def test_open_if_one_is() -> None:
    """R1: a deployment is down as long as one of its signals is."""
    shipped = deploy(2, "b", 2, ("success", 2), ("failure", 3)), deploy(3, "b", 4)
    tags = (Tag("failed/1", sha("b")),)
    labelled = request(7, "b", labels=("change-failure",))
    api = repository(line("ab"), BEFORE, *shipped, tags=tags, pull_requests=(labelled,))
    reasons = [("label", 2, 4, "api#7"), ("status", 3, 4, "failure")]
    failed = {2: reasons, 3: [("tag", 4, None, "failed/1")]}
    check(Told(failed, [(2, 4, [2]), (4, None, [3])]), api)


def test_one_failure_seen_across_two_deployments() -> None:
    """F2, F4: the hotfix of a rolled-back change fails what the rollback put live again."""
    shipped = deploy(2, "b", 2), deploy(3, "a", 3), deploy(4, "c", 4)
    fix = request(7, "c", branch="hotfix/x")
    api = repository(line("abc"), BEFORE, *shipped, pull_requests=(fix,))
    failed = {2: [("rollback", 2, 3, "3")], 3: [("hotfix", 3, 4, "api#7")]}
    check(Told(failed, [(2, 3, [2]), (3, 4, [3])], [3, 4]), api)


def test_revert_that_is_a_hotfix() -> None:
    """F3, F4: reverted by a hotfix, a deployment has both reasons."""
    commits = line("abc", c=f"This reverts commit {sha('b')}.")
    shipped = deploy(2, "b", 2), deploy(3, "c", 3)
    fix = request(7, "c", labels=("hotfix",))
    api = repository(commits, BEFORE, *shipped, pull_requests=(fix,))
    reasons = [("hotfix", 2, 3, "api#7"), ("revert", 2, 3, sha("c"))]
    check(Told({2: reasons}, [(2, 3, [2])], [3]), api)


def test_attempts_with_another_signal() -> None:
    """R2: an attempt that an incident names is an episode of its own, with its own times."""
    attempts = [deploy(number, "b", number, ("failure", number)) for number in (2, 3, 4)]
    said = incident(9, 3.5, 6, body="Deployment: 3")
    api = repository(line("ab"), BEFORE, *attempts, deploy(5, "b", 5), issues=(said,))
    failed = {
        2: [("status", 2, 5, "failure")],
        3: [("incident", 3.5, 6, "api#9"), ("status", 3, 5, "failure")],
        4: [("status", 4, 5, "failure")],
    }
    expected = Told(failed, [(2, 5, [2, 4]), (3.5, 6, [3])], [5], never_live=2)
    check(expected, api)


def test_window_edges() -> None:
    """F9, R3: one failed just before the window, one in it, one is down beyond its end."""
    api = repository(
        line("abcdef"),
        BEFORE,
        deploy(2, "b", -1, ("success", -1), ("failure", -0.5)),
        deploy(3, "c", 1, ("success", 1), ("failure", 2)),
        deploy(4, "d", 3),
        deploy(5, "e", 29, ("success", 29), ("failure", 29.5)),
        deploy(6, "f", 29.75, ("success", 31)),
    )
    failed = {3: [("status", 2, 3, "failure")], 5: [("status", 29.5, None, "failure")]}
    check(Told(failed, [(2, 3, [3]), (29.5, None, [5])]), api)


def test_failure_status_after_the_edge() -> None:
    """D3, R3: succeeded before the window, failed in it: its outage is of this window."""
    broken = deploy(2, "b", -1, ("success", -1), ("failure", 1))
    api = repository(line("abc"), BEFORE, broken, deploy(3, "c", 2))
    check(Told({2: [("status", 1, 2, "failure")]}, [(1, 2, [2])]), api)
    (row,) = rows(api)
    told = {name: row["change_fail_rate"][name] for name in ("failed", "deployments", "reasons")}
    assert told == {"failed": 0, "deployments": 1, "reasons": {}}


def test_putting_back_is_no_rework() -> None:
    """RW1: rework is taking away, fixing and repairing, not putting back."""
    commits = line(
        "abcd", c=f"This reverts commit {sha('b')}.", d=f"This reverts commit {sha('c')}."
    )
    shipped = deploy(1, "b", -5), deploy(2, "c", -4), deploy(3, "d", 2)
    check(Told(), repository(commits, *shipped))


def test_rework_of_each_kind() -> None:
    """RW1: a rollback, a revert, a hotfix and the repair of an incident: four of five."""
    commits = line("abcdef", c=f"This reverts commit {sha('b')}.")
    api = repository(
        commits,
        deploy(1, "a", -9),
        deploy(2, "b", -8),
        *(deploy(3, "c", 1), deploy(4, "d", 2), deploy(5, "e", 3)),
        *(deploy(6, "d", 5), deploy(7, "f", 6)),
        pull_requests=(request(7, "d", labels=("hotfix",)),),
        issues=(incident(9, 2.5, 4),),
    )
    failed = {
        3: [("hotfix", 1, 2, "api#7")],
        4: [("incident", 2.5, 4, "api#9")],
        5: [("rollback", 3, 5, "6")],
    }
    episodes = [(1, 2, [3]), (2.5, 4, [4]), (3, 5, [5])]
    check(Told(failed, episodes, [3, 4, 5, 6]), api)
    (row,) = rows(api)
    told = {name: row["rework_rate"][name] for name in ("rework", "deployments", "rate")}
    assert told == {"rework": 4, "deployments": 5, "rate": 0.8}


SHIPPED = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
#: Repositories where one signal alone says that deployment 2 failed.
SCENES = {
    "status": repository(
        line("abc"),
        *(BEFORE, deploy(2, "b", 2, ("success", 2), ("failure", 2.5)), deploy(3, "c", 3)),
    ),
    "rollback": repository(line("ab"), *SHIPPED[:2], deploy(3, "a", 3)),
    "revert": repository(line("abc", c=f"This reverts commit {sha('b')}."), *SHIPPED),
    "hotfix": repository(
        line("abc"), *SHIPPED, pull_requests=(request(7, "c", labels=("hotfix",)),)
    ),
    "label": repository(
        line("abc"), *SHIPPED, pull_requests=(request(7, "b", labels=("change-failure",)),)
    ),
    "tag": repository(line("abc"), *SHIPPED, tags=(Tag("failed/1", sha("b")),)),
    "incident": repository(line("abc"), *SHIPPED, issues=(incident(9, 2.5, 4),)),
}
ALONE = {
    "status": Told({2: [("status", 2.5, 3, "failure")]}, [(2.5, 3, [2])]),
    "rollback": Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3]),
    "revert": Told({2: [("revert", 2, 3, sha("c"))]}, [(2, 3, [2])], [3]),
    "hotfix": Told({2: [("hotfix", 2, 3, "api#7")]}, [(2, 3, [2])], [3]),
    "label": Told({2: [("label", 2, 3, "api#7")]}, [(2, 3, [2])]),
    "tag": Told({2: [("tag", 2, 3, "failed/1")]}, [(2, 3, [2])]),
    "incident": Told({2: [("incident", 2.5, 4, "api#9")]}, [(2.5, 4, [2])], [3]),
}


@pytest.mark.parametrize("signal", sorted(ALL))
def test_alone(signal: str) -> None:
    """F1–F7: with no other signal turned on, it says the same."""
    unattributed = 0 if signal == "incident" else None
    expected = replace(ALONE[signal], unattributed=unattributed)
    check(expected, SCENES[signal], signals=frozenset({signal}))


@pytest.mark.parametrize("signal", sorted(ALL))
def test_turned_off(signal: str) -> None:
    """F1–F7: turned off, it marks neither failure nor rework, and incidents are not counted."""
    expected = Told(unattributed=None if signal == "incident" else 0)
    check(expected, SCENES[signal], signals=ALL - {signal})
