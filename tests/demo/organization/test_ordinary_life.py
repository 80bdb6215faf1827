"""What is ordinary in the made-up organization is reported as what it is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Deployment, Organization, Repository
from tests.oracle.settings import Settings
from tests.support.small_repositories import ALL, ask

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
NAMES = {"terraform-ci", "infrastructure", "fhir-bridge", "patient-api", "appointment-service"}


@pytest.fixture(scope="module")
def organization() -> Organization:
    """The repositories in which ordinary things happen."""
    whole = build_organization(NOW)
    chosen = tuple(one for one in whole.repositories if one.name in NAMES)
    return replace(whole, repositories=chosen)


@pytest.fixture(scope="module")
def told(organization: Organization) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Report and evidence of the last ninety days, with every signal."""
    return ask(organization, {"since": SINCE, "until": NOW}, Settings(signals=ALL))


def repository(organization: Organization, name: str) -> Repository:
    """The repository of that name."""
    return next(one for one in organization.repositories if one.name == name)


def ids(repo: Repository, fits: Callable[[Deployment], bool]) -> list[int]:
    """Its production deployments of the window that fit."""
    return [
        one.id
        for one in repo.deployments
        if one.environment.startswith("prod") and one.created_at > SINCE and fits(one)
    ]


def says(words: str) -> Callable[[Deployment], bool]:
    """Whether a status says that."""
    return lambda one: any(words in status.description for status in one.statuses)


def is_live(item: dict[str, Any]) -> bool:
    """Whether an item of the evidence is of a production environment."""
    return str(item["environment"]).startswith("prod")


def is_refused(one: Deployment) -> bool:
    """Whether its approval was refused, or expired."""
    return [status.state for status in one.statuses] == ["waiting", "failure"]


def outcomes(told: Any, chosen: list[int]) -> list[str]:
    """What became of those deployments, each once."""
    _, evidence = told
    found = {one["id"]: one["outcome"] for one in evidence["deployments"]}
    return sorted({found[number] for number in chosen})


def test_refused_and_expired_approvals_had_not_started(
    organization: Organization, told: Any
) -> None:
    """D3: one was refused after three hours, one expired after fifteen days."""
    chosen = ids(repository(organization, "terraform-ci"), is_refused)
    assert len(chosen) == 2
    assert outcomes(told, chosen) == ["not_started"]


def test_what_broke_off_before_the_apply_had_not_started(
    organization: Organization, told: Any
) -> None:
    """D3, F8: a cancel in the plan changed nothing; an apply that had begun may have."""
    report, _ = told
    made = [repository(organization, name) for name in ("terraform-ci", "infrastructure")]
    before = [number for repo in made for number in ids(repo, says("apply had not begun"))]
    begun = [number for repo in made for number in ids(repo, says("apply had begun"))]
    assert len(before) >= 5
    assert len(begun) >= 5
    assert outcomes(told, before) == ["not_started"]
    assert outcomes(told, begun) == ["failure"]
    assert report["coverage"]["deployments"]["not_started"] == len(before) + 2


def test_nightly_applies_changed_nothing(organization: Organization, told: Any) -> None:
    """D3: nine nights with nothing to change are in no count."""
    report, evidence = told
    chosen = ids(repository(organization, "terraform-ci"), says("nothing to change"))
    unchanged = [one["id"] for one in evidence["deployments"] if one["unchanged"]]
    assert (len(chosen), sorted(unchanged)) == (9, sorted(chosen))
    assert report["coverage"]["deployments"]["unchanged"] == 9


def test_stacks_are_rows_of_their_own(organization: Organization, told: Any) -> None:
    """G3: the database's older commit, done after the network's newer one, is no rollback."""
    report, evidence = told
    rows = [row["key"] for row in report["rows"] if row["key"]["repository"] == "infrastructure"]
    assert [key["service"] for key in rows if is_live(key)] == [
        "database",
        "network",
    ]
    repo = repository(organization, "infrastructure")
    (old,) = ids(
        repo,
        lambda one: (
            json.loads(one.payload or "{}").get("stack") == "database"
            and repo.commits[one.sha].message == "Resize the database"
        ),
    )
    (found,) = [one for one in evidence["deployments"] if one["id"] == old]
    assert (found["service"], found["outcome"], found["reasons"]) == ("database", "success", [])


def test_an_incident_by_a_form_is_that_deployments(organization: Organization, told: Any) -> None:
    """F7: the id below the form's heading is read; another one was live when it was opened."""
    repo = repository(organization, "patient-api")
    (issue,) = [one for one in repo.issues if one.body.startswith("### Deployment\n\n")]
    named = int(issue.body.split("\n")[2])
    _, evidence = told
    (found,) = [one for one in evidence["deployments"] if one["id"] == named]
    by = f"patient-api#{issue.number}"
    assert ("incident", by) in [(one["signal"], one["by"]) for one in found["reasons"]]
    blamed = [
        one["id"]
        for one in evidence["deployments"]
        if any(reason["by"] == by for reason in one["reasons"])
    ]
    assert blamed == [named]


def test_dismissed_incidents_are_none(told: Any) -> None:
    """F7: one was not planned, one was a duplicate."""
    report, _ = told
    assert report["coverage"]["incidents"]["dismissed"] == 2


def test_a_picked_hotfix_means_what_it_was_picked_from(
    organization: Organization, told: Any
) -> None:
    """LT11, F4, RW1: what was live before the pick is failed, and the pick is its rework.

    The original comes live with the next release, ships nothing there, and nothing waits for it.
    """
    repo = repository(organization, "fhir-bridge")
    (pick,) = [one for one in repo.commits.values() if "(cherry picked from" in one.message]
    original = pick.message.rpartition("commit ")[2].rstrip(")")
    (hurt,) = ids(repo, lambda one: one.sha == pick.parents[0])
    (mended,) = ids(repo, lambda one: one.sha == pick.sha)
    _, evidence = told
    found = {one["id"]: one for one in evidence["deployments"]}
    shipped, waiting = (
        {one["sha"]: one["deployment"] for one in evidence[name] if is_live(one)}
        for name in ("changes", "waiting")
    )
    assert "hotfix" in {one["signal"] for one in found[hurt]["reasons"]}
    assert (found[mended]["rework"], shipped.get(pick.sha)) == (True, mended)
    assert original not in {*shipped, *waiting}
