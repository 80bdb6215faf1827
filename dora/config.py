"""Options, environment variables and a file in, one frozen `Config` out; no secret among it.

Option beats environment variable (`DORA_SINCE` …) beats file (`dora.toml`, `[tool.dora]` in
`pyproject.toml`) beats default. Every wrong setting is told at once: where, which, what is allowed.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dora.errors import BadUsage
from dora.window import Window, parse_age, parse_instant

By = Literal["repository", "environment", "organization"]
Tier = Literal["production", "staging", "testing", "development", "other"]
Benchmark = Literal["2019", "2021", "2022", "2023", "quick-check", "none"]
#: Why a published year is no ladder to climb (B1).
NO_LADDER = {
    "2024": "2024 is no ladder: its medium cluster fails less often than its high one",
    "2025": "2025 has no levels: DORA published distributions and team profiles instead",
}


def _age(value: object) -> object:
    return parse_age(value) if isinstance(value, str) else value


def _known_zone(name: str) -> str:
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


Age = Annotated[timedelta, BeforeValidator(_age)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    """Settings that cannot be changed once read, and hold no key we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Deployments(Section):
    """How GitHub's deployments are read."""

    collapse: Literal["none", "run"] = "none"
    """`run` makes the deployments that one workflow run files to one environment one (D6)."""


class LeadTime(Section):
    """Where a change begins."""

    start: Literal["first_commit", "authored", "committed", "merged"] = "first_commit"
    """The instant a change's lead time is counted from (LT4)."""


class Changes(Section):
    """Which changes count."""

    exclude_authors: tuple[str, ...] = ()
    """Globs on the author's login whose changes are left out, like `*[bot]` (LT9)."""


class Failures(Section):
    """Which signals say that a deployment failed."""

    status: Literal["any", "live", "off"] = "any"
    """Failure statuses: all of them, only those of deployments that also succeeded, none (F8)."""
    rollback: bool = True
    """Whether going back to an older commit fails what was live (F2)."""


class Tiers(Section):
    """The words of an environment's name that put it in a tier (D4)."""

    production: tuple[str, ...] = ("prod", "production", "prd", "live")
    """Words of production."""
    staging: tuple[str, ...] = (
        "stag", "stage", "staging", "stg", "uat", "preprod", "preproduction",
    )  # fmt: skip
    """Words of staging; `pre` right before a word of production is one, too."""
    testing: tuple[str, ...] = ("qa", "test", "testing", "tst")
    """Words of testing."""
    development: tuple[str, ...] = ("dev", "development", "int", "sandbox")
    """Words of development."""


class Collect(Section):
    """How hard GitHub is asked."""

    concurrency: int = Field(default=6, ge=1, le=32)
    """Requests in flight at once, at most."""
    commit_pages: int = Field(default=300, ge=1)
    """Pages of 100 commits read of one repository, at most; coverage says where it was hit."""
    older_deployments: int = Field(default=5000, ge=0)
    """Deployments older than the look-back that may be asked what they shipped (W3)."""
    wait: Age = timedelta(minutes=15)
    """Longest wait for a rate limit to be lifted."""


class Settings(BaseSettings):
    """Everything that can be configured; times still as they were written."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="DORA_", env_nested_delimiter="__"
    )

    org: str | None = None
    """The organization's login."""
    since: str = "90d"
    """Begin of the window: an age or an ISO 8601 date or date-time (W1)."""
    until: str | None = None
    """End of the window, the start of the run if not given (W1)."""
    timezone: Zone = "UTC"
    """Time zone of dates and calendar days."""
    repo: tuple[str, ...] = ()
    """Globs of the repositories to read; none given means all."""
    environment: tuple[str, ...] = ()
    """Globs of the environments to look at; none given means all."""
    tier: tuple[Tier, ...] = ()
    """Tiers whose rows are shown; by organization it is production unless given."""
    by: By = "repository"
    """What a row stands for (G1)."""
    ephemeral: bool = False
    """Whether ephemeral environments have rows, too (D5)."""
    benchmark: Annotated[Benchmark, BeforeValidator(_ladder)] = "2023"
    """The published year whose levels are shown (B1), or DORA's Quick Check (B4)."""
    lookback: Age = timedelta(days=30)
    """How long before the window deployments are read (W3)."""
    stale_after: Age = timedelta(hours=24)
    """Age from which a deployment that never finished is abandoned (D3)."""
    environments: dict[str, str | Literal[False]] = Field(default_factory=dict)
    """Glob = the canonical name of the environments that fit it, or false to leave them out (D1)."""
    ephemeral_environments: tuple[str, ...] = (
        "pr-*", "pr/*", "preview*", "review-*", "review/*",
    )  # fmt: skip
    """Globs of environments that live as long as a pull request (D5)."""
    tiers: Tiers = Tiers()
    deployments: Deployments = Deployments()
    lead_time: LeadTime = LeadTime()
    changes: Changes = Changes()
    failures: Failures = Failures()
    collect: Collect = Collect()


class Config(Settings):
    """Settings of one run, its window resolved against the one reading of the clock."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    window: Window
    now: datetime
    """The one reading of the clock."""

    @property
    def organization(self) -> str:
        """Login of the organization; BadUsage when none was named."""
        if not self.org:
            raise BadUsage(
                "no organization was named",
                'Name one: --org my-org, DORA_ORG=my-org, or org = "my-org" in dora.toml.',
            )
        return self.org

    @property
    def digest(self) -> str:
        """`sha256:…` of every setting that decides the numbers (not of how GitHub is asked)."""
        deciding = self.model_dump(
            mode="json", exclude={"window", "now", "since", "until", "collect"}
        )
        deciding["older_deployments"] = self.collect.older_deployments
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class _Layer:
    """Settings of one origin, and how that origin is named in an error."""

    def __init__(self, values: dict[str, Any], origin: str, spelling: str = "{}") -> None:
        self.values = values
        self.origin = origin
        self.spelling = spelling

    def holds(self, path: tuple[int | str, ...]) -> bool:
        here: Any = self.values
        for step in path:
            if not isinstance(here, Mapping) or step not in here:
                return isinstance(step, int)  # an item of a list, or the branch of a union
            here = here[step]
        return True

    def name(self, path: tuple[int | str, ...]) -> str:
        key = ".".join(str(step) for step in path if isinstance(step, str))
        if self.spelling == "--{}":
            return "--" + key.replace("_", "-")
        if self.spelling == "DORA_{}":
            return "DORA_" + key.replace(".", "__").upper()
        return f"{self.origin}: {key}"


def load_config(
    options: Mapping[str, Any],
    *,
    now: datetime,
    directory: Path,
    file: Path | None = None,
) -> Config:
    """The run's settings; *options* holds what the command line named, None where it did not.

    Reads the file in *directory* (or *file*) and the `DORA_…` environment variables. BadUsage
    lists every problem, one a line.
    """
    layers = [
        _Layer(
            {key: value for key, value in options.items() if value not in (None, ())}, "", "--{}"
        ),
        _Layer(_from_environment(), "", "DORA_{}"),
        _from_file(directory, file),
    ]
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _merge(merged, layer.values)
    try:
        settings = _Given.model_validate(merged)
    except ValidationError as wrong:
        problems = [_problem(error, layers) for error in wrong.errors()]
        problems += _window_problems(merged, layers, now)
        raise BadUsage("\n".join(dict.fromkeys(problems))) from None
    problems = _window_problems(merged, layers, now)
    if problems:
        raise BadUsage("\n".join(problems))
    window = _window(settings, now)
    return Config.model_construct(**dict(settings), window=window, now=now)


class _Given(Settings):
    """Settings validated from what was merged, nothing read behind our back."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given alone."""
        return (init_settings,)


def _window(settings: Settings, now: datetime) -> Window:
    zone = ZoneInfo(settings.timezone)
    until = now if settings.until is None else parse_instant(settings.until, now, zone)
    return Window(parse_instant(settings.since, now, zone), until, settings.timezone)


def _window_problems(merged: dict[str, Any], layers: list[_Layer], now: datetime) -> list[str]:
    """What is wrong with `since` and `until`, told beside the other settings' problems."""
    try:
        zone = ZoneInfo(_known_zone(str(merged.get("timezone", "UTC"))))
    except ValueError:
        return []
    problems, instants = [], {"since": now - parse_age("90d"), "until": now}
    for key, text in merged.items():
        if key not in instants or not isinstance(text, str):
            continue
        try:
            instants[key] = parse_instant(text, now, zone)
        except ValueError as wrong:
            problems.append(f"{_name(layers, (key,))}: {text!r} {wrong}")
            continue
        if instants[key] > now:
            told = f"{_name(layers, (key,))}: {text!r}"
            problems.append(f"{told} is in the future; allowed: up to now")
    if not problems and instants["since"] >= instants["until"]:
        begin, end = (f"{instants[key]:%Y-%m-%d %H:%M} UTC" for key in instants)
        problems.append(
            f"{_name(layers, ('since',))}: the window would begin at {begin} and end at {end}; "
            "allowed: a begin before the end"
        )
    return problems


def _from_environment() -> dict[str, Any]:
    class Environment(Settings):
        model_config = SettingsConfigDict(env_ignore_empty=True)

    try:
        return EnvSettingsSource(Environment)()
    except ValueError as wrong:  # a list or table that is not JSON
        raise BadUsage(
            f"an environment variable cannot be read: {wrong}",
            "Lists and tables are written as JSON there: DORA_REPO='[\"api-*\"]'.",
        ) from None


def _from_file(directory: Path, file: Path | None) -> _Layer:
    own, project = directory / "dora.toml", directory / "pyproject.toml"
    chosen = file or next((path for path in (own, project) if path.is_file()), None)
    if chosen is None:
        return _Layer({}, "dora.toml")
    try:
        document = tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise BadUsage(
            f"{chosen}: cannot be read: {wrong.strerror}", "Name a readable file with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadUsage(f"{chosen}: is no TOML: {wrong}", "See docs/configuration.md.") from None
    if chosen.name == "pyproject.toml":
        document = document.get("tool", {}).get("dora", {})
        return _Layer(document, f"{chosen.name} [tool.dora]")
    return _Layer(document, chosen.name)


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """*under* with *over* laid on it, tables merged key by key."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and key != "environments"
        merged[key] = _merge(dict(below), value) if both else value  # type: ignore[arg-type]  # `both`
    return merged


def _name(layers: list[_Layer], path: tuple[int | str, ...]) -> str:
    holder = next((layer for layer in layers if layer.values and layer.holds(path)), layers[0])
    return holder.name(path)


def _problem(error: ErrorDetails, layers: list[_Layer]) -> str:
    """One line: where, which key, what was given, what is allowed."""
    path = tuple(step for step in error["loc"] if not _is_branch(step))
    if error["type"] == "extra_forbidden":
        return f"{_name(layers, path)}: unknown key; {_nearest(path)}"
    text = error["msg"].removeprefix("Value error, ")
    given = error["input"]
    if error["type"] == "literal_error":
        text = f"is not allowed; allowed: {error['ctx']['expected']}"
    elif not error["type"].startswith("value_error"):
        text = f"does not fit: {text[0].lower()}{text[1:]}"
    return f"{_name(layers, path)}: {given!r} {text}"


def _is_branch(step: int | str) -> bool:
    """Whether pydantic put *step* into the path to name the branch of a union."""
    return isinstance(step, str) and (step in {"str", "constrained-str"} or "[" in step)


def _nearest(path: tuple[int | str, ...]) -> str:
    model: Any = Settings
    for step in path[:-1]:
        model = model.model_fields[step].annotation
    known = sorted(model.model_fields)
    near = get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"allowed: {', '.join(known)}"
