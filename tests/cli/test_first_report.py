"""A first true report: `dora init`, then `dora report`, against the oracle from the truth (D8)."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import serve
from tests.laws.test_against_oracle import comparable, differences
from tests.oracle.report import expected_report
from tests.oracle.settings import Settings
from tests.oracle.source_settings import (
    DeploymentsEntry,
    Entry,
    MergesEntry,
    ReleasesEntry,
    TagsEntry,
    WorkflowEntry,
)
from tests.support.command import dora
from tests.support.small_repositories import ALL
from tests.support.source_organizations import (
    SourceCase,
    mixture,
    only_merges,
    only_releases,
    only_tags,
    only_workflow,
)

ENTRIES: dict[str, Callable[..., Entry]] = {
    "deployments": DeploymentsEntry,
    "workflow": WorkflowEntry,
    "releases": ReleasesEntry,
    "tags": TagsEntry,
    "merges": MergesEntry,
}


def entry_of(written: dict[str, Any]) -> Entry:
    """An entry of the file as the oracle has it."""
    values = {key: tuple(one) if isinstance(one, list) else one for key, one in written.items()}
    return ENTRIES[str(values.pop("from"))](**values)


def settings_of(document: dict[str, Any]) -> Settings:
    """What the file says that decides numbers."""
    labels = {
        f"{name}_labels": tuple(section[key])
        for name, section, key in (
            ("incident", document.get("incidents", {}), "labels"),
            ("hotfix", document.get("failures", {}), "hotfix_labels"),
            ("failure", document.get("failures", {}), "labels"),
        )
        if key in section
    }
    sources = tuple(map(entry_of, document.get("sources", ())))
    return Settings(signals=ALL, sources=sources, **labels)  # type: ignore[arg-type]  # labels


@pytest.mark.parametrize(
    ("case", "repositories"),
    [
        (only_releases, {"shop"}),
        (only_tags, {"lib"}),
        (only_workflow, {"api"}),
        (only_merges, {"site"}),
        (mixture, {"both", "shop", "api", "lib", "cli", "jobs", "legacy", "site"}),
    ],
)
def test_two_commands(
    case: Callable[[], SourceCase], repositories: set[str], tmp_path: Path
) -> None:
    """With what `dora init` wrote every field of the report is that of the truth."""
    organization, _, since, until = case()
    with serve(organization) as server:
        done = dora("init", "--org", "acme", "--since", since.isoformat(), server=server,
                    folder=tmp_path)  # fmt: skip
        assert 0 == done.returncode, done.stderr
        done = dora("report", "--until", until.isoformat(), "--no-cache", "--format", "json",
                    server=server, folder=tmp_path)  # fmt: skip
    assert 0 == done.returncode, done.stderr
    document = tomllib.loads((tmp_path / "dora.toml").read_text("utf-8"))
    settings = settings_of(document)
    expected = comparable(
        expected_report(organization, since=since, until=until, settings=settings)
    )
    actual = comparable(json.loads(done.stdout))
    assert differences(expected, {key: actual[key] for key in expected})[:12] == []
    assert repositories == {row["key"]["repository"] for row in actual["rows"]}
