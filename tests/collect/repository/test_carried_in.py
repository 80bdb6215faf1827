"""What is carried in does not depend on what else was read (R3)."""

from dataclasses import replace
from typing import Any

from dora.demo.github.server import serve
from dora.demo.organization.model import Organization, Repository
from tests.collect.repository.test_same_changes import (
    MONTH,
    OLD,
    SETTINGS,
    acme,
    commit,
    deploy,
    line,
    request,
    sha,
)
from tests.support.oracle_settings import config_for
from tests.support.runs import document_of, read_from
from tests.support.truth_tables import tables_of


def carried_in(organization: Organization) -> dict[str, int]:
    """What each repository's row carries in, however it is read."""
    plain = config_for(organization, MONTH, SETTINGS)
    found: list[dict[str, int]] = []
    for config in (plain, plain.model_copy(update={"compare": True})):
        with serve(organization) as server:
            read = read_from(server, config).tables
        for tables in (read, tables_of(organization)):
            rows: list[dict[str, Any]] = document_of(tables, config)["rows"]
            found.append(
                {row["key"]["repository"]: row["recovery_time"]["carried_in"] for row in rows}
            )
    assert found == [found[0]] * 4
    return found[0]


def named(name: str, number: int, organization: Organization) -> Repository:
    """The only repository of an organization, under a name of its own."""
    return replace(organization.repositories[0], name=name, database_id=number)


def test_carried_in_goes_by_what_the_window_shipped() -> None:
    """R3, F3 to F5: labels and reverts find nothing before the window, hotfixes what was live."""
    commits = [*OLD, *line("bcd", "0", 50)]
    before = deploy(1, "0", 58), deploy(2, "b", 49), deploy(3, "c", 40)
    hotfix = request(7, "d", days_ago=20, labels=("hotfix",))
    label = request(8, "c", days_ago=45, labels=("change-failure",))
    back = commit("e", "d", days_ago=15, message=f"Undo\n\nThis reverts commit {sha('b')}.")
    scenes = {
        "hotfix": acme(commits, *before, deploy(4, "d", 10), pull_requests=(hotfix,)),
        "label": acme(commits, *before, pull_requests=(label,)),
        "label-ended": acme(commits, *before, deploy(4, "d", 10), pull_requests=(label,)),
        "revert": acme([*commits, back], *before, deploy(4, "e", 10)),
    }
    repositories = tuple(
        named(name, number, one) for number, (name, one) in enumerate(scenes.items(), 1)
    )
    organization = replace(scenes["label"], repositories=repositories)
    expected = {"hotfix": 1, "label": 0, "label-ended": 0, "revert": 0}
    assert expected == carried_in(organization)
