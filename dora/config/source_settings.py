"""What a deployment is, by `[[sources]]`: one class for each kind of source (D8)."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field

from dora.config.section import Globs, SettingsSection

SourceKind = Literal["deployments", "workflow", "releases", "tags", "merges", "file"]


def _job_pattern(value: str) -> str:
    try:
        groups = re.compile(value).groupindex
    except re.error as wrong:
        raise ValueError(f"is no regular expression: {wrong}") from None
    if value and "environment" not in groups:
        raise ValueError("has no group named environment; allowed: like deploy (?P<environment>.+)")
    return value


class SourceSection(SettingsSection):
    """One entry of `[[sources]]`: what a deployment is in the repositories that fit (D8)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: SourceKind = Field(alias="from")
    """Where the deployments are found."""
    repositories: Globs = ("*",)
    """Globs of the repositories that it is for."""


class DeploymentsSource(SourceSection):
    """GitHub's own Deployments, where another entry fits the repository, too."""

    kind: Literal["deployments"] = Field(alias="from")
    """Where the deployments are found."""
    environments: Globs = ("*",)
    """Globs of the environments whose Deployments count, as GitHub spells them."""


class WorkflowSource(SourceSection):
    """Every attempt of every run of a workflow, or one job of it."""

    kind: Literal["workflow"] = Field(alias="from")
    """Where the deployments are found."""
    workflow: str
    """Glob of the workflow's name or of its file's, such as `deploy.yml`."""
    branch: Globs = ()
    """Globs of the branches or tags it ran for; the default branch if none is given."""
    event: Globs = ()
    """Globs of the events that started it; all but `pull_request*` if none is given."""
    environment: str = "production"
    """The environment it deploys to."""
    job: str = ""
    """Glob of the name of the job that is the deployment instead of the run."""
    pattern: Annotated[str, AfterValidator(_job_pattern)] = ""
    """Regular expression on the job's name; its group `environment` names the environment."""


class ReleasesSource(SourceSection):
    """Every published release of a tag that fits."""

    kind: Literal["releases"] = Field(alias="from")
    """Where the deployments are found."""
    tag: str = "*"
    """Glob of the release's tag."""
    environment: str = "production"
    """The environment that a release reaches."""
    prereleases: str = ""
    """The environment that a pre-release reaches; they are left out if none is named."""


class TagsSource(SourceSection):
    """Every git tag that fits."""

    kind: Literal["tags"] = Field(alias="from")
    """Where the deployments are found."""
    tag: str = "v*"
    """Glob of the tag."""
    environment: str = "production"
    """The environment that a tag reaches."""


class MergesSource(SourceSection):
    """Every commit on the first-parent line of a branch."""

    kind: Literal["merges"] = Field(alias="from")
    """Where the deployments are found."""
    branch: str = ""
    """Name of the branch; the default branch if none is given."""
    environment: str = "production"
    """The environment that a merge reaches."""


class FileSource(SourceSection):
    """The rows of a file that another tool wrote."""

    kind: Literal["file"] = Field(alias="from")
    """Where the deployments are found."""
    path: str
    """A CSV, JSON Lines or Parquet file."""


Source = (
    DeploymentsSource | WorkflowSource | ReleasesSource | TagsSource | MergesSource | FileSource
)
SourceEntry = Annotated[Source, Field(discriminator="kind")]
KINDS: tuple[str, ...] = get_args(SourceKind)
