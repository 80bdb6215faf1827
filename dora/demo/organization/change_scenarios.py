"""Changes that surprise tools, each played once on purpose: reverts, incidents, odd branches.

In: a repository at work. Out: nothing; events are added to it. See `scenarios`, too.
"""

from datetime import datetime, timedelta
from functools import partial

from dora.demo.organization.history import Change
from dora.demo.organization.model import Tag
from dora.demo.organization.pipeline import went_well
from dora.demo.organization.scenarios import HOUR, MINUTE, commit_at, deploy_at, reserve
from dora.demo.organization.service import IssueDraft
from dora.demo.organization.team import Work


def open_request(work: Work) -> None:
    """A request under review right now."""
    opened = work.now - 5 * HOUR
    authored = (opened - 3 * HOUR, opened - HOUR)
    work.plan_change(
        Change(
            work.now + 20 * HOUR,
            authored,
            "squash",
            "Sort results by date",
            "farid",
            "feature/sort",
            opened,
        )
    )


def reverts(work: Work, days_ago: float) -> None:
    """A revert by message, one by request and branch, and a revert of a revert."""
    start = reserve(work, days_ago, days=2.0)
    pushed: list[str] = []
    first = Change(start - HOUR, (start - 2 * HOUR,), "direct", "Show the new calendar", "hana")
    work.at(first.landed_at, lambda: pushed.append(work.land(first).sha))
    deploy_at(work, start, went_well(4))

    def undo(moment: datetime) -> None:
        sha = pushed[-1]
        title = work.history.commits[sha].message.splitlines()[0]
        message = f'Revert "{title}"\n\nThis reverts commit {sha}.'
        change = Change(moment, (moment,), "direct", f'Revert "{title}"', "hana", message=message)
        pushed.append(work.land(change).sha)

    for hours in (2, 4):
        work.at(start + hours * HOUR, partial(undo, start + hours * HOUR))
        deploy_at(work, start + hours * HOUR + 10 * MINUTE, went_well(4))
    _revert_by_request(work, start + 6 * HOUR)


def _revert_by_request(work: Work, moment: datetime) -> None:
    begun = moment - 3 * HOUR
    bad = Change(
        moment, (begun,), "squash", "Open booking to guests", "jun", "guests", begun + HOUR
    )
    after = moment + 2 * HOUR

    def undo(number: int) -> None:
        title = 'Revert "Open booking to guests"'
        branch = f"revert-{number}-guests"
        message = f"Reverts medica-flow/{work.service.name}#{number}"
        opened = after - 10 * MINUTE
        work.land(Change(after, (opened,), "squash", title, "jun", branch, opened, message=message))

    def land() -> None:
        number = work.land(bad).number
        work.at(after, lambda: undo(number or 0))

    work.at(moment, land)
    deploy_at(work, moment + 9 * MINUTE, went_well(4))
    deploy_at(work, after + 9 * MINUTE, went_well(4))


def labelled(work: Work, days_ago: float, label: str, branch: str) -> None:
    """A request with a label (or a branch) that speaks of failure."""
    start = reserve(work, days_ago)
    commit_at(work, start - 65 * MINUTE)
    deploy_at(work, start - HOUR, went_well(4))
    begun = start - 30 * MINUTE
    labels = (label,) if label else ()
    change = Change(
        start, (begun,), "merge", "Guard against empty slots", "ilya", branch, begun, labels
    )
    work.at(start, lambda: work.land(change))
    deploy_at(work, start + 12 * MINUTE, went_well(4))


def tagged(work: Work, days_ago: float, name: str, *, annotated: bool) -> None:
    """A tag that marks a deployed commit as failed."""
    start = reserve(work, days_ago)
    commit_at(work, start - 5 * MINUTE)
    deploy_at(work, start, went_well(4))
    moment = start + 2 * HOUR if annotated else None
    work.at(start + HOUR, lambda: work.tags.append(Tag(name, work.history.head, moment)))
    commit_at(work, start + 3 * HOUR)
    deploy_at(work, start + 4 * HOUR, went_well(4))


def incident(work: Work, days_ago: float, naming: str = "", *, is_open: bool = False) -> None:
    """An incident after a release, naming the deployment by *naming* or not at all."""
    start = reserve(work, days_ago)
    commit_at(work, start - 5 * MINUTE)

    def act() -> None:
        sha = work.history.head
        draft = work.deploy(work.service.production[0], sha, start, went_well(5))
        closed = None if is_open else start + 4 * HOUR
        about = draft if naming else None
        title = "Patients cannot sign in" if naming else "Slow pages since this morning"
        work.issues.append(IssueDraft(title, start + HOUR, closed, about, naming or "id"))

    work.at(start, act)
    commit_at(work, start + 3 * HOUR)
    deploy_at(work, start + 4 * HOUR - 10 * MINUTE, went_well(5))


def unrelated_incident(work: Work, days_ago: float) -> None:
    """An incident long after the last deployment: no deployment's fault."""
    start = work.day(days_ago)
    work.issues.append(IssueDraft("The nightly load is late", start, start + 20 * HOUR))


def long_branch(work: Work, days_ago: float, way: str, begun: float) -> None:
    """A long-lived branch: its commits were authored *begun* days ago and later."""
    landed = reserve(work, days_ago)
    authored = tuple(work.day(begun - at * 2, 11 + at % 5) for at in range(6))
    change = Change(
        landed,
        tuple(sorted(authored)),
        way,
        "Rework the data model",
        "grace",
        "feature/data-model",
        work.day(begun - 12, 17),
    )
    work.at(landed, lambda: work.land(change))
    deploy_at(work, landed + HOUR, went_well(6))


def octopus(work: Work, days_ago: float) -> None:
    """A merge of three branches at once."""
    landed = reserve(work, days_ago)
    begun = landed - 26 * HOUR
    change = Change(
        landed,
        (begun, begun + HOUR),
        "octopus",
        "Join the network modules",
        "farid",
        "feature/network",
        begun + 2 * HOUR,
    )
    work.at(landed, lambda: work.land(change))
    deploy_at(work, landed + HOUR, went_well(6))


def odd_clocks(work: Work, days_ago: float) -> None:
    """A commit dated 200 days back, and one authored after its deployment."""
    start = reserve(work, days_ago)
    old = start - timedelta(days=200)
    backdated = Change(
        start - HOUR, (old,), "direct", "Import an old patch", "diego", committed_at=old
    )
    work.at(start - HOUR, lambda: work.land(backdated))
    ahead = Change(start - 20 * MINUTE, (start + 3 * HOUR,), "direct", "Sync clocks", "bjoern")
    work.at(start - 20 * MINUTE, lambda: work.land(ahead))
    deploy_at(work, start, went_well(5))
