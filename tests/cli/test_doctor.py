"""`dora doctor` as a shell sees it: exit status, standard output, standard error."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.support.command import dora, outcome
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule
from tests.support.source_organizations import only_releases, only_workflow
from tests.support.two_repositories import ACME, API, HOSTILE, VAULT, repository

NO = faults.PartialError("search", "FORBIDDEN", "Resource not accessible by integration")


def doctor(server: Server, *arguments: str, **variables: Any) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a run."""
    return outcome(dora("doctor", "--org", "acme", *arguments, server=server, **variables))


def test_complete(server: Server) -> None:
    """Exit status 0 when a report would be complete; results alone on standard output."""
    status, out, err = doctor(server)
    assert (0, "") == (status, err)
    assert "A report of this window would be complete: 2 notes." in out


@pytest.mark.parametrize(
    ("organization", "rules", "told"),
    [
        (replace(ACME, repositories=(API, VAULT)), (), "1 repository cannot be read"),
        (ACME, (Rule(NO, "Incidents"),), "The issues may not be read"),
        (replace(ACME, repositories=()), (), "The token sees no repository of acme."),
    ],
)
def test_incomplete(organization: Organization, rules: tuple[Rule, ...], told: str) -> None:
    """Exit status 3 when something could not be read, and what to do about it."""
    with serve(organization, middleware=[Faults(rules)]) as server:
        status, out, err = doctor(server)
    assert (3, "") == (status, err)
    assert "would not be complete" in out
    assert told in out


def test_repositories_without_rows() -> None:
    """What no row tells of is looked at: the source that would give rows, with lines to paste."""
    case = only_releases()
    with serve(case.organization) as server:
        since = ("--since", case.since.isoformat())
        status, out, _ = doctor(server, *since)
        _, told, _ = doctor(server, *since, "--format", "json")
    assert 3 == status
    assert "A report of this window would not be complete, and would have no rows: 1 problem" in out
    document = json.loads(told)
    found = [one for one in document["findings"] if one["check"] == "repository-source"]
    assert [["shop"]] == [one["subjects"] for one in found]
    assert (
        'No row tells of this repository, and from = "releases" would: shop: ' in found[0]["what"]
    )
    assert (
        '[[sources]]\nfrom = "releases"\nrepositories = ["shop"]\nenvironment = "production"'
        == found[0]["paste"]
    )
    assert not document["complete"]


def test_entries_that_give_nothing(tmp_path: Path) -> None:
    """D8: a file's name that is spelt otherwise, and a repository that is not there, are told."""
    case = only_workflow()
    (tmp_path / "dora.toml").write_text(
        '[[sources]]\nfrom = "workflow"\nworkflow = "deploy.yaml"\nrepositories = ["api", "dosc"]\n'
        '[[sources]]\nfrom = "merges"\nrepositories = ["docs"]\n'
    )
    with serve(case.organization) as server:
        since = ("--since", case.since.isoformat(), "--config", str(tmp_path / "dora.toml"))
        _, told, _ = doctor(server, *since, "--format", "json")
    found = {one["check"]: one for one in json.loads(told)["findings"]}
    entry = found["source-entry-silent"]
    assert ["api"] == entry["subjects"]
    assert entry["what"].startswith("[[sources]] 1 (workflow `deploy.yaml`) gave no deployment")
    assert "Seen there instead: api: workflows `deploy.yml`, `build.yml`." in entry["mend"]
    assert [
        "[[sources]] 1 (workflow `deploy.yaml`) repositories: dosc (did you mean docs?)"
    ] == found["pattern-unused"]["subjects"]


def test_as_json() -> None:
    """`--format json` gives the document, complete or not; `--output` writes it, too."""
    with serve(replace(ACME, repositories=(API, VAULT))) as server:
        status, out, _ = doctor(server, "--format", "json")
    document = json.loads(out)
    assert (3, "dora.doctor/1", False) == (status, document["schema"], document["complete"])


def test_to_a_file(server: Server, tmp_path: Path) -> None:
    """`--output` writes a file, its ending says how."""
    status, out, _ = doctor(server, "--output", str(tmp_path / "doctor.json"))
    assert (0, True) == (status, out.startswith("Diagnosis of acme"))
    assert json.loads((tmp_path / "doctor.json").read_text())["complete"]


def test_it_could_not_be_done(server: Server) -> None:
    """Exit status 1 with two lines: a token that is refused, an organization there is not."""
    status, out, err = doctor(server, GITHUB_TOKEN="ghp_wrong")
    assert (1, "") == (status, out)
    assert "refuses the credentials: Bad credentials\n      Set GITHUB_TOKEN" in err
    assert "ghp_wrong" not in err
    status, out, err = doctor(server, "--org", "nope")
    assert (1, "") == (status, out)
    assert "the organization 'nope' cannot be read" in err


@pytest.mark.parametrize(
    "arguments",
    [("--format", "xml"), ("--since", "3x"), ("--by", "planet"), ("--output", "doctor.pdf")],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    """Exit status 2, and nothing is asked of GitHub."""
    with serve(ACME) as server:
        status, out, err = doctor(server, *arguments)
    assert (2, "", []) == (status, out, server.requests)
    assert err.startswith(f"dora: {arguments[0]}")


def test_patterns_of_the_command_line(server: Server) -> None:
    """A `--repo` that fits nothing is told."""
    status, out, _ = doctor(server, "--repo", "api", "--repo", "wob")
    assert (0, True) == (status, "--repo wob" in out)


def test_names_that_would_tell_a_terminal_what_to_do() -> None:
    """No name of GitHub's reaches the terminal as it is."""
    evil = repository("evil", HOSTILE)
    with serve(replace(ACME, repositories=(evil,))) as server:
        _, out, err = doctor(server)
        _, document, _ = doctor(server, "--format", "json")
    assert not set("\x1b\x07\u202e") & set(out + err + document)
    assert HOSTILE in [name for one in json.loads(document)["findings"] for name in one["subjects"]]
