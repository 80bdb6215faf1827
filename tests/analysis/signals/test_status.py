"""Failure statuses by hand: F1, F8, R2, R3."""

import pytest

from tests.support.small_repositories import Told, check, deploy, incident, line, repository

BEFORE = deploy(1, "a", -5)


def test_failed_and_tried_again() -> None:
    """F1: down from the failure status to the next success in that environment."""
    failed = deploy(2, "b", 2, ("in_progress", 2), ("failure", 2.5))
    api = repository(line("ab"), BEFORE, failed, deploy(3, "b", 3))
    expected = Told({2: [("status", 2.5, 3, "failure")]}, [(2.5, 3, [2])], never_live=1)
    check(expected, api)


def test_first_failure_status_counts() -> None:
    """F1, D2: the first of several failure statuses says so; the own success ends it."""
    statuses = ("error", 2.25), ("failure", 2.5), ("success", 2.75), ("inactive", 4)
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2, *statuses))
    check(Told({2: [("status", 2.25, 2.75, "error")]}, [(2.25, 2.75, [2])]), api)


def test_failure_before_success_at_one_instant() -> None:
    """D2, F1: at one instant the failure comes first, and is over at once."""
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2, ("success", 2), ("failure", 2)))
    check(Told({2: [("status", 2, 2, "failure")]}, [(2, 2, [2])]), api)


def test_failure_after_success() -> None:
    """F1: what broke later is down until another deployment succeeds."""
    broken = deploy(2, "b", 2, ("success", 2), ("failure", 2.5))
    api = repository(line("abc"), BEFORE, broken, deploy(3, "c", 4))
    check(Told({2: [("status", 2.5, 4, "failure")]}, [(2.5, 4, [2])]), api)


def test_attempts_in_a_row() -> None:
    """R2: failed attempts that end at the same success are one episode, from the first on."""
    attempts = deploy(2, "b", 2, ("failure", 2)), deploy(3, "b", 3, ("error", 3))
    api = repository(line("ab"), BEFORE, *attempts, deploy(4, "b", 4))
    failed = {2: [("status", 2, 4, "failure")], 3: [("status", 3, 4, "error")]}
    check(Told(failed, [(2, 4, [2, 3])], never_live=2), api)


def test_attempts_around_a_success() -> None:
    """R2: what ends at different successes is an episode each."""
    attempts = deploy(2, "b", 2, ("failure", 2)), deploy(4, "c", 4, ("failure", 4))
    api = repository(line("abc"), BEFORE, attempts[0], deploy(3, "b", 3), attempts[1])
    failed = {2: [("status", 2, 3, "failure")], 4: [("status", 4, None, "failure")]}
    check(Told(failed, [(2, 3, [2]), (4, None, [4])], never_live=2), api)


def test_open_attempts() -> None:
    """R2: attempts that nothing has ended are one open episode."""
    attempts = deploy(2, "b", 28, ("failure", 28)), deploy(3, "b", 29, ("failure", 29))
    api = repository(line("ab"), BEFORE, *attempts, deploy(4, "b", 29.5, ("success", 30)))
    failed = {2: [("status", 28, None, "failure")], 3: [("status", 29, None, "failure")]}
    check(Told(failed, [(28, None, [2, 3])], never_live=2), api)


def test_attempts_across_the_edge_of_the_window() -> None:
    """R3: the episode belongs to the window before; the attempt in this one is failed here."""
    attempts = deploy(2, "b", -1, ("failure", -0.5)), deploy(3, "b", 1, ("failure", 1))
    api = repository(line("ab"), BEFORE, *attempts, deploy(4, "b", 2))
    check(Told({3: [("status", 1, 2, "failure")]}, [], never_live=1), api)


def test_exactly_at_the_edges() -> None:
    """Intervals are half open: a failure at `since` is in the window, one at `until` is not."""
    attempts = deploy(2, "b", 0, ("failure", 0)), deploy(4, "b", 29, ("failure", 30))
    api = repository(line("ab"), BEFORE, attempts[0], deploy(3, "b", 1), attempts[1])
    expected = Told({2: [("status", 0, 1, "failure")]}, [(0, 1, [2])], never_live=1)
    check(expected, api)


def test_environments_fail_each_for_itself() -> None:
    """F1: only a success of the same environment ends it; it works outside of production, too."""
    api = repository(
        line("ab"),
        BEFORE,
        deploy(2, "b", 2, ("failure", 2)),
        deploy(3, "b", 3, environment="staging"),
        deploy(4, "b", 4, ("success", 4), ("error", 5), environment="qa"),
        deploy(5, "b", 6, environment="PRODUCTION"),
    )
    failed = {2: [("status", 2, 6, "failure")], 4: [("status", 5, None, "error")]}
    check(Told(failed, [(2, 6, [2]), (5, None, [4])], never_live=1), api)


def test_only_what_was_live() -> None:
    """F8: `live` counts a failure status only on a deployment that also succeeded."""
    api = repository(
        line("abc"),
        BEFORE,
        deploy(2, "b", 2, ("failure", 2)),
        deploy(3, "c", 3, ("success", 3), ("failure", 3.5)),
        deploy(4, "c", 4),
    )
    expected = Told({3: [("status", 3.5, 4, "failure")]}, [(3.5, 4, [3])])
    check(expected, api, failures_status="live")


def test_statuses_off() -> None:
    """F8: with `off` no failure status counts."""
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2, ("failure", 2)))
    check(Told(), api, failures_status="off")


@pytest.mark.parametrize("body", ["", "Deployment: 2"])
def test_never_live_is_for_statuses_alone(body: str) -> None:
    """F8: never live is what no other signal marks; without one named, the live one is marked."""
    failed = deploy(2, "b", 2, ("failure", 2))
    said = incident(9, 3, 4, body=body)
    api = repository(line("ab"), deploy(1, "a", -2), failed, issues=(said,))
    status, by_incident = ("status", 2, None, "failure"), ("incident", 3, 4, "api#9")
    expected = Told({1: [by_incident], 2: [status]}, [(2, None, [2]), (3, 4, [1])], never_live=1)
    if body:
        expected = Told({2: [by_incident, status]}, [(3, 4, [2])])
    check(expected, api)
