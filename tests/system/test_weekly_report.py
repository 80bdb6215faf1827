"""The weekly workflow for real: reads, writes files and summary, posts an issue and to Slack."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import TOKEN
from dora.demo.organization.model import Deployment, Issue, Status
from tests.support.act import ROOT, Run, Workplace, workplace
from tests.support.github.faults import Faults, Refusal, Rule
from tests.support.servers.slack import Slack, slack

CALLER = """\
name: weekly
on:
  schedule: [{cron: "17 6 * * 1"}]
  workflow_dispatch:
permissions:
  contents: read
  issues: write
jobs:
  dora:
    uses: ./.github/workflows/dora-report.yml
    with:
      organization: acme
      issue: ${{ vars.ISSUE != 'false' }}
      app-client-id: ${{ vars.APP }}
      title: ${{ vars.TITLE }}
      arguments: ${{ vars.ARGUMENTS }}
      config: ${{ vars.CONFIG }}
      workflow-runs: ${{ vars.RUNS == 'true' }}
    secrets:
      DORA_TOKEN: ${{ secrets.READ }}
      DORA_APP_PRIVATE_KEY: ${{ secrets.KEY }}
      SLACK_WEBHOOK_URL: ${{ secrets.HOOK }}
"""
FILES = {".github/workflows/weekly.yml": CALLER}
READ = ("--secret", f"READ={TOKEN}")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    """A repository with deployments of the last weeks, and the caller."""
    with workplace(tmp_path, FILES) as running:
        deploy(running, 3)
        yield running


def deploy(work: Workplace, count: int) -> None:
    """Let the stand-in have had *count* deployments, one a day until yesterday."""
    organization = work.server.organization
    (shop,) = organization.repositories
    made = tuple(
        Deployment(
            id=number,
            sha=work.head,
            environment="production",
            created_at=organization.now - timedelta(days=number),
            statuses=(Status("success", organization.now - timedelta(days=number)),),
        )
        for number in range(1, count + 1)
    )
    changed = replace(shop, deployments=made)
    work.server.replace(replace(organization, repositories=(changed,)))


def run(work: Workplace, *options: str, event: str = "workflow_dispatch") -> Run:
    return work.run("weekly.yml", *options, event=event)


def issues(work: Workplace) -> tuple[Issue, ...]:
    view = work.server.visible.view("acme", "shop")
    assert view is not None
    return view.repository.issues


def test_everything_is_written_and_posted(work: Workplace) -> None:
    """Files, job summary and one issue with its first comment."""
    done = run(work, *READ, "--env", "GITHUB_RUN_ID=9")

    assert 0 == done.status, done.log
    files = {path.name: path.read_text() for path in (work.shims / "artifact").iterdir()}
    made = {"report.md", "report.json", "report.csv", "report.html", "evidence.json"}
    assert made == set(files)
    assert "<title>DORA metrics of acme" in files["report.html"]
    (row,) = json.loads(files["report.json"])["rows"]
    assert json.loads(files["report.json"])["before"] is not None  # it is compared
    assert 3 == row["deployment_frequency"]["deployments"]
    evidence = json.loads(files["evidence.json"])
    assert json.loads(files["report.json"])["window"] == evidence["window"]
    assert 3 == len(evidence["deployments"])
    assert "## DORA metrics of `acme`" in done.log  # act shows the job summary
    (issue,) = issues(work)
    assert ("DORA metrics of acme", 1) == (issue.title, len(issue.comments))
    assert "https://github.com/acme/shop/actions/runs/9" in issue.body
    assert "nothing is posted to Slack" in done.log


def test_run_twice(work: Workplace) -> None:
    """A second run in the same week adds no issue, no comment and no message in Slack."""
    with slack() as server:
        for _ in range(2):
            hook = ("--secret", f"HOOK={server.url}/hook")
            done = run(work, *READ, *hook, event="schedule")
            assert 0 == done.status, done.log

        assert 1 == len(server.posted)
        assert _link(server).startswith("https://github.com/acme/shop/actions/runs/")
    (issue,) = issues(work)
    assert 1 == len(issue.comments)
    assert list((work.shims / "cache/commits").rglob("*"))


def _link(server: Slack) -> str:
    found: list[Any] = re.findall(r'"url": "([^"]+)"', json.dumps(server.posted[0]))
    return str(found[0])


def test_by_app_and_without_an_issue(work: Workplace) -> None:
    """A token of the App reads; an issue that is not wanted is not opened."""
    done = run(work, "--var", "APP=Iv1", "--secret", "KEY=pem", "--var", "ISSUE=false")

    assert 0 == done.status, done.log
    assert () == issues(work)
    assert "actions=\n" == (work.shims / "rights").read_text()


def test_no_rows_are_posted_with_the_reason(work: Workplace) -> None:
    """Status 3 without rows is a warning, and why is posted; Actions are read where asked for."""
    work.commit({"settings/dora.toml": '[[deployments.exclude]]\nenvironment = ["*"]\n'})
    asked = ("--var", "CONFIG=settings/dora.toml", "--var", "RUNS=true")
    done = run(work, "--var", "APP=Iv1", "--secret", "KEY=pem", *asked)

    assert 0 == done.status, done.log
    assert "actions=read\n" == (work.shims / "rights").read_text()
    why = "left out, or never finished: 3 left out by the configuration."
    assert re.search(f"::warning title=dora report::No rows: no deployment.*{why}", done.log)
    (issue,) = issues(work)
    assert why in issue.body
    assert why in issue.comments[0].body


def test_without_a_token(work: Workplace) -> None:
    """Nothing to read with is told at once, and nothing is posted."""
    done = run(work)

    assert 1 == done.status
    assert "DORA_APP_PRIVATE_KEY, or the secret DORA_TOKEN" in done.log
    assert () == issues(work)


def test_one_target_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    """Where the issue is refused Slack still has its message, and the run fails."""
    refusal = Rule(Refusal(403, "Resource not accessible by integration"), path="*/issues")
    with workplace(tmp_path, FILES, middleware=[Faults([refusal])]) as work, slack() as server:
        deploy(work, 2)
        done = run(work, *READ, "--secret", f"HOOK={server.url}/hook")

        assert 1 == done.status
        assert "permissions: issues: write" in done.log
        assert 1 == len(server.posted)


def test_hostile_inputs_are_text(work: Workplace) -> None:
    """A title and options with a shell's signs in them do nothing but appear."""
    title = "`touch $MARKS/x`\n::error::no $(touch $MARKS/x)"
    done = run(work, *READ, "--var", f"TITLE={title}", "--var", "ARGUMENTS=--repo=$(touch x)*;shop")

    assert not (work.shims / "x").exists()
    assert 0 == done.status, done.log
    assert ["`touch $MARKS/x` ::error::no $(touch $MARKS/x)"] == [one.title for one in issues(work)]


def test_a_copy_that_nobody_set_up_does_nothing_by_schedule(work: Workplace) -> None:
    """The repository's own schedule is for whoever names an organization."""
    done = work.run("dora-report.yml", event="schedule")

    assert 0 == done.status, done.log
    assert () == issues(work)
    assert [] == work.server.requests


def test_set_up_by_variables_alone(work: Workplace) -> None:
    """In a copy of this repository the variable DORA_ORG is enough, with a secret."""
    named = ("--var", "DORA_ORG=acme", "--secret", f"DORA_TOKEN={TOKEN}")
    done = work.run("dora-report.yml", *named, event="schedule")

    assert 0 == done.status, done.log
    assert 1 == len(issues(work))


def test_the_ten_lines_of_the_readme(tmp_path: Path) -> None:
    """README shows a caller in ten lines, which does what it says once the names are put in."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n# \.github/workflows/dora\.yml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    assert 10 >= len(block[1].splitlines())

    caller = re.sub(r"my-org/dora/(\S+)@COMMIT", r"./\1", block[1]).replace("my-org", "acme")
    with workplace(tmp_path, {".github/workflows/dora.yml": caller}) as work:
        deploy(work, 1)
        secret = ("--secret", "DORA_APP_PRIVATE_KEY=pem")
        done = work.run("dora.yml", *secret, event="schedule")

        assert 0 == done.status, done.log
        assert 1 == len(issues(work))
