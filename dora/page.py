"""The analysis and the report in, all that a page shows out."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd

from dora.analysis import Analysis
from dora.config import Config
from dora.excerpts import Excerpt, find_excerpts
from dora.groups import Groups, find_groups
from dora.journeys import Journeys, find_journeys
from dora.report import report_of
from dora.results import Report
from dora.tables import Tables

#: Windows from which on a page has buckets of weeks, and of months; below, of days.
WEEKS_FROM = timedelta(days=21)
MONTHS_FROM = timedelta(days=550)


@dataclass(frozen=True)
class Page:
    """What a page is made from; every report is of the same window.

    - `report`: as asked for
    - `repositories`: by repository and environment, with a trend; a section and excerpt each
    - `organization`: by tier, with a trend
    - `teams`, `environments`: pooled; `members` tells the places in `repositories` of what each of
      their rows, and each of `organization`, pools
    """

    report: Report
    repositories: Report
    excerpts: tuple[Excerpt, ...]
    organization: Report
    teams: Report
    environments: Report
    members: dict[str, tuple[tuple[int, ...], ...]]  #: by what is pooled, a tuple a row
    journeys: Journeys


def build_page(analysis: Analysis, tables: Tables, config: Config, report: Report) -> Page:
    """All that a page shows beside *report*, which is of *analysis* under *config*."""
    plain = config.model_copy(update={"trend": None, "compare": False})
    with_trend = plain.model_copy(update={"trend": report.trend or choose_trend(config)})
    reports = {
        by: report_of(
            analysis, tables,
            (with_trend if by in {"repository", "organization"} else plain)
            .model_copy(update={"by": by}),
        )
        for by in ("repository", "organization", "team", "environment")
    }  # fmt: skip
    if report.before is not None:
        reports[report.by] = _with_comparison(reports[report.by], report)
    groups = find_groups(analysis.environments, tables, _by(config, "repository"))
    members = {
        by: _members(groups, find_groups(analysis.environments, tables, _by(config, by)))
        for by in ("organization", "team", "environment")
    }
    return Page(
        report=report,
        repositories=reports["repository"],
        excerpts=tuple(find_excerpts(groups, analysis, tables, config)),
        organization=reports["organization"],
        teams=reports["team"],
        environments=reports["environment"],
        members=members,
        journeys=find_journeys(analysis, config),
    )


def choose_trend(config: Config) -> str:
    """What the buckets of a page are where none were asked for: `day`, `week` or `month`."""
    length = config.window.length
    if length < WEEKS_FROM:
        return "day"
    return "week" if length < MONTHS_FROM else "month"


def _by(config: Config, by: str) -> Config:
    return config.model_copy(update={"by": by})


def _with_comparison(made: Report, report: Report) -> Report:
    """*made* with what *report*, of the same rows, tells of the window before."""
    rows = tuple(
        replace(row, previous=told.previous, comparison=told.comparison)
        for row, told in zip(made.rows, report.rows, strict=True)
    )
    return replace(made, rows=rows, before=report.before)


def _members(sections: Groups, pooled: Groups) -> tuple[tuple[int, ...], ...]:
    """For each row of *pooled* the places of the rows of *sections* that it pools."""
    pairs = pooled.grouped(sections.members.rename(columns={"group": "section"}))
    found: pd.Series = pairs.sort_values("section").groupby("group")["section"].agg(tuple)
    return tuple(found.get(group, ()) for group in pooled.rows.index)
