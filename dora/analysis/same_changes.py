"""Finds in the tables which commits are the same change under another sha (LT11)."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

import numpy as np

from dora.analysis.commit_numbers import CommitNumbers, Numbers
from dora.analysis.commit_requests import CommitRequests
from dora.model.columns import NOTHING
from dora.model.commit_graph import CommitGraph
from dora.model.references import PICKED, find_origins
from dora.model.same_changes import SameChanges, Squash, find_same_changes
from dora.model.tables import Tables

#: The highest digit there is: after a prefix, the end of all that begins with it.
PAST_ALL_DIGITS = "g"


def find_all_same_changes(
    numbers: CommitNumbers,
    requests: CommitRequests,
    graphs: Mapping[str, CommitGraph],
    tables: Tables,
    gone: Numbers,
) -> dict[str, SameChanges]:
    """For each repository the commits that are the same change, numbered as in its graph.

    *gone* are the numbers of those that GitHub no longer has (LT10).
    """
    unknown = {*gone.tolist()}.difference(numbers.commits.tolist()) if len(gone) else set()
    picks = _find_picks(numbers, tables)
    squashes = _find_squashes(numbers, requests)
    found = {}
    for name, own in numbers.repositories.items():
        if name not in picks and name not in squashes:
            found[name] = SameChanges()
            continue
        shas: list[str] = numbers.shas[own].tolist()
        own_unknown = {one - own.start for one in unknown if own.start <= one < own.stop}
        found[name] = find_same_changes(
            picks.get(name, {}),
            squashes.get(name, ()),
            graphs[name],
            find=PrefixIndex(shas, own_unknown).find,
            sha=shas.__getitem__,
        )
    return found


class PrefixIndex:
    """Finds by the first digits of their shas the commits of a list, by their places in it.

    Those at the places *unknown* are found by their whole sha alone: a short one means a commit
    that is known.
    """

    def __init__(self, shas: Sequence[str], unknown: AbstractSet[int] = frozenset()) -> None:
        self._shas = sorted(zip(shas, range(len(shas)), strict=True))
        self._unknown = unknown

    def find(self, prefix: str) -> list[int]:
        """The places of those whose sha begins with *prefix*, no more than two."""
        begin = bisect_left(self._shas, (prefix,))
        end = bisect_left(self._shas, (prefix + PAST_ALL_DIGITS,))
        fitting = (
            place
            for sha, place in self._shas[begin:end]
            if sha == prefix or place not in self._unknown
        )
        return [*islice(fitting, 2)]


def _find_picks(numbers: CommitNumbers, tables: Tables) -> dict[str, dict[int, tuple[str, ...]]]:
    """For each repository the commits that say what they were picked from."""
    messages = tables.commits["message"]
    rows = np.flatnonzero(messages.notna().to_numpy())
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for commit, repository, message in zip(
        numbers.commits[rows].tolist(),
        tables.commits["repository"].array.take(rows).tolist(),
        messages.array.take(rows).tolist(),
        strict=True,
    ):
        if PICKED in message:
            own = commit - numbers.repositories[repository].start
            found.setdefault(repository, {})[own] = find_origins(message)
    return found


def _find_squashes(numbers: CommitNumbers, requests: CommitRequests) -> dict[str, list[Squash]]:
    """For each repository the squashes of whose requests any other commit is known."""
    merged = numbers.merged
    places = np.arange(len(merged))
    is_squashed = (merged != NOTHING) & (np.append(requests.rows, NOTHING)[merged] == places)
    is_squashed &= np.append(requests.is_squash, values=False)[merged]
    squashes = np.append(np.where(is_squashed, merged, NOTHING), NOTHING)
    of_request = np.concatenate([numbers.brought_requests, numbers.associated_requests])
    commits = np.concatenate([numbers.brought, numbers.associated])
    of_commits = squashes[of_request]
    is_known = (of_commits != NOTHING) & (commits != NOTHING) & (commits != of_commits)
    brought: dict[int, list[int]] = {}
    for squash, commit in zip(
        of_commits[is_known].tolist(), commits[is_known].tolist(), strict=True
    ):
        brought.setdefault(squash, []).append(commit)
    heads = _heads_of(squashes[:-1], numbers.heads_of_requests)
    for squash in heads:
        brought.setdefault(squash, [])
    names, starts = [*numbers.repositories], [own.start for own in numbers.repositories.values()]
    found: dict[str, list[Squash]] = {}
    for squash, commits_of in sorted(brought.items()):
        place = int(np.searchsorted(starts, squash, side="right")) - 1
        start, head = starts[place], heads.get(squash)
        found.setdefault(names[place], []).append(
            Squash(
                squash - start,
                None if head is None else head - start,
                tuple(one - start for one in commits_of),
            )
        )
    return found


def _heads_of(squashes: Numbers, heads: Numbers) -> dict[int, int]:
    """For each squash the head of its request, where that is known."""
    is_known = (squashes != NOTHING) & (heads != NOTHING) & (heads != squashes)
    return dict(zip(squashes[is_known].tolist(), heads[is_known].tolist(), strict=True))
