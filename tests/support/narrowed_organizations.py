"""Organizations whose incidents are told elsewhere, and what a report of them may be narrowed to.

To any random organization comes a repository `ops`, where incidents of the others are told in all
the ways there are.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from dora.config import Config
from dora.config.settings import IncidentSettings, ServiceSettings
from dora.demo.organization.model import Commit, Deployment, Issue, Organization, Repository
from dora.model.environments import TIERS
from tests.oracle.settings import Settings
from tests.support.oracle_settings import config_for
from tests.support.random_choices import Choices, Drawn, Seeded
from tests.support.random_organizations import (
    DAY,
    HOUR,
    LOGIN,
    MAPPINGS,
    NOW,
    STILL,
    organizations,
    random_organization,
)

CENTRAL = "ops"
SERVICES = (
    ServiceSettings(),
    ServiceSettings(source="payload:service", pattern="(?P<service>.+)"),
    ServiceSettings(source="environment", pattern="(?P<service>api|eu)"),
    ServiceSettings(source="task", pattern="(?P<service>[a-z]+)$"),
)
#: What `[environments]` may say.
RENAMED: Sequence[Any] = MAPPINGS
REASONS = ("completed", "not_planned", "duplicate")


class NarrowCase(NamedTuple):
    """An organization, the window and the settings of a report of it, and of narrowed ones."""

    organization: Organization
    asked: dict[str, Any]
    settings: Settings
    services: ServiceSettings
    narrowed: list[dict[str, Any]]

    def config(self, **narrowed: Any) -> Config:
        """The settings of a report of everything, but what is *narrowed*, in the oracle's words."""
        asked = {"tiers": TIERS, **self.asked, **narrowed}
        incidents = IncidentSettings(repositories=(f"{LOGIN.upper()}/{CENTRAL}", "service-2"))
        return config_for(self.organization, asked, self.settings).model_copy(
            update={"incidents": incidents, "services": self.services}
        )


def build_case(choices: Choices, organization: Organization) -> NarrowCase:
    """A case of *organization*; its window lies where deployments are."""
    whole = with_central(choices, organization)
    made = sorted(
        (one.created_at for repository in whole.repositories for one in repository.deployments),
        reverse=True,
    )
    last = choices.pick(made[:30] or [NOW])
    until = min(NOW, last + choices.pick((9 * DAY, STILL, DAY)))
    asked = {
        "since": until - choices.pick((90 * DAY, 60 * DAY, 14 * DAY)),
        "until": until,
        "trend": choices.pick((None, "month")),
        "compare": choices.pick((False, True)),
        "ephemeral": choices.pick((False, True)),
    }
    settings = Settings(
        signals=frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"}),
        lookback=choices.pick((30 * DAY, STILL, 90 * DAY)),
        lookback_budget=choices.pick((5000, 0, 3)),
        environments=choices.pick(RENAMED),
        collapse=choices.pick(("none", "run")),
        failures_status=choices.pick(("any", "live", "off")),
    )
    every = [*narrowings(whole)]
    deploying = len(organization.repositories)  # each of them alone comes first
    narrowed = [*every[:deploying], *(choices.pick(every[deploying:]) for _ in range(3))]
    return NarrowCase(whole, asked, settings, choices.pick(SERVICES), narrowed)


@st.composite
def narrow_cases(draw: st.DrawFn) -> NarrowCase:
    """Small cases, which Hypothesis shrinks."""
    return build_case(Drawn(draw), draw(organizations(deployments=8, issues=2)))


def seeded_case(seed: int, deployments: int = 20) -> NarrowCase:
    """A larger case, always the same for one *seed*."""
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    return build_case(choices, random_organization(seed, deployments=deployments, issues=2))


def with_central(choices: Choices, organization: Organization) -> Organization:
    """The organization and a central repository of incidents, with whatever fate."""
    made = [
        (repository, one)
        for repository in organization.repositories
        if not repository.forbidden
        for one in repository.deployments
        if one.created_at < NOW - DAY
    ]
    issues = [
        _incident(choices, number, *choices.pick(made[::-1]))
        for number in range(1, choices.whole(5, 25) + 1)
        if made
    ]
    issues += [
        Issue(100 + number, "It burns", one.created_at + DAY, None, f"Deployment: {one.id}",
              ("incident", f"repo:{repository.name}"))
        for number, (repository, one) in enumerate(made[::7])
    ]  # fmt: skip
    fate = choices.pick(("read", "read", "empty", "archived"))
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


def _incident(choices: Choices, number: int, repository: Repository, one: Deployment) -> Issue:
    """An incident in the central repository, about one deployment or what was live after it."""
    opened = one.created_at + choices.pick((HOUR, STILL, DAY, 8 * DAY))
    closed = choices.pick((opened + HOUR, None, opened + 3 * DAY))
    name, site = repository.name, f"https://github.com/{LOGIN}/{repository.name}/deployments"
    owned = choices.pick((name, f"{LOGIN.title()}/{name.upper()}", "nobody", "x/" + name))
    narrowing = choices.pick(((), ("repo:service-1",), ("environment:production",),
                              ("service:billing", "environment:Prod-EU")))  # fmt: skip
    bodies = ("", f"Deployment: {one.id}", f"### Deployment\n\n{site}/{one.id}",
              f"- Deployment: `{one.sha[:9]}`", "Deployment: nonsense")  # fmt: skip
    return Issue(
        number,
        "It burns",
        opened,
        closed if closed is not None and closed < NOW else None,
        choices.pick(bodies),
        ("incident", *choices.pick(((f"repo:{owned}",), ())), *narrowing),
        state_reason=choices.pick(REASONS),
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
