"""The action track-deployment in real workflow runs: what arrives at GitHub, and what never."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.act import Workplace, cancel, ended, git, workplace
from tests.support.github.faults import Faults, Refusal, Rule

DEPLOY = """\
name: deploy
on: [push, workflow_dispatch]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - id: start
        uses: ./.github/actions/track-deployment
        with:
          operation: start
          environment: ${{ vars.PLACE || 'production' }}
          description: ${{ vars.DESCRIPTION }}
          service: ${{ vars.SERVICE }}
          rollback: ${{ vars.ROLLBACK || 'false' }}
          payload: ${{ vars.PAYLOAD }}
          sha: ${{ vars.SHA }}
          ref: ${{ vars.REF }}
          strict: ${{ vars.STRICT || 'false' }}
      - run: touch "$MARKS/running"; eval "$DEPLOY"
      - if: always()
        uses: ./.github/actions/track-deployment
        with:
          operation: finish
          deployment-id: ${{ steps.start.outputs.deployment-id }}
          environment-url: https://shop.acme.test/
          state: ${{ vars.STATE }}
          strict: ${{ vars.STRICT || 'false' }}
"""
FILES = {".github/workflows/deploy.yml": DEPLOY}
ATTEMPT = "https://github.com/acme/shop/actions/runs/{}/attempts/{}"


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    """A repository whose workflow deploys by doing what DEPLOY says."""
    with workplace(tmp_path, FILES) as running:
        running.environment["DEPLOY"] = "true"
        yield running


def variables(**given: str) -> list[str]:
    return [part for name, value in given.items() for part in ("--var", f"{name}={value}")]


def states(work: Workplace) -> list[list[str]]:
    return [[status.state for status in one.statuses] for one in work.deployments]


def payload(work: Workplace, at: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(work.deployments[at].payload or "")
    assert found.pop("key")
    assert 1 == found.pop("dora")
    return found


def test_success(work: Workplace) -> None:
    """A deployment of the commit, in progress and then a success, both naming this very run."""
    asked = variables(SERVICE="api", PAYLOAD='{"team": "care"}', DESCRIPTION="release 7")
    run = work.run("deploy.yml", *asked, "--env", "GITHUB_RUN_ID=77")

    assert 0 == run.status, run.log
    (made,) = work.deployments
    assert (work.head, work.head, "production", "deploy", "release 7") == (
        made.sha,
        made.ref,
        made.environment,
        made.task,
        made.description,
    )
    assert {"team": "care", "service": "api", "run_id": 77, "run_attempt": 1} == payload(work)
    assert [
        ("in_progress", ATTEMPT.format(77, 1), None),
        ("success", ATTEMPT.format(77, 1), "https://shop.acme.test/"),
    ] == [(one.state, one.log_url, one.environment_url) for one in made.statuses]


def test_failure_and_re_run(work: Workplace) -> None:
    """A failed job is a failure; running it again is a new deployment of the same commit."""
    work.environment["DEPLOY"] = "exit 3"
    failed = work.run("deploy.yml")
    work.environment["DEPLOY"] = "true"
    again = work.run("deploy.yml", "--env", "GITHUB_RUN_ATTEMPT=2")

    assert (1, 0) == (failed.status, again.status)
    assert [["in_progress", "failure"], ["in_progress", "success"]] == states(work)
    assert [work.head] * 2 == [one.sha for one in work.deployments]
    assert [1, 2] == [payload(work, at)["run_attempt"] for at in (0, 1)]
    assert ATTEMPT.format(1, 2) == work.deployments[1].statuses[-1].log_url


def test_cancelled(work: Workplace) -> None:
    """A cancelled job is an error."""
    work.environment["DEPLOY"] = "sleep 60"
    run = cancel(work.start("deploy.yml"), work.shims / "running")

    assert [["in_progress", "error"]] == states(work), run.log


def test_rollback(work: Workplace) -> None:
    """A rollback says so, and is of the commit that is brought back."""
    first = work.head
    work.commit({"app.txt": "2"})
    work.run("deploy.yml", *variables(ROLLBACK="true", SHA=first))

    assert payload(work)["rollback"] is True
    assert first == work.deployments[-1].sha


def test_a_state_of_ones_own(work: Workplace) -> None:
    """A job that went well may still say that the deployment did not."""
    work.run("deploy.yml", *variables(STATE="failure"))

    assert [["in_progress", "failure"]] == states(work)


@pytest.mark.parametrize(("strict", "status"), [("false", 0), ("true", 1)])
def test_refused(strict: str, status: int, tmp_path: Path) -> None:
    """Without `deployments: write` the deployment goes on, with a warning; strict makes it fail."""
    refusal = Rule(Refusal(403, "Resource not accessible by integration"), method="POST")
    with workplace(tmp_path, FILES, middleware=[Faults([refusal])]) as work:
        work.environment["DEPLOY"] = "echo deployed all the same"
        run = work.run("deploy.yml", *variables(STRICT=strict))

        assert status == run.status, run.log
        assert ("deployed all the same" in run.log.replace("echo deployed", "")) == (not status)
        assert "deployments: write" in run.log
        assert () == work.deployments


HOSTILE = {
    "branch": "$(touch${IFS}$MARKS/x)",
    "environment": '";curl http://127.0.0.1:9/;touch $MARKS/x;"',
    "service": "::set-output name=deployment-id::666",
    "title": "`touch $MARKS/x`\n::error::no\n$(touch $MARKS/x)\n%0A::warning::no",
}


def test_injections_are_text(work: Workplace) -> None:
    """Branch, environment, service and title arrive as they are, and nothing of them is run."""
    git(work.folder, "switch", "--quiet", "--create", HOSTILE["branch"])
    work.commit({"app.txt": "2"}, "On a branch with a strange name")
    run = work.run(
        "deploy.yml",
        *variables(PLACE=HOSTILE["environment"], SERVICE=HOSTILE["service"]),
        *variables(DESCRIPTION=HOSTILE["title"], PAYLOAD=json.dumps({"title": HOSTILE["title"]})),
    )

    assert 0 == run.status, run.log
    made = work.deployments[-1]
    assert (HOSTILE["environment"], HOSTILE["title"]) == (made.environment, made.description)
    assert (HOSTILE["service"], HOSTILE["title"]) == (
        payload(work)["service"],
        payload(work)["title"],
    )
    assert [["in_progress", "success"]] == states(work)
    assert not (work.shims / "x").exists()
    assert "❗" not in run.log


def test_a_branch_as_ref(work: Workplace) -> None:
    """GitHub takes the head of a branch that is named, however it is called."""
    work.run("deploy.yml", *variables(REF="main"))

    assert ("main", work.head) == (work.deployments[-1].ref, work.deployments[-1].sha)


def test_two_runs_at_a_time(work: Workplace) -> None:
    """Two runs file two deployments, each with statuses of its own."""
    both = [work.start("deploy.yml", "--env", f"GITHUB_RUN_ID={n}") for n in (1, 2)]

    assert [0, 0] == [ended(one).status for one in both]
    assert [["in_progress", "success"]] * 2 == [
        [name for name in one if name != "inactive"] for one in states(work)
    ]
    assert {1, 2} == {payload(work, at)["run_id"] for at in (0, 1)}
