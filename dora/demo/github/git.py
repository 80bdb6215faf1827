"""Answers git's questions about a graph of commits: the log, what is reachable, a comparison."""

import heapq
from collections.abc import Mapping
from datetime import datetime

from dora.demo.organization.model import Commit


def log(
    commits: Mapping[str, Commit],
    start: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[str]:
    """Shas in the order of `git log START`: newest committer date first, ties in order of arrival.

    A commit is looked at only once a child of it was shown, so a clock that went backwards changes
    the order as it does in git. *since* stops the walk at a commit older than it, as in git: what
    lies behind is lost even when it is younger. *until* only leaves commits out.
    """
    found: list[str] = []
    arrival = 0
    queue = [(-commits[start].committed_at.timestamp(), arrival, start)]
    seen = {start}
    while queue:
        sha = heapq.heappop(queue)[2]
        commit = commits[sha]
        if since is not None and commit.committed_at < since:
            continue
        for parent in commit.parents:
            if parent not in seen and parent in commits:
                seen.add(parent)
                arrival += 1
                heapq.heappush(queue, (-commits[parent].committed_at.timestamp(), arrival, parent))
        if until is None or commit.committed_at <= until:
            found.append(sha)
    return found


def reachable(commits: Mapping[str, Commit], start: str) -> set[str]:
    """The shas of *start* and all its ancestors."""
    seen = {start}
    stack = [start]
    while stack:
        for parent in commits[stack.pop()].parents:
            if parent not in seen and parent in commits:
                seen.add(parent)
                stack.append(parent)
    return seen


def compare(commits: Mapping[str, Commit], base: str, head: str) -> tuple[list[str], list[str]]:
    """The shas only *head* reaches and those only *base* reaches, both oldest first."""
    of_base, of_head = reachable(commits, base), reachable(commits, head)
    ahead = [sha for sha in log(commits, head) if sha not in of_base]
    behind = [sha for sha in log(commits, base) if sha not in of_head]
    return ahead[::-1], behind[::-1]


def merge_base(commits: Mapping[str, Commit], base: str, head: str) -> str | None:
    """The newest commit both reach; None for unrelated histories."""
    of_base = reachable(commits, base)
    return next((sha for sha in log(commits, head) if sha in of_base), None)


def comparison_status(ahead: int, behind: int) -> str:
    """GitHub's word for the relation of a head to its base."""
    if ahead and behind:
        return "diverged"
    if ahead:
        return "ahead"
    return "behind" if behind else "identical"
