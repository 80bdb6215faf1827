"""Counts the pages that no report of an organization can do without, from its records."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from dora.demo.organization.model import Commit, Organization, Repository
from tests.benchmarks.made_up import STAGES, WINDOW

PAGE = 100


class Floor(NamedTuple):
    """Requests that nobody can do without, a hundred of whatever it is at a time."""

    listing: int
    deployments: int
    commits: int

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self)


def find_floor(organization: Organization) -> Floor:
    """The pages that a report on the 90 days before the organization's present must read.

    A repository with a page or more of a kind needs pages of its own; what smaller ones have is
    thought to share pages, as if a page could be filled from several of them.
    """
    since = organization.now - WINDOW
    repositories = organization.repositories
    return Floor(
        _pages(len(repositories)),
        _shared(len(one.deployments) for one in repositories),
        _shared(len(needed_commits(one, since)) for one in repositories),
    )


def _pages(count: int) -> int:
    return -(-count // PAGE)


def _shared(counts: Iterable[int]) -> int:
    known = list(counts)
    own = sum(_pages(count) for count in known if count >= PAGE)
    return own + _pages(sum(count for count in known if count < PAGE))


def needed_commits(repository: Repository, since: datetime) -> set[str]:
    """Commits that decide a number (LT1, LT2, LT8): those an environment received since *since*.

    That is what its successes in the window reach, in production the newest commit too, and what
    was live before the window, or came first, does not.
    """
    needed: set[str] = set()
    for stage in STAGES:
        successes = sorted(
            (status.created_at, one.sha)
            for one in repository.deployments
            if one.environment == stage
            for status in one.statuses
            if status.state == "success"
        )
        if not successes:
            continue
        first = max(0, sum(at < since for at, _ in successes) - 1)
        wanted = [sha for _, sha in successes[first + 1 :]]
        if stage == "production" and repository.head is not None:
            wanted.append(repository.head)
        known = _reach(repository.commits, [successes[first][1]])
        needed |= _reach(repository.commits, wanted) - known
    return needed


def _reach(commits: dict[str, Commit], starts: Iterable[str]) -> set[str]:
    """The shas of *starts* and all their ancestors."""
    waiting = list(starts)
    seen = set(waiting)
    while waiting:
        for parent in commits[waiting.pop()].parents:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen
