"""Temporary tables and how they are filled: by COPY in PostgreSQL, by executemany in SQLite.

A staged table has the columns of the table that its rows are for, except those that have the same
value in every row of a run. Characters that a database cannot hold are replaced.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, Text

from dora.publish.database import schema
from dora.publish.database.column_types import Instant, instant_text
from dora.publish.encodable import REPLACEMENT, encodable
from dora.report.deployment_ids import DeploymentId, id_order, own_name
from dora.report.evidence import ChangeEvidence, DeploymentEvidence, EpisodeEvidence
from dora.report.evidence_json import Item

Values = tuple[Any, ...]
#: Columns that have the same value in every row of a run.
CONSTANT = ("organization", "as_of", "generated_at")
#: The table is dropped with the transaction, or in SQLite with the connection.
TEMPORARY: dict[str, Any] = {"prefixes": ["TEMPORARY"], "postgresql_on_commit": "DROP"}
#: The repositories and environments that this run covers.
COVERED = Table(
    "staged_places",
    MetaData(),
    Column("repository", Text),
    Column("environment", Text),
    **TEMPORARY,
)
#: The windows of later runs, and the repositories and environments that they cover.
LATER = Table(
    "staged_later",
    MetaData(),
    Column("repository", Text),
    Column("environment", Text),
    Column("since", Instant),
    Column("until", Instant),
    **TEMPORARY,
)


def clean(text: str) -> str:
    """*text* with a replacement for what not every database can hold: also NUL in PostgreSQL."""
    return encodable(text.replace("\0", REPLACEMENT))


def number_of(id_: DeploymentId, environment: str) -> int:
    """The number by which the tables know a deployment: GitHub's id is itself.

    A text and its environment have one below 0 that is made of their digest: the same in every run,
    and no two deployments of a repository have the same.
    """
    name = own_name(id_, environment)
    if isinstance(name, int):
        return name
    digest = sha256(name.encode("utf-8", "surrogatepass")).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 1)


@cache
def staged(table: Table) -> Table:
    """The temporary table whose rows are to become rows of *table*."""
    columns = [
        Column(one.name, one.type, nullable=True)
        for one in table.columns
        if one.name not in CONSTANT and schema.KEPT not in one.info
    ]
    keys = [one.name for one in table.primary_key.columns if one.name not in CONSTANT]
    return Table(f"staged_{table.name}", MetaData(), *columns, **TEMPORARY, info={"key": keys})


def make(connection: Connection, table: Table) -> None:
    """Create a temporary table."""
    table.create(connection, checkfirst=False)


def load(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Fill a temporary table with *rows*, whose values are in the order of its columns."""
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
    if keys := table.info.get("key"):  # SQLite looks each row up where PostgreSQL joins
        driver.execute(f"CREATE INDEX temp.{table.name}_key ON {table.name} ({', '.join(keys)})")


def _plain(row: Sequence[Any]) -> list[Any]:
    """The values of a row as SQLite stores them."""
    return [
        clean(one) if type(one) is str
        else instant_text(one) if type(one) is datetime
        else one.isoformat() if type(one) is date
        else one
        for one in row
    ]  # fmt: skip


# -- Evidence -----------------------------------------------------------------------------------


def stage_items(connection: Connection, items: Iterable[Item]) -> None:
    """Fill the staged tables of evidence from the items of a file, without holding all of them.

    Items of one kind that follow each other are loaded together. The rows that belong to an item
    are collected while its own are loaded, and loaded after them.
    """
    for table in (*schema.FACTS, schema.REASONS, schema.EPISODE_DEPLOYMENTS):
        make(connection, staged(table))
    for kind, those in groupby(items, key=type):
        table, parts, row_of = STAGED[kind]
        rows_of_parts: list[Values] = []
        load(connection, staged(table), (row_of(one, rows_of_parts) for one in those))
        if parts is not None:
            load(connection, staged(parts), rows_of_parts)


def _deployment_row(one: DeploymentEvidence, reasons: list[Values]) -> Values:
    number = number_of(one.id, one.environment)
    reasons += [
        (one.repository, number, why.signal, why.by, why.began_at, why.ended_at)
        for why in one.reasons
    ]
    return (one.repository, number, one.environment, one.service, one.sha, one.url,
            one.created_at, one.succeeded_at, one.failed_status_at, one.finished_at,
            one.outcome, one.baseline, one.rework, bool(one.reasons), one.unchanged,
            one.source, str(one.id))  # fmt: skip


def _change_row(one: ChangeEvidence, _: list[Values]) -> Values:
    number = None if one.deployment is None else number_of(one.deployment, one.environment)
    return (one.repository, one.environment, one.service, one.sha, number, one.url,
            one.started_at, one.shipped_at, one.lead_time, one.pull_request)  # fmt: skip


def _episode_row(one: EpisodeEvidence, deployments: list[Values]) -> Values:
    names = sorted({*one.deployments}, key=id_order)
    first, *others = (number_of(name, one.environment) for name in names)
    deployments += [(one.repository, first, number) for number in (first, *others)]
    return (one.repository, first, one.environment, one.service, one.began_at, one.ended_at,
            one.never_live)  # fmt: skip


#: Of each kind of item: its table, the table of the rows that belong to it, and how its row is
#: made, in the order of the columns.
STAGED: dict[type, tuple[Table, Table | None, Callable[[Any, list[Values]], Values]]] = {
    DeploymentEvidence: (schema.DEPLOYMENTS, schema.REASONS, _deployment_row),
    ChangeEvidence: (schema.CHANGES, None, _change_row),
    EpisodeEvidence: (schema.EPISODES, schema.EPISODE_DEPLOYMENTS, _episode_row),
}
