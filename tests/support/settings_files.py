"""What a settings file says, in the oracle's words."""

import tomllib
from pathlib import Path
from typing import Any

from tests.oracle.settings import Settings
from tests.support.small_repositories import ALL
from tests.support.sourced_reports import entries_of

#: tables and keys of the file, and what the oracle calls each
NAMES = {
    ("failures", "hotfix_labels"): "hotfix_labels",
    ("failures", "hotfix_branches"): "hotfix_branches",
    ("failures", "labels"): "failure_labels",
    ("failures", "tags"): "failure_tags",
    ("incidents", "labels"): "incident_labels",
    ("incidents", "repositories"): "incident_repositories",
    ("changes", "exclude_authors"): "exclude_authors",
}


def settings_of(path: Path) -> Settings:
    """Settings of a file, every signal on; KeyError where the oracle lacks a word."""
    told: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    told.pop("org")
    given: dict[str, Any] = {
        "sources": entries_of(told.pop("sources", ()), path.parent),
        "environments": tuple(told.pop("environments", {}).items()),
        "teams": tuple((name, tuple(globs)) for name, globs in told.pop("teams", {}).items()),
    }
    for table, values in told.items():
        given |= {NAMES[table, key]: tuple(value) for key, value in values.items()}
    return Settings(signals=ALL, **given)
