"""The kinds of sources, and what lists the deployments of each."""

from collections.abc import Callable
from typing import Any

from dora.collect.sources.github_deployments import list_deployments
from dora.collect.sources.source import DeploymentSource, SourceReading

#: By the value of `from`: a function of what the repository is read with, the entry's position in
#: `[[sources]]`, and its settings.
KINDS: dict[str, Callable[[SourceReading, int, Any], DeploymentSource]] = {
    "deployments": list_deployments,
}
