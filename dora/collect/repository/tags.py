"""Reads a repository's tags: those that mark a failure (F6), or all where they are deployments."""

import re
from dataclasses import dataclass, field
from typing import Any

from dora.collect.github.pagination import read_pages
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.opening import Opening
from dora.config import Config
from dora.config.globs import compile_globs
from dora.errors import CannotRead

PREFIX = "refs/tags/"


@dataclass
class TagReader:
    """A repository's tags; the first hundred came with the first query."""

    context: RepositoryContext
    opening: Opening
    _all: list[dict[str, Any]] | None = field(default=None, init=False)

    async def read_all(self) -> list[dict[str, Any]]:
        """GitHub's nodes of all tags; raises CannotRead if it gives none of them."""
        if self._all is None:
            page = self.opening.found.get("refs")
            if page is None:
                raise CannotRead("GitHub gives no tags")
            more = await self._below("", page["pageInfo"]) if _goes_on(page) else []
            self._all = [node for node in [*page["nodes"], *more] if node and node["target"]]
        return self._all

    async def find_failures(self, config: Config) -> list[tuple[Any, ...]]:
        """Rows of the tags that fit a failure glob (F6).

        If there are more than came with the first query, those below each glob's folder are read.
        """
        page = self.opening.found.get("refs")
        if not config.failures.tag or page is None:
            return []
        nodes = page["nodes"] if self._all is None else self._all
        if self._all is None and _goes_on(page):
            folders = {_folder(glob) for glob in config.failures.tags}
            nodes = [node for folder in sorted(folders) for node in await self._below(folder)]
        globs = compile_globs(config.failures.tags)
        found = (
            (self.context.name, name_of_tag(node), *_commit(node["target"]))
            for node in nodes
            if node and node["target"]
        )
        return list({row[1]: row for row in found if globs.fullmatch(row[1])}.values())

    async def _below(
        self, folder: str, after: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """The tags below a folder, from the end of a page on if one is given."""
        start = None if after is None else after["endCursor"]

        async def ask(cursor: str | None) -> dict[str, Any]:
            after = cursor or start
            result = await self.context.ask("tags", prefix=PREFIX + folder, after=after)
            return find(result, "repository", "refs")

        return await read_pages(ask)


def name_of_tag(node: dict[str, Any]) -> str:
    """The name of the tag that is a *node*.

    Below a folder GitHub may name a tag without it; prefix and name together are always whole.
    """
    return f"{node['prefix']}{node['name']}".removeprefix(PREFIX)


def _goes_on(page: dict[str, Any]) -> bool:
    return bool(page["pageInfo"]["hasNextPage"])


def _folder(glob: str) -> str:
    """What all names that fit *glob* begin with, up to the last slash of it."""
    fixed = re.split(r"[*?]", glob, maxsplit=1)[0]
    return fixed[: fixed.rfind("/") + 1]


def _commit(target: dict[str, Any]) -> tuple[str, Any]:
    """The commit that a tag stands on, and when an annotated one was made."""
    return tagged_object(target)["oid"], tagged_at(target)


def tagged_object(target: dict[str, Any]) -> dict[str, Any]:
    """What a tag stands on in the end: a commit as a rule, or a tree or a file."""
    while target.get("target"):
        target = target["target"]
    return target


def tagged_at(target: dict[str, Any]) -> Any:
    """When an annotated tag was made; None for a lightweight one."""
    tagger = target.get("tagger") or {}
    return parse_instant(tagger["date"]) if tagger.get("date") else None
