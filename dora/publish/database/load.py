"""Writes a report and its evidence into a database, in one transaction.

The rows are staged first, which takes most of the time and blocks no other run. Then the tables are
locked and the staged rows merged into them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, select, text

from dora.publish.database import schema
from dora.publish.database.connection import LOCK_SECONDS, DatabaseAddress
from dora.publish.database.errors import explained_errors
from dora.publish.database.merge_evidence import merge_evidence
from dora.publish.database.merge_report import merge_report, stage_report
from dora.publish.database.migrations import upgrade, version_of
from dora.publish.database.precedence import Run, spell
from dora.publish.database.rows import run_of, run_of_evidence
from dora.publish.database.spelling import unify_spelling
from dora.publish.database.staging import clean, stage_items
from dora.report.evidence import check_evidence
from dora.report.evidence_stream import EvidenceHeader, check_readable, read_items
from dora.report.model import Report

#: The number of this program's lock among those of other programs: the letters of `dora`.
LOCK = int.from_bytes(b"dora")
#: Settings of the transaction alone. The planner has no statistics of rows that were loaded a
#: moment ago; with nested loops it would compare each row with each.
SETTINGS = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "timezone": "UTC",
    "enable_nestloop": "off",
    "work_mem": "64MB",
}


@dataclass(frozen=True)
class LoadSummary:
    """What a run did to the database."""

    changed: int  #: rows that are new or changed
    removed: int
    is_old: bool = False  #: whether a later report of this window was there already, and stays


def publish(report: Report, evidence: Path | None, address: DatabaseAddress) -> LoadSummary:
    """Write a report, and the evidence of a file, into a database.

    CannotReach, NoAccess and CannotWrite say why the database does not accept it, CannotRead and
    BadUsage what is wrong with the files. After an error nothing is changed.
    """
    if evidence is not None:
        check_readable(evidence)  # before SQLite creates a file, which would stay empty
    engine = address.engine()
    with explained_errors(address), engine.connect() as connection, connection.begin():
        _enter(connection, address)
        version_of(connection)
        header = EvidenceHeader()
        if evidence is not None:
            stage_items(connection, read_items(evidence, header))
            check_evidence(report, header.until, header.organization)
        _lock(connection, address)
        _make_schema(connection, address)
        upgrade(connection)
        return _merge(connection, report, header if evidence else None)


def _merge(connection: Connection, report: Report, header: EvidenceHeader | None) -> LoadSummary:
    """Merge the report and the staged evidence, each unless a later run has published it."""
    organization = spell(clean(report.organization), connection)
    run = Run(connection, organization, run_of(report))
    is_old = _is_old(run)
    changed = removed = 0
    if not is_old:
        stage_report(run, report)
        changed, removed = merge_report(run)
        _record(run)
    if header is not None:
        of_evidence = Run(connection, organization, run_of_evidence(report, header))
        unify_spelling(of_evidence, schema.FACTS)
        if not _is_old(of_evidence):
            more_changed, more_removed = merge_evidence(of_evidence)
            changed, removed = changed + more_changed, removed + more_removed
            _record(of_evidence)
    return LoadSummary(changed, removed, is_old)


def _is_old(run: Run) -> bool:
    """Whether a later run with the same window and scope was published already."""
    found = run.connection.scalar(select(schema.RUNS.c.generated_at).where(_this(run)))
    return found is not None and found > run.row["generated_at"]


def _record(run: Run) -> None:
    """Write the row of `runs`, by which later runs see what this one published."""
    table = schema.RUNS
    row = {"organization": run.organization, **run.row}
    found = run.connection.execute(select(table).where(_this(run))).mappings().first()
    if found is None:
        run.connection.execute(table.insert().values(**row))
    elif dict(found) != row:
        run.connection.execute(table.update().where(_this(run)).values(**row))


def _this(run: Run) -> Any:
    """The row of `runs` of the same window and scope."""
    table = schema.RUNS
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.since == run.since,
        table.c.until == run.until,
        table.c.scope == run.row["scope"],
    )


# -- The database -------------------------------------------------------------------------------


def _enter(connection: Connection, address: DatabaseAddress) -> None:
    """Make the names of tables mean those in the chosen schema, for this transaction."""
    if address.is_sqlite:
        return
    quoted = '"' + address.schema.replace('"', '""') + '"'
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": quoted})
    for name, value in SETTINGS.items():
        connection.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value}
        )


def _lock(connection: Connection, address: DatabaseAddress) -> None:
    """Let one run in at a time until the transaction ends; one of SQLite begins with a lock."""
    if not address.is_sqlite:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(:schema))"),
            {"lock": LOCK, "schema": address.schema},
        )


def _make_schema(connection: Connection, address: DatabaseAddress) -> None:
    """Create the schema if it does not exist; only then is the right to do so needed."""
    if address.is_sqlite:
        return
    there = connection.scalar(
        text("SELECT count(*) FROM pg_namespace WHERE nspname = :name"), {"name": address.schema}
    )
    if not there:
        quoted = address.schema.replace('"', '""').replace(":", "\\:")
        connection.execute(text(f'CREATE SCHEMA "{quoted}"'))


@contextmanager
def opened(address: DatabaseAddress) -> Iterator[Connection]:
    """A connection that finds the tables by their names; for tests and for a look by hand."""
    with explained_errors(address), address.engine().connect() as connection, connection.begin():
        _enter(connection, address)
        yield connection
