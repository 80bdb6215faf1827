"""Merges a report into the tables `metrics`, `trends`, `coverage` and `teams`.

As in `merge_evidence`, the result must not depend on the order in which reports are published.
"""

from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, literal, not_, or_, select, tuple_

from dora.publish.database import schema
from dora.publish.database.column_types import Instant
from dora.publish.database.merge_evidence import exists
from dora.publish.database.precedence import Condition, Run, absent, upsert
from dora.publish.database.rows import coverage_rows, metric_rows, trend_rows
from dora.publish.database.spelling import unify_spelling
from dora.publish.database.staging import load, make, staged
from dora.report.model import Report

KEY = ("repository", "environment", "service", "team", "tier")
Key = tuple[str, ...]  #: the values of KEY


def stage_report(run: Run, report: Report) -> None:
    """Fill the staged tables of a report."""
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


def merge_report(run: Run) -> tuple[int, int]:
    """Merge the staged report of a run; how many rows are new or changed, and removed."""
    unify_spelling(run, (schema.MEASURES, schema.TRENDS))
    removed = _remove_rows(run) + _remove_coverage(run)
    _drop_rows_ruled_out(run)
    _drop_trends_ruled_out(run)
    changed = upsert(run, schema.COVERAGE)
    changed += upsert(run, schema.MEASURES, run.is_not_newer(schema.MEASURES))
    changed += upsert(run, schema.TRENDS, _knows_more)
    removed += _remove_trends(run)
    changed += _merge_teams(run)
    return changed, removed


def _knows_more(new: Any) -> Condition:
    """Whether a bucket replaces the one that is there: a whole one, else a longer, else a newer."""
    old = schema.TRENDS.c
    new_age, old_age = (tuple_(one.as_of, one.generated_at) for one in (new, old))
    return or_(
        and_(old.partial, not_(new.partial)),
        and_(
            old.partial == new.partial,
            or_(new.days > old.days, and_(new.days == old.days, new_age >= old_age)),
        ),
    )


# -- Rows of one window -------------------------------------------------------------------------


def _in_report(run: Run, table: Table) -> Condition:
    """Rows of the database of the same kind and window."""
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.since == literal(run.since, Instant()),
        table.c.until == literal(run.until, Instant()),
    )


def _remove_rows(run: Run) -> int:
    """Remove rows that an earlier report of the window had and this one has not; how many."""
    return _delete_rows(run, schema.MEASURES, _gone(run, schema.MEASURES, _in_window))


def _in_window(run: Run, table: Table) -> Condition:
    """Rows of the same kind and window that no later report wrote."""
    return and_(_in_report(run, table), run.is_not_newer(table))


def _drop_rows_ruled_out(run: Run) -> None:
    """Drop staged rows that a later report of the window covers and has not."""
    table, source = schema.MEASURES, staged(schema.MEASURES)
    for one in run.later(_in_report(run, schema.RUNS)):
        there = _keys(run, table, _in_report(run, table))
        gone = {key for key in _keys(run, source) - there if covers(one, key)}
        _delete_rows(run, source, gone, literal(1) == 1)


def _remove_coverage(run: Run) -> int:
    """Remove rows of `coverage` that an earlier run of the same scope had; how many."""
    table = schema.COVERAGE
    own = and_(_in_report(run, table), table.c.scope == run.row["scope"])
    gone = delete(table).where(own, absent(table))
    return max(0, run.connection.execute(gone).rowcount)


def _gone(run: Run, table: Table, chosen: Any) -> set[Key]:
    """Keys of the database's rows that this run does not have, although it covers them.

    A row that the run has in another tier is one of them: its tier was corrected.
    """
    there, own = _keys(run, table, chosen(run, table)), _keys(run, staged(table))
    moved = {one[:-1] for one in own} if run.kind in {"repository", "environment"} else set()
    return {one for one in there - own if one[:-1] in moved or covers(run, one)}


def _keys(run: Run, table: Table, *conditions: Condition) -> set[Key]:
    """The keys of the rows for which all *conditions* hold."""
    columns = [table.c[name] for name in KEY]
    return {
        tuple(one) for one in run.connection.execute(select(*columns).where(*conditions).distinct())
    }


def covers(run: Run, key: Key) -> bool:
    """Whether a run would have the row of that key; a pooled one takes all repositories."""
    repository, environment, _, _, tier = key
    if tier not in run.scope.tiers:
        return False
    if repository:
        return run.scope.covers(repository, environment)
    return not run.scope.unread and run.scope.covers("", environment)


def _delete_rows(run: Run, table: Table, keys: set[Key], *conditions: Condition) -> int:
    """Delete the rows with these keys for which all *conditions* hold; how many.

    Without conditions they are rows of the same window that no later report wrote.
    """
    if not keys:
        return 0
    named = [table.c[name] == bindparam(f"key_{name}") for name in KEY]
    chosen = conditions or (_in_window(run, table),)
    rows = [{f"key_{name}": one for name, one in zip(KEY, key, strict=True)} for key in keys]
    deleted = 0
    for row in rows:
        deleted += max(
            0, run.connection.execute(delete(table).where(*named, *chosen), row).rowcount
        )
    return deleted


# -- Trends -------------------------------------------------------------------------------------


def _in_trend(run: Run, table: Table) -> Condition:
    """Buckets of the same size that lie wholly in the window and that no later run wrote."""
    return and_(
        run.mine(table),
        table.c.kind == run.kind,
        table.c.bucket == run.row["trend"],
        _within(run, table),
        run.is_not_newer(table),
    )


def _within(run: Run, table: Table) -> Condition:
    """Buckets that lie wholly in the window of a run."""
    return and_(
        table.c.start_at >= literal(run.since, Instant()),
        table.c.end_at <= literal(run.until, Instant()),
    )


def _remove_trends(run: Run) -> int:
    """Remove the buckets of rows that this run covers and has not; how many."""
    table = schema.TRENDS
    if run.row["trend"] is None:
        return 0
    return _delete_rows(run, table, _gone(run, table, _in_trend), _in_trend(run, table))


def _drop_trends_ruled_out(run: Run) -> None:
    """Drop staged buckets of rows that a later run covers and has not."""
    table, source = schema.TRENDS, staged(schema.TRENDS)
    for one in run.later(schema.RUNS.c.trend == run.row["trend"]):
        there = _keys(
            run,
            table,
            run.mine(table),
            table.c.kind == run.kind,
            table.c.bucket == run.row["trend"],
            _within(one, table),
        )
        gone = {key for key in _keys(run, source) - there if covers(one, key)}
        _delete_rows(run, source, gone, _within(one, source))


# -- Teams --------------------------------------------------------------------------------------


def _merge_teams(run: Run) -> int:
    """Replace the teams by those of this report, if it is the latest by team; how many changed.

    Repositories that it does not cover stay in the teams they had.
    """
    table, source = schema.TEAMS, staged(schema.TEAMS)
    is_latest = next(iter(run.later()), None) is None
    if run.kind != "team" or "teams" in run.scope.gaps or not is_latest:
        return 0
    has_team = exists(source, source.c.repository == table.c.repository)
    others = select(table.c.repository).where(run.mine(table), not_(has_team)).distinct()
    lost = [name for name in run.connection.scalars(others) if run.scope.covers(name, "")]
    for gone in (and_(has_team, absent(table)), table.c.repository.in_(lost)):
        run.connection.execute(delete(table).where(run.mine(table), gone))
    return upsert(run, table)
