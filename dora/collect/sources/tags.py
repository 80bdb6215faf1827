"""Git tags: each is a success of its commit at the tagger's date (D8)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from dora.collect.repository.deployment_record import DeploymentRecord, parse_instant
from dora.collect.repository.tags import TagReader, name_of_tag, tagged_at, tagged_object
from dora.collect.sources.numbering import number_all
from dora.collect.sources.whole_source import WholeSource
from dora.config.globs import compile_globs
from dora.config.source_settings import TagsSource
from dora.model.outcome_rules import StatusRecord


def list_tags(reader: TagReader, position: int, entry: TagsSource, url: str) -> WholeSource:
    """The deployments that the tags of the repository at *url* are by an *entry*."""

    async def read() -> list[DeploymentRecord]:
        return number_all(_deployments(await reader.read_all(), position, entry, url), position)

    return WholeSource(read)


def _deployments(
    nodes: list[dict[str, Any]], position: int, entry: TagsSource, url: str
) -> Iterator[DeploymentRecord]:
    fits = compile_globs((entry.tag,))
    for name, node in {name_of_tag(node): node for node in nodes}.items():
        commit = tagged_object(node["target"])
        if "committedDate" in commit and fits.fullmatch(name):
            committed_at = parse_instant(commit["committedDate"])
            at = tagged_at(node["target"]) or committed_at
            yield DeploymentRecord(
                id=0,
                sha=commit["oid"],
                committed_at=committed_at,
                environment=entry.environment,
                task="",
                payload=None,
                created_at=at,
                statuses=(StatusRecord("success", at),),
                ref=name,
                source=entry.kind,
                entry=position,
                name=f"tags:{name}",
                url=f"{url}/tree/{quote(name)}",
            )
