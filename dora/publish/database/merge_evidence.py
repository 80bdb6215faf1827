"""Merges staged evidence into `deployments`, `reasons`, `changes`, `episodes` and their parts.

The result must not depend on the order in which runs are published (see `precedence`). What is
staged may be older than what the database has, so the merge works in both directions:

1. Staged rows that a later run has ruled out are dropped: that run looked there and found nothing
   (`_drop_ruled_out`), or counts a staged episode as a part of another (`_drop_merged_episodes`).
2. Staged rows are written, except where the database has a later run's (`upsert`).
3. Rows of earlier runs are removed where this run looked and found nothing (`_remove_missing`), or
   counts an episode as a part of another (`_remove_merged_episodes`).
4. The parts of what this run wrote, such as the reasons of a deployment, are replaced by its own.

A run that could not read incidents says nothing about them. So episodes are only ruled out by runs
that could, and the reasons of signal `incident` have an age of their own, in the columns
`incidents_as_of` and `incidents_generated_at` of their deployment.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, and_, delete, literal, not_, or_, select, tuple_, update

from dora.publish.database import schema
from dora.publish.database.column_types import Instant
from dora.publish.database.precedence import Condition, Run, absent, inside, same, upsert
from dora.publish.database.spelling import environments_of
from dora.publish.database.staging import COVERED, LATER, load, make, staged

#: What a gap in the reading of incidents begins with.
INCIDENTS = "incidents"
INCIDENT = "incident"  #: the signal of reasons that are incidents


def merge_evidence(run: Run) -> tuple[int, int]:
    """Merge the staged evidence of a run; how many rows are new or changed, and removed."""
    _drop_ruled_out(run)
    _drop_merged_episodes(run)
    if _lacks_incidents(run):
        _mark_known_failures(run)
    changed = sum(upsert(run, table, run.is_not_newer(table)) for table in schema.FACTS)
    _stage_covered(run)
    removed = sum(_remove_missing(run, table) for table in schema.FACTS)
    removed += _remove_merged_episodes(run)
    changed += _merge_reasons(run)
    changed += _merge_episode_deployments(run)
    return changed, removed


def _lacks_incidents(run: Run) -> bool:
    """Whether a run could not read incidents, so that it cannot say that there are none."""
    return any(one.startswith(INCIDENTS) for one in run.scope.gaps)


# -- What later runs decided --------------------------------------------------------------------


def _drop_ruled_out(run: Run) -> None:
    """Drop staged rows that are in the window of a later run, which covers them and has them not.

    The later runs are staged in two steps. Those that could read incidents decide about episodes;
    all of them decide about deployments and changes.
    """
    make(run.connection, LATER)
    environments = environments_of(run, [staged(schema.DEPLOYMENTS), staged(schema.EPISODES)])
    with_incidents: list[tuple[Any, ...]] = []
    without: list[tuple[Any, ...]] = []
    for later in run.later():
        rows = [
            (repository, environment, later.since, later.until)
            for repository, environment in environments
            if later.scope.covers(repository, environment)
        ]
        (without if _lacks_incidents(later) else with_incidents).extend(rows)
    steps = (
        (with_incidents, (schema.EPISODES,)),
        (without, (schema.DEPLOYMENTS, schema.CHANGES)),
    )
    for windows, tables in steps:
        if windows:
            load(run.connection, LATER, windows)
        for table in tables:
            source = staged(table)
            is_covered = exists(
                LATER,
                LATER.c.repository == source.c.repository,
                LATER.c.environment == source.c.environment,
                inside(source, LATER.c.since, LATER.c.until),
            )
            is_known = exists(table, run.mine(table), same(table, source))
            run.connection.execute(delete(source).where(is_covered, not_(is_known)))


def _drop_merged_episodes(run: Run) -> None:
    """Drop staged episodes with a deployment that a later run counts to another episode."""
    source, source_parts = staged(schema.EPISODES), staged(schema.EPISODE_DEPLOYMENTS)
    episodes, parts = schema.EPISODES, schema.EPISODE_DEPLOYMENTS
    is_merged = exists(
        parts,
        run.mine(parts),
        parts.c.repository == source.c.repository,
        source_parts.c.repository == source.c.repository,
        source_parts.c.episode == source.c.deployment,
        source_parts.c.deployment == parts.c.deployment,
        source_parts.c.episode != parts.c.episode,
        run.mine(episodes),
        same(parts, episodes, but=("organization", "episode", "deployment")),
        episodes.c.deployment == parts.c.episode,
        not_(run.is_not_newer(episodes)),
    )
    run.connection.execute(delete(source).where(is_merged))


def _mark_known_failures(run: Run) -> None:
    """Mark staged deployments as failed that the database has an incident of.

    It is for a run that could not read incidents: these deployments have failed all the same.
    """
    source = staged(schema.DEPLOYMENTS)
    is_known = exists(schema.REASONS, _reasons_of(run, source), schema.REASONS.c.signal == INCIDENT)
    run.connection.execute(update(source).values(is_failed=True).where(is_known))


# -- What no longer exists ----------------------------------------------------------------------


def _stage_covered(run: Run) -> None:
    """Stage the environments of the database that this run covers."""
    make(run.connection, COVERED)
    known = environments_of(run, [schema.DEPLOYMENTS, schema.EPISODES])
    load(run.connection, COVERED, [one for one in known if run.scope.covers(*one)])


def _remove_missing(run: Run, table: Table) -> int:
    """Remove rows in the window of this run that it covers and does not have; how many."""
    if table is schema.EPISODES and _lacks_incidents(run):
        return 0
    is_covered = exists(
        COVERED,
        COVERED.c.repository == table.c.repository,
        COVERED.c.environment == table.c.environment,
    )
    statement = delete(table).where(
        run.mine(table),
        inside(table, run.since, run.until),
        run.is_not_newer(table),
        is_covered,
        absent(table),
    )
    return max(0, run.connection.execute(statement).rowcount)


def _remove_merged_episodes(run: Run) -> int:
    """Remove earlier episodes with a deployment that this run counts to another; how many."""
    episodes, parts = schema.EPISODES, schema.EPISODE_DEPLOYMENTS
    source_parts = staged(parts)
    own = schema.EPISODES.alias("new")
    is_own = and_(
        own.c.organization == run.organization,
        own.c.repository == source_parts.c.repository,
        own.c.deployment == source_parts.c.episode,
        own.c.as_of == literal(run.until, Instant()),
        own.c.generated_at == literal(run.row["generated_at"], Instant()),
    )
    is_merged = exists(
        parts,
        run.mine(parts),
        parts.c.repository == episodes.c.repository,
        parts.c.episode == episodes.c.deployment,
        source_parts.c.repository == parts.c.repository,
        source_parts.c.deployment == parts.c.deployment,
        source_parts.c.episode != parts.c.episode,
        is_own,
    )
    is_earlier = (run.mine(episodes), run.is_not_newer(episodes), not_(run.wrote(episodes)))
    statement = delete(episodes).where(*is_earlier, is_merged)
    return max(0, run.connection.execute(statement).rowcount)


# -- Parts of deployments and episodes -----------------------------------------------------------


def _merge_reasons(run: Run) -> int:
    """Replace the reasons of deployments that this run wrote; how many are new or changed.

    Incidents are those of the latest run that could read them, which may be another run than the
    one that wrote the deployment. A deployment has failed if it has any reason afterwards.
    """
    whole, lacks_incidents = schema.DEPLOYMENTS, _lacks_incidents(run)
    is_own = run.wrote(whole)
    if not lacks_incidents:
        _record_incidents(run)
    has_own_incidents = is_own if lacks_incidents else _has_incidents_of(run)

    def is_replaced(part: Any) -> Any:
        is_incident = part.c.signal == INCIDENT
        return exists(
            whole,
            run.mine(whole),
            whole.c.repository == part.c.repository,
            whole.c.deployment == part.c.deployment,
            or_(and_(not_(is_incident), is_own), and_(is_incident, has_own_incidents)),
        )

    removable = [schema.REASONS.c.signal != INCIDENT] if lacks_incidents else []
    changed = _replace_parts(run, schema.REASONS, is_replaced, *removable)
    is_failed = exists(schema.REASONS, _reasons_of(run, whole))
    run.connection.execute(
        update(whole)
        .values(is_failed=is_failed)
        .where(run.mine(whole), not_(absent(whole)), whole.c.is_failed != is_failed)
    )
    return changed


def _reasons_of(run: Run, deployments: Table) -> Condition:
    """The reasons in the database that belong to a row of *deployments*, which may be staged."""
    reasons = schema.REASONS
    return and_(
        run.mine(reasons),
        reasons.c.repository == deployments.c.repository,
        reasons.c.deployment == deployments.c.deployment,
    )


def _has_incidents_of(run: Run) -> Condition:
    """Deployments whose incidents are those of this run."""
    columns = schema.DEPLOYMENTS.c
    return and_(
        columns.incidents_as_of == literal(run.until, Instant()),
        columns.incidents_generated_at == literal(run.row["generated_at"], Instant()),
    )


def _record_incidents(run: Run) -> None:
    """Record for the deployments of this run that it read their incidents, unless a later did."""
    table, columns = schema.DEPLOYMENTS, schema.DEPLOYMENTS.c
    age = (run.until, run.row["generated_at"])
    known = tuple_(columns.incidents_as_of, columns.incidents_generated_at)
    is_newer = known < tuple_(*(literal(one, Instant()) for one in age))
    run.connection.execute(
        update(table)
        .values(incidents_as_of=age[0], incidents_generated_at=age[1])
        .where(run.mine(table), not_(absent(table)))
        .where(or_(columns.incidents_as_of.is_(None), is_newer))
    )


def _merge_episode_deployments(run: Run) -> int:
    """Replace the deployments of episodes that this run wrote; how many are new or changed."""
    whole = schema.EPISODES

    def is_replaced(part: Any) -> Any:
        return exists(
            whole,
            run.wrote(whole),
            whole.c.repository == part.c.repository,
            whole.c.deployment == part.c.episode,
        )

    return _replace_parts(run, schema.EPISODE_DEPLOYMENTS, is_replaced)


def _replace_parts(
    run: Run, table: Table, is_replaced: Callable[[Any], Any], *removable: Any
) -> int:
    """Write the staged rows of *table* that *is_replaced* chooses; how many are new or changed.

    Rows that it chooses in the database, and that are not staged, are removed if all conditions
    *removable* hold. So are rows whose deployment or episode is no longer there.
    """
    source = staged(table)
    run.connection.execute(delete(source).where(not_(is_replaced(source))))
    run.connection.execute(
        delete(table).where(run.mine(table), is_replaced(table), absent(table), *removable)
    )
    whole = schema.DEPLOYMENTS if table is schema.REASONS else schema.EPISODES
    key = table.c.deployment if table is schema.REASONS else table.c.episode
    has_whole = exists(
        whole,
        run.mine(whole),
        whole.c.repository == table.c.repository,
        whole.c.deployment == key,
    )
    run.connection.execute(delete(table).where(run.mine(table), not_(has_whole)))
    return upsert(run, table)


def exists(table: Table, *conditions: Any) -> Any:
    """Whether *table* has a row for which all *conditions* hold."""
    return select(literal(1)).select_from(table).where(*conditions).exists()
