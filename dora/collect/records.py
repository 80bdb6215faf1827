"""A commit and a pull request as they were read: what the collector keeps of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class LabelRecord(NamedTuple):
    """A label of a pull request; its name can change, its id cannot."""

    id: str
    name: str


class PullRequestRecord(NamedTuple):
    """A merged pull request."""

    number: int
    created_at: datetime
    merged_at: datetime
    merge_sha: str | None
    head_ref: str
    first_authored_at: datetime | None  #: of its branch's first commit
    branch: tuple[str, ...]  #: the first and the last two commits of its branch (LT4, LT11)
    labels: tuple[LabelRecord, ...]


class CommitRecord(NamedTuple):
    """A commit, with the numbers of the merged requests that GitHub associates with it."""

    sha: str
    authored_at: datetime
    committed_at: datetime
    parents: tuple[str, ...]
    message: str | None  #: only if it mentions a revert (F3) or a pick (LT11)
    login: str | None  #: its author's, if authors are read (LT9)
    requests: tuple[int, ...]


@dataclass(frozen=True)
class ListedRepository:
    """A repository as given by the list of repositories."""

    name: str
    url: str
    archived_at: datetime | None
    is_empty: bool
    head: str | None = None  #: newest commit of the default branch
    head_at: datetime | None = None  #: its committer's date
    newest_deployment_at: datetime | None = None
    unreadable: str | None = None  #: why, where the listing itself was refused
    refused_deployments: str | None = None  #: why, where only the probe for Deployments was
    id: int | None = None  #: GitHub's number of it, the same for ever
    branch: str | None = None  #: name of the default branch
