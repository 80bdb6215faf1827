"""All settings: their keys, allowed values, defaults and meanings; none is a secret.

`docs/configuration.md` is generated from here.
"""

import re
from datetime import timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dora.config.section import Age, Globs, SettingsSection, pattern_with
from dora.config.source_settings import SourceEntry

By = Literal["repository", "environment", "team", "organization"]
Tier = Literal["production", "staging", "testing", "development", "other"]
TierChoice = Literal[Tier, "all"]
Trend = Literal["day", "week", "month"]
Benchmark = Literal["2019", "2021", "2022", "2023", "2025", "quick-check", "none"]
#: A published year that nothing can be compared with, and why (B1).
NO_LADDER = {
    "2024": "2024 is no ladder: its medium cluster fails less often than its high one",
}


def known_zone(name: str) -> str:
    """Return *name* if it is a time zone; ValueError says what is allowed."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError("is no time zone; allowed: an IANA name like Europe/Berlin") from None
    return name


def _ladder(value: object) -> object:
    year = str(value) if isinstance(value, int) else value
    if isinstance(year, str) and year in NO_LADDER:
        allowed = ", ".join(get_args(Benchmark))
        raise ValueError(f"cannot be used: {NO_LADDER[year]}; allowed: {allowed}")
    return year


def _folder(value: object) -> object:
    text = str(value).lower() if isinstance(value, str | bool) else "true"
    if text == "true":  # `true` names no folder
        raise ValueError("is no folder; allowed: a path, or false")
    return False if text == "false" else value


def _service_source(value: str) -> str:
    known = {"auto", "none", "environment", "task"}
    if value not in known and not re.fullmatch(r"payload:.+", value):
        raise ValueError("is not allowed; allowed: auto, none, environment, task, or payload:KEY")
    return value


Zone = Annotated[str, AfterValidator(known_zone)]


class ExcludeSettings(SettingsSection):
    """Deployments that are none: those that fit a glob of every key that is given (D9)."""

    environment: Globs = ()
    """Globs of the environment, as GitHub spells it."""
    task: Globs = ()
    """Globs of the task, such as `deploy:migrations`."""
    creator: Globs = ()
    """Globs of the login of whoever filed it; of an App with or without `[bot]`."""
    ref: Globs = ()
    """Globs of what it was filed for: a branch, a sha, `refs/pull/N/merge`."""
    description: Globs = ()
    """Globs of the description."""

    @model_validator(mode="after")
    def _is_not_empty(self) -> "ExcludeSettings":
        if not any(globs for _, globs in self):
            raise ValueError(f"fits everything; allowed: at least one of {', '.join(self.known())}")
        return self

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """Names of its keys."""
        return tuple(cls.model_fields)


class DeploymentSettings(SettingsSection):
    """How GitHub's deployments are read."""

    collapse: Literal["none", "run"] = "none"
    """`run` makes the deployments that one attempt of a workflow run files to one environment one
    (D6)."""
    exclude: tuple[ExcludeSettings, ...] = ()
    """What is no deployment: a plan of a pull request, a dry run, a second record (D9)."""


class LeadTimeSettings(SettingsSection):
    """Where a change begins."""

    start: Literal["first_commit", "authored", "committed", "merged"] = "first_commit"
    """The instant a change's lead time is counted from (LT4)."""


class ChangeSettings(SettingsSection):
    """Which changes count."""

    exclude_authors: tuple[str, ...] = ()
    """Globs on the author's login whose changes are left out, like `*[bot]` (LT9)."""


class FailureSettings(SettingsSection):
    """Which signals say that a deployment failed."""

    status: Literal["any", "live", "off"] = "any"
    """Failure statuses: all of them, only those of deployments that also succeeded, none (F8)."""
    rollback: bool = True
    """Whether going back to an older commit fails what had to go (F2)."""
    revert: bool = True
    """Whether a shipped revert fails the deployment that had shipped what it reverts (F3)."""
    hotfix: bool = True
    """Whether a shipped hotfix fails what was live before it (F4)."""
    hotfix_labels: tuple[str, ...] = ("hotfix",)
    """Labels of pull requests that are hotfixes (F4)."""
    hotfix_branches: tuple[str, ...] = ("hotfix/*",)
    """Globs of the head branches of hotfixes (F4)."""
    label: bool = True
    """Whether a failure label on a shipped pull request fails what shipped it (F5)."""
    labels: tuple[str, ...] = ("change-failure", "caused-incident")
    """Labels of pull requests that say that the change failed (F5)."""
    tag: bool = True
    """Whether a failure tag on a deployed commit fails its latest success (F6)."""
    tags: tuple[str, ...] = ("failed/*", "rollback/*")
    """Globs of the git tags that say so (F6)."""
    incident: bool = True
    """Whether an incident fails the deployment it belongs to (F7)."""


class IncidentSettings(SettingsSection):
    """Where incidents are told, and whose they are."""

    labels: tuple[str, ...] = ("incident",)
    """Labels of the issues that are incidents (F7)."""
    repositories: tuple[str, ...] = ()
    """Central repositories, with or without `OWNER/`: labels `repo:NAME` of their incidents say
    whose these are (F7)."""
    dismissed: Literal["ignore", "count"] = "ignore"
    """What an issue closed as not planned or as a duplicate is: no incident, or one (F7)."""
    attribution: Age = timedelta(days=7)
    """How long a deployment may have been live for an incident to be its own (F7)."""
    pagerduty: dict[str, str] = Field(default_factory=dict)
    """PagerDuty service (its id or name) = the repository its incidents belong to (F7)."""
    file: str = ""
    """A CSV, JSON Lines or Parquet file of incidents that another tool wrote (F7)."""


class ServiceSettings(SettingsSection):
    """How the services of one repository are told apart (G3)."""

    source: Annotated[str, AfterValidator(_service_source)] = "auto"
    """Where the service is named: `auto` (the `service`, else the `stack`, that the action
    `track-deployment` was given), `none`; or, with a pattern, `environment`, `task` or
    `payload:KEY`."""
    pattern: Annotated[str, AfterValidator(pattern_with("service", "(?P<service>[a-z]+)-prod"))] = (
        ""
    )
    """Regular expression with a group `service`; of the environment where no source is named."""

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "ServiceSettings":
        if self.source not in {"auto", "none"} and not self.pattern:
            raise ValueError(
                "has no pattern; allowed: one with a group named service, like (?P<service>.+)"
            )
        return self


class TierSettings(SettingsSection):
    """The words of an environment's name that put it in a tier (D4)."""

    production: tuple[str, ...] = ("prod", "production", "prd", "live")
    """Words of production."""
    staging: tuple[str, ...] = (
        "stag",
        "stage",
        "staging",
        "stg",
        "uat",
        "preprod",
        "preproduction",
    )
    """Words of staging; `pre` right before a word of production is one, too."""
    testing: tuple[str, ...] = ("qa", "test", "testing", "tst")
    """Words of testing."""
    development: tuple[str, ...] = ("dev", "development", "int", "sandbox")
    """Words of development."""


class CollectSettings(SettingsSection):
    """How hard GitHub is asked."""

    concurrency: int = Field(default=6, ge=1, le=32)
    """Requests in flight at once, at most."""
    commit_pages: int = Field(default=300, ge=1)
    """Pages of 100 commits read of one repository, at most; coverage says where it was hit."""
    older_deployments: int = Field(default=5000, ge=0)
    """Deployments older than the look-back that may be asked what they shipped (W3)."""
    wait: Age = timedelta(minutes=15)
    """Longest wait for a rate limit to be lifted."""
    cache: Annotated[str | Literal[False], BeforeValidator(_folder)] = ""
    """Folder where commits are kept for the next run; none, the user's own; `false` keeps none."""


class Settings(BaseSettings):
    """Everything that can be configured; times are still text."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="DORA_", env_nested_delimiter="__"
    )

    org: str | None = None
    """The organization's login."""
    since: str = "90d"
    """Start of the window: an age or an ISO 8601 date or date-time (W1)."""
    until: str | None = None
    """End of the window, the start of the run if not given (W1)."""
    timezone: Zone = "UTC"
    """Time zone of dates and calendar days."""
    repo: tuple[str, ...] = ()
    """Globs of the repositories to read; none given means all."""
    environment: tuple[str, ...] = ()
    """Globs of the environments to look at; none given means all."""
    tier: tuple[TierChoice, ...] = ()
    """Tiers whose rows are shown, `all` for every tier; production if none is given (G1)."""
    by: By = "repository"
    """What a row stands for (G1)."""
    trend: Trend | None = None
    """Cut the window by the calendar (T1) and give each row's metrics for every part."""
    compare: bool = False
    """Compare with the window of equal length just before (K1)."""
    ephemeral: bool = False
    """Whether ephemeral environments have rows, too (D5)."""
    benchmark: Annotated[Benchmark, BeforeValidator(_ladder)] = "2025"
    """What numbers are compared with (B1): `2025` gives their place among that survey's respondents
    (B5), an earlier year its levels (B2), `quick-check` the scores of DORA's Quick Check (B4)."""
    lookback: Age = timedelta(days=30)
    """How long before the window deployments are read (W3)."""
    stale_after: Age = timedelta(hours=24)
    """Age from which a deployment that never finished is abandoned (D3)."""
    environments: dict[str, str | Literal[False]] = Field(default_factory=dict)
    """Glob = canonical name of the environments that fit, or false to leave them out (D1)."""
    ephemeral_environments: tuple[str, ...] = ()
    """Globs of more environments that live as long as a pull request; `!GLOB` takes back (D5)."""
    tiers: TierSettings = TierSettings()
    sources: tuple[SourceEntry, ...] = ()
    """What a deployment is; GitHub's own Deployments where no entry fits a repository (D8)."""
    deployments: DeploymentSettings = DeploymentSettings()
    lead_time: LeadTimeSettings = LeadTimeSettings()
    changes: ChangeSettings = ChangeSettings()
    failures: FailureSettings = FailureSettings()
    incidents: IncidentSettings = IncidentSettings()
    services: ServiceSettings = ServiceSettings()
    teams: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Team = globs of its repositories; the organization's teams where none is named (G2)."""
    collect: CollectSettings = CollectSettings()
