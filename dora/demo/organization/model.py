"""Records of a GitHub organization, as the stand-in holds them.

Plain frozen records with GitHub's words. Instants are aware UTC datetimes of whole seconds, as
GitHub stores them. Nothing here computes a metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Status:
    """One status of a deployment; *state* in lower case as REST spells it."""

    state: str
    created_at: datetime
    log_url: str | None = None
    environment: str | None = None  #: renames the deployment's environment when set
    environment_url: str | None = None
    creator: str = "github-actions[bot]"
    description: str = ""


@dataclass(frozen=True)
class Deployment:
    """One deployment; *statuses* in the order of their creation."""

    id: int
    sha: str  #: need not be among the repository's commits: force-pushed away
    environment: str
    created_at: datetime
    statuses: tuple[Status, ...] = ()
    ref: str = "main"  #: as it was filed: a branch's name, a sha, or `refs/pull/12/merge`
    task: str = "deploy"
    #: the text GitHub keeps: JSON, JSON in a JSON string (`"{\\"a\\": 1}"`), empty, or none
    payload: str | None = "{}"
    description: str | None = None
    creator: str = "github-actions[bot]"
    production_environment: bool = False
    transient_environment: bool = False


@dataclass(frozen=True)
class Commit:
    """One commit; *parents* in order, the first is the branch it was made on."""

    sha: str
    parents: tuple[str, ...]
    authored_at: datetime
    committed_at: datetime
    message: str = ""
    author_login: str | None = None


@dataclass(frozen=True)
class PullRequest:
    """One pull request; *commits* are those of its branch, oldest first."""

    number: int
    created_at: datetime
    title: str = ""
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    merge_commit_sha: str | None = None
    base_ref: str = "main"
    head_ref: str = "feature"
    author_login: str | None = None
    commits: tuple[str, ...] = ()
    #: commits GitHub associates with the request: on the default branch those that it brought
    #: there (merge, squash or rebased commits), on its own branch its commits
    associated: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    #: its last change, where something else changed later than it was merged or closed
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Comment:
    """One comment on an issue."""

    id: int
    body: str
    created_at: datetime
    author: str = "octo-operator"
    author_association: str = "MEMBER"


@dataclass(frozen=True)
class Issue:
    """One issue; *comments* in the order of their creation.

    *state_reason* is why it was closed (`completed`, `not_planned`, `duplicate`), or, of an open
    one, `reopened`, in lower case as REST spells it.
    """

    number: int
    title: str
    created_at: datetime
    closed_at: datetime | None = None
    body: str = ""
    labels: tuple[str, ...] = ()
    author: str = "octo-operator"
    author_association: str = "MEMBER"
    state_reason: str | None = "completed"
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True)
class Tag:
    """One tag; *tagged_at* is None for a lightweight one."""

    name: str
    sha: str
    tagged_at: datetime | None = None


@dataclass(frozen=True)
class Release:
    """One release of the tag named *tag*; one that is published has its tag among the tags.

    *created_at* is when it was filed, as a draft or at once; GitHub shows another instant as the
    creation. A draft may name a tag that is not there yet; *target* is what it will be made of.
    """

    id: int
    tag: str
    created_at: datetime
    published_at: datetime | None = None
    name: str | None = None
    is_draft: bool = False
    is_prerelease: bool = False
    target: str | None = None  #: a branch's name or a sha; None is the default branch
    author: str = "octo-operator"
    #: its last change, where that was neither its filing nor its publication
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Workflow:
    """One workflow of GitHub Actions; *path* is that of its file, *state* as REST spells it."""

    id: int
    name: str
    path: str
    state: str = "active"
    created_at: datetime | None = None  #: None is the repository's creation


@dataclass(frozen=True)
class Job:
    """One job as an attempt lists it.

    An attempt that runs again only some jobs carries the others over, times and all: *run_attempt*
    of such a job is the attempt that it ran in, or the one that lists it, and its id may be new.
    """

    id: int
    name: str
    run_attempt: int
    created_at: datetime
    started_at: datetime
    completed_at: datetime | None = None
    status: str = "completed"
    conclusion: str | None = "success"


@dataclass(frozen=True)
class RunAttempt:
    """One attempt of a run, counted from 1; *started_at* is what REST calls `run_started_at`.

    *updated_at* is its last change, so its end once *status* is `completed`; *conclusion* is None
    before that. *jobs* are those that ran in it and those that it carries over.
    """

    number: int
    started_at: datetime
    updated_at: datetime
    status: str = "completed"
    conclusion: str | None = "success"
    jobs: tuple[Job, ...] = ()
    actor: str | None = None  #: who started this attempt; None is the run's actor


@dataclass(frozen=True)
class WorkflowRun:
    """One run of the workflow of that id; *attempts* in the order of their numbers, at least one.

    *event* is GitHub's word for what started it (`push`, `pull_request`, `workflow_dispatch`).
    """

    id: int
    workflow_id: int
    head_branch: str | None
    head_sha: str  #: need not be among the repository's commits: force-pushed away
    created_at: datetime
    attempts: tuple[RunAttempt, ...]
    event: str = "push"
    actor: str = "octo-operator"
    title: str | None = None  #: `run-name`; None is the first line of the head commit's message


@dataclass(frozen=True)
class Repository:
    """One repository; an empty one has no commits and no *head*."""

    name: str
    database_id: int
    created_at: datetime
    default_branch: str = "main"
    head: str | None = None  #: sha of the default branch's newest commit
    commits: dict[str, Commit] = field(default_factory=dict)  #: by sha; every branch's
    pull_requests: tuple[PullRequest, ...] = ()
    deployments: tuple[Deployment, ...] = ()  #: by id
    issues: tuple[Issue, ...] = ()
    tags: tuple[Tag, ...] = ()
    branches: Mapping[str, str] = field(default_factory=dict)  #: heads of other branches, by name
    releases: tuple[Release, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    runs: tuple[WorkflowRun, ...] = ()
    has_actions: bool = True  #: whether GitHub Actions is turned on
    archived_at: datetime | None = None
    is_fork: bool = False
    is_private: bool = True
    topics: tuple[str, ...] = ()
    forbidden: bool = False  #: the token may list it but not read its deployments
    former_names: tuple[str, ...] = ()  #: oldest first
    #: number of a label's id by name: keeps the id of one that is renamed; else made of the name
    label_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_archived(self) -> bool:
        """Whether it is archived now."""
        return self.archived_at is not None

    @property
    def is_empty(self) -> bool:
        """Whether it holds no commit."""
        return not self.commits


@dataclass(frozen=True)
class Team:
    """One team; *repositories* maps a repository's name to the team's permission."""

    slug: str
    name: str
    repositories: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Organization:
    """An organization as GitHub would hold it at *now*."""

    login: str
    now: datetime
    repositories: tuple[Repository, ...] = ()
    teams: tuple[Team, ...] = ()
