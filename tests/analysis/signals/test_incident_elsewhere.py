"""Incidents that are told in a central repository, by hand: F7, C1."""

from dataclasses import replace
from typing import Any

import pytest

from dora.demo.organization.model import Issue, Repository
from tests.support.small_repositories import (
    LOGIN,
    SECOND,
    Told,
    check,
    coverage,
    day,
    deploy,
    incident,
    line,
    repository,
)

#: Hours 110, 250, 260 and 261 of a window that begins at 240.
EARLIER, LIVE, OPENED, CLOSED = -130 / 24, 10 / 24, 20 / 24, 21 / 24
API = repository(line("ab"), deploy(1, "a", EARLIER), deploy(2, "b", LIVE))
WEB = repository(line("a"), deploy(5, "a", LIVE), name="web")
TOLD = Told({2: [("incident", OPENED, CLOSED, "ops#9")]}, [(OPENED, CLOSED, [2])])
CENTRAL: dict[str, Any] = {"incident_repositories": ("ops",)}


def ops(*issues: Issue, **more: Any) -> Repository:
    """The central repository."""
    return repository(line("f"), name="ops", issues=issues, **more)


def burning(labels: str = "repo:api", number: int = 9, **more: Any) -> Issue:
    """An incident opened at 260 and closed at 261."""
    return incident(number, OPENED, CLOSED, labels=labels, **more)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"repositories": ("api",)},
        {"repositories": ("A*",)},
        {"environments": ("prod*",)},
        {"tiers": ("production",)},
        {"repositories": ("api",), "environments": ("production",), "tiers": ("production",)},
    ],
)
def test_the_figure_is_the_same_whatever_is_asked_for(asked: dict[str, Any]) -> None:
    """F7, C1: the incident of a central repository counts in every report of the service."""
    check(TOLD, API, WEB, ops(burning()), **CENTRAL, **asked)


@pytest.mark.parametrize(
    "central",
    [
        ops(burning(), archived_at=day(-3)),
        ops(burning(), archived_at=day(20)),
        replace(ops(burning()), commits={}, head=None),
        replace(ops(burning()), commits={}, head=None, archived_at=day(-3)),
        replace(ops(burning()), deployments=(deploy(8, "f", LIVE, environment="qa"),)),
        replace(ops(burning()), deployments=(deploy(8, "f", LIVE),), archived_at=day(-3)),
    ],
    ids=["archived", "archived later", "empty", "empty and archived", "deploying", "both"],
)
def test_whatever_became_of_the_central_repository(central: Repository) -> None:
    """F7, C1: it is read for its incidents though it is skipped for everything else."""
    check(TOLD, API, central, **CENTRAL)
    check(TOLD, API, central, **CENTRAL, repositories=("api",))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("OPS", f"repo:{LOGIN}/api"),
        (f"{LOGIN}/ops", "repo:ORG/Api"),
        (f"{LOGIN.upper()}/Ops", "Repo: API"),
        (" ops", f"repo: {LOGIN}/API "),
    ],
)
def test_names_with_their_owner(name: str, label: str) -> None:
    """F7: names fit with and without the organization, in the settings and in labels."""
    found = coverage(API, ops(burning(label)), incident_repositories=(name,))
    assert (0, []) == (found["incidents"]["unattributed"], found["incidents"]["not_found"])


@pytest.mark.parametrize(
    ("names", "labels", "unattributed", "not_found"),
    [
        (("ops",), "repo:apj", 1, ["apj"]),
        (("ops",), "repo:Other/api", 1, ["Other/api"]),
        (("ops",), "repo:apj,repo:api", 0, ["apj"]),
        (("ops",), "repo:zz,repo:Aa,repo:zz", 1, ["Aa", "zz"]),
        (("ops",), "repo:,repo: ", 1, []),
        (("opps",), "repo:api", 0, ["opps"]),
        (("other/ops",), "repo:api", 0, ["other/ops"]),
        (("ops", "nowhere", ""), "repo:api", 0, ["nowhere"]),
        ((), "repo:apj", 0, []),
    ],
)
def test_names_that_fit_no_repository(
    names: tuple[str, ...], labels: str, unattributed: int, not_found: list[str]
) -> None:
    """F7, C1: a misspelt repository is told, and another owner's never fits."""
    found = coverage(API, ops(burning(labels)), incident_repositories=names)["incidents"]
    assert (unattributed, not_found) == (found["unattributed"], found["not_found"])


def test_names_of_incidents_that_are_of_no_window_are_not_told() -> None:
    """C1: coverage is about what was opened in the window, and about incidents."""
    before = incident(7, -1, labels="repo:before")
    dismissed = replace(burning("repo:dismissed", 8), state_reason="not_planned")
    found = coverage(API, ops(before, dismissed), **CENTRAL)["incidents"]
    assert [] == found["not_found"]


def test_incidents_of_repositories_that_are_not_asked_for() -> None:
    """C1: an incident that is about excluded repositories alone is none of this report."""
    issues = (
        burning("repo:web", 1),  # of web alone
        burning("repo:web,repo:nobody", 2),  # and of a misspelt one
        burning("", 3),  # of ops itself
        burning("repo:api", 4, body="Deployment: nonsense"),
        burning("repo:api,repo:web", 5),
        replace(burning("repo:web", 6), state_reason="duplicate"),
        replace(burning("repo:api", 7), state_reason="duplicate"),
    )
    asked = {"repositories": ("api",), **CENTRAL}
    old = replace(WEB, name="old", archived_at=day(-3))
    found = coverage(API, WEB, old, ops(*issues), **asked)["incidents"]
    assert {"unattributed": 2, "dismissed": 1, "not_understood": 1, "not_found": ["nobody"]} == (
        found
    )
    whole = coverage(API, WEB, old, ops(*issues, burning("repo:old", 8)), **CENTRAL)["incidents"]
    assert {"unattributed": 3, "dismissed": 2, "not_understood": 1, "not_found": ["nobody"]} == (
        whole
    )


def test_issues_of_other_repositories_that_are_skipped() -> None:
    """C1: only a central repository is read though it is skipped."""
    quiet = replace(ops(burning("")), name="quiet")
    gone = replace(API, archived_at=day(25), issues=(burning(""),))
    assert 0 == coverage(quiet)["incidents"]["unattributed"]
    assert 0 == coverage(gone)["incidents"]["unattributed"]


def test_a_deployment_of_another_environment_is_an_id_whatever_is_asked_for() -> None:
    """F7: an incident names the same deployment in a report of one environment alone.

    The digits are the id of a deployment to staging, and begin the sha of one to production.
    """
    shas = ("1234567", "b")
    commits = [*line("b")]
    commits = [replace(commits[0], sha=f"{shas[0]}{'0' * 33}"), *commits]
    to_production = replace(deploy(2, "b", LIVE), sha=commits[0].sha)
    staged = deploy(1234567, "b", LIVE, environment="staging")
    said = burning("", body="Deployment: 1234567")
    api = repository(commits, to_production, staged, issues=(said,))
    of_staging = [("incident", OPENED, CLOSED, "api#9")]
    check(Told({1234567: of_staging}, [(OPENED, CLOSED, [1234567])]), api)
    assert 1 == coverage(api, environments=("prod*",))["incidents"]["unattributed"]
    alone = replace(api, deployments=(to_production,))
    check(Told({2: of_staging}, [(OPENED, CLOSED, [2])]), alone)


def test_attribution_to_the_second() -> None:
    """F7: a central repository's incidents obey the same limit of seven days."""
    late = incident(9, LIVE + 7 + SECOND, LIVE + 8, labels="repo:api")
    check(Told(unattributed=1), API, ops(late), **CENTRAL, repositories=("api",))
