"""Gathers the values that the page's template shows, part by part."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from dora.render import cells, formatting, notes, sources, trends
from dora.render.html import charts, svg
from dora.render.html.header import head_of, uncompared
from dora.render.html.model import ChangedMetric, Line, Link, RowSection
from dora.render.html.sections import FULL, Sections, address, incident, lines_of, names_of
from dora.render.html.travels import steps_of, ways_of
from dora.render.sources import Marks
from dora.report.figures import FACTORS, METRICS
from dora.report.model import NO_TEAM, Report, Row
from dora.report.page.model import Page

MOST_OPEN = 6  #: up to so many sections, all are open
MOST_DOWN, MOST_MOVED = 20, 10  #: lines shown before the rest is folded
#: Names listed in all rows of one kind of pooled rows; and where charts are brief.
MEMBERS, FEW_MEMBERS = 400, 4
TITLES = {
    "repository": "By repository and environment",
    "environment": "By environment",
    "team": "By team",
    "organization": "By tier",
}


@dataclass(frozen=True)
class OpenFailure:
    """A failure that is still open: its row, its start, and the deployment that began it."""

    section: int
    names: tuple[str, ...]
    since: str
    is_earlier: bool  #: whether it began before the window
    lasted: str
    deployment: Link
    incident: Link | None


def contents_of(page: Page) -> dict[str, Any]:
    """Give all variables of the template except style and script."""
    report, repositories = page.report, page.repositories
    names = [names_of(row) for row in repositories.rows]
    maker = Sections(repositories)
    tables = (page.organization, report, *_pools(page), repositories)  # in the page's order
    everything = [row for table in tables for row in table.rows]
    marks = sources.marks_of(everything)
    of_sections = lines_of(repositories, None, names, 0, marks)
    sections = [
        maker.make(number, row, line, sample)
        for number, (row, line, sample) in enumerate(
            zip(repositories.rows, of_sections, page.samples, strict=True)
        )
    ]
    lines = (
        of_sections if report.by == "repository" else _pooled(page, report, report.by, names, marks)
    )
    organization = _organization(page, names, marks)
    # The pooled rows go first: with more data they show clear changes sooner than their parts.
    moved = _moved(page.report, lines, maker)
    if report.by != "organization":
        moved = [*_moved(page.organization, [it for it, _ in organization], maker), *moved]
    places = list(notes.of_places(page.organization))
    values = {
        **head_of(page),
        "axis": maker.axis,
        "brief": maker.axis is not None and maker.axis.is_brief,
        "unit": repositories.trend or "",
        "rate": "day" if repositories.trend == "day" else "week",
        "partial": _partial(maker.axis),
        "down": _open_failures(page, maker, sections, never_live=False),
        "failing": _open_failures(page, maker, sections, never_live=True),
        "most_down": MOST_DOWN,
        "most_moved": MOST_MOVED,
        **{word: [one for one in moved if one[1].verdict == word] for word in trends.VERDICTS},
        "organization_lines": organization,
        "factors": _factors(),
        "has_places": bool(places),
        "places": " ".join(places),
        "too_short": trends.uncompared(report),
        "has_months": maker.axis is not None and maker.axis.unit == "month",
        "table_title": TITLES[report.by],
        "heads": _heads(report),
        "lines": lines,
        "legend": _legend(report, said=places),
        "sources": list(sources.notes_of(everything)),
        "groups": _grouped(sections),
        "are_open": len(sections) <= MOST_OPEN,
        **_side_by_side(page, names, marks),
    }
    return values | {"parts": _parts(values), "apart": uncompared(values)}


def _heads(report: Report) -> list[str]:
    """Headings of a table: the parts of a row's name, the metrics, and waiting changes."""
    if not report.rows:
        return []
    names = list(dict.fromkeys(name for row in report.rows for name in row.key))
    titles = [METRICS[name].heading for name in cells.IN_ORDER]
    waiting = ["Waiting changes"] if any(row.waiting for row in report.rows) else []
    return [*(name.capitalize() for name in names), *titles, *waiting]


def _legend(report: Report, said: Collection[str]) -> str:
    """Explain the table of *report*, without what is *said* above it."""
    room = {"intervals", "levels", *cells.BESIDE}
    return " ".join(one for one in notes.legend(report, room) if one not in said)


def _factors() -> list[tuple[str, int, int]]:
    """DORA's factors, each with where its cells begin and end."""
    ends = list(accumulate(map(len, FACTORS.values()), initial=0))
    return [(name.capitalize(), *span) for name, span in zip(FACTORS, pairwise(ends), strict=True)]


def _pools(page: Page) -> list[Report]:
    """The tables of teams and of environments, whose rows pool those by repository."""
    return [*([page.teams] if page.teams else []), page.environments]


def _pooled(
    page: Page, report: Report, by: str, names: Sequence[tuple[str, ...]], marks: Marks
) -> list[Line]:
    room = MEMBERS if len(page.repositories.rows) <= FULL else FEW_MEMBERS
    return lines_of(report, page.members[by], names, room // max(len(report.rows), 1), marks)


def _organization(
    page: Page, names: Sequence[tuple[str, ...]], marks: Marks
) -> list[tuple[Line, tuple[charts.Chart, ...]]]:
    """The tiers of the organization, pooled, each with its charts."""
    report = page.organization
    axis = charts.make_axis(report)
    lines = _pooled(page, report, "organization", names, marks)
    return [
        (_placed(line, row, page), charts.draw(row, page.marks_of(number), axis) if axis else ())
        for number, (line, row) in enumerate(zip(lines, report.rows, strict=True))
    ]


def _placed(line: Line, row: Row, page: Page) -> Line:
    """*line* with the survey's answers behind the places of *row* (B5)."""
    made = []
    for name, cell in zip(cells.IN_ORDER, line.cells, strict=False):  # waiting changes come last
        place, ends = METRICS[name].of(row.metrics).place, page.survey.get(name)
        made.append(replace(cell, strip=svg.strip(ends, place)) if place and ends else cell)
    return replace(line, cells=(*made, *line.cells[len(made) :]))


def _side_by_side(page: Page, names: Sequence[tuple[str, ...]], marks: Marks) -> dict[str, Any]:
    """Teams and environments, unless the report is by these, and the steps of changes."""
    by = page.report.by
    teams = page.teams
    has_teams = teams is not None and any(row.key["team"] != NO_TEAM for row in teams.rows)
    steps, longest = steps_of(page.promotion)
    heads = [(one.origin, one.tier) for one in page.promotion.organization]
    return {
        "is_by_team": by == "team",
        "teams": _pooled(page, teams, "team", names, marks)
        if teams and has_teams and by != "team"
        else [],
        "team_heads": _heads(teams) if teams else [],
        "environments": _pooled(page, page.environments, "environment", names, marks)
        if by != "environment"
        else [],
        "environment_heads": _heads(page.environments),
        "steps": steps,
        "longest": longest,
        "way_heads": [f"{origin or 'start'} → {tier}" for origin, tier in heads],
        "ways": ways_of(page.promotion, heads),
    }


def _open_failures(
    page: Page, maker: Sections, sections: Sequence[RowSection], *, never_live: bool
) -> list[OpenFailure]:
    """All open outages, or open failures that were never live (F8).

    Those of production come first, then the newest.
    """
    found = []
    for one, row, sample in zip(sections, page.repositories.rows, page.samples, strict=True):
        home = address(sample.url)
        for episode in sample.episodes:
            if episode.ended_at is None and episode.never_live is never_live:
                failure = OpenFailure(
                    one.number,
                    one.line.names,
                    formatting.instant(episode.began_at, maker.timezone),
                    maker.is_earlier(episode),
                    formatting.duration((maker.until - episode.began_at).total_seconds()),
                    maker.failing(episode),
                    incident(episode.by, home),
                )
                order = (row.tier != "production", maker.until - episode.began_at)
                found.append((order, failure))
    return [failure for _, failure in sorted(found, key=lambda it: it[0])]


def _moved(
    report: Report, lines: Sequence[Line], maker: Sections
) -> list[tuple[Line, ChangedMetric]]:
    """Give the clear changes in *report*, the surest first, each with the line of its row."""
    own = {id(row): line for row, line in zip(report.rows, lines, strict=True)}
    return [(own[id(one.row)], maker.describe(one)) for one in trends.changes_of(report)]


def _grouped(sections: Sequence[RowSection]) -> list[tuple[str, list[RowSection]]]:
    found: dict[str, list[RowSection]] = {}
    for one in sections:
        found.setdefault(one.repository, []).append(one)
    return list(found.items())


def _partial(axis: svg.Axis | None) -> str:
    """Name the buckets that the window cuts."""
    if axis is None or not any(axis.partial):
        return ""
    which = [name for name, cut in (("first", axis.partial[0]), ("last", axis.partial[-1])) if cut]
    if len(axis.partial) == 1:
        which = ["only"]
    noun = f"{axis.unit} is" if len(which) == 1 else f"{axis.unit} are"
    return f"The {' and the '.join(which)} {noun} cut by the window: shaded, bars dashed."


def _parts(values: dict[str, Any]) -> list[tuple[str, str]]:
    """The parts that the page has, for its table of contents."""
    return [
        ("down", "Down now"),
        ("changed", "What changed"),
        ("organization", "The organization"),
        ("table", values["table_title"]),
        *([] if values["is_by_team"] else [("teams", "Teams")]),
        *([("environments", "Environments")] if values["environments"] or values["steps"] else []),
        *([("repositories", "Every repository")] if values["groups"] else []),
        ("coverage", "Coverage"),
    ]
