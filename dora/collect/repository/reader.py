"""Reads of one repository all rows that a report needs: deployments, statuses, commits, tags.

Deployments are read until the look-back is complete (W3), commits until every difference between
them is. Whether that is so is decided by the function that the analysis uses, too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.records import ListedRepository
from dora.collect.repository.commit_log import CommitLog
from dora.collect.repository.commit_selection import CommitSelection
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.repository.deployments import DeploymentList
from dora.collect.repository.pull_requests import PullRequestReader, Rows
from dora.collect.repository.refresh import refresh_cache
from dora.collect.repository.refs import RefReader
from dora.collect.repository.same_changes import SameChangeFinder
from dora.collect.repository.successes import SuccessFinder
from dora.collect.repository.tags import find_tags
from dora.collect.repository.tracing import EnvironmentTracer, OriginTracer, RevertTracer
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.environments import Environment
from dora.model.exclusions import ref_test
from dora.model.shipped_commits import LookbackSpan, microseconds


@dataclass(frozen=True)
class ReadingRules:
    """What holds for every repository of a run."""

    config: Config
    environment: Callable[[str], Environment]
    service: Callable[[str, str, str | None], str]
    span: LookbackSpan
    with_authors: bool = False

    def ref_reader(self, context: RepositoryContext) -> RefReader | None:
        """What reads the refs of a repository's deployments; None where nobody asks for any."""
        needs_ref = ref_test(self.config.deployments.exclude)
        if needs_ref is None:
            return None

        def is_needed(one: DeploymentRecord) -> bool:
            environment = self.environment(one.environment)
            return environment.is_chosen and not environment.is_left_out and needs_ref(one.filed)

        return RefReader(context, is_needed)


@dataclass
class RepositoryReader:
    """A repository while it is read."""

    rules: ReadingRules
    context: RepositoryContext
    listed: ListedRepository
    has_incidents: Callable[[], Awaitable[bool]]
    cached: CachedRepository | None = None
    _pull_requests: PullRequestReader = field(init=False)
    _deployments: DeploymentList = field(init=False)
    _commits: CommitSelection = field(init=False)

    def __post_init__(self) -> None:
        """Set up the parts; nothing is read yet."""
        config, cached = self.rules.config, self.cached
        on = config.failures
        self._deployments = DeploymentList(
            self.context,
            with_tags=on.tag,
            with_stamp=cached is not None,
            with_labels=cached is not None and bool(cached.labels),
            refs=self.rules.ref_reader(self.context),
        )
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
        config, deployments = self.rules.config, self._deployments
        await deployments.read_since(config.lookback_start)
        if self.cached is not None:
            await refresh_cache(
                self.cached, self._pull_requests, self.context, deployments.beside, config.now
            )
        while not (has_chosen := self._has_chosen()) and not deployments.is_complete:
            await deployments.read_page()
        is_whole = await self._trace(is_hit=await self.has_incidents())
        return {
            "repositories": [self._repository_row(has_chosen=has_chosen, is_whole=is_whole)],
            **self._deployment_rows(),
            "tags": await find_tags(deployments, config),
            **self._commits.found.rows,
            **self._pull_requests.rows,
        }

    def _has_chosen(self) -> bool:
        """Whether a chosen environment had a deployment before the window's end."""
        until = self.rules.config.window.until
        return any(
            one.created_at < until and self.rules.environment(one.environment).is_chosen
            for one in self._deployments.read
        )

    async def _trace(self, *, is_hit: bool) -> bool:
        """Read older deployments and commits until nothing more can matter.

        *is_hit* is whether incidents may be about the repository. False if the page budget
        ended it.
        """
        rules, deployments = self.rules, self._deployments
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
            successes = finder.of(deployments.read, is_hit=is_hit)
            shipped = environments.assign(
                successes, same.find(), self._count_older(), is_complete=deployments.is_complete
            )
            if any(one.needs_previous for one in shipped.values()):
                await deployments.read_page()
            elif (
                environments.mark_needed(successes, shipped)
                or await reverts.require_targets()
                or await origins.require_origins()
            ):
                if not await self._commits.close():
                    return False
            elif any(one.needs_older for one in shipped.values()):
                await deployments.read_page()
            else:
                return True

    def _count_older(self) -> int:
        """How many deployments older than the look-back were read (W3 (c))."""
        lookback = self.rules.span.lookback
        return sum(microseconds(one.created_at) < lookback for one in self._deployments.read)

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

    def _deployment_rows(self) -> Rows:
        name, read = self.context.name, self._deployments.read
        return {
            "deployments": [
                (
                    name,
                    one.id,
                    one.sha,
                    one.committed_at is not None,
                    one.environment,
                    one.task,
                    one.payload,
                    one.created_at,
                    one.creator,
                    one.description,
                    one.ref,
                    one.source,
                    one.name,
                    one.url,
                )
                for one in read
            ],
            "statuses": [(name, one.id, *status) for one in read for status in one.statuses],
        }
