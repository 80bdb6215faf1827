"""What every table of settings is made of."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from dora.config.window import parse_age

Globs = tuple[str, ...]


def _age(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    return parse_age(str(value))


Age = Annotated[timedelta, BeforeValidator(_age)]


def pattern_with(group: str, example: str) -> Callable[[str], str]:
    """A check of a regular expression that has a group of that name, or is empty."""

    def check(value: str) -> str:
        try:
            groups = re.compile(value).groupindex
        except re.error as wrong:
            raise ValueError(f"is not a regular expression: {wrong}") from None
        if value and group not in groups:
            raise ValueError(f"has no group named {group}; allowed: like {example}")
        return value

    return check


class SettingsSection(BaseModel):
    """A table of settings: frozen, and with an error for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
