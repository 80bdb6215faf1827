"""A report's staged figures in, rows of `metrics`, `trends`, `coverage` and `teams` out."""

from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, literal, not_, or_, select, tuple_

from dora.publish.database import schema
from dora.publish.database.merge_evidence import exists, spell_environments
from dora.publish.database.precedence import Condition, Run, absent, upsert
from dora.publish.database.rows import coverage_rows, metric_rows, trend_rows
from dora.publish.database.staging import load, make, staged
from dora.report.model import Report

KEY = ("repository", "environment", "service", "team", "tier")
Key = tuple[str, ...]


def stage_figures(run: Run, report: Report) -> None:
    """Fill the staged tables of figures."""
    rows = {
        schema.COVERAGE: (
            (run.kind, run.since, run.until, run.row["scope"], *values)
            for values in coverage_rows(report)
        ),
        schema.MEASURES: metric_rows(report),
        schema.TRENDS: trend_rows(report),
        schema.TEAMS: ((team, name) for team, own in report.teams.items() for name in own),
    }
    for table, values in rows.items():
        make(run.connection, staged(table))
        load(run.connection, staged(table), values)


def merge_figures(run: Run) -> dict[str, int]:
    """Make the figures what this report says of them; rows new or changed, and rows removed."""
    spell_environments(run, (schema.MEASURES, schema.TRENDS))
    removed = _remove_rows(run) + _remove_parts(run)
    _yield_rows(run)
    _yield_trends(run)
    changed = upsert(run, schema.COVERAGE)
    changed += upsert(run, schema.MEASURES, run.is_not_newer(schema.MEASURES))
    changed += upsert(run, schema.TRENDS, _knows_more)
    removed += _remove_trends(run)
    changed += _merge_teams(run)
    return {"changed": changed, "removed": removed}


def _knows_more(new: Any) -> Condition:
    """Whether a bucket replaces the one that is there: whole ones do, then longer, then newer."""
    old = schema.TRENDS.c
    told, is_not_newer = (tuple_(one.as_of, one.generated_at) for one in (new, old))
    return or_(
        and_(old.partial, not_(new.partial)),
        and_(
            old.partial == new.partial,
            or_(new.days > old.days, and_(new.days == old.days, told >= is_not_newer)),
        ),
    )


# -- Rows of one window -------------------------------------------------------------------------


def _in_report(run: Run, table: Table) -> Condition:
    """What there is of this kind and window."""
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.since == literal(run.since, schema.Instant()),
        table.c.until == literal(run.until, schema.Instant()),
    )


def _remove_rows(run: Run) -> int:
    """Remove rows of the same window that an earlier report had and that are gone."""
    return _delete_rows(run, schema.MEASURES, _gone(run, schema.MEASURES, _in_window))


def _in_window(run: Run, table: Table) -> Condition:
    """Rows of this kind and window that no later report told."""
    return and_(_in_report(run, table), run.is_not_newer(table))


def _yield_rows(run: Run) -> None:
    """Take from the staged rows those that a later report of the window looked for in vain."""
    table, source = schema.MEASURES, staged(schema.MEASURES)
    for one in run.later(_in_report(run, schema.RUNS)):
        there = _keys(run, table, _in_report(run, table))
        gone = {key for key in _keys(run, source) - there if covers(one, key)}
        _delete_rows(run, source, gone, literal(1) == 1)


def _remove_parts(run: Run) -> int:
    """Remove what the same report did not see before and sees now."""
    table = schema.COVERAGE
    mine = and_(_in_report(run, table), table.c.scope == run.row["scope"])
    gone = delete(table).where(mine, absent(table))
    return max(0, run.connection.execute(gone).rowcount)


def _gone(run: Run, table: Table, chosen: Any) -> set[Key]:
    """Keys of rows that are there, that this run does not have, and that it would have told."""
    there, told = _keys(run, table, chosen(run, table)), _keys(run, staged(table))
    moved = {one[:-1] for one in told} if run.kind in {"repository", "environment"} else set()
    return {one for one in there - told if one[:-1] in moved or covers(run, one)}


def _keys(run: Run, table: Table, *conditions: Condition) -> set[Key]:
    columns = [table.c[name] for name in KEY]
    return {tuple(one) for one in run.connection.execute(
        select(*columns).where(*conditions).distinct()
    )}  # fmt: skip


def covers(run: Run, key: Key) -> bool:
    """Whether a run would have told of the row with that key; a pooled row needs everything."""
    repository, environment, _, _, tier = key
    if tier not in run.scope.tiers:
        return False
    if repository:
        return run.has_place(repository, environment)
    return not run.scope.unread and run.has_place("", environment)


def _delete_rows(run: Run, table: Table, keys: set[Key], *conditions: Condition) -> int:
    if not keys:
        return 0
    named = [table.c[name] == bindparam(f"key_{name}") for name in KEY]
    chosen = conditions or (_in_window(run, table),)
    rows = [{f"key_{name}": one for name, one in zip(KEY, key, strict=True)} for key in keys]
    done = 0
    for row in rows:
        done += max(0, run.connection.execute(delete(table).where(*named, *chosen), row).rowcount)
    return done


# -- Trends -------------------------------------------------------------------------------------


def _in_trend(run: Run, table: Table) -> Condition:
    """Buckets of the same size that lie in the window as a whole, and that no later run told."""
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.bucket == run.row["trend"],
        _within(run, table),
        run.is_not_newer(table),
    )


def _within(run: Run, table: Table) -> Condition:
    return and_(
        table.c.start_at >= literal(run.since, schema.Instant()),
        table.c.end_at <= literal(run.until, schema.Instant()),
    )


def _remove_trends(run: Run) -> int:
    """Remove the buckets of rows that are gone."""
    table = schema.TRENDS
    if run.row["trend"] is None:
        return 0
    return _delete_rows(run, table, _gone(run, table, _in_trend), _in_trend(run, table))


def _yield_trends(run: Run) -> None:
    """Take from the staged buckets those of rows that a later run looked for in vain."""
    table, source = schema.TRENDS, staged(schema.TRENDS)
    for one in run.later(schema.RUNS.c.trend == run.row["trend"]):
        there = _keys(run, table, run.mine(table), table.c.kind == run.kind,
                      table.c.bucket == run.row["trend"], _within(one, table))  # fmt: skip
        gone = {key for key in _keys(run, source) - there if covers(one, key)}
        _delete_rows(run, source, gone, _within(one, source))


# -- Teams --------------------------------------------------------------------------------------


def _merge_teams(run: Run) -> int:
    """Teams are what the latest report by team says; of repositories elsewhere, what they were."""
    table, source = schema.TEAMS, staged(schema.TEAMS)
    is_latest = next(iter(run.later()), None) is None
    if run.kind != "team" or "teams" in run.scope.gaps or not is_latest:
        return 0
    told = exists(source, source.c.repository == table.c.repository)
    known = select(table.c.repository).where(run.mine(table), not_(told)).distinct()
    lost = [name for name in run.connection.scalars(known) if run.has_place(name, "")]
    for gone in (and_(told, absent(table)), table.c.repository.in_(lost)):
        run.connection.execute(delete(table).where(run.mine(table), gone))
    return upsert(run, table)
