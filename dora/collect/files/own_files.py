"""Reads all files that the settings name, before GitHub is asked anything (D8, F7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain

import numpy as np
import pandas as pd

from dora.collect.files.columns import DEPLOYMENT_COLUMNS
from dora.collect.files.deployments import DeploymentsFile, read_deployments
from dora.collect.files.incidents import IncidentRow, read_incidents
from dora.collect.files.mistakes import refuse, shown
from dora.collect.files.values import SIMILAR, CheckedTable
from dora.config import Config
from dora.config.globs import compile_globs
from dora.config.source_settings import FileSource


@dataclass(frozen=True)
class OwnFiles:
    """What the files of a run hold."""

    organization: str = ""
    deployments: Mapping[str, DeploymentsFile] = field(default_factory=dict)
    """By the path, as the entry of `[[sources]]` writes it."""
    incidents: list[IncidentRow] = field(default_factory=list)  #: rows of the incidents table
    tables: tuple[CheckedTable, ...] = ()
    globs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Those of all entries of `[[sources]]` that name a file of deployments, by its path."""

    @property
    def empty(self) -> list[str]:
        """The files without any line, as messages call them."""
        return [table.mistakes.file for table in self.tables if not len(table.lines)]

    def refuse_strangers(self, listed: Iterable[str]) -> None:
        """Raise BadUsage if a file names a repository that its lines cannot be of.

        It is not among those that are *listed*, or no entry of `[[sources]]` with the file fits it.
        """
        if not self.tables:
            return
        names = {name.casefold(): name for name in listed}
        for table in self.tables:
            _add_unknown(table, names, self.organization)
            if table.columns is DEPLOYMENT_COLUMNS:
                _add_unfit(table, names, self.globs[table.mistakes.file])
        refuse([table.mistakes for table in self.tables])


def read_own_files(config: Config) -> OwnFiles:
    """What the files that the settings name hold; BadUsage with all that is wrong in any of them.

    A file of incidents is not read where incidents do not count, one of deployments not where it
    is of no repository that `--repo` names.
    """
    organization, window = config.organization, config.window
    tables, deployments, globs = [], {}, {}
    sources = [source for source in config.sources if isinstance(source, FileSource)]
    for source in sources:
        if source.path not in deployments and _may_be_chosen(source, config.repo):
            place = config.path_of(source)
            found = read_deployments(place, source.path, organization)
            deployments[source.path], table = found
            tables.append(table)
            same = [one.repositories for one in sources if config.path_of(one) == place]
            globs[source.path] = tuple(dict.fromkeys(chain(*same)))
    incidents: list[IncidentRow] = []
    path = config.incident_path
    if path is not None and config.failures.incident:
        incidents, table = read_incidents(
            path, config.incidents.file, organization, config.lookback_start, window.until
        )
        tables.append(table)
    refuse([table.mistakes for table in tables])
    return OwnFiles(organization, deployments, incidents, tuple(tables), globs)


def _may_be_chosen(source: FileSource, chosen: Sequence[str]) -> bool:
    """Whether a repository that a source is for may fit one of the *chosen* globs (`--repo`)."""
    own = compile_globs(source.repositories)
    return not chosen or any("*" in one or "?" in one or own.fullmatch(one) for one in chosen)


def _add_unknown(table: CheckedTable, names: Mapping[str, str], organization: str) -> None:
    """Add the repositories of a file that the organization does not have."""
    written = table.texts("repository")
    own = _own_names(written)
    is_unknown = ~own.isin([*names]).to_numpy()
    place_of_first = ~own.duplicated().to_numpy()

    def explain(place: int) -> str:
        near = get_close_matches(own.iloc[place], [*names], n=1, cutoff=SIMILAR)
        hint = f"; did you mean {names[near[0]]!r}?" if near else ""
        what = f"is not a repository of {organization} that the token can see"
        return f"{shown(written.iloc[place])} {what}{hint}"

    table.mistakes.add(np.asarray(is_unknown & place_of_first), "repository", explain)


def _add_unfit(table: CheckedTable, names: Mapping[str, str], globs: Sequence[str]) -> None:
    """Add the repositories of a file that the organization has, but no entry with it is for."""
    written = table.texts("repository")
    own, fits = _own_names(written), compile_globs(globs)
    strangers = {name for name in own.unique() if name in names and not fits.fullmatch(name)}
    is_first = ~own.duplicated().to_numpy()
    table.mistakes.add(
        np.asarray(own.isin(strangers).to_numpy() & is_first),
        "repository",
        lambda place: f"{shown(written.iloc[place])} fits no entry of [[sources]] with this file",
        ", ".join(map(shown, globs)),
    )


def _own_names(written: pd.Series) -> pd.Series:
    """Names of repositories without their owner, case folded."""
    return written.str.rpartition("/")[2].str.casefold() if len(written) else written
