"""Finds the reverts that environments were shipped, and what these took away (F3, LT11)."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dora.analysis.changes import CommitFacts
from dora.analysis.history import FirstShipped, History
from dora.analysis.same_changes import PAST_ALL_DIGITS
from dora.analysis.signals import Reason, Successes
from dora.config import Config
from dora.model.columns import MISSING, NOTHING, microseconds_of
from dora.model.commit_graph import NEVER
from dora.model.references import Targets, find_targets
from dora.model.same_changes import Name, SameChanges
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables


class Revert(NamedTuple):
    """A shipped commit and one thing that it took away from what an environment had received."""

    repository: str
    environment_key: str
    deployment: int  #: which shipped the revert
    failed: int | None  #: which had shipped what it reverts; None where none in the window had
    by: str  #: sha of the revert


def find_reverts(
    history: History, facts: CommitFacts, tables: Tables, config: Config
) -> list[Revert]:
    """Shipped reverts that take something away (F3), each with each thing that it reverts once.

    Only what an environment had received before is here: the rest reverts nothing there.
    """
    by_repository: dict[str, dict[str, Targets]] = {}
    for repository, sha, targets in _reverts(history, facts, tables, config):
        by_repository.setdefault(repository, {})[sha] = targets
    if not by_repository:
        return []
    merges = _merges(tables, config)
    shas: dict[str, list[str]] = {}
    found: dict[Revert, None] = {}
    for (repository, key), shipped in history.first_shipped.items():
        if repository in by_repository:
            if repository not in shas:
                shas[repository] = history.numbers.shas[shipped.commits].tolist()
            same, own_shas = history.same[repository], shas[repository]
            own = _Reverts(repository, by_repository[repository], merges, shipped, same, own_shas)
            found |= dict.fromkeys(Revert(repository, key, *one) for one in own.found())
    return [*found]


def by_revert(successes: Successes, reverts: Sequence[Revert]) -> list[Reason]:
    """F3: what had shipped what was reverted, until it was reverted."""
    times = successes.succeeded_at() if reverts else {}
    return [
        Reason(one.repository, one.environment_key, one.failed, "revert",
               times[one.repository, one.failed], times[one.repository, one.deployment], one.by)
        for one in reverts
        if one.failed is not None
    ]  # fmt: skip


def _merges(tables: Tables, config: Config) -> dict[tuple[str, int], str]:
    """The merge commit of each pull request merged before `until`, by repository and number."""
    requests = tables.pull_requests
    merged_at = microseconds_of(requests["merged_at"])
    is_merged = (merged_at != MISSING) & (merged_at < microseconds(config.window.until))
    merged = requests[is_merged & requests["merge_sha"].notna().to_numpy()]
    columns = (merged[name].tolist() for name in ("repository", "number", "merge_sha"))
    return {(repository, number): sha for repository, number, sha in zip(*columns, strict=True)}


def _reverts(
    history: History, facts: CommitFacts, tables: Tables, config: Config
) -> Iterator[tuple[str, str, Targets]]:
    """Every commit read that says it reverts something, and what."""
    numbers = history.numbers
    branches = tables.pull_requests["head_ref"]
    messages = tables.commits["message"]
    has_message = messages.notna().to_numpy()
    is_branch = branches.str.startswith("revert-").to_numpy(dtype="bool", na_value=False)
    if not has_message.any() and not is_branch.any():
        return
    rows = np.full(len(numbers), NOTHING)
    rows[numbers.commits] = np.arange(len(numbers.commits))
    of_branch = np.append(is_branch, values=False)[numbers.associated_requests]
    candidates = np.concatenate(
        [
            numbers.commits[has_message],
            numbers.merged[is_branch],
            numbers.associated[of_branch],
        ]
    )
    candidates = candidates[candidates != NOTHING]
    candidates = candidates[rows[candidates] != NOTHING]
    commits = np.array([*dict.fromkeys(candidates.tolist())], dtype="int64")
    texts = messages.array.take(rows[commits]).tolist()
    of_commits = [
        branches.iloc[request] if request != NOTHING else None
        for request in facts.requests[commits].tolist()
    ]
    names = tables.commits["repository"].array.take(rows[commits]).tolist()
    shas = numbers.shas.take(commits).tolist()
    for repository, sha, message, branch in zip(names, shas, texts, of_commits, strict=True):
        text, ref = (one if isinstance(one, str) else None for one in (message, branch))
        targets = find_targets(text, ref, config.organization, repository)
        if any(targets):
            yield repository, sha, targets


@dataclass
class _Reverts:
    """The reverts of one repository, as they came to one environment."""

    repository: str
    targets: Mapping[str, Targets]
    merges: Mapping[tuple[str, int], str]
    shipped: FirstShipped
    same: SameChanges
    shas: Sequence[str]  #: of the repository's commits
    _known: dict[str, bool] = field(init=False, default_factory=dict)  #: what takes anything away

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The commits that the environment received."""
        received = np.flatnonzero(self.shipped.positions != NEVER).tolist()
        return {self.shas[one]: one for one in received}

    @cached_property
    def _names(self) -> dict[str, Name]:
        """What may be received under another sha (LT11)."""
        return {self._sha(one): one for one in self.same.all_names()}

    @cached_property
    def _sorted(self) -> list[str]:
        """The shas by which the received changes are known.

        Most environments were shipped no revert, and have no use for it.
        """
        others = (sha for sha in self._names if any(True for _ in self._received_as(sha)))
        return sorted({*self._numbers, *others})

    def found(self) -> list[tuple[int, int | None, str]]:
        """The shipping deployment, the failed one, the revert: for each that takes away."""
        rows = []
        for sha in self.targets:
            number = self._numbers.get(sha)
            position = None if number is None else self.shipped.position(number)
            if position is None:
                continue
            deployment = self.shipped.deployments[position]
            self._follow(sha)
            for target in self._taken_away(sha):
                rows += [(deployment, failed, sha) for failed in self._failed(target, position)]
        return rows

    def _failed(self, target: str | None, position: int) -> list[int | None]:
        """The deployments that had shipped *target* before *position*.

        None stands for one before the window: what these shipped is not read, so nobody knows which
        it was. There are none where it was shipped together with its revert or never received.
        """
        commits = [] if target is None else [*self._received_as(target)]
        by = {self.shipped.position(one) for one in commits}
        before = {one for one in by if one is not None and one < position}
        if position in by or all(self.shipped.positions[one] >= position for one in commits):
            return []
        return [self.shipped.deployments[one] for one in sorted(before)] or [None]

    def _received_as(self, sha: str) -> Iterator[int]:
        """The received commits whose change is that of *sha*."""
        name = self._names.get(sha, self._numbers.get(sha))
        if name is not None:
            for one in self.same.names(name):
                if isinstance(one, int) and self.shipped.positions[one] != NEVER:
                    yield one

    def _follow(self, sha: str) -> None:
        """Find out what a chain of reverts takes away, its end first: it may be of any length."""
        path, seen = [sha], set[str]()
        while path:
            one = path[-1]
            if one in self._known or one in seen:
                path.pop()
                self._takes_away(one, frozenset())
            else:
                seen.add(one)
                path += [it for it in self._targets_of(one) if it is not None and it not in seen]

    def _taken_away(self, sha: str) -> list[str | None]:
        """What a revert takes away rather than puts back, None for what is unknown (parity)."""
        return [
            target
            for target in self._targets_of(sha)
            if target is None or not self._takes_away(target, frozenset([sha]))[0]
        ]

    def _takes_away(self, sha: str, seen: frozenset[str]) -> tuple[bool, bool]:
        """Whether a commit takes anything away, and whether that depends on what was *seen*.

        What does not is remembered: reverts of several reverts each would take exponential time.
        """
        if sha in self._known:
            return self._known[sha], False
        takes = depends = False
        for target in self._targets_of(sha):
            if target is None or target in seen:
                takes = True
                depends |= target is not None
            else:
                inner, inner_depends = self._takes_away(target, seen | {sha})
                takes |= not inner
                depends |= inner_depends
        if not depends:
            self._known[sha] = takes
        return takes, depends

    def _targets_of(self, sha: str) -> list[str | None]:
        targets = self.targets.get(self._told(sha))
        if targets is None:
            return []
        requests = [self.merges.get((self.repository, number)) for number in targets.requests]
        commits = [self._only_fit(prefix) for prefix in targets.commits]
        return [*commits, *requests, *([None] * targets.strangers)]

    def _told(self, sha: str) -> str:
        """The commit whose message tells of a change: a pick where nobody knows the original."""
        name = self._names.get(sha)
        if not isinstance(name, str):
            return sha
        picks = [self._sha(one) for one in self.same.group(name) if isinstance(one, int)]
        return min(picks, default=sha)

    def _only_fit(self, prefix: str) -> str | None:
        """The sha with *prefix* by which a received change is known; None for none or several."""
        begin = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + PAST_ALL_DIGITS)
        return self._sorted[begin] if end - begin == 1 else None

    def _sha(self, name: Name) -> str:
        return self.shas[name] if isinstance(name, int) else name
