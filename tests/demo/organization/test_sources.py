"""What else the made-up organization shows that deployments can be taken from."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization, Repository

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def medica_flow() -> Organization:
    """The organization at a fixed instant."""
    return build_organization(NOW)


def repository(organization: Organization, name: str) -> Repository:
    """The repository of that name."""
    return next(one for one in organization.repositories if one.name == name)


@pytest.mark.parametrize("name", ["appointment-service", "lab-results-api"])
def test_runs_of_the_deploy_workflow_match_the_deployments(
    medica_flow: Organization, name: str
) -> None:
    """Every deployment to production that has a log has its run, which ended as it did."""
    repo = repository(medica_flow, name)
    deploy, tests = repo.workflows
    assert ("Deploy to production", "Tests") == (deploy.name, tests.name)
    ends = {"success": "success", "failure": "failure", "error": "failure"}
    expected = {}
    for deployment in repo.deployments:
        told = [status for status in deployment.statuses if status.state != "inactive"]
        found = re.search(r"/runs/(\d+)/", told[0].log_url or "") if told else None
        if deployment.environment == "prod" and found:
            expected[int(found[1])] = (
                deployment.sha,
                ends.get(told[-1].state),
                told[-1].created_at,
                "main",
            )
    runs = {
        run.id: (
            run.head_sha,
            run.attempts[0].conclusion,
            run.attempts[0].updated_at,
            run.head_branch,
        )
        for run in repo.runs
        if run.workflow_id == deploy.id
    }
    assert expected == runs
    assert {"success", "failure"} <= {one[1] for one in runs.values()}
    tested = [run for run in repo.runs if run.workflow_id == tests.id]
    assert {"pull_request"} == {run.event for run in tested}
    assert all(run.created_at < run.attempts[0].started_at <= NOW for run in repo.runs[:9])
    assert all(run.attempts[0].updated_at <= NOW for run in repo.runs)
    assert all(run.head_sha in repo.commits or run.workflow_id == deploy.id for run in repo.runs)


def test_one_repository_publishes_releases_and_files_no_deployments(
    medica_flow: Organization,
) -> None:
    """Releases of ninety days with pre-releases, a draft, and one that was a draft for two days."""
    repo = repository(medica_flow, "design-system")
    assert () == repo.deployments
    tags = {tag.name: tag.sha for tag in repo.tags}
    published = [one for one in repo.releases if one.published_at]
    assert {one.tag for one in published} == set(tags)
    assert set(tags.values()) <= repo.commits.keys()
    assert repo.releases[-1].is_draft
    lately = [one for one in published if NOW - timedelta(days=90) <= (one.published_at or NOW)]
    kinds = Counter(one.is_prerelease for one in lately)
    assert kinds[False] > kinds[True] > 0
    waits = {(one.published_at or NOW) - one.created_at for one in published}
    assert {timedelta(0), timedelta(days=2)} == waits
    assert all((one.published_at or NOW) <= NOW for one in repo.releases)


def test_all_others_have_neither(medica_flow: Organization) -> None:
    """Three repositories are enough."""
    others = [
        one.name for one in medica_flow.repositories if one.runs or one.releases or one.workflows
    ]
    assert ["appointment-service", "lab-results-api", "design-system"] == others
