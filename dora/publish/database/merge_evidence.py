"""Staged evidence in, rows of `deployments`, `reasons`, `changes`, `episodes` out."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, and_, delete, literal, not_, or_, select, tuple_, union, update

from dora.publish.database import schema
from dora.publish.database.precedence import Condition, Run, absent, inside, same, upsert
from dora.publish.database.staging import LATER, PLACES, load, make, staged

#: What a gap in the reading of incidents begins with; then nobody knows whether they are gone.
INCIDENTS = "incidents"
INCIDENT = "incident"  #: the signal that they are


def merge_facts(run: Run) -> dict[str, int]:
    """Make the facts what this run says of them; rows new or changed, and rows removed."""
    _yield_to_later(run)
    _yield_episodes(run)
    if _knows_no_incidents(run):
        _remember_incidents(run)
    changed = sum(upsert(run, table, run.is_not_newer(table)) for table in schema.FACTS)
    _place(run)
    removed = sum(_remove(run, table) for table in schema.FACTS)
    removed += _replace_episodes(run)
    changed += _merge_reasons(run)
    changed += _merge_parts(run, schema.EPISODE_DEPLOYMENTS, schema.EPISODES, "episode")
    return {"changed": changed, "removed": removed}


# -- Later runs ---------------------------------------------------------------------------------


def _yield_to_later(run: Run) -> None:
    """Take from the staged facts those that a later run looked for in vain."""
    make(run.connection, LATER)
    places = _staged_places(run)
    blind: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for one in run.later():
        rows = [
            (repository, environment, "", one.since, one.until)
            for repository, environment in places
            if one.has_place(repository, environment)
        ]
        (blind if _knows_no_incidents(one) else others).extend(rows)
    # A run that could not read the incidents did not look for outages.
    later = ((others, (schema.EPISODES,)), (blind, (schema.DEPLOYMENTS, schema.CHANGES)))
    for more, tables in later:
        if more:
            load(run.connection, LATER, more)
        _yield_found(run, tables)


def _yield_found(run: Run, tables: tuple[Table, ...]) -> None:
    """Of these facts, take from the staged those where a later run looked."""
    for table in tables:
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


def _merge_reasons(run: Run) -> int:
    """Reasons of the deployments that this run told; a deployment failed where there is any.

    Incidents are what the latest run said of them that could read them.
    """
    whole, is_blind = schema.DEPLOYMENTS, _knows_no_incidents(run)
    latest = (run.was_told(whole), run.was_told(whole) if is_blind else _told_incidents(run))
    if not is_blind:
        _note_incidents(run)

    def told(part: Any) -> Any:
        is_incident = part.c.signal == INCIDENT
        return exists(
            whole,
            run.mine(whole),
            whole.c.repository == part.c.repository,
            whole.c.deployment == part.c.deployment,
            or_(and_(not_(is_incident), latest[0]), and_(is_incident, latest[1])),
        )

    kept = [schema.REASONS.c.signal != INCIDENT] if is_blind else []
    changed = _merge_told(run, schema.REASONS, told, *kept)
    is_failed = exists(schema.REASONS, _of_deployment(run, whole))
    run.connection.execute(
        update(whole)
        .values(is_failed=is_failed)
        .where(run.mine(whole), not_(absent(whole)), whole.c.is_failed != is_failed)
    )
    return changed


def _of_deployment(run: Run, deployments: Table) -> Condition:
    """Reasons that are there of a deployment, or of a staged one."""
    reasons = schema.REASONS
    return and_(
        run.mine(reasons),
        reasons.c.repository == deployments.c.repository,
        reasons.c.deployment == deployments.c.deployment,
    )


def _told_incidents(run: Run) -> Condition:
    """Deployments whose incidents this run told."""
    columns = schema.DEPLOYMENTS.c
    return and_(
        columns.incidents_as_of == literal(run.until, schema.Instant()),
        columns.incidents_generated_at == literal(run.row["generated_at"], schema.Instant()),
    )


def _note_incidents(run: Run) -> None:
    """Keep that this run told the incidents of its deployments, where no later one did."""
    table, columns = schema.DEPLOYMENTS, schema.DEPLOYMENTS.c
    now = (run.until, run.row["generated_at"])
    known = tuple_(columns.incidents_as_of, columns.incidents_generated_at)
    is_newer = known < tuple_(*(literal(one, schema.Instant()) for one in now))
    run.connection.execute(
        update(table)
        .values(incidents_as_of=now[0], incidents_generated_at=now[1])
        .where(run.mine(table), not_(absent(table)))
        .where(or_(columns.incidents_as_of.is_(None), is_newer))
    )


def _remember_incidents(run: Run) -> None:
    """Of a run that could not read incidents: what failed by one that is known has failed."""
    source = staged(schema.DEPLOYMENTS)
    known = exists(schema.REASONS, _of_deployment(run, source), schema.REASONS.c.signal == INCIDENT)
    run.connection.execute(update(source).values(is_failed=True).where(known))


def _merge_parts(run: Run, table: Table, whole: Table, key: str) -> int:
    """Rows that hang on facts: those of facts that this run told become what it said."""

    def told(part: Any) -> Any:
        return exists(
            whole,
            run.was_told(whole),
            whole.c.repository == part.c.repository,
            whole.c.deployment == part.c[key],
        )

    return _merge_told(run, table, told)


def _merge_told(run: Run, table: Table, told: Callable[[Any], Any], *conditions: Any) -> int:
    """Rows of facts that this run told become what it said, and those of none are gone."""
    source = staged(table)
    run.connection.execute(delete(source).where(not_(told(source))))
    gone = (run.mine(table), told(table), absent(table), *conditions)
    run.connection.execute(delete(table).where(*gone))
    whole = schema.DEPLOYMENTS if table is schema.REASONS else schema.EPISODES
    key = table.c.deployment if table is schema.REASONS else table.c.episode
    known = exists(
        whole,
        run.mine(whole),
        whole.c.repository == table.c.repository,
        whole.c.deployment == key,
    )
    run.connection.execute(delete(table).where(run.mine(table), not_(known)))
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
