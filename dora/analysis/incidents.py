"""Finds the incidents that count, and the repositories that they are about (F7, C1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from dora.analysis.named_deployments import NamedDeployments
from dora.analysis.repositories import find_central, find_read, find_skipped
from dora.config import Config
from dora.model.columns import MISSING, microseconds_of
from dora.model.environments import environment_reader
from dora.model.incident_texts import (
    ENVIRONMENT_LABEL,
    REPOSITORY_LABEL,
    SERVICE_LABEL,
    find_label_values,
    find_own_name,
    read_name,
    split_named,
)
from dora.model.shipped_commits import microseconds
from dora.model.tables import Incidents, Tables

#: Why an issue was closed that is no incident.
DISMISSED = frozenset({"not_planned", "duplicate"})


class Incident(NamedTuple):
    """An incident, as far as it is about one repository; instants in microseconds since 1970."""

    by: str
    opened_at: int
    closed_at: int | None  #: None while it lasts
    named: str | None  #: the word by which its text names a deployment
    address: str | None  #: that of the link which is this word
    about: str  #: name of the repository, case folded
    url: str | None = None
    environments: frozenset[str] = frozenset()  #: keys of those it is narrowed to; none: of all
    services: frozenset[str] = frozenset()  #: likewise, case folded


@dataclass(frozen=True)
class FoundIncidents:
    """The incidents that count, one for each repository they are about, and what does not."""

    incidents: Sequence[Incident]
    dismissed: int  #: issues of the window closed as not planned or as a duplicate
    not_found: tuple[str, ...]
    """Names of repositories, in the settings and in labels of the window's incidents, that fit no
    repository of the organization; as they are written, sorted."""


def find_incidents(tables: Tables, config: Config, deployments: NamedDeployments) -> FoundIncidents:
    """Incidents opened in the look-back or window (F7); *deployments* are all of other sources.

    Those of repositories that were skipped are none, unless the repository is a central one, and
    so are those that are about repositories excluded by `--repo` alone (C1).
    """
    search = _Search(tables, config, deployments)
    found = [one for row in search.rows() for one in search.read(row)]
    unknown = {name for name in search.names if search.own_name(name) not in search.known}
    is_whole = "repositories" not in tables.gaps  # else a name may be that of an unlisted one
    names = tuple(sorted(unknown)) if is_whole else ()
    return FoundIncidents(found, search.dismissed, names)


class _Row(NamedTuple):
    """A row of the incidents table; instants in microseconds since 1970."""

    repository: str | None
    number: int
    by: str
    owner: str | None
    opened_at: int
    closed_at: int
    named: str | None
    url: str | None
    state_reason: str | None
    environment: str | None
    service: str | None


class _Search:
    """The search for incidents that count: which repositories there are, what was passed over."""

    def __init__(self, tables: Tables, config: Config, deployments: NamedDeployments) -> None:
        self.tables, self.config, self.deployments = tables, config, deployments
        self.since = microseconds(config.window.since)
        self.until = microseconds(config.window.until)
        self.central = find_central(config)
        self.environment = environment_reader(config)
        self.dismissed = 0
        #: names of repositories as they are written in the settings and in labels
        self.names = {
            name.strip()
            for name in (*config.incidents.repositories, *config.incidents.pagerduty.values())
            if name.strip()
        }

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of all repositories of the organization, case folded."""
        return frozenset(self.tables.repositories["repository"].str.casefold())

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Names of the repositories that `--repo` leaves out, case folded."""
        is_excluded = find_skipped(self.tables.repositories, self.config) == "excluded"
        return frozenset(self.tables.repositories.loc[is_excluded, "repository"].str.casefold())

    @cached_property
    def labels(self) -> dict[tuple[str, int], list[str]]:
        """Labels of each issue that is an incident."""
        incidents, labels = self.tables.incidents, self.tables.labels
        is_needed = labels["repository"].isin(incidents["repository"].unique())
        own = labels[is_needed & labels["number"].isin(incidents["number"].unique())]
        found: dict[tuple[str, int], list[str]] = {}
        columns = (own[name].tolist() for name in ("repository", "number", "label"))
        for repository, number, label in zip(*columns, strict=True):
            found.setdefault((repository, number), []).append(label)
        return found

    def own_name(self, name: str) -> str:
        """A repository's name, case folded, without the organization."""
        return find_own_name(name, self.config.organization)

    def rows(self) -> Iterator[_Row]:
        """Rows of the incidents opened in the look-back or window, of repositories that count."""
        incidents = self.tables.incidents
        if not len(incidents):
            return
        opened_at = microseconds_of(incidents["opened_at"])
        start = microseconds(self.config.lookback_start)
        positions = np.flatnonzero((opened_at >= start) & (opened_at < self.until))
        read = find_read(self.tables.repositories, self.config)
        for row in _plain_rows(Incidents(incidents.iloc[positions])):
            own = row.repository
            if own is None or own in read or own.casefold() in self.central:
                yield row

    def read(self, row: _Row) -> list[Incident]:
        """The incident of a row, once for each repository it is about."""
        labels = self.labels.get((row.repository or "", row.number), [])
        about, names = self._about(row, labels)
        if about and set(about) <= self.excluded:
            return []
        is_in_window = row.opened_at >= self.since
        closed_at = row.closed_at if MISSING < row.closed_at < self.until else None
        is_dismissed = closed_at is not None and row.state_reason in DISMISSED
        if is_dismissed and self.config.incidents.dismissed == "ignore":
            self.dismissed += is_in_window
            return []
        if is_in_window:
            self.names.update(names)
        environments = [*find_label_values(labels, ENVIRONMENT_LABEL)]
        environments += [row.environment] if row.environment else []
        keys = {
            key for name in environments for key in (name.casefold(), self.environment(name).key)
        }
        services = {name.casefold() for name in find_label_values(labels, SERVICE_LABEL)}
        services |= {row.service.casefold()} if row.service else set()
        narrowed = frozenset(keys), frozenset(services)
        address, word = (None, None) if row.named is None else split_named(row.named)
        return [
            Incident(row.by, row.opened_at, closed_at, word, address, name, row.url, *narrowed)
            for name in about
        ]

    def _about(self, row: _Row, labels: Sequence[str]) -> tuple[list[str], list[str]]:
        """Names, case folded, of the repositories an incident is about, and those in its labels."""
        if row.repository is None:
            return [self.own_name(str(row.owner))], []
        own = row.repository.casefold()
        if own not in self.central:
            return [own], []
        names = [*find_label_values(labels, REPOSITORY_LABEL)]
        if names:
            return sorted({self.own_name(name) for name in names}), names
        address, word = split_named(row.named or "")
        pages = self.deployments.at(address) or self.deployments.at(word)
        if pages:
            return sorted({one.repository for one in pages}), []
        named = read_name(word)
        if named is not None and named.repository is not None:
            owner, name = named.repository
            if owner == self.config.organization.casefold():
                return [name], []
        return [own], []


def _plain_rows(incidents: Incidents) -> Iterator[_Row]:
    """Rows of the table as plain values, None for what is missing."""
    columns: list[list[Any]] = []
    for name in _Row._fields:
        values = incidents[name]
        if name.endswith("_at"):
            columns.append(microseconds_of(values).tolist())
        else:
            gone = values.isna().tolist()
            plain = zip(values.tolist(), gone, strict=True)
            columns.append([None if none else one for one, none in plain])
    return (_Row(*values) for values in zip(*columns, strict=True))
