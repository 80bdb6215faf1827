"""Builds the report from the tables; the same tables give the same report."""

from typing import Any

from dora import __version__
from dora.analysis.analysis import Analysis, analyse
from dora.config import Config
from dora.config.window import cut_window
from dora.model.tables import ENVIRONMENT, Tables
from dora.report.comparison import compare
from dora.report.coverage import build_coverage, find_scope
from dora.report.judging import benchmark_of_rows
from dora.report.measurement import bounds_of, find_events, measure, measure_parts
from dora.report.model import Generated, Report, ReportWindow, Row
from dora.report.rows import Groups, choose_tiers, find_groups, find_teams, lacks_production
from dora.report.waiting import find_waiting


def build_report(tables: Tables, config: Config) -> Report:
    """The report of *tables* under *config*, which depends on nothing else and changes neither."""
    return report_of(analyse(tables, config), tables, config, analyse_before(tables, config))


def analyse_before(tables: Tables, config: Config) -> Analysis | None:
    """The analysis of the window before, as of its end; None if nothing is to be compared."""
    return analyse(tables, config.before) if config.compare else None


def report_of(
    analysis: Analysis, tables: Tables, config: Config, before: Analysis | None = None
) -> Report:
    """The report of an existing *analysis*, compared with *before* if that is given."""
    groups = find_groups(analysis.environments, tables, config)
    events = find_events(groups, analysis, config)
    year = benchmark_of_rows(config.benchmark, config.by)
    index = groups.rows.index
    metrics = measure(events, index, config.window, year)
    compared: dict[int, dict[str, Any]] = {}
    earlier = None
    if before is not None:
        compared, earlier = compare(
            groups, events, metrics, (before, analysis), tables, config, year
        )
    buckets = {}
    if config.trend is not None:
        spans = cut_window(config.window, config.trend)
        buckets = measure_parts(events, index, config.window, spans)
    sources = _sources(groups, analysis)
    waits = find_waiting(groups, events.shipped, analysis, config.window)
    begins = bounds_of(events, index)["begins_at"].to_pydatetime()
    rows = tuple(
        Row(
            key=key,
            tier=tier,
            source=sources[group],
            since=begins[group] if begins[group] > config.window.since else None,
            metrics=metrics[group],
            delivery=waits[group][1] if group in waits else None,
            waiting=waits[group][0] if group in waits else None,
            **compared.get(group, {}),
            trend=buckets.get(group, ()),
        )
        for group, key, tier in groups.rows.itertuples(name=None)
    )
    coverage = build_coverage(tables, analysis, config)
    return Report(
        organization=config.organization,
        window=ReportWindow(
            since=config.window.since,
            until=config.window.until,
            days=config.window.days,
            timezone=config.window.timezone,
        ),
        by=config.by,
        benchmark=config.benchmark,
        trend=config.trend,
        before=earlier,
        generated=Generated(config.now, __version__, config.digest),
        rows=rows,
        coverage=coverage,
        teams=_teams(analysis, tables, config),
        scope=find_scope(tables, config, choose_tiers(analysis.environments, config)),
        lacks_production=lacks_production(analysis.environments, config),
        lacks_sources=bool(coverage.repositories.skipped["no deployments"])
        and not config.sources
        and not config.environment,
    )


def _teams(analysis: Analysis, tables: Tables, config: Config) -> dict[str, tuple[str, ...]]:
    """The repositories of each team (G2) if rows are by team, else nothing."""
    if config.by != "team":
        return {}
    pairs = find_teams(analysis.environments, tables, config).sort_values(["team", "repository"])
    return {str(team): tuple(own) for team, own in pairs.groupby("team")["repository"]}


def _sources(groups: Groups, analysis: Analysis) -> dict[int, str]:
    """What the deployments of each group were taken from, each kind once, sorted (D8)."""
    rows = groups.grouped(analysis.outcomes[[*ENVIRONMENT, "source"]])
    kinds = sorted({*zip(rows["source"].tolist(), rows["group"].tolist(), strict=True)})
    found: dict[int, list[str]] = {}
    for kind, group in kinds:
        found.setdefault(group, []).append(kind)
    return {group: "+".join(own) for group, own in found.items()}
