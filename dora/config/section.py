"""What every table of settings is made of."""

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


class SettingsSection(BaseModel):
    """A table of settings: frozen, and with an error for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
