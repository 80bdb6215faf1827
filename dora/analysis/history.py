"""Walks every environment's successes over its repository's commits: who shipped what, what waits.

LT1, LT2, LT8, LT10, LT11, W3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dora.analysis.commit_numbers import (
    CommitNumbers,
    Numbers,
    find_excluded,
    make_graphs,
    number_commits,
)
from dora.analysis.commit_requests import CommitRequests, find_requests
from dora.analysis.outcomes import Outcomes, show
from dora.analysis.same_changes import find_all_same_changes
from dora.config import Config
from dora.model.columns import MISSING, frame_of, microseconds_of, texts_of, with_columns
from dora.model.commit_graph import CommitGraph
from dora.model.same_changes import SameChanges
from dora.model.shipped_commits import (
    LookbackSpan,
    ShippedCommits,
    Success,
    assign_commits,
    make_lookback_span,
)
from dora.model.tables import Tables


@dataclass(frozen=True)
class CommitRows:
    """Commits of environments: for each, its number and which of the environments it is of."""

    environments: Numbers
    numbers: Numbers


@dataclass(frozen=True)
class ShippedRows(CommitRows):
    """The same of commits that were shipped, with the deployment and when it succeeded."""

    deployments: Numbers
    shipped_at: Numbers  #: microseconds since 1970


@dataclass(frozen=True)
class History:
    """What became of the commits of every environment with a row.

    - `successes`: one row a judged success, W3 (a) and (b), in order of success within its
      environment (D7): `repository, environment_key, deployment, live` (id of the deployment it
      replaced, <NA> for the first; what changed nothing is passed over, D3), `goes_back` (its sha
      is a proper ancestor of the sha it replaced), `is_baseline`
    - `shipped`: one row a commit shipped by a judged success, merges too (LT1); the first in sight
      and those that changed nothing ship none, nor is what was received under another sha shipped
      (LT11): `repository, environment_key, sha, deployment`
    - `waiting`: one row a commit on the default branch that production lacks (LT8), under whatever
      sha: `repository, environment_key, sha`
    - `environments`: one row an environment: `repository, environment_key, knows_waiting`
      (whether LT8 can be said of it), `hit_budget` (W3)
    - `first_shipped`: for each repository and environment, which deployment first shipped what
    - `requests`: the pull request of each commit
    - `same`: for each repository which commits are the same change (LT11)
    - `numbers`: the numbers of all commits; `shipped_numbers` and `waiting_numbers` are the rows
      of `shipped` and `waiting` by number
    """

    successes: pd.DataFrame
    shipped: pd.DataFrame
    waiting: pd.DataFrame
    environments: pd.DataFrame
    first_shipped: Mapping[tuple[str, str], "FirstShipped"]
    requests: CommitRequests
    same: Mapping[str, SameChanges]
    numbers: CommitNumbers
    shipped_numbers: ShippedRows
    waiting_numbers: CommitRows


@dataclass(frozen=True)
class FirstShipped:
    """Which deployment to one environment first shipped which commit."""

    commits: slice  #: numbers of the repository's commits
    positions: Numbers
    """For each of them, the position of what first shipped it; NEVER, or BEFORE them all."""
    deployments: list[int]  #: ids in order of success
    shipping: frozenset[int]  #: positions of those in the window that ship something
    repeated: frozenset[int]
    """Commits, counted from the repository's first, that it had received under another sha."""

    def position(self, commit: int) -> int | None:
        """The position of the deployment in the window that shipped *commit*; None if none did."""
        found = int(self.positions[commit])
        return found if found in self.shipping and commit not in self.repeated else None


@dataclass
class _Parts:
    """What the walks found, environment by environment."""

    successes: list[tuple[str, str, int, int | None, bool, bool]] = field(default_factory=list)
    shipped: list[tuple[Numbers, ...]] = field(default_factory=list)
    waiting: list[Numbers] = field(default_factory=list)
    environments: list[tuple[str, str, bool, bool]] = field(default_factory=list)
    first_shipped: dict[tuple[str, str], FirstShipped] = field(default_factory=dict)


def trace_history(outcomes: Outcomes, tables: Tables, config: Config) -> History:
    """Walk every environment's successes over its repository's commits.

    Environments that have no row are not walked. Cost grows with commits times environments.
    """
    span = make_lookback_span(config)
    shown = show(outcomes, config)
    numbers = number_commits(tables, shown)
    graphs = make_graphs(numbers, tables, find_excluded(tables.commits, config))
    requests = find_requests(numbers, tables, config)
    gone = numbers.deployed[~shown["is_known"].to_numpy(dtype="bool")]
    same = find_all_same_changes(numbers, requests, graphs, tables, gone)
    older = _older_ranks(tables, span)
    parts = _Parts()
    for (name, key), (tier, entry, successes) in _successes(shown, numbers, older).items():
        own = numbers.repositories[name]
        head = numbers.heads.get(name) if tier == "production" else None
        shipped = assign_commits(
            successes,
            graphs[name],
            span,
            same=same[name],
            head=None if head is None else head - own.start,
            older_count=len(older.get((name, entry), ())),
        )
        in_window = frozenset(shipped.shipping(span))
        _collect_parts(parts, (name, key), shipped, in_window, graphs[name], own)
    return _as_history(parts, numbers, requests, same)


def _successes(
    shown: pd.DataFrame, numbers: CommitNumbers, older: Mapping[tuple[str, int], Mapping[int, int]]
) -> dict[tuple[str, str], tuple[str, int, list[Success]]]:
    """Tier, entry of `[[sources]]` and successes of each environment that was deployed to.

    `commit` is None where GitHub no longer has it, `older` how many older deployments came after.
    """
    found: dict[tuple[str, str], tuple[str, int, list[Success]]] = {}
    names = ("repository", "environment_key", "tier", "entry", "deployment")
    rows = zip(
        *(shown[name].tolist() for name in names),
        microseconds_of(shown["succeeded_at"]).tolist(),
        microseconds_of(shown["created_at"]).tolist(),
        numbers.deployed.tolist(),
        shown["is_known"].tolist(),
        shown["is_unchanged"].tolist(),
        strict=True,
    )
    nothing: Mapping[int, int] = {}
    for name, key, tier, entry, deployment, succeeded, created, commit, is_known, unchanged in rows:
        *_, successes = found.setdefault((name, key), (tier, entry, []))
        if succeeded != MISSING:
            own = commit - numbers.repositories[name].start if is_known else None
            rank = older.get((name, entry), nothing).get(deployment, 0)
            successes.append(Success(succeeded, deployment, created, own, rank, unchanged))
    return found


def _older_ranks(tables: Tables, span: LookbackSpan) -> dict[tuple[str, int], dict[int, int]]:
    """The older deployments of each entry of a repository, the newest first (W3).

    They may be to any environment.
    """
    created = microseconds_of(tables.deployments["created_at"])
    is_older = created < span.lookback
    ids = tables.deployments["deployment"].to_numpy()[is_older]
    names = tables.deployments["repository"].array[is_older].tolist()
    entries = tables.deployments["entry"].to_numpy()[is_older].tolist()
    ranks: dict[tuple[str, int], dict[int, int]] = {}
    for row in np.lexsort((ids, created[is_older]))[::-1].tolist():
        own = ranks.setdefault((names[row], entries[row]), {})
        own[int(ids[row])] = len(own)
    return ranks


def _collect_parts(
    parts: _Parts,
    key: tuple[str, str],
    found: ShippedCommits,
    in_window: frozenset[int],
    graph: CommitGraph,
    commits: slice,
) -> None:
    """Turn what was shipped to one environment into rows, commits by their numbers."""
    live: Success | None = None
    for position in found.judged:
        one = found.order[position]
        goes_back = _goes_back(one, live, position, found, graph)
        is_baseline = position == found.baseline
        before = None if live is None else live.deployment
        parts.successes.append((*key, one.deployment, before, goes_back, is_baseline))
        live = live if one.is_unchanged else one
    first_shipped_by = np.asarray(found.first_shipped_by)
    shipping = [
        position
        for position in found.judged
        if position != found.first and not found.order[position].is_unchanged
    ]
    ships = np.zeros(len(found.order) + 1, dtype="bool")
    ships[shipping] = True
    is_position = (first_shipped_by >= 0) & (first_shipped_by < len(found.order))
    is_shipped = ships[np.where(is_position, first_shipped_by, -1)]
    is_shipped[np.array([*found.repeated], dtype="int64")] = False
    shipped = np.flatnonzero(is_shipped)
    ids = np.asarray([one.deployment for one in found.order], dtype="int64")
    times = np.asarray([one.succeeded_at for one in found.order], dtype="int64")
    by = first_shipped_by[shipped]
    parts.shipped.append((shipped + commits.start, ids[by], times[by]))
    waiting = np.asarray(found.waiting or (), dtype="int64")
    parts.waiting.append(waiting + commits.start)
    parts.first_shipped[key] = FirstShipped(
        commits,
        first_shipped_by,
        ids.tolist(),
        in_window,
        found.repeated,
    )
    parts.environments.append((*key, found.waiting is not None, found.hit_budget))


def _goes_back(
    one: Success, live: Success | None, position: int, found: ShippedCommits, graph: CommitGraph
) -> bool:
    """Whether it deployed a proper ancestor of what was live.

    A commit that it shipped first itself is not an ancestor of anything shipped before.
    """
    if live is None or one.commit is None or live.commit is None:
        return False
    if found.first_shipped_by[one.commit] == position:
        return False
    return graph.is_ancestor(one.commit, live.commit)


def _as_history(
    parts: _Parts,
    numbers: CommitNumbers,
    requests: CommitRequests,
    same: Mapping[str, SameChanges],
) -> History:
    keys = (
        texts_of([repository for repository, *_ in parts.environments]),
        texts_of([key for _, key, *_ in parts.environments]),
    )
    shipped = [_joined([one[place] for one in parts.shipped]) for place in range(3)]
    shipped_numbers = ShippedRows(_places([one[0] for one in parts.shipped]), *shipped)
    waiting_numbers = CommitRows(_places(parts.waiting), _joined(parts.waiting))
    of_shipped, of_waiting = (
        frame_of(
            repository=keys[0].take(of.environments),
            environment_key=keys[1].take(of.environments),
            sha=numbers.shas.take(of.numbers),
        )
        for of in (shipped_numbers, waiting_numbers)
    )
    live = pd.array([one[3] for one in parts.successes], dtype="Int64")
    return History(
        successes=frame_of(
            repository=texts_of([one[0] for one in parts.successes]),
            environment_key=texts_of([one[1] for one in parts.successes]),
            deployment=np.array([one[2] for one in parts.successes], dtype="int64"),
            live=live,
            goes_back=np.array([one[4] for one in parts.successes], dtype="bool"),
            is_baseline=np.array([one[5] for one in parts.successes], dtype="bool"),
        ),
        shipped=with_columns(of_shipped, deployment=shipped_numbers.deployments),
        waiting=of_waiting,
        environments=frame_of(
            repository=keys[0],
            environment_key=keys[1],
            knows_waiting=np.array([one[2] for one in parts.environments], dtype="bool"),
            hit_budget=np.array([one[3] for one in parts.environments], dtype="bool"),
        ),
        first_shipped=parts.first_shipped,
        requests=requests,
        same=same,
        numbers=numbers,
        shipped_numbers=shipped_numbers,
        waiting_numbers=waiting_numbers,
    )


def _joined(columns: Sequence[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, dtype="int64"), *columns])


def _places(columns: Sequence[Numbers]) -> Numbers:
    """For each item of *columns*, put one after the other, which of them it is of."""
    return np.repeat(np.arange(len(columns)), [len(column) for column in columns])
