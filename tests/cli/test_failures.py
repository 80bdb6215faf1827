"""Exit statuses 1 and 3: nothing, or not all of it, could be done."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.support.command import dora, outcome
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule
from tests.support.two_repositories import ACME, API, HOSTILE, NOW, VAULT


def test_unknown_organization(server: Server) -> None:
    """Two lines: what could not be done, what to do."""
    done = dora("report", "--org", "nobody", server=server)
    first, second = done.stderr.splitlines()
    assert (1, "") == (done.returncode, done.stdout)
    assert first.startswith("dora: the organization 'nobody' cannot be read: Could not resolve")
    assert second.startswith("      Check its name")


def test_bad_token(server: Server) -> None:
    """The token is refused; it is not shown."""
    done = dora("report", "--org", "acme", server=server, GITHUB_TOKEN="ghp_made_up_and_wrong")
    assert (1, "") == (done.returncode, done.stdout)
    assert f"dora: {server.url} refuses the credentials: Bad credentials\n" in done.stderr
    assert "ghp_made_up_and_wrong" not in done.stderr


def test_no_token(server: Server, tmp_path: Path) -> None:
    """No token, no `gh`: what to set, and that the demo needs none."""
    done = dora("report", "--org", "acme", server=server, GITHUB_TOKEN=None, PATH=str(tmp_path))
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("dora: there is no token to read GitHub with\n      Set GITHUB")


def test_server_down() -> None:
    """Nobody there: told after a few tries, not after minutes."""
    with serve(Organization("acme", NOW)) as gone:
        pass
    done = dora("report", "--org", "acme", server=gone)
    assert outcome(done) == (
        1,
        "",
        (
            f"dora: {gone.url} cannot be reached (ConnectionError)\n"
            "      Check the network and GITHUB_API_URL, then run it again.\n"
        ),
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no/such/folder/report.json", "the folder {folder}/no/such/folder cannot be written to"),
        ("folder.json", "it is a folder"),
    ],
)
def test_output_that_cannot_be_written(path: str, why: str, server: Server, tmp_path: Path) -> None:
    """Where a report cannot go is told before GitHub is asked for it."""
    (tmp_path / "folder.json").mkdir()
    before = len(server.requests)
    done = dora("report", "--org", "acme", "--output", path, server=server, folder=tmp_path)
    told = f"dora: {path} cannot be written: {why.format(folder=tmp_path)}\n"
    assert (1, "", told + "      Name another file.\n") == outcome(done)
    assert before == len(server.requests)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"GITHUB_API_URL": "http://[::1"}, id="address"),
        pytest.param({"GITHUB_TOKEN": "ghp_“quoted”"}, id="token"),
        pytest.param({"DORA_REPO": "api"}, id="list that is no JSON"),
    ],
)
def test_wrong_environment(variables: dict[str, Any], server: Server) -> None:
    """What is wrong with the environment is told in words."""
    done = dora("report", "--org", "acme", server=server, **variables)
    assert done.returncode in {1, 2}
    assert done.stderr.startswith("dora: ")


def test_repository_that_cannot_be_read() -> None:
    """The report is made of the others; which is missing is told twice, to people and programs."""
    with serve(Organization("acme", NOW, (API, VAULT))) as server:
        done = dora("report", "--org", "acme", "--format", "json", server=server)
    reason = "Resource not accessible by personal access token"
    assert done.returncode == 3
    assert done.stderr == (
        f"dora: vault: {reason}\n"
        "      What could not be read is not in the numbers; the others hold.\n"
    )
    document = json.loads(done.stdout)
    unreadable = document["coverage"]["repositories"]["unreadable"]
    assert [{"repository": "vault", "reason": reason}] == unreadable
    assert ["api"] == [row["key"]["repository"] for row in document["rows"]]


def test_list_of_repositories_that_breaks_off() -> None:
    """What was listed is reported; that there are others is told to people and programs."""
    many = [replace(API, name=f"r{n:03}", database_id=n) for n in range(101)]
    rule = Rule(faults.PartialError("organization", message="Lost."), "Repositories", starting=2)
    with serve(Organization("acme", NOW, tuple(many)), middleware=[Faults([rule])]) as server:
        done = dora("report", "--org", "acme", "--format", "json", server=server)
    reason = "the organization 'acme' cannot be read: Lost.; only the first 100 were listed"
    assert done.returncode == 3
    assert done.stderr == (
        f"dora: the repositories: {reason}\n"
        "      What could not be read is not in the numbers; the others hold.\n"
    )
    document = json.loads(done.stdout)
    assert [{"what": "repositories", "reason": reason}] == document["coverage"]["gaps"]
    assert 100 == len(document["rows"])


@pytest.mark.parametrize(
    ("path", "status"), [("organization", 1), ("organization.repositories.nodes.0", 3)]
)
def test_hostile_answers_do_not_reach_the_terminal(path: str, status: int) -> None:
    """No message of a server tells a terminal what to do."""
    rule = Rule(faults.PartialError(path, message=HOSTILE), variables={"probe": True})
    with serve(ACME, middleware=[Faults([rule])]) as server:
        done = dora("report", "--org", "acme", server=server)
    assert status == done.returncode
    assert "owned" in done.stderr
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout + done.stderr) is None
