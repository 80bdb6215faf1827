"""Lists the runs of a workflow, newest first, as far back as the caller needs (D8).

GitHub lists the runs that were created up to an instant, a hundred a page and 1,000 at most.
Because that instant is past, runs that are created meanwhile shift no page. Where there are more
than 1,000, the next list begins at the oldest run of the last one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any

from dora.collect.github import page_size
from dora.collect.github.rest import WORKFLOW_RUNS
from dora.collect.repository.context import RepositoryContext
from dora.collect.sources.actions_rights import get_of_actions
from dora.collect.sources.run_records import RunRecord, read_runs
from dora.errors import CannotRead

#: Runs that one search gives at most; a page behind the last of them has none.
MOST = 1000
#: How often a list is read if runs are deleted while it is read.
TRIES = 3
#: The share of the pages that are expected to be needed that are asked for at once.
SHARE = 0.8


@dataclass
class RunList:
    """The runs of one workflow of a repository that were created by *upper*.

    *workflow* is its number or the name of its file; *branch* and *event* narrow what GitHub lists.
    A workflow that there is not has no runs.
    """

    context: RepositoryContext
    workflow: int | str
    branch: str | None
    event: str | None
    upper: datetime
    read: dict[int, RunRecord] = field(default_factory=dict)  #: by number, newest first
    is_complete: bool = False
    _pages: int = 0  #: of this search
    _total: int = 0  #: runs that this search finds
    _left: int = MOST  #: an estimate of the runs that no search has listed yet

    @property
    def oldest(self) -> datetime:
        """The instant after which every run is read."""
        return self.upper if not self.read else next(reversed(self.read.values())).created_at

    async def read_back_to(self, instant: datetime) -> None:
        """Read on until every run created at or after *instant* is read."""
        while not self.is_complete and (not self.read or self.oldest >= instant):
            await self._read(self._pages_to(instant))

    async def read_page(self) -> None:
        """Read one more page."""
        await self._read(1)

    def _pages_to(self, instant: datetime) -> int:
        """How many pages to ask for at once: some of those expected, at most as many as so far."""
        if not self.read:
            return 1
        newest, rows = next(iter(self.read.values())).created_at, len(self.read)
        span = max(1.0, (newest - self.oldest).total_seconds())
        expected = min(rows * (self.oldest - instant).total_seconds() / span, MOST)
        size = page_size.FULL_PAGE
        most = min(
            int(SHARE * expected / size),
            rows // size,
            MOST // size - self._pages,
            ceil(self._left / size),
        )
        return max(1, most)

    async def _read(self, count: int) -> None:
        """Read the next *count* pages of this search, and see what is left."""
        pages, before = range(self._pages + 1, self._pages + count + 1), None
        for _ in range(TRIES):
            answers = await asyncio.gather(*map(self._ask, pages))
            if None in answers:
                if self.read or answers[0] is not None:
                    raise CannotRead("Not Found: was it deleted or renamed meanwhile?")
                self.is_complete = True
                return
            found = [read_runs(one) for one in answers]
            # What is the same twice is what there is, even if the number of runs tells otherwise.
            if self._fit(pages, found) or found == before:
                break
            before = found
            pages = range(1, pages[-1] + 1)  # what was deleted moved others to pages already read
            self._pages = 0
        else:
            raise CannotRead("the list of workflow runs changes faster than it can be read")
        self._add(pages[-1], found)

    def _fit(self, pages: Sequence[int], found: Sequence[tuple[int, Sequence[RunRecord]]]) -> bool:
        """Whether the pages are those of one list, and each has as many runs as it must have."""
        size, total = page_size.FULL_PAGE, self._total if self._pages else found[0][0]
        reached = min(total, MOST)
        return all(
            count == total and len(runs) == max(0, min(size, reached - (page - 1) * size))
            for page, (count, runs) in zip(pages, found, strict=True)
        )

    def _add(self, last: int, found: Sequence[tuple[int, Sequence[RunRecord]]]) -> None:
        self.read |= {run.id: run for _, runs in found for run in runs if run.id not in self.read}
        self._pages, self._total = last, found[0][0]
        reached = last * page_size.FULL_PAGE
        self._left = max(0, self._total - reached)
        # Where 1,000 were found there may be more: a server need not count further than it lists.
        self.is_complete = self._total <= reached and self._total < MOST
        if reached >= MOST and not self.is_complete:
            if self.oldest == self.upper:
                raise CannotRead(f"a workflow has more than {MOST:,} runs of one second")
            self.upper, self._pages = self.oldest, 0

    async def _ask(self, page: int) -> Any:
        return await get_of_actions(
            self.context,
            WORKFLOW_RUNS,
            workflow=self.workflow,
            created=f"<={self.upper.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            branch=self.branch,
            event=self.event,
            exclude_pull_requests="true",
            page=page,
        )
