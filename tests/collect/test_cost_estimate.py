"""A plan comes near what the run then costs, and asks little to find out."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dora.collect.cost_estimate import POINTS, estimate_cost
from dora.collect.github.batching import load_query
from dora.collect.organization import connect
from dora.config import Config
from dora.demo.github.graphql import execute
from dora.demo.github.limits import Latency
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import (
    Commit,
    Job,
    Organization,
    Release,
    Repository,
    RunAttempt,
    Tag,
    Workflow,
    WorkflowRun,
)
from dora.model.cost_estimate import CostEstimate
from tests.benchmarks.made_up import Shape, make_organizations
from tests.support.github.faults import Deny, Faults, Rule
from tests.support.runs import Told, config_of, read_from
from tests.support.small_organizations import organization, repository, sha

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def plan_of(server: Server, config: Config) -> CostEstimate:
    """The plan of a report of the organization that *server* serves."""
    told = Told()
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    return estimate_cost(connect(config, variables, told), config)


def today(shape: Shape) -> Organization:
    """A made-up organization whose changes are all younger than the window."""
    return make_organizations(shape, NOW).today


@pytest.mark.thorough
@pytest.mark.parametrize("shape", [Shape(4, 300, 500), Shape(40, 12, 60)], ids=["large", "wide"])
def test_plan_comes_near_the_run(shape: Shape) -> None:
    """Requests and points are within a third or so of what the run then costs."""
    made = today(shape)
    config = config_of(made)
    with serve(made) as server:
        plan = plan_of(server, config)
        server.requests.clear()
        run = read_from(server, config).tables
    assert pytest.approx(run.requests, rel=0.35, abs=2) == sum(plan.requests.values())
    assert pytest.approx(run.points, rel=0.35, abs=2) == plan.points
    assert (shape.repositories, shape.repositories) == (plan.listed, plan.read)


def test_plan_asks_a_request_for_eight_repositories() -> None:
    """To find out costs the list, and a shared request for eight repositories."""
    with serve(today(Shape(40, 12, 60))) as server:
        plan = plan_of(server, config_of(server.organization))
        assert len(server.requests) == plan.spent == 1 + 5
    assert 5000 == plan.limit
    assert plan.remaining is not None
    assert 5000 - sum(one.points for one in server.requests) <= plan.remaining < 5000


@pytest.mark.thorough
def test_plan_of_the_next_week_asks_for_new_commits_alone(tmp_path: Path) -> None:
    """What is kept need not be read again."""
    last_week, made = make_organizations(Shape(4, 300, 500), NOW)
    keeping = {"collect": {"cache": str(tmp_path)}}
    with serve(last_week) as server:
        read_from(server, config_of(last_week, **keeping))
        server.replace(made)
        config = config_of(made, **keeping)
        plan = plan_of(server, config)
        server.requests.clear()
        read_from(server, config)
    asked = sum(one.operation == "Commits" for one in server.requests)
    assert asked <= plan.requests["commits"] + 1
    assert plan.requests["commits"] <= 4
    assert plan.requests["updates"] == 1


def test_plan_names_where_most_requests_go() -> None:
    """The repositories with the longest way are named, the longest first."""
    made = today(Shape(3, 300, 200))
    with serve(made) as server:
        plan = plan_of(server, config_of(made))
    counts = [count for _, count in plan.longest]
    assert sorted(counts, reverse=True) == counts
    assert {one.name for one in made.repositories} == {name for name, _ in plan.longest}


def test_plan_goes_on_without_what_it_may_not_read() -> None:
    """A repository that refuses to tell is counted, and stops nothing."""
    made = today(Shape(3, 12, 60))
    name = made.repositories[1].name
    rule = Rule(Deny(name), operation="Plan")
    with serve(made, middleware=[Faults([rule])]) as server:
        plan = plan_of(server, config_of(made))
    assert (3, 1) == (plan.read, plan.unknown)
    assert name not in {one for one, _ in plan.longest}


def test_plan_of_nothing() -> None:
    """An organization in which nothing is deployed costs its list, and the search for incidents."""
    made = organization(repository("api", commits=3))
    with serve(made) as server:
        plan = plan_of(server, config_of(made))
    assert ({"repositories": 1, "incidents": 1}, 0, ()) == (plan.requests, plan.read, plan.longest)


@pytest.mark.parametrize("kind", sorted(POINTS))
def test_points_are_what_github_asks(kind: str) -> None:
    """What a hundred rows of a query cost by GitHub's rules, which the stand-in holds to."""
    variables = {"owner": "acme", "name": "api", "n": 100, "after": None, "oid": "0" * 40,
                 "authors": False, "labels": kind != "deployments", "prefix": "refs/tags/",
                 "dates": True, "deployments": kind == "deployments", "releases": False,
                 "tags": False, "stamp": False, "head": False, "branch": ""}  # fmt: skip
    found = execute.prepare({"query": load_query(kind).text, "variables": variables})
    assert isinstance(found, execute.PreparedQuery)
    assert POINTS[kind] == found.cost.points


def test_seconds_follow_from_what_the_plan_took() -> None:
    """A server that takes longer for each request makes the plan say so."""
    made = today(Shape(2, 12, 60))
    with serve(made, latency=Latency(fixed=0.2)) as server:
        plan = plan_of(server, config_of(made, collect={"concurrency": 1}))
    expected = timedelta(seconds=0.2) * sum(plan.requests.values())
    assert pytest.approx(expected.total_seconds(), rel=0.3) == plan.seconds


def test_refs_are_part_of_the_plan() -> None:
    """D9: where an exclude names a ref, a request for each hundred deployments of a repository."""
    made = today(Shape(2, 120, 10))
    asked = {"deployments": {"exclude": [{"ref": ["refs/pull/*"]}]}}
    with serve(made) as server:
        plain, plan = plan_of(server, config_of(made)), plan_of(server, config_of(made, **asked))
        before = len(server.requests)
        read_from(server, config_of(made, **asked))
        paths = [one.path for one in server.requests[before:] if one.method == "GET"]
    assert {**plain.requests, "refs": len(paths)} == plan.requests
    assert (plain.points, 4) == (plan.points, len(paths))


HOUR = timedelta(hours=1)


def running(count: int) -> Repository:
    """A repository whose workflow ran every day on a new commit; each tenth run was run again."""
    runs, commits = [], {}
    for number in range(1, count + 1):
        at = NOW - 24 * number * HOUR
        parents = (sha(number + 1),) if number < count else ()
        commits[sha(number)] = Commit(sha(number), parents, at - HOUR, at - HOUR)
        job = Job(number, "deploy", 1, at, at, at + HOUR)
        attempts = [RunAttempt(1, at, at + HOUR, jobs=(job,))]
        if number % 10 == 0:
            attempts.append(RunAttempt(2, at + 2 * HOUR, at + 3 * HOUR))
        runs.append(WorkflowRun(number, 7, "main", sha(number), at, tuple(attempts)))
    workflow = Workflow(7, "Deploy", ".github/workflows/deploy.yml")
    made = repository("api", commits=1, workflows=(workflow,), runs=tuple(runs))
    return replace(made, commits=commits, head=sha(1))


def test_sources_are_part_of_the_plan(tmp_path: Path) -> None:
    """D8: pages of each source, attempts and jobs; what GitHub counts is asked in one request."""
    released = tuple(
        Release(number, f"v{number}", NOW - number * HOUR, NOW - number * HOUR)
        for number in range(1, 131)
    )
    tags = tuple(Tag(f"v{number}", sha(1), NOW - number * HOUR) for number in range(1, 231))
    made = replace(
        organization(
            running(170),
            repository("lib", commits=1, releases=released, tags=tags),
            repository("cli", commits=1, tags=tags),
            repository("old", commits=60),
        ),
        now=NOW,
    )
    rows = [f"old,{sha(n)},{(NOW - n * HOUR).isoformat()},in_progress" for n in range(1, 61)]
    path = tmp_path / "deployments.csv"
    path.write_text("\n".join(["repository,sha,created_at,state", *rows, ""]))
    run = {"from": "workflow", "repositories": ["api"], "workflow": "deploy.yml"}
    sources = [
        run,
        {**run, "job": "deploy", "environment": "staging"},
        {"from": "releases", "repositories": ["lib"]},
        {"from": "tags", "repositories": ["cli"]},
        {"from": "file", "repositories": ["old"], "path": str(path)},
    ]
    config = config_of(made, sources=sources, failures={"tag": False})
    with serve(made) as server:
        plan = plan_of(server, config)
        assert 1 + 1 + 1 == plan.spent  # the list, four repositories at once, the runs
        server.requests.clear()
        read_from(server, config)
    asked = Counter(
        re.sub(r"[0-9]+", "N", one.path) if one.method == "GET" else str(one.operation)
        for one in server.requests
    )
    actions = "/repositories/N/actions"
    expected = {
        "workflow runs": asked[f"{actions}/workflows/deploy.yml/runs"],
        "run attempts": asked[f"{actions}/runs/N/attempts/N"],
        "jobs": asked[f"{actions}/runs/N/jobs"],
        "releases": asked["Releases"],
        "tags": asked["Tags"],
    }
    assert expected == {kind: plan.requests.get(kind, 0) for kind in expected}
    # 90 days and 30 are 120 runs; they and those of 30 days before are 150.
    assert {"workflow runs": 2, "run attempts": 12, "jobs": 120,
            "releases": 2, "tags": 2} == expected  # fmt: skip
    # 120 commits of runs and 60 of a file, fifty at once where they are asked for together.
    assert 4 == plan.requests["commit dates"] <= asked["Object"] <= 5
