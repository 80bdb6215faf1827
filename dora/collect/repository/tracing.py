"""Tells the selection of commits what environments, reverts and cherry-picks need.

What matters is not decided here: `assign_commits` does that, for the collector and the analysis.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from dora.collect.records import ListedRepository
from dora.collect.repository.commit_marks import Frontier
from dora.collect.repository.commit_selection import COMMITS_A_DEPLOYMENT, CommitSelection
from dora.collect.repository.pull_requests import PullRequestReader
from dora.collect.repository.successes import EnvironmentSuccesses
from dora.model.references import find_targets
from dora.model.same_changes import SameChanges
from dora.model.shipped_commits import LookbackSpan, ShippedCommits, Success, assign_commits


@dataclass
class EnvironmentTracer:
    """Marks the commits that the environments of one repository still need.

    Each environment begins with one difference: from what was live before the window to what was
    deployed in it, and to what waits on the default branch. Later turns add what older successes
    shipped (W3 (c)), and the ancestry of deployments that may have gone back (F2).
    """

    commits: CommitSelection
    listed: ListedRepository
    span: LookbackSpan
    _frontiers: dict[str, Frontier] = field(default_factory=dict)  #: by environment
    #: Pairs of commits whose ancestry was requested.
    _pairs: set[tuple[int, int]] = field(default_factory=set)

    def assign(
        self,
        environments: Mapping[str, EnvironmentSuccesses],
        same: SameChanges,
        older_count: Mapping[int, int],
        incomplete: Collection[int],
    ) -> dict[str, ShippedCommits]:
        """What each environment shipped, as far as commits and deployments were read.

        *older_count* is how many deployments older than the look-back each entry of the sources
        gave; those that have more are *incomplete*.
        """
        return {
            key: assign_commits(
                one.successes,
                self.commits.graph,
                self.span,
                same=same,
                head=self._head() if one.is_production else None,
                older_count=older_count.get(one.entry, 0),
                is_complete=one.entry not in incomplete,
            )
            for key, one in environments.items()
        }

    def mark_needed(
        self,
        environments: Mapping[str, EnvironmentSuccesses],
        shipped: Mapping[str, ShippedCommits],
    ) -> bool:
        """Mark the commits that any environment still needs; returns whether there are any."""
        marked = [self._mark_needed(key, one, shipped[key]) for key, one in environments.items()]
        return any(marked)

    def _mark_needed(self, key: str, own: EnvironmentSuccesses, shipped: ShippedCommits) -> bool:
        judged = [shipped.order[position] for position in shipped.judged]
        known = [one for one in judged if one.commit is not None]
        if not known:
            return False
        if key not in self._frontiers:
            return self._begin(key, own, known)
        closed = self._frontiers[key].closed
        for one in shipped.older_shippers:
            if one.commit is not None and not self.commits.has(one.commit, closed):
                self.commits.mark(one.commit, closed)
                return True
        marked = [self._mark_ancestry(*pair) for pair in self._in_doubt(own, shipped)]
        return any(marked)

    def _begin(self, key: str, own: EnvironmentSuccesses, known: list[Success]) -> bool:
        """Start the difference of an environment; returns whether any commits are wanted."""
        frontier = self._frontiers[key] = self.commits.new_frontier()
        earlier = [one for one in known if one.succeeded_at < self.span.since]
        count = 1 if own.needs_all else max(1, len(earlier))
        wanted = [one.commit for one in known[count:]]
        if own.is_production:
            wanted.append(self._head())
        for one in known[:count]:
            self._mark(one.commit, frontier.closed)
        for commit in wanted:
            self._mark(commit, frontier.wanted)
        self.commits.expect(
            (commit for commit in wanted if commit is not None),
            each=1 if own.is_line else COMMITS_A_DEPLOYMENT,
        )
        live = known[count - 1].commit
        if live is not None and any(commit != live for commit in wanted):
            self.commits.need(live)
        return bool(wanted)

    def _in_doubt(
        self, own: EnvironmentSuccesses, shipped: ShippedCommits
    ) -> Iterator[tuple[int, int]]:
        """Successes that may be rollbacks (F2): their commit, and the one that was live before."""
        changing = [it for it in shipped.judged if not shipped.order[it].is_unchanged]
        for before, position in pairwise(changing):
            success = shipped.order[position]
            live, one = shipped.order[before].commit, success.commit
            matters = own.needs_all or success.succeeded_at >= self.span.since
            if not matters or live is None or one is None or live == one:
                continue
            if shipped.first_shipped_by[one] != position:
                yield one, live

    def _mark_ancestry(self, one: int, live: int) -> bool:
        """Begin the difference that shows whether *live* reaches *one*, unless that is known."""
        graph = self.commits.graph
        if (one, live) in self._pairs:
            return False
        self._pairs.add((one, live))
        if graph.is_ancestor(one, live) or graph.is_ancestor(live, one):
            return False
        frontier = self.commits.new_frontier()
        self._mark(live, frontier.closed)
        self._mark(one, frontier.wanted)
        return True

    def _mark(self, commit: int | None, marks: int) -> None:
        if commit is not None:
            self.commits.mark(commit, marks)

    def _head(self) -> int | None:
        """The newest commit of the default branch."""
        if self.listed.head is None or self.listed.head_at is None:
            return None
        return self.commits.number(self.listed.head, self.listed.head_at)


@dataclass
class RevertTracer:
    """Requires the commits that shipped reverts name, so that it is known what they revert (F3)."""

    commits: CommitSelection
    pull_requests: PullRequestReader
    organization: str
    repository: str
    _asked: set[tuple[int, str | int]] = field(default_factory=set)

    async def require_targets(self) -> bool:
        """Require what reverts name and was not read; whether there is such."""
        is_required = False
        for commit in self.commits.reverts():
            text = self.commits.found.texts[commit]
            targets = find_targets(*text, self.organization, self.repository)
            names: list[str | int] = [*targets.commits, *targets.requests]
            for name in names:
                if (commit, name) not in self._asked:
                    self._asked.add((commit, name))
                    target = await self._target(name)
                    if target is not None and target != commit:
                        is_required |= self.commits.require(target, commit)
                        # A pick of it may have been shipped in its place (LT11).
                        wanted = self.commits.difference(commit)
                        is_required |= self.commits.compare(target, wanted)
        return is_required

    async def _target(self, name: str | int) -> int | None:
        """Number of the commit that a sha or a pull request's number stands for."""
        if isinstance(name, str):
            return await self.commits.find(name)
        if name in self.pull_requests.merges:
            sha = self.pull_requests.merges[name]
            return None if sha is None else await self.commits.find(sha)
        merge = await self.pull_requests.find_merge(name)
        return None if merge is None else self.commits.number(*merge)


@dataclass
class OriginTracer:
    """Requires what shipped and waiting picks were picked from (LT11).

    So it is known whether an environment had received the same change before.
    """

    commits: CommitSelection
    _origins: dict[str, int | None] = field(default_factory=dict)  #: by what picks name them

    async def require_origins(self) -> bool:
        """Require what picks name and was not compared; whether there is such."""
        picks = {
            pick: (wanted, names)
            for pick, names in self.commits.found.picks.items()
            if (wanted := self.commits.difference(pick))
        }
        named = dict.fromkeys(name for _, names in picks.values() for name in names)
        new = [name for name in named if name not in self._origins]
        found = await asyncio.gather(*map(self.commits.find, new))
        self._origins |= dict(zip(new, found, strict=True))
        compared = [
            self.commits.compare(origin, wanted)
            for pick, (wanted, names) in picks.items()
            for name in names
            if (origin := self._origins[name]) is not None and origin != pick
        ]
        return any(compared)
