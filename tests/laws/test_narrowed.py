"""The law of narrowed reports: what a row says does not depend on which others are asked for."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given

from dora.analysis.analysis import analyse
from dora.config import Config
from dora.demo.github.server import serve
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.build_evidence import build_evidence
from dora.report.report_json import as_document
from tests.support.examples import examples, few_of
from tests.support.narrowed_organizations import NarrowCase, narrow_cases, seeded_case
from tests.support.oracle_settings import tables_for
from tests.support.runs import known_states, read_from

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
ITEMS = ("deployments", "changes", "episodes", "waiting")


def rows_of(tables: Tables, config: Config) -> dict[tuple[tuple[str, str], ...], Any]:
    """Rows by their keys, in every field but `comparison`: that knows the other rows."""
    return {
        (*sorted(row["key"].items()),): {
            name: value for name, value in row.items() if name != "comparison"
        }
        for row in as_document(build_report(tables, config))["rows"]
    }


def items_of(tables: Tables, config: Config) -> dict[str, list[Any]]:
    """The items of the evidence, in order."""
    evidence = build_evidence(analyse(tables, config), tables, config)
    return {kind: [*getattr(evidence, kind)] for kind in ITEMS}


def tables_asked(case: NarrowCase, **narrowed: Any) -> Tables:
    """The tables of a report that is *narrowed*."""
    return tables_for(case.organization, {**case.asked, **narrowed}, case.settings)


def check_rows(case: NarrowCase) -> None:
    """Every row of the narrowed reports is that row of the whole one."""
    whole = rows_of(tables_asked(case), case.config())
    for narrowed in case.narrowed:
        rows = rows_of(tables_asked(case, **narrowed), case.config(**narrowed))
        assert (narrowed, {key: whole[key] for key in rows}) == (narrowed, rows)


@pytest.mark.parametrize("seed", few_of(range(60), few=2))
def test_a_row_does_not_depend_on_the_rows_asked_for(seed: int) -> None:
    """G1, F7, C1: every row of a narrowed report is that row of the whole one."""
    check_rows(seeded_case(seed))


@given(narrow_cases())
@examples(80, few=2, derandomize=True, suppress_health_check=SLOW)
def test_a_row_of_a_small_organization_does_not_either(case: NarrowCase) -> None:
    """G1, F7, C1: nor does one of the smallest organization that there is."""
    check_rows(case)


@pytest.mark.parametrize("seed", few_of(range(60), few=1))
def test_an_explanation_does_not_depend_on_what_was_named(seed: int) -> None:
    """F7, C1: what is explained of a repository and environment is what all of it says of them."""
    case = seeded_case(seed)
    whole = items_of(tables_asked(case), case.config())
    for repository in case.organization.repositories:
        narrowed = {"repositories": (repository.name,)}
        tables, config = tables_asked(case, **narrowed), case.config(**narrowed)
        analysis = analyse(tables, config)
        places = {one.environment.casefold() for items in whole.values() for one in items}
        for environment in {None, *places}:
            expected = {
                kind: [
                    one
                    for one in items
                    if one.repository == repository.name
                    and environment in {None, one.environment.casefold()}
                ]
                for kind, items in whole.items()
            }
            evidence = build_evidence(
                analysis, tables, config, repository=repository.name, environment=environment
            )
            found = {kind: [*getattr(evidence, kind)] for kind in ITEMS}
            assert (repository.name, environment, expected) == (
                repository.name, environment, found,
            )  # fmt: skip


@pytest.mark.parametrize("seed", few_of(range(20), few=1))
def test_a_row_does_not_depend_on_what_else_is_read(seed: int) -> None:
    """G1, W3, F7, C1: nor does it when only what is asked for is read from GitHub."""
    case = seeded_case(seed, deployments=12)
    known = case._replace(organization=known_states(case.organization))
    with serve(known.organization) as server:

        def read(**narrowed: Any) -> dict[tuple[tuple[str, str], ...], Any]:
            config = known.config(**narrowed)
            collect = config.collect.model_copy(update={"cache": False})
            config = config.model_copy(update={"collect": collect})
            return rows_of(read_from(server, config.reading).tables, config)

        whole = read()
        for narrowed in known.narrowed:
            if "tiers" not in narrowed:  # chosen among the same tables
                rows = read(**narrowed)
                assert (narrowed, {key: whole[key] for key in rows}) == (narrowed, rows)
