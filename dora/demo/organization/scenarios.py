"""Scenarios of deployments that occur in real organizations and surprise tools.

Each is played once on purpose, adds its events to a repository's simulation, and shows what its
docstring says. Most take a day of their own, without routine releases.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dora.demo.organization.history import PlannedChange
from dora.demo.organization.pipeline import ACTIONS, PAGES, Step, approved, went_well, went_wrong
from dora.demo.organization.service import IssueDraft
from dora.demo.organization.team import TeamSimulation

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def reserve(team: TeamSimulation, days_ago: float, days: float = 1.0) -> datetime:
    """Ten o'clock on that working day, kept free of routine releases."""
    start = team.day(days_ago)
    team.pause(start - 9 * HOUR, start + timedelta(days=days))
    return start


def commit_at(team: TeamSimulation, moment: datetime, title: str = "Adjust a threshold") -> None:
    """A pushed commit at that moment."""
    authored = moment - 25 * MINUTE
    team.at(moment, lambda: team.land(PlannedChange(moment, (authored,), "direct", title, "elif")))


def deploy_at(
    team: TeamSimulation,
    moment: datetime,
    steps: Sequence[Step],
    *,
    shas: list[str] | None = None,
    again: int | None = None,
    environment: str = "",
    **more: Any,
) -> None:
    """A production deployment of the head, noted in *shas*; *again* deploys one noted earlier."""
    environment = environment or team.service.production[0]

    def act() -> None:
        if shas is not None and again is not None:
            sha = shas[again]
        else:
            sha = team.history.head
            (shas if shas is not None else []).append(sha)
        team.deploy(environment, sha, moment, steps, **more)

    team.at(moment, act)


def failed_attempts(team: TeamSimulation, days_ago: float) -> None:
    """Several failed attempts in a row, then a success: one episode."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    for minutes in (0, 40, 95):
        deploy_at(team, start + minutes * MINUTE, team.pipeline.failed(6, begun=True))
    deploy_at(team, start + 130 * MINUTE, went_well(7))


def failure_after_success(team: TeamSimulation, days_ago: float) -> None:
    """A deployment that succeeds and fails eight minutes later (a half-applied change)."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    deploy_at(team, start, (*went_well(5), ("failure", 13)))
    deploy_at(team, start + 70 * MINUTE, went_well(5))


def success_after_failure(team: TeamSimulation, days_ago: float) -> None:
    """A re-run: failure and then success on one deployment."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    steps = (*went_wrong(4), ("in_progress", 22), ("success", 27))
    deploy_at(team, start, steps)


def still_down(team: TeamSimulation) -> None:
    """A failure open now: the last two attempts failed and nothing succeeded since."""
    start = team.now - 5 * HOUR
    team.pause(start - 3 * HOUR, team.now)
    commit_at(team, start - 9 * MINUTE)
    deploy_at(team, start, went_wrong(4))
    deploy_at(team, start + 2 * HOUR, went_wrong(4))
    team.issues.append(IssueDraft("Deployments to production fail", start + HOUR, None))


def under_way(team: TeamSimulation) -> None:
    """A deployment that runs right now."""
    deploy_at(team, team.now - 6 * MINUTE, (("queued", 0.05), ("in_progress", 0.5)))


def approvals(team: TeamSimulation) -> None:
    """Approvals: two still waiting, one that waited 23 days over the window's edge, one refused."""
    for hours in (3, 51):
        deploy_at(team, team.now - hours * HOUR, (("waiting", 0.05),))
    long_ago = team.day(101)
    deploy_at(team, long_ago, approved(23 * 24 * 60, 9))
    refused = team.day(28, 15)
    deploy_at(team, refused, (("waiting", 0.05), ("failure", 190)))


def abandoned(team: TeamSimulation) -> None:
    """Deployments that were never finished: no status, queued for days, at last only `inactive`."""
    deploy_at(team, team.day(30, 16), ())
    deploy_at(team, team.day(9, 16), (("queued", 0.1),))
    deploy_at(team, team.day(27, 16), (("waiting", 0.1), ("inactive", 300)))


def redeploy(team: TeamSimulation, days_ago: float) -> None:
    """The same commit deployed twice."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    shas: list[str] = []
    deploy_at(team, start, went_well(4), shas=shas)
    deploy_at(team, start + 3 * HOUR, went_well(4), shas=shas, again=0)


def _two_releases(team: TeamSimulation, days_ago: float) -> list[str]:
    """Two releases that went well; the shas they deployed, once they did."""
    shas: list[str] = []
    start = team.day(days_ago)
    for hours in (-1, 0):
        commit_at(team, start + hours * HOUR - 5 * MINUTE)
        deploy_at(team, start + hours * HOUR, went_well(4), shas=shas)
    return shas


def roll_back_one(team: TeamSimulation, days_ago: float) -> None:
    """A rollback to the previous commit, then a rollback of the rollback."""
    start, shas = reserve(team, days_ago), _two_releases(team, days_ago)
    deploy_at(team, start + 50 * MINUTE, went_well(3), shas=shas, again=0)
    deploy_at(team, start + 2 * HOUR, went_well(3), shas=shas, again=1, task="rollback")


def roll_back_two(team: TeamSimulation, days_ago: float) -> None:
    """A rollback over two deployments, by an older commit, and forward again."""
    start, shas = reserve(team, days_ago), _two_releases(team, days_ago)
    commit_at(team, start + 55 * MINUTE)
    deploy_at(team, start + HOUR, went_well(5), shas=shas)
    deploy_at(team, start + 3 * HOUR, went_well(3), shas=shas, again=0)
    deploy_at(team, start + 6 * HOUR, went_well(3), shas=shas, again=2)


def roll_back_by_payload(
    team: TeamSimulation, days_ago: float, *, twice_encoded: bool = False
) -> None:
    """A rollback marked by its payload, as JSON or as JSON within a JSON string."""
    start, shas = reserve(team, days_ago), _two_releases(team, days_ago)
    payload = json.dumps({"rollback": True})
    text = json.dumps(payload) if twice_encoded else payload
    deploy_at(team, start + 35 * MINUTE, went_well(3), shas=shas, again=0, payload=text)


def out_of_order(team: TeamSimulation, days_ago: float) -> None:
    """Two deployments at once: the later one is live first."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    deploy_at(team, start, went_well(90))
    commit_at(team, start + 15 * MINUTE)
    deploy_at(team, start + 20 * MINUTE, went_well(20))


def same_instant(team: TeamSimulation, days_ago: float) -> None:
    """Two deployments at one instant, and a run whose three jobs each file one."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    for _ in range(2):
        deploy_at(team, start, went_well(5))
    commit_at(team, start + 2 * HOUR)
    run = team.pipeline.next_run()
    for job in (1, 2, 3):
        moment = start + 2 * HOUR + (5 + job) * MINUTE / 2
        deploy_at(team, moment, went_well(3 + job), run=run, job=job)


def gone_commit(team: TeamSimulation, days_ago: float) -> None:
    """A deployment of a commit that was force-pushed away."""
    start = reserve(team, days_ago)
    gone = "dead" * 10
    for environment in (team.service.before[0], team.service.production[0]):
        team.at(start, partial(team.deploy, environment, gone, start, went_well(4)))
    commit_at(team, start + 2 * HOUR)
    deploy_at(team, start + 3 * HOUR, went_well(4))


def renamed(team: TeamSimulation, days_ago: float) -> None:
    """A status renames the environment of its deployment."""
    start = reserve(team, days_ago)
    commit_at(team, start - 5 * MINUTE)
    team.at(
        start,
        lambda: team.deploy(
            "release-candidate",
            team.history.head,
            start,
            went_well(5),
            renamed=team.service.production[0],
        ),
    )


def odd_names(team: TeamSimulation) -> None:
    """Environment names that break tables, spreadsheets and markup; and the pages of a site."""
    names = ("[brackets] qa", "<b>bold</b>", "@team", "a|b", "=1+1", "github-pages", "prod")
    for index, name in enumerate(names):
        for days_ago in (70, 50, 30, 10):
            moment = team.day(days_ago - index / 2, 11) + index * 7 * MINUTE
            steps = went_wrong(3) if days_ago == 30 else went_well(3)  # one of four
            team.at(moment, partial(_deploy_head, team, name, moment, steps))


def _deploy_head(team: TeamSimulation, name: str, moment: datetime, steps: Sequence[Step]) -> None:
    tool = PAGES if name == "github-pages" else ACTIONS
    team.deploy(name, team.history.head, moment, steps, tool=tool)
