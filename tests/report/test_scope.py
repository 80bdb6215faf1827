"""Where a run looked, which says what its silence means; and which repositories are a team's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.analysis.analysis import analyse
from dora.config.globs import EPHEMERAL
from dora.model.environments import TIERS
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.build_evidence import build_evidence
from dora.report.coverage import find_scope
from dora.report.coverage_model import Scope
from dora.report.evidence_json import as_document as evidence_document
from dora.report.report_json import as_document, read_report, render_json
from tests.support.tables import DAY, config, deployment, repository, tables


def read() -> Tables:
    """A repository of each kind that there is."""
    return tables(
        repository("gone", archived=5 * DAY),
        repository("later", archived=-5 * DAY),
        repository("e", is_empty=True, has_deployments=False),
        repository("x", unreadable="no permission"),
        repository("p", incomplete="commits beyond page 300"),
        repository("other", is_excluded=True),
        repository("api"),
        deployment(1, "a", 9 * DAY),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Scope(("*",), ("*",), TIERS, ("gone", "p", "x"))),
        (
            {"repo": ["a*"], "environment": ["prod*"], "tier": ["production"]},
            Scope(("a*",), ("prod*",), ("production",), ("gone", "p", "x")),
        ),
        ({"by": "team"}, Scope(("*",), ("*",), ("production",), ("gone", "p", "x"))),
        ({"by": "organization"}, Scope(("*",), ("*",), ("production",), ("gone", "p", "x"))),
    ],
)
def test_scope(options: dict[str, Any], expected: Scope) -> None:
    """What was archived, unreadable or incomplete was passed over; the empty holds nothing."""
    assert expected == find_scope(read(), config(**options))


def test_ephemeral(tmp_path: Path) -> None:
    """A file says whether previews were looked at, and which these are; an older one: not."""
    asked = config(ephemeral=True, ephemeral_environments=["pull-*"])
    made = build_report(read(), asked)
    document = as_document(made)
    path = tmp_path / "report.json"
    path.write_text(render_json(made), encoding="utf-8")

    assert (True, ["pull-*"]) == tuple(
        document["scope"].pop(name) for name in ("ephemeral", "ephemeral_environments")
    )
    assert made.scope == read_report(path).scope
    path.write_text(json.dumps(document), encoding="utf-8")
    older = read_report(path).scope
    assert older is not None
    assert (False, EPHEMERAL) == (older.ephemeral, older.ephemeral_environments)


def test_gaps() -> None:
    """What of the organization could not be read at all is named."""
    known = replace(read(), gaps={"teams": "no", "incidents": "no"})
    assert ("incidents", "teams") == find_scope(known, config()).gaps


@pytest.mark.parametrize(
    ("name", "chosen"), [("production", ("production",)), ("prod*", ()), ("?", ())]
)
def test_one_environment(name: str, chosen: tuple[str, ...]) -> None:
    """Evidence of one environment looked there alone; a name like a glob claims nothing."""
    known, asked = read(), config(repo=["api"])
    made = build_evidence(analyse(known, asked), known, asked, environment=name)
    document = evidence_document(made)

    assert list(chosen) == document["scope"]["environments"]
    assert ["api"] == document["scope"]["repositories"]
    assert "medica-flow" == document["organization"]


def test_teams() -> None:
    """Repositories of teams stand in a report by team, and in no other."""
    options = {"teams": {"A": ["api"], "B": ["a*", "z"]}}
    by_team = as_document(build_report(read(), config(by="team", **options)))

    assert {"A": ["api"], "B": ["api"]} == by_team["teams"]
    assert "teams" not in as_document(build_report(read(), config(**options)))


def test_read_again(tmp_path: Any) -> None:
    """Both come back from the file; one that tells neither is read as well."""
    made = build_report(read(), config(by="team", teams={"A": ["api"]}))
    path = tmp_path / "report.json"
    path.write_text(render_json(made), encoding="utf-8")
    again = read_report(path)
    path.write_text(render_json(replace(made, scope=None, teams={})), encoding="utf-8")
    older = read_report(path)

    assert (made.scope, made.teams) == (again.scope, again.teams)
    assert (None, {}) == (older.scope, older.teams)
