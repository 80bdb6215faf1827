"""Reads a file of deployments (D8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.collect.files.columns import DEPLOYMENT_COLUMNS, ENDED
from dora.collect.files.mistakes import shown
from dora.collect.files.repetitions import (
    refuse_contradictions,
    refuse_repetitions,
    refuse_shared_names,
)
from dora.collect.files.values import CheckedTable, folded, read_checked
from dora.collect.sources.numbering import natural_key
from dora.model.columns import MISSING, instants_of, plain_rows
from dora.model.outcome_rules import StatusRecord
from dora.model.shipped_commits import microseconds

PRODUCTION = "production"
#: Ids that are numbers which numpy has.
NUMBER = r"[0-9]{1,18}"


class FileDeployment(NamedTuple):
    """A deployment as a file has it."""

    name: str  #: the column `id`, or the number of its first line
    place: int  #: its place in the order of names among those of its repository
    environment: str
    sha: str
    task: str
    url: str | None
    created_at: datetime
    statuses: tuple[StatusRecord, ...]


@dataclass(frozen=True)
class RepositoryDeployments:
    """The deployments of one repository in a file, newest first."""

    created: NDArray[np.int64]  #: when each was created, in microseconds since 1970
    _starts: Sequence[int]  #: where each begins in the rows
    _ends: Sequence[int]
    _places: Sequence[int]
    _rows: Sequence[tuple[Any, ...]]  #: one a line, those of a deployment together

    def count_since(self, instant: datetime) -> int:
        """How many were created at *instant* or later."""
        return int((self.created >= microseconds(instant)).sum())

    def take(self, first: int, end: int) -> list[FileDeployment]:
        """Those from the *first* to before the *end*."""
        instants = instants_of(self.created[first:end]).to_pydatetime()
        return [
            self._deployment(number, created_at)
            for number, created_at in enumerate(instants, first)
        ]

    def _deployment(self, number: int, created_at: datetime) -> FileDeployment:
        rows = self._rows[self._starts[number] : self._ends[number]]
        name, environment, sha, task, url, *_ = rows[0]
        statuses = (StatusRecord(state, at, log) for *_, log, state, at in rows)
        return FileDeployment(
            name, self._places[number], environment, sha, task or "", url, created_at,
            tuple(dict.fromkeys(statuses)),
        )  # fmt: skip


@dataclass(frozen=True)
class DeploymentsFile:
    """The deployments of a file, by repository."""

    rows: pd.DataFrame
    """One row a line: `repository` (without owner, case folded), what a deployment has, `state` and
    when it was reached (`at`), `created` in microseconds since 1970, the number of the deployment
    (`group`)."""

    @cached_property
    def _positions(self) -> Mapping[Any, Any]:
        """Where the rows of each repository are."""
        return self.rows.groupby("repository").indices

    def of(self, repository: str, until: datetime) -> RepositoryDeployments:
        """The deployments of a repository that were created before *until* (W2)."""
        none: NDArray[np.int64] = np.array([], dtype=np.int64)
        rows = self.rows.iloc[self._positions.get(repository.casefold(), none)]
        rows = rows.sort_values("group", kind="stable")
        groups, starts = np.unique(rows["group"].to_numpy(), return_index=True)
        ends = np.append(starts[1:], len(rows))
        created = rows["created"].to_numpy()
        created = np.minimum.reduceat(created, starts) if len(groups) else none
        places = _places(rows["id"].iloc[starts])
        order = np.argsort(-created, kind="stable")
        order = order[created[order] < microseconds(until)]
        columns = ["id", "environment", "sha", "task", "url", "state", "at"]
        return RepositoryDeployments(
            created[order],
            starts[order].tolist(),
            ends[order].tolist(),
            places[order].tolist(),
            plain_rows(rows, *columns),
        )


def read_deployments(
    path: Path, name: str, organization: str
) -> tuple[DeploymentsFile, CheckedTable]:
    """The deployments of a file, and the table that says what is wrong with it.

    *name* is what the file is called in messages.
    """
    table = read_checked(path, name, DEPLOYMENT_COLUMNS, organization)
    rows = _rows(table)
    if not table.mistakes:
        refuse_repetitions(table, rows, [*DEPLOYMENT_COLUMNS])
        names = pd.Series(table.lines).astype("str")
        is_bare = rows["id"].isna()  # a line without an id is no part of what has its number as one
        rows["id"] = rows["id"].fillna(names)
        rows["group"] = rows.groupby(["repository", "key", is_bare, "id"], sort=False).ngroup()
        refuse_shared_names(table, rows, ["repository", "key", "id"])
        refuse_contradictions(table, rows, "sha")
    return DeploymentsFile(rows), table


def _rows(table: CheckedTable) -> pd.DataFrame:
    """The checked rows of a table, one a line."""
    created, finished = table.instants("created_at"), table.instants("finished_at")
    environment = table.read("environment")
    if table.has("environment"):
        gone = environment.isna().to_numpy()
        table.mistakes.add(
            gone, "environment", lambda _: "is empty; allowed: a name, or no such column at all"
        )
    else:
        environment = environment.fillna(PRODUCTION)
    rows = pd.DataFrame(
        {
            "repository": table.read("repository"),
            "environment": environment,
            "key": folded(environment),
            "sha": table.read("sha"),
            "created": created,
            "state": table.read("state"),
            "at": instants_of(np.where(finished == MISSING, created, finished)),
            **{name: table.read(name) for name in ("url", "task", "id")},
        }
    )
    _check_ends(table, rows["state"], created, finished)
    return rows


def _check_ends(
    table: CheckedTable, states: pd.Series, created: NDArray[np.int64], finished: NDArray[np.int64]
) -> None:
    """Add ends that are missing, and those before the deployment was created."""
    mistakes, column = table.mistakes, "finished_at"
    state, ends, begins = (table.texts(name) for name in ("state", "finished_at", "created_at"))
    allowed = DEPLOYMENT_COLUMNS["finished_at"].allowed
    lacks = states.isin(ENDED).to_numpy() & ends.isna().to_numpy()
    if table.has(column):
        mistakes.add(
            lacks,
            column,
            lambda place: f"is empty, but the state is {state.iloc[place]}",
            allowed,
        )
    elif lacks.any() and not mistakes:
        ended = state.iloc[int(np.flatnonzero(lacks)[0])]
        mistakes.add_line(
            table.raw.header, f"there is no column {column!r}, which the state {ended} needs"
        )
    is_known = (created != MISSING) & (finished != MISSING)
    mistakes.add(
        is_known & (finished < created),
        column,
        lambda place: (
            f"{shown(ends.iloc[place])} is before created_at; "
            f"allowed: {shown(begins.iloc[place])} or later"
        ),
    )


def _places(names: pd.Series) -> NDArray[np.int64]:
    """The place of each name in the order of names, runs of digits as numbers."""
    if names.str.fullmatch(NUMBER).all():
        numbers = names.astype("int64").to_numpy()
        order = np.lexsort((names.to_numpy(dtype=object), numbers))
    else:
        keys = [natural_key(name) for name in names]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places
