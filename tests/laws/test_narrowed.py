"""The law of narrowed reports: what a row says does not depend on which others are asked for."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given

from dora.analysis.analysis import analyse
from dora.config import Config
from dora.demo.github.server import serve
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.build_evidence import build_evidence
from dora.report.report_json import as_document
from tests.support.examples import examples
from tests.support.narrowed_organizations import NarrowCase, narrow_cases, narrowings
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


def items_of(
    tables: Tables, config: Config, names: Mapping[str, str | None] | None = None
) -> dict[str, list[Any]]:
    """The items of the evidence, in order."""
    evidence = build_evidence(analyse(tables, config), tables, config, **names or {})
    return {kind: [*getattr(evidence, kind)] for kind in ITEMS}


def tables_asked(case: NarrowCase, **narrowed: Any) -> Tables:
    """The tables of a report that is *narrowed*."""
    return tables_for(case.organization, {**case.asked, **narrowed}, case.settings)


@given(narrow_cases())
@examples(60, few=6, derandomize=True, suppress_health_check=SLOW)
def test_a_row_does_not_depend_on_the_rows_asked_for(case: NarrowCase) -> None:
    """G1, F7, C1: every row of a narrowed report is that row of the whole one."""
    whole = rows_of(tables_asked(case), case.config())
    for narrowed in narrowings(case.organization):
        rows = rows_of(tables_asked(case, **narrowed), case.config(**narrowed))
        assert (narrowed, {key: whole[key] for key in rows}) == (narrowed, rows)


@given(narrow_cases())
@examples(60, few=6, derandomize=True, suppress_health_check=SLOW)
def test_an_explanation_does_not_depend_on_what_was_named(case: NarrowCase) -> None:
    """F7, C1: what is explained of a repository and environment is what all of it says of them."""
    whole = items_of(tables_asked(case), case.config())
    for repository in case.organization.repositories:
        narrowed = {"repositories": (repository.name,)}
        tables, config = tables_asked(case, **narrowed), case.config(**narrowed)
        for environment in {None, *(one.environment for one in repository.deployments)}:
            names = {"repository": repository.name, "environment": environment}
            expected = {
                kind: [
                    one
                    for one in items
                    if one.repository == repository.name and environment in {None, one.environment}
                ]
                for kind, items in whole.items()
            }
            found = items_of(tables, config, names)
            if any(expected.values()):  # where its name is the one shown (D1)
                assert (names, expected) == (names, found)


@given(narrow_cases(deployments=6))
@examples(12, few=2, derandomize=True, suppress_health_check=SLOW, deadline=None)
def test_a_row_does_not_depend_on_what_else_is_read(case: NarrowCase) -> None:
    """G1, W3, F7, C1: nor does it when only what is asked for is read from GitHub."""
    known = case._replace(organization=known_states(case.organization))
    with serve(known.organization) as server:

        def read(**narrowed: Any) -> dict[tuple[tuple[str, str], ...], Any]:
            config = known.config(**narrowed)
            collect = config.collect.model_copy(update={"cache": False})
            config = config.model_copy(update={"collect": collect})
            return rows_of(read_from(server, config.reading).tables, config)

        whole = read()
        for narrowed in narrowings(known.organization):
            if "tiers" not in narrowed:  # chosen among the same tables
                rows = read(**narrowed)
                assert (narrowed, {key: whole[key] for key in rows}) == (narrowed, rows)
