"""Rows in, temporary tables that hold them out: by COPY in PostgreSQL, by executemany in SQLite.

A staged table has the columns of the table it is for, less those that are the same in every row
of a run. What a database cannot hold of a name is replaced.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, Text

from dora.publish.database import schema
from dora.publish.database.schema import Instant, instant_text
from dora.publish.database.texts import clean

#: The same in every row of a run.
CONSTANT = ("organization", "as_of", "generated_at")
#: It is gone with the transaction, or in SQLite with the connection.
TEMPORARY: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
#: Rows that a run of another place or time decides about, and places that this run covers.
PLACES = Table(
    "staged_places",
    MetaData(),
    Column("repository", Text),
    Column("environment", Text),
    **TEMPORARY,
)
LATER = Table(
    "staged_later",
    MetaData(),
    Column("repository", Text),
    Column("environment", Text),
    Column("tier", Text),
    Column("since", Instant),
    Column("until", Instant),
    **TEMPORARY,
)


@cache
def staged(table: Table) -> Table:
    """The temporary table whose rows are to become rows of *table*."""
    columns = [
        Column(one.name, one.type, nullable=True) for one in table.columns
        if one.name not in CONSTANT and schema.KEPT not in one.info
    ]  # fmt: skip
    keys = [one.name for one in table.primary_key.columns if one.name not in CONSTANT]
    return Table(f"staged_{table.name}", MetaData(), *columns, **TEMPORARY, info={"key": keys})


def make(connection: Connection, table: Table) -> None:
    """Make a temporary table."""
    table.create(connection, checkfirst=False)


def load(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Fill a temporary table; its rows come in the order of its columns."""
    if connection.dialect.name == "sqlite":
        _insert(connection, table, rows)
    else:
        _copy(connection, table, rows)


def _copy(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    names = ", ".join(f'"{one.name}"' for one in table.columns)
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([clean(one) if type(one) is str else one for one in row])
        cursor.execute(f"ANALYZE {table.name}")


def _insert(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    marks = ", ".join("?" * len(table.columns))
    driver.executemany(f"INSERT INTO {table.name} VALUES ({marks})", map(_plain, rows))  # noqa: S608  # names of our own tables
    if keys := table.info.get("key"):  # SQLite looks rows up, where PostgreSQL joins
        driver.execute(f"CREATE INDEX temp.{table.name}_key ON {table.name} ({', '.join(keys)})")


def _plain(row: Sequence[Any]) -> list[Any]:
    """A row as SQLite takes it."""
    return [
        clean(one) if type(one) is str
        else instant_text(one) if type(one) is datetime
        else one.isoformat() if hasattr(one, "isoformat")
        else one
        for one in row
    ]  # fmt: skip


# -- Evidence -----------------------------------------------------------------------------------


def stage_items(connection: Connection, items: Iterator[tuple[str, Any]]) -> None:
    """Fill the staged tables of facts from the items of a file, without holding them all."""
    for table in (*schema.FACTS, schema.REASONS, schema.EPISODE_DEPLOYMENTS):
        make(connection, staged(table))
    feed = _Feed(items)
    while (name := feed.name()) is not None:
        beside: list[tuple[Any, ...]] = []
        if name == "deployments":
            rows = (_deployment(values, beside) for values in feed.of(name))
            load(connection, staged(schema.DEPLOYMENTS), rows)
            load(connection, staged(schema.REASONS), beside)
        elif name == "changes":
            load(connection, staged(schema.CHANGES), map(_change, feed.of(name)))
        else:
            rows = (_episode(values, beside) for values in feed.of(name))
            load(connection, staged(schema.EPISODES), rows)
            load(connection, staged(schema.EPISODE_DEPLOYMENTS), beside)


class _Feed:
    """Items with their list's name, told list by list."""

    def __init__(self, items: Iterator[tuple[str, Any]]) -> None:
        self.items = items
        self.ahead = next(items, None)

    def name(self) -> str | None:
        """Name of the list that comes next."""
        return self.ahead[0] if self.ahead else None

    def of(self, name: str) -> Iterator[Any]:
        """The items of that list."""
        while self.ahead is not None and self.ahead[0] == name:
            yield self.ahead[1]
            self.ahead = next(self.items, None)


def _deployment(values: Any, beside: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    (repository, environment, service, number, sha, url, created, succeeded, failed, outcome,
     baseline, rework, reasons) = values  # fmt: skip
    finished = min((one for one in (succeeded, failed) if one), default=None)
    beside += [
        (repository, number, signal, by, began, ended) for signal, began, ended, by in reasons
    ]
    return (repository, number, environment, service, sha, url, created, succeeded, failed,
            finished, outcome, baseline, rework, bool(reasons))  # fmt: skip


def _change(values: Any) -> tuple[Any, ...]:
    repository, environment, service, sha, url, deployment, started, shipped, took, request = values
    return (repository, environment, service, sha, deployment, url, started, shipped, took,
            request)  # fmt: skip


def _episode(values: Any, beside: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    repository, environment, service, began, ended, ids = values
    first = min(ids)
    beside += [(repository, first, one) for one in sorted(set(ids))]
    return repository, first, environment, service, began, ended
