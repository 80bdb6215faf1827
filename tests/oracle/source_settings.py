"""What a user may say a deployment is, by `[[sources]]` (D8): a record for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Globs = tuple[str, ...]
Kind = Literal["deployments", "workflow", "releases", "tags", "merges", "file"]
#: A line of a file: texts by column; a column that is missing is not there.
Line = Mapping[str, str]


@dataclass(frozen=True)
class DeploymentsEntry:
    """GitHub's own Deployments."""

    repositories: Globs = ("*",)
    environments: Globs = ("*",)
    kind: Kind = "deployments"


@dataclass(frozen=True)
class WorkflowEntry:
    """Attempts of a workflow's runs, or jobs of them."""

    workflow: str
    repositories: Globs = ("*",)
    branch: Globs = ()  #: none: the default branch
    event: Globs = ()  #: none: all but `pull_request*`
    environment: str = "production"
    job: str = ""  #: none: the attempt is the deployment
    pattern: str = ""
    kind: Kind = "workflow"


@dataclass(frozen=True)
class ReleasesEntry:
    """Published releases."""

    repositories: Globs = ("*",)
    tag: str = "*"
    environment: str = "production"
    prereleases: str = ""  #: none: they are left out
    kind: Kind = "releases"


@dataclass(frozen=True)
class TagsEntry:
    """Git tags."""

    repositories: Globs = ("*",)
    tag: str = "v*"
    environment: str = "production"
    kind: Kind = "tags"


@dataclass(frozen=True)
class MergesEntry:
    """Commits on a branch's first-parent line."""

    repositories: Globs = ("*",)
    branch: str = ""  #: none: the default branch
    environment: str = "production"
    kind: Kind = "merges"


@dataclass(frozen=True)
class FileEntry:
    """Lines of a file, the first of them of number *first*: 2 below a header, 1 without one."""

    lines: tuple[Line, ...]
    repositories: Globs = ("*",)
    first: int = 2
    path: str = ""  #: for whoever reads it; the oracle does not
    kind: Kind = "file"


Entry = DeploymentsEntry | WorkflowEntry | ReleasesEntry | TagsEntry | MergesEntry | FileEntry
