"""Types of columns that PostgreSQL has and SQLite stores as texts."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Date, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine


class Instant(TypeDecorator[datetime]):
    """A UTC instant: `timestamptz` in PostgreSQL, in SQLite a text that sorts as instants do."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database; SQLite has none, and stores a text."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """In SQLite a text; all have the same length, so that they sort as instants do."""
        return instant_text(value) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the signature is SQLAlchemy's
        """An aware datetime in UTC."""
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return value.astimezone(UTC) if value else None


class Day(TypeDecorator[date]):
    """A calendar day: `date` in PostgreSQL, a text in SQLite."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database; SQLite has none, and stores a text."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """In SQLite a text in ISO 8601."""
        return value.isoformat() if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ARG002  # as above
        """The day."""
        return date.fromisoformat(value) if isinstance(value, str) else value


def instant_text(value: datetime) -> str:
    """An instant as SQLite stores it: `2026-11-23T06:00:00.000000Z`."""
    text = value.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{text.removesuffix('+00:00')}Z"
