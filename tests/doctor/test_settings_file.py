"""The settings file that a first look becomes: valid, and meaning what was meant."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.config import Config, load_config
from dora.doctor.settings_file import write_settings
from dora.doctor.source_choice import choose_sources
from dora.doctor.source_groups import group_sources
from dora.model.first_look import FirstLook, SeenPage, SeenRequest
from tests.support.examples import examples
from tests.support.first_looks import (
    NOW,
    ago,
    config,
    deployments,
    look,
    organization,
    releases,
    tags,
    workflow,
)

#: Names that end a line, a text or a comment, that order a terminal, or that are globs.
HOSTILE = (
    'a"b', "a\\", "a\nb = 1", "a\r\n[org]", '"""', "'''", "# x", "\x1b[2Jgone", "\u202eevil", "*",
    "a?b*", "]]", "\x00", "\u2028", "", "x" * 300, "\U0001f600", "env = { }",
)  # fmt: skip


def written(seen: FirstLook, settings: Config | None = None) -> str:
    """The file's text."""
    settings = settings or config()
    return write_settings(seen, group_sources(choose_sources(seen, settings), seen), settings)


def loaded(text: str, folder: Path) -> Config:
    """Settings as a report reads them from that file."""
    (folder / "dora.toml").write_text(text, encoding="utf-8")
    return load_config({}, now=NOW, directory=folder)


def test_everything_that_was_seen(tmp_path: Path) -> None:
    """Each thing becomes a setting, or a comment where a person must decide."""
    seen = organization(
        look(
            "api",
            deployments=(
                *deployments("prod", "ACTIVE", "FAILURE"),
                *deployments("shop-app", "ACTIVE"),
                *deployments("pr-12", "ACTIVE"),
            ),
            labels=("Type: Incident", "bug", "hotfix", "no-incident"),
        ),
        look("jobs", workflows=(workflow("Deploy", "deploy.yml", 8, 2),), labels=("hot-fix",)),
        look("lib", releases=releases(1, 2), labels=("change-failure", "type: incident")),
        look("cli", tags=tags("v1", "v2")),
        look("site", requests=SeenPage((SeenRequest(ago(1), "main", "hotfix-login"),))),
        look("incidents", labels=("sev1",)),
        look("gone", commits=SeenPage()),
        archived=("old",),
        empty=("new",),
        incidents={"incidents": 5, "api": 1},
        teams=("Payments", "Platform"),
    )
    text = written(seen, config(since="60d", repo=("*",)))
    settings = loaded(text, tmp_path)
    assert ("acme", "60d", ("*",)) == (settings.org, settings.since, settings.repo)
    assert [
        ("workflow", ("jobs",)),
        ("releases", ("lib",)),
        ("tags", ("cli",)),
        ("merges", ("site",)),
    ] == [(one.kind, one.repositories) for one in settings.sources]
    assert (("Type: Incident", "sev1"), ("incidents",)) == (
        settings.incidents.labels,
        settings.incidents.repositories,
    )
    assert (("hot-fix", "hotfix"), ("hotfix-*", "hotfix/*"), ("change-failure",)) == (
        settings.failures.hotfix_labels,
        settings.failures.hotfix_branches,
        settings.failures.labels,
    )
    for line in (
        "#   api: 2 Deployments to `prod` in 60 days, 1 failed",
        "#   jobs: workflow `Deploy`, 10 runs in 60 days, 2 failed",
        "#   gone: nothing happened in 90 days",
        "#   production: prod",
        "#   other: shop-app",
        "#   ephemeral: pr-12",
        '# "shop-app" = "production"',
        "# Archived, so not read: old.",
        "# Empty, so not read: new.",
        '# platform = ["infra-*", "api"]',
        '# exclude_authors = ["*[bot]"]',
    ):
        assert line in text.splitlines()


def test_what_was_not_seen(tmp_path: Path) -> None:
    """Tables without a line are comments; every repository is named, and many are not."""
    text = written(organization(look("a"), look("b")))
    assert {"org", "sources"} == tomllib.loads(text).keys()
    assert {"# [incidents]", "# [failures]", 'repositories = ["a", "b"]'} <= {*text.splitlines()}
    many = written(organization(*(look(f"r{n}") for n in range(51))))
    assert "repositories = " not in many.partition("[[sources]]")[2].partition("\n\n")[0]
    assert "# Without `repositories` it is for every repository" in many
    assert ("*",) == loaded(many, tmp_path).sources[0].repositories


def test_proposals_are_settings(tmp_path: Path) -> None:
    """What stands behind a `#` is valid once the `#` is taken away."""
    own = deployments("prod", "ACTIVE", "ACTIVE", "FAILURE") + deployments("acme", "ACTIVE")
    plan = own[0]._replace(
        description="Plan of #12", task="migrate", payload='{"dora": 1, "stack": "db"}'
    )
    text = written(organization(look(deployments=(plan, *own[1:]))))
    lines = [re.sub(r"^# (?=\[|\w+ = |\"acme\" = )", "", line) for line in text.splitlines()]
    settings = loaded("\n".join(lines), tmp_path)
    assert {"acme": "production"} == settings.environments
    assert [("Plan *",), ("migrate",)] == [
        one.description or one.task for one in settings.deployments.exclude
    ]
    assert ("none", ("*[bot]",), {"platform": ("infra-*", "api")}) == (
        settings.services.source,
        settings.changes.exclude_authors,
        settings.teams,
    )


@examples(200, few=8, derandomize=True)
@given(st.sampled_from(HOSTILE) | st.text(max_size=20), st.sampled_from(HOSTILE))
def test_hostile_names(name: str, other: str) -> None:
    """Whatever names hold, the file is valid TOML and says what was meant: no name adds a key."""
    seen = organization(
        look(
            "a",
            workflows=(workflow(f"Deploy {name}", f"{other}.yml"),),
            labels=(f"incident {name}",),
        ),
        look("b", tags=tags(f"{name}1", f"{name}2"), branch=name or "main"),
        look(
            "c",
            deployments=(
                *deployments(name, "ACTIVE"),
                *deployments(other, "ACTIVE"),
                *deployments("staging", "ACTIVE"),
            ),
            labels=("hotfix", other),
        ),
        look("d", deployments=deployments("staging", "ACTIVE"), releases=releases(1)),
        look("e", unreadable=name),
        archived=(name,),
        teams=(name, other),
        incidents={name: 3},
        actions_refused=name,
    )
    seen = replace(seen, organization=name or "acme")
    text = written(seen)
    document = tomllib.loads(text)
    assert (name or "acme") == document["org"]
    assert {"org", "sources", "failures", "incidents"} >= document.keys()
    expected = [
        entry
        for group in group_sources(choose_sources(seen, config()), seen)
        for entry in group.entries
    ]
    assert [one.model_dump(mode="json", exclude_defaults=True) for one in expected] == [
        type(one).model_validate(entry).model_dump(mode="json", exclude_defaults=True)
        for one, entry in zip(expected, document["sources"], strict=True)
    ]
    assert not [line for line in text.splitlines() if not line.isprintable()]


@pytest.mark.parametrize(("teams", "told"), [(None, "Members: read"), ((), "has no teams")])
def test_teams_that_are_not_there(teams: tuple[str, ...] | None, told: str) -> None:
    """Teams that may not be read, or are not there, are said to be so."""
    assert told in written(organization(look(), teams=teams))
