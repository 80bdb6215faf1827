"""Files that dora wrote are read back whole; anything else is told what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github import server
from dora.demo.organization import build as organization
from dora.errors import CannotRead
from dora.report.evidence_json import read_evidence
from dora.report.report_json import as_document, read_report
from tests.support import reports
from tests.support.command import dora
from tests.support.published_files import MONDAY, report, row


def written(folder: Path, document: Any) -> Path:
    path = folder / "report.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.parametrize("name", [one for one in dir(reports) if one.isupper()])
def test_a_report_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    """Writing what was read gives the same document."""
    made = getattr(reports, name)
    if not hasattr(made, "rows"):
        made = report(row())
    document = as_document(made)

    assert document == as_document(read_report(written(tmp_path, document)))


def test_keys_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    """Keys are added to the contract and never renamed: what is not known is no error."""
    document = as_document(report(row()))
    document["rows"][0]["mood"] = "good"
    document["coverage"]["moods"] = {"good": 1}

    assert report(row()).rows == read_report(written(tmp_path, document)).rows


def test_evidence_of_the_demonstration_is_read(tmp_path: Path) -> None:
    """What `dora explain --format json` writes can be read."""
    with server.serve(organization.build_organization(MONDAY, organization.SEED)) as running:
        asked = [
            "--org",
            "medica-flow",
            "--repo",
            "lab-*",
            "--until",
            MONDAY.isoformat(),
            "--since",
            "2026-08-25",
        ]
        done = dora("explain", *asked, "--format", "json", "--quiet", server=running)
    evidence = read_evidence(written(tmp_path, done.stdout))
    document = json.loads(done.stdout)

    for kind in ("deployments", "changes", "episodes"):
        assert len(document[kind]) == len(getattr(evidence, kind)) > 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "its schema is None"),
        ('{"schema": "dora.report/2"}', "its schema is 'dora.report/2'"),
        ('{"schema": "dora.evidence/1"}', "not 'dora.report/1'"),
        ('{"schema": "dora.report/1"}', "is missing"),
        ('{"schema": "dora.report/1", "x": NaN}', "is no JSON"),
        ('{"schema": "dora.report/1", "x": 1e999}', "is no JSON"),
    ],
)
def test_what_is_no_report(text: str, told: str, tmp_path: Path) -> None:
    """It says what is wrong, and how to make a report."""
    with pytest.raises(CannotRead) as wrong:
        read_report(written(tmp_path, text))

    assert told in wrong.value.what
    assert "dora report" in wrong.value.advice


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("rows", 0, "change_fail_rate", "failed"), "many"),
        (("rows", 0, "key"), None),
        (("rows", 0, "deployment_frequency", "per_day_interval"), [1]),
        (("window", "until"), "yesterday"),
        (("coverage", "repositories", "read"), None),
    ],
)
def test_where_a_report_is_wrong(path: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    """The place that cannot be is named."""
    document = at = as_document(report(row()))
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(CannotRead) as wrong:
        read_report(written(tmp_path, document))

    assert str(path[-1]) in wrong.value.what


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The system's own words."""
    with pytest.raises(CannotRead, match="No such file"):
        read_report(tmp_path / "none.json")
    with pytest.raises(CannotRead, match="dora explain"):
        read_evidence(tmp_path / "none.json")
