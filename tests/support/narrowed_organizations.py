"""Organizations whose incidents are told elsewhere, and what a report of them may be narrowed to.

To any random organization comes a repository `ops`, where incidents of the others are told in all
the ways there are.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from dora.config import Config
from dora.config.settings import IncidentSettings, ServiceSettings
from dora.demo.organization.model import Commit, Deployment, Issue, Organization, Repository
from dora.model.environments import TIERS
from tests.oracle.settings import Settings
from tests.support.oracle_settings import config_for
from tests.support.random_organizations import DAY, HOUR, LOGIN, NOW, configurations, organizations

CENTRAL = "ops"
SERVICES = (
    ServiceSettings(),
    ServiceSettings(source="payload:service", pattern="(?P<service>.+)"),
    ServiceSettings(source="environment", pattern="(?P<service>api|eu)"),
    ServiceSettings(source="task", pattern="(?P<service>[a-z]+)$"),
)
REASONS = ("completed", "not_planned", "duplicate")


class NarrowCase(NamedTuple):
    """An organization, the window and the settings of a report of it, and what is beside them."""

    organization: Organization
    asked: dict[str, Any]
    settings: Settings
    services: ServiceSettings

    def config(self, **narrowed: Any) -> Config:
        """The settings of a report of everything, but what is *narrowed*, in the oracle's words."""
        asked = {"tiers": TIERS, **self.asked, **narrowed}
        incidents = IncidentSettings(repositories=(f"{LOGIN.upper()}/{CENTRAL}", "service-2"))
        return config_for(self.organization, asked, self.settings).model_copy(
            update={"incidents": incidents, "services": self.services}
        )


@st.composite
def narrow_cases(draw: st.DrawFn, *, deployments: int = 8) -> NarrowCase:
    """Such cases; most windows are long, so that they hold something."""
    organization = with_central(draw, draw(organizations(deployments=deployments, issues=2)))
    until = NOW - draw(st.sampled_from((timedelta(0), 5 * DAY, 40 * DAY)))
    asked = {
        "since": until - draw(st.sampled_from((90 * DAY, 60 * DAY, 14 * DAY))),
        "until": until,
        "trend": draw(st.sampled_from((None, "month"))),
        "compare": draw(st.booleans()),
        "ephemeral": draw(st.booleans()),
    }
    settings = replace(
        draw(configurations()),
        signals=frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"}),
    )
    return NarrowCase(organization, asked, settings, draw(st.sampled_from(SERVICES)))


def with_central(draw: st.DrawFn, organization: Organization) -> Organization:
    """The organization and a central repository of incidents, with whatever fate."""
    made = [
        (repository, one)
        for repository in organization.repositories
        if not repository.forbidden
        for one in repository.deployments
    ]
    issues = [
        _incident(draw, number, *draw(st.sampled_from(made)))
        for number in range(1, draw(st.integers(1, 5)) + 1)
        if made
    ]
    fate = draw(st.sampled_from(("read", "empty", "archived")))
    commit = Commit("0" * 40, (), NOW - 300 * DAY, NOW - 300 * DAY)
    ops = Repository(
        CENTRAL,
        database_id=99,
        created_at=NOW - 400 * DAY,
        head=None if fate == "empty" else commit.sha,
        commits={} if fate == "empty" else {commit.sha: commit},
        issues=tuple(one for one in issues if one.created_at < NOW),
        archived_at=NOW - 50 * DAY if fate == "archived" else None,
    )
    return replace(organization, repositories=(*organization.repositories, ops))


def _incident(draw: st.DrawFn, number: int, repository: Repository, one: Deployment) -> Issue:
    """An incident in the central repository, about one deployment or what was live after it."""
    opened = one.created_at + draw(st.sampled_from((HOUR, timedelta(0), DAY, 8 * DAY)))
    closed = draw(st.sampled_from((opened + HOUR, None, opened + 3 * DAY)))
    name, site = repository.name, f"https://github.com/{LOGIN}/{repository.name}/deployments"
    owned = draw(st.sampled_from((name, f"{LOGIN.title()}/{name.upper()}", "nobody", "x/" + name)))
    further = draw(st.sampled_from(((), ("repo:service-1",), ("environment:production",),
                                    ("service:billing", "environment:Prod-EU"))))  # fmt: skip
    bodies = ("", f"Deployment: {one.id}", f"### Deployment\n\n{site}/{one.id}",
              f"- Deployment: `{one.sha[:9]}`", "Deployment: nonsense")  # fmt: skip
    return Issue(
        number,
        "It burns",
        opened,
        closed if closed is not None and closed < NOW else None,
        draw(st.sampled_from(bodies)),
        ("incident", *draw(st.sampled_from(((f"repo:{owned}",), ()))), *further),
        state_reason=draw(st.sampled_from(REASONS)),
    )


def narrowings(organization: Organization) -> Iterator[dict[str, Any]]:
    """What a report or an explanation of the organization may be narrowed to."""
    for repository in organization.repositories:
        yield {"repositories": (repository.name,)}
    yield {"repositories": ("SERVICE-?",)}
    yield {"repositories": ("*-1", CENTRAL)}
    for globs in (("prod*",), ("p?*", "Staging"), ("PRODUCTION",), ("staging",), ("*-eu", "qa")):
        yield {"environments": globs}
    yield {"repositories": ("service-*",), "environments": ("*prod*",)}
    for tier in TIERS:
        yield {"tiers": (tier,)}
    yield {"tiers": ("production", "staging"), "environments": ("*",), "repositories": ("*1",)}
