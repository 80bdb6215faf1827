"""Staged evidence in, rows of `deployments`, `reasons`, `changes`, `episodes` out."""

from typing import Any

from sqlalchemy import Table, and_, delete, literal, not_, select, union, update

from dora.publish.database import schema
from dora.publish.database.run import Run, absent, inside, same, upsert
from dora.publish.database.staging import LATER, PLACES, load, make, staged

#: What a gap in the reading of incidents begins with; then nobody knows whether they are gone.
INCIDENTS = "incidents"


def merge_facts(run: Run) -> dict[str, int]:
    """Make the facts what this run says of them; rows new or changed, and rows removed."""
    _yield_to_later(run)
    _yield_episodes(run)
    changed = sum(upsert(run, table, run.is_not_newer(table)) for table in schema.FACTS)
    _place(run)
    removed = sum(_remove(run, table) for table in schema.FACTS)
    removed += _replace_episodes(run)
    changed += _merge_parts(run, schema.REASONS, schema.DEPLOYMENTS, "deployment")
    changed += _merge_parts(run, schema.EPISODE_DEPLOYMENTS, schema.EPISODES, "episode")
    return {"changed": changed, "removed": removed}


# -- Later runs ---------------------------------------------------------------------------------


def _yield_to_later(run: Run) -> None:
    """Take from the staged facts those that a later run looked for in vain."""
    make(run.connection, LATER)
    places = _staged_places(run)
    rows = [
        (repository, environment, "", one.since, one.until)
        for one in run.later()
        for repository, environment in places
        if one.has_place(repository, environment)
    ]
    if not rows:
        return
    load(run.connection, LATER, rows)
    for table in schema.FACTS:
        source = staged(table)
        decided = exists(
            LATER,
            LATER.c.repository == source.c.repository,
            LATER.c.environment == source.c.environment,
            inside(source, LATER.c.since, LATER.c.until),
        )
        known = exists(table, run.mine(table), same(table, source))
        run.connection.execute(delete(source).where(decided, not_(known)))


def _yield_episodes(run: Run) -> None:
    """Take from the staged outages those whose deployments a later run put into another."""
    source, told = staged(schema.EPISODES), staged(schema.EPISODE_DEPLOYMENTS)
    old, parts = schema.EPISODES, schema.EPISODE_DEPLOYMENTS
    taken = exists(
        parts,
        run.mine(parts),
        parts.c.repository == source.c.repository,
        told.c.repository == source.c.repository,
        told.c.episode == source.c.deployment,
        told.c.deployment == parts.c.deployment,
        told.c.episode != parts.c.episode,
        run.mine(old),
        same(parts, old, but=("organization", "episode", "deployment")),
        old.c.deployment == parts.c.episode,
        not_(run.is_not_newer(old)),
    )
    run.connection.execute(delete(source).where(taken))


def _staged_places(run: Run) -> list[tuple[str, str]]:
    tables = [staged(one) for one in (schema.DEPLOYMENTS, schema.EPISODES)]
    return _places(run, tables)


def _places(run: Run, tables: list[Table]) -> list[tuple[str, str]]:
    """Repositories and environments that rows of *tables* are of."""
    queries = [
        select(one.c.repository, one.c.environment).where(
            *([run.mine(one)] if "organization" in one.c else [])
        )
        for one in tables
    ]
    return [(row[0], row[1]) for row in run.connection.execute(union(*queries))]


# -- What is gone -------------------------------------------------------------------------------


def _place(run: Run) -> None:
    """Stage the places that this run covers: what it does not tell of them is gone."""
    make(run.connection, PLACES)
    known = _places(run, [schema.DEPLOYMENTS, schema.EPISODES])
    load(run.connection, PLACES, [place for place in known if run.has_place(*place)])


def _remove(run: Run, table: Table) -> int:
    """Remove what lies in the window of a place that was covered, and was not told."""
    if table is schema.EPISODES and _knows_no_incidents(run):
        return 0
    covered = exists(
        PLACES,
        PLACES.c.repository == table.c.repository,
        PLACES.c.environment == table.c.environment,
    )
    gone = delete(table).where(
        run.mine(table),
        inside(table, run.since, run.until),
        run.is_not_newer(table),
        covered,
        absent(table),
    )
    return max(0, run.connection.execute(gone).rowcount)


def _knows_no_incidents(run: Run) -> bool:
    return any(one.startswith(INCIDENTS) for one in run.scope.gaps)


def _replace_episodes(run: Run) -> int:
    """Remove outages whose deployments belong to another one by now."""
    old, parts = schema.EPISODES, schema.EPISODE_DEPLOYMENTS
    told = staged(parts)
    new = schema.EPISODES.alias("new")
    accepted = and_(
        new.c.organization == run.organization,
        new.c.repository == told.c.repository,
        new.c.deployment == told.c.episode,
        new.c.as_of == literal(run.until, schema.Instant()),
        new.c.generated_at == literal(run.row["generated_at"], schema.Instant()),
    )
    moved = exists(
        parts,
        run.mine(parts),
        parts.c.repository == old.c.repository,
        parts.c.episode == old.c.deployment,
        told.c.repository == parts.c.repository,
        told.c.deployment == parts.c.deployment,
        told.c.episode != parts.c.episode,
        accepted,
    )
    mine = (run.mine(old), run.is_not_newer(old), not_(run.was_told(old)))
    gone = delete(old).where(*mine, moved)
    return max(0, run.connection.execute(gone).rowcount)


# -- What hangs on facts ------------------------------------------------------------------------


def _merge_parts(run: Run, table: Table, whole: Table, key: str) -> int:
    """Rows that hang on facts: those of facts that this run told become what it said."""
    source = staged(table)

    def told(part: Any) -> Any:
        return exists(
            whole,
            run.was_told(whole),
            whole.c.repository == part.c.repository,
            whole.c.deployment == part.c[key],
        )

    run.connection.execute(delete(source).where(not_(told(source))))
    gone = [run.mine(table), told(table), absent(table)]
    if table is schema.REASONS and _knows_no_incidents(run):
        gone.append(table.c.signal != "incident")
    run.connection.execute(delete(table).where(*gone))
    orphan = not_(
        exists(
            whole,
            run.mine(whole),
            whole.c.repository == table.c.repository,
            whole.c.deployment == table.c[key],
        )
    )
    run.connection.execute(delete(table).where(run.mine(table), orphan))
    return upsert(run, table)


def exists(table: Table, *conditions: Any) -> Any:
    """Whether *table* has a row of which all *conditions* hold."""
    return select(literal(1)).select_from(table).where(*conditions).exists()


# -- Spelling -----------------------------------------------------------------------------------

#: Tables whose rows name an environment.
SPELLED = (*schema.FACTS, schema.MEASURES, schema.TRENDS)


def spell_environments(run: Run, tables: tuple[Table, ...]) -> None:
    """Give each environment one spelling, the newest run's: names that differ in case are one.

    *tables* are those that are staged. Staged rows or rows that are there are spelled anew.
    """
    known = {
        (repository, name.casefold()): name
        for repository, name in _places(run, [schema.DEPLOYMENTS, schema.EPISODES, schema.MEASURES])
    }
    is_newest = next(iter(run.later()), None) is None
    for repository, name in _places(run, [staged(one) for one in tables]):
        there = known.get((repository, name.casefold()), name)
        if there == name:
            continue
        old, new = (there, name) if is_newest else (name, there)
        chosen = [(one, [run.mine(one)]) for one in SPELLED] if is_newest else [
            (staged(one), []) for one in tables
        ]  # fmt: skip
        for table, mine in chosen:
            statement = update(table).values(environment=new)
            named = (table.c.repository == repository, table.c.environment == old)
            run.connection.execute(statement.where(*mine, *named))
