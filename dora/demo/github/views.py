"""A repository as GitHub shows it: its records with indexes, and what GitHub derives from them."""

import base64
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

from dora.demo.github import git
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    PullRequest,
    Repository,
    Status,
    Tag,
    Workflow,
    WorkflowRun,
)

T = TypeVar("T")

FINISHED = frozenset({"success", "failure", "error", "inactive"})
_ABANDONED_AFTER_SECONDS = 30 * 60  #: as GitHub's schema describes the state ABANDONED


class Node(NamedTuple):
    """A node of the graph: its GraphQL type, the repository it lives in, what it is."""

    kind: str
    view: Any  #: the `RepositoryView` of its repository, or None
    record: Any


class Ref(NamedTuple):
    """A branch or a tag: *name* without its *prefix*."""

    prefix: str
    name: str
    sha: str
    tag: Tag | None = None


class Label(NamedTuple):
    """A label of one repository; *number* stays when it is renamed."""

    name: str
    number: int


@dataclass(frozen=True)
class RepositoryView:
    """One repository with what GitHub looks up in it."""

    owner: str
    repository: Repository
    now: datetime

    @property
    def name_with_owner(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.repository.name}"

    @property
    def identity(self) -> str:
        """What its global id is made of: renaming does not change it."""
        first_name = (*self.repository.former_names, self.repository.name)[0]
        return f"{self.repository.database_id}/{first_name.casefold()}"

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"https://github.com/{self.name_with_owner}"

    @property
    def commits(self) -> Mapping[str, Commit]:
        """Every commit by sha."""
        return self.repository.commits

    @cached_property
    def deployments(self) -> dict[int, Deployment]:
        """Every deployment by id."""
        return {deployment.id: deployment for deployment in self.repository.deployments}

    @cached_property
    def deployed(self) -> dict[str, list[Deployment]]:
        """The deployments of a commit, by sha."""
        found: dict[str, list[Deployment]] = defaultdict(list)
        for deployment in self.repository.deployments:
            found[deployment.sha].append(deployment)
        return dict(found)

    @cached_property
    def requests(self) -> dict[int, PullRequest]:
        """Every pull request by number."""
        return {request.number: request for request in self.repository.pull_requests}

    @cached_property
    def issues(self) -> dict[int, Issue]:
        """Every issue by number."""
        return {issue.number: issue for issue in self.repository.issues}

    @cached_property
    def workflows(self) -> dict[int, Workflow]:
        """Every workflow by id."""
        return {workflow.id: workflow for workflow in self.repository.workflows}

    def workflow(self, name: str) -> Workflow | None:
        """The workflow of that id, or of that file's name."""
        if name.isdigit():
            return self.workflows.get(int(name))
        files = {one.path.rpartition("/")[2]: one for one in self.repository.workflows}
        return files.get(name)

    @cached_property
    def runs(self) -> dict[int, WorkflowRun]:
        """Every workflow run by id."""
        return {run.id: run for run in self.repository.runs}

    @cached_property
    def run_numbers(self) -> dict[int, int]:
        """By id, which of its workflow's runs it is, counted from 1."""
        counts: dict[int, int] = defaultdict(int)
        found = {}
        for run in sorted(self.repository.runs, key=lambda one: (one.created_at, one.id)):
            counts[run.workflow_id] += 1
            found[run.id] = counts[run.workflow_id]
        return found

    @cached_property
    def associated(self) -> dict[str, list[PullRequest]]:
        """The pull requests GitHub associates with a commit, by sha."""
        found: dict[str, list[PullRequest]] = defaultdict(list)
        for request in self.repository.pull_requests:
            for sha in request.associated:
                found[sha].append(request)
        return dict(found)

    @cached_property
    def labels(self) -> dict[str, Label]:
        """Every label that is in use or has an id, by its name in lower case."""
        repository = self.repository
        used = [name for issue in repository.issues for name in issue.labels]
        used += [name for request in repository.pull_requests for name in request.labels]
        given = {name.casefold(): identity for name, identity in repository.label_ids.items()}
        found: dict[str, Label] = {}
        for name in (*repository.label_ids, *used):
            folded = name.casefold()
            found.setdefault(folded, Label(name, given.get(folded, number(folded))))
        return found

    @cached_property
    def refs(self) -> dict[str, Ref]:
        """Branches and tags by their full name."""
        found: dict[str, Ref] = {}
        repository = self.repository
        if repository.head is not None:
            main = Ref("refs/heads/", repository.default_branch, repository.head)
            found[main.prefix + main.name] = main
        for request in repository.pull_requests:
            if request.commits and request.closed_at is None and request.merged_at is None:
                name = f"refs/heads/{request.head_ref}"
                found.setdefault(name, Ref("refs/heads/", request.head_ref, request.commits[-1]))
        for name, sha in repository.branches.items():
            found[f"refs/heads/{name}"] = Ref("refs/heads/", name, sha)
        for tag in repository.tags:
            found[f"refs/tags/{tag.name}"] = Ref("refs/tags/", tag.name, tag.sha, tag)
        return found

    @cached_property
    def active(self) -> dict[str, int]:
        """The deployment GitHub calls active, by environment: the newest that succeeded."""
        found: dict[str, tuple[datetime, int]] = {}
        for deployment in self.repository.deployments:
            last = latest_status(deployment)
            if last is not None and last.state == "success":
                key = (last.created_at, deployment.id)
                name = environment(deployment).casefold()
                found[name] = max(found.get(name, key), key)
        return {name: key[1] for name, key in found.items()}

    @cached_property
    def pushed_at(self) -> datetime | None:
        """When something was last pushed; None for an empty repository."""
        return max((commit.committed_at for commit in self.commits.values()), default=None)

    def resolve(self, expression: str) -> str | None:
        """The sha a branch, a tag, `HEAD`, a full sha or one of at least 7 digits names."""
        if expression in self.commits:
            return expression
        if expression == "HEAD":
            return self.repository.head
        for prefix in ("", "refs/", "refs/tags/", "refs/heads/"):
            ref = self.refs.get(prefix + expression)
            if ref is not None:
                return ref.sha
        if len(expression) >= 7:  # noqa: PLR2004 - git's shortest abbreviation by default
            found = [sha for sha in self.commits if sha.startswith(expression.lower())]
            return found[0] if len(found) == 1 else None
        return None

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What *make* gives, made once for that *key*."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @cached_property
    def log(self) -> Any:
        """`git.log` of this repository, remembering the last walks."""
        commits = self.commits

        @lru_cache(maxsize=32)
        def walk(start: str, since: datetime | None, until: datetime | None) -> list[str]:
            return git.log(commits, start, since=since, until=until)

        return walk


def latest_status(deployment: Deployment) -> Status | None:
    """The newest status; of several at one instant the one created last."""
    return deployment.statuses[-1] if deployment.statuses else None


def environment(deployment: Deployment) -> str:
    """The environment's name now: a status may rename it."""
    renamed = [status.environment for status in deployment.statuses if status.environment]
    return renamed[-1] if renamed else deployment.environment


def updated_at(deployment: Deployment) -> datetime:
    """When its newest status came, thus misleading once it is superseded."""
    last = latest_status(deployment)
    return deployment.created_at if last is None else max(deployment.created_at, last.created_at)


def deployment_state(view: RepositoryView, deployment: Deployment) -> str:
    """GitHub's `DeploymentState`: ACTIVE only for the current one of its environment."""
    last = latest_status(deployment)
    state = "pending" if last is None else last.state
    if state == "success":
        active = view.active.get(environment(deployment).casefold()) == deployment.id
        return "ACTIVE" if active else "SUCCESS"
    if state == "inactive" and deployment.transient_environment:
        return "DESTROYED"
    waited = (view.now - updated_at(deployment)).total_seconds()
    if state == "pending" and waited > _ABANDONED_AFTER_SECONDS:
        return "ABANDONED"
    return state.upper()


def state_reason(issue: Issue) -> str | None:
    """Why an issue is in its state: of an open one only that it was reopened."""
    if issue.closed_at is None and issue.state_reason != "reopened":
        return None
    return issue.state_reason


def number(name: str) -> int:
    """A number for an account, a team or a label, the same for the same name."""
    return 1 + sum(ord(letter) * pow(31, at, 2**31 - 1) for at, letter in enumerate(name)) % (
        2**31 - 1
    )


def node_id(kind: str, *parts: object) -> str:
    """An opaque id of a node, the same for the same thing."""
    text = ":".join([kind, *map(str, parts)])
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_node_id(text: str) -> list[str]:
    """The parts `node_id` was made of; empty when it is none of ours."""
    try:
        return base64.urlsafe_b64decode(text.encode()).decode().split(":", 3)
    except ValueError:
        return []


def instant(moment: datetime | None) -> str | None:
    """An instant (UTC) as GitHub writes it: `2026-01-31T12:00:00Z`."""
    return None if moment is None else moment.isoformat()[:19] + "Z"
