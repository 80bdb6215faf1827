"""Finds deployments of other sources than GitHub's by what people call them (F7, D8).

GitHub's Deployments have numbers; the others have a text as their id, and a page of their own.
"""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from dora.config import Config
from dora.model.columns import microseconds_of
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

#: How many parts of a path GitHub does not tell apart by case: the owner and the repository.
NAMES = 2


class NamedDeployment(NamedTuple):
    """A deployment that a text or an address stands for."""

    repository: str  #: case folded
    created_at: int  #: microseconds since 1970
    deployment: int


class NamedDeployments:
    """All deployments read that have a text as their id, in whichever environment."""

    def __init__(self, tables: Tables, config: Config) -> None:
        deployments = tables.deployments
        is_there = microseconds_of(deployments["created_at"]) < microseconds(config.window.until)
        own = deployments[is_there & deployments["id"].notna().to_numpy(dtype="bool")]
        self._by_text: dict[tuple[str, str], list[NamedDeployment]] = {}
        self._by_page: dict[str, list[NamedDeployment]] = {}
        columns = (own[name].tolist() for name in ("repository", "deployment", "id", "url"))
        created = microseconds_of(own["created_at"]).tolist()
        for repository, number, text, url, at in zip(*columns, created, strict=True):
            one = NamedDeployment(repository.casefold(), at, number)
            self._by_text.setdefault((one.repository, text), []).append(one)
            page = _page_of(url) if isinstance(url, str) else None
            if page is not None:
                self._by_page.setdefault(page, []).append(one)

    def called(self, repository: str, text: str) -> list[NamedDeployment]:
        """The deployments of a repository whose id is *text*, one in each of its environments."""
        return self._by_text.get((repository, text), [])

    def at(self, address: str | None) -> list[NamedDeployment]:
        """The deployments whose page is at *address*, the query and fragment of which may differ.

        Several may share one, as where a file names the page of its tool.
        """
        if address is None or not self._by_page:
            return []
        pages = (_page_of(it) for it in (address, address.partition("?")[0]))
        return next((self._by_page[page] for page in pages if page in self._by_page), [])


def _page_of(address: str) -> str | None:
    """What addresses of one page have in common; None for what is no web address."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    path = unquote(parts.path).rstrip("/").split("/")[1:]
    names = [name.casefold() for name in path[:NAMES]]
    query = f"?{parts.query}" if parts.query else ""
    return "/".join((parts.netloc.casefold(), *names, *path[NAMES:])) + query
