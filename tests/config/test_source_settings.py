"""Entries of `[[sources]]`: what they say, and what is told of wrong ones (D8)."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dora.config import Config, load_config
from dora.config.source_settings import FileSource, ReleasesSource
from dora.errors import BadUsage
from tests.support.tables import NOW


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `DORA_…` variable but a test's own."""
    for name in [name for name in os.environ if name.startswith("DORA_")]:
        monkeypatch.delenv(name)


def load(directory: Path, text: str = "", file: Path | None = None, **options: Any) -> Config:
    """The configuration of a run in *directory* with *text* in its settings file."""
    if text:
        (directory / "dora.toml").write_text(text, encoding="utf-8")
    return load_config(options, now=NOW, directory=directory, file=file)


def problems(directory: Path, text: str = "") -> list[str]:
    """What is wrong with the settings, a line each, without the file's name."""
    with pytest.raises(BadUsage) as wrong:
        load(directory, text)
    assert 2 == wrong.value.exit_status
    return [line.removeprefix("dora.toml: ") for line in str(wrong.value).splitlines()]


def test_every_kind_with_what_it_takes_for_granted(tmp_path: Path) -> None:
    """D8: each kind has defaults; one glob needs no list around it."""
    text = """
        [[sources]]
        from = "deployments"
        environments = "prod*"
        [[sources]]
        from = "workflow"
        workflow = "deploy.yml"
        branch = "main"
        [[sources]]
        from = "releases"
        repositories = ["web", "api-*"]
        [[sources]]
        from = "tags"
        [[sources]]
        from = "merges"
        repositories = "site"
        [[sources]]
        from = "file"
        path = "jenkins.csv"
    """
    everywhere, production = {"repositories": ("*",)}, {"environment": "production"}
    expected = [
        {"kind": "deployments", **everywhere, "environments": ("prod*",)},
        {
            "kind": "workflow", **everywhere, "workflow": "deploy.yml", "branch": ("main",),
            "event": (), **production, "job": "", "pattern": "",
        },
        {
            "kind": "releases", "repositories": ("web", "api-*"), "tag": "*", **production,
            "prereleases": "",
        },
        {"kind": "tags", **everywhere, "tag": "v*", **production},
        {"kind": "merges", "repositories": ("site",), "branch": "", **production},
        {"kind": "file", **everywhere, "path": "jenkins.csv"},
    ]  # fmt: skip
    assert expected == [one.model_dump() for one in load(tmp_path, text).sources]


KINDS = "deployments, workflow, releases, tags, merges, file"
WRONG = {
    'from = "release"': (
        f"from: 'release' is not allowed; did you mean 'releases'? allowed: {KINDS}"
    ),
    'from = "Tags"': f"from: 'Tags' is not allowed; did you mean 'tags'? allowed: {KINDS}",
    'from = "jira"': f"from: 'jira' is not allowed; allowed: {KINDS}",
    "from = 3": f"from: 3 is not allowed; allowed: {KINDS}",
    'repositories = ["web"]': f"from: is missing; allowed: {KINDS}",
    'kind = "tags"': f"from: is missing; allowed: {KINDS}",
    'job = "deploy"': f"from: is missing; did you mean from = 'workflow'? allowed: {KINDS}",
    'from = "workflow"': (
        "workflow: is missing; "
        'allowed: a glob of the workflow\'s name or of its file\'s, like "deploy.yml"'
    ),
    'from = "file"': (
        "path: is missing; "
        'allowed: the path of a CSV, JSON Lines or Parquet file, like "deployments.csv"'
    ),
    'from = "tags"\ntgas = "v*"': "tgas: unknown key; did you mean 'tag'?",
    'from = "tags"\nxyz = "v*"': (
        "xyz: unknown key; allowed: from, repositories, tag, environment"
    ),
    'from = "releases"\nbranch = "main"': (
        'branch: is a key of from = "workflow" and "merges", not of "releases"; '
        "allowed: from, repositories, tag, environment, prereleases"
    ),
    'from = "tags"\nkind = "tags"': (
        "kind: unknown key; allowed: from, repositories, tag, environment"
    ),
    'from = "workflow"\nworkflow = "x"\njob = "d"\npattern = "("': (
        "pattern: '(' is not a regular expression: "
        "missing ), unterminated subpattern at position 0"
    ),
    'from = "workflow"\nworkflow = "x"\njob = "d"\npattern = "to (.+)"': (
        "pattern: 'to (.+)' has no group named environment; "
        "allowed: like deploy (?P<environment>.+)"
    ),
    'from = "workflow"\nworkflow = "x"\npattern = "(?P<environment>.+)"': (
        "pattern: there is no job whose name it could be searched in; "
        'allowed: beside job, like job = "deploy *"'
    ),
    'from = "workflow"\nworkflow = " "': (
        "workflow: ' ' is empty; allowed: a text with at least one letter"
    ),
    'from = "tags"\ntag = ""': "tag: '' is empty; allowed: a text with at least one letter",
    'from = "tags"\nenvironment = ""': (
        "environment: '' is empty; allowed: a text with at least one letter"
    ),
    'from = "tags"\nrepositories = []': (
        "repositories: [] is empty, so nothing fits; allowed: at least one glob"
    ),
    'from = "tags"\nrepositories = ["a", ""]': (
        "repositories: '' is empty; allowed: a text with at least one letter"
    ),
    'from = "tags"\nrepositories = ["a", 3]': (
        "repositories: 3 does not fit; allowed: texts in the list"
    ),
    'from = "tags"\nrepositories = 3': (
        'repositories: 3 does not fit; allowed: a glob or a list of globs, like ["api-*"]'
    ),
    'from = "merges"\nbranch = ["main"]': (
        "branch: ['main'] does not fit; allowed: one text in quotes"
    ),
    'from = "merges"\nbranch = "release/*"': (
        "branch: 'release/*' is a glob; allowed: the name of one branch, like \"main\""
    ),
}  # fmt: skip


def test_each_wrong_entry_says_its_position_and_what_is_allowed(tmp_path: Path) -> None:
    """D8: all that is wrong is told at once, entries by their position from 1."""
    text = "\n".join(f"[[sources]]\n{entry}" for entry in WRONG)
    expected = {f"[[sources]] {place}: {told}" for place, told in enumerate(WRONG.values(), 1)}
    assert expected == set(problems(tmp_path, text))


def test_entries_that_are_no_list_of_tables(tmp_path: Path) -> None:
    """D8: `[sources]` with one bracket, a text, a list of texts and a misspelt name are told."""
    allowed = "does not fit; allowed: a list of tables, each below [[sources]]"
    cases = {
        '[sources]\nfrom = "tags"': f"sources: {{'from': 'tags'}} {allowed}",
        'sources = "tags"': f"sources: 'tags' {allowed}",
        'sources = ["tags"]': (
            "[[sources]] 1: 'tags' does not fit; allowed: a table, like {from = \"releases\"}"
        ),
        '[[source]]\nfrom = "tags"': "source: unknown key; did you mean 'sources'?",
    }
    assert [[told] for told in cases.values()] == [problems(tmp_path, text) for text in cases]


def test_entries_as_json_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D8: `DORA_SOURCES` replaces the entries of the file, and is told of in its own words."""
    text = '[[sources]]\nfrom = "tags"\n'
    given = [{"from": "releases", "repositories": "web"}, {"from": "file", "path": "x.csv"}]
    monkeypatch.setenv("DORA_SOURCES", json.dumps(given))
    expected = (
        ReleasesSource.model_validate({"from": "releases", "repositories": ("web",)}),
        FileSource.model_validate({"from": "file", "path": "x.csv"}),
    )
    assert expected == load(tmp_path, text).sources
    monkeypatch.setenv("DORA_SOURCES", '[{"from": "tags"}, {"from": "tgas"}]')
    assert problems(tmp_path, text) == [
        f"DORA_SOURCES: entry 2: from: 'tgas' is not allowed; did you mean 'tags'? allowed: {KINDS}"
    ]
    monkeypatch.setenv("DORA_SOURCES", '{"from": "tags"}')
    assert problems(tmp_path, text) == [
        "DORA_SOURCES: {'from': 'tags'} does not fit; allowed: a list of tables, in JSON"
    ]
    monkeypatch.setenv("DORA_SOURCES", "tags")
    assert "an environment variable cannot be read: DORA_SOURCES is not JSON" in problems(tmp_path)


def test_paths_start_at_the_settings_that_name_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D8, F7: a path starts at the folder of its settings file; in a variable, where the run is."""
    folder = tmp_path / "settings"
    folder.mkdir()
    file = folder / "own.toml"
    file.write_text(
        '[[sources]]\nfrom = "file"\npath = "a.csv"\n[[sources]]\nfrom = "file"\n'
        f"path = {json.dumps(str(tmp_path / 'b.csv'))}\n"
        '[incidents]\nfile = "../c.csv"\n'
    )
    found = load(tmp_path, file=file)
    paths = [found.path_of(one) for one in found.sources if isinstance(one, FileSource)]
    expected = ([folder / "a.csv", tmp_path / "b.csv"], folder / ".." / "c.csv")
    assert expected == (paths, found.incident_path)
    monkeypatch.setenv("DORA_SOURCES", '[{"from": "file", "path": "a.csv"}]')
    monkeypatch.setenv("DORA_INCIDENTS__FILE", "c.csv")
    found = load(tmp_path, file=file)
    paths = [found.path_of(one) for one in found.sources if isinstance(one, FileSource)]
    assert ([tmp_path / "a.csv"], tmp_path / "c.csv") == (paths, found.incident_path)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("DORA_INCIDENTS__FILE", "~/c.csv")
    assert folder / "c.csv" == load(tmp_path).incident_path
    monkeypatch.setenv("DORA_INCIDENTS__FILE", "")
    assert load(tmp_path).incident_path is None


def test_digest_takes_entries_in_as_they_are_written(tmp_path: Path) -> None:
    """Entries and their order decide numbers; where the folder is and what a file holds do not."""
    text = '[[sources]]\nfrom = "file"\npath = "a.csv"\n[[sources]]\nfrom = "tags"\n'
    digest = load(tmp_path, text, org="x").digest
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text("anything")
    assert digest == load(elsewhere, text, org="x").digest
    others = [
        "",
        text.replace("a.csv", "b.csv"),
        '[[sources]]\nfrom = "tags"\n[[sources]]\nfrom = "file"\npath = "a.csv"\n',
        f'{text}environment = "live"\n',
        f'{text}[incidents]\nfile = "a.csv"\n',
    ]
    empty = tmp_path / "empty"
    empty.mkdir()
    found = {load(empty, one, org="x").digest for one in others}
    assert (5, False) == (len(found), digest in found)
