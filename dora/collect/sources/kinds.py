"""The kinds of sources, and what lists the deployments of each."""

from collections.abc import Callable
from typing import Any

from dora.collect.github import page_size
from dora.collect.sources.files import list_rows
from dora.collect.sources.github_deployments import list_deployments
from dora.collect.sources.merges import MergeList
from dora.collect.sources.releases import list_releases
from dora.collect.sources.source import DeploymentSource, SourceReading
from dora.collect.sources.tags import list_tags
from dora.collect.sources.workflow_runs import list_workflow_runs
from dora.config.source_settings import MergesSource, ReleasesSource, TagsSource


def _releases(reading: SourceReading, position: int, entry: ReleasesSource) -> DeploymentSource:
    return list_releases(reading.releases, position, entry)


def _tags(reading: SourceReading, position: int, entry: TagsSource) -> DeploymentSource:
    return list_tags(reading.tags, position, entry, reading.listed.url)


def _merges(reading: SourceReading, position: int, entry: MergesSource) -> DeploymentSource:
    config = reading.rules.config
    return MergeList(
        reading.log,
        reading.heads,
        position,
        entry,
        reading.listed.url,
        until=config.window.until,
        most_rows=config.collect.commit_pages * page_size.FULL_PAGE,
    )


#: By the value of `from`: a function of what the repository is read with, the entry's position in
#: `[[sources]]`, and its settings.
KINDS: dict[str, Callable[[SourceReading, int, Any], DeploymentSource]] = {
    "deployments": list_deployments,
    "releases": _releases,
    "tags": _tags,
    "merges": _merges,
    "workflow": list_workflow_runs,
    "file": list_rows,
}
