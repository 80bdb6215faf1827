"""Where a run looked, which says what its silence means; and which repositories are a team's."""

import json
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from dora.analysis.analysis import analyse
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
        ({"tier": []}, Scope(("*",), ("*",), ("production",), ("gone", "p", "x"))),
        ({"tier": ["testing", "all"]}, Scope(("*",), ("*",), TIERS, ("gone", "p", "x"))),
        (
            {"tier": ["testing"], "by": "team"},
            Scope(("*",), ("*",), ("testing",), ("gone", "p", "x")),
        ),
    ],
)
def test_scope(options: dict[str, Any], expected: Scope) -> None:
    """What was archived, unreadable or incomplete was passed over; the empty holds nothing."""
    assert expected == build_report(read(), config(**options)).scope


@pytest.mark.parametrize(
    ("tier", "tiers", "environments"),
    [
        ([], TIERS, ["*"]),
        (["all"], TIERS, ["*"]),
        (["production"], ("production",), ["production"]),
        (["production", "testing"], ("production", "testing"), ["production", "qa"]),
        (["staging"], ("staging",), []),
    ],
)
def test_scope_of_evidence(
    tier: list[str], tiers: tuple[str, ...], environments: list[str]
) -> None:
    """G1: of every tier unless some are named, and then of the environments found of these."""
    known = tables(
        deployment(1, "a", 9 * DAY),
        deployment(2, "a", 9 * DAY, environment="qa"),
        deployment(3, "a", 9 * DAY, environment="prod?"),
    )
    asked = config(tier=tier)
    made = build_evidence(analyse(known, asked), known, asked)
    assert made.scope is not None
    found = {one.environment for one in made.deployments}
    assert (tiers, tuple(environments)) == (made.scope.tiers, made.scope.environments)
    assert found - {"prod?"} == ({"production", "qa"} if environments == ["*"] else {*environments})


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
    assert (False, ()) == (older.ephemeral, older.ephemeral_environments)


def test_gaps() -> None:
    """What of the organization could not be read at all is named."""
    known = replace(read(), gaps={"teams": "no", "incidents": "no"})
    assert ("incidents", "teams") == find_scope(known, config(), TIERS).gaps


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


def test_thousands_of_names_are_asked_for_quickly() -> None:
    """A run of one tier names each environment; a database asks for each one that it holds."""
    names = tuple(f"prod-{number}" for number in range(1_000))
    scope = Scope(("*",), names, ("production",), ())
    started = monotonic()
    assert all(scope.covers("api", name) for name in names)
    assert not scope.covers("api", "prod-1000")
    assert monotonic() - started < 3


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
