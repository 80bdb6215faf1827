"""Runs of the collector with and without a cache, and their comparison."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora.collect.cache.store import cache_path
from dora.demo.github.server import Middleware, Server, serve
from dora.demo.organization.model import Organization
from dora.model.tables import SCHEMAS, Tables
from tests.support.github.shared_answers import SharedAnswers
from tests.support.runs import Reading, config_of, read_from


@dataclass
class Runs:
    """Runs against one stand-in, and the folder where they keep what they read."""

    server: Server
    folder: Path

    def kept(self, **options: Any) -> Reading:
        """A run that keeps what it reads, at the organization's present."""
        return self.read(options, cache=str(self.folder))

    def plain(self, **options: Any) -> Reading:
        """A run that keeps nothing, and uses nothing kept."""
        return self.read(options, cache=False)

    def check(self, **options: Any) -> Reading:
        """Hold what a run reads that uses what is kept against what one reads that does not."""
        kept, plain = self.kept(**options), self.plain(**options)
        same(plain, kept)
        return kept

    @property
    def path(self) -> Path:
        """The file in which these runs keep what they read."""
        return cache_path(self.folder, self.server.url, self.server.organization.login)

    def read(self, options: Mapping[str, Any] | None = None, *, cache: str | bool) -> Reading:
        """A run that keeps what it reads in that folder, or nothing."""
        options = options or {}
        given = {**options, "collect": {**options.get("collect", {}), "cache": cache}}
        return read_from(self.server, config_of(self.server.organization, **given))


def same(expected: Reading, actual: Reading) -> None:
    """Hold one reading against another: where nothing differs, their reports are the same."""
    found = differences(expected.tables, actual.tables)
    assert not found, "\n".join(found)


def differences(expected: Tables, actual: Tables) -> list[str]:
    """What is not the same in two readings, a line a table.

    What reading them cost is no part of it.
    """
    found = []
    for name in SCHEMAS:
        one, other = getattr(expected, name), getattr(actual, name)
        if not one.equals(other):
            rows = [[*map(str, table.itertuples(index=False))] for table in (one, other)]
            missing, more = ([row for row in rows[n] if row not in rows[1 - n]] for n in (0, 1))
            found.append(f"{name}: without {missing}, with {more}")
    if dict(expected.gaps) != dict(actual.gaps):
        found.append(f"gaps: {expected.gaps} expected, {actual.gaps} found")
    return found


@contextmanager
def runs_of(
    organization: Organization, folder: Path, *, middleware: Sequence[Middleware] = ()
) -> Iterator[Runs]:
    """Runs against a stand-in of their own."""
    with serve(organization, middleware=[*middleware, SharedAnswers()]) as server:
        yield Runs(server, folder)
