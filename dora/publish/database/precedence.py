"""Decides which of several published runs counts for a row of the database.

If two runs report the same thing, the later one counts: the one whose window ends later, or, if
both end together, the one that was made later. So the order of publishing does not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, and_, literal, not_, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from dora.publish.database import schema
from dora.publish.database.column_types import Instant
from dora.publish.database.rows import scope_of
from dora.publish.database.schema import RUNS
from dora.publish.database.staging import CONSTANT, staged
from dora.report.coverage_model import Scope

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Run:
    """A report or evidence that is being published, and the connection it is written to."""

    connection: Connection
    organization: str  #: as the database spells it
    row: dict[str, Any]  #: its row of `runs`

    @property
    def kind(self) -> str:
        """What the rows of the report are by, or `evidence`."""
        return str(self.row["kind"])

    @property
    def since(self) -> datetime:
        """Start of its window."""
        return _instant(self.row["since"])

    @property
    def until(self) -> datetime:
        """End of its window: it reports what was known then."""
        return _instant(self.row["until"])

    @cached_property
    def scope(self) -> Scope:
        """Which repositories and environments it looked at."""
        return scope_of(self.row)

    @property
    def constants(self) -> dict[str, Any]:
        """The columns that have the same value in every row of this run."""
        made = self.row["generated_at"]
        return dict(zip(CONSTANT, (self.organization, self.until, made), strict=True))

    def mine(self, table: Table) -> Condition:
        """Rows of the organization."""
        return table.c.organization == self.organization

    def is_not_newer(self, table: Table) -> Condition:
        """Rows that no later run wrote or confirmed."""
        condition: Condition = _age(table) <= self._own_age()
        return condition

    def wrote(self, table: Table) -> Condition:
        """Rows that this run wrote or confirmed."""
        return and_(self.mine(table), _age(table) == self._own_age())

    def _own_age(self) -> Any:
        return tuple_(
            literal(self.until, Instant()), literal(_instant(self.row["generated_at"]), Instant())
        )

    def later(self, *conditions: Condition) -> Iterator["Run"]:
        """Later runs of the same kind whose windows overlap this one's."""
        rows = self.connection.execute(
            select(RUNS).where(
                self.mine(RUNS),
                RUNS.c.kind == self.kind,
                tuple_(RUNS.c.until, RUNS.c.generated_at) > self._own_age(),
                RUNS.c.since < self.until,
                RUNS.c.until > self.since,
                *conditions,
            )
        )
        for row in rows.mappings():
            yield Run(self.connection, self.organization, dict(row))


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError
    return value


def _age(table: Table) -> Any:
    """What is compared to see which of two runs is later."""
    as_of = table.c.as_of if "as_of" in table.c else table.c.until
    return tuple_(as_of, table.c.generated_at)


def same(table: Table, other: Table, *, but: tuple[str, ...] = ("organization",)) -> Condition:
    """Rows of two tables with the same key; staged tables have no organization."""
    keys = [one.name for one in table.primary_key.columns if one.name not in but]
    return and_(*(table.c[name] == other.c[name] for name in keys))


def inside(table: Table, since: Any, until: Any) -> Condition:
    """Items that belong to a window, by the rule that evidence chooses them by."""

    def within(name: str) -> Condition:
        return and_(table.c[name] >= since, table.c[name] < until)

    if "finished_at" in table.c:
        never = and_(table.c.finished_at.is_(None), within("created_at"))
        return or_(within("finished_at"), within("succeeded_at"), never)
    return within("shipped_at" if "shipped_at" in table.c else "began_at")


def upsert(run: Run, table: Table, *conditions: Any) -> int:
    """Write the staged rows into *table*; the number of rows that are new or changed.

    A row that is already there changes only if all *conditions* hold and a value differs.
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
    # Without WHERE, SQLite takes ON for a part of a join. PostgreSQL refuses to write a key twice.
    rows = (
        rows.where(literal(1) == 1)
        if is_sqlite
        else rows.ext(postgresql.distinct_on(*named)).order_by(*named)
    )
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
    """Carry out a statement; the number of rows that it wrote."""
    counted = statement.execution_options(preserve_rowcount=True)
    return max(0, run.connection.execute(counted).rowcount)


def absent(table: Table) -> Condition:
    """Rows of *table* that are not staged."""
    source = staged(table)
    return not_(select(literal(1)).where(same(table, source)).correlate(table).exists())


def spell(organization: str, connection: Connection) -> str:
    """The organization as the database spells it, because GitHub's logins ignore case."""
    known = connection.scalars(select(schema.RUNS.c.organization).distinct())
    folded = organization.casefold()
    return next((one for one in sorted(known) if one.casefold() == folded), organization)
