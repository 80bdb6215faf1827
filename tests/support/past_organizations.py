"""Shows what an organization was like at an earlier instant.

What tells no instant of its own is dated by what does: a commit is there from the first deployment
or merge on that needs it, or one made after it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dora.demo.organization.model import Commit, Deployment, Organization, PullRequest, Repository


def as_of(organization: Organization, instant: datetime) -> Organization:
    """The organization as it was at *instant*: what came later is not there yet."""
    repositories = tuple(
        _repository(one, instant) for one in organization.repositories if one.created_at <= instant
    )
    return replace(organization, now=instant, repositories=repositories)


def sound(organization: Organization) -> Organization:
    """The organization without requests that were merged or closed before they were opened."""
    repositories = tuple(
        replace(one, pull_requests=tuple(map(_in_order, one.pull_requests)))
        for one in organization.repositories
    )
    return replace(organization, repositories=repositories)


def made_at(repository: Repository) -> dict[str, datetime]:
    """By sha, since when a commit has been there; in the order in which they were made.

    Its own clock may be wrong: what was deployed or merged had been made by then, and so had all
    that was made before it. What nothing tells of was there from the beginning.
    """
    told: dict[str, datetime] = {}
    dated = [(one.sha, one.created_at) for one in repository.deployments]
    dated += [
        (one.merge_commit_sha, one.merged_at)
        for one in repository.pull_requests
        if one.merge_commit_sha and one.merged_at
    ]
    for sha, at in dated:
        told[sha] = min(at, told.get(sha, at))
    found: dict[str, datetime] = {}
    latest = max(told.values(), default=repository.created_at)
    for sha in reversed(repository.commits):
        latest = min(latest, told.get(sha, latest))
        found[sha] = latest
    return dict(reversed(found.items()))


def _repository(one: Repository, instant: datetime) -> Repository:
    known = {sha for sha, at in made_at(one).items() if at <= instant}
    pending = {
        sha
        for request in one.pull_requests
        if request.merged_at is not None and request.merged_at > instant
        for sha in {*request.associated, request.merge_commit_sha} - {*request.commits}
    }
    archived_at = one.archived_at
    return replace(
        one,
        head=_head(one.head, one.commits, known - pending),
        commits={sha: commit for sha, commit in one.commits.items() if sha in known},
        pull_requests=tuple(
            _request(request, instant, known)
            for request in one.pull_requests
            if request.created_at <= instant
        ),
        deployments=tuple(
            _deployment(deployment, instant)
            for deployment in one.deployments
            if deployment.created_at <= instant
        ),
        issues=tuple(
            issue
            if issue.closed_at is None or issue.closed_at <= instant
            else replace(issue, closed_at=None)
            for issue in one.issues
            if issue.created_at <= instant
        ),
        tags=tuple(
            tag
            for tag in one.tags
            if tag.sha in known and (tag.tagged_at is None or tag.tagged_at <= instant)
        ),
        archived_at=None if archived_at is None or archived_at > instant else archived_at,
    )


def _head(head: str | None, commits: Mapping[str, Commit], known: set[str]) -> str | None:
    """The default branch's commit of those known: the first along first parents from *head*."""
    while head is not None and head not in known:
        head = next(iter(commits[head].parents), None)
    return head


def _deployment(one: Deployment, instant: datetime) -> Deployment:
    statuses = tuple(status for status in one.statuses if status.created_at <= instant)
    return replace(one, statuses=statuses)


def _request(one: PullRequest, instant: datetime, known: set[str]) -> PullRequest:
    is_merged = one.merged_at is not None and one.merged_at <= instant
    is_closed = is_merged or (one.closed_at is not None and one.closed_at <= instant)
    has_changed = one.updated_at is not None and one.updated_at <= instant
    commits = tuple(sha for sha in one.commits if sha in known)
    return replace(
        one,
        merged_at=one.merged_at if is_merged else None,
        closed_at=one.closed_at if is_closed else None,
        merge_commit_sha=one.merge_commit_sha if is_merged else None,
        commits=commits,
        associated=one.associated if is_merged else commits,
        updated_at=one.updated_at if has_changed else None,
    )


def _in_order(one: PullRequest) -> PullRequest:
    ends = [at for at in (one.merged_at, one.closed_at) if at is not None]
    return replace(one, created_at=min([one.created_at, *ends]))
