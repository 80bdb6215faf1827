"""Reads environment variables and the settings file, and words what is wrong with a setting."""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsConfigDict

from dora.config.settings import Settings
from dora.config.source_problems import source_problem
from dora.errors import BadUsage

#: What may be given instead, by the type that pydantic gives an error of the kind of a value.
ALLOWED = {
    "tuple_type": 'a list, like ["api-*"]',
    "dict_type": "a table",
    "model_type": "a table",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


class Layer:
    """Settings of one origin, and how an error names that origin."""

    def __init__(
        self, values: dict[str, Any], origin: str, spelling: str = "{}", folder: Path = Path()
    ) -> None:
        self.values = values
        self.origin = origin
        self.spelling = spelling
        self.folder = folder  #: what paths in it are relative to

    def holds(self, path: tuple[int | str, ...]) -> bool:
        """Whether this origin sets the setting at *path*."""
        here: Any = self.values
        for step in path:
            if not isinstance(here, Mapping) or step not in here:
                return isinstance(step, int)  # an item of a list, or the branch of a union
            here = here[step]
        return True

    def name(self, path: tuple[int | str, ...]) -> str:
        """Name of the setting at *path* as this origin spells it."""
        key = ".".join(str(step) for step in path if isinstance(step, str))
        if len(path) > 1 and path[0] == "sources":  # an entry, by its position
            if self.spelling == "DORA_{}":
                return f"DORA_SOURCES: entry {int(path[1]) + 1}"
            return f"{self.origin}: [[sources]] {int(path[1]) + 1}"
        if self.spelling == "--{}":
            return "--" + key.removeprefix("collect.").replace("_", "-")
        if self.spelling == "DORA_{}":
            return "DORA_" + key.replace(".", "__").upper()
        return f"{self.origin}: {key}"


class _EnvironmentSettings(Settings):
    """Settings where an empty variable counts as not set."""

    model_config = SettingsConfigDict(env_ignore_empty=True)


def read_environment() -> dict[str, Any]:
    """Settings of the `DORA_…` variables; BadUsage where a list or table is not JSON."""
    if not any(name.upper().startswith("DORA_") for name in os.environ):
        return {}  # looking for each setting takes a millisecond
    try:
        return EnvSettingsSource(_EnvironmentSettings)()
    except ValueError as wrong:  # a list or table that is not JSON
        raise BadUsage(
            f"an environment variable cannot be read: {_not_json(str(wrong))}",
            "Lists and tables are written as JSON there: DORA_REPO='[\"api-*\"]'.",
        ) from None


def _not_json(wrong: str) -> str:
    """Name the variables that *wrong*, a message of pydantic, is about; else repeat it."""
    field = re.search(r'field "(\w+)"', wrong)
    start = f"DORA_{field[1]}".upper() if field else ""
    names = [
        name
        for name in sorted(os.environ)
        if os.environ[name] and (name.upper() == start or name.upper().startswith(f"{start}__"))
    ]
    return f"{' or '.join(names)} is not JSON" if field and names else wrong


def read_file(directory: Path, file: Path | None) -> Layer:
    """Settings of *file*, or else of `dora.toml` or `pyproject.toml` in *directory*."""
    own, project = directory / "dora.toml", directory / "pyproject.toml"
    chosen = file or next((path for path in (own, project) if path.is_file()), None)
    if chosen is None:
        return Layer({}, "dora.toml")
    try:
        document = tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise BadUsage(
            f"{chosen}: cannot be read: {wrong.strerror}", "Name a readable file with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadUsage(
            f"{chosen}: is not valid TOML: {wrong}", "See docs/configuration.md."
        ) from None
    if chosen.name == "pyproject.toml":
        tool = document.get("tool", {})
        document = tool.get("dora", {}) if isinstance(tool, Mapping) else {}
        if not isinstance(document, Mapping):
            raise BadUsage(f"{chosen.name}: [tool.dora] is no table", "See docs/configuration.md.")
        return Layer(_written(document), f"{chosen.name} [tool.dora]", folder=chosen.parent)
    return Layer(_written(document), chosen.name, folder=chosen.parent)


def _written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the dates of TOML in *document* into text, as other origins give them."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in document.items()
    }


def merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values of *over*, and of *under* where it has none; tables are merged key by key."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and key != "environments"
        merged[key] = merge(dict(below), value) if both else value  # type: ignore[arg-type]  # `both`
    return merged


def holder_of(layers: list[Layer], path: tuple[int | str, ...]) -> Layer:
    """The nearest origin that sets the setting at *path*, else the first one."""
    return next((layer for layer in layers if layer.values and layer.holds(path)), layers[0])


def name_of(layers: list[Layer], path: tuple[int | str, ...]) -> str:
    """Name of the setting at *path* in the nearest origin that sets it."""
    return holder_of(layers, path).name(path)


def problem_of(error: ErrorDetails, layers: list[Layer]) -> str:
    """Describe a wrong setting in one line: its name, its value, and what is allowed."""
    path = tuple(step for step in error["loc"] if not _is_branch(step))
    if path[0] == "sources" and len(path) > 1:
        key, text = source_problem(error, path[1:])
        return f"{name_of(layers, path[:2])}: {key and f'{key}: '}{text}"
    if error["type"] == "extra_forbidden":
        return f"{name_of(layers, path)}: unknown key; {_nearest(path)}"
    text = error["msg"].removeprefix("Value error, ")
    given = error["input"]
    if error["type"] in ALLOWED:
        is_list_of_tables = error["type"] == "tuple_type" and (
            isinstance(given, Mapping) or path == ("sources",)
        )
        of_tables = f"a list of tables, each below [[{'.'.join(map(str, path))}]]"
        if holder_of(layers, path).spelling == "DORA_{}":
            of_tables = "a list of tables, in JSON"
        text = (
            f"does not fit; allowed: {of_tables if is_list_of_tables else ALLOWED[error['type']]}"
        )
    elif error["type"] == "literal_error":
        text = f"is not allowed; allowed: {error['ctx']['expected']}"
    elif not error["type"].startswith("value_error"):
        text = f"does not fit: {text[0].lower()}{text[1:]}"
    return f"{name_of(layers, path)}: {given!r} {text}"


def _is_branch(step: int | str) -> bool:
    """Whether *step* of a path is the branch of a union, which pydantic adds."""
    return isinstance(step, str) and (step in {"str", "constrained-str"} or "[" in step)


def _nearest(path: tuple[int | str, ...]) -> str:
    model: Any = Settings
    for step in path[:-1]:
        is_item = isinstance(step, int)  # of a list
        model = get_args(model)[0] if is_item else model.model_fields[step].annotation
    known = sorted(field.alias or name for name, field in model.model_fields.items())
    near = get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"allowed: {', '.join(known)}"
