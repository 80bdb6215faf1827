"""Reports of organizations whose deployments are no Deployments, against the rules alone (D8)."""

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.organization.model import Organization
from tests.laws.test_against_oracle import SHOWN, comparable, differences
from tests.laws.test_ledger import shipped
from tests.oracle.settings import AUTO, TIERS, Services, Settings
from tests.oracle.source_settings import Entry, ReleasesEntry, TagsEntry, WorkflowEntry
from tests.oracle.sources import taken_of
from tests.support.examples import examples, few_of
from tests.support.ledger import seen
from tests.support.ledger import told as ledger_of
from tests.support.random_choices import DAY, Drawn
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

#: Cases with wrong clocks: reading GitHub cannot follow all of those (a walk may end too early).
WRONG_CLOCKS = (4, 9, 14)
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
    reasons = reasons_of(report)
    for name, reason in reasons_of(told).items():
        assert reason == "forbidden" or reasons[name] == reason
    found = differences(comparable(told), comparable(report)) + differences(expected, evidence)
    assert found[:SHOWN] == []
    return report


def reasons_of(report: Document) -> dict[str, str]:
    """Why each unreadable repository is."""
    unreadable = report["coverage"]["repositories"]["unreadable"]
    return {one["repository"]: one["reason"] for one in unreadable}


def check_ledger(
    organization: Organization, asked: Document, settings: Settings, report: Document
) -> None:
    """Each deployment that was seen is in a row or under one heading of coverage."""
    truth = made_in(organization, asked, settings)
    expected = seen(truth, asked, settings.lookback)
    assert expected == sum(ledger_of(report).values())


def made_in(organization: Organization, asked: Document, settings: Settings) -> Organization:
    """The organization with the deployments that its sources give, less what is unreadable."""
    taken = taken_of(organization, settings, asked["since"], asked["until"], ())
    read = tuple(one.repository for one in taken.values() if one.meeting is None)
    return replace(organization, repositories=read)


@pytest.mark.parametrize("name", CASES)
def test_organization_of(name: str, tmp_path: Path) -> None:
    """D8: every number, and every item behind it, is the oracle's for each kind of source."""
    case: SourceCase = CASES[name]()
    (tmp_path / "legacy.csv").write_text(file_of_legacy(), "utf-8")
    settings = Settings(signals=ALL, sources=entries_of(case.sources, tmp_path))
    asked = {"since": case.since, "until": case.until, "tiers": TIERS}
    report = check(case.organization, asked, settings, tmp_path)
    assert [] != report["rows"]


def seeded_case(
    seed: int, *, skewed: bool | None = None
) -> tuple[Organization, Document, Settings]:
    """A made-up organization with sources of every kind, and a question about it."""
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    wrong = seed in WRONG_CLOCKS if skewed is None else skewed
    plain = random_organization(seed, repositories=4, deployments=20, issues=2, skewed=wrong)
    organization = with_pipelines(choices, plain, 25)
    entries = (entries_by_repository, draw_entries)[seed % 2](choices, organization)
    settings = Settings(signals=ALL, sources=entries, collapse=choices.pick(("none", "run")))
    organization = with_named_incidents(choices, organization, settings)
    settings = replace(settings, incident_lines=draw_incident_lines(choices, organization))
    asked = {**window_of(choices, organization, settings), "tiers": TIERS}
    return organization, asked, settings


@pytest.mark.parametrize("seed", few_of(range(60), few=2))
def test_random_organization(seed: int, tmp_path: Path) -> None:
    """D8, C2: what is read of any sources gives the oracle's report, whose ledger adds up."""
    organization, asked, settings = seeded_case(seed)
    report = check(organization, asked, settings, tmp_path)
    if settings.collapse == "none":
        check_ledger(organization, asked, settings, report)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("most", "entries"),
    [
        (1500, (WorkflowEntry("deploy.yml"), WorkflowEntry("CI", environment="staging"))),
        (250, (ReleasesEntry(), TagsEntry(environment="staging"))),
        (250, (WorkflowEntry("*", branch=("*",), job="deploy*"), TagsEntry(environment="qa"))),
    ],
    ids=["runs", "releases and tags", "jobs"],
)
def test_many_of_a_kind(most: int, entries: tuple[Entry, ...], tmp_path: Path) -> None:
    """D8: so it is where a source has many pages."""
    choices = Seeded(random.Random(2))  # noqa: S311 - reproducible, not secret
    plain = random_organization(2, repositories=1, deployments=20, issues=2)
    organization = with_pipelines(choices, plain, most)
    settings = Settings(signals=ALL, sources=entries)
    asked = {**window_of(choices, organization, settings), "tiers": TIERS}
    report = check(organization, asked, settings, tmp_path)
    assert 2 == len(report["rows"])


@pytest.mark.parametrize("seed", few_of(range(20), few=1))
def test_changes_add_up(seed: int, tmp_path: Path) -> None:
    """C2, D8: each change that any source shipped is in a row or excluded."""
    organization, asked, settings = seeded_case(seed, skewed=False)
    settings = replace(settings, lookback=1000 * DAY, exclude_authors=("*[bot]",), collapse="none")
    asked["ephemeral"] = True
    report, _ = ask_through_stand_in(organization, asked, settings, tmp_path)
    changes = sum(row["change_lead_time"]["changes"] for row in report["rows"])
    expected = shipped(made_in(organization, asked, settings), asked, settings)
    assert expected == changes + report["coverage"]["changes"]["excluded"]


@pytest.mark.parametrize("seed", few_of(range(20), few=1))
def test_a_row_does_not_depend_on_what_else_is_read(seed: int, tmp_path: Path) -> None:
    """G1, W3, D8: a row of a narrowed report is that row of the whole one, where it has it.

    Two sources that meet in an environment make all of the repository unreadable, unless that
    environment is not chosen: so the whole report may lack rows that a narrowed one has.
    """
    organization, asked, settings = seeded_case(seed)

    def read(**narrowed: Any) -> dict[tuple[tuple[str, str], ...], Document]:
        question = {**asked, **narrowed}
        report, _ = ask_through_stand_in(organization, question, settings, tmp_path)
        return {tuple(sorted(row["key"].items())): row for row in report["rows"]}

    whole = read()
    name = organization.repositories[seed % len(organization.repositories)].name
    globs = (("prod*",), ("*eu", "staging"))[seed % 2]
    narrowings: list[Document] = [{"repositories": (name,)}, {"environments": globs}]
    for narrowed in narrowings:
        rows = {key: row for key, row in read(**narrowed).items() if key in whole}
        assert (narrowed, {key: whole[key] for key in rows}) == (narrowed, rows)


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
