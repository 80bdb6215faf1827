"""The same figure in every report: incidents of a central repository, as a shell sees them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Issue
from tests.support.command import dora
from tests.support.small_organizations import after, deployment, organization, repository, sha

#: Two successes, at hours 110 and 250; the window begins at 240.
API = repository(
    "api",
    260,
    deployments=(
        deployment(110, "success", environment="production"),
        deployment(250, "success", environment="production"),
    ),
)
WINDOW = ("--org", "acme", "--since", after(240).isoformat(), "--until", after(300).isoformat())
BURNING = Issue(1, "It burns", after(260), after(261), "", ("incident", "repo:api"))
NOT_UNDERSTOOD = Issue(2, "It burns", after(262), after(263), "**Deployment:** of noon",
                       ("incident", "repo:acme/api"))  # fmt: skip
MISSPELT = Issue(3, "It burns", after(262), after(263), "", ("incident", "repo:apj\x1b[2J"))
OPS = repository("ops", 3, issues=(BURNING,))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in with a service, another one, and a central repository of incidents."""
    web = replace(repository("web", 260), deployments=(deployment(250, "success"),))
    with serve(organization(API, web, OPS)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings."""
    (tmp_path / "dora.toml").write_text('[incidents]\nrepositories = ["acme/ops"]\n')
    return tmp_path


def run(server: Server, folder: Path, command: str, *arguments: str) -> str:
    """What a command prints."""
    done = dora(command, *arguments, *WINDOW, "--quiet", "--no-cache", server=server, folder=folder)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def row_of(text: str) -> dict[str, Any]:
    """The row of `api` in a report."""
    row: dict[str, Any]
    (row,) = (row for row in json.loads(text)["rows"] if row["key"]["repository"] == "api")
    return row


def test_the_evidence_agrees_with_the_figure(server: Server, folder: Path) -> None:
    """F7, C1: 1 of 1 failed, in the report, in one of `api` alone, and in the explanation."""
    whole = row_of(run(server, folder, "report", "--format", "json"))
    assert (1, 1) == (whole["change_fail_rate"]["failed"], whole["change_fail_rate"]["deployments"])
    assert 3600.0 == whole["recovery_time"]["median"]
    for narrowed in (
        ("--repo", "api"),
        ("--environment", "prod*", "--repo", "a*"),
        ("--tier", "production"),
    ):
        assert whole == row_of(run(server, folder, "report", "--format", "json", *narrowed))
    for names in (("api",), ("API", "Production")):
        evidence = json.loads(run(server, folder, "explain", *names, "--format", "json"))
        (failed,) = (one for one in evidence["deployments"] if one["reasons"])
        assert (250, sha(250), ["ops#1"]) == (
            failed["id"],
            failed["sha"],
            [reason["by"] for reason in failed["reasons"]],
        )
        assert [[250]] == [one["deployments"] for one in evidence["episodes"]]
    text = run(server, folder, "explain", "api", "production")
    assert "incident: ops#1" in text
    assert "counts as failed" in text


@pytest.mark.parametrize("kind", ["empty", "archived"])
def test_an_empty_or_archived_central_repository(kind: str, folder: Path) -> None:
    """F7, C1: it loses none of its incidents, and is told as skipped all the same."""
    fates: dict[str, dict[str, Any]] = {
        "empty": {"commits": {}, "head": None},
        "archived": {"archived_at": after(100)},
    }
    with serve(organization(API, replace(OPS, **fates[kind]))) as running:
        report = run(running, folder, "report", "--format", "json")
        narrowed = run(running, folder, "report", "--format", "json", "--repo", "api")
    assert 1 == row_of(report)["change_fail_rate"]["failed"]
    assert row_of(report) == row_of(narrowed)
    assert 1 == json.loads(report)["coverage"]["repositories"]["skipped"][kind]


def test_what_was_not_understood_is_told_everywhere(folder: Path) -> None:
    """F7, C1: in the report, by the doctor, in the explanation; no name controls a terminal."""
    (folder / "dora.toml").write_text('[incidents]\nrepositories = ["ops", "opps"]\n')
    ops = replace(OPS, issues=(BURNING, NOT_UNDERSTOOD, MISSPELT))
    with serve(organization(API, ops)) as running:
        document = json.loads(run(running, folder, "report", "--format", "json"))
        texts = {
            name: run(running, folder, "report", "--format", name)
            for name in ("table", "markdown", "html")
        }
        explained = run(running, folder, "explain", "api", "production")
        evidence = json.loads(run(running, folder, "explain", "api", "--format", "json"))
        doctor = run(running, folder, "doctor")
    assert {
        "unattributed": 2,
        "dismissed": 0,
        "not_understood": 1,
        "not_found": ["apj\x1b[2J", "opps"],
    } == document["coverage"]["incidents"]
    for text in (*texts.values(), doctor, explained):
        assert "\x1b" not in text
    for text in texts.values():
        assert "2 incidents not traced to any deployment (1 by a name that was not found)" in (
            " ".join(text.split())
        )
        assert "no repository is called " in " ".join(text.split())
    assert "ops#2 opened" in explained
    assert "names “of”, which is no deployment that was read" in " ".join(explained.split())
    assert [
        {
            "repository": "api",
            "by": "ops#2",
            "opened_at": "2026-03-13T07:00:00Z",
            "closed_at": "2026-03-13T08:00:00Z",
            "named": "of",
        }
    ] == [
        {name: value for name, value in one.items() if name != "url"}
        for one in evidence["unattributed"]
    ]
    assert "opps: did you mean ops?" in " ".join(doctor.split())
    assert "ops#2: of" in doctor
