"""A report without rows as a shell sees it: status 3, why, and which sources would give rows."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dora.cli.no_rows import print_no_rows
from dora.demo.github.server import serve
from dora.demo.organization.model import Organization, Repository
from dora.report.coverage_model import NoRows
from dora.report.report_json import read_report
from tests.support import reports
from tests.support.command import dora
from tests.support.github.faults import Faults, RateLimit, Refusal, Rule
from tests.support.source_organizations import only_releases, only_workflow
from tests.support.two_repositories import ACME, DAY, NOW, repository

SINCE = NOW - 31 * DAY
ARCHIVED = repository("old", deployments=(), archived_at=NOW - 100 * DAY)
EMPTY = Repository("empty", 299, SINCE)
HEADER = "repository,environment"


def organization() -> Organization:
    """One that has releases, a repository with a workflow, one archived, one empty."""
    releases, workflow = only_releases(SINCE), only_workflow(SINCE)
    repositories = (releases.organization.repositories[0], workflow.organization.repositories[0])
    return Organization("acme", NOW, (*repositories, ARCHIVED, EMPTY))


WHY = "no repository of acme has Deployments: 2 of 4 have none, 1 is archived, 1 is empty"
INIT = "run `dora init --org acme`"
FOUND = f"1 repository has a workflow `deploy.yml`, 1 has releases: {INIT}."


def test_every_output_says_why_and_which_sources_there_are(tmp_path: Path) -> None:
    """C1, D8: status 3, two lines on standard error, and the same sentences in every format."""
    files = {name: tmp_path / f"report.{name}" for name in ("md", "html", "json", "csv")}
    outputs = [f"--output={one}" for one in files.values()]
    with serve(organization()) as server:
        done = dora("report", "--org", "acme", "--since=30d", "--quiet", *outputs, server=server)
        asked = len(server.requests)
    markdown, page, document, lines = (one.read_text(encoding="utf-8") for one in files.values())

    assert (3, f"dora: no rows: {WHY}\n      {FOUND}\n") == (done.returncode, done.stderr)
    assert f"\nNo rows: {WHY}.\n{FOUND}\n" in done.stdout
    in_code = WHY.replace("acme", "`acme`")
    assert f"\nNo rows: {in_code}.\n\n{FOUND}\n" in markdown
    assert f"No rows: {WHY}. 1 repository has a workflow <code>deploy.yml</code>, 1 has" in page
    told = json.loads(document)
    assert {
        "why": WHY,
        "advice": FOUND,
        "looked_at": 2,
        "sources": [
            {"source": "workflow", "repositories": 1, "workflow": "deploy.yml"},
            {"source": "releases", "repositories": 1, "workflow": None},
        ],
        "has_entries": False,
    } == told["no_rows"]
    assert [] == told["rows"]
    assert asked == told["coverage"]["requests"]["count"]
    assert (1, True) == (len(lines.splitlines()), lines.startswith(HEADER))
    assert WHY == getattr(read_report(files["json"]).no_rows, "why", None)


@pytest.mark.parametrize(
    ("made", "options", "why", "advice"),
    [
        (
            ACME,
            ("--repo", "nothing-*"),
            "--repo leaves out both repositories of acme",
            "Leave --repo out, or name others with it.",
        ),
        (
            ACME,
            ("--environment", "qa-*"),
            "none of the 2 repositories of acme has Deployments to an environment like qa-*",
            "Leave --environment out, or name others with it.",
        ),
        (
            ACME,
            ("--tier", "testing"),
            "no deployment to the tier testing finished in this time or shortly before it",
            "--tier all shows every tier.",
        ),
        (
            ACME,
            ("--since", "2020-01-01", "--until", "2020-02-01"),
            "none of the 2 repositories of acme has Deployments before 2020-02-01 00:00",
            f"No source of deployments was found in 2 repositories: {INIT} to look again.",
        ),
        (
            replace(ACME, repositories=(ARCHIVED,)),
            (),
            "the only repository of acme is archived",
            "Run `dora doctor --org acme`: it says what the token sees of each repository.",
        ),
        (
            replace(ACME, repositories=()),
            (),
            "the token sees no repository of this organization",
            "Run `dora doctor --org acme`: it says which permissions the token lacks.",
        ),
    ],
)
def test_other_causes(made: Organization, options: tuple[str, ...], why: str, advice: str) -> None:
    """C1: what left nothing is named, and what to do about it, with status 3."""
    with serve(made) as server:
        done = dora("report", "--org", "acme", "--quiet", *options, server=server)
    assert (3, f"dora: no rows: {why}\n      {advice}\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    "rules",
    [
        (Rule(Refusal(403, "No"), "Look"), Rule(Refusal(403, "No"), path="*/actions/*")),
        (Rule(RateLimit("403", 600, lasting=True), "Look"),),
    ],
)
def test_a_look_that_is_refused_leaves_the_advice(rules: tuple[Rule, ...]) -> None:
    """Where GitHub does not say what there is, the report is made all the same, and at once."""
    with serve(organization(), middleware=[Faults(rules)]) as server:
        done = dora("report", "--org", "acme", "--since=30d", "--quiet", server=server)
    advice = "Run `dora init --org acme`: it looks for releases, workflows, tags or merges to make"
    told = f"dora: no rows: {WHY}\n      {advice} rows from.\n"
    assert (3, told) == (done.returncode, done.stderr)


def test_one_terminal_is_told_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The table on the same terminal says it: standard error repeats it elsewhere alone."""
    empty = replace(reports.EMPTY, no_rows=NoRows("why", "Do it."))
    keeper, terminal = os.openpty()
    log = tmp_path / "log"
    with (
        os.fdopen(terminal, "w", encoding="utf-8") as output,
        Path(os.ttyname(terminal)).open("w", encoding="utf-8") as same,
        log.open("w", encoding="utf-8") as other,
    ):
        monkeypatch.setattr(sys, "stdout", output)
        for errors, is_told in ((same, True), (same, False), (other, True)):
            monkeypatch.setattr(sys, "stderr", errors)
            assert print_no_rows(empty, is_told=is_told) == 3
            errors.flush()
        print("that is all", file=same, flush=True)
        seen = b""
        while b"that is all" not in seen:  # a terminal hands on what it has by and by
            seen += os.read(keeper, 1000)
    os.close(keeper)
    told = "dora: no rows: why\n      Do it.\n"
    shown = seen.decode().replace("\r", "").partition("that is all")[0]
    assert (told, told) == (shown, log.read_text("utf-8"))
