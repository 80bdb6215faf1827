"""Reads of one repository all rows that a report needs: deployments, statuses, commits, tags.

Deployments are read until the look-back is complete (W3), commits until every difference between
them is. Whether that is so is decided by the function that the analysis uses, too.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.records import ListedRepository
from dora.collect.repository.commit_log import CommitLog
from dora.collect.repository.commit_selection import CommitSelection
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.opening import Opening
from dora.collect.repository.pull_requests import PullRequestReader, Rows
from dora.collect.repository.reading_rules import ReadingRules
from dora.collect.repository.refresh import refresh_cache
from dora.collect.repository.same_changes import SameChangeFinder
from dora.collect.repository.successes import SuccessFinder
from dora.collect.repository.tracing import EnvironmentTracer, OriginTracer, RevertTracer
from dora.collect.sources.repository_sources import RepositorySources
from dora.collect.sources.source import SourceReading
from dora.config.globs import compile_globs
from dora.model.shipped_commits import microseconds
from dora.model.source_entries import FittingEntry


@dataclass
class RepositoryReader:
    """A repository while it is read."""

    rules: ReadingRules
    context: RepositoryContext
    listed: ListedRepository
    has_incidents: Callable[[], Awaitable[bool]]
    cached: CachedRepository | None = None
    _pull_requests: PullRequestReader = field(init=False)
    _sources: RepositorySources = field(init=False)
    _commits: CommitSelection = field(init=False)

    def __post_init__(self) -> None:
        """Set up the parts; nothing is read yet."""
        config, cached = self.rules.config, self.cached
        on = config.failures
        self._pull_requests = PullRequestReader(self.context, on.hotfix or on.label, cached)
        log = CommitLog(self.context, self._pull_requests, self.rules.with_authors, cached)
        if cached is not None:
            log.new_rows = cached.expected(config.now)
        self._commits = CommitSelection(
            log,
            page_budget=config.collect.commit_pages,
            excluded=compile_globs(config.changes.exclude_authors),
            with_reverts=on.revert,
        )
        entries = self.rules.entries(self.listed.name)
        opening = Opening(self.context, self._opening_parts(entries), self._other_branch(entries))
        reading = SourceReading(self.rules, self.context, self.listed, opening, log)
        self._sources = RepositorySources(reading, entries)

    def _opening_parts(self, entries: Iterable[FittingEntry]) -> set[str]:
        """The parts of the first query that the sources, the signals and the cache need."""
        parts = {one.source.kind for one in entries} & {"deployments", "releases", "tags"}
        wanted: dict[str, bool] = {
            "tags": self.rules.config.failures.tag,
            "stamp": self.cached is not None,
            "labels": self.cached is not None and bool(self.cached.labels),
        }
        return parts | {name for name, is_wanted in wanted.items() if is_wanted}

    def _other_branch(self, entries: Iterable[FittingEntry]) -> str | None:
        """A branch whose head the first query gives: that of merges to another than the default."""
        named = (one.source.branch for one in entries if one.source.kind == "merges")
        return next((branch for branch in named if branch not in {"", self.listed.branch}), None)

    async def read(self) -> Rows:
        """Rows of every table; CannotRead and the like say why there are none.

        The commits that were read are cached in either case.
        """
        try:
            return await self._read()
        finally:
            if self.cached is not None:
                self.cached.save()

    async def _read(self) -> Rows:
        config, sources = self.rules.config, self._sources
        opening = sources.reading.opening
        await opening.read()
        if self.cached is not None:
            await refresh_cache(
                self.cached, self._pull_requests, self.context, opening.found, config.now
            )
        await sources.read_since_lookback()
        while not (has_chosen := self._has_chosen()) and sources.incomplete:
            await sources.read_older(sources.incomplete)
        is_whole = await self._trace(is_hit=await self.has_incidents())
        return {
            "repositories": [self._repository_row(has_chosen=has_chosen, is_whole=is_whole)],
            **sources.rows(),
            "tags": await sources.reading.tags.find_failures(config),
            **self._commits.found.rows,
            **self._pull_requests.rows,
        }

    def _has_chosen(self) -> bool:
        """Whether a chosen environment had a deployment before the window's end."""
        until = self.rules.config.window.until
        return any(
            one.created_at < until and self.rules.environment(one.environment).is_chosen
            for one in self._sources.read
        )

    async def _trace(self, *, is_hit: bool) -> bool:
        """Read older deployments and commits until nothing more can matter.

        *is_hit* is whether incidents may be about the repository. False if the page budget
        ended it.
        """
        rules, sources = self.rules, self._sources
        finder = SuccessFinder(
            rules.config, rules.environment, rules.service, rules.span, self._commits.number
        )
        environments = EnvironmentTracer(self._commits, self.listed, rules.span)
        reverts = RevertTracer(
            self._commits, self._pull_requests, rules.config.organization, self.listed.name
        )
        origins = OriginTracer(self._commits)
        same = SameChangeFinder(self._commits, self._pull_requests, rules.config.window.until)
        while True:
            successes = finder.of(sources.read, is_hit=is_hit)
            shipped = environments.assign(
                successes, same.find(), self._count_older(), sources.incomplete
            )
            if lacking := {
                successes[key].entry for key, one in shipped.items() if one.needs_previous
            }:
                await sources.read_older(lacking)
            elif (
                environments.mark_needed(successes, shipped)
                or await reverts.require_targets()
                or await origins.require_origins()
            ):
                if not await self._commits.close():
                    return False
            elif lacking := {
                successes[key].entry for key, one in shipped.items() if one.needs_older
            }:
                await sources.read_older(lacking)
            else:
                return True

    def _count_older(self) -> Counter[int]:
        """How many deployments older than the look-back each entry gave (W3 (c))."""
        lookback = self.rules.span.lookback
        read = self._sources.read
        return Counter(one.entry for one in read if microseconds(one.created_at) < lookback)

    def _repository_row(self, *, has_chosen: bool, is_whole: bool) -> tuple[object, ...]:
        one, pages = self.listed, self.rules.config.collect.commit_pages
        incomplete = None if is_whole else f"its history was read for {pages} pages, not to its end"
        return (
            one.name,
            one.archived_at,
            one.is_empty,
            has_chosen,
            False,
            one.url,
            one.head,
            one.head_at,
            None,
            incomplete,
        )
