"""Reads an organization into tables, several repositories at a time.

A repository that cannot be read does not stop the others.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType
from typing import Any

from dora.collect.cache.open import RepositoryCaches, open_caches
from dora.collect.files.own_files import OwnFiles, read_own_files
from dora.collect.github.access import find_access
from dora.collect.github.client import Client
from dora.collect.github.connections import in_thread
from dora.collect.incidents import read_incidents
from dora.collect.pagerduty import incidents as pagerduty
from dora.collect.progress import Progress
from dora.collect.records import ListedRepository
from dora.collect.repositories import list_repositories
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.pull_requests import Rows
from dora.collect.repository.reader import RepositoryReader
from dora.collect.repository.reading_rules import ReadingRules
from dora.collect.skips import find_skips, row_as_listed
from dora.collect.teams import read_teams
from dora.config import Config
from dora.errors import BadUsage, DoraError
from dora.model.environments import environment_reader, service_reader
from dora.model.incident_texts import (
    REPOSITORY_LABEL,
    find_label_values,
    find_own_name,
    read_name,
)
from dora.model.shipped_commits import make_lookback_span
from dora.model.source_entries import may_have_deployments
from dora.model.table_builder import TableBuilder
from dora.model.tables import Tables


def connect(config: Config, variables: Mapping[str, str], progress: Progress) -> Client:
    """A client with the credentials in the environment *variables*; NoAccess if there are none."""
    return Client(find_access(variables, config.organization), config, progress)


def collect(
    client: Client,
    config: Config,
    progress: Progress,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    with_authors: bool = False,
) -> Tables:
    """Everything a report needs, read from GitHub; authors only if *with_authors*.

    If services are mapped, PagerDuty's incidents are read too, with the token in the environment
    *variables*.

    Files that the settings name are read first: BadUsage says what is wrong with them. A repository
    that cannot be read is a row with the reason. CannotRead, NoAccess, CannotReach or
    RateLimited are raised if not even the first page of repositories could be read.
    """
    reading = read_organization(client, config, progress, variables, with_authors=with_authors)
    return client.run(reading)


async def read_organization(
    client: Client,
    config: Config,
    progress: Progress,
    variables: Mapping[str, str] = MappingProxyType({}),
    *,
    with_authors: bool = False,
) -> Tables:
    """The same as `collect`, for a caller that already runs in an event loop."""
    began = time.monotonic()
    files = read_own_files(config)
    for file in files.empty:
        progress.warns(f"{file}: holds no line, so nothing comes of it")
    with open_caches(client, config, with_authors=with_authors) as caches:
        gathering = _Gathering(client, config, progress, variables, with_authors, caches, files)
        await gathering.run()
    return gathering.tables.finish(
        gaps=gathering.gaps,
        requests=client.requests,
        points=client.points,
        seconds=time.monotonic() - began,
    )


@dataclass
class _Gathering:
    """What has been read of an organization so far, and the tasks that read the rest."""

    client: Client
    config: Config
    progress: Progress
    variables: Mapping[str, str]
    with_authors: bool
    caches: RepositoryCaches
    files: OwnFiles
    tables: TableBuilder = field(default_factory=TableBuilder)
    gaps: dict[str, str] = field(default_factory=dict)
    _incidents: Rows = field(default_factory=dict)
    _ids: dict[int, str] = field(default_factory=dict)
    """Names of the repositories that have incidents, as the incidents give them, by id."""
    _listed: dict[int, str] = field(
        default_factory=dict
    )  #: names in the list of repositories, by id
    _named: asyncio.Task[set[str]] = field(init=False)
    _reading: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> None:
        """Read everything; a failure of one part is recorded and does not stop the others."""
        self._named = asyncio.create_task(self._read_incidents())
        teams = asyncio.create_task(self._or_gap("teams", read_teams(self.client, self.config)))
        try:
            await self._read_repositories()
            await asyncio.gather(*self._reading)
            await self._named
            self.tables.add(self._as_listed())
            self.tables.add(await teams)
        finally:
            for task in (self._named, teams, *self._reading):
                task.cancel()

    async def _read_repositories(self) -> None:
        """Start to read each repository as soon as it is listed."""
        read, skips = _reader(self), find_skips(self.config)
        names = []
        try:
            listing = list_repositories(
                self.client, self.config.organization, probe=may_have_deployments(self.config)
            )
            async with aclosing(listing) as repositories:
                async for listed in repositories:
                    names.append(listed.name)
                    if listed.id is not None:
                        self._listed[listed.id] = listed.name
                    reason = skips(listed)
                    if reason is not None:
                        self.tables.add(reason)
                        continue
                    self._reading.append(asyncio.create_task(self._read(listed, len(names), read)))
                    self.progress.found(len(self._reading))
        except DoraError as wrong:
            if not names:
                raise
            self.gaps["repositories"] = f"{wrong.what}; only the first {len(names):,} were listed"
            return
        self.files.refuse_strangers(names)

    async def _read(
        self,
        listed: ListedRepository,
        turn: int,
        read: Callable[[ListedRepository, int], Coroutine[Any, Any, Rows]],
    ) -> None:
        try:
            rows = await read(listed, turn)
        except DoraError as wrong:
            rows = row_as_listed(listed, is_excluded=False, reason=wrong.what)
        self.tables.add(rows)
        self.progress.read(listed.name)

    async def has_incidents(self, listed: ListedRepository) -> bool:
        """Whether an incident may be about a repository; waits until the incidents are read."""
        return listed.name.casefold() in await asyncio.shield(self._named) or listed.id in self._ids

    def _as_listed(self) -> Rows:
        """Rows of the incidents with the listed names: a repository may be renamed meanwhile."""
        renamed = {
            name: self._listed[id_]
            for id_, name in self._ids.items()
            if self._listed.get(id_, name) != name
        }
        rows = dict(self._incidents)
        rows["incidents"] = [
            (renamed[row[0]], row[1], f"{renamed[row[0]]}#{row[1]}", *row[3:])
            if row[0] in renamed
            else row
            for row in rows.get("incidents", [])
        ]
        rows["labels"] = [(renamed.get(row[0], row[0]), *row[1:]) for row in rows.get("labels", [])]
        return rows

    async def _read_incidents(self) -> set[str]:
        """Read all incidents (F7); returns the names of the repositories they may be about."""
        if not self.config.failures.incident:
            return set()
        rows, more = await asyncio.gather(
            self._or_gap("incidents", read_incidents(self.client, self.config, self._ids)),
            self._or_gap("incidents of PagerDuty", self._read_pagerduty()),
        )
        found = (*rows.get("incidents", ()), *more.get("incidents", ()), *self.files.incidents)
        rows |= {"incidents": [*found]}
        self._incidents = rows
        return _named_by(rows, self.config.organization)

    async def _read_pagerduty(self) -> Rows:
        def read() -> Rows:
            rows = pagerduty.read_incidents(
                self.config, self.variables, self.progress, stopping=self.client.stopping
            )
            return {"incidents": rows}

        return await in_thread(read) if self.config.incidents.pagerduty else {}

    async def _or_gap(self, what: str, reading: Coroutine[Any, Any, Rows]) -> Rows:
        """The rows of *reading*; if it fails, none, and a gap for the report to mention."""
        try:
            return await reading
        except BadUsage:
            raise
        except DoraError as wrong:
            self.gaps[what] = wrong.what
            return {}


def _reader(gathering: _Gathering) -> Callable[[ListedRepository, int], Coroutine[Any, Any, Rows]]:
    """A function that reads one repository, given its position in the list."""
    client, config = gathering.client, gathering.config
    rules = ReadingRules(
        config,
        environment_reader(config),
        service_reader(config.services),
        make_lookback_span(config),
        gathering.with_authors or bool(config.changes.exclude_authors),
        gathering.files,
    )

    async def read(listed: ListedRepository, turn: int) -> Rows:
        reading = RepositoryReader(
            rules,
            # First pages go before all others: they show which repositories take longest.
            RepositoryContext(
                client, config.organization, listed.name, rank=inf, turn=turn, id=listed.id
            ),
            listed,
            lambda: gathering.has_incidents(listed),
            gathering.caches.of(listed),
        )
        return await reading.read()

    return read


def _named_by(incidents: Rows, organization: str) -> set[str]:
    """Names, case folded, of repositories that incidents may be about; some may not exist."""
    rows, labels = incidents.get("incidents", []), incidents.get("labels", [])
    own = {str(row[0] or row[3]) for row in rows}
    labelled = {*find_label_values((row[2] for row in labels), REPOSITORY_LABEL)}
    addresses = (read_name(row[6]) for row in rows)
    named = {one.repository[1] for one in addresses if one and one.repository}
    return {find_own_name(name, organization) for name in own | labelled | named}
