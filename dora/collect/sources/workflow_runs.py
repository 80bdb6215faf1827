"""Takes the runs of a workflow, or one job of each, for deployments (D8)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.sources.run_details import RunDetails
from dora.collect.sources.run_list import RunList
from dora.collect.sources.run_records import RunRecord, RunRules, run_rules
from dora.collect.sources.source import SourceReading
from dora.config.source_settings import WorkflowSource

#: How long a run can be run again: no attempt begins later after the creation of its run.
RERUN = timedelta(days=30)
#: Runs whose jobs are asked for at once where older deployments are needed.
STEP = 25
SECOND = timedelta(seconds=1)
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass
class WorkflowDeployments:
    """Deployments of one entry in one repository, newest first.

    An old run may have a new attempt. So only what began more than `RERUN` after the oldest run
    that was listed is certain to be all there is; what began before waits until more runs are
    listed. What must be asked about a single run is asked when its deployments are needed.
    """

    details: RunDetails
    rules: RunRules
    branch: str | None  #: the only one whose runs GitHub is asked for; None if all are listed
    event: str | None  #: likewise
    read: list[DeploymentRecord] = field(default_factory=list)
    _lists: list[RunList] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)  #: how many runs of each list
    _waiting: list[RunRecord] = field(default_factory=list)
    _held: list[DeploymentRecord] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing older."""
        return not (self._unfinished or self._waiting or self._held)

    @property
    def _unfinished(self) -> list[RunList]:
        return [one for one in self._lists if not one.is_complete]

    @property
    def _certain_since(self) -> datetime:
        """The instant since when no deployment can be missing but of runs that were listed."""
        oldest = max((one.oldest for one in self._unfinished), default=None)
        return EARLIEST if oldest is None else oldest + RERUN + SECOND

    async def read_since(self, instant: datetime) -> None:
        """Read every deployment created since *instant* (W3 (a)); called once, at first."""
        workflows = await self.details.workflows(self.rules.source.workflow)
        self._lists = [self.details.runs(one, self.branch, self.event) for one in workflows]
        target = max(instant, EARLIEST + RERUN) - RERUN
        await asyncio.gather(*(one.read_back_to(target) for one in self._lists))
        self._waiting += self._new_runs()
        await self._take(max(instant, self._certain_since))

    async def read_page(self) -> None:
        """Read some older ones (W3 (b), (c)); called only while it is not complete."""
        since = self._certain_since
        ready = [one for one in self._waiting if self._last(one) >= since]
        if not ready and not any(one.created_at >= since for one in self._held):
            if self._unfinished:
                await max(self._unfinished, key=attrgetter("oldest")).read_page()
                self._waiting += self._new_runs()
            since = self._certain_since
            ready = [one for one in self._waiting if self._last(one) >= since]
        if self.rules.source.job and len(ready) > STEP:
            since = sorted(map(self._last, ready), reverse=True)[STEP - 1]
        await self._take(since)

    async def _take(self, since: datetime) -> None:
        """Add the deployments that were created since then, of the runs that were listed."""
        due = [one for one in self._waiting if self._last(one) >= since]
        self._waiting = [one for one in self._waiting if self._last(one) < since]
        made = await asyncio.gather(*map(self._deployments, due))
        self._held += [one for each in made for one in each]
        self._held.sort(key=attrgetter("created_at", "id"), reverse=True)
        new = [one for one in self._held if one.created_at >= since]
        self._held = self._held[len(new) :]
        self.read += await self.details.dates.fill(new)

    def _new_runs(self) -> Iterable[RunRecord]:
        """The runs that were listed since the last call, and that count."""
        for number, listed in enumerate(self._lists):
            runs = list(listed.read.values())[self._seen.get(number, 0) :]
            self._seen[number] = len(listed.read)
            yield from filter(self.rules.takes, runs)

    def _last(self, run: RunRecord) -> datetime:
        """The latest instant at which a deployment of the run may have been created."""
        if self.rules.source.job:  # a job may wait long for an approval
            return LATEST if run.latest.ended_at is None else run.updated_at
        return run.latest.started_at

    async def _deployments(self, run: RunRecord) -> list[DeploymentRecord]:
        if self.rules.source.job:
            jobs = await self.details.jobs(run)
            return [one for job in jobs if (one := self.rules.of_job(run, job)) is not None]
        attempts = [run.latest] if run.latest.number == 1 else await self.details.attempts(run)
        return [self.rules.of_attempt(run, one) for one in attempts]


def list_workflow_runs(
    reading: SourceReading, position: int, entry: WorkflowSource
) -> WorkflowDeployments:
    """The deployments of an *entry*, which share what is read of a repository's runs."""
    branch = reading.listed.branch
    return WorkflowDeployments(
        reading.runs, run_rules(entry, position, branch), *asked_of_github(entry, branch)
    )


def asked_of_github(
    entry: WorkflowSource, default_branch: str | None
) -> tuple[str | None, str | None]:
    """The only branch and the only event whose runs count; None if there may be others.

    GitHub lists the runs of these alone. Of several, all runs are listed and compared here.
    """
    branch = _only(entry.branch) if entry.branch else default_branch
    return branch, (_only(entry.event) or "").lower() or None


def _only(globs: tuple[str, ...]) -> str | None:
    """The only name that fits *globs*; None if others may fit."""
    return globs[0] if len(globs) == 1 and not set(globs[0]) & set("*?") else None
