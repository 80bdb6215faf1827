"""One run of the program in, what it decides about out: which facts it covers, and which are older.

Of two runs that tell one fact the later wins: the one whose window ends later, or of two that end
together the one that was made later. So the order in which they are published does not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, and_, func, literal, not_, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from dora.config.globs import compile_globs
from dora.publish.database import schema
from dora.publish.database.rows import scope_of
from dora.publish.database.schema import RUNS, Instant
from dora.publish.database.staging import CONSTANT, staged
from dora.report.model import Scope

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Run:
    """A report or evidence that is being published, and the connection that it is told to."""

    connection: Connection
    organization: str  #: as the database spells it
    row: dict[str, Any]  #: its row of `runs`

    @property
    def kind(self) -> str:
        """What its rows are by, or `evidence`."""
        return str(self.row["kind"])

    @property
    def since(self) -> datetime:
        """Begin of its window."""
        return _instant(self.row["since"])

    @property
    def until(self) -> datetime:
        """End of its window, as of which it told."""
        return _instant(self.row["until"])

    @cached_property
    def scope(self) -> Scope:
        """Where it looked."""
        return scope_of(self.row)

    @property
    def constants(self) -> dict[str, Any]:
        """What every row that it tells has."""
        made = self.row["generated_at"]
        return dict(zip(CONSTANT, (self.organization, self.until, made), strict=True))

    def mine(self, table: Table) -> Condition:
        """Rows of the organization."""
        return table.c.organization == self.organization

    def is_not_newer(self, table: Table) -> Condition:
        """Rows that no later run told."""
        is_not_newer: Condition = _told(table) <= self._now()
        return is_not_newer

    def was_told(self, table: Table) -> Condition:
        """Rows that this run told, or confirmed."""
        return and_(self.mine(table), _told(table) == self._now())

    def _now(self) -> Any:
        return tuple_(
            literal(self.until, Instant()), literal(_instant(self.row["generated_at"]), Instant())
        )

    def later(self, *conditions: Condition) -> Iterator["Run"]:
        """Runs that came later, of the same kind and with a window that meets this one's."""
        rows = self.connection.execute(
            select(RUNS).where(
                self.mine(RUNS),
                RUNS.c.kind == self.kind,
                tuple_(RUNS.c.until, RUNS.c.generated_at) > self._now(),
                RUNS.c.since < self.until,
                RUNS.c.until > self.since,
                *conditions,
            )
        )
        for row in rows.mappings():
            yield Run(self.connection, self.organization, dict(row))

    def has_place(self, repository: str, environment: str) -> bool:
        """Whether it would have told what there is of that place."""
        scope = self.scope
        return (
            "repositories" not in scope.gaps
            and repository not in scope.unread
            and compile_globs(scope.repositories).fullmatch(repository) is not None
            and compile_globs(scope.environments).fullmatch(environment) is not None
            and (
                scope.ephemeral
                or compile_globs(scope.ephemeral_environments).fullmatch(environment) is None
            )
        )


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError
    return value


def _told(table: Table) -> Any:
    as_of = table.c.as_of if "as_of" in table.c else table.c.until
    return tuple_(as_of, table.c.generated_at)


def same(table: Table, other: Table, *, but: tuple[str, ...] = ("organization",)) -> Condition:
    """Rows of two tables with the same key; a staged one does not tell the organization."""
    keys = [one.name for one in table.primary_key.columns if one.name not in but]
    return and_(*(table.c[name] == other.c[name] for name in keys))


def inside(table: Table, since: Any, until: Any) -> Condition:
    """Facts that lie in a window, as evidence chooses them."""

    def within(name: str) -> Condition:
        return and_(table.c[name] >= since, table.c[name] < until)

    if "finished_at" in table.c:
        never = and_(table.c.finished_at.is_(None), within("created_at"))
        return or_(within("finished_at"), within("succeeded_at"), never)
    return within("shipped_at" if "shipped_at" in table.c else "began_at")


def upsert(run: Run, table: Table, *conditions: Any) -> int:
    """Staged rows become rows of *table*; how many were new or changed.

    One that is there is changed where all *conditions* hold and something differs.
    """
    source, constants = staged(table), run.constants
    columns = [one for one in table.columns if schema.KEPT not in one.info]
    keys = [one.name for one in table.primary_key.columns]
    chosen = [
        literal(constants[one.name], one.type).label(one.name)
        if one.name in constants
        else source.c[one.name]
        for one in columns
    ]
    rows = select(*chosen)
    named = [source.c[name] for name in keys if name in source.c]
    is_sqlite = run.connection.dialect.name == "sqlite"
    # SQLite would else take ON for a part of a join; PostgreSQL refuses a key that comes twice.
    rows = rows.where(literal(1) == 1) if is_sqlite else rows.distinct(*named).order_by(*named)
    insert: Any = (sqlite if is_sqlite else postgresql).insert(table)
    insert = insert.from_select([one.name for one in columns], rows)
    others = [one.name for one in columns if one.name not in keys]
    if not others:
        return _count(run, insert.on_conflict_do_nothing(index_elements=keys))
    differs = or_(*(table.c[name].is_distinct_from(insert.excluded[name]) for name in others))
    statement = insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in others},
        where=and_(
            differs, *(one(insert.excluded) if callable(one) else one for one in conditions)
        ),
    )
    return _count(run, statement)


def _count(run: Run, statement: Any) -> int:
    kept = statement.execution_options(preserve_rowcount=True)
    return max(0, run.connection.execute(kept).rowcount)


def absent(table: Table) -> Condition:
    """Rows of *table* that are not staged."""
    source = staged(table)
    return not_(select(literal(1)).where(same(table, source)).correlate(table).exists())


def count(run: Run, table: Table) -> int:
    """Rows of a table of the organization, or of a staged one."""
    query = select(func.count()).select_from(table)
    if "organization" in table.c:
        query = query.where(run.mine(table))
    return int(run.connection.scalar(query) or 0)


def spell(organization: str, connection: Connection) -> str:
    """The organization as the database spells it: GitHub's logins ignore case."""
    known = connection.scalars(select(schema.RUNS.c.organization).distinct())
    folded = organization.casefold()
    return next((one for one in sorted(known) if one.casefold() == folded), organization)
