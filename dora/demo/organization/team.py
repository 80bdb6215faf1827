"""Simulates one team at work on one repository, event by event in the order of time.

A `Service` says how often the team merges, releases and fails. Scenarios add events of their own
and keep the routine away meanwhile.
"""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dora.demo.organization.history import CommitHistory, LandedChange, PlannedChange
from dora.demo.organization.model import Tag
from dora.demo.organization.pipeline import (
    DeploymentDraft,
    Pipeline,
    Step,
    approved,
    went_well,
    went_wrong,
)
from dora.demo.organization.service import PEOPLE, THINGS, VERBS, WAYS, IssueDraft, Service

ORGANIZATION = "medica-flow"


@dataclass
class TeamSimulation:
    """A repository while its team works on it."""

    service: Service
    now: datetime
    seed: int
    issues: list[IssueDraft] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the history, with some old commits."""
        name = self.service.name
        self.random = random.Random(f"{self.seed}:{name}")
        self.history = CommitHistory(f"{self.seed}:{ORGANIZATION}/{name}")
        self.pipeline = Pipeline(f"https://github.com/{ORGANIZATION}/{name}", self.service.tool)
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._count = 0
        self._live: dict[str, list[str]] = {}
        days = self.service.start_days
        self.history.begin(self.day(days + 300))
        for at in range(self.service.old_commits):
            moment = self.day(days + 299 - at * 295 / max(1, self.service.old_commits), 11)
            title = self.random.choice(VERBS) + " " + self.random.choice(THINGS)
            author = self.random.choice(PEOPLE)
            change = PlannedChange(moment, (moment,), "direct", title, author)
            self.history.land(change)

    # ---- time ------------------------------------------------------------------------------------

    def day(self, days_ago: float, hour: float = 10.0) -> datetime:
        """That hour of the working day so many days ago; weekends give the Friday before."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        moment = midnight - timedelta(days=int(days_ago))
        moment -= timedelta(days=max(0, moment.weekday() - 4))
        return moment + timedelta(seconds=int(hour * 3600))

    def at(self, moment: datetime, action: Callable[[], object]) -> None:
        """Let something happen at that moment; never, when it lies in the future."""
        if moment <= self.now:
            self._count += 1
            heapq.heappush(self._events, (moment, self._count, action))

    def pause(self, first: datetime, last: datetime) -> None:
        """Keep routine releases away in between: a scenario plays."""
        self.pauses.append((first, last))

    def run(self) -> None:
        """Play all events in the order of time."""
        while self._events:
            _, _, action = heapq.heappop(self._events)
            action()

    def minutes(self, low: float, high: float) -> timedelta:
        """A random time between so many minutes, more often a short one."""
        return timedelta(seconds=round(60 * self.random.triangular(low, high, low)))

    # ---- routine ---------------------------------------------------------------------------------

    def plan_routine(self) -> None:
        """Merges and releases of every working day."""
        service = self.service
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        for days_ago in range(service.start_days, -4, -1):  # what lands later is open now
            day = midnight - timedelta(days=days_ago)
            busy = 1.0 if day.weekday() < 5 else 0.02  # Monday to Friday
            if service.archived_days and days_ago <= service.archived_days:
                break
            for _ in range(self.drawn(service.merges / 5 * busy)):
                self.plan_change(self.change(day + self.office_hour()))
            for _ in range(self.drawn(service.releases / 5 * busy)):
                if service.deploys and days_ago > service.stop_days:
                    moment = day + self.office_hour(9.0)
                    self.at(moment, partial(self.routine_release, moment))

    def drawn(self, mean: float) -> int:
        """A whole number around *mean*."""
        whole = int(mean)
        return sum(self.random.random() < mean / (2 * whole + 1) for _ in range(2 * whole + 1))

    def office_hour(self, earliest: float = 8.0) -> timedelta:
        """A time of day at work."""
        return timedelta(seconds=round(3600 * self.random.triangular(earliest, 18.0, 14.0)))

    def change(self, landed: datetime) -> PlannedChange:
        """A usual change that lands at that moment: hours to days of work."""
        draw = self.random
        bot = draw.random() < 0.08  # one in twelve
        count = 1 if bot else draw.choice((1, 1, 2, 2, 3, 4))
        review = self.minutes(10, 60 * 40) * self.service.pace
        opened = (landed - review).replace(microsecond=0)
        work = self.minutes(20, 60 * 50) * self.service.pace
        authored = sorted(opened - work * draw.random() for _ in range(count))
        if count > 2:  # a review asks for something now and then
            authored[-1] = opened + review * 0.5
        authored = [moment.replace(microsecond=0) for moment in authored]
        title = f"{draw.choice(VERBS)} {draw.choice(THINGS)}"
        direct = not bot and draw.random() < self.service.direct
        slug = title.lower().replace(" ", "-")
        return PlannedChange(
            landed,
            authored[:1] if direct else authored,
            "direct" if direct else draw.choices(WAYS, self.service.ways)[0],
            "Bump requests from 2.31 to 2.32" if bot else title,
            "dependabot[bot]" if bot else draw.choice(PEOPLE),
            "dependabot/pip/requests-2.32" if bot else f"feature/{slug}",
            opened,
            ("dependencies",) if bot else (),
        )

    def plan_change(self, change: PlannedChange) -> None:
        """Let a change land, or stay open where that would be in the future."""
        if change.landed_at > self.now and change.opened_at and change.way != "direct":
            self.at(change.opened_at, lambda: self.history.open(change, self.now))
        self.at(change.landed_at, lambda: self.land(change))

    def land(self, change: PlannedChange) -> LandedChange:
        """Land a change; its pipelines deploy it to everything before production."""
        landed = self.history.land(change)
        service, moment = self.service, change.landed_at
        for index, environment in enumerate(service.before if service.deploys else ()):
            if index and self.random.random() < 0.5:  # every second goes on
                break
            moment += self.minutes(2, 15 + 60 * index)
            steps = (went_wrong if self.random.random() < 0.06 else went_well)(
                self.random.uniform(1.5, 9)
            )
            if self.is_busy(moment):
                self.pipeline.deploy(environment, landed.sha, moment, steps)
        if service.preview and landed.number is not None:
            self.deploy_preview(change, landed.number)
        return landed

    def is_busy(self, moment: datetime) -> bool:
        """Whether routine pipelines run at that moment."""
        return moment < self.day(self.service.stop_days, 24)

    def deploy_preview(self, change: PlannedChange, number: int) -> None:
        """The environment of a pull request, gone once it is merged."""
        environment = self.service.preview.format(number=number, branch=change.branch)
        shas = self.history.requests[-1].commits
        opened = change.opened_at or change.authored[-1]
        gone = (change.landed_at - opened).total_seconds() / 60 + 1
        steps = (*went_well(self.random.uniform(1, 4)), ("inactive", gone + 5))
        self.pipeline.deploy(
            environment,
            shas[-1],
            opened + self.minutes(0, 3),
            steps,
            tool=self.service.preview_tool,
            ref=change.branch,
            transient_environment=True,
        )

    def routine_release(self, moment: datetime) -> None:
        """A release of what is new, unless a scenario plays."""
        if self.is_paused(moment):
            return
        for environment in self.service.production:
            if self.live_sha(environment) != self.history.head:
                self.release(environment, self.history.head, moment)

    def live_sha(self, environment: str) -> str:
        """The commit that routine put live there last; empty before the first."""
        return self._live.get(environment, [""])[-1]

    def is_paused(self, moment: datetime) -> bool:
        """Whether a scenario plays at that moment."""
        return any(first <= moment <= last for first, last in self.pauses)

    def release(self, environment: str, sha: str, moment: datetime) -> DeploymentDraft:
        """Release a commit: well, or with one of the ways to go wrong."""
        draw = self.random
        fails = draw.random() < self.service.fail_rate
        if fails and draw.random() < 0.55:  # somewhat more break in the pipeline
            later = moment + self.minutes(12, 150)
            self.at(later, lambda: self.put_live(environment, self.history.head, later))
            return self.deploy(environment, sha, moment, self.pipeline.failed(draw.uniform(2, 9)))
        draft = self.put_live(environment, sha, moment)
        if fails and draft.succeeded_at is not None:
            self.remedy(environment, draft, draft.succeeded_at + self.minutes(8, 140))
        return draft

    def put_live(
        self, environment: str, sha: str, moment: datetime, **more: Any
    ) -> DeploymentDraft:
        """A deployment to production that succeeds, after an approval where one is needed."""
        minutes = self.random.uniform(2, 12)
        steps = went_well(minutes)
        if self.service.approval and "task" not in more:
            steps = approved(self.minutes(4, 60 * 9).total_seconds() / 60, minutes)
        self._live.setdefault(environment, []).append(sha)
        return self.deploy(environment, sha, moment, steps, **more)

    def deploy(
        self, environment: str, sha: str, moment: datetime, steps: Sequence[Step], **more: Any
    ) -> DeploymentDraft:
        """A deployment to production with exactly these steps; `prod#net` is a stack of it."""
        name, _, stack = environment.partition("#")
        flagged = self.service.flagged
        return self.pipeline.deploy(
            name, sha, moment, steps, stack=stack, production_environment=flagged, **more
        )

    # ---- what goes wrong -------------------------------------------------------------------------

    def remedy(self, environment: str, bad: DeploymentDraft, moment: datetime) -> None:
        """Undo a release that hurt: by rollback, hotfix or revert, or with an incident."""
        if self.is_paused(moment):
            return
        choice = self.random.choice(("rollback", "hotfix", "revert", "incident"))
        if choice == "incident":
            closed = moment + self.minutes(20, 300)
            about = bad if self.random.random() < 0.5 else None  # every second
            self.issues.append(IssueDraft("Errors after a release", moment, closed, about))
            self.at(closed, lambda: self.put_live(environment, self.history.head, closed))
        elif choice == "rollback":
            self.at(moment, lambda: self.roll_back(environment, bad, moment))
        else:
            self.at(moment, lambda: self.fix(environment, bad, moment, choice))

    def roll_back(self, environment: str, bad: DeploymentDraft, moment: datetime) -> None:
        """Deploy what was live before *bad*."""
        live = self._live.get(environment, [])
        before = [sha for sha in live if sha != bad.sha]
        if before:
            self.put_live(environment, before[-1], moment, task="deploy")

    def fix(self, environment: str, bad: DeploymentDraft, moment: datetime, kind: str) -> None:
        """Land a hotfix, or a revert of the newest commit, and release it."""
        begun = moment - self.minutes(4, 30)
        author = self.random.choice(PEOPLE)
        if kind == "hotfix":
            change = PlannedChange(
                moment,
                (begun,),
                "squash",
                "Stop the bleeding",
                author,
                "hotfix/stop-the-bleeding",
                begun + self.minutes(1, 3),
                ("hotfix",),
            )
        else:
            title = f'Revert "{self.history.commits[bad.sha].message.splitlines()[0]}"'
            change = PlannedChange(
                moment,
                (begun,),
                "squash",
                title,
                author,
                "undo-release",
                begun,
                message=f"This reverts commit {bad.sha}.",
            )
        self.land(change)
        after = moment + self.minutes(3, 15)
        self.at(after, lambda: self.put_live(environment, self.history.head, after))
