"""Teams and services by hand: G1, G2, G3."""

import json
from typing import Any

import pytest

from dora.demo.organization.model import Team
from tests.oracle.settings import Services
from tests.support.small_repositories import Told, check, deploy, line, repository, rows

API = repository(
    line("abc"), deploy(1, "a", -5), deploy(2, "b", 2), deploy(3, "a", 3), deploy(4, "c", 4)
)
WEB = repository(line("a"), deploy(5, "a", 1), deploy(6, "a", 2, ("failure", 2)), name="web")
LAB = repository(line("a"), deploy(7, "a", 1, environment="staging"), name="lab")


def counted(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a row is of, its successes, its failed of its finished, its episodes."""
    rate = row["change_fail_rate"]
    whose = tuple(row["key"].values())
    successes = row["deployment_frequency"]["deployments"]
    return *whose, successes, rate["failed"], rate["deployments"], row["recovery_time"]["episodes"]


def test_configured_teams() -> None:
    """G2: teams by globs of repositories; of two it counts for both, of none for `(no team)`."""
    teams = (("Care", ("AP?",)), ("All", ("api", "w*")), ("Nobody", ("x",)))
    further = repository(line("a"), deploy(8, "a", 1), name="zoo")
    asked = {"by": "team", "teams": teams}
    assert [counted(row) for row in rows(API, WEB, LAB, further, **asked)] == [
        ("(no team)", "production", 1, 0, 1, 0),
        ("All", "production", 4, 2, 5, 2),
        ("Care", "production", 3, 1, 3, 1),
    ]


def test_teams_of_the_organization() -> None:
    """G2: where none is named, a team with maintain or admin, shown by its name."""
    teams = (
        Team("care", "Care", {"api": "admin", "web": "triage"}),
        Team("all", "All of us", {"api": "maintain", "web": "maintain", "lab": "admin"}),
        Team("guests", "Guests", {"api": "write", "web": "read"}),
        Team("labs", "Labs", {"lab": "admin"}),
    )
    assert [counted(row) for row in rows(API, WEB, LAB, by="team", of_teams=teams)] == [
        ("All of us", "production", 4, 2, 5, 2),
        ("Care", "production", 3, 1, 3, 1),
    ]


def test_teams_of_another_tier() -> None:
    """G1, G2: team rows are of production unless asked; a team with nothing there has no row."""
    teams = (("Care", ("api",)), ("Labs", ("lab",)))
    asked = {"by": "team", "teams": teams, "tiers": ("staging",)}
    assert [counted(row) for row in rows(API, WEB, LAB, **asked)] == [
        ("Labs", "staging", 1, 0, 1, 0)
    ]


def test_pooled_by_organization() -> None:
    """G1: deployments and episodes are pooled themselves."""
    assert [counted(row) for row in rows(API, WEB, LAB, by="organization")] == [
        ("org", "production", 4, 2, 5, 2)
    ]


def test_services_by_environment() -> None:
    """G3: a service named in the environment is a row of its own, one without sorted first."""
    api = repository(
        line("ab"),
        deploy(1, "a", 1, environment="billing-prod"),
        deploy(2, "a", 1, environment="prod"),
        deploy(3, "b", 2, environment="billing-prod"),
    )
    services = Services("environment", r"^(?P<service>[a-z]+)-prod$")
    assert [row["key"] for row in rows(api, services=services)] == [
        {"repository": "api", "environment": "billing-prod", "service": "billing"},
        {"repository": "api", "environment": "prod"},
    ]


def told(name: str, *, payload: bool) -> dict[str, Any]:
    """How a deployment names its service."""
    return {"payload": f'{{"service": "{name}"}}'} if payload else {"task": f"deploy:{name}"}


@pytest.mark.parametrize("payload", [True, False])
def test_each_service_has_its_own_history(payload: bool) -> None:
    """G3, F1, F2: another service's deployment neither ends a failure nor is gone back from."""
    source = Services("payload:service", "(?P<service>.+)")
    services = source if payload else Services("task", "^deploy:(?P<service>.+)$")
    api = repository(
        line("ab"),
        deploy(1, "a", 1, **told("x", payload=payload)),
        deploy(2, "b", 2, **told("y", payload=payload)),
        deploy(3, "a", 3, **told("x", payload=payload)),
        deploy(4, "a", 4, ("failure", 4), **told("x", payload=payload)),
        deploy(5, "b", 5, **told("y", payload=payload)),
        deploy(6, "b", 6),
        deploy(7, "a", 7, **told("y", payload=payload)),
    )
    failed = {4: [("status", 4, None, "failure")], 5: [("rollback", 5, 7, "7")]}
    expected = Told(failed, [(4, None, [4]), (5, 7, [5])], [7], never_live=1)
    check(expected, api, services=services)
    production = {"repository": "api", "environment": "production"}
    assert [row["key"] for row in rows(api, services=services)] == [
        production,
        {**production, "service": "x"},
        {**production, "service": "y"},
    ]


# Services that our own action names (G3) --------------------------------------------------------


def stack(name: str, **more: Any) -> dict[str, Any]:
    """What the action track-deployment leaves where it was given a stack."""
    return {"payload": json.dumps({"stack": name, "dora": 1, **more})}


def test_two_stacks_in_one_environment() -> None:
    """G3: stacks that workflows of their own apply are two rows, each with its history.

    An older commit of one stack comes after a newer commit of the other, and nothing failed.
    """
    infrastructure = repository(
        line("abcde"),
        deploy(1, "a", -5, **stack("net")),
        deploy(2, "a", -4, **stack("db")),
        deploy(3, "d", 1, **stack("net")),
        deploy(4, "b", 2, **stack("db")),
        deploy(5, "e", 3, **stack("net")),
        deploy(6, "c", 4, **stack("db")),
        deploy(7, "d", 5, **stack("db")),
    )
    check(Told({}, [], []), infrastructure)
    assert [counted(row) for row in rows(infrastructure)] == [
        ("api", "production", "db", 3, 0, 3, 0),
        ("api", "production", "net", 2, 0, 2, 0),
    ]
    failed = {3: [("rollback", 1, 2, "4")], 5: [("rollback", 3, 4, "6")]}
    together = Told(failed, [(1, 2, [3]), (3, 4, [5])], [4, 6])
    check(together, infrastructure, services=None)


def test_service_before_stack_and_rows_without_either() -> None:
    """G3: a service names the row before a stack does; what names neither is a row without one."""
    api = repository(
        line("ab"),
        deploy(1, "a", 1, **stack("net", service="web")),
        deploy(2, "b", 2, **stack("web", service="")),
        deploy(3, "a", 3, payload='{"dora": 1}'),
        deploy(4, "b", 4, payload=json.dumps(json.dumps({"dora": 1, "service": "web"}))),
        deploy(5, "b", 5, ("failure", 5), **stack("net")),
    )
    assert [counted(row) for row in rows(api)] == [
        ("api", "production", 1, 0, 1, 0),
        ("api", "production", "net", 0, 1, 1, 1),
        ("api", "production", "web", 3, 0, 3, 0),
    ]
    for by in ("environment", "organization"):
        assert [counted(row)[-4:] for row in rows(api, by=by)] == [(4, 1, 5, 1)]
