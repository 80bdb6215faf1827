"""What the doctor says of the token: validity, rights, limits, cost."""

from dataclasses import replace
from typing import Any

import pytest

from dora.doctor.model import Finding
from dora.model.token_rights import Limit, Probe
from tests.support.diagnoses import API, DAY, FINE, HOUR, NOW, diagnosis_of, found


def test_all_is_well() -> None:
    """Where nothing is amiss every finding is fine, but for the note that no incident is known."""
    diagnosis = diagnosis_of(API)
    assert {one.check for one in diagnosis.findings if one.severity != "ok"} == {"incident-none"}
    assert diagnosis.is_complete


def test_token_tells_whose_it_is() -> None:
    """Whose the token is, where somebody is behind it."""
    assert found("token", API) == [Finding("token", "ok", "The token is valid: it is ada's.")]
    nobody = replace(FINE, login=None)
    assert found("token", API, checkup=nobody)[0].what == "The token is valid."


@pytest.mark.few(1)
@pytest.mark.parametrize(("days", "severity"), [(15, "ok"), (14, "warning"), (1, "warning")])
def test_token_expiry(days: int, severity: str) -> None:
    """A token that ends within a fortnight is warned of."""
    ends = replace(FINE, expires_at=NOW + days * DAY)
    assert [severity] == [one.severity for one in found("token-expiry", API, checkup=ends)]
    assert found("token-expiry", API, checkup=replace(FINE, expires_at=None)) == []


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("scopes", "severity", "what"),
    [
        (("repo",), "ok", "It is a classic token with the scopes: repo."),
        (("gist",), "warning", "It is a classic token with the scopes: gist."),
        ((), "warning", "It is a classic token with the scopes: none."),
        (
            None,
            "ok",
            "GitHub does not say which scopes this token has, so its rights were tried one by one.",
        ),
    ],
)
def test_token_scopes(scopes: tuple[str, ...] | None, severity: str, what: str) -> None:
    """A classic token without `repo` sees public repositories only; others tell nothing."""
    (finding,) = found("token-scopes", API, checkup=replace(FINE, scopes=scopes))
    assert (severity, what) == (finding.severity, finding.what)


@pytest.mark.parametrize(
    ("visible", "private", "severity"), [(0, 0, "problem"), (3, 0, "warning"), (3, 2, "ok")]
)
def test_how_much_it_sees(visible: int, private: int, severity: str) -> None:
    """How many repositories the token sees: what it may not see is missing without an error."""
    seen = replace(FINE, visible=visible, private=private)
    (finding,) = found("repositories-visible", API, checkup=seen)
    assert (severity, {"repositories": visible, "private": private}) == (
        finding.severity,
        finding.counts,
    )


@pytest.mark.parametrize("right", ["deployments", "contents", "pull requests", "issues"])
def test_a_refused_right(right: str) -> None:
    """A right that is refused on a repository that should be readable is a problem."""
    refused = replace(FINE, sample=Probe("api", (right,), "no!"), scopes=None)
    check = f"right-{right.replace(' ', '-')}"
    diagnosis = diagnosis_of(API, checkup=refused)
    (finding,) = [one for one in diagnosis.findings if one.check == check]
    assert ("problem", f"The {right} of api may not be read: no!") == (
        finding.severity,
        finding.what,
    )
    assert f"{right.capitalize()}: read" in finding.mend
    assert not diagnosis.is_complete


def test_workflow_runs_are_a_right_where_a_source_is_a_workflow() -> None:
    """D8: Actions: read is asked for only there, and tried where runs are deployments."""
    assert [] == found("right-actions", API)
    sources = [{"from": "workflow", "repositories": ["x*"], "workflow": "deploy.yml"}]
    ours: dict[str, Any] = {"sources": [*sources, {"from": "deployments"}]}
    allowed = Probe("x-api", (), is_of_workflow=True)
    refused = Probe("x-web", ("actions",), "no!", is_of_workflow=True)
    needed = "They are needed for the deployments of every source that is a workflow."
    grant = "Give the token or App the permission Actions: read."
    untried = "Whether workflow runs may be read could not be tried."
    cases: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
        ({"sample": allowed},
         ("ok", "Workflow runs may be read; tried on x-api.", "", "")),
        ({"sample": allowed, "unread": (refused,)},
         ("problem", "The workflow runs of x-web may not be read: no!", needed, grant)),
        ({"sample": Probe("api")}, ("note", untried, needed, grant)),
        ({"sample": Probe("x-api", (), "timed out", is_of_workflow=True)},
         ("note", untried, needed, grant)),
    )  # fmt: skip
    for seen, expected in cases:
        checkup = replace(FINE, scopes=None, **seen)
        findings = diagnosis_of(API, checkup=checkup, **ours).findings
        (finding,) = [one for one in findings if one.check == "right-actions"]
        assert expected == (finding.severity, finding.what, finding.meaning, finding.mend)


def test_how_to_grant_a_classic_token() -> None:
    """To a classic token scopes are given, not permissions."""
    refused = replace(FINE, sample=Probe("api", ("issues",), "no!"))
    (finding,) = [
        one for one in diagnosis_of(API, checkup=refused).findings if one.check == "right-issues"
    ]
    assert (
        "Give the token the scope repo, and authorize it for single sign-on if asked."
        == finding.mend
    )


def test_rights_that_could_not_be_tried() -> None:
    """Where there was nothing to try a right on, that is said instead of guessed."""
    for sample in (None, Probe("api", (), "timed out")):
        (finding,) = found("right-contents", API, checkup=replace(FINE, sample=sample))
        assert finding.severity == "note"


def test_issues_are_not_needed_without_incidents() -> None:
    """What is switched off needs no right."""
    refused = replace(FINE, sample=Probe("api", ("issues",), "no!"))
    off = {"failures": {"incident": False}}
    (finding,) = found("right-issues", API, checkup=refused, **off)
    assert ("ok", "Issues are not needed: no incident is looked for.") == (
        finding.severity,
        finding.what,
    )


def test_refused_incidents_are_a_problem() -> None:
    """Where the search for incidents was refused, a report would not be complete."""
    (finding,) = found("right-issues", API, tables={"gaps": {"incidents": "no!"}})
    assert ("problem", "The issues may not be read: no!") == (finding.severity, finding.what)


@pytest.mark.parametrize(
    ("options", "severity"),
    [({}, "note"), ({"by": "team"}, "problem"), ({"teams": {"us": ["api"]}, "by": "team"}, "ok")],
)
def test_teams(options: dict[str, Any], severity: str) -> None:
    """Teams matter by team, and only where [teams] names none (G2)."""
    refused = replace(FINE, teams_refused="no!")
    (finding,) = found("right-members", API, checkup=refused, **options)
    assert severity == finding.severity


def test_rate_limit_and_cost() -> None:
    """What is left of the hour, and what this window cost of it."""
    assert found("rate-limit", API)[0].counts == {"limit": 5000, "remaining": 4999}
    (cost,) = found("report-cost", API)
    assert cost == Finding(
        "report-cost",
        "ok",
        "A report of this window costs 7 requests, 9 points: 0.2 % of the hour's.",
        counts={"requests": 7, "points": 9, "left": 4990},
    )


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("remaining", "points", "severity"),
    [(5000, 2500, "ok"), (5000, 2501, "warning"), (5000, 5001, "warning"), (8, 9, "warning")],
)
def test_a_report_that_would_have_to_wait(remaining: int, points: int, severity: str) -> None:
    """A report dearer than what is left, or than an hour's budget, is warned of."""
    dear = replace(FINE, limit=Limit(5000, remaining, NOW + HOUR), points=points)
    diagnosis = diagnosis_of(API, checkup=dear)
    (finding,) = [one for one in diagnosis.findings if one.check == "report-cost"]
    assert severity == finding.severity
    assert diagnosis.is_complete


def test_a_server_without_limits() -> None:
    """An Enterprise Server may limit nothing."""
    free = replace(FINE, limit=None)
    assert found("rate-limit", API, checkup=free)[0].what == "This server limits no rate."
    assert (
        "A report of this window costs 7 requests, 9 points."
        == found("report-cost", API, checkup=free)[0].what
    )
