"""What the doctor finds in incidents (F7, C1)."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from dora.analysis.analysis import analyse
from dora.demo.organization.model import Issue, Organization
from dora.doctor.diagnose import diagnose
from dora.doctor.model import Finding
from tests.support.diagnoses import (
    API,
    DAY,
    FINE,
    LAW,
    NOW,
    deployed,
    diagnosis_of,
    found,
    repository,
)
from tests.support.random_organizations import organizations
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of


def incident(number: int, days: int, body: str = "", *labels: str, **more: Any) -> Issue:
    """An incident opened so many days ago."""
    opened_at = NOW - days * DAY
    return Issue(number, "It burns", opened_at, body=body, labels=("incident", *labels), **more)


def test_incidents_without_deployment() -> None:
    """Incidents that found no deployment are named (F7, C1)."""
    issues = (incident(1, 4), incident(2, 60), incident(3, 62))
    burning = replace(API, issues=issues)
    assert found("incident-without-deployment", burning) == [
        Finding(
            "incident-without-deployment",
            "note",
            "2 of 3 incidents found no deployment.",
            subjects=("api#2", "api#3"),
        )
    ]
    lost = replace(API, issues=issues[1:])
    assert found("incident-without-deployment", lost)[0].severity == "warning"
    known = replace(API, issues=issues[:1])
    assert found("incident-without-deployment", known) == [
        Finding(
            "incident-without-deployment",
            "ok",
            "Every incident of the window found a deployment (1).",
        )
    ]


def test_names_that_were_not_understood() -> None:
    """F7, C1: incidents that name a deployment in vain are listed with what they name."""
    issues = (
        incident(1, 4),
        incident(2, 4, "Deployment: nonsense"),
        incident(3, 4, "### Deployment\n\n#12"),
        incident(4, 60),
    )
    burning = replace(API, issues=issues)
    assert [
        Finding(
            "incident-not-understood",
            "note",
            "2 of 4 incidents name a deployment, but none that was read.",
            subjects=("api#2: nonsense", "api#3: #12"),
        )
    ] == found("incident-not-understood", burning)
    assert ("api#4",) == found("incident-without-deployment", burning)[0].subjects
    lost = replace(API, issues=issues[1:3])
    assert "warning" == found("incident-not-understood", lost)[0].severity
    assert [] == found("incident-without-deployment", lost)


def test_names_of_repositories_that_fit_none() -> None:
    """F7, C1: a misspelt repository is named, with the nearest that there is."""
    ops = repository("ops", issues=(incident(1, 4, "", "repo:aip", "repo:other/api"),))
    incidents = {"repositories": ("ACME/ops", "osp"), "pagerduty": {"P1": "acme/nowhere"}}
    findings = diagnosis_of(API, ops, incidents=incidents).findings
    (finding,) = (one for one in findings if one.check == "incident-repository-unknown")
    assert finding == Finding(
        "incident-repository-unknown",
        "warning",
        "Under [incidents] or in labels `repo:` are names that fit no repository.",
        "Incidents that are recorded there, or that are about them, fail no deployment.",
        "Correct them; another owner's repository never fits. acme/nowhere: none is near; "
        "aip: did you mean api?; osp: did you mean ops?; other/api: did you mean api?",
        ("acme/nowhere", "aip", "osp", "other/api"),
    )
    named = {"repositories": ("ops", "Acme/Ops", "API")}
    assert [] == found("incident-repository-unknown", API, repository("ops"), incidents=named)


def test_dismissed_incidents_are_counted() -> None:
    """F7, C1: what was closed as not planned or as a duplicate is no incident, and is told."""
    closed: dict[str, Any] = {"closed_at": NOW - DAY, "state_reason": "duplicate"}
    burning = replace(API, issues=(incident(1, 4), incident(2, 4, **closed)))
    assert [
        Finding(
            "incident-dismissed",
            "ok",
            "1 incident was closed as not planned or as a duplicate: not counted.",
            counts={"incidents": 1},
        )
    ] == found("incident-dismissed", burning)
    assert [] == found("incident-dismissed", burning, incidents={"dismissed": "count"})


def test_an_incident_of_a_deployment_under_way_is_not_lost() -> None:
    """An incident on a deployment that never finished belongs to it, though it marks nothing."""
    under_way = deployed(6, statuses=())
    issues = (incident(1, 4, f"Deployment: {under_way.id}"), incident(2, 60))
    burning = repository("api", deployed(9), under_way, issues=issues)
    assert ("api#2",) == found("incident-without-deployment", burning)[0].subjects


@LAW
@given(organizations(issues=4))
def test_as_many_incidents_are_named_as_coverage_counts(organization: Organization) -> None:
    """The names are those that the report counts (C1)."""
    tables, config = tables_of(organization), config_of(organization)
    analysis = analyse(tables, config)
    findings = diagnose(FINE, tables, analysis, config).findings
    checks = {"incident-without-deployment", "incident-not-understood"}
    named = [one for one in findings if one.check in checks]
    incidents = analysis.failures.incidents
    assert incidents is not None
    assert sum(len(one.subjects) for one in named) == len(incidents.unattributed)


def test_no_incidents_at_all() -> None:
    """Where no incident is known, it is said what failures rest on; not where none is wanted."""
    assert found("incident-none", API)[0].severity == "note"
    assert found("incident-none", API, failures={"incident": False}) == []
