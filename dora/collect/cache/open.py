"""Opens the cache of an organization's repositories, when the first of them is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.cache.store import Cache, cache_path
from dora.collect.github.client import Client
from dora.collect.records import ListedRepository
from dora.config import Config


@dataclass
class RepositoryCaches:
    """The cache of one organization, where one is wanted and who wrote a change does not matter.

    An author's name is nobody's business on a disk, and can change.
    """

    client: Client
    config: Config
    with_authors: bool = False
    _cache: Cache | None = field(default=None, init=False)
    _folder: Path | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """BadUsage where the folder that was named cannot be meant."""
        if self.with_authors or self.config.changes.exclude_authors:
            return
        try:
            self._folder = self.config.cache_directory
        except LookupError as wrong:
            told = f"no cache is kept: {wrong}; name a folder with --cache, or --no-cache"
            self.client.progress.warns(told)

    def of(self, found: ListedRepository) -> CachedRepository | None:
        """What is kept of a repository; None where nothing is to be."""
        if self._folder is None or found.id is None:
            return None
        if self._cache is None:
            path = cache_path(self._folder, self.client.access.api, self.config.organization)
            self._cache = Cache(path, self.client.progress.warns)
        # Only what was asked alike is of use.
        on = self.config.failures
        asked = f"labels={on.hotfix or on.label} messages={on.revert}"
        return CachedRepository(self._cache, found.id, query_options=asked, branch=found.branch)

    def close(self) -> None:
        """Leave the file to others."""
        if self._cache is not None:
            self._cache.close()


@contextmanager
def open_caches(
    client: Client, config: Config, *, with_authors: bool = False
) -> Iterator[RepositoryCaches]:
    """The cache, closed in the end."""
    kept = RepositoryCaches(client, config, with_authors)
    try:
        yield kept
    finally:
        kept.close()
