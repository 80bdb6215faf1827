"""What a user may configure, as far as it decides a number: values only."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from tests.oracle.source_settings import Entry, Line

#: D4: the words of each tier, in the order in which a name is tried
TIER_WORDS = {
    "production": ("prod", "production", "prd", "live"),
    "staging": ("stag", "stage", "staging", "stg", "uat", "preprod", "preproduction"),
    "testing": ("qa", "test", "testing", "tst"),
    "development": ("dev", "development", "int", "sandbox"),
}

Globs = tuple[str, ...]

TIERS = ("production", "staging", "testing", "development", "other")

#: What D9 may look at, with globs for each; a deployment that fits all of them is none.
Exclude = tuple[tuple[Literal["environment", "task", "creator", "ref", "description"], Globs], ...]


@dataclass(frozen=True)
class Services:
    """G3: what splits a repository into services."""

    source: str  #: `auto`, `environment`, `task` or `payload:KEY`
    pattern: str = ""  #: regular expression with a group `service`


#: what our own action wrote into its payloads
AUTO = Services("auto")


@dataclass(frozen=True)
class Settings:
    """The settings that decide numbers, with the rules' defaults."""

    lookback: timedelta = timedelta(days=30)
    lookback_budget: int = 5000  #: older deployments a repository
    stale_after: timedelta = timedelta(hours=24)
    #: (glob, canonical name), or False for left out; the first that fits wins
    environments: tuple[tuple[str, str | Literal[False]], ...] = ()
    #: globs beside the words of D5, `!GLOB` takes some back
    ephemeral: Globs = ()
    tiers: dict[str, Globs] = field(default_factory=lambda: dict(TIER_WORDS))
    collapse: Literal["none", "run"] = "none"
    exclude: tuple[Exclude, ...] = ()
    lead_time_start: Literal["first_commit", "authored", "committed", "merged"] = "first_commit"
    exclude_authors: Globs = ()
    failures_status: Literal["any", "live", "off"] = "any"
    rollback: bool = True
    #: the signals that exist at all: status, rollback, revert, hotfix, label, tag, incident
    signals: frozenset[str] = frozenset({"status", "rollback"})
    hotfix_labels: Globs = ("hotfix",)
    hotfix_branches: Globs = ("hotfix/*",)
    failure_labels: Globs = ("change-failure", "caused-incident")
    failure_tags: Globs = ("failed/*", "rollback/*")
    incident_labels: Globs = ("incident",)
    incident_repositories: Globs = ()
    dismissed: Literal["ignore", "count"] = "ignore"
    attribution: timedelta = timedelta(days=7)
    teams: tuple[tuple[str, Globs], ...] = ()  #: (team, repository globs)
    services: Services | None = AUTO
    sources: tuple[Entry, ...] = ()
    incident_lines: tuple[Line, ...] = ()  #: of a file of incidents (F7)
    incident_first: int = 2  #: number of its first line
