"""Incidents that were dismissed, and those of one service or environment, by hand: F7."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dora.demo.organization.model import Issue, Organization
from tests.oracle.settings import Services, Settings
from tests.support.small_repositories import (
    ALL,
    LOGIN,
    SINCE,
    UNTIL,
    Ask,
    Told,
    ask,
    ask_oracle,
    check,
    coverage,
    deploy,
    incident,
    line,
    repository,
    told_of,
)

SHIPPED = deploy(1, "a", -5), deploy(2, "b", 2)
TOLD = Told({2: [("incident", 3, 4, "api#9")]}, [(3, 4, [2])])


def closed(reason: str | None, at: float | None = 4, opened: float = 3) -> Issue:
    """An incident that was closed for a reason."""
    return replace(incident(9, opened, at), state_reason=reason)


def dismissed(*issues: Issue, **other: Any) -> int:
    """How many coverage counts as dismissed."""
    found: int = coverage(repository(line("ab"), *SHIPPED, issues=issues), **other)["incidents"][
        "dismissed"
    ]
    return found


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_closed_as_none(reason: str) -> None:
    """F7: an issue closed as not planned or as a duplicate is no incident; coverage counts it."""
    api = repository(line("abc"), *SHIPPED, deploy(3, "c", 3.5), issues=(closed(reason),))
    check(Told(), api)
    assert 1 == dismissed(closed(reason))
    check(replace(TOLD, rework=[3]), api, dismissed="count")
    assert 0 == dismissed(closed(reason), dismissed="count")


@pytest.mark.parametrize("reason", ["completed", "reopened", None, "a_reason_of_tomorrow"])
def test_closed_otherwise(reason: str | None) -> None:
    """F7: any other reason, or none, leaves an incident what it is."""
    check(TOLD, repository(line("ab"), *SHIPPED, issues=(closed(reason),)))
    assert 0 == dismissed(closed(reason))


@pytest.mark.parametrize("at", [30, 31])
def test_dismissed_after_the_window(at: float) -> None:
    """W2: what was closed at `until` or later had not been dismissed yet: it is open."""
    issue = closed("not_planned", at)
    open_one = Told({2: [("incident", 3, None, "api#9")]}, [(3, None, [2])])
    check(open_one, repository(line("ab"), *SHIPPED, issues=(issue,)))
    assert 0 == dismissed(issue)


def test_dismissed_before_the_window() -> None:
    """C1: coverage counts those that were opened in the window."""
    assert 0 == dismissed(closed("duplicate", -1, opened=-2))
    assert 0 == dismissed(closed("duplicate", 1, opened=-2))
    assert 1 == dismissed(closed("duplicate", 1, opened=0))


def test_a_dismissed_one_beside_others() -> None:
    """F7: what else was told of the deployment stays."""
    issues = closed("duplicate"), incident(10, 3, 5)
    expected = Told({2: [("incident", 3, 5, "api#10")]}, [(3, 5, [2])])
    check(expected, repository(line("ab"), *SHIPPED, issues=issues))


#: Four deployments to production, two environments of two services each, and one to staging.
PAYLOADS = {1: "web", 2: "jobs", 3: "web", 4: "jobs"}
PLACES = {1: "prod-eu", 2: "prod-eu", 3: "prod-us", 4: "prod-us"}
FOUR = [
    deploy(id_, "a", id_ / 10, environment=PLACES[id_], payload=f'{{"service": "{of}"}}')
    for id_, of in PAYLOADS.items()
]
SERVICES: dict[str, Any] = {"services": Services("payload:service", "(?P<service>.+)")}


def told(failed: Sequence[int]) -> Told:
    """That the incident failed these deployments, and no other."""
    why = [("incident", 3, 4, "api#9")]
    episodes = [(3, 4, [id_]) for id_ in failed]
    return Told(dict.fromkeys(failed, why), episodes, unattributed=int(not failed))


@pytest.mark.parametrize(
    ("labels", "failed"),
    [
        ("", [1, 2, 3, 4]),
        ("service:web", [1, 3]),
        ("Service: WEB", [1, 3]),
        ("service:web,service:jobs", [1, 2, 3, 4]),
        ("service:nobody", []),
        ("service:nobody,service:jobs", [2, 4]),
        ("environment:prod-eu", [1, 2]),
        ("environment:PROD-EU,environment:prod-us", [1, 2, 3, 4]),
        ("environment:prod-eu,service:web", [1]),
        ("environment:prod-eu,service:web,service:jobs", [1, 2]),
        ("environment:staging", []),
        ("environment:prod", []),
        ("service:,environment: ", [1, 2, 3, 4]),
        ("services:web,my-service:web", [1, 2, 3, 4]),
    ],
)
def test_one_service_or_environment(labels: str, failed: list[int]) -> None:
    """F7, G3: labels narrow an incident to services and environments; several widen it again."""
    staged = deploy(5, "a", 0.5, environment="staging", payload='{"service": "web"}')
    issue = incident(9, 3, 4, labels=labels)
    api = repository(line("a"), *FOUR, staged, issues=(issue,))
    check(told(failed), api, **SERVICES)


@pytest.mark.parametrize(
    ("body", "labels", "failed"),
    [
        ("Deployment: aaaaaaa", "service:web", [1, 3]),
        ("Deployment: aaaaaaa", "environment:prod-us,service:jobs", [4]),
        ("Deployment: 2", "service:jobs", [2]),
        ("Deployment: 2", "service:web", []),
        ("Deployment: 2", "environment:prod-us", []),
    ],
)
def test_labels_narrow_what_is_named(body: str, labels: str, failed: list[int]) -> None:
    """F7: labels narrow an incident that names a deployment, too."""
    issue = incident(9, 3, 4, body=body, labels=labels)
    check(told(failed), repository(line("a"), *FOUR, issues=(issue,)), **SERVICES)


@pytest.mark.parametrize("by", [ask, ask_oracle])
def test_environments_that_the_settings_rename(by: Ask) -> None:
    """F7, D1: a label may say the name on GitHub or the canonical one."""
    settings = Settings(environments=(("eu", "production-eu"),), signals=ALL)
    asked = {"since": SINCE, "until": UNTIL}
    for label in ("environment:eu", "environment:EU", "environment:Production-EU"):
        issue = incident(9, 3, 4, labels=label)
        shipped = deploy(1, "a", 1, environment="eu"), deploy(2, "a", 1, environment="prod-us")
        api = repository(line("a"), *shipped, issues=(issue,))
        assert told([1]) == told_of(*by(Organization(LOGIN, UNTIL, (api,)), asked, settings))
