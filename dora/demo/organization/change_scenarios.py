"""Scenarios of changes that surprise tools: reverts, incidents, odd branches and clocks.

They are played as those of `scenarios` are.
"""

from datetime import datetime, timedelta
from functools import partial

from dora.demo.organization.history import PlannedChange
from dora.demo.organization.model import Tag
from dora.demo.organization.pipeline import went_well
from dora.demo.organization.scenarios import HOUR, MINUTE, commit_at, deploy_at, reserve
from dora.demo.organization.service import IssueDraft
from dora.demo.organization.team import TeamSimulation


def open_request(team: TeamSimulation) -> None:
    """A request under review right now."""
    opened = team.now - 5 * HOUR
    authored = (opened - 3 * HOUR, opened - HOUR)
    team.plan_change(
        PlannedChange(
            team.now + 20 * HOUR,
            authored,
            "squash",
            "Sort results by date",
            "farid",
            "feature/sort",
            opened,
        )
    )


def reverts(team: TeamSimulation, days_ago: float) -> None:
    """A revert by message, one by request and branch, and a revert of a revert."""
    start = reserve(team, days_ago, days=2.0)
    pushed: list[str] = []
    first = PlannedChange(
        start - HOUR, (start - 2 * HOUR,), "direct", "Show the new calendar", "hana"
    )
    team.at(first.landed_at, lambda: pushed.append(team.land(first).sha))
    deploy_at(team, start, went_well(4))

    def undo(moment: datetime) -> None:
        sha = pushed[-1]
        title = team.history.commits[sha].message.splitlines()[0]
        message = f'Revert "{title}"\n\nThis reverts commit {sha}.'
        change = PlannedChange(
            moment, (moment,), "direct", f'Revert "{title}"', "hana", message=message
        )
        pushed.append(team.land(change).sha)

    for hours in (2, 4):
        team.at(start + hours * HOUR, partial(undo, start + hours * HOUR))
        deploy_at(team, start + hours * HOUR + 10 * MINUTE, went_well(4))
    _revert_by_request(team, start + 6 * HOUR)


def _revert_by_request(team: TeamSimulation, moment: datetime) -> None:
    begun = moment - 3 * HOUR
    bad = PlannedChange(
        moment, (begun,), "squash", "Open booking to guests", "jun", "guests", begun + HOUR
    )
    after = moment + 2 * HOUR

    def undo(number: int) -> None:
        title = 'Revert "Open booking to guests"'
        branch = f"revert-{number}-guests"
        message = f"Reverts medica-flow/{team.service.name}#{number}"
        opened = after - 10 * MINUTE
        team.land(
            PlannedChange(after, (opened,), "squash", title, "jun", branch, opened, message=message)
        )

    def land() -> None:
        number = team.land(bad).number
        team.at(after, lambda: undo(number or 0))

    team.at(moment, land)
    deploy_at(team, moment + 9 * MINUTE, went_well(4))
    deploy_at(team, after + 9 * MINUTE, went_well(4))


def labelled(team: TeamSimulation, days_ago: float, label: str, branch: str) -> None:
    """A request with a label (or a branch) that speaks of failure."""
    start = reserve(team, days_ago)
    commit_at(team, start - 65 * MINUTE)
    deploy_at(team, start - HOUR, went_well(4))
    begun = start - 30 * MINUTE
    labels = (label,) if label else ()
    change = PlannedChange(
        start, (begun,), "merge", "Guard against empty slots", "ilya", branch, begun, labels
    )
    team.at(start, lambda: team.land(change))
    deploy_at(team, start + 12 * MINUTE, went_well(4))


def tagged(team: TeamSimulation, days_ago: float, name: str, *, annotated: bool) -> None:
    """A tag that marks a deployed commit as failed."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    deploy_at(team, start, went_well(4))
    moment = start + 2 * HOUR if annotated else None
    team.at(start + HOUR, lambda: team.tags.append(Tag(name, team.history.head, moment)))
    commit_at(team, start + 3 * HOUR)
    deploy_at(team, start + 4 * HOUR, went_well(4))


def incident(
    team: TeamSimulation,
    days_ago: float,
    naming: str = "",
    *,
    is_open: bool = False,
    hours: float = 1,
) -> None:
    """An incident so many hours after a release, naming it by *naming* or not at all.

    After four hours another release is live.
    """
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)

    def act() -> None:
        sha = team.history.head
        draft = team.deploy(team.service.production[0], sha, start, went_well(5))
        opened = start + hours * HOUR
        closed = None if is_open else opened + 3 * HOUR
        about = draft if naming else None
        title = "Patients cannot sign in" if naming else "Slow pages since this morning"
        team.issues.append(IssueDraft(title, opened, closed, about, naming or "id"))

    team.at(start, act)
    commit_at(team, start + 3 * HOUR)
    deploy_at(team, start + 4 * HOUR - 10 * MINUTE, went_well(5))


def unrelated_incident(team: TeamSimulation, days_ago: float) -> None:
    """An incident long after the last deployment: no deployment's fault."""
    start = team.day(days_ago)
    team.issues.append(IssueDraft("The nightly load is late", start, start + 20 * HOUR))


def long_branch(team: TeamSimulation, days_ago: float, way: str, begun: float) -> None:
    """A long-lived branch: its commits were authored *begun* days ago and later."""
    landed = reserve(team, days_ago)
    authored = tuple(team.day(begun - at * 2, 11 + at % 5) for at in range(6))
    change = PlannedChange(
        landed,
        tuple(sorted(authored)),
        way,
        "Rework the data model",
        "grace",
        "feature/data-model",
        team.day(begun - 12, 17),
    )
    team.at(landed, lambda: team.land(change))
    deploy_at(team, landed + HOUR, went_well(6))


def octopus(team: TeamSimulation, days_ago: float) -> None:
    """A merge of three branches at once."""
    landed = reserve(team, days_ago)
    begun = landed - 26 * HOUR
    change = PlannedChange(
        landed,
        (begun, begun + HOUR),
        "octopus",
        "Join the network modules",
        "farid",
        "feature/network",
        begun + 2 * HOUR,
    )
    team.at(landed, lambda: team.land(change))
    deploy_at(team, landed + HOUR, went_well(6))


def odd_clocks(team: TeamSimulation, days_ago: float) -> None:
    """A commit dated 200 days back, and one authored after its deployment."""
    start = reserve(team, days_ago)
    old = start - timedelta(days=200)
    backdated = PlannedChange(
        start - HOUR, (old,), "direct", "Import an old patch", "diego", committed_at=old
    )
    team.at(start - HOUR, lambda: team.land(backdated))
    ahead = PlannedChange(
        start - 20 * MINUTE, (start + 3 * HOUR,), "direct", "Sync clocks", "bjoern"
    )
    team.at(start - 20 * MINUTE, lambda: team.land(ahead))
    deploy_at(team, start, went_well(5))
