"""What a deployment is, by `[[sources]]`: one class for each kind of source (D8)."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from dora.config.section import SettingsSection, pattern_with

SourceKind = Literal["deployments", "workflow", "releases", "tags", "merges", "file"]
KINDS: tuple[str, ...] = get_args(SourceKind)


def _is_given(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; allowed: a text with at least one letter")
    return value


def _one_as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _is_given_list(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("is empty, so nothing fits; allowed: at least one glob")
    return value


def _one_branch(value: str) -> str:
    if "*" in value or "?" in value:
        raise ValueError('is a glob; allowed: the name of one branch, like "main"')
    return value


#: A text that says nothing when it is empty.
Given = Annotated[str, AfterValidator(_is_given)]
ONE_AS_LIST = BeforeValidator(_one_as_list)
#: Globs, of which one may be written without a list around it.
EntryGlobs = Annotated[tuple[Given, ...], ONE_AS_LIST]
#: Globs of which there must be one.
SomeGlobs = Annotated[EntryGlobs, AfterValidator(_is_given_list)]


class SourceSection(SettingsSection):
    """One entry of `[[sources]]`: what a deployment is in the repositories that fit (D8)."""

    kind: SourceKind = Field(alias="from")
    """Where the deployments are found."""
    repositories: SomeGlobs = ("*",)
    """Globs of the repositories that it is for."""


class DeploymentsSource(SourceSection):
    """GitHub's own Deployments, where another entry fits the repository, too."""

    kind: Literal["deployments"] = Field(alias="from")
    """Where the deployments are found."""
    environments: SomeGlobs = ("*",)
    """Globs of the environments whose Deployments count, as GitHub spells them."""


class WorkflowSource(SourceSection):
    """Every attempt of every run of a workflow, or one job of it."""

    kind: Literal["workflow"] = Field(alias="from")
    """Where the deployments are found."""
    workflow: Given
    """Glob of the workflow's name or of its file's, such as `deploy.yml` (spelt as the file is)."""
    branch: EntryGlobs = ()
    """Globs of the branches or tags it ran for; the default branch if none is given. A single name
    is spelt as git has it."""
    event: EntryGlobs = ()
    """Globs of the events that started it; all but `pull_request*` if none is given."""
    environment: Given = "production"
    """The environment it deploys to."""
    job: str = ""
    """Glob of the name of the job that is the deployment instead of the run."""
    pattern: Annotated[
        str, AfterValidator(pattern_with("environment", "deploy (?P<environment>.+)"))
    ] = ""
    """Regular expression on the job's name; its group `environment` names the environment."""

    @model_validator(mode="after")
    def _reads_jobs(self) -> "WorkflowSource":
        if self.pattern and not self.job:
            raise ValueError(
                "pattern: there is no job whose name it could be searched in; "
                'allowed: beside job, like job = "deploy *"'
            )
        return self


class ReleasesSource(SourceSection):
    """Every published release of a tag that fits."""

    kind: Literal["releases"] = Field(alias="from")
    """Where the deployments are found."""
    tag: Given = "*"
    """Glob of the release's tag."""
    environment: Given = "production"
    """The environment that a release reaches."""
    prereleases: str = ""
    """The environment that a pre-release reaches; they are left out if none is named."""


class TagsSource(SourceSection):
    """Every git tag that fits."""

    kind: Literal["tags"] = Field(alias="from")
    """Where the deployments are found."""
    tag: Given = "v*"
    """Glob of the tag."""
    environment: Given = "production"
    """The environment that a tag reaches."""


class MergesSource(SourceSection):
    """Every commit on the first-parent line of a branch."""

    kind: Literal["merges"] = Field(alias="from")
    """Where the deployments are found."""
    branch: Annotated[str, AfterValidator(_one_branch)] = ""
    """Name of the branch; the default branch if none is given."""
    environment: Given = "production"
    """The environment that a merge reaches."""


class FileSource(SourceSection):
    """The rows of a file that another tool wrote."""

    kind: Literal["file"] = Field(alias="from")
    """Where the deployments are found."""
    path: Given
    """A CSV, JSON Lines or Parquet file, from the folder of the settings file (D8)."""


Source = (
    DeploymentsSource | WorkflowSource | ReleasesSource | TagsSource | MergesSource | FileSource
)


def _kind_of(entry: object) -> str | None:
    """What an entry says that deployments are taken from; None where it does not say."""
    kind = entry.get("from") if isinstance(entry, Mapping) else getattr(entry, "kind", None)
    return kind if isinstance(kind, str) else None


SourceEntry = Annotated[
    Annotated[DeploymentsSource, Tag("deployments")]
    | Annotated[WorkflowSource, Tag("workflow")]
    | Annotated[ReleasesSource, Tag("releases")]
    | Annotated[TagsSource, Tag("tags")]
    | Annotated[MergesSource, Tag("merges")]
    | Annotated[FileSource, Tag("file")],
    Discriminator(_kind_of),
]
#: The class of the entries of each kind.
CLASSES: Mapping[str, type[SourceSection]] = {
    get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(Source)
}
