"""What a first look at an organization saw: a page of each kind, a repository at a time.

Nothing here is judged. A page that has more rows than were read says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class SeenPage(Generic[T]):
    """The newest rows of one kind, and whether GitHub has older ones."""

    rows: tuple[T, ...] = ()
    has_more: bool = False


class SeenDeployment(NamedTuple):
    """A deployment as GitHub lists it, with its present state instead of its statuses."""

    environment: str
    created_at: datetime
    state: str  #: GitHub's word: `ACTIVE`, `INACTIVE`, `FAILURE` …
    task: str = "deploy"
    creator: str = ""
    description: str = ""
    payload: str | None = None


class SeenRelease(NamedTuple):
    """A published release."""

    tag: str
    published_at: datetime
    is_prerelease: bool = False


class SeenTag(NamedTuple):
    """A git tag, with the tagger's date, else its commit's; None for neither."""

    name: str
    at: datetime | None


class SeenRequest(NamedTuple):
    """A merged pull request."""

    merged_at: datetime
    base: str
    head: str


class SeenRun(NamedTuple):
    """The newest attempt of a workflow run."""

    event: str
    conclusion: str | None  #: None while it has not ended


@dataclass(frozen=True)
class SeenWorkflow:
    """A workflow and its runs of the window on the default branch, if these were asked for."""

    name: str
    file: str  #: the file's name without its folder
    is_active: bool = True
    runs: SeenPage[SeenRun] | None = None
    total: int = 0  #: runs of the window on the default branch, those on further pages too


@dataclass(frozen=True)
class RepositoryLook:
    """One repository as it was seen."""

    name: str
    branch: str = ""  #: the default branch; "" where there is none
    is_fork: bool = False
    deployments: SeenPage[SeenDeployment] = field(default_factory=SeenPage)
    releases: SeenPage[SeenRelease] = field(default_factory=SeenPage)
    tags: SeenPage[SeenTag] = field(default_factory=SeenPage)
    commits: SeenPage[datetime] = field(default_factory=SeenPage)
    """Commit dates of the default branch."""
    requests: SeenPage[SeenRequest] = field(default_factory=SeenPage)
    labels: tuple[str, ...] = ()
    workflows: tuple[SeenWorkflow, ...] | None = None  #: None where they were not asked for
    unreadable: str | None = None  #: why nothing of it was seen


@dataclass(frozen=True)
class FirstLook:
    """An organization as it was seen."""

    organization: str
    repositories: tuple[RepositoryLook, ...] = ()  #: those that were asked about, by name
    archived: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  #: repositories that were not chosen
    incidents: Mapping[str, int] = field(default_factory=dict)
    """Issues with a label that looks like an incident's, by repository."""
    teams: tuple[str, ...] | None = None  #: None where they may not be read
    actions_refused: str | None = None  #: why workflows could not be read
    requests: int = 0  #: that were sent
    points: int = 0


@dataclass(frozen=True)
class LookCost:
    """What a first look costs at most, known once the repositories are listed."""

    listed: int
    asked: int  #: repositories that are asked about
    queries: int  #: requests of GraphQL that several repositories share
    rest: int  #: requests of REST about workflows and their runs, as a rule
    most_rest: int  #: such requests where every repository has several workflows that deploy
    points: int
