"""Failure tags by hand: F6."""

import pytest

from dora.demo.organization.model import Tag
from tests.support.small_repositories import Told, check, day, deploy, line, repository, sha

BEFORE = deploy(1, "a", -5)
SHIPPED = BEFORE, deploy(2, "b", 2), deploy(3, "b", 3), deploy(4, "b", 4, ("failure", 4))


@pytest.mark.parametrize("name", ["failed/1", "rollback/2026-03-03", "FAILED/x/y"])
def test_latest_success(name: str) -> None:
    """F6: a tag marks the latest success of its commit, until one of another; no rework."""
    api = repository(line("abc"), *SHIPPED[:3], deploy(5, "c", 6), tags=(Tag(name, sha("b")),))
    check(Told({3: [("tag", 3, 6, name)]}, [(3, 6, [3])]), api)


@pytest.mark.parametrize("name", ["v1", "failed", "x/failed/1", "failed-1"])
def test_other_tags(name: str) -> None:
    """F6: the whole name must fit."""
    check(Told(), repository(line("ab"), *SHIPPED[:3], tags=(Tag(name, sha("b")),)))


def test_configured() -> None:
    """F6: the globs are configurable."""
    tags = Tag("failed/1", sha("b")), Tag("bad-1", sha("b"))
    api = repository(line("ab"), *SHIPPED[:2], tags=tags)
    expected = Told({2: [("tag", 2, None, "bad-1")]}, [(2, None, [2])])
    check(expected, api, failure_tags=("BAD-?",))


def test_success_of_the_same_commit_ends_nothing() -> None:
    """F6: the earlier commit's end is the first success with another sha after it."""
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "c", 4), deploy(5, "d", 5)
    tags = Tag("failed/b", sha("b")), Tag("failed/c", sha("c"))
    failed = {2: [("tag", 2, 3, "failed/b")], 4: [("tag", 4, 5, "failed/c")]}
    expected = Told(failed, [(2, 3, [2]), (4, 5, [4])])
    check(expected, repository(line("abcd"), *shipped, tags=tags))


def test_two_tags_on_one_commit() -> None:
    """F6: each is a reason of the one failure."""
    tags = Tag("failed/1", sha("b")), Tag("rollback/1", sha("b"))
    reasons = [("tag", 2, None, "failed/1"), ("tag", 2, None, "rollback/1")]
    expected = Told({2: reasons}, [(2, None, [2])])
    check(expected, repository(line("ab"), *SHIPPED[:2], tags=tags))


@pytest.mark.parametrize("at", [29.0, None])
def test_tagged_before_the_end(at: float | None) -> None:
    """W2, F6: an annotated tag counts from its date on, a lightweight one carries none."""
    tagged_at = None if at is None else day(at)
    api = repository(line("ab"), *SHIPPED[:2], tags=(Tag("failed/1", sha("b"), tagged_at),))
    check(Told({2: [("tag", 2, None, "failed/1")]}, [(2, None, [2])]), api)


@pytest.mark.parametrize("at", [30, 31])
def test_tagged_after_the_end(at: float) -> None:
    """W2, F6: a tag annotated at `until` or later does not exist."""
    api = repository(line("ab"), *SHIPPED[:2], tags=(Tag("failed/1", sha("b"), day(at)),))
    check(Told(), api)


def test_production_alone() -> None:
    """F6: it marks one in each environment of production, and none elsewhere."""
    api = repository(
        line("abc"),
        deploy(1, "b", 1, environment="prod-eu"),
        deploy(2, "c", 2, environment="prod-eu"),
        deploy(3, "b", 3, environment="prod-us"),
        deploy(4, "b", 4, environment="staging"),
        tags=(Tag("failed/1", sha("b")),),
    )
    failed = {1: [("tag", 1, 2, "failed/1")], 3: [("tag", 3, None, "failed/1")]}
    check(Told(failed, [(1, 2, [1]), (3, None, [3])]), api)


def test_commit_that_never_succeeded() -> None:
    """F6: a tag marks a success of exactly that sha; a failed attempt stays one."""
    tags = Tag("failed/1", sha("b")), Tag("failed/2", sha("c"))
    attempt = deploy(2, "b", 2, ("failure", 2))
    api = repository(line("abcd"), BEFORE, attempt, deploy(3, "d", 3), tags=tags)
    expected = Told({2: [("status", 2, 3, "failure")]}, [(2, 3, [2])], never_live=1)
    check(expected, api)


def test_latest_success_before_the_window() -> None:
    """F6, R3: one marked before the window is not of it."""
    tags = (Tag("failed/1", sha("a")),)
    check(Told(), repository(line("ab"), *SHIPPED[:2], tags=tags))
