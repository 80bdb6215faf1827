"""Merges options, environment variables and the settings file into one frozen `Config`.

Option beats environment variable (`DORA_SINCE` …) beats file (`dora.toml`, `[tool.dora]` in
`pyproject.toml`) beats default. All wrong settings are reported together, each with its
origin and what is allowed. A `Config` holds no secret.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from platformdirs import user_cache_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dora.config.settings import Settings, known_zone
from dora.config.source_settings import FileSource
from dora.config.sources import (
    Layer,
    holder_of,
    merge,
    name_of,
    problem_of,
    read_environment,
    read_file,
)
from dora.config.window import Window, parse_age, parse_instant
from dora.errors import BadUsage

#: Parts a trend may have at most: every row has each of them.
MOST_PARTS = 1_000
PARTS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


class Config(Settings):
    """Settings of one run, its window resolved against the one reading of the clock."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    window: Window
    now: datetime
    """The one reading of the clock."""
    first_until: datetime | None = None
    """End of the earliest window, where data is read for several."""
    source_folder: Path = Field(default=Path(), repr=False, exclude=True)
    """What the paths of `[[sources]]` are relative to."""
    incident_folder: Path = Field(default=Path(), repr=False, exclude=True)
    """What the path of `incidents.file` is relative to."""

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
    def lookback_start(self) -> datetime:
        """Start of the look-back: `since` less `lookback` (W3), at the earliest the year 1."""
        try:
            return self.window.since - self.lookback
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    @property
    def before(self) -> "Config":
        """The same settings for the window of equal length just before, as of its end (K1)."""
        window = self.window
        try:
            since = window.since - window.length
            since.astimezone(window.zone)  # which may be a day off
        except OverflowError:
            raise BadUsage(
                "--compare: there is no window of equal length before",
                "Choose a shorter window, or leave --compare out.",
            ) from None
        earlier = Window(since, window.since, window.timezone)
        return self.model_copy(update={"window": earlier, "compare": False, "trend": None})

    @property
    def reading(self) -> "Config":
        """The same settings for everything to be read: with `compare` the earlier window, too."""
        if not self.compare:
            return self
        window = Window(self.before.window.since, self.window.until, self.window.timezone)
        return self.model_copy(update={"window": window, "first_until": self.window.since})

    @property
    def cache_directory(self) -> Path | None:
        """Folder of the cache; None where caching is turned off.

        LookupError where no folder was named and the user has no home folder.
        """
        if self.collect.cache is False:
            return None
        if self.collect.cache:
            try:
                return Path(self.collect.cache).expanduser()
            except RuntimeError:
                raise BadUsage(
                    f"the cache {self.collect.cache} is in nobody's home",
                    "Name another folder with --cache, or none with --no-cache.",
                ) from None
        try:
            folder = user_cache_path("dora", appauthor=False)
        except RuntimeError:
            folder = Path("~")
        if not folder.is_absolute():
            raise LookupError("there is no home folder")
        return folder

    def path_of(self, source: FileSource) -> Path:
        """Where the file of a source is: from the folder of the settings file that names it."""
        return self.source_folder / _at_home(source.path)

    @property
    def incident_path(self) -> Path | None:
        """Where the file of incidents is, if there is one (F7)."""
        file = self.incidents.file
        return self.incident_folder / _at_home(file) if file else None

    @property
    def digest(self) -> str:
        """`sha256:…` of every setting that affects the numbers, not of concurrency and limits.

        A file of deployments or incidents is in it by the path as it is written, not by what the
        file holds: that is data, as what GitHub holds is.
        """
        deciding = self.model_dump(
            mode="json",
            exclude={
                "window",
                "now",
                "first_until",
                "since",
                "until",
                "collect",
                "trend",
                "compare",
            },
        )
        deciding["environments"] = list(self.environments.items())  # the first that fits wins
        deciding["older_deployments"] = self.collect.older_deployments
        text = json.dumps(deciding, sort_keys=True, ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def load_config(
    options: Mapping[str, Any],
    *,
    now: datetime,
    directory: Path,
    file: Path | None = None,
    with_file: bool = True,
) -> Config:
    """Load the settings of a run; *options* are those of the command line, None where not given.

    Reads the file in *directory* (or *file*), if *with_file*, and the `DORA_…` environment
    variables. BadUsage lists every problem, one a line.
    """
    layers = [
        Layer(
            {key: value for key, value in options.items() if value not in (None, ())},
            "",
            "--{}",
            directory,
        ),
        Layer(read_environment(), "", "DORA_{}", directory),
        *([read_file(directory, file)] if with_file else []),
    ]
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = merge(merged, layer.values)
    try:
        settings = _GivenSettings.model_validate(merged)
    except ValidationError as wrong:
        problems = [problem_of(error, layers) for error in wrong.errors()]
        problems += _window_problems(merged, layers, now)
        raise BadUsage("\n".join(dict.fromkeys(problems))) from None
    problems = _window_problems(merged, layers, now)
    if problems:
        raise BadUsage("\n".join(problems))
    window = _window(settings, now)
    problem = _trend_problem(settings.trend, window)
    if problem:
        raise BadUsage(f"{name_of(layers, ('trend',))}: {problem}")
    return Config.model_construct(
        **dict(settings),
        window=window,
        now=now,
        source_folder=holder_of(layers, ("sources",)).folder,
        incident_folder=holder_of(layers, ("incidents", "file")).folder,
    )


def _at_home(path: str) -> Path:
    """A path whose `~` is the user's home folder, if there is one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


class _GivenSettings(Settings):
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


def _window_problems(merged: dict[str, Any], layers: list[Layer], now: datetime) -> list[str]:
    """What is wrong with `since` and `until`, beside what is wrong with other settings."""
    try:
        zone = ZoneInfo(known_zone(str(merged.get("timezone", "UTC"))))
    except ValueError:  # has a message of its own; other problems do not depend on it
        zone = ZoneInfo("UTC")
    problems, instants = [], {"since": now - parse_age("90d"), "until": now}
    for key, text in merged.items():
        if key not in instants or not isinstance(text, str):
            continue
        try:
            instants[key] = parse_instant(text, now, zone)
        except ValueError as wrong:
            problems.append(f"{name_of(layers, (key,))}: {text!r} {wrong}")
            continue
        if instants[key] > now:
            setting = f"{name_of(layers, (key,))}: {text!r}"
            problems.append(f"{setting} is in the future; allowed: up to now")
    if not problems and instants["since"] >= instants["until"]:
        begin, end = (f"{instants[key]:%Y-%m-%d %H:%M} UTC" for key in instants)
        problems.append(
            f"{name_of(layers, ('since',))}: the window would begin at {begin} and end at {end}; "
            "allowed: a begin before the end"
        )
    return problems


def _trend_problem(trend: str | None, window: Window) -> str:
    """What is wrong with cutting *window* into days, weeks or months; empty for nothing."""
    if trend is None or window.length <= (MOST_PARTS - 1) * PARTS[trend]:
        return ""
    about = window.length // PARTS[trend] + 1
    return (
        f"{trend!r} would cut the window into about {about:,} parts; "
        f"allowed: up to {MOST_PARTS:,}, by longer parts or a shorter window"
    )
