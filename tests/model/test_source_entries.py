"""Which entries of `[[sources]]` apply to a repository: D8."""

from typing import Any

from dora.model.source_entries import (
    entries_reader,
    fitting_entries,
    may_have_deployments,
    name_of_entry,
)
from tests.support.tables import configured

SOURCES: list[dict[str, Any]] = [
    {"from": "releases", "repositories": ["lib-*", "sdk"], "prereleases": "beta"},
    {"from": "workflow", "repositories": ["LIB-*"], "workflow": "deploy*", "job": "*",
     "pattern": "(?P<environment>.+)"},
    {"from": "workflow", "repositories": ["lib-a"], "workflow": "pages.yml", "environment": "docs"},
    {"from": "deployments", "repositories": ["both"], "environments": ["staging"]},
    {"from": "merges", "repositories": ["both"]},
]  # fmt: skip


def test_entries_that_fit_a_repository() -> None:
    """D8: all that fit apply, in their order; where none does it is GitHub's Deployments."""
    sources = configured({"sources": SOURCES}).sources
    found = {
        name: [(one.position, one.source.kind) for one in fitting_entries(sources, name)]
        for name in ("lib-a", "Sdk", "both", "other")
    }
    assert {
        "lib-a": [(1, "releases"), (2, "workflow"), (3, "workflow")],
        "Sdk": [(1, "releases")],
        "both": [(4, "deployments"), (5, "merges")],
        "other": [(0, "deployments")],
    } == found
    assert [
        "[[sources]] 1 (releases)",
        "[[sources]] 2 (workflow `deploy*`)",
        "[[sources]] 3 (workflow `pages.yml`)",
    ] == [name_of_entry(one) for one in fitting_entries(sources, "lib-a")]


def test_entries_of_environments_that_nobody_asked_for_are_not_read() -> None:
    """D8: what `--environment` leaves aside gives nothing; Deployments and jobs name their own."""
    given = {"sources": SOURCES, "environments": {"production": "live"}}
    found = {}
    for chosen in ("beta", "live", "production"):
        read = entries_reader(configured({**given, "environment": [chosen]}))
        found[chosen] = [[one.position for one in read(name)] for name in ("lib-a", "both")]
    assert {
        "beta": [[1, 2], [4]],
        "live": [[1, 2], [4, 5]],
        "production": [[2], [4]],
    } == found


def test_deployments_are_not_looked_for_where_no_repository_has_any() -> None:
    """D8: entries for all repositories replace them, unless one of them takes them, too."""
    everywhere: list[dict[str, Any]] = [{"from": "tags"}, {"from": "merges", "repositories": ["a"]}]
    both = [*everywhere, {"from": "deployments"}]
    cases: list[list[dict[str, Any]]] = [[], everywhere[1:], everywhere, both]
    assert [True, True, False, True] == [
        may_have_deployments(configured({"sources": own})) for own in cases
    ]
