"""`dora explain` as a shell sees it, of a made-up organization."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.build import build_organization
from tests.support.command import dora, outcome

WHOLE = build_organization(datetime.now(UTC), forbidden=True)
#: The newest deployment to an environment that lived as long as a pull request.
_, EPHEMERAL_REPOSITORY, EPHEMERAL = max(
    (one.created_at, repository.name, one.environment)
    for repository in WHOLE.repositories
    for one in repository.deployments
    if one.environment.startswith("pr-") and one.statuses
)
#: Few of its repositories tell all that there is to tell.
NAMES = {
    "patient-api",
    "patient-portal",
    "billing-worker",
    "design-system",
    "fax-gateway",
    "payments-vault",
    "sandbox",
    EPHEMERAL_REPOSITORY,
}
ORGANIZATION = replace(
    WHOLE, repositories=tuple(one for one in WHOLE.repositories if one.name in NAMES)
)


class Said(NamedTuple):
    """What a run said, and its exit status."""

    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in with a repository that may not be read, too."""
    with serve(ORGANIZATION) as running:
        yield running


@pytest.fixture
def run(server: Server, tmp_path: Path) -> Run:
    """Run `dora explain` with the arguments given, in an empty folder."""

    def explain(*arguments: str) -> Said:
        given = ("explain", *arguments, "--org", "medica-flow", "--since", "20d")
        return Said(*outcome(dora(*given, server=server, folder=tmp_path, COLUMNS="100")))

    return explain


def test_a_repository_and_environment(run: Run) -> None:
    """Names ignore case; what is told is of the one environment alone."""
    said = run("Patient-API", "PRODUCTION", "--quiet")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("patient-api production\n")
    assert "Change fail rate of the" in said.out
    assert "\x1b" not in said.out
    assert "\n\npatient-api" not in said.out


def test_a_repository_alone(run: Run) -> None:
    """With no environment each of the repository's is told, in the report's order."""
    said = run("patient-api", "--quiet")
    titles = [line for line in said.out.splitlines() if line.startswith("patient-api ")]
    assert (said.status, titles) == (
        0,
        ["patient-api production", "patient-api qa", "patient-api dev"],
    )


def test_everything(run: Run) -> None:
    """Without names everything is there; what could not be read is named (exit status 3)."""
    said = run("--format", "json", "--quiet")
    document = json.loads(said.out)
    assert said.status == 3
    assert said.err.startswith("dora: payments-vault: ")
    deployed = {one["repository"] for one in document["deployments"]}
    assert {"billing-worker", "patient-api", "patient-portal"} <= deployed
    assert "author" not in document["changes"][0]
    globs = ("--repo", "patient-*", "--environment", "q?")
    said = run("--format", "csv", *globs)
    lines = list(csv.DictReader(StringIO(said.out)))
    assert {one["environment"] for one in lines} == {"qa"}
    assert {one["repository"] for one in lines} == {"patient-api", "patient-portal"}


def test_files_and_authors(run: Run, tmp_path: Path) -> None:
    """Each file takes its format from its ending; authors are there where asked for."""
    files = ("a.json", "b.csv", "c.txt")
    outputs = [part for name in files for part in ("--output", name)]
    said = run("patient-api", "production", "--authors", "--table", "changes", *outputs)
    assert said.status == 0
    made, table, text = ((tmp_path / name).read_text(encoding="utf-8") for name in files)
    lines = list(csv.DictReader(StringIO(table)))
    changes = json.loads(made)["changes"]
    assert [one["sha"] for one in changes] == [one["sha"] for one in lines]
    assert {one["author"] for one in lines} == {one["author"] or "" for one in changes} != {""}
    assert text == said.out


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("patient-api", "qa", "--tier", "testing"), 2, "ENVIRONMENT was named already"),
        ((), 2, "--format: everything at once is no table; allowed: json or csv"),
        (("--format", "json", "--output", "a.txt"), 2, "--format: everything at once is no table"),
        (("--format", "html"), 2, "--format: 'html' is not allowed; allowed: table, json, csv"),
        (("a", "--table", "x"), 2, "--table: 'x' is not allowed; allowed: deployments, changes"),
        (("a", "--table", "changes"), 2, "--table: is for CSV alone"),
        (("a", "--repo", "b"), 2, "--repo: REPO was named already"),
        (("a", "b", "--environment", "c"), 2, "--environment: ENVIRONMENT was named already"),
        (("patient-*",), 2, "REPO: 'patient-*' is no name; allowed: one repository, or --repo"),
        (
            ("patientapi", "qa"),
            1,
            "'patientapi' that the token sees\n      There is 'patient-api', ",
        ),
        (
            ("patient-api", "prod"),
            1,
            "no deployment to 'prod' since …\n      There is 'production', 'dev', 'qa'.",
        ),
        (("payments-vault", "prod"), 1, "payments-vault cannot be read: "),
        (("sandbox", "prod"), 1, "There is none to any environment. See --since."),
    ],
)
def test_what_cannot_be_done(run: Run, arguments: tuple[str, ...], status: int, words: str) -> None:
    """One clear message on standard error, and nothing on standard output."""
    said = run(*arguments, "--quiet")
    assert (said.status, said.out) == (status, "")
    assert all(part in said.err for part in words.split("…"))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {"production", "qa", "dev"}),
        (("--tier", "production"), {"production"}),
        (("--tier", "testing", "--tier", "development"), {"qa", "dev"}),
        (("--tier", "all"), {"production", "qa", "dev"}),
    ],
)
def test_tiers_are_explained_alike_unless_some_are_named(
    run: Run, tmp_path: Path, options: tuple[str, ...], expected: set[str]
) -> None:
    """G1: every tier, whatever the settings show in reports; --tier names some."""
    (tmp_path / "dora.toml").write_text('tier = ["staging"]\n')
    said = run("patient-api", "--format", "json", *options)
    assert (0, "") == (said.status, said.err)
    document = json.loads(said.out)
    assert expected == {one["environment"] for one in document["deployments"]}


def test_hidden_environments(run: Run, tmp_path: Path) -> None:
    """An ephemeral environment is told where it is asked for; one left out says so."""
    repository, environment = EPHEMERAL_REPOSITORY, EPHEMERAL
    said = run(repository, environment, "--quiet")
    assert (said.status, said.out) == (1, "")
    assert "Bring these in with --ephemeral." in said.err
    said = run(repository, environment, "--ephemeral", "--quiet")
    assert said.status == 0
    assert said.out.startswith(f"{repository} {environment}\n")
    (tmp_path / "dora.toml").write_text('environments = {"qa" = false}\n')
    said = run("patient-api", "qa", "--quiet")
    assert (said.status, said.out) == (1, "")
    assert "the configuration leaves the environment 'qa' out" in said.err
