"""Reads a repository's tags that may mark a failure (F6)."""

import re
from typing import Any

from dora.collect.github.pagination import read_pages
from dora.collect.repository.context import find
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.opening import Opening
from dora.config import Config
from dora.config.globs import compile_globs

PREFIX = "refs/tags/"


async def find_tags(opening: Opening, config: Config) -> list[tuple[Any, ...]]:
    """Rows of the tags that fit a failure glob; they came with the first query.

    If there are more than fit there, those below each glob's folder are read.
    """
    page = opening.found.get("refs")
    if not config.failures.tag or page is None:
        return []
    nodes = list(page["nodes"])
    if page["pageInfo"]["hasNextPage"]:
        folders = {_folder(glob) for glob in config.failures.tags}
        nodes = [node for folder in sorted(folders) for node in await _below(opening, folder)]
    globs = compile_globs(config.failures.tags)
    # Below a folder GitHub may name a tag without it; prefix and name together are always whole.
    named = [
        (node, f"{node['prefix']}{node['name']}".removeprefix(PREFIX))
        for node in nodes
        if node and node["target"]
    ]
    found = (
        (opening.context.name, name, *_commit(node["target"]))
        for node, name in named
        if globs.fullmatch(name)
    )
    return list({row[1]: row for row in found}.values())


async def _below(opening: Opening, folder: str) -> list[dict[str, Any]]:
    async def ask(cursor: str | None) -> dict[str, Any]:
        result = await opening.context.ask("tags", prefix=PREFIX + folder, after=cursor)
        return find(result, "repository", "refs")

    return await read_pages(ask)


def _folder(glob: str) -> str:
    """What all names that fit *glob* begin with, up to the last slash of it."""
    fixed = re.split(r"[*?]", glob, maxsplit=1)[0]
    return fixed[: fixed.rfind("/") + 1]


def _commit(target: dict[str, Any]) -> tuple[str, Any]:
    """The commit that a tag stands on, and when an annotated one was made."""
    tagger = target.get("tagger") or {}
    tagged_at = parse_instant(tagger["date"]) if tagger.get("date") else None
    while target.get("target"):
        target = target["target"]
    return target["oid"], tagged_at
