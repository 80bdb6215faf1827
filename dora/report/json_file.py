"""Reads a JSON file of a known schema, and reports what is wrong with an unusable one."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from dora.errors import CannotRead


def read_json(path: Path, schema: str, kind: str, advice: str) -> dict[str, Any]:
    """The JSON object in a file whose key `schema` has the value *schema*.

    Raises CannotRead with what is wrong with the file, which should hold a *kind*, and *advice* on
    how to make one.
    """
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite
        )
    except OSError as wrong:
        raise CannotRead(f"{path} cannot be read: {wrong.strerror}", advice) from None
    except (ValueError, RecursionError):
        raise CannotRead(f"{path} is no JSON", advice) from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != schema:
        raise CannotRead(f"{path} is no {kind}: its schema is {found!r}, not {schema!r}", advice)
    checked: dict[str, Any] = document
    return checked


def refuse(path: Path, kind: str, wrong: ValidationError, advice: str) -> NoReturn:
    """Raise CannotRead with the first field of the file that is not valid."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "metrics")
    raise CannotRead(f"{path} is no {kind} that can be used: {where}: {first['msg']}", advice)


def _finite(text: str) -> float:
    """The number in *text*; raises ValueError for NaN, infinity and numbers too large."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
