"""Makes a few changes to an organization, such as may happen in any week."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dora.demo.github.git import reachable
from dora.demo.github.views import number
from dora.demo.organization.model import Organization, PullRequest, Repository, Status
from tests.support.random_organizations import LABELS

SECOND = timedelta(seconds=1)


@dataclass
class Meddler:
    """What changes things, each of them later than *begin* and not later than *end*."""

    chance: random.Random
    begin: datetime
    end: datetime

    def change(self, organization: Organization) -> Organization:
        """The organization after a few changes; what it was before *begin* stays as it was."""
        repositories = tuple(map(self._repository, organization.repositories))
        return replace(organization, repositories=repositories)

    def _repository(self, one: Repository) -> Repository:
        changes: Sequence[Callable[[Repository], Repository]] = (
            self._label_requests,
            self._touch_requests,
            self._rename_label,
            self._rename_branch,
            self._rename,
            self._delete_deployment,
            self._add_status,
            self._force_push,
        )
        for change in changes:
            if self.chance.random() < 1 / 4:
                one = change(one)
        return one

    def _now(self) -> datetime:
        """An instant of a whole second: rather the very last one, or the first."""
        span = (self.end - self.begin) // SECOND
        return self.begin + self.chance.choice((1, span, self.chance.randint(1, span))) * SECOND

    def _some(self, requests: Iterable[PullRequest]) -> set[int]:
        """Numbers of a few requests that were there."""
        return {
            one.number
            for one in requests
            if one.created_at <= self.begin and self.chance.random() < 1 / 5
        }

    def _label_requests(self, one: Repository) -> Repository:
        some, now = self._some(one.pull_requests), self._now()
        changed = (
            replace(request, labels=self.chance.choice(LABELS), updated_at=now)
            if request.number in some else request
            for request in one.pull_requests
        )  # fmt: skip
        return replace(one, pull_requests=tuple(changed))

    def _touch_requests(self, one: Repository) -> Repository:
        some = self._some(one.pull_requests)
        changed = (
            replace(request, updated_at=self._now()) if request.number in some else request
            for request in one.pull_requests
        )
        return replace(one, pull_requests=tuple(changed))

    def _rename_label(self, one: Repository) -> Repository:
        """Labels change their names and keep their ids; no request tells of it."""
        names = sorted({name for labels in LABELS for name in labels} - {*one.label_ids})
        if len(names) < 2:  # an old name and a new one
            return one
        old, new = self.chance.sample(names, 2)
        used = {name for request in one.pull_requests for name in request.labels}
        used |= {name for issue in one.issues for name in issue.labels}
        if new in used:
            return one

        def renamed(labels: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if name == old else name for name in labels)

        return replace(
            one,
            pull_requests=tuple(replace(r, labels=renamed(r.labels)) for r in one.pull_requests),
            issues=tuple(replace(issue, labels=renamed(issue.labels)) for issue in one.issues),
            label_ids={**one.label_ids, new: number(old.casefold())},
        )

    def _rename_branch(self, one: Repository) -> Repository:
        return replace(one, default_branch=self.chance.choice(("main", "trunk")))

    def _rename(self, one: Repository) -> Repository:
        name = f"{one.name.rstrip('x')}{'x' * self.chance.randint(0, 3)}"
        if name == one.name:
            return one
        return replace(one, name=name, former_names=(*one.former_names, one.name))

    def _delete_deployment(self, one: Repository) -> Repository:
        if not one.deployments:
            return one
        gone = self.chance.choice(one.deployments).id
        return replace(one, deployments=tuple(d for d in one.deployments if d.id != gone))

    def _add_status(self, one: Repository) -> Repository:
        there = [d.id for d in one.deployments if d.created_at <= self.begin]
        if not there:
            return one
        chosen, now = self.chance.choice(there), self._now()
        status = Status(self.chance.choice(("failure", "success", "inactive")), now)
        changed = (
            replace(d, statuses=(*d.statuses, status)) if d.id == chosen else d
            for d in one.deployments
        )
        return replace(one, deployments=tuple(changed))

    def _force_push(self, one: Repository) -> Repository:
        """A deployed commit is gone that no branch, tag or request needs."""
        needed = {sha for request in one.pull_requests for sha in request.associated}
        needed |= {parent for commit in one.commits.values() for parent in commit.parents}
        needed |= {tag.sha for tag in one.tags}
        if one.head is not None:
            needed |= reachable(one.commits, one.head)
        loose = [d.sha for d in one.deployments if d.sha in one.commits and d.sha not in needed]
        if not loose:
            return one
        gone = self.chance.choice(loose)
        return replace(one, commits={s: c for s, c in one.commits.items() if s != gone})
