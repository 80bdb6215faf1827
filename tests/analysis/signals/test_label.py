"""Failure labels by hand: F5."""

import pytest

from tests.support.small_repositories import Told, check, deploy, line, repository, request

BEFORE = deploy(1, "a", -5)


@pytest.mark.parametrize("label", ["change-failure", "Caused-Incident"])
def test_labelled(label: str) -> None:
    """F5: what shipped it failed until the next success; no rework; labels ignore case."""
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 4)
    api = repository(line("abc"), *shipped, pull_requests=(request(7, "b", labels=(label,)),))
    check(Told({2: [("label", 2, 4, "api#7")]}, [(2, 4, [2])]), api)


def test_same_commit_again_ends_it() -> None:
    """F5: the next success in that environment ends it, of whatever commit."""
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "b", 4)
    labelled = request(7, "b", labels=("change-failure",))
    api = repository(line("ab"), *shipped, pull_requests=(labelled,))
    check(Told({2: [("label", 2, 4, "api#7")]}, [(2, 4, [2])]), api)


def test_open() -> None:
    """F5: no later success, no end; a failed attempt is none."""
    labelled = request(7, "b", labels=("change-failure",))
    attempt = deploy(3, "b", 4, ("failure", 4))
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), attempt, pull_requests=(labelled,))
    failed = {2: [("label", 2, None, "api#7")], 3: [("status", 4, None, "failure")]}
    expected = Told(failed, [(2, None, [2]), (4, None, [3])], never_live=1)
    check(expected, api)


def test_both_labels_and_two_requests() -> None:
    """F5: a request is one reason, however many labels; every request is one of its own."""
    both = ("change-failure", "caused-incident")
    requests = request(7, "b", labels=both), request(8, "c", labels=both[:1])
    api = repository(line("abc"), BEFORE, deploy(2, "c", 2), pull_requests=requests)
    reasons = [("label", 2, None, "api#7"), ("label", 2, None, "api#8")]
    check(Told({2: reasons}, [(2, None, [2])]), api)


def test_other_labels() -> None:
    """F5: labels are configurable; others say nothing."""
    labelled = request(7, "b", labels=("change-failures", "Broke It"))
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), pull_requests=(labelled,))
    check(Told(), api)
    check(
        Told({2: [("label", 2, None, "api#7")]}, [(2, None, [2])]),
        api,
        failure_labels=("broke it",),
    )


def test_shipped_before_the_window() -> None:
    """F5, R3: what was shipped before the window is not of it."""
    labelled = request(7, "b", labels=("change-failure",))
    shipped = BEFORE, deploy(2, "b", -2), deploy(3, "c", 4)
    check(Told(), repository(line("abc"), *shipped, pull_requests=(labelled,)))


def test_each_environment_for_itself() -> None:
    """F5: it fails in every environment that it was shipped to."""
    api = repository(
        line("abc"),
        BEFORE,
        deploy(2, "b", 2),
        deploy(3, "a", 1, environment="qa"),
        deploy(4, "b", 3, environment="qa"),
        deploy(5, "c", 5, environment="qa"),
        pull_requests=(request(7, "b", labels=("change-failure",)),),
    )
    failed = {2: [("label", 2, None, "api#7")], 4: [("label", 3, 5, "api#7")]}
    check(Told(failed, [(2, None, [2]), (3, 5, [4])]), api)
