"""The reusable terraform workflows with terraform itself: what each end of a run leaves behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import TOKEN
from tests.support.act import Run, Workplace, cancel, workplace
from tests.support.github.faults import Faults, Refusal, Rule

STACK = "stacks/net"
APPLY = """\
name: apply
on: [push, workflow_dispatch]
permissions:
  contents: read
  deployments: write
jobs:
  apply:
    uses: {workflow}
    with:
      environment: ${{{{ vars.PLACE || 'production' }}}}
      working-directory: stacks/net
      backend-config: ${{{{ vars.BACKEND }}}}
      var-files: ${{{{ vars.VAR_FILES }}}}
      sha: ${{{{ vars.SHA }}}}
      rollback: ${{{{ vars.ROLLBACK == 'true' }}}}
      environment-url: ${{{{ vars.URL || 'https://net.acme.test/' }}}}
      dora-repository: ${{{{ vars.DORA_REPOSITORY }}}}
      dora-ref: ${{{{ vars.DORA_REF }}}}
    secrets:
      variables: ${{{{ secrets.TERRAFORM }}}}
"""
PLAN = """\
name: plan
on: [pull_request]
permissions:
  contents: read
  deployments: write
jobs:
  plan:
    uses: ./.github/workflows/terraform-plan.yml
    with:
      environment: production
      working-directory: stacks/net
      track: ${{ vars.TRACK == 'true' }}
"""
CONFIGURATION = """\
terraform {{
  backend "local" {{}}
}}

variable "word" {{
  type    = string
  default = "none"
}}

resource "terraform_data" "one" {{
  triggers_replace = "{value}"

  lifecycle {{
    precondition {{
      condition     = var.word != "unspeakable"
      error_message = "there is no such word"
    }}
  }}

  provisioner "local-exec" {{
    command = "{command}"
  }}
}}

output "word" {{
  value = var.word
}}
"""
FILES = {
    ".github/workflows/apply.yml": APPLY.format(workflow="./.github/workflows/terraform-apply.yml"),
    ".github/workflows/plan.yml": PLAN,
}


def configuration(value: str, command: str = "true") -> dict[str, str]:
    return {f"{STACK}/main.tf": CONFIGURATION.format(value=value, command=command)}


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    """A repository with a stack whose state is kept beside it."""
    with workplace(tmp_path, {**FILES, **configuration("1")}) as running:
        yield running


def apply(work: Workplace, *options: str, **given: str) -> Run:
    return work.run("apply.yml", *variables(work, **given), *options)


def variables(work: Workplace, **given: str) -> list[str]:
    values = {"BACKEND": f"path={work.shims / 'terraform.tfstate'}", **given}
    return [part for name, value in values.items() for part in ("--var", f"{name}={value}")]


def statuses(work: Workplace, at: int = -1) -> list[tuple[str, str]]:
    return [
        (one.state, one.description)
        for one in work.deployments[at].statuses
        if one.state != "inactive"
    ]


def state(work: Workplace) -> Any:
    return json.loads((work.shims / "terraform.tfstate").read_text())


NOTHING_CHANGED = "apply had not begun: nothing has changed"
BEGUN = "apply had begun: state may have changed"


def test_success(work: Workplace) -> None:
    """A plan is applied as it was made, and recorded as one deployment of the stack."""
    (work.folder / STACK / "more.tfvars").write_text('word = "from a file"\n')
    work.commit({}, "Variables in a file")
    run = apply(work, VAR_FILES="more.tfvars")

    assert 0 == run.status, run.log
    (made,) = work.deployments
    payload = json.loads(made.payload or "")
    assert ("production", work.head, STACK, 1, 1) == (
        made.environment,
        made.sha,
        payload["stack"],
        payload["run_id"],
        payload["run_attempt"],
    )
    assert "rollback" not in payload
    assert [("in_progress", ""), ("success", "")] == statuses(work)
    assert "https://net.acme.test/" == made.statuses[-1].environment_url
    assert "from a file" == state(work)["outputs"]["word"]["value"]


def test_secret_variables_reach_terraform_and_are_masked(work: Workplace) -> None:
    """Secrets go by name; what stands behind NAME= is masked wherever terraform prints it."""
    run = apply(work, "--secret", "TERRAFORM=TF_VAR_word=hush-hush=100%")

    assert 0 == run.status, run.log
    assert "hush-hush=100%" == state(work)["outputs"]["word"]["value"]
    told = [line for line in run.log.splitlines() if "hush-hush" in line and "add-mask" not in line]
    assert [] == told


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({"BACKEND": "no-such-option=1"}, "init"),
        ({f"{STACK}/bad.tf": 'output   "x" {\n value=1\n}\n'}, "fmt"),
        ({f"{STACK}/bad.tf": 'output "x" {\n  value = local.nowhere\n}\n'}, "validate"),
        ({"WORD": "unspeakable"}, "plan"),
        ({"SETUP": "true"}, "setup"),
    ],
)
def test_failing_before_the_apply(changes: Mapping[str, str], phase: str, work: Workplace) -> None:
    """A phase before the apply that fails is told, and that nothing has changed."""
    files = {name: text for name, text in changes.items() if "/" in name}
    work.commit(files)
    work.environment["BREAK_SETUP"] = changes.get("SETUP", "")
    word = ["--secret", f"TERRAFORM=TF_VAR_word={changes.get('WORD', 'hello')}"]
    run = apply(work, *word, **{name: changes[name] for name in changes if name == "BACKEND"})

    assert 1 == run.status
    assert [
        ("in_progress", ""),
        ("failure", f"phase {phase} failed; {NOTHING_CHANGED}"),
    ] == statuses(work)
    assert not (work.shims / "terraform.tfstate").exists()


def test_failing_apply(work: Workplace) -> None:
    """An apply that fails may have changed something, and the record says so."""
    work.commit(configuration("2", "false"))

    assert 1 == apply(work).status
    assert [("in_progress", ""), ("failure", f"phase apply failed; {BEGUN}")] == statuses(work)


def test_cancelled_apply(work: Workplace) -> None:
    """A run that is cancelled in the middle of an apply is an error."""
    work.commit(configuration("2", "touch $MARKS/running && sleep 60"))
    run = cancel(work.start("apply.yml", *variables(work)), work.shims / "running")

    assert [
        ("in_progress", ""),
        ("error", f"phase apply was cancelled or broke off; {BEGUN}"),
    ] == statuses(work), run.log


def test_tracking_refused(tmp_path: Path) -> None:
    """Without `deployments: write` everything is applied, with a warning that says so."""
    refusal = Rule(Refusal(403, "Resource not accessible by integration"), method="POST")
    with workplace(
        tmp_path, {**FILES, **configuration("1")}, middleware=[Faults([refusal])]
    ) as work:
        run = apply(work)

        assert 0 == run.status, run.log
        assert "deployments: write" in run.log
        assert () == work.deployments
        assert state(work)["resources"]


def test_hostile_inputs_are_text(work: Workplace) -> None:
    """Whatever stands in inputs and variables reaches terraform and GitHub as it is."""
    hostile = '";touch $MARKS/x;$(touch $MARKS/x)`touch $MARKS/x`'
    variable = ["--secret", f"TERRAFORM=TF_VAR_word={hostile}"]
    backend = {"BACKEND": f"path={work.shims / hostile.replace('/', '-')}"}
    run = apply(work, *variable, PLACE=hostile, URL=f"https://x.test/{hostile}", **backend)

    assert 0 == run.status, run.log
    assert not (work.shims / "x").exists()
    assert [hostile] == [one.environment for one in work.deployments]
    kept = json.loads((work.shims / hostile.replace("/", "-")).read_text())
    assert hostile == kept["outputs"]["word"]["value"]


def test_called_from_another_repository(tmp_path: Path) -> None:
    """The workflow brings its own actions: the caller's repository has none of them."""
    with workplace(tmp_path / "dora", {}) as dora:
        caller = APPLY.format(workflow="acme/dora/.github/workflows/terraform-apply.yml@v1")
        files = {".github/workflows/apply.yml": caller, **configuration("1")}
        with workplace(tmp_path / "caller", files, bare=True) as work:
            work.environment["CHECKOUT_OTHER"] = str(dora.folder)
            repository = ["--local-repository", f"acme/dora@v1={dora.folder}"]
            given = {"DORA_REPOSITORY": "acme/dora", "DORA_REF": "HEAD"}
            run = apply(work, *repository, **given)

            assert 0 == run.status, run.log
            assert [("in_progress", ""), ("success", "")] == statuses(work)


@pytest.mark.parametrize("track", ["true", "false"])
def test_plan_of_a_pull_request(track: str, work: Workplace) -> None:
    """A plan is recorded only where asked for, in a transient environment; it applies nothing."""
    event = {"pull_request": {"number": 12, "head": {"sha": work.head}}}
    run = work.run("plan.yml", "--var", f"TRACK={track}", event="pull_request", payload=event)

    assert 0 == run.status, run.log
    assert [("pr-12/production", "plan", True, False)] * (track == "true") == [
        (one.environment, one.task, one.transient_environment, one.production_environment)
        for one in work.deployments
    ]
    assert "Plan: 1 to add" in run.log
    assert not (work.folder / STACK / "terraform.tfstate").exists()


def test_the_row_of_a_report(work: Workplace) -> None:
    """What the runs left behind gives the row that a person would count by hand."""
    first = work.head
    assert 0 == apply(work).status  # 1: the baseline
    _wait()
    work.commit(configuration("2"), "Two")
    failing = ["--secret", "TERRAFORM=TF_VAR_word=unspeakable"]
    assert 1 == apply(work, *failing).status  # 2: a failing plan
    _wait()
    assert 0 == apply(work, "--env", "GITHUB_RUN_ATTEMPT=2").status  # 3: the re-run ships Two
    _wait()
    work.commit(configuration("3", "false"), "Three")
    assert 1 == apply(work).status  # 4: a failing apply
    _wait()
    assert 0 == apply(work, SHA=first, ROLLBACK="true").status  # 5: back to 1, so 3 had failed
    _wait()
    # 6: the same once more, which changes nothing
    assert 0 == apply(work, SHA=first).status
    assert [("in_progress", ""), ("success", "nothing to change")] == statuses(work)
    _wait()
    row = report(work)

    assert ["1", "2", "2", "3", "1", "1"] == [
        {"Begin": "1", "Two": "2", "Three": "3"}[_message(work, one.sha)]
        for one in work.deployments
    ]
    assert {"repository": "shop", "environment": "production", "service": STACK} == row["key"]
    assert 3 == row["deployment_frequency"]["deployments"]
    assert 1 == row["change_lead_time"]["changes"]
    failed = row["change_fail_rate"]
    assert (2, 4, {"rollback": 1, "status": 1}, 0) == (
        failed["failed"], failed["deployments"], failed["reasons"], failed["never_live"],
    )  # fmt: skip
    assert (1, 3) == (row["rework_rate"]["rework"], row["rework_rate"]["deployments"])
    assert (2, 0) == (row["recovery_time"]["episodes"], row["recovery_time"]["open"])


def _wait() -> None:
    """GitHub's instants are whole seconds: what happens in one comes in no order."""
    time.sleep(1.1)


def _message(work: Workplace, sha: str) -> str:
    view = work.server.visible.view("acme", "shop")
    assert view is not None
    return view.commits[sha].message


def report(work: Workplace) -> dict[str, Any]:
    """The one row of the report of today."""
    asked = ["report", "--org", "acme", "--since", "1d", "--format", "json"]
    done = subprocess.run(  # noqa: S603  # this very package
        [sys.executable, "-c", "from dora.cli import main; main()", *asked],
        env={**os.environ, "GITHUB_API_URL": work.server.url, "GITHUB_TOKEN": TOKEN},
        cwd=work.shims,
        capture_output=True,
        text=True,
        check=True,
    )
    (row,) = json.loads(done.stdout)["rows"]
    assert isinstance(row, dict)
    return row


def test_two_applies_wait_for_each_other_by_name() -> None:
    """Both applies of an environment are of one concurrency group; nothing cancels the first."""
    text = (Path(__file__).parents[2] / ".github/workflows/terraform-apply.yml").read_text()

    assert (
        "group: terraform-apply-${{ inputs.working-directory }}-${{ inputs.environment }}" in text
    )
    assert "cancel-in-progress: false" in text
    assert "      deployment: false # " in text
