"""Estimates what reading a repository's workflow runs would cost (D8)."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from dora.collect.github import page_size
from dora.collect.github.rest import WORKFLOW_RUNS
from dora.collect.records import ListedRepository
from dora.collect.sources.actions_rights import get_of_actions
from dora.collect.sources.run_details import RunDetails
from dora.collect.sources.run_records import RunRules, read_runs, run_rules
from dora.collect.sources.workflow_runs import EARLIEST, RERUN, SECOND, asked_of_github
from dora.config.source_settings import WorkflowSource

#: A workflow, and the branch and the event that GitHub is asked for.
Search = tuple[int | str, str | None, str | None]


class ExpectedRuns(NamedTuple):
    """Requests for workflow runs that may be needed, and commits that may be looked up."""

    pages: int = 0
    attempts: int = 0
    jobs: int = 0
    shas: int = 0


async def expect_runs(
    details: RunDetails,
    listed: ListedRepository,
    entries: Iterable[WorkflowSource],
    start: datetime,
) -> ExpectedRuns:
    """What the runs of all *entries* may take, where the look-back begins at *start*.

    Asks for the newest hundred runs of each workflow, beside which GitHub counts all of them.
    """
    searches: dict[Search, list[RunRules]] = {}
    for entry in entries:
        rules = run_rules(entry, 0, listed.branch)
        for workflow in await details.workflows(entry.workflow):
            search = workflow, *asked_of_github(entry, listed.branch)
            searches.setdefault(search, []).append(rules)
    found = await asyncio.gather(
        *(_expect(details, search, start, rules) for search, rules in searches.items())
    )
    return ExpectedRuns(*(sum(column) for column in zip(ExpectedRuns(), *found, strict=True)))


async def _expect(
    details: RunDetails,
    search: Search,
    start: datetime,
    rules: list[RunRules],
) -> ExpectedRuns:
    workflow, branch, event = search
    first = max(start, EARLIEST + RERUN) - RERUN
    answer = await get_of_actions(
        details.context,
        WORKFLOW_RUNS,
        workflow=workflow,
        created=f"{first.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}.."
        f"{details.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        branch=branch,
        event=event,
        exclude_pull_requests="true",
        page=1,
    )
    total, runs = (0, []) if answer is None else read_runs(answer)
    young = [run for run in runs if run.latest.started_at >= start]
    needed = [run for run in young if any(one.takes(run) for one in rules)]
    # What is not listed here is older; the same share of it as of its time is in the look-back.
    oldest = min((run.created_at for run in runs), default=start)
    share = max(0.0, (oldest - start) / max(SECOND, oldest - first))
    factor = 1 + (total - len(runs)) * share / max(1, len(young))
    with_jobs = [one for one in rules if one.source.job]
    return ExpectedRuns(
        max(1, ceil(total / page_size.FULL_PAGE)),
        ceil(factor * sum(run.latest.number - 1 for run in needed) * (len(with_jobs) < len(rules))),
        ceil(factor * len(needed) * bool(with_jobs)),
        ceil(factor * len({run.sha for run in needed})),
    )
