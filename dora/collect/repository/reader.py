"""One repository in, all rows that a report needs of it out: deployments, statuses, commits.

Reads deployments until the look-back is complete (W3) and commits until every difference is closed,
asking the very function that later judges them whether that is so.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.records import ListedRepository
from dora.collect.repository.commit_log import CommitLog
from dora.collect.repository.commit_selection import CommitHistory, Frontier
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployments import DeploymentList
from dora.collect.repository.pull_requests import PullRequestReader, Rows
from dora.collect.repository.refresh import freshen
from dora.collect.repository.successes import AttemptReader, Attempts
from dora.collect.repository.tags import find_tags
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.environments import Environment
from dora.model.references import find_targets
from dora.model.shipped_commits import (
    LookbackSpan,
    ShippedCommits,
    Success,
    assign_commits,
    microseconds,
)


@dataclass
class RepositoryReader:
    """A repository while it is read."""

    context: RepositoryContext
    config: Config
    listed: ListedRepository
    environment: Callable[[str], Environment]
    service: Callable[[str, str, str | None], str]
    span: LookbackSpan
    has_incidents: Callable[[], Awaitable[bool]]
    with_authors: bool = False
    cached: CachedRepository | None = None
    _requests: PullRequestReader = field(init=False)
    _deployments: DeploymentList = field(init=False)
    _history: CommitHistory = field(init=False)
    _attempts: AttemptReader = field(init=False)
    _is_hit: bool = False  #: whether incidents may be about it
    _frontiers: dict[str, Frontier] = field(default_factory=dict)
    _pairs: set[tuple[int, int]] = field(default_factory=set)
    _asked: set[tuple[int, str | int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Nothing is read yet."""
        on, cached = self.config.failures, self.cached
        self._deployments = DeploymentList(
            self.context,
            with_tags=on.tag,
            with_stamp=cached is not None,
            with_labels=cached is not None and bool(cached.labels),
        )
        self._requests = PullRequestReader(self.context, on.hotfix or on.label, cached)
        log = CommitLog(self.context, self._requests, self.with_authors, on.revert, cached)
        if cached is not None:
            log.new_rows = cached.expected(self.config.now)
        self._history = CommitHistory(
            log,
            page_budget=self.config.collect.commit_pages,
            excluded=compile_globs(self.config.changes.exclude_authors),
        )
        self._attempts = AttemptReader(
            self.config, self.environment, self.service, self.span, self._history.number
        )

    async def read(self) -> Rows:
        """Rows of every table; CannotRead (and its kin) say why there are none.

        What was read of commits is kept either way.
        """
        try:
            return await self._read()
        finally:
            if self.cached is not None:
                self.cached.save()

    async def _read(self) -> Rows:
        await self._deployments.read_since(self.config.lookback_start)
        if self.cached is not None:
            await freshen(
                self.cached, self._requests, self.context, self._deployments.beside, self.config.now
            )
        while not (has_any := self._has_chosen()) and not self._deployments.is_complete:
            await self._deployments.read_page()
        self._is_hit = await self.has_incidents()
        is_whole = await self._trace()
        listed = self.listed
        pages = self.config.collect.commit_pages
        incomplete = None if is_whole else f"its history was read for {pages} pages, not to its end"
        row = (listed.name, listed.archived_at, listed.is_empty, has_any, False, listed.url,
               listed.head, listed.head_at, None, incomplete)  # fmt: skip
        return {
            "repositories": [row],
            **self._deployment_rows(),
            "tags": await find_tags(self._deployments, self.config),
            **self._history.rows,
            **self._requests.rows,
        }

    def _has_chosen(self) -> bool:
        until = self.config.window.until
        return any(
            one.created_at < until and self.environment(one.environment).is_chosen
            for one in self._deployments.read
        )

    async def _trace(self) -> bool:
        """Read older deployments and commits until nothing more can matter.

        False when the page budget ended it.
        """
        while True:
            attempts = self._attempts.of(self._deployments.read, is_hit=self._is_hit)
            older = self._count_older()
            shipped = {key: self._assign_commits(own, older) for key, own in attempts.items()}
            if any(one.needs_previous for one in shipped.values()):
                await self._deployments.read_page()
            elif self._ask_all(attempts, shipped) or await self._ask_reverts():
                if not await self._history.close():
                    return False
            elif any(one.needs_older for one in shipped.values()):
                await self._deployments.read_page()
            else:
                return True

    def _ask_all(self, attempts: dict[str, Attempts], shipped: dict[str, ShippedCommits]) -> bool:
        """Mark the commits that any environment still needs read; whether there were any."""
        is_asked = [self._ask_commits(key, own, shipped[key]) for key, own in attempts.items()]
        return any(is_asked)

    async def _ask_reverts(self) -> bool:
        """Ask for what shipped reverts name and was not read (F3); whether there was any."""
        is_asked = False
        for commit in self._history.in_doubt():
            targets = find_targets(
                *self._history.texts[commit], self.config.organization, self.listed.name
            )
            names: list[str | int] = [*targets.commits, *targets.requests]
            for name in names:
                if (commit, name) not in self._asked:
                    self._asked.add((commit, name))
                    target = await self._target(name)
                    if target is not None and target != commit:
                        is_asked |= self._history.require(target, commit)
        return is_asked

    async def _target(self, name: str | int) -> int | None:
        """Number of the commit that a sha or a pull request's number stands for."""
        if isinstance(name, str):
            return await self._history.find(name)
        if name in self._requests.merges:
            merge = self._requests.merges[name]
            return None if merge is None else await self._history.find(merge)
        merge_commit = await self._requests.find_merge(name)
        return None if merge_commit is None else self._history.number(*merge_commit)

    def _count_older(self) -> int:
        """How many deployments older than the look-back were read (W3 (c))."""
        return sum(
            microseconds(one.created_at) < self.span.lookback for one in self._deployments.read
        )

    def _assign_commits(self, attempts: Attempts, older: int) -> ShippedCommits:
        return assign_commits(
            attempts.successes,
            self._history.graph,
            self.span,
            head=self._head() if attempts.is_production else None,
            older_count=older,
            is_complete=self._deployments.is_complete,
        )

    def _head(self) -> int | None:
        if self.listed.head is None or self.listed.head_at is None:
            return None
        return self._history.number(self.listed.head, self.listed.head_at)

    def _ask_commits(self, key: str, attempts: Attempts, shipped: ShippedCommits) -> bool:
        """Mark the commits that this environment still needs read; whether there were any."""
        judged = [shipped.order[position] for position in shipped.judged]
        known = [one for one in judged if one.commit is not None]
        if not known:
            return False
        if key not in self._frontiers:
            return self._begin(key, attempts, known)
        closed = self._frontiers[key].closed
        for one in shipped.older_shippers:
            if one.commit is not None and not self._history.has(one.commit, closed):
                self._history.mark(one.commit, closed)
                return True
        is_asked = [self._ask_ancestry(*pair) for pair in self._in_doubt(attempts, shipped)]
        return any(is_asked)

    def _begin(self, key: str, attempts: Attempts, known: list[Success]) -> bool:
        """Ask for what was shipped in the window, and what waits on the default branch."""
        frontier = self._frontiers[key] = self._history.new_frontier()
        earlier = [one for one in known if one.succeeded_at < self.span.since]
        count = 1 if attempts.needs_all else max(1, len(earlier))
        wanted = [one.commit for one in known[count:]]
        if attempts.is_production:
            wanted.append(self._head())
        for one in known[:count]:
            self._mark(one.commit, frontier.closed)
        for commit in wanted:
            self._mark(commit, frontier.wanted)
        self._history.expect(commit for commit in wanted if commit is not None)
        live = known[count - 1].commit
        if live is not None and any(commit != live for commit in wanted):
            self._history.need(live)
        return bool(wanted)

    def _in_doubt(self, attempts: Attempts, shipped: ShippedCommits) -> Iterator[tuple[int, int]]:
        """Successes that may have gone back (F2): their commit, and the one that was live."""
        positions = shipped.judged
        for before, position in pairwise(positions):
            live, one = shipped.order[before].commit, shipped.order[position].commit
            matters = attempts.needs_all or (
                shipped.order[position].succeeded_at >= self.span.since
            )
            if not matters or live is None or one is None or live == one:
                continue
            if shipped.first_shipped_by[one] != position:
                yield one, live

    def _ask_ancestry(self, one: int, live: int) -> bool:
        """Ask for what tells whether *live* reaches *one*, unless that is known."""
        graph = self._history.graph
        if (one, live) in self._pairs:
            return False
        self._pairs.add((one, live))
        if graph.is_ancestor(one, live) or graph.is_ancestor(live, one):
            return False
        frontier = self._history.new_frontier()
        self._mark(live, frontier.closed)
        self._mark(one, frontier.wanted)
        return True

    def _mark(self, commit: int | None, bits: int) -> None:
        if commit is not None:
            self._history.mark(commit, bits)

    def _deployment_rows(self) -> Rows:
        name, read = self.context.name, self._deployments.read
        return {
            "deployments": [
                (name, one.id, one.sha, one.committed_at is not None, one.environment, one.task,
                 one.payload, one.created_at)
                for one in read
            ],
            "statuses": [(name, one.id, *status) for one in read for status in one.statuses],
        }  # fmt: skip
