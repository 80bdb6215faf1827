"""The ledger adds up (C2): whatever was seen is told under exactly one heading."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.organization.model import Deployment, Organization, Repository, Status
from tests.oracle.commits import Graph
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Exclude, Settings
from tests.support.examples import examples, few_of
from tests.support.oracle_settings import report_for
from tests.support.random_organizations import (
    DAY,
    NOW,
    configurations,
    organizations,
    random_organization,
    windows,
)

Window = dict[str, Any]

#: the headings of coverage under which a deployment may be told instead of in a row
HEADINGS = ("in_progress", "abandoned", "not_started", "unchanged", "ephemeral", "left_out")
#: in the order of one instant (D2); what is not named comes fourth
ORDER = {
    "waiting": 0, "queued": 1, "pending": 2, "error": 4, "failure": 5, "success": 6, "inactive": 7,
}  # fmt: skip
FINISHING = ("success", "error", "failure")


def told(whole: dict[str, Any]) -> dict[str, int]:
    """The ledger's sides: deployments in rows, and what coverage counts."""
    counted = whole["coverage"]["deployments"]
    finished = sum(row["change_fail_rate"]["deployments"] for row in whole["rows"])
    return {"rows": finished, **{name: counted[name] for name in HEADINGS}}


def read(organization: Organization, window: Window) -> Iterator[Repository]:
    """Repositories that are read."""
    for one in organization.repositories:
        archived = one.archived_at is not None and one.archived_at < window["until"]
        if not (archived or one.forbidden or one.is_empty):
            yield one


def instant_of(made: Deployment, until: datetime) -> datetime:
    """When a deployment was seen: it finished then, or, without beginning or end, was created."""
    statuses: Sequence[Status] = sorted(
        (status for status in made.statuses if status.created_at < until),
        key=lambda status: (status.created_at, ORDER.get(status.state, 3)),
    )
    states = [status.state for status in statuses]
    ends = [place for place, state in enumerate(states) if state in FINISHING]
    if not ends:
        return made.created_at
    first = statuses[ends[0]]
    if "success" not in states:
        says = first.description.casefold()
        refused = states[: ends[0]][-1:] == ["waiting"]
        if "in_progress" not in states[: ends[0]] and refused:
            return made.created_at
        if "apply had not begun" in says or "its runner was gone" in says:
            return made.created_at
    return first.created_at


def seen(organization: Organization, window: Window, settings: Settings) -> int:
    """How many deployments were seen in the window, from what GitHub holds alone."""
    horizon, until = window["since"] - settings.lookback, window["until"]
    return sum(
        horizon <= made.created_at < until and window["since"] <= instant_of(made, until) < until
        for repository in read(organization, window)
        for made in repository.deployments
    )


@given(st.data())
@examples(
    80,
    few=4,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_deployments_add_up(data: st.DataObject) -> None:
    """C2: each deployment seen is in a row or under one heading, whatever is configured."""
    organization = data.draw(organizations())
    window = data.draw(windows(organization))
    settings = replace(data.draw(configurations()), collapse="none")
    asked = {**window, "tiers": TIERS, "ephemeral": data.draw(st.booleans())}
    expected = seen(organization, window, settings)
    assert expected == sum(told(report_for(organization, asked, settings)).values())
    oracle = expected_report(organization, settings=settings, **asked)
    assert expected == sum(told(oracle).values())


def shipped(organization: Organization, window: Window, settings: Settings) -> int:
    """How many changes the environments received in the window, walked from their beginnings."""
    count = 0
    for repository in read(organization, window):
        graph = Graph(repository, settings, window["until"])
        received: dict[str, set[str]] = {}
        for at, made in successes(repository, window["until"]):
            key = made.environment.casefold()
            if made.sha not in repository.commits:
                continue
            reached = graph.reach(made.sha)
            if key in received and window["since"] <= at and not is_unchanged(made):
                count += sum(map(graph.is_change, graph.arriving(reached, received[key])))
            received.setdefault(key, set()).update(reached)
    return count


def successes(repository: Repository, until: datetime) -> list[tuple[datetime, Deployment]]:
    """Deployments with their first successes, in order of these."""
    found = []
    for made in repository.deployments:
        at = [one.created_at for one in made.statuses if one.state == "success"]
        if at and min(at) < until:
            found.append((min(at), made))
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def is_unchanged(made: Deployment) -> bool:
    """Whether its first success says that there was nothing to change."""
    success = [one for one in made.statuses if one.state == "success"]
    first = min(success, key=lambda one: one.created_at)
    return "nothing to change" in first.description.casefold()


@given(st.data())
@examples(
    80,
    few=4,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_changes_add_up(data: st.DataObject) -> None:
    """C2: each change shipped is in a row or excluded; what was received unchanged is neither."""
    organization = data.draw(organizations(skewed=False))
    window = data.draw(windows(organization))
    exclude = data.draw(st.sampled_from(((), ("*[bot]",), ("ADA", "g*"))))
    settings = Settings(lookback=1000 * DAY, exclude_authors=exclude, services=None)
    asked = {**window, "tiers": TIERS, "ephemeral": True}
    found = report_for(organization, asked, settings)
    changes = sum(row["change_lead_time"]["changes"] for row in found["rows"])
    expected = shipped(organization, window, settings)
    assert expected == changes + found["coverage"]["changes"]["excluded"]


@cache
def busy(seed: int) -> tuple[Organization, Window, Settings]:
    """A busy organization, and a question about half a year of it."""
    window = {"since": NOW - 330 * DAY, "until": NOW - 30 * DAY}
    plans: tuple[Exclude, ...]
    plans = ((("ref", ("refs/pull/*",)), ("task", ("deploy:*", "rollback"))),)
    settings = Settings(exclude=plans, exclude_authors=("*[bot]",))
    return random_organization(seed, deployments=120), window, settings


@pytest.mark.parametrize("seed", few_of(range(1, 12), few=1))
def test_ledger_of_a_busy_organization(seed: int) -> None:
    """C2: where every heading has some, they add up."""
    organization, window, settings = busy(seed)
    sides = told(report_for(organization, {**window, "tiers": TIERS}, settings))
    assert seen(organization, window, settings) == sum(sides.values())


@pytest.mark.thorough
def test_busy_organizations_have_every_kind() -> None:
    """C2: the busy ones have, together, some under every heading."""
    total = dict.fromkeys(HEADINGS, 0)
    for seed in range(1, 12):
        organization, window, settings = busy(seed)
        sides = told(expected_report(organization, settings=settings, tiers=TIERS, **window))
        total = {name: count + sides[name] for name, count in total.items()}
    assert [] == [name for name, count in total.items() if not count]
