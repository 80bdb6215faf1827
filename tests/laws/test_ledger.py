"""The ledger adds up (C2): whatever was seen is told under exactly one heading."""

from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.organization.model import Deployment, Organization, Repository
from tests.oracle.commits import Graph
from tests.oracle.outcomes import service_of
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Exclude, Settings
from tests.support.examples import examples, few_of
from tests.support.ledger import HEADINGS, Window, read, seen, told
from tests.support.oracle_settings import report_for
from tests.support.random_organizations import (
    DAY,
    NOW,
    configurations,
    organizations,
    random_organization,
    windows,
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
    expected = seen(organization, window, settings.lookback)
    assert expected == sum(told(report_for(organization, asked, settings)).values())
    oracle = expected_report(organization, settings=settings, **asked)
    assert expected == sum(told(oracle).values())


def shipped(organization: Organization, window: Window, settings: Settings) -> int:
    """How many changes the environments received in the window, walked from their beginnings."""
    count = 0
    for repository in read(organization, window):
        graph = Graph(repository, settings, window["until"])
        received: dict[tuple[str, str], set[str]] = {}
        for at, made in successes(repository, window["until"]):
            key = made.environment.casefold(), service_of(made, settings)
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
    organization = data.draw(organizations(skewed=False, hidden=True))
    window = data.draw(windows(organization))
    exclude = data.draw(st.sampled_from(((), ("*[bot]",), ("ADA", "g*"))))
    settings = Settings(lookback=1000 * DAY, exclude_authors=exclude)
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
    assert seen(organization, window, settings.lookback) == sum(sides.values())


@pytest.mark.thorough
def test_busy_organizations_have_every_kind() -> None:
    """C2: the busy ones have, together, some under every heading."""
    total = dict.fromkeys(HEADINGS, 0)
    for seed in range(1, 12):
        organization, window, settings = busy(seed)
        sides = told(expected_report(organization, settings=settings, tiers=TIERS, **window))
        total = {name: count + sides[name] for name, count in total.items()}
    assert [] == [name for name, count in total.items() if not count]
