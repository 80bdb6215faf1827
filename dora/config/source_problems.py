"""Words what is wrong with an entry of `[[sources]]`, so that a newcomer can correct it (D8)."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from dora.config.source_settings import CLASSES, KINDS

#: Path of a setting below `sources`: position from 0, kind (which pydantic adds), key, item.
Path = tuple[int | str, ...]
#: What may be written for a key that must be given.
EXAMPLES = {
    "workflow": "a glob of the workflow's name or of its file's, like \"deploy.yml\"",
    "path": 'the path of a CSV, JSON Lines or Parquet file, like "deployments.csv"',
}
#: What may be given instead of a value of the wrong type.
TYPES = {
    "tuple_type": 'a glob or a list of globs, like ["api-*"]',
    "string_type": "one text in quotes",
}
KEY, ITEM = 2, 3  #: places in a path


def source_problem(error: ErrorDetails, path: Path) -> tuple[str, str]:
    """The key that is wrong, empty where it is the whole entry, and what is wrong with it.

    *error* is one of pydantic's, *path* its path below `sources`, which names an entry at least.
    """
    kind = str(path[1]) if len(path) > 1 else ""
    key = str(path[KEY]) if len(path) > KEY else ""
    given = error["input"]
    if not kind:
        return _without_kind(given)
    if error["type"] == "missing":
        return key, f"is missing; allowed: {EXAMPLES[key]}"
    if error["type"] == "extra_forbidden":
        return key, _unknown_key(key, kind)
    text = error["msg"].removeprefix("Value error, ")
    if not key:  # about two keys at once
        return key, text
    if error["type"] in TYPES:
        is_list = len(path) > ITEM
        allowed = "texts in the list" if is_list else TYPES[error["type"]]
        return key, f"{given!r} does not fit; allowed: {allowed}"
    return key, f"{given!r} {text}"


def _without_kind(entry: Any) -> tuple[str, str]:
    """What is wrong with an entry that does not say where deployments are found."""
    allowed = ", ".join(KINDS)
    if not isinstance(entry, Mapping):
        return "", f'{entry!r} does not fit; allowed: a table, like {{from = "releases"}}'
    if "from" not in entry:
        keys = [key for key in entry if key not in CLASSES["deployments"].model_fields]
        kinds = [kind for kind in KINDS if keys and set(keys) <= {*_keys(kind)}]
        hint = f"did you mean from = {kinds[0]!r}? " if len(kinds) == 1 else ""
        return "from", f"is missing; {hint}allowed: {allowed}"
    given = entry["from"]
    near = get_close_matches(str(given).casefold(), KINDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return "from", f"{given!r} is not allowed; {hint}allowed: {allowed}"


def _unknown_key(key: str, kind: str) -> str:
    """What to do about a key that entries of this kind do not have."""
    others = [f'"{other}"' for other in KINDS if key in _keys(other)]
    allowed = f"allowed: {', '.join(_keys(kind))}"
    if others:
        return f'is a key of from = {" and ".join(others)}, not of "{kind}"; {allowed}'
    near = get_close_matches(key, _keys(kind), n=1, cutoff=0.5)
    return f"unknown key; {f'did you mean {near[0]!r}?' if near else allowed}"


def _keys(kind: str) -> list[str]:
    """The keys of entries of a kind, as the settings file writes them."""
    return [field.alias or name for name, field in CLASSES[kind].model_fields.items()]
