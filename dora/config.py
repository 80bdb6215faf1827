"""Options, environment variables and a file in, one frozen `Config` out; no secret among it.

Option beats environment variable (`DORA_SINCE` …) beats file (`dora.toml`, `[tool.dora]` in
`pyproject.toml`) beats default. Every wrong setting is told at once: where, which, what is allowed.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from dora.errors import BadUsage
from dora.settings import Settings, known_zone
from dora.window import Window, parse_age, parse_instant


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
    def lookback_start(self) -> datetime:
        """Begin of the look-back: `since` less `lookback` (W3), or of time where that is later."""
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
        except OverflowError:
            raise BadUsage(
                "--compare: there is no window of equal length before",
                "Choose a shorter window, or leave --compare out.",
            ) from None
        earlier = Window(since, window.since, window.timezone)
        return self.model_copy(update={"window": earlier, "compare": False, "trend": None})

    @property
    def reading(self) -> "Config":
        """The same settings for all that must be read: with `compare` the window before, too."""
        if not self.compare:
            return self
        window = Window(self.before.window.since, self.window.until, self.window.timezone)
        return self.model_copy(update={"window": window})

    @property
    def cache_directory(self) -> Path | None:
        """Folder of what is kept of commits; None where nothing is to be kept.

        LookupError where none was named and there is no home folder that it could be in.
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
        from platformdirs import user_cache_path  # noqa: PLC0415  # only where it is asked for

        try:
            folder = user_cache_path("dora", appauthor=False)
        except RuntimeError:
            folder = Path("~")
        if not folder.is_absolute():
            raise LookupError("there is no home folder")
        return folder

    @property
    def digest(self) -> str:
        """`sha256:…` of every setting that decides the numbers (not of how GitHub is asked)."""
        deciding = self.model_dump(
            mode="json",
            exclude={"window", "now", "since", "until", "collect", "trend", "compare"},
        )
        deciding["environments"] = list(self.environments.items())  # the first that fits wins
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
            return "--" + key.removeprefix("collect.").replace("_", "-")
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
        zone = ZoneInfo(known_zone(str(merged.get("timezone", "UTC"))))
    except ValueError:  # told by itself; what is wrong beside it is wrong in any zone
        zone = ZoneInfo("UTC")
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
        tool = document.get("tool", {})
        document = tool.get("dora", {}) if isinstance(tool, Mapping) else {}
        if not isinstance(document, Mapping):
            raise BadUsage(f"{chosen.name}: [tool.dora] is no table", "See docs/configuration.md.")
        return _Layer(_written(document), f"{chosen.name} [tool.dora]")
    return _Layer(_written(document), chosen.name)


def _written(document: Mapping[str, Any]) -> dict[str, Any]:
    """*document* with dates, which TOML has of its own, as they are written elsewhere."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in document.items()
    }


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
