"""Reading a JSON file of a known schema, and saying what is wrong with one that is not usable."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from dora.errors import CannotRead


def read_json(path: Path, schema: str, kind: str, advice: str) -> dict[str, Any]:
    """The JSON object that a file holds, if its key `schema` has that value.

    CannotRead says what is wrong with the file, which should have held a *kind*; *advice* is how to
    make one.
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
    """Raise CannotRead that names the first place of the file that is not as it must be."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "metrics")
    raise CannotRead(f"{path} is no {kind} that can be used: {where}: {first['msg']}", advice)


def _finite(text: str) -> float:
    """The number that *text* is; ValueError for NaN, infinity and what is too large."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
