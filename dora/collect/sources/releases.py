"""Published releases: each is a success of its tag's commit at its publication (D8)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dora.collect.github.pagination import distinct, read_pages
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import DeploymentRecord, parse_instant
from dora.collect.repository.opening import Opening
from dora.collect.sources.numbering import number_all
from dora.collect.sources.whole_source import WholeSource
from dora.config.globs import compile_globs
from dora.config.source_settings import ReleasesSource
from dora.errors import CannotRead
from dora.model.outcome_rules import StatusRecord


@dataclass
class ReleaseReader:
    """A repository's releases; the first page came with the first query.

    GitHub lists them by creation, and a draft may be published long after it was created: no page
    can be spared.
    """

    context: RepositoryContext
    opening: Opening
    _all: list[dict[str, Any]] | None = field(default=None, init=False)

    async def read_all(self) -> list[dict[str, Any]]:
        """GitHub's nodes of all published releases; raises CannotRead if it gives none of them.

        Drafts may name the tag of a release that is published.
        """
        if self._all is None:
            page = self.opening.take("releases")
            if page is None:
                raise CannotRead("GitHub gives no releases")
            more = await self._read_on(page) if page["pageInfo"]["hasNextPage"] else []
            published = filter(_is_published, [*page["nodes"], *more])
            self._all = distinct(published, "tagName")
        return self._all

    async def _read_on(self, page: dict[str, Any]) -> list[Any]:
        async def ask(cursor: str | None) -> dict[str, Any]:
            after = cursor or page["pageInfo"]["endCursor"]
            return find(await self.context.ask("releases", after=after), "repository", "releases")

        return await read_pages(ask)


def _is_published(node: dict[str, Any] | None) -> bool:
    """Whether a node is a published release, which drafts are not, nor what GitHub refuses."""
    return node is not None and not node["isDraft"] and node["publishedAt"] is not None


def list_releases(reader: ReleaseReader, position: int, entry: ReleasesSource) -> WholeSource:
    """The deployments that the releases of a repository are by an *entry*."""

    async def read() -> list[DeploymentRecord]:
        return number_all(_deployments(await reader.read_all(), position, entry), position)

    return WholeSource(read)


def _deployments(
    nodes: list[dict[str, Any]], position: int, entry: ReleasesSource
) -> Iterator[DeploymentRecord]:
    fits = compile_globs((entry.tag,))
    for node in nodes:
        environment = entry.prereleases if node["isPrerelease"] else entry.environment
        if environment and fits.fullmatch(node["tagName"]):
            commit, at = node["tagCommit"] or {}, parse_instant(node["publishedAt"])
            dated = commit.get("committedDate")
            yield DeploymentRecord(
                id=0,
                sha=commit.get("oid", ""),
                committed_at=dated and parse_instant(dated),
                environment=environment,
                task="",
                payload=None,
                created_at=at,
                statuses=(StatusRecord("success", at),),
                ref=node["tagName"],
                source=entry.kind,
                entry=position,
                name=f"releases:{node['tagName']}",
                url=node["url"],
            )
