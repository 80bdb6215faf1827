"""The services and teams of the made-up organization, and which scenarios each service plays."""

from collections.abc import Callable

from dora.demo.organization import change_scenarios, ordinary_scenarios, scenarios
from dora.demo.organization.model import Team
from dora.demo.organization.pipeline import (
    ACTIONS_2022,
    ARGO_CD,
    BUILDKITE,
    TRACKED,
    VERCEL,
    went_well,
)
from dora.demo.organization.service import Service
from dora.demo.organization.team import TeamSimulation

_YEARS_AGO = 1100  #: days: the last deployment of report-archive

Scenario = Callable[[TeamSimulation], None]


def nothing(_: TeamSimulation) -> None:
    """Nothing but routine."""


def _terraform(team: TeamSimulation) -> None:
    scenarios.failed_attempts(team, 20)
    scenarios.failure_after_success(team, 41)
    scenarios.success_after_failure(team, 33)
    scenarios.same_instant(team, 12)
    scenarios.approvals(team)
    ordinary_scenarios.expired_approval(team, 58)
    ordinary_scenarios.plans(team, 24)
    ordinary_scenarios.nightly_applies(team, 16, 9)


def _patient_api(team: TeamSimulation) -> None:
    scenarios.roll_back_one(team, 25)
    scenarios.roll_back_two(team, 52)
    change_scenarios.odd_clocks(team, 44)
    scenarios.redeploy(team, 15)
    change_scenarios.incident(team, 62, "form", hours=5)


def _portal(team: TeamSimulation) -> None:
    change_scenarios.reverts(team, 35)
    change_scenarios.incident(team, 18, "url")


def _appointments(team: TeamSimulation) -> None:
    scenarios.roll_back_by_payload(team, 38)
    scenarios.out_of_order(team, 47)
    change_scenarios.labelled(team, 22, "change-failure", "feature/slots")
    change_scenarios.incident(team, 5, is_open=True)
    scenarios.under_way(team)
    change_scenarios.open_request(team)
    ordinary_scenarios.dismissed_incidents(team, 52)


def _billing(team: TeamSimulation) -> None:
    scenarios.roll_back_by_payload(team, 55, twice_encoded=True)
    scenarios.abandoned(team)
    change_scenarios.long_branch(team, 18, "rebase", 80)
    change_scenarios.labelled(team, 40, "hotfix", "urgent-fix")


def _lab(team: TeamSimulation) -> None:
    scenarios.still_down(team)
    scenarios.gone_commit(team, 37)
    change_scenarios.long_branch(team, 60, "merge", 112)
    change_scenarios.incident(team, 29, "sha")


def _notification(team: TeamSimulation) -> None:
    change_scenarios.tagged(team, 31, "failed/2-4-0", annotated=True)
    change_scenarios.tagged(team, 57, "rollback/2-1-0", annotated=False)
    change_scenarios.tagged(team, 71, "v2.0.0", annotated=True)


def _identity(team: TeamSimulation) -> None:
    scenarios.renamed(team, 24)
    change_scenarios.labelled(team, 49, "", "hotfix/sign-in")
    change_scenarios.incident(team, 66)
    early = team.day(80, 11)
    team.at(early, lambda: team.deploy("production", team.history.head, early, went_well(5)))


def _infrastructure(team: TeamSimulation) -> None:
    change_scenarios.octopus(team, 34)
    scenarios.failed_attempts(team, 64)
    ordinary_scenarios.two_stacks(team, 27)


def _bridge(team: TeamSimulation) -> None:
    ordinary_scenarios.picked_hotfix(team, 16)


def _chaos(team: TeamSimulation) -> None:
    scenarios.odd_names(team)


def _quiet(team: TeamSimulation) -> None:
    change_scenarios.unrelated_incident(team, 14)
    moment = team.day(100, 11)
    team.at(moment, lambda: team.deploy("prod", team.history.head, moment, went_well(5)))


def _ancient(team: TeamSimulation) -> None:
    moment = team.day(_YEARS_AGO, 11)
    team.at(moment, lambda: team.deploy("prod", team.history.head, moment, went_well(5)))


_EU_US = ("prod-eu", "prod-us")
SERVICES: tuple[tuple[Service, Scenario], ...] = (
    (Service("terraform-ci", 8, 5, 0.14, approval=True, tool=TRACKED), _terraform),
    (
        Service(
            "patient-api",
            16,
            9,
            0.09,
            production=("production",),
            flagged=True,
            preview="preview/{branch}",
        ),
        _patient_api,
    ),
    (
        Service(
            "patient-portal",
            24,
            18,
            0.05,
            pace=0.2,
            production=("production",),
            preview="pr-{number}",
            before=("dev", "qa"),
            ways=(1, 0, 0),
            preview_tool=VERCEL,
        ),
        _portal,
    ),
    (Service("appointment-service", 10, 6, 0.10), _appointments),
    (Service("billing-worker", 7, 3, 0.16, ways=(0.2, 0.2, 0.6), tool=ARGO_CD), _billing),
    (Service("lab-results-api", 9, 5, 0.08, ways=(0.3, 0.6, 0.1)), _lab),
    (Service("notification-gateway", 5, 1.5, 0.07, 2.5, production=_EU_US), _notification),
    (Service("identity-provider", 4, 2, 0.05, production=("Production",), flagged=True), _identity),
    (Service("data-warehouse", 3, 0, before=("dev",), tool=BUILDKITE), _quiet),
    (
        Service(
            "infrastructure",
            6,
            2.5,
            0.1,
            production=("prod#network", "prod#database"),
            before=("qa",),
            direct=0.4,
            tool=TRACKED,
        ),
        _infrastructure,
    ),
    (Service("fhir-bridge", 5, 3, 0.1, start_days=45, old_commits=0), _bridge),
    (Service("fax-gateway", 2, 3, 0.1, stop_days=96, before=("qa",), tool=ACTIONS_2022), nothing),
    (Service("design-system", 4, deploys=False), nothing),
    (Service("chaos-playground", 2, 0, before=()), _chaos),
    (Service("legacy-intake", 2, 2, 0.2, stop_days=46, before=(), archived_days=40), nothing),
    (
        Service("report-archive", 0, 0, start_days=_YEARS_AGO + 90, tool=ACTIONS_2022),
        _ancient,
    ),
)
VAULT = Service("payments-vault", 3, 2, 0.1)
TEAMS = (
    Team(
        "platform",
        "Platform",
        {
            "terraform-ci": "admin",
            "infrastructure": "admin",
            "identity-provider": "maintain",
            "patient-api": "read",
        },
    ),
    Team(
        "patient-care",
        "Patient Care",
        {
            "patient-api": "admin",
            "patient-portal": "admin",
            "appointment-service": "maintain",
            "notification-gateway": "maintain",
            "fhir-bridge": "admin",
        },
    ),
    Team("money", "Billing & Claims", {"billing-worker": "admin", "payments-vault": "admin"}),
    Team(
        "data",
        "Data",
        {
            "data-warehouse": "admin",
            "lab-results-api": "maintain",
            "fhir-bridge": "maintain",
        },
    ),
    Team("everyone", "Everyone", {"patient-portal": "triage", "sandbox": "write"}),
)
