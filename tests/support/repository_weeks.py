"""One repository's story: what it was like a week ago, and what has happened since.

Forty commits on the default branch, one a day, the last of them yesterday. Every seventh of them
was deployed to production. Request 5 came by squashing as commit 22. The branch of request 7 was
deployed to staging last week, and merged by squashing since, as commit 36.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from tests.support.past_organizations import as_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
#: When the first of two runs was made.
THEN = NOW - 7 * DAY
COUNT = 40

Change = Callable[[Repository], Repository]


def ago(days: float) -> datetime:
    """The instant so many days before the present."""
    return NOW - days * DAY


def main(number: int) -> str:
    """Sha of a commit of the default branch: of 41 less so many days ago."""
    return f"a{number:039x}"


def branch(number: int, of: int = 7) -> str:
    """Sha of a commit of the branch of a request."""
    return f"b{of:03x}{number:036x}"


def commit(sha: str, *parents: str, at: datetime, message: str = "") -> Commit:
    """A commit, written and committed at once."""
    return Commit(sha, parents, at, at, message)


def deploy(number: int, sha: str, at: datetime, environment: str = "production") -> Deployment:
    """A deployment that succeeds within the hour."""
    return Deployment(number, sha, environment, at, (Status("success", at + HOUR),))


def request(number: int, *commits: str, merge: str, at: datetime, **more: Any) -> PullRequest:
    """A request that was merged, its merge commit and *commits* associated with it."""
    values: dict[str, Any] = {
        "created_at": at - DAY,
        "merged_at": at,
        "closed_at": at,
        "merge_commit_sha": merge,
        "commits": commits,
        "associated": (*commits, merge),
        **more,
    }
    return PullRequest(number, **values)


def api() -> Repository:
    """The repository as it is now, if nothing else happened."""
    line = [
        commit(main(n), *([main(n - 1)] if n > 1 else []), at=ago(COUNT + 1 - n))
        for n in range(1, COUNT + 1)
    ]
    work = [
        commit(branch(1, 5), main(20), at=ago(20.5)),
        commit(branch(2, 5), branch(1, 5), at=ago(20.2)),
        commit(branch(1), main(27), at=ago(13)),
        commit(branch(2), branch(1), at=ago(12)),
    ]
    made = sorted([*line, *work], key=lambda one: one.committed_at)
    deployed = [deploy(n, main(n), ago(COUNT + 0.5 - n)) for n in range(5, COUNT + 1, 7)]
    staged = [
        deploy(100, main(20), ago(20), "staging"),
        deploy(101, branch(2), ago(10), "staging"),
        deploy(102, main(38), ago(2.5), "staging"),
    ]
    return Repository(
        "api",
        1,
        ago(900),
        head=main(COUNT),
        commits={one.sha: one for one in made},
        deployments=tuple(sorted([*deployed, *staged], key=lambda one: one.id)),
        pull_requests=(
            request(5, branch(1, 5), branch(2, 5), merge=main(22), at=ago(19), labels=("bug",)),
            request(7, branch(1), branch(2), merge=main(36), at=ago(5), created_at=ago(9)),
        ),
        label_ids={"bug": 11},
    )


def acme(*repositories: Repository) -> Organization:
    """The organization as it is now."""
    return Organization("acme", NOW, repositories)


def last_week(*repositories: Repository) -> Organization:
    """The organization as it was when the first run was made."""
    return as_of(acme(*repositories), THEN)


def with_request(repository: Repository, number: int, **changes: Any) -> Repository:
    """The repository with one of its requests changed."""
    requests = repository.pull_requests
    return replace(
        repository,
        pull_requests=tuple(
            replace(one, **changes) if one.number == number else one for one in requests
        ),
    )


def with_requests(repository: Repository, *requests: PullRequest) -> Repository:
    """The repository with more requests."""
    return replace(repository, pull_requests=(*repository.pull_requests, *requests))


def with_commits(repository: Repository, *commits: Commit) -> Repository:
    """The repository with more commits, or other ones of the same shas."""
    made = {**repository.commits, **{one.sha: one for one in commits}}
    in_order = sorted(made.values(), key=lambda one: one.committed_at)
    return replace(repository, commits={one.sha: one for one in in_order})


def with_deployment(repository: Repository, number: int, **changes: Any) -> Repository:
    """The repository with one of its deployments changed."""
    deployments = repository.deployments
    return replace(
        repository,
        deployments=tuple(
            replace(one, **changes) if one.id == number else one for one in deployments
        ),
    )


def with_deployments(repository: Repository, *deployments: Deployment) -> Repository:
    """The repository with more deployments."""
    return replace(repository, deployments=(*repository.deployments, *deployments))
