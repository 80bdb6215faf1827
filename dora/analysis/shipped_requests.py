"""Finds the deployments that shipped changes of certain pull requests (F4, F5).

Those in the window alone: what was shipped before it is not read (R3).
"""

from collections.abc import Iterator

import numpy as np

from dora.analysis.changes import CommitFacts
from dora.analysis.commit_numbers import Flags
from dora.analysis.history import FirstShipped, History
from dora.config import Config
from dora.model.same_changes import SameChanges
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

#: For deployments, by repository and id, the numbers of pull requests.
RequestNumbers = dict[tuple[str, int], list[int]]


def find_shipped_requests(
    is_wanted: Flags, history: History, facts: CommitFacts, tables: Tables, config: Config
) -> RequestNumbers:
    """For each deployment in the window the wanted pull requests of which it shipped a change."""
    if not is_wanted.any():
        return {}
    shipped = history.shipped_numbers
    requests = facts.requests[shipped.numbers]
    is_of_wanted = np.append(is_wanted, values=False)[requests]  # NOTHING is the last
    is_in_window = shipped.shipped_at >= microseconds(config.window.since)
    rows = np.flatnonzero(is_of_wanted & is_in_window & facts.is_change[shipped.numbers])
    names = history.shipped["repository"].array.take(rows).tolist()
    numbers = tables.pull_requests["number"].to_numpy()[requests[rows]].tolist()
    found: RequestNumbers = {}
    for name, deployment, number in zip(
        names, shipped.deployments[rows].tolist(), numbers, strict=True
    ):
        _add(found, (name, deployment), number)
    return found


def find_requests_under_any_sha(
    is_wanted: Flags, history: History, facts: CommitFacts, tables: Tables, config: Config
) -> RequestNumbers:
    """The same, also where the change was shipped under another sha than its request's (LT11)."""
    found = find_shipped_requests(is_wanted, history, facts, tables, config)
    if not is_wanted.any():
        return found
    numbers = tables.pull_requests["number"].to_numpy()
    wanted: dict[str, list[tuple[int, int]]] = {}
    for name, same in history.same.items():
        start = history.numbers.repositories[name].start
        commits = [one for one in same.all_names() if isinstance(one, int)]
        requests = facts.requests[np.array(commits, dtype="int64") + start]
        is_of_wanted = np.append(is_wanted, values=False)[requests]
        for place in np.flatnonzero(is_of_wanted).tolist():
            own = wanted.setdefault(name, [])
            own.append((commits[place], int(numbers[requests[place]])))
    for (name, _), shipped in history.first_shipped.items():
        for commit, number in wanted.get(name, ()):
            for deployment in _shipping(commit, history.same[name], shipped, facts):
                _add(found, (name, deployment), number)
    return found


def _shipping(
    commit: int, same: SameChanges, shipped: FirstShipped, facts: CommitFacts
) -> Iterator[int]:
    """The deployments that shipped the change of *commit* under any sha."""
    for one in same.names(commit):
        if isinstance(one, int) and facts.is_change[one + shipped.commits.start]:
            position = shipped.position(one)
            if position is not None:
                yield shipped.deployments[position]


def _add(found: RequestNumbers, key: tuple[str, int], number: int) -> None:
    own = found.setdefault(key, [])
    if number not in own:
        own.append(number)
