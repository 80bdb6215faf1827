"""The benchmarks' organizations are as large as they say, and their floor is what must be read."""

import operator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from dora.demo.github import git
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from tests.benchmarks.floor import Floor, find_floor, needed_commits
from tests.benchmarks.made_up import STAGES, WEEK, WINDOW, Shape, make_organizations
from tests.benchmarks.wanted import Wish

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SHAPE = Shape(3, 26, 65)


def line(count: int) -> dict[str, Commit]:
    """Commits in a line, one a day until the present, named 1, 2, ..."""
    return {
        str(n): Commit(str(n), (str(n - 1),) if n > 1 else (), NOW - (count - n) * DAY, NOW)
        for n in range(1, count + 1)
    }


def deployment(number: int, sha: str, stage: str, days_ago: float, state: str) -> Deployment:
    """A deployment that ended in *state* as soon as it was created."""
    at = NOW - days_ago * DAY
    return Deployment(number, sha, stage, at, (Status(state, at),))


def test_repository_is_as_large_as_its_shape() -> None:
    """A week adds a thirteenth to the commits of the default branch and to the deployments."""
    last_week, today = make_organizations(SHAPE, NOW)
    sizes = [
        [
            (len(git.log(one.commits, one.head or "")), len(one.deployments))
            for one in organization.repositories
        ]
        for organization in (last_week, today)
    ]
    assert [[(65, 26)] * 3, [(70, 28)] * 3] == sizes


def test_organization_is_the_same_each_time() -> None:
    """Runs on different days are comparable: only the instants move."""
    assert make_organizations(SHAPE, NOW) == make_organizations(SHAPE, NOW)
    (before, _), (after, _) = make_organizations(SHAPE, NOW), make_organizations(SHAPE, NOW + WEEK)
    assert [list(one.commits) for one in before.repositories] == [
        list(one.commits) for one in after.repositories
    ]


def test_a_week_only_adds() -> None:
    """What was there last week is there today, but for successes superseded meanwhile."""
    for before, after in zip(
        *(one.repositories for one in make_organizations(SHAPE, NOW)), strict=True
    ):
        assert before.commits.items() <= after.commits.items()
        assert before.pull_requests == after.pull_requests[: len(before.pull_requests)]
        for was, now in zip(before.deployments, after.deployments, strict=False):
            assert was.statuses == now.statuses[: len(was.statuses)]


def test_nothing_is_of_the_future_or_out_of_sight() -> None:
    """All deployments lie in the window or in the look-back, all commits in their parents' past."""
    for organization in make_organizations(SHAPE, NOW):
        begin = organization.now - WINDOW - 30 * DAY
        for one in organization.repositories:
            known = [status.created_at for each in one.deployments for status in each.statuses]
            known += [each.committed_at for each in one.commits.values()]
            assert begin < min(known)
            assert max(known) < organization.now
            assert all(
                one.commits[parent].committed_at <= each.committed_at
                for each in one.commits.values()
                for parent in each.parents
            )


def test_work_is_of_every_kind() -> None:
    """A third squashed, some merges, every stage about as often, nearly a tenth failing."""
    one = make_organizations(Shape(1, 300, 1000), NOW).last_week.repositories[0]
    merges = [each for each in one.commits.values() if len(each.parents) > 1]
    squashed = len(one.pull_requests) - len(merges)
    stages = [each.environment for each in one.deployments]
    failed = [each for each in one.deployments if each.statuses[-1].state == "failure"]
    assert 300 <= squashed <= 400
    assert 20 <= len(merges) <= 60
    assert [True] * 3 == [80 <= stages.count(stage) <= 125 for stage in STAGES]
    assert 12 <= len(failed) <= 36
    assert any(each.labels for each in one.pull_requests)
    assert all(each.sha in one.commits for each in one.deployments)
    assert all(was.created_at <= now.created_at for was, now in pairwise(one.deployments))


def test_nearly_all_commits_must_be_read() -> None:
    """Little was committed before what was live when the window began."""
    for organization in make_organizations(Shape(2, 60, 200), NOW):
        for one in organization.repositories:
            log = git.log(one.commits, one.head or "")
            needed = needed_commits(one, organization.now - WINDOW)
            assert needed <= set(log)
            assert len(needed) >= 0.9 * len(log)


@pytest.mark.parametrize(
    ("deployed", "expected"),
    [
        pytest.param([], set(), id="never deployed"),
        pytest.param([("1", "dev", 100, "success"), ("3", "dev", 1, "success")], {"2", "3"},
                     id="live before the window"),
        pytest.param([("1", "dev", 100, "success"), ("3", "dev", 1, "failure")], set(),
                     id="a failure ships nothing"),
        pytest.param([("2", "qa", 9, "success"), ("3", "qa", 1, "success")], {"3"},
                     id="the first in sight ships nothing"),
        pytest.param([("1", "dev", 99, "success"), ("2", "dev", 91, "success"),
                      ("4", "dev", 1, "success")], {"3", "4"}, id="the last before the window"),
        pytest.param([("3", "production", 1, "success")], {"4", "5"}, id="what waits"),
    ],
)  # fmt: skip
def test_needed_commits_are_what_was_received(
    deployed: list[tuple[str, str, float, str]], expected: set[str]
) -> None:
    """Who received what (LT1, LT2), and what waits for production (LT8), on a line of five."""
    made = tuple(deployment(n, *one) for n, one in enumerate(deployed))
    repository = Repository("api", 1, NOW, head="5", commits=line(5), deployments=made)
    assert expected == needed_commits(repository, NOW - WINDOW)


def test_floor_counts_full_pages_of_the_large_and_shared_ones_of_the_small() -> None:
    """A hundred of a kind need a page of their own; fewer share one."""
    large = tuple(deployment(n, "1", "dev", 100 - n / 10, "success") for n in range(101))
    small = large[:60]
    repositories = [
        Repository(str(n), n, NOW, head="1", commits=line(1), deployments=large if n < 2 else small)
        for n in range(5)
    ]
    expected = Floor(listing=1, deployments=2 + 2 + 2, commits=0)
    found = find_floor(Organization("acme", NOW, tuple(repositories)))
    assert (expected, 7) == (found, found.requests)


@pytest.mark.parametrize(
    ("measured", "wish", "verdict"),
    [
        (1.15, (1.15, operator.le), "yes"),
        (1.265, (1.15, operator.le), "no, by 10.0%"),
        (1.0, (1.0, operator.lt), "no, by 0.0%"),
        (15.0, (20.0, operator.ge), "no, by 25.0%"),
    ],
)
def test_verdict_says_by_how_much(
    measured: float, wish: tuple[float, object], verdict: str
) -> None:
    """What was missed says by how much of what was wanted."""
    limit, holds = wish
    assert callable(holds)
    assert verdict == Wish("it", "here", measured, limit, holds).verdict
