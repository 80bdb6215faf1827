"""Reports of organizations whose deployments are no Deployments, against the rules alone (D8)."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.github.server import serve
from dora.demo.organization.model import Organization
from tests.laws.test_against_oracle import SHOWN, comparable, differences
from tests.oracle.settings import AUTO, TIERS, Services, Settings
from tests.support.command import dora
from tests.support.examples import examples, few_of
from tests.support.random_choices import Drawn
from tests.support.random_organizations import (
    Seeded,
    configurations,
    organizations,
    questions,
    random_organization,
)
from tests.support.random_sources import (
    draw_entries,
    draw_incident_lines,
    entries_by_repository,
    window_of,
    with_named_incidents,
    with_pipelines,
)
from tests.support.settings_files import settings_of
from tests.support.small_repositories import ALL, Document, ask_oracle
from tests.support.source_organizations import (
    SourceCase,
    file_of_legacy,
    mixture,
    only_merges,
    only_releases,
    only_tags,
    only_workflow,
)
from tests.support.sourced_reports import ask_through_stand_in, entries_of

CASES = {
    "releases": only_releases,
    "tags": only_tags,
    "a workflow": only_workflow,
    "merges": only_merges,
    "a mixture": mixture,
}


def check(
    organization: Organization, asked: Mapping[str, Any], settings: Settings, folder: Path
) -> Document:
    """Hold report and evidence against the oracle's; give the report."""
    report, evidence = ask_through_stand_in(organization, asked, settings, folder)
    told, expected = ask_oracle(organization, asked, settings)
    report["coverage"].pop("gaps")
    reasons = [
        [one["reason"] for one in document["coverage"]["repositories"]["unreadable"]]
        for document in (told, report)
    ]
    assert [one for one in reasons[0] if one != "forbidden"] == [
        one for one in reasons[1] if "two sources" in one
    ]
    found = differences(comparable(told), comparable(report)) + differences(expected, evidence)
    assert found[:SHOWN] == []
    return report


@pytest.mark.parametrize("name", CASES)
def test_organization_of(name: str, tmp_path: Path) -> None:
    """D8: every number, and every item behind it, is the oracle's for each kind of source."""
    case: SourceCase = CASES[name]()
    (tmp_path / "legacy.csv").write_text(file_of_legacy(), "utf-8")
    settings = Settings(signals=ALL, sources=entries_of(case.sources, tmp_path))
    asked = {"since": case.since, "until": case.until, "tiers": TIERS}
    report = check(case.organization, asked, settings, tmp_path)
    assert [] != report["rows"]


@pytest.mark.parametrize("name", [name for name in CASES if name != "a mixture"])
def test_what_init_writes(name: str, tmp_path: Path) -> None:
    """D8: `dora init`, then `dora report`: every number is the oracle's."""
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    case: SourceCase = CASES[name](today - timedelta(days=40))
    asked = {"since": case.since, "until": case.until}
    window = [f"--{edge}={at.isoformat()}" for edge, at in asked.items()]
    with serve(case.organization) as server:
        written = dora("init", "--org", "acme", "--quiet", server=server, folder=tmp_path)
        assert (0, "") == (written.returncode, written.stderr)
        asking = ("report", "--format=json", "--no-cache", *window)
        reported = dora(*asking, server=server, folder=tmp_path)
    assert (0, "") == (reported.returncode, reported.stderr)
    expected, _ = ask_oracle(case.organization, asked, settings_of(tmp_path / "dora.toml"))
    report = json.loads(reported.stdout)
    found = differences(comparable(expected), comparable(report))
    assert found[:SHOWN] == []
    assert [] != report["rows"]


def seeded_case(seed: int) -> tuple[Organization, Document, Settings]:
    """A made-up organization with sources of every kind, and a question about it."""
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    plain = random_organization(
        seed, repositories=4, deployments=20, issues=2, skewed=seed % 5 == 4
    )
    organization = with_pipelines(choices, plain, 25)
    entries = (entries_by_repository, draw_entries)[seed % 2](choices, organization)
    settings = Settings(signals=ALL, sources=entries, collapse=choices.pick(("none", "run")))
    organization = with_named_incidents(choices, organization, settings)
    settings = replace(settings, incident_lines=draw_incident_lines(choices, organization))
    asked = {**window_of(choices, organization, settings), "tiers": TIERS}
    return organization, asked, settings


@pytest.mark.parametrize("seed", few_of(range(60), few=2))
def test_random_organization(seed: int, tmp_path: Path) -> None:
    """D8: what is read of sources of any kinds gives the oracle's report and evidence."""
    check(*seeded_case(seed), tmp_path)


@st.composite
def drawn_cases(draw: st.DrawFn) -> tuple[Organization, Document, Settings]:
    """Small organizations with sources of every kind, and questions about them."""
    choices = Drawn(draw)
    plain = draw(organizations(deployments=4, issues=1, skewed=False))
    organization = with_pipelines(choices, plain, 6)
    entries = choices.pick((draw_entries, entries_by_repository))(choices, organization)
    configured = draw(configurations())
    settings = replace(
        configured,
        lookback_budget=choices.pick((5000, 5000, 0)),
        signals=ALL,
        sources=entries,
        services=choices.pick((AUTO, Services("environment", r"(?P<service>eu|live)"))),
    )
    organization = with_named_incidents(choices, organization, settings)
    settings = replace(settings, incident_lines=draw_incident_lines(choices, organization))
    asked = {**window_of(choices, organization, settings), **draw(questions())}
    return organization, asked, settings


@given(drawn_cases())
@examples(
    80,
    few=3,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
def test_any_organization(tmp_path: Path, case: tuple[Organization, Document, Settings]) -> None:
    """D8: so it is of any organization, whatever is asked and configured."""
    check(*case, tmp_path)
