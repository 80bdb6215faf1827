"""Builds what the HTML page shows in addition to the report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import accumulate

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.config.config import MOST_PARTS, PARTS
from dora.config.window import cut_window
from dora.metrics.benchmarks import survey_shares
from dora.model.tables import Tables
from dora.report.build import report_of
from dora.report.measurement import Events, find_events, measure_parts
from dora.report.model import Report
from dora.report.page.model import Page
from dora.report.page.promotion import find_promotion
from dora.report.page.samples import find_excerpts
from dora.report.rows import Groups, find_groups

#: The shortest windows for which a page has buckets of weeks and of months, not of days.
WEEKS_FROM = timedelta(days=21)
MONTHS_FROM = timedelta(days=550)


def build_page(
    analysis: Analysis,
    tables: Tables,
    config: Config,
    report: Report,
    before: Analysis | None = None,
) -> Page:
    """The page of *report*, which is of *analysis* under *config*.

    *before* is the analysis that it is compared with, as in `report_of`.
    """
    trend = config.trend or choose_trend(config)
    groups = find_groups(analysis.environments, tables, _by(config, "repository"))
    events = find_events(groups, analysis, config)
    # Reports that exist already are not built again: there may be a million changes.
    reports = {report.by: report}
    if report.by == "repository" and report.trend != trend:
        reports["repository"] = _with_trend(report, groups, events, config, trend)
    for by in _wanted(tables, config):
        is_drawn = by in {"repository", "organization"}
        if by not in reports or (is_drawn and reports[by].trend != trend):
            pooled_by = config.model_copy(update={"by": by, "trend": trend if is_drawn else None})
            reports[by] = report_of(analysis, tables, pooled_by, before if is_drawn else None)
    members = {
        by: _members(groups, find_groups(analysis.environments, tables, _by(config, by)))
        for by in reports
        if by != "repository"
    }
    return Page(
        report=report,
        repositories=reports["repository"],
        samples=tuple(find_excerpts(groups, events, analysis, tables, config)),
        organization=reports["organization"],
        teams=reports.get("team"),
        environments=reports["environment"],
        members=members,
        promotion=find_promotion(analysis, config),
        survey={metric: _ends(shares) for metric, shares in survey_shares().items()},
    )


def _ends(shares: Sequence[Fraction]) -> tuple[float, ...]:
    """The sums of *shares* up to each of them, as parts of 1."""
    return tuple(float(end / sum(shares)) for end in accumulate(shares))


def _with_trend(
    report: Report, groups: Groups, events: Events, config: Config, trend: str | None
) -> Report:
    """*report*, which is by repository, with the trend by *trend*; without one if it is None."""
    if trend is None:
        return replace(
            report, rows=tuple(replace(row, trend=()) for row in report.rows), trend=None
        )
    spans = cut_window(config.window, trend)
    buckets = measure_parts(events, groups.rows.index, config.window, spans)
    rows = tuple(
        replace(row, trend=buckets[group])
        for group, row in zip(groups.rows.index, report.rows, strict=True)
    )
    return replace(report, rows=rows, trend=trend)


def _wanted(tables: Tables, config: Config) -> tuple[str, ...]:
    """How the page pools rows; by team only if there are teams or the report is by team."""
    has_teams = bool(config.teams) or not tables.teams.empty or config.by == "team"
    return ("repository", "organization", "environment", *(["team"] if has_teams else []))


def choose_trend(config: Config) -> str | None:
    """The default length of a page's buckets: `day`, `week` or `month`.

    None if even months would be too many to draw.
    """
    length = config.window.length
    if length > MOST_PARTS * PARTS["month"]:
        return None
    if length < WEEKS_FROM:
        return "day"
    return "week" if length < MONTHS_FROM else "month"


def _by(config: Config, by: str) -> Config:
    return config.model_copy(update={"by": by})


def _members(sections: Groups, pooled: Groups) -> tuple[tuple[int, ...], ...]:
    """For each row of *pooled*, the indexes of the rows of *sections* that it pools."""
    pairs = pooled.grouped(sections.members.rename(columns={"group": "section"}))
    found = pairs.sort_values("section").groupby("group")["section"].agg(tuple).to_dict()
    return tuple(found.get(group, ()) for group in pooled.rows.index)
