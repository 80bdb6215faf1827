"""Scenarios of ordinary life that look like deployments, failures or incidents, and are none.

They are played as those of `scenarios` are.
"""

from datetime import datetime, timedelta
from functools import partial

from dora.demo.organization.history import PlannedChange
from dora.demo.organization.pipeline import ACTIONS, unchanged, went_well
from dora.demo.organization.scenarios import HOUR, MINUTE, commit_at, deploy_at, reserve
from dora.demo.organization.service import IssueDraft
from dora.demo.organization.team import TeamSimulation

#: What the plan job of a pull request says of the deployment that it files.
PLAN = "Plan of #{number}"


def expired_approval(team: TeamSimulation, days_ago: float) -> None:
    """An approval that nobody gave: refused by GitHub after fifteen days."""
    deploy_at(team, team.day(days_ago, 16), (("waiting", 0.05), ("failure", 15 * 24 * 60)))


def plans(team: TeamSimulation, days_ago: float) -> None:
    """Plans of three pull requests, filed as deployments to production by their jobs."""
    for hours in (0, 26, 51):
        moment = team.day(days_ago) + hours * HOUR
        team.at(moment, partial(_plan, team, moment))


def _plan(team: TeamSimulation, moment: datetime) -> None:
    request = team.history.requests[-1]
    team.deploy(
        team.service.production[0],
        request.commits[-1],
        moment,
        went_well(2),
        tool=ACTIONS,
        ref=f"refs/pull/{request.number}/merge",
        description=PLAN.format(number=request.number),
        payload="",
    )


def nightly_applies(team: TeamSimulation, days_ago: float, nights: int) -> None:
    """An apply of what is live, night after night: it finds nothing to change."""
    environment = team.service.production[0]

    def act(moment: datetime) -> None:
        sha = team.live_sha(environment)
        if sha:
            team.deploy(environment, sha, moment, unchanged(3))

    for night in range(nights):
        moment = team.day(days_ago, 2) + night * timedelta(days=1)
        team.at(moment, partial(act, moment))


def two_stacks(team: TeamSimulation, days_ago: float) -> None:
    """Two stacks of one environment, each applied by its own workflow.

    The second is at an older commit, and done after the first.
    """
    start = reserve(team, days_ago)
    first, second = team.service.production[:2]
    commit_at(team, start - 5 * MINUTE, "Resize the database")
    shas: list[str] = []
    deploy_at(team, start, went_well(95), shas=shas, environment=second)
    commit_at(team, start + 10 * MINUTE, "Open a port")
    deploy_at(team, start + 20 * MINUTE, went_well(6), environment=first)


def picked_hotfix(team: TeamSimulation, days_ago: float) -> None:
    """A hotfix of the default branch, picked onto what is live, while other work waits there."""
    start = reserve(team, days_ago)
    environment = team.service.production[0]
    shas: list[str] = []
    commit_at(team, start - 65 * MINUTE)
    deploy_at(team, start - HOUR, went_well(4), shas=shas)
    commit_at(team, start - 40 * MINUTE, "Begin the new consent form")
    begun = start - 25 * MINUTE
    fix = PlannedChange(
        start, (begun,), "squash", "Accept old consents", "hana", "consents", begun, ("hotfix",)
    )
    moment = start + 12 * MINUTE

    def land() -> None:
        merged = team.land(fix).sha
        team.at(moment, partial(pick, merged))

    def pick(merged: str) -> None:
        picked = team.history.pick(merged, shas[0], moment - 3 * MINUTE)
        team.deploy(environment, picked, moment, went_well(4), ref="release")

    team.at(start, land)
    deploy_at(team, start + 5 * HOUR, went_well(5))


def dismissed_incidents(team: TeamSimulation, days_ago: float) -> None:
    """Incidents that were none: closed as not planned, and as a duplicate."""
    opened = team.day(days_ago, 13)
    for title, hours, reason in (
        ("Alert: no bookings at night", 20, "not_planned"),
        ("Alert: no bookings at night, again", 45, "duplicate"),
    ):
        at = opened + hours * HOUR
        team.issues.append(IssueDraft(title, at, at + HOUR, state_reason=reason))
