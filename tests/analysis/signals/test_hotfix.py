"""Hotfixes by hand: F4, RW1."""

import pytest

from dora.demo.organization.model import PullRequest, Repository
from tests.support.small_repositories import Told, check, commit, deploy, line, repository, request

BEFORE = deploy(1, "a", -5)
TOLD = Told({2: [("hotfix", 2, 3, "api#7")]}, [(2, 3, [2])], [3])


def fixed_by(*requests: PullRequest) -> Repository:
    """B was shipped, then C."""
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
    return repository(line("abc"), *shipped, pull_requests=requests)


@pytest.mark.parametrize("labels", [("hotfix",), ("bug", "HotFix")])
def test_by_label(labels: tuple[str, ...]) -> None:
    """F4, RW1: what was live before failed until the hotfix, which is rework; case is ignored."""
    check(TOLD, fixed_by(request(7, "c", labels=labels)))


@pytest.mark.parametrize("branch", ["hotfix/now", "HOTFIX/a/b", "hotfix/"])
def test_by_branch(branch: str) -> None:
    """F4: a head branch `hotfix/*` says so, too."""
    check(TOLD, fixed_by(request(7, "c", branch=branch)))


@pytest.mark.parametrize("branch", ["hotfix", "my-hotfix/now", "hotfix-now"])
def test_other_branches_and_labels(branch: str) -> None:
    """F4: the whole name must fit."""
    check(Told(), fixed_by(request(7, "c", branch=branch, labels=("hotfixes", "not hotfix"))))


def test_other_names() -> None:
    """F4: labels and branches are configurable."""
    other = {"hotfix_labels": ("Urgent",), "hotfix_branches": ("fix?/*",)}
    check(Told(), fixed_by(request(7, "c", labels=("hotfix",), branch="hotfix/x")), **other)
    check(TOLD, fixed_by(request(7, "c", labels=("urgent",))), **other)
    check(TOLD, fixed_by(request(7, "c", branch="fix1/x")), **other)


def test_two_hotfixes_at_once() -> None:
    """F4: each is a reason, the deployment before is failed once."""
    requests = request(7, "c", labels=("hotfix",)), request(8, "d", branch="hotfix/x")
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "d", 3)
    api = repository(line("abcd"), *shipped, pull_requests=requests)
    reasons = [("hotfix", 2, 3, "api#7"), ("hotfix", 2, 3, "api#8")]
    check(Told({2: reasons}, [(2, 3, [2])], [3]), api)


def test_hotfix_of_a_hotfix() -> None:
    """F4: a hotfix that needs another is failed itself."""
    requests = request(7, "c", labels=("hotfix",)), request(8, "d", labels=("hotfix",))
    shipped = deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "d", 4)
    api = repository(line("abcd"), BEFORE, *shipped, pull_requests=requests)
    failed = {2: [("hotfix", 2, 3, "api#7")], 3: [("hotfix", 3, 4, "api#8")]}
    check(Told(failed, [(2, 3, [2]), (3, 4, [3])], [3, 4]), api)


def test_live_just_before() -> None:
    """F4, D7: live is what succeeded last, not what was created last."""
    late = deploy(2, "b", 1, ("success", 2.5))
    shipped = BEFORE, late, deploy(3, "a", 2), deploy(4, "c", 3)
    api = repository(line("abc"), *shipped, pull_requests=(request(7, "c", branch="hotfix/x"),))
    check(Told({2: [("hotfix", 2.5, 3, "api#7")]}, [(2.5, 3, [2])], [4]), api)


def test_commits_of_a_merged_branch() -> None:
    """F4, LT3: its commits are the change; the merge commit shipped later fails nothing more."""
    commits = [*line("ab"), commit("c", "b", at=-27), commit("d", "b", "c", at=-26)]
    shipped = deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "d", 4)
    merged = request(7, "c", "d", labels=("hotfix",))
    check(TOLD, repository(commits, BEFORE, *shipped, pull_requests=(merged,)))


def test_shipped_once() -> None:
    """F4: rolling forward to a hotfix again ships nothing and fails nothing more."""
    shipped = deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "c", 4)
    fix = request(7, "c", labels=("hotfix",))
    check(TOLD, repository(line("abc"), BEFORE, *shipped, pull_requests=(fix,)))


def test_first_deployment() -> None:
    """F4, LT2: the first success ships nothing, and nothing was live before it."""
    fix = request(7, "b", labels=("hotfix",))
    check(Told(), repository(line("ab"), deploy(2, "b", 2), pull_requests=(fix,)))


def test_failed_before_the_window() -> None:
    """F4, RW1: the deployment before the window is not of it; the hotfix is its rework."""
    fix = request(7, "b", labels=("hotfix",))
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), pull_requests=(fix,))
    check(Told(rework=[2]), api)


def test_merged_after_the_window() -> None:
    """W2, LT4: a request merged at `until` brought nothing yet."""
    check(Told(), fixed_by(request(7, "c", labels=("hotfix",), at=30)))


def test_each_environment_for_itself() -> None:
    """F4: a hotfix fails what was live in every environment that it is shipped to."""
    api = repository(
        line("abc"),
        BEFORE,
        deploy(2, "b", 2),
        deploy(3, "c", 3),
        deploy(4, "a", 1, environment="qa"),
        deploy(5, "c", 2, environment="qa"),
        pull_requests=(request(7, "c", labels=("hotfix",)),),
    )
    failed = {2: [("hotfix", 2, 3, "api#7")], 4: [("hotfix", 1, 2, "api#7")]}
    check(Told(failed, [(1, 2, [4]), (2, 3, [2])], [3, 5]), api)
