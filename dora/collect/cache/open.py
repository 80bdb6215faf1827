"""Opens an organization's cache when the first of its repositories is read."""

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
    """The cache of one organization; off if the user does not want it, or if authors are read.

    Authors are not cached, because personal data should not be left on disk and logins can change.
    """

    client: Client
    config: Config
    with_authors: bool = False
    _cache: Cache | None = field(default=None, init=False)
    _folder: Path | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Find the folder; raises BadUsage if the one that the user named cannot be used."""
        if self.with_authors or self.config.changes.exclude_authors:
            return
        try:
            self._folder = self.config.cache_directory
        except LookupError as wrong:
            warning = f"no cache is kept: {wrong}; name a folder with --cache, or --no-cache"
            self.client.progress.warns(warning)

    def of(self, found: ListedRepository) -> CachedRepository | None:
        """The cached data of a repository; None if it is not to be cached."""
        if self._folder is None or found.id is None:
            return None
        if self._cache is None:
            path = cache_path(self._folder, self.client.access.api, self.config.organization)
            self._cache = Cache(path, self.client.progress.warns)
        # Only data that was read with the same options can be reused.
        on = self.config.failures
        options = f"labels={on.hotfix or on.label} messages=reverts,picks"
        return CachedRepository(self._cache, found.id, query_options=options, branch=found.branch)

    def close(self) -> None:
        """Close the file."""
        if self._cache is not None:
            self._cache.close()


@contextmanager
def open_caches(
    client: Client, config: Config, *, with_authors: bool = False
) -> Iterator[RepositoryCaches]:
    """The caches of a run, which are closed at the end."""
    caches = RepositoryCaches(client, config, with_authors)
    try:
        yield caches
    finally:
        caches.close()
