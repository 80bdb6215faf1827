"""Repositories that no row tells of, and the source that would give them one (C1, D8)."""

from typing import Any

from dora.analysis.analysis import analyse
from dora.demo.organization.model import Organization, Repository
from dora.doctor.model import Finding
from dora.doctor.silent_entries import find_silent_entries
from dora.doctor.sources import find_sources, find_without_rows
from dora.model.first_look import FirstLook
from tests.support.diagnoses import DAY, NOW, deployed, repository
from tests.support.first_looks import look, organization, releases, tags, workflow
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of

JOBS = """[[sources]]
from = "workflow"
repositories = ["jobs"]
workflow = "deploy.yml"
environment = "production\""""
LIBRARIES = """[[sources]]
from = "releases"
repositories = ["docs", "lib"]
environment = "production\""""


def asked(
    repositories: tuple[Repository, ...], seen: FirstLook | None = None, **options: Any
) -> tuple[tuple[str, ...], list[Finding]]:
    """The repositories without rows, and what is found of their sources."""
    truth = Organization("acme", NOW, repositories)
    config = config_of(truth, **options)
    tables = tables_of(truth)
    analysis = analyse(tables, config)
    found = [*find_sources(tables, analysis, seen, config)]
    return find_without_rows(tables, analysis, config), found


def test_repositories_without_rows() -> None:
    """Those that never deployed or not lately; not those of incidents, nor archived ones."""
    repositories = (
        repository("api", deployed(5)),
        repository("old", deployed(400)),
        repository("docs"),
        repository("incidents"),
        repository("gone", archived_at=NOW - DAY),
        repository("pending", deployed(5, statuses=())),
    )
    names, found = asked(repositories, incidents={"repositories": ["incidents"]})
    assert (("docs", "old", "pending"), []) == (names, found)


def test_a_report_without_any_row() -> None:
    """Where there is no row at all, no report would be complete."""
    _, found = asked((repository("docs"),))
    assert [("report-rows", "problem")] == [(one.check, one.severity) for one in found]


def test_entries_that_give_nothing() -> None:
    """D8: what was sought, since when, and what is there instead; not where it gave something."""
    seen = organization(
        look("jobs", workflows=(workflow("Deploy", "deploy.yml", 3, 1),)),
        look("lib", tags=tags("v2", "v1")),
    )
    entries = (
        {"from": "workflow", "repositories": ["jobs"], "workflow": "deploy.yaml"},
        {"from": "tags", "repositories": ["lib"], "tag": "release-*"},
        {"from": "merges", "repositories": ["api", "lib"], "branch": "production"},
        {"from": "releases", "repositories": ["gone"]},
    )
    repositories = (repository("api", deployed(5)), *map(repository, ("jobs", "lib")),
                    repository("gone", archived_at=NOW - DAY))  # fmt: skip
    truth = Organization("acme", NOW, repositories)
    settings = config_of(truth, sources=entries)
    tables = tables_of(truth)
    found = [*find_silent_entries(tables, seen, settings)]
    assert [
        (
            (
                "[[sources]] 1 (workflow `deploy.yaml`) gave no deployment since 2026-07-26: it "
                "looks for runs of a workflow `deploy.yaml` on the default branch."
            ),
            "Correct its names, or take it out. Seen there instead: jobs: workflow `deploy.yml`.",
            ("jobs",),
        ),
        (
            (
                "[[sources]] 2 (tags) gave no deployment since 2026-07-26: it looks for tags "
                "`release-*`."
            ),
            "Correct its names, or take it out. Seen there instead: lib: tags `v2`, `v1`.",
            ("lib",),
        ),
        (
            (
                "[[sources]] 3 (merges) gave no deployment since 2026-07-26: it looks for "
                "commits on a branch `production`."
            ),
            (
                "Correct its names, or take it out. Seen there instead: lib: the default branch "
                "`main`."
            ),
            ("api", "lib"),
        ),
    ] == [(one.what, one.mend, one.subjects) for one in found]
    tables.deployments["entry"] = 3
    spoken = [*find_silent_entries(tables, None, settings)]
    assert [("jobs",), ("lib",)] == [one.subjects for one in spoken]


def test_repositories_that_an_entry_gave_nothing_of() -> None:
    """D8: an entry that gave something of others is told by the repositories it gave nothing of."""
    truth = Organization("acme", NOW, (repository("api", deployed(5)), repository("lib")))
    settings = config_of(truth, sources=({"from": "tags", "repositories": ["api", "lib"]},))
    tables = tables_of(truth)
    tables.deployments["entry"] = 1
    seen = organization(look("lib", tags=tags("v1")))
    (found,) = find_sources(tables, analyse(tables, settings), seen, settings)
    assert ("repository-source-silent", ("lib",)) == (found.check, found.subjects)
    assert "which gave no deployment of them since 2026-07-26." in found.what


def test_sources_that_would_give_rows() -> None:
    """A finding for each source, with its lines; none where an entry fits the repository."""
    seen = organization(
        look("docs", releases=releases(3)),
        look("lib", releases=releases(1, 2)),
        look("jobs", workflows=(workflow("Deploy", "deploy.yml", 3, 1),)),
        look("tool", releases=releases(1)),
        others=("api",),
        actions_refused="not for you",
    )
    repositories = (
        repository("api", deployed(5)),
        *map(repository, ("docs", "lib", "jobs", "tool")),
    )
    entry = {"from": "tags", "repositories": ["tool"]}
    _, found = asked(repositories, seen, sources=(entry,))
    assert [
        ("source-entry-silent", ("tool",), ""),
        ("look-actions", (), ""),
        (
            "repository-source",
            ("jobs",),
            JOBS,
        ),
        (
            "repository-source",
            ("docs", "lib"),
            LIBRARIES,
        ),
    ] == [(one.check, one.subjects, one.paste) for one in found]
    assert (
        'No row tells of these repositories, and from = "releases" would: docs: 1 release in 90 '
        "days; lib: 2 releases in 90 days."
    ) == found[3].what
