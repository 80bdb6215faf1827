"""Turns rows and their evidence into texts and links for the page's tables and sections."""

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from dora.render import cells, formatting, sources
from dora.render.html import charts
from dora.render.html.model import Cell, ChangedMetric, EvidenceList, Line, Link, RowSection
from dora.render.sources import Marks
from dora.render.trends import VERDICTS, changes_of, values_of
from dora.report.figures import (
    EPISODE,
    FAILURE,
    METRICS,
    REWORK,
    SHIPMENT,
    SUCCESS,
    Metric,
    count_events,
)
from dora.report.metric_change import MetricChange, NotedContributor
from dora.report.model import Compared, Metrics, Report, Row
from dora.report.page.model import Episode, RowSample, Shown, SlowChange

FULL = 40  #: up to so many sections, charts are drawn in full detail


def address(url: str) -> str | None:
    """Give *url* if it is a plain web address, else None."""
    return url if formatting.is_web_address(url) else None


def cells_of(row: Row, report: Report) -> tuple[Cell, ...]:
    """Give the metrics of a *row* of *report* as cells, in the order of DORA's factors."""
    made = []
    for name in cells.IN_ORDER:
        cell = _cell(cells.fact_of(row, name, report.window), report.benchmark)
        if row.previous is not None:
            cell = replace(cell, before=cells.metric_of(row.previous, name).with_open)
        if row.comparison is not None:
            compared: Compared = getattr(row.comparison, name)
            if compared.verdict in VERDICTS:
                effect = cells.effect_of(compared, name)
                cell = replace(cell, verdict=compared.verdict or "", effect=effect)
        made.append(cell)
    return tuple(made)


def _cell(fact: cells.Fact, benchmark: str) -> Cell:
    return Cell(
        title=" ".join(fact.title),
        value=fact.with_open,
        level=f"{fact.level} {benchmark}" if fact.level else "",
        sample=fact.sample,
        beside=", ".join(fact.more[one] for one in cells.BESIDE if one in fact.more),
        interval=fact.interval,
        place=fact.place,
    )


def waiting_of(row: Row) -> Cell:
    """Give the changes that wait for production for a table."""
    return _cell(cells.waiting_of(row), "")


def names_of(row: Row) -> tuple[str, ...]:
    """Give a row's name, part by part, safe to show."""
    return tuple(visible(part) for part in row.key.values())


def visible(name: str) -> str:
    """Give *name* safe to show; a blank name is quoted, so that it can be seen and clicked."""
    name = formatting.plain(name)
    return name if name.strip() else f'"{name}"'


def lines_of(
    report: Report,
    members: Sequence[Sequence[int]] | None,
    names: Sequence[tuple[str, ...]],
    most: int,
    marks: Marks,
) -> list[Line]:
    """Give the rows of *report* for a table, each with up to *most* of the sections it pools.

    Without *members* each row has the section with its own number. Each has its mark of *marks*.
    """
    has_waiting = any(row.waiting for row in report.rows)
    lines = []
    for number, row in enumerate(report.rows):
        pooled = () if members is None else members[number]
        lines.append(
            Line(
                names_of(row),
                row.tier,
                (*cells_of(row, report), *([waiting_of(row)] if has_waiting else [])),
                number if members is None else None,
                tuple((one, _short(names[one], row)) for one in pooled[:most]),
                max(len(pooled) - most, 0),
                sources.mark_of(row, marks),
                _order(row, has_waiting=has_waiting),
            )
        )
    return lines


def _order(row: Row, *, has_waiting: bool) -> str:
    """Give the numbers to sort *row* by; a failure that is still open is infinitely long."""
    numbers = [_sortable(METRICS[name], row.metrics) for name in cells.IN_ORDER]
    if has_waiting:
        numbers.append(row.waiting.changes if row.waiting else None)
    return " ".join("-" if one is None else f"{one:.4g}" for one in numbers).replace(
        "inf", "Infinity"
    )


def _sortable(metric: Metric, metrics: Metrics) -> float | None:
    value = metric.value(metrics)
    return math.inf if value is None and metric.still_open(metrics) else value


def _short(names: tuple[str, ...], pooled: Row) -> str:
    """Give the name of a section without the parts that are in the name of the row *pooled*."""
    own = names_of(pooled)
    return " · ".join([names[0], *(part for part in names[1:] if part not in own)])


def explain(row: Row) -> str:
    """Give the command that explains *row*; "" if its name cannot be typed."""
    names = [row.key["repository"], row.key["environment"]]
    if any(formatting.plain(name) != name for name in names):
        return ""
    dashes = "-- " if any(name.startswith("-") for name in names) else ""
    return f"dora explain {dashes}{' '.join(map(shlex.quote, names))}"


class Sections:
    """Makes the sections of a page, with all instants in the report's time zone."""

    def __init__(self, report: Report) -> None:
        """Take the report by repository."""
        self.report, self.timezone = report, report.window.timezone
        self.since, self.until = report.window.since, report.window.until
        self.axis = charts.make_axis(report, is_brief=len(report.rows) > FULL)

    def make(self, number: int, row: Row, line: Line, sample: RowSample) -> RowSection:
        """Give the section of *row*."""
        repository, environment, *service = line.names
        evidence = [one for one in self._evidence(row, sample, address(sample.url)) if one.total]
        unseen = (f"{formatting.count(one.total)} {one.noun}" for one in evidence if not one.items)
        return RowSection(
            number,
            repository,
            " · ".join([f"{environment} {line.mark}".rstrip(), *service]),
            line,
            sum(it.ended_at is None and not it.never_live for it in sample.episodes),
            sum(it.ended_at is None and it.never_live for it in sample.episodes),
            charts.draw(row, sample.marks, self.axis) if self.axis else (),
            tuple(evidence),
            tuple(self.changed(row)),
            ", ".join(unseen),
            explain(row),
        )

    def _evidence(self, row: Row, sample: RowSample, home: str | None) -> Iterator[EvidenceList]:
        totals = count_events(row.metrics)
        for title, total, is_earlier in (
            ("Open since before this window", None, True),
            ("Failures and recoveries", totals[EPISODE], False),
        ):
            episodes = [it for it in sample.episodes if self.is_earlier(it) is is_earlier]
            items = tuple(self.episode(it) for it in episodes)
            yield EvidenceList(title, "failures", len(items) if total is None else total, items)
        named = {one.deployment for one in sample.episodes if one.is_counted}
        others = [one for one in sample.failed if one.id not in named]
        for title, total, shown in (
            (
                "Other failed" if named else "Failed",
                totals[FAILURE] - len(named),
                others,
            ),
            ("Rework", totals[REWORK], sample.rework),
            ("Latest successes", totals[SUCCESS], sample.latest),
        ):
            items = tuple(self._deployment(one) for one in shown)
            yield EvidenceList(title, title.lower().replace("latest ", ""), total, items)
        waiting = row.waiting.changes if row.waiting else 0
        for title, noun, total, changes in (
            ("Slowest changes", "changes", totals[SHIPMENT], sample.slowest),
            ("Waiting, oldest first", "waiting", waiting, sample.waiting),
        ):
            yield EvidenceList(title, noun, total, tuple(_change(one, home) for one in changes))

    def is_earlier(self, one: Episode) -> bool:
        """Whether a failure began before the window, so that it is only counted as carried in."""
        return one.began_at < self.since

    def episode(self, one: Episode) -> Link:
        """Give a failure as a link to its first deployment, with its start and its duration."""
        lasted = formatting.duration(((one.ended_at or self.until) - one.began_at).total_seconds())
        note = f"{self.day(one.began_at)}, {lasted}{'' if one.ended_at else ' and open'}"
        if one.failures > 1:
            note += f", {formatting.count(one.failures)} failures"
        note += ", never live" if one.never_live else ""
        return self._link(one, f"{note}, {', '.join(one.signals)}")

    def failing(self, one: Episode) -> Link:
        """Give a link to a failure's first deployment, with the signals that marked it."""
        return self._link(one, f"by {', '.join(one.signals)}")

    def _deployment(self, one: Shown) -> Link:
        why = f", {', '.join(one.signals)}" if one.signals else ""
        never = ", never live" if one.never_live else ""
        return self._link(one, self.day(one.at) + why + never)

    def _link(self, one: Shown | Episode, note: str) -> Link:
        """Give a deployment of GitHub's by its commit, any other by its name."""
        sha = one.sha[: formatting.SHA] or "deployment"
        name = visible(formatting.deployment_name(one.name)) if one.name else sha
        return Link(name, address(one.url), formatting.plain(note))

    def day(self, moment: datetime) -> str:
        """Give the day of *moment*."""
        return formatting.instant(moment, self.timezone).split(" ")[0]

    def changed(self, row: Row) -> Iterator[ChangedMetric]:
        """Give the metrics of *row* that clearly changed, with what caused it."""
        if row.comparison is not None:
            yield from map(self.describe, changes_of(replace(self.report, rows=(row,))))

    def describe(self, one: MetricChange) -> ChangedMetric:
        """Give a clear change with what caused it."""
        contributors = (self._contributor(noted, one.row) for noted in one.contributors)
        title = METRICS[one.metric].heading
        effect = cells.effect_of(getattr(one.row.comparison, one.metric), one.metric)
        return ChangedMetric(title, one.verdict or "", *values_of(one), effect, tuple(contributors))

    def _contributor(self, noted: NotedContributor, row: Row) -> Link:
        one = noted.contributor
        where = "" if "repository" in row.key else f"{one.repository} {one.environment} "
        notes = [self.day(one.at), noted.note]
        return Link(
            formatting.plain(f"{where}{one.kind} {formatting.deployment_name(one.id)}"),
            address(one.url),
            ", ".join(filter(None, notes)),
        )


def incident(by: str, home: str | None) -> Link | None:
    """Give a link to the incident `repo#n` in the organization of *home*; None for any other."""
    name, mark, number = by.rpartition("#")
    if not mark or not number.isdecimal():
        return None
    base = home.rpartition("/")[0] if home else None
    return Link(formatting.plain(by), base and address(f"{base}/{quote(name)}/issues/{number}"))


def _change(one: SlowChange, home: str | None) -> Link:
    took = formatting.duration(one.seconds)
    if one.number is None:
        return Link(one.sha[: formatting.SHA], home and f"{home}/commit/{one.sha}", took)
    # A pull request that was merged commit by commit is listed once for each commit.
    note = f"{one.sha[: formatting.SHA]}, {took}"
    return Link(f"#{one.number}", home and f"{home}/pull/{one.number}", note)
