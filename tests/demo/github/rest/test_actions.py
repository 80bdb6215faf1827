"""Workflows, runs, attempts and jobs over REST, field by field as GitHub documents them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import github
import pytest

from dora.demo.github.server import TOKEN, Rights, Server, serve
from dora.demo.organization.model import (
    Job,
    Organization,
    Repository,
    RunAttempt,
    Workflow,
    WorkflowRun,
)
from tests.support.small_organizations import T0, after, get, organization, repository, sha

DEPLOY = Workflow(41, "Deploy to production", ".github/workflows/deploy.yml")
BUILD = Workflow(7, "Build", ".github/workflows/build.yaml", "disabled_manually", after(-5))
MINUTE = timedelta(minutes=1)


def attempt(number: int, hours: float, *jobs: Job, **more: Any) -> RunAttempt:
    """An attempt of five minutes that began so many hours after T0."""
    return RunAttempt(number, after(hours), after(hours) + 5 * MINUTE, jobs=jobs, **more)


def job(number: int, name: str, hours: float, run_attempt: int = 1, **more: Any) -> Job:
    """A job of three minutes that waited one."""
    created = after(hours)
    ended = more.pop("completed_at", created + 4 * MINUTE)
    return Job(number, name, run_attempt, created, created + MINUTE, ended, **more)


def run(number: int, hours: float, *attempts: RunAttempt, **more: Any) -> WorkflowRun:
    """A run of the deploy workflow on main that came so many hours after T0."""
    given = {"workflow_id": 41, "head_branch": "main", "head_sha": sha(1), **more}
    return WorkflowRun(
        number, created_at=after(hours), attempts=attempts or (attempt(1, hours),), **given
    )


TESTED, REFUSED = job(901, "test", 2), job(902, "deploy (eu)", 2, conclusion="failure")
RERUN = run(
    3_000_000_102,
    2,
    attempt(1, 2, TESTED, REFUSED, conclusion="failure"),
    attempt(2, 30, TESTED, job(903, "deploy (eu)", 30, 2), actor="bola"),
)
GOING = run(
    105,
    5,
    attempt(
        1,
        5,
        job(904, "deploy (eu)", 5, status="in_progress", conclusion=None, completed_at=None),
        status="in_progress",
        conclusion=None,
    ),
    head_branch="release/1",
    event="workflow_dispatch",
    head_sha=sha(99),
    title="Deploy by hand",
    actor="deployer[bot]",
)
CANCELLED = run(104, 4, attempt(1, 4, conclusion="cancelled"), event="pull_request")
OTHER = run(103, 3, workflow_id=7)
API = repository(
    commits=2, workflows=(DEPLOY, BUILD), runs=(RERUN, CANCELLED, GOING, OTHER, run(101, 1))
)
MANY = Repository(
    "many",
    12,
    T0,
    workflows=(DEPLOY,),
    runs=tuple(run(1 + hour, hour / 10) for hour in range(1205)),
)
WORLD = organization(
    API, MANY, repository("vault", forbidden=True), repository("bare", has_actions=False)
)
ACTIONS = "/repos/acme/api/actions"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all that only reads."""
    with serve(WORLD) as running:
        yield running


def numbers(server: Server, path: str) -> list[int]:
    """The ids of the runs that a list gives."""
    return [one["id"] for one in get(server, ACTIONS + path).json()["workflow_runs"]]


def test_workflows_are_listed_by_id_and_found_by_id_or_file(server: Server) -> None:
    """`total_count` beside the page; a workflow's name is none that it is found by."""
    body = get(server, f"{ACTIONS}/workflows").json()
    assert (2, ["Build", "Deploy to production"]) == (
        body["total_count"],
        [one["name"] for one in body["workflows"]],
    )
    page = get(server, f"{ACTIONS}/workflows?per_page=1&page=2")
    assert [41] == [one["id"] for one in page.json()["workflows"]]
    assert 'rel="prev"' in page.headers["link"]
    found = get(server, f"{ACTIONS}/workflows/deploy.yml").json()
    assert {
        "id": 41,
        "name": "Deploy to production",
        "path": ".github/workflows/deploy.yml",
        "state": "active",
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "url": f"{server.url}{ACTIONS}/workflows/41",
        "html_url": "https://github.com/acme/api/blob/main/.github/workflows/deploy.yml",
        "badge_url": "https://github.com/acme/api/workflows/Deploy%20to%20production/badge.svg",
    } == {name: value for name, value in found.items() if name != "node_id"}
    for name in ("41", "deploy%2Eyml"):
        assert found == get(server, f"{ACTIONS}/workflows/{name}").json()
    assert "disabled_manually" == get(server, f"{ACTIONS}/workflows/7").json()["state"]
    statuses = [
        get(server, f"{ACTIONS}/workflows/{name}").status_code
        for name in ("42", "Build", "deploy.yaml", "9999999999999999999999")
    ]
    assert [404] * 4 == statuses


def test_a_listed_run_is_as_its_latest_attempt_left_it(server: Server) -> None:
    """Created when the first attempt was; started, changed and ended with the latest."""
    listed = get(server, f"{ACTIONS}/workflows/deploy.yml/runs?per_page=100").json()
    assert 4 == listed["total_count"]
    assert [105, 104, 3_000_000_102, 101] == [one["id"] for one in listed["workflow_runs"]]
    shown = listed["workflow_runs"][2]
    below = f"{server.url}{ACTIONS}/runs/3000000102"
    expected = {
        "id": 3_000_000_102,
        "name": "Deploy to production",
        "head_branch": "main",
        "head_sha": sha(1),
        "path": ".github/workflows/deploy.yml",
        "display_title": "Change 1",
        "run_number": 2,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "workflow_id": 41,
        "url": below,
        "html_url": "https://github.com/acme/api/actions/runs/3000000102",
        "pull_requests": [],
        "created_at": "2026-03-02T11:00:00Z",
        "run_attempt": 2,
        "run_started_at": "2026-03-03T15:00:00Z",
        "updated_at": "2026-03-03T15:05:00Z",
        "jobs_url": f"{below}/jobs",
        "previous_attempt_url": f"{below}/attempts/1",
        "workflow_url": f"{server.url}{ACTIONS}/workflows/41",
    }
    assert expected == {name: shown[name] for name in expected}
    assert ("octo-operator", "bola") == (
        shown["actor"]["login"],
        shown["triggering_actor"]["login"],
    )
    assert ("acme/api", sha(1)) == (shown["repository"]["full_name"], shown["head_commit"]["id"])
    assert shown == get(server, f"{ACTIONS}/runs/3000000102").json()
    assert [105, 104, 103, 3_000_000_102, 101] == numbers(server, "/runs")


def test_runs_and_jobs_have_the_fields_that_github_gives(server: Server) -> None:
    """All of them, in the order in which a recorded answer has them."""
    shown = get(server, f"{ACTIONS}/runs/101").json()
    assert (
        "id name node_id head_branch head_sha path display_title run_number event status"
        " conclusion workflow_id check_suite_id check_suite_node_id url html_url pull_requests"
        " created_at updated_at actor run_attempt referenced_workflows run_started_at"
        " triggering_actor jobs_url logs_url check_suite_url artifacts_url cancel_url rerun_url"
        " previous_attempt_url workflow_url head_commit repository head_repository"
    ) == " ".join(shown)
    (shown,) = get(server, f"{ACTIONS}/runs/105/jobs").json()["jobs"]
    assert (
        "id run_id workflow_name head_branch run_url run_attempt node_id head_sha url html_url"
        " status conclusion created_at started_at completed_at name steps check_run_url labels"
        " runner_id runner_name runner_group_id runner_group_name"
    ) == " ".join(shown)


def test_a_run_that_goes_on_has_no_conclusion_and_its_commit_may_be_gone(server: Server) -> None:
    """`conclusion` and `head_commit` null, `run-name` as the title."""
    shown = get(server, f"{ACTIONS}/runs/105").json()
    assert ("in_progress", None, None, None, "Deploy by hand", "release/1") == tuple(
        shown[name]
        for name in (
            "status",
            "conclusion",
            "head_commit",
            "previous_attempt_url",
            "display_title",
            "head_branch",
        )
    )
    (going,) = get(server, f"{ACTIONS}/runs/105/jobs").json()["jobs"]
    assert ("in_progress", None, None, "2026-03-02T14:01:00Z") == tuple(
        going[name] for name in ("status", "conclusion", "completed_at", "started_at")
    )


def test_an_attempt_is_shown_as_it_was(server: Server) -> None:
    """Its own start, end and conclusion; the run's creation; 404 for one that was not."""
    shown = get(server, f"{ACTIONS}/runs/3000000102/attempts/1").json()
    assert {
        "run_attempt": 1,
        "created_at": "2026-03-02T11:00:00Z",
        "run_started_at": "2026-03-02T11:00:00Z",
        "updated_at": "2026-03-02T11:05:00Z",
        "conclusion": "failure",
        "previous_attempt_url": None,
        "html_url": "https://github.com/acme/api/actions/runs/3000000102/attempts/1",
        "jobs_url": f"{server.url}{ACTIONS}/runs/3000000102/attempts/1/jobs",
    }.items() <= shown.items()
    paths = ("/runs/9", "/runs/105/attempts/2", "/runs/105/attempts/2/jobs", "/runs/9/jobs")
    assert [404] * 4 == [get(server, ACTIONS + path).status_code for path in paths]


def test_an_attempt_carries_over_the_jobs_that_it_does_not_run_again(server: Server) -> None:
    """Times and attempt stay the old ones; `filter=all` lists every job once."""
    first = get(server, f"{ACTIONS}/runs/3000000102/attempts/1/jobs").json()
    second = get(server, f"{ACTIONS}/runs/3000000102/attempts/2/jobs").json()
    brief = [
        [
            (one["id"], one["name"], one["run_attempt"], one["conclusion"], one["completed_at"])
            for one in body["jobs"]
        ]
        for body in (first, second)
    ]
    old = (901, "test", 1, "success", "2026-03-02T11:04:00Z")
    assert [
        [old, (902, "deploy (eu)", 1, "failure", "2026-03-02T11:04:00Z")],
        [old, (903, "deploy (eu)", 2, "success", "2026-03-03T15:04:00Z")],
    ] == brief
    assert second == get(server, f"{ACTIONS}/runs/3000000102/jobs").json()
    every = get(server, f"{ACTIONS}/runs/3000000102/jobs?filter=all").json()
    assert (3, [901, 902, 903]) == (every["total_count"], [one["id"] for one in every["jobs"]])
    expected = {
        "run_id": 3_000_000_102,
        "head_sha": sha(1),
        "head_branch": "main",
        "workflow_name": "Deploy to production",
        "status": "completed",
        "created_at": "2026-03-02T11:00:00Z",
        "started_at": "2026-03-02T11:01:00Z",
        "html_url": "https://github.com/acme/api/actions/runs/3000000102/job/901",
        "run_url": f"{server.url}{ACTIONS}/runs/3000000102",
    }
    assert expected == {name: first["jobs"][0][name] for name in expected}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("branch=main", [104, 103, 3_000_000_102, 101]),
        ("branch=mai", []),
        ("event=pull_request", [104]),
        ("status=success", [103, 3_000_000_102, 101]),
        ("status=in_progress", [105]),
        ("status=failure", []),  # of an attempt that is not the latest
        ("branch=main&status=cancelled&event=push", []),
        ("actor=deployer[bot]", [105]),
        ("head_sha=" + sha(99), [105]),
        ("created=%3E%3D2026-03-02T12:00:00Z", [105, 104, 103]),
        ("created=%3E2026-03-02T12:00:00", [105, 104]),
        ("created=%3C%3D2026-03-02T12:00:00%2B00:00", [103, 3_000_000_102, 101]),
        ("created=%3C2026-03-02T13:00:00%2B01:00", [3_000_000_102, 101]),
        ("created=2026-03-02T11:00:00Z..2026-03-02T13:00:00Z", [104, 103, 3_000_000_102]),
        ("created=*..2026-03-02T10:00:00Z", [101]),
        ("created=2026-03-02T10:00:00Z", [101]),
        ("created=2026-03-02", [105, 104, 103, 3_000_000_102, 101]),
        ("created=%3E2026-03-02", []),
    ],
)
def test_runs_are_filtered(server: Server, query: str, expected: list[int]) -> None:
    """`created` as GitHub's search writes it, of the run's creation; all filters together."""
    assert expected == numbers(server, f"/runs?{query}")


def test_what_is_no_date_is_refused(server: Server) -> None:
    """422; a plus that was not escaped is a space."""
    answers = [
        get(server, f"{ACTIONS}/runs?created={given}")
        for given in ("yesterday", "%3E%3D2026-03-02T12:00:00+00:00")
    ]
    assert [422, 422] == [one.status_code for one in answers]


def test_a_search_gives_out_a_thousand_runs_and_counts_all(server: Server) -> None:
    """With a filter nothing lies beyond; without one every page can be reached."""
    path = "/repos/acme/many/actions/workflows/deploy.yml/runs?per_page=100"

    def asked(more: str) -> tuple[int, int]:
        body = get(server, path + more).json()
        return body["total_count"], len(body["workflow_runs"])

    assert [(1205, 100), (1205, 0)] == [asked(f"&branch=main&page={page}") for page in (10, 11)]
    assert [(1205, 100), (1205, 5)] == [asked(f"&page={page}") for page in (11, 13)]
    tenth = get(server, f"{path}&branch=main&page=9").headers["link"]
    assert 'page=10>; rel="last"' in tenth
    assert "next" not in get(server, f"{path}&branch=main&page=10").headers["link"]
    assert (1205, 100) == asked("&per_page=101")


def test_every_list_obeys_the_budget_of_rest(server: Server) -> None:
    """A point a request, as its headers say."""
    before = server.rest_budget.used
    answer = get(server, f"{ACTIONS}/runs")
    assert str(before + 1) == answer.headers["x-ratelimit-used"]


@pytest.mark.parametrize(
    ("token", "who"), [(TOKEN, "personal access token"), ("ghs_" + "0" * 36, "integration")]
)
def test_without_the_right_actions_of_private_repositories_are_closed(token: str, who: str) -> None:
    """403 that names the right; what lies in public ones everybody may read."""
    world = organization(API, repository("open", is_private=False), repository("bare"))
    with serve(world, token=token, rights=Rights(actions=False)) as running:
        paths = ("/workflows", "/workflows/deploy.yml/runs", "/runs", "/runs/105/jobs")
        answers = [get(running, ACTIONS + path, token) for path in paths]
        assert [(403, f"Resource not accessible by {who}", "actions=read")] * 4 == [
            (
                one.status_code,
                one.json()["message"],
                one.headers["x-accepted-github-permissions"],
            )
            for one in answers
        ]
        open_ones = get(running, "/repos/acme/open/actions/runs", token)
        assert {"total_count": 0, "workflow_runs": []} == open_ones.json()
        assert 200 == get(running, "/repos/acme/api/deployments", token).status_code


@pytest.mark.parametrize(
    ("path", "status"),
    [("vault/actions/runs", 403), ("bare/actions/workflows", 404), ("none/actions/runs", 404)],
)
def test_what_cannot_be_read(server: Server, path: str, status: int) -> None:
    """A repository that may only be listed, one without GitHub Actions, none."""
    assert status == get(server, f"/repos/acme/{path}").status_code


def test_pygithub_reads_runs(server: Server) -> None:
    """Its own client understands the lists, instants and accounts."""
    with github.Github(
        base_url=server.url, auth=github.Auth.Token(TOKEN), seconds_between_requests=None
    ) as client:
        api = client.get_repo("acme/api")
        assert [7, 41] == [one.id for one in api.get_workflows()]
        runs = list(api.get_workflow("deploy.yml").get_runs(branch="main"))
        assert [104, 3_000_000_102, 101] == [one.id for one in runs]
        assert (2, after(30), after(2)) == (
            runs[1].run_attempt,
            runs[1].run_started_at,
            runs[1].created_at,
        )
        assert [901, 903] == [one.id for one in runs[1].jobs()]


def test_a_renamed_repository_sends_its_runs_on() -> None:
    """301 to the address by number, with the query."""
    renamed = repository(
        "new", workflows=(DEPLOY,), runs=(run(1, 1),), former_names=("old",), database_id=77
    )
    with serve(Organization("acme", after(10), (renamed,))) as running:
        body = get(running, "/repos/acme/old/actions/runs?branch=main").json()
        assert [1] == [one["id"] for one in body["workflow_runs"]]
