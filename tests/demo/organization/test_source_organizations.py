"""The organizations without Deployments are such as GitHub could hold."""

from collections.abc import Callable

import pytest

from dora.demo.organization.model import Repository
from tests.support import source_organizations as made

Make = Callable[[], made.SourceCase]
CASES: tuple[Make, ...] = (
    made.only_releases,
    made.only_tags,
    made.only_workflow,
    made.only_merges,
    made.mixture,
)


def test_they_are_always_the_same_and_lie_within_their_time() -> None:
    """Made twice they are equal; nothing in them is younger than the organization."""
    for make in CASES:
        case = make()
        assert case == make()
        for repository in case.organization.repositories:
            moments = [commit.committed_at for commit in repository.commits.values()]
            moments += [one.published_at for one in repository.releases if one.published_at]
            moments += [attempt.updated_at for run in repository.runs for attempt in run.attempts]
            assert all(moment <= case.organization.now for moment in moments)


@pytest.mark.parametrize("make", CASES)
def test_what_they_name_is_there(make: Make) -> None:
    """Parents, heads, tags, requests and runs stand on commits; a published release has its tag."""
    for repository in make().organization.repositories:
        assert set() == named_in(repository) - repository.commits.keys()
        tags = {tag.name for tag in repository.tags}
        assert {one.tag for one in repository.releases if not one.is_draft} <= tags
        workflows = {workflow.id for workflow in repository.workflows}
        assert {run.workflow_id for run in repository.runs} <= workflows
        jobs = {
            job.id: (run.id, job)
            for run in repository.runs
            for one in run.attempts
            for job in one.jobs
        }
        listed = {
            (job.id, run.id, job)
            for run in repository.runs
            for one in run.attempts
            for job in one.jobs
        }
        assert len(jobs) == len(listed)  # a job that is carried over is the same


def named_in(repository: Repository) -> set[str]:
    """Every commit that something in the repository names."""
    named = {parent for commit in repository.commits.values() for parent in commit.parents}
    named |= {tag.sha for tag in repository.tags} | set(repository.branches.values())
    named |= {run.head_sha for run in repository.runs}
    named |= {one.sha for one in repository.deployments}
    for request in repository.pull_requests:
        named |= {*request.commits, *request.associated}
    return named | ({repository.head} if repository.head else set())


def test_the_file_of_legacy_tells_of_commits_that_are_there() -> None:
    """Eleven lines below the header."""
    legacy = next(one for one in made.mixture().organization.repositories if one.name == "legacy")
    header, *rows = made.file_of_legacy().splitlines()
    assert (11, 9) == (len(rows), len(header.split(",")))
    assert {row.split(",")[2] for row in rows} <= legacy.commits.keys()
