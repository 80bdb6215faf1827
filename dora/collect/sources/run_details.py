"""Reads what the list of runs does not tell: workflows by name, earlier attempts, jobs (D8).

All entries of a repository share what was read: two that take different jobs of one workflow list
its runs, and the jobs of each run, once.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.github import page_size
from dora.collect.github.rest import RUN_ATTEMPT, RUN_JOBS, WORKFLOWS, RestQuery
from dora.collect.repository.context import RepositoryContext
from dora.collect.sources.actions_rights import get_of_actions
from dora.collect.sources.commit_dates import CommitDates
from dora.collect.sources.run_list import RunList
from dora.collect.sources.run_records import (
    AttemptRecord,
    JobRecord,
    RunRecord,
    is_own,
    read_attempt,
    read_jobs,
    read_workflows,
)
from dora.config.globs import compile_globs

#: The name of a workflow's file without wildcards, which GitHub can be asked for.
FILE = re.compile(r"[^*?/]+\.ya?ml", re.IGNORECASE)
Row = TypeVar("Row")
Detail = TypeVar("Detail", AttemptRecord, JobRecord)


@dataclass
class RunDetails:
    """The workflows, runs, attempts and jobs of one repository that were asked for so far.

    Runs that were created at or after *until* do not exist.
    """

    context: RepositoryContext
    until: datetime
    cached: CachedRepository | None = None
    dates: CommitDates = field(init=False)
    _lists: dict[tuple[int | str, str | None, str | None], RunList] = field(default_factory=dict)
    _workflows: dict[int, tuple[str, ...]] | None = None  #: what each is called, by number
    _attempts: dict[int, list[AttemptRecord]] = field(default_factory=dict)
    _jobs: dict[int, list[JobRecord]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look up no commit yet."""
        self.dates = CommitDates(self.context)

    def runs(self, workflow: int | str, branch: str | None, event: str | None) -> RunList:
        """The list of a workflow's runs, narrowed to a branch and an event where these are said."""
        key = workflow, branch, event
        if key not in self._lists:
            # GitHub takes whole seconds, and gives what was created within the last one, too.
            last = (self.until - timedelta(microseconds=1)).replace(microsecond=0)
            self._lists[key] = RunList(self.context, *key, last)
        return self._lists[key]

    async def workflows(self, glob: str) -> list[int | str]:
        """The workflows of that name, or whose file has it, case ignored.

        A whole file name is asked for as it is written; else the list of workflows tells.
        """
        if FILE.fullmatch(glob):
            return [glob]
        if self._workflows is None:
            self._workflows = dict(await self._read_pages(WORKFLOWS, read_workflows))
        named = compile_globs((glob,))
        return [
            number for number, names in self._workflows.items() if any(map(named.fullmatch, names))
        ]

    async def attempts(self, run: RunRecord) -> list[AttemptRecord]:
        """All attempts of a run, of which the latest is known."""
        if run.id not in self._attempts:
            earlier = await self._or_cached(run, AttemptRecord, self._read_attempts)
            self._attempts[run.id] = [*earlier, run.latest]
        return self._attempts[run.id]

    async def jobs(self, run: RunRecord) -> list[JobRecord]:
        """The jobs of all attempts of a run, less those that an attempt only carried over."""
        if run.id not in self._jobs:
            self._jobs[run.id] = await self._or_cached(run, JobRecord, self._read_jobs)
        return self._jobs[run.id]

    async def _or_cached(
        self,
        run: RunRecord,
        kind: type[Detail],
        read: Callable[[RunRecord], Awaitable[list[Detail]]],
    ) -> list[Detail]:
        """What *read* gives, or what it gave an earlier run of this program.

        A run that has ended stays as it is until it is run again, which changes its state.
        """
        part, state = kind.__name__, [run.latest.number, run.updated_at.isoformat()]
        kept = self.cached.part_of_run(part, run.id) if self.cached else None
        if kept is not None and kept["state"] == state:
            return [_unpacked(kind, row) for row in kept["rows"]]
        found = await read(run)
        is_over = run.latest.ended_at is not None and all(one.ended_at for one in found)
        if self.cached is not None and is_over:
            rows = [_packed(one) for one in found]
            self.cached.cache_part_of_run(part, run.id, {"state": state, "rows": rows})
        return found

    async def _read_attempts(self, run: RunRecord) -> list[AttemptRecord]:
        answers = await asyncio.gather(
            *(
                get_of_actions(
                    self.context,
                    RUN_ATTEMPT,
                    run=run.id,
                    attempt=number,
                    exclude_pull_requests="true",
                )
                for number in range(1, run.latest.number)
            )
        )
        return [read_attempt(one) for one in answers if one is not None]  # None: it was deleted

    async def _read_jobs(self, run: RunRecord) -> list[JobRecord]:
        jobs = await self._read_pages(RUN_JOBS, read_jobs, run=run.id, filter="all")
        distinct = {one.id: one for one in jobs}.values()
        started = {run.latest.number: run.latest.started_at}
        if any(1 < one.attempt < run.latest.number for one in distinct):
            started = {one.number: one.started_at for one in await self.attempts(run)}
        return [one for one in distinct if is_own(one, started.get(one.attempt))]

    async def _read_pages(
        self, query: RestQuery, read: Callable[[Any], tuple[int, list[Row]]], **variables: Any
    ) -> list[Row]:
        """The rows of all pages; none where GitHub knows nothing of that address."""
        found: list[Row] = []
        for page in count(1):
            answer = await get_of_actions(self.context, query, page=page, **variables)
            total, rows = (0, []) if answer is None else read(answer)
            found += rows
            if not rows or page * page_size.FULL_PAGE >= total:
                break
        return found


def _packed(detail: AttemptRecord | JobRecord) -> list[Any]:
    """A detail as plain data."""
    return [one.isoformat() if isinstance(one, datetime) else one for one in detail]


def _unpacked(kind: type[Detail], row: list[Any]) -> Detail:
    """The detail that plain data was made of."""
    return kind._make(
        datetime.fromisoformat(value) if value and name.endswith("_at") else value
        for name, value in zip(kind._fields, row, strict=True)
    )
