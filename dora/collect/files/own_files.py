"""Reads all files that the settings name, before GitHub is asked anything (D8, F7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from dora.collect.files.deployments import DeploymentsFile, read_deployments
from dora.collect.files.incidents import IncidentRow, read_incidents
from dora.collect.files.mistakes import refuse, shown
from dora.collect.files.values import SIMILAR, CheckedTable
from dora.config import Config
from dora.config.source_settings import FileSource


@dataclass(frozen=True)
class OwnFiles:
    """What the files of a run hold."""

    organization: str = ""
    deployments: Mapping[str, DeploymentsFile] = field(default_factory=dict)
    """By the path, as the entry of `[[sources]]` writes it."""
    incidents: list[IncidentRow] = field(default_factory=list)  #: rows of the incidents table
    tables: tuple[CheckedTable, ...] = ()

    def refuse_unknown(self, listed: Iterable[str]) -> None:
        """Raise BadUsage if a file names a repository that is not among those that are *listed*."""
        if not self.tables:
            return
        names = {name.casefold(): name for name in listed}
        for table in self.tables:
            _add_unknown(table, names, self.organization)
        refuse([table.mistakes for table in self.tables])


def read_own_files(config: Config) -> OwnFiles:
    """What the files that the settings name hold; BadUsage with all that is wrong in any of them.

    A file of incidents is not read where incidents do not count.
    """
    organization, window = config.organization, config.window
    tables, deployments = [], {}
    for source in config.sources:
        if isinstance(source, FileSource) and source.path not in deployments:
            found = read_deployments(config.path_of(source), source.path, organization)
            deployments[source.path], table = found
            tables.append(table)
    incidents: list[IncidentRow] = []
    path = config.incident_path
    if path is not None and config.failures.incident:
        incidents, table = read_incidents(
            path, config.incidents.file, organization, config.lookback_start, window.until
        )
        tables.append(table)
    refuse([table.mistakes for table in tables])
    return OwnFiles(organization, deployments, incidents, tuple(tables))


def _add_unknown(table: CheckedTable, names: Mapping[str, str], organization: str) -> None:
    """Add the repositories of a file that the organization does not have."""
    written = table.texts("repository")
    own = written.str.rpartition("/")[2].str.casefold() if len(written) else written
    is_unknown = ~own.isin([*names]).to_numpy()
    place_of_first = ~own.duplicated().to_numpy()

    def explain(place: int) -> str:
        near = get_close_matches(own.iloc[place], [*names], n=1, cutoff=SIMILAR)
        hint = f"; did you mean {names[near[0]]!r}?" if near else ""
        what = f"is not a repository of {organization} that the token can see"
        return f"{shown(written.iloc[place])} {what}{hint}"

    table.mistakes.add(np.asarray(is_unknown & place_of_first), "repository", explain)
