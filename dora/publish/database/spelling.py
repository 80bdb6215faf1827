"""Gives each environment one spelling in the database (D1)."""

from sqlalchemy import Table, select, union, update

from dora.publish.database import schema
from dora.publish.database.precedence import Run
from dora.publish.database.staging import staged

#: Tables whose rows name an environment.
SPELLED = (*schema.FACTS, schema.MEASURES, schema.TRENDS)


def unify_spelling(run: Run, tables: tuple[Table, ...]) -> None:
    """Give each environment one spelling, because names that differ only in case are one (D1).

    It is the spelling of the latest run: if this run is, rows of the database are changed, else the
    staged rows of *tables*.
    """
    known = {
        (repository, name.casefold()): name
        for repository, name in environments_of(
            run, [schema.DEPLOYMENTS, schema.EPISODES, schema.MEASURES]
        )
    }
    is_latest = next(iter(run.later()), None) is None
    for repository, name in environments_of(run, [staged(one) for one in tables]):
        there = known.get((repository, name.casefold()), name)
        if there == name:
            continue
        old, new = (there, name) if is_latest else (name, there)
        for table in SPELLED if is_latest else map(staged, tables):
            own = [run.mine(table)] if is_latest else []
            named = (table.c.repository == repository, table.c.environment == old)
            run.connection.execute(update(table).values(environment=new).where(*own, *named))


def environments_of(run: Run, tables: list[Table]) -> list[tuple[str, str]]:
    """The repositories and environments that rows of *tables* belong to."""
    queries = [
        select(one.c.repository, one.c.environment).where(
            *([run.mine(one)] if "organization" in one.c else [])
        )
        for one in tables
    ]
    return [(row[0], row[1]) for row in run.connection.execute(union(*queries))]
