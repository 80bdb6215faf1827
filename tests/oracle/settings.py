"""What a user may configure, as far as it decides a number: values only."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

#: D4: the words of each tier, in the order in which a name is tried
TIER_WORDS = {
    "production": ("prod", "production", "prd", "live"),
    "staging": ("stag", "stage", "staging", "stg", "uat", "preprod", "preproduction"),
    "testing": ("qa", "test", "testing", "tst"),
    "development": ("dev", "development", "int", "sandbox"),
}

TIERS = ("production", "staging", "testing", "development", "other")

EPHEMERAL = ("pr-*", "pr/*", "preview*", "review-*", "review/*")


@dataclass(frozen=True)
class Services:
    """G3: what splits a repository into services."""

    source: str  #: `environment`, `task` or `payload:KEY`
    pattern: str  #: regular expression with a group `service`


@dataclass(frozen=True)
class Settings:
    """The settings that decide numbers, with the rules' defaults."""

    lookback: timedelta = timedelta(days=30)
    lookback_budget: int = 5000  #: older deployments a repository
    stale_after: timedelta = timedelta(hours=24)
    #: (glob, canonical name), or False for left out; the first that fits wins
    environments: tuple[tuple[str, str | Literal[False]], ...] = ()
    ephemeral: tuple[str, ...] = EPHEMERAL
    tiers: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(TIER_WORDS))
    collapse: Literal["none", "run"] = "none"
    lead_time_start: Literal["first_commit", "authored", "committed", "merged"] = "first_commit"
    exclude_authors: tuple[str, ...] = ()
    failures_status: Literal["any", "live", "off"] = "any"
    rollback: bool = True
    #: the signals that exist at all: status, rollback, revert, hotfix, label, tag, incident
    signals: frozenset[str] = frozenset({"status", "rollback"})
    hotfix_labels: tuple[str, ...] = ("hotfix",)
    hotfix_branches: tuple[str, ...] = ("hotfix/*",)
    failure_labels: tuple[str, ...] = ("change-failure", "caused-incident")
    failure_tags: tuple[str, ...] = ("failed/*", "rollback/*")
    incident_labels: tuple[str, ...] = ("incident",)
    incident_repositories: tuple[str, ...] = ()
    attribution: timedelta = timedelta(days=7)
    teams: tuple[tuple[str, tuple[str, ...]], ...] = ()  #: (team, repository globs)
    services: Services | None = None
