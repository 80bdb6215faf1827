"""What goes wrong while a deployment is recorded: told with advice, and never recorded twice."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import Deployment
from dora.model.fixed_words import BEGUN, NOT_BEGUN, NOTHING_TO_CHANGE, RUNNER_GONE, says
from tests.support.act import ROOT
from tests.support.github.faults import (
    Faults,
    Html,
    RateLimit,
    Refusal,
    Reset,
    Rule,
    SecondaryLimit,
    Truncate,
)
from tests.support.github.faults import Status as Broken
from tests.support.small_organizations import organization, repository, sha

SCRIPT = ROOT / ".github/actions/track-deployment/track.sh"
CREATE, STATUS = "/repos/acme/api/deployments", "/repos/acme/api/deployments/*/statuses"


@dataclass(frozen=True)
class Told:
    """What a run of the script gave."""

    status: int
    text: str
    outputs: str

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.startswith("::")]


def track(url: str, folder: Path, operation: str = "start", **asked: str) -> Told:
    """Run the script as the action does."""
    outputs = folder / "outputs"
    outputs.touch()
    given = {"operation": operation, "environment": "prod", "token": TOKEN, **asked}
    done = subprocess.run(  # noqa: S603  # the script itself
        ["/bin/bash", str(SCRIPT)],
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "acme/api",
            "GITHUB_SHA": sha(1),
            "GITHUB_RUN_ID": "5",
            "DORA_TRACK_PAUSE": "0",
            **{f"TRACK_{name.upper()}": value for name, value in given.items()},
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "" == done.stderr
    assert [outputs] == list(folder.iterdir())  # neither the token nor anything else is left
    return Told(done.returncode, done.stdout, outputs.read_text())


def deployments(server: Server) -> tuple[Deployment, ...]:
    view = server.visible.view("acme", "api")
    assert view is not None
    return view.repository.deployments


def serving(*rules: Rule, **more: Any) -> Any:
    return serve(organization(repository(commits=2)), middleware=[Faults(rules)], **more)


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (Refusal(401, "Bad credentials"), "renew the secret"),
        (Refusal(403, "Resource not accessible by integration"), "deployments: write"),
        (Refusal(404, "Not Found"), "deployments: write"),
        (Refusal(409, "Conflict merging main into topic"), "Deploy a commit"),
        (Refusal(202, "Auto-merged main into topic on deployment."), "merged commit"),
        (Refusal(422, "No ref found for: x"), "the commit must be pushed"),
        (Refusal(451, "Unavailable for legal reasons"), "status 451"),
        (Broken(502, html=True), "outage"),
        (Broken(503), "outage"),
        (Html(), "status 200"),
        (Reset(), "reachable"),
        (RateLimit("403", 3600), "rate limit"),
        (RateLimit("429", 3600), "rate limit"),
        (SecondaryLimit(403, 3600), "rate limit"),
    ],
)
@pytest.mark.parametrize("strict", ["true", "false"])
def test_refused_with_advice(effect: Any, told: str, strict: str, tmp_path: Path) -> None:
    """Each refusal is one annotation that says what to do; the job fails only where strict."""
    with serving(Rule(effect, method="POST", path=CREATE)) as server:
        given = track(server.url, tmp_path, strict=strict)

        assert (1 if strict == "true" else 0) == given.status
        (only,) = given.annotations
        level = "error" if strict == "true" else "warning"
        assert only.startswith(f"::{level} title=Deployment not recorded::")
        assert told in only
        assert () == deployments(server)
        assert "" == given.outputs


def test_nobody_listens(tmp_path: Path) -> None:
    """An address where nothing answers is told as such."""
    with serving() as gone:
        pass
    given = track(gone.url, tmp_path)

    assert (0, 1) == (given.status, len(given.annotations))
    assert "reachable" in given.text


@pytest.mark.parametrize("effect", [Truncate(0.0), Truncate(0.5)])
@pytest.mark.parametrize("path", [CREATE, STATUS])
def test_lost_answers_create_nothing_twice(effect: Any, path: str, tmp_path: Path) -> None:
    """Where the answer was lost GitHub is asked what arrived, and nothing is sent again."""
    with serving(Rule(effect, method="POST", path=path, at=[1])) as server:
        given = track(server.url, tmp_path)

        assert [] == given.annotations
        (made,) = deployments(server)
        assert f"deployment-id={made.id}\n" == given.outputs
        assert ["in_progress"] == [one.state for one in made.statuses]


@pytest.mark.parametrize("effect", [Reset(), Broken(502), Broken(503, html=True)])
@pytest.mark.parametrize("times", [1, 2])
def test_requests_that_did_not_arrive_are_sent_again(
    effect: Any, times: int, tmp_path: Path
) -> None:
    """What GitHub does not have is filed by a later try."""
    rules = [Rule(effect, method="POST", path=CREATE, at=range(1, times + 1))]
    with serving(*rules) as server:
        given = track(server.url, tmp_path)

        assert [] == given.annotations
        assert 1 == len(deployments(server))


@pytest.mark.parametrize("strange", [Broken(502), Reset(), Html(), Refusal(403, "no")])
def test_nothing_is_sent_again_while_nobody_knows(strange: Any, tmp_path: Path) -> None:
    """Where GitHub does not even say what arrived, one deployment is the most there is."""
    rules = [
        Rule(Truncate(0.0), method="POST", path=CREATE),
        Rule(strange, method="GET", path=CREATE),
    ]
    with serving(*rules) as server:
        given = track(server.url, tmp_path)

        assert 1 == len(given.annotations)
        assert 1 == len(deployments(server))


@pytest.mark.parametrize(
    "effect", [SecondaryLimit(403, 1), SecondaryLimit(429, 1), RateLimit("403", 1)]
)
def test_a_short_limit_is_waited_for(effect: Any, tmp_path: Path) -> None:
    """A limit that ends soon only costs time."""
    with serving(Rule(effect, method="POST", path=CREATE, at=[1])) as server:
        assert [] == track(server.url, tmp_path).annotations
        assert 1 == len(deployments(server))


def test_finish(tmp_path: Path) -> None:
    """How it ended is filed once, with the phase in words; a lost answer is looked for."""
    rule = Rule(Truncate(0.0), method="POST", path=STATUS, at=[2])
    with serving(rule) as server:
        begun = track(server.url, tmp_path)
        number = begun.outputs.strip().removeprefix("deployment-id=")
        more = {"deployment_id": number, "job_status": "failure", "phase": "apply"}
        given = track(server.url, tmp_path, "finish", **more, apply_begun="true")

        assert [] == given.annotations
        (made,) = deployments(server)
        assert [
            ("in_progress", ""),
            ("failure", "phase apply failed; apply had begun: state may have changed"),
        ] == [(one.state, one.description) for one in made.statuses]


@pytest.mark.parametrize(
    ("asked", "words", "unchanged"),
    [
        ({"job_status": "success", "changes": "false", "phase": "apply", "apply_begun": "true"},
         [NOTHING_TO_CHANGE], "true"),
        ({"job_status": "success", "changes": "true", "phase": "apply", "apply_begun": "true"},
         [], "false"),
        ({"job_status": "success"}, [], "false"),
        ({"job_status": "failure", "changes": "false", "phase": "apply", "apply_begun": "true"},
         [BEGUN], "false"),
        ({"job_status": "failure", "phase": "plan", "apply_begun": "false"}, [NOT_BEGUN], "false"),
        ({"job_status": "cancelled", "phase": "init", "apply_begun": "false"}, [NOT_BEGUN],
         "false"),
        ({"job_status": "cancelled", "phase": "apply", "apply_begun": "true"}, [BEGUN], "false"),
    ],
)  # fmt: skip
def test_fixed_words(
    asked: dict[str, str], words: list[str], unchanged: str, tmp_path: Path
) -> None:
    """D3, F8: the action writes the very words that the report reads."""
    with serving() as server:
        number = track(server.url, tmp_path).outputs.strip().removeprefix("deployment-id=")
        given = track(server.url, tmp_path, "finish", deployment_id=number, **asked)
        said = deployments(server)[0].statuses[-1].description
        every = (NOT_BEGUN, BEGUN, RUNNER_GONE, NOTHING_TO_CHANGE)
        assert words == [one for one in every if says(said, one)]
        assert given.outputs.endswith(f"unchanged={unchanged}\n")


def test_changes_that_are_no_flag(tmp_path: Path) -> None:
    """An input `changes` that is neither true nor false is told, and says nothing."""
    with serving() as server:
        number = track(server.url, tmp_path).outputs.strip().removeprefix("deployment-id=")
        more = {"job_status": "success", "changes": "none"}
        given = track(server.url, tmp_path, "finish", deployment_id=number, **more)
        assert 1 == len(given.annotations)
        last = deployments(server)[0].statuses[-1]
        assert ("success", "") == (last.state, last.description)


@pytest.mark.parametrize(
    ("status", "phase", "begun", "state", "description"),
    [
        ("success", "apply", "true", "success", ""),
        ("failure", "plan", "false", "failure",
         "phase plan failed; apply had not begun: nothing has changed"),
        ("cancelled", "apply", "true", "error",
         "phase apply was cancelled or broke off; apply had begun: state may have changed"),
        ("cancelled", "", "", "error", ""),
        ("cancelled", 200 * "p", "true", "error",
         f"phase {50 * 'p'} was cancelled or broke off; apply had begun: state may have changed"),
    ],
)  # fmt: skip
def test_states_and_phases(
    status: str, phase: str, begun: str, state: str, description: str, tmp_path: Path
) -> None:
    """A job's status is mapped to a deployment's; the phase is told where it did not succeed."""
    with serving() as server:
        number = track(server.url, tmp_path).outputs.strip().removeprefix("deployment-id=")
        more = {"job_status": status, "phase": phase, "apply_begun": begun}
        track(server.url, tmp_path, "finish", deployment_id=number, **more)
        last = deployments(server)[0].statuses[-1]

        assert (state, description) == (last.state, last.description)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"operation": "begin"}, "start, or finish"),
        ({"environment": ""}, "no environment was named"),
        ({"operation": "finish", "deployment_id": "1/../2"}, "no id of a deployment"),
        ({"operation": "finish", "deployment_id": "1", "job_status": "so-so"}, "no state"),
        ({"operation": "finish", "deployment_id": "1", "state": "x\n::error::y"}, "no state"),
        ({"operation": "finish", "strict": "true"}, "no deployment to finish"),
    ],
)
def test_wrong_inputs(asked: dict[str, str], told: str, tmp_path: Path) -> None:
    """An input that cannot be right is told, in one annotation of one line."""
    with serving() as server:
        given = track(server.url, tmp_path, **asked)

        assert 1 == len(given.annotations)
        assert told in given.annotations[0]
        assert [] == server.requests


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"payload": "[1]"}, "payload"),
        ({"payload": "{"}, "payload"),
        ({"rollback": "yes"}, "rollback"),
        ({"production": "perhaps"}, "production-environment"),
    ],
)
def test_inputs_that_are_left_out(asked: dict[str, str], told: str, tmp_path: Path) -> None:
    """What cannot be recorded is told and left out; the deployment is recorded."""
    with serving() as server:
        given = track(server.url, tmp_path, **asked)

        assert told in given.annotations[0]
        (made,) = deployments(server)
        assert {"dora", "run_id", "run_attempt", "key"} >= set(json.loads(made.payload or ""))


def test_an_address_that_is_none(tmp_path: Path) -> None:
    """An environment's address that GitHub would refuse does not cost the status."""
    with serving() as server:
        number = track(server.url, tmp_path).outputs.strip().removeprefix("deployment-id=")
        more = {"deployment_id": number, "job_status": "success"}
        url = "javascript:alert(1)\n::warning::x"
        given = track(server.url, tmp_path, "finish", **more, environment_url=url)

        assert 1 == len(given.annotations)
        assert "success" == deployments(server)[0].statuses[-1].state


def test_without_a_start_there_is_nothing_to_finish(tmp_path: Path) -> None:
    """Where start recorded nothing, finish says so in the log alone."""
    with serving() as server:
        given = track(server.url, tmp_path, "finish", job_status="success")

        assert (0, []) == (given.status, given.annotations)


@pytest.mark.parametrize("missing", ["jq", "curl"])
def test_a_runner_without_its_tools(missing: str, tmp_path: Path) -> None:
    """A runner that lacks a tool is told which."""
    tools, temporary = tmp_path / "bin", tmp_path / "temp"
    for place in (tools, temporary):
        place.mkdir()
    for name in {"jq", "curl", "mktemp", "rm", "sed", "tr", "tail", "cat"} - {missing}:
        (tools / name).symlink_to(_which(name))
    done = subprocess.run(  # noqa: S603  # the script itself
        ["/bin/bash", str(SCRIPT)],
        env={"PATH": str(tools), "TRACK_OPERATION": "start", "RUNNER_TEMP": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert f"there is no {missing} on this runner" in done.stdout


def test_github_enterprise_server(tmp_path: Path) -> None:
    """The API's address is the runner's, with whatever stands before /repos."""
    with serving() as server:
        assert [] == track(f"{server.url}/api/v3", tmp_path).annotations
        assert 1 == len(deployments(server))


def test_the_token_is_in_no_command_line_and_no_output(tmp_path: Path) -> None:
    """What anybody on the machine can read holds no token: bash -x shows every command."""
    with serving() as server:
        env = {"PATH": os.environ["PATH"], "GITHUB_API_URL": server.url, "TRACK_TOKEN": TOKEN}
        more = {"TRACK_OPERATION": "start", "TRACK_ENVIRONMENT": "prod", "GITHUB_SHA": sha(1)}
        done = subprocess.run(  # noqa: S603  # the script itself
            ["/bin/bash", "-x", str(SCRIPT)],
            env={**env, **more, "GITHUB_REPOSITORY": "acme/api", "RUNNER_TEMP": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        commands = [line for line in done.stderr.splitlines() if "printf" not in line]

        assert [] == [line for line in commands if TOKEN in line]
        assert TOKEN not in done.stdout


def _which(name: str) -> Path:
    places = os.environ["PATH"].split(":")
    return next(Path(place, name) for place in places if Path(place, name).exists())
