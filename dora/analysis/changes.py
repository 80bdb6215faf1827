"""The changes that were shipped or wait: their pull requests and lead times (LT3 to LT9)."""

from dataclasses import dataclass
from typing import Any, NewType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.analysis.commit_numbers import CommitNumbers, Flags, Numbers, find_excluded
from dora.analysis.commit_requests import CommitRequests
from dora.analysis.history import History
from dora.config import Config
from dora.model.columns import MISSING, NOTHING, instants_of, microseconds_of, take_rows
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

SECOND = 1_000_000  #: in microseconds


@dataclass(frozen=True)
class CommitFacts:
    """What there is to know of each commit, by its number; instants in microseconds since 1970."""

    is_change: Flags  #: LT3; of a commit that was not read it is false
    is_excluded: Flags  #: LT9
    started_at: Numbers  #: LT4
    merged_at: Numbers  #: of its pull request; where it has none, when it was committed (LT12)
    requests: Numbers  #: row of its pull request in `Tables.pull_requests`, or NOTHING (LT4)


Changes = NewType("Changes", pd.DataFrame)
"""One row a change shipped in the window and environment (LT3):

`repository, environment_key, sha, deployment, shipped_at, started_at, merged_at` (LT12), `number`
(its pull request, <NA> for none), `lead_time_seconds`, `coding_seconds`, `review_seconds`,
`delivery_seconds` (stages of those with a request), `is_skewed` (its clock ran ahead, LT5),
`is_excluded` (LT9).
"""

WaitingChanges = NewType("WaitingChanges", pd.DataFrame)
"""One row a change that production lacks (LT8): `repository, environment_key, sha, started_at,
merged_at` (LT12), `age_seconds, number`; excluded ones are not among them (LT9)."""


def find_changes(
    history: History, facts: CommitFacts, tables: Tables, config: Config
) -> tuple[Changes, WaitingChanges]:
    """The changes shipped in the window, and those that wait at its end."""
    shipped, waiting = history.shipped_numbers, history.waiting_numbers
    is_in_window = shipped.shipped_at >= microseconds(config.window.since)
    rows = np.flatnonzero(facts.is_change[shipped.numbers] & is_in_window)
    commits, shipped_at = shipped.numbers[rows], shipped.shipped_at[rows]
    started_at, requests = facts.started_at[commits], facts.requests[commits]
    opened_at, merged_at = (
        _picked(microseconds_of(tables.pull_requests[name]), requests)
        for name in ("created_at", "merged_at")
    )
    lead_time = (shipped_at - started_at) / SECOND
    changes = take_rows(
        history.shipped,
        rows,
        shipped_at=instants_of(shipped_at),
        started_at=instants_of(started_at),
        merged_at=instants_of(facts.merged_at[commits]),
        number=_numbers_of(requests, tables),
        is_excluded=facts.is_excluded[commits],
        lead_time_seconds=lead_time.clip(min=0),
        is_skewed=lead_time < 0,
        coding_seconds=_stage(started_at, opened_at),
        review_seconds=_stage(opened_at, merged_at),
        delivery_seconds=_stage(merged_at, shipped_at),
    )
    rows = np.flatnonzero(facts.is_change[waiting.numbers] & ~facts.is_excluded[waiting.numbers])
    commits = waiting.numbers[rows]
    started_at = facts.started_at[commits]
    age = (microseconds(config.window.until) - started_at) / SECOND
    waits = take_rows(
        history.waiting,
        rows,
        started_at=instants_of(started_at),
        merged_at=instants_of(facts.merged_at[commits]),
        number=_numbers_of(facts.requests[commits], tables),
        age_seconds=age.clip(min=0),
    )
    return Changes(changes), WaitingChanges(waits)


def _stage(begin: Numbers, end: Numbers) -> NDArray[np.float64]:
    """Seconds from *begin* to *end*, at least 0 (LT7); missing where one of them is."""
    is_known = (begin != MISSING) & (end != MISSING)
    seconds = np.where(is_known, end - begin, 0) / SECOND
    return np.where(is_known, seconds.clip(min=0), np.nan)


def _picked(values: Numbers, rows: Numbers) -> Numbers:
    """The items of *values* at *rows*; MISSING where a row is NOTHING."""
    return np.append(values, MISSING)[rows]


def _numbers_of(requests: Numbers, tables: Tables) -> Any:
    """Numbers of the pull requests at these rows, <NA> where there is none."""
    is_none = requests == NOTHING
    numbers = np.append(tables.pull_requests["number"].to_numpy(), 0)[requests]
    return pd.arrays.IntegerArray(numbers.astype("int64"), is_none)


def describe_commits(history: History, tables: Tables, config: Config) -> CommitFacts:
    """Of every commit: whether it is a change, when it started, by which request, whose it is."""
    numbers = history.numbers
    count = len(numbers)
    is_read = np.zeros(count, dtype="bool")
    is_read[numbers.commits] = True
    parents = np.bincount(numbers.children, minlength=count)
    is_excluded = np.zeros(count, dtype="bool")
    is_excluded[numbers.commits] = find_excluded(tables.commits, config)
    merged_at = _merged_at(numbers, history.requests, tables)
    return CommitFacts(
        is_change=is_read & (parents <= 1),
        is_excluded=is_excluded,
        started_at=(
            merged_at
            if config.lead_time.start == "merged"
            else _started_at(numbers, history.requests, tables, config)
        ),
        merged_at=merged_at,
        requests=history.requests.rows,
    )


def _merged_at(numbers: CommitNumbers, requests: CommitRequests, tables: Tables) -> Numbers:
    """When each commit's request was merged; of one that came by none, when it was committed."""
    merged_at = _instants_of_commits(numbers, tables, "committed_at")
    of_request = _picked(microseconds_of(tables.pull_requests["merged_at"]), requests.rows)
    return np.where(of_request != MISSING, of_request, merged_at)


def _started_at(
    numbers: CommitNumbers, requests: CommitRequests, tables: Tables, config: Config
) -> Numbers:
    """When each commit's change began, by a rule other than its merge (LT4)."""
    if config.lead_time.start == "committed":
        return _instants_of_commits(numbers, tables, "committed_at")
    started_at = _instants_of_commits(numbers, tables, "authored_at")
    if config.lead_time.start == "authored":
        return started_at
    of_request = _picked(_work_began_at(tables), requests.rows)
    return np.where((of_request != MISSING) & requests.is_squash, of_request, started_at)


def _instants_of_commits(numbers: CommitNumbers, tables: Tables, column: str) -> Numbers:
    """A date of each commit; MISSING for one that was not read."""
    instants = np.full(len(numbers), MISSING)
    instants[numbers.commits] = microseconds_of(tables.commits[column])
    return instants


def _work_began_at(tables: Tables) -> Numbers:
    """When each pull request's work began: with its first commit or its opening (LT4).

    It was opened before its first commit where its branch was rewritten since.
    """
    first, opened = (
        microseconds_of(tables.pull_requests[name]) for name in ("first_authored_at", "created_at")
    )
    return np.where(first == MISSING, MISSING, np.minimum(first, opened))
