"""A report and its evidence in, the same facts in a database out: one transaction, once or never.

Staged first, which takes long and is in nobody's way; then locked, and merged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, select, text

from dora.publish.database import schema
from dora.publish.database.connection import LOCK_SECONDS, Place
from dora.publish.database.errors import told
from dora.publish.database.merge_evidence import merge_facts, spell_environments
from dora.publish.database.merge_report import merge_figures, stage_figures
from dora.publish.database.migrations import upgrade, version_of
from dora.publish.database.precedence import Run, spell
from dora.publish.database.rows import run_of, run_of_evidence
from dora.publish.database.staging import stage_items
from dora.publish.database.texts import clean
from dora.report.documents import check_evidence
from dora.report.evidence_stream import Window, check_readable, read_items
from dora.report.model import Report

#: Names this program's lock among those of others: the letters of `dora`.
LOCK = int.from_bytes(b"dora")
#: Of the transaction alone. What is merged was loaded a moment ago and is not in the statistics of
#: the planner, which would compare each row with each.
SETTINGS = {
    "lock_timeout": f"{LOCK_SECONDS}s",
    "timezone": "UTC",
    "enable_nestloop": "off",
    "work_mem": "64MB",
}


@dataclass(frozen=True)
class Done:
    """What a run did: items in the evidence, and rows new or changed, and removed."""

    counts: dict[str, int]
    changed: int
    removed: int
    is_old: bool = False  #: whether a newer report of this window was there, and stayed


def publish(report: Report, evidence: Path | None, place: Place) -> Done:
    """Write a report, and the evidence of a file, into a database.

    CannotReach, NoAccess or CannotWrite say what the database refuses; CannotRead and BadUsage
    what is wrong with the files. Then nothing was changed.
    """
    if evidence is not None:
        check_readable(evidence)  # else SQLite would make a file, and leave it empty
    engine = place.engine()
    with told(place), engine.connect() as connection, connection.begin():
        _enter(connection, place)
        version_of(connection)
        window = Window()
        if evidence is not None:
            stage_items(connection, read_items(evidence, window))
            check_evidence(report, window.until, window.organization)
        _lock(connection, place)
        _make_schema(connection, place)
        upgrade(connection)
        return _merge(connection, report, window if evidence else None)


def _merge(connection: Connection, report: Report, window: Window | None) -> Done:
    organization = spell(clean(report.organization), connection)
    run = Run(connection, organization, run_of(report))
    is_old = _is_old(run)
    changed = removed = 0
    if not is_old:
        stage_figures(run, report)
        figures = merge_figures(run)
        changed, removed = figures["changed"], figures["removed"]
        _note(run)
    if window is not None:
        of_evidence = Run(connection, organization, run_of_evidence(report, window))
        spell_environments(of_evidence, schema.FACTS)
        if not _is_old(of_evidence):
            facts = merge_facts(of_evidence)
            changed, removed = changed + facts["changed"], removed + facts["removed"]
            _note(of_evidence)
    return Done(window.counts if window else {}, changed, removed, is_old)


def _is_old(run: Run) -> bool:
    """Whether the same window was published by a later run that looked at the same."""
    found = run.connection.scalar(select(schema.RUNS.c.generated_at).where(_this(run)))
    return found is not None and found > run.row["generated_at"]


def _note(run: Run) -> None:
    """Keep what was published, for the runs that come after."""
    table = schema.RUNS
    row = {"organization": run.organization, **run.row}
    found = run.connection.execute(select(table).where(_this(run))).mappings().first()
    if found is None:
        run.connection.execute(table.insert().values(**row))
    elif dict(found) != row:
        run.connection.execute(table.update().where(_this(run)).values(**row))


def _this(run: Run) -> Any:
    table = schema.RUNS
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.since == run.since,
        table.c.until == run.until,
        table.c.scope == run.row["scope"],
    )


# -- The database -------------------------------------------------------------------------------


def _enter(connection: Connection, place: Place) -> None:
    """From here on a table's name means the one in the schema that was chosen."""
    if place.is_sqlite:
        return
    quoted = '"' + place.schema.replace('"', '""') + '"'
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": quoted})
    for name, value in SETTINGS.items():
        connection.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value}
        )


def _lock(connection: Connection, place: Place) -> None:
    """One run at a time; it is let go with the transaction. SQLite's began with a lock."""
    if not place.is_sqlite:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(:schema))"),
            {"lock": LOCK, "schema": place.schema},
        )


def _make_schema(connection: Connection, place: Place) -> None:
    """Make the schema where it is not there; only then does it take the right to."""
    if place.is_sqlite:
        return
    there = connection.scalar(
        text("SELECT count(*) FROM pg_namespace WHERE nspname = :name"), {"name": place.schema}
    )
    if not there:
        quoted = place.schema.replace('"', '""').replace(":", "\\:")
        connection.execute(text(f'CREATE SCHEMA "{quoted}"'))


@contextmanager
def opened(place: Place) -> Iterator[Connection]:
    """A connection to what was published, to read it; for tests and whoever looks by hand."""
    with told(place), place.engine().connect() as connection, connection.begin():
        _enter(connection, place)
        yield connection
