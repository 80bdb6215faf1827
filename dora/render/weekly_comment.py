"""Renders the diff of two reports as GitHub's Markdown for the weekly comment.

Names are untrusted input: they are written in code spans. Only deployments are links, and only to
web addresses; issues and pull requests are not, because GitHub would note the mention on each.
"""

import re
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from dora.render import cells, formatting, notes, sources, trends
from dora.render.markdown import (
    code,
    link_with_note,
    marked_name_of,
    name_of,
    quiet,
    source_lines,
    table_line,
)
from dora.render.sources import Marks
from dora.report.diff import ReportDiff
from dora.report.figures import METRICS
from dora.report.metric_change import MetricChange, NotedContributor
from dora.report.model import Report

LIMIT = 30_000  #: bytes; leaves space for the hidden data that next week's comment compares with
NOTE_SIZE = 100  #: bytes that the note on what is left out needs at most
TABLE_SIZE = 16_000  #: bytes of the table's lines
LIST_SIZE = 3_000  #: bytes of each list
MOST_MOVED = 25  #: lines of the table
MOST_NAMED = 20  #: lines of each list
MOST_CONTRIBUTORS = 6  #: deployments named for one changed metric

NOTE = re.compile(r"[a-z0-9, ]+")


def render_comment(
    report: Report, diff: ReportDiff | None, *, why: str = "", limit: int = LIMIT
) -> str:
    """Give what changed since the last post as Markdown of at most *limit* bytes of UTF-8.

    *diff* is None if there is no post to compare with; *why* is the reason.
    """
    head = [f"### {week_of(report)}", "", notes.provenance(report, code), "", ""]
    marks = sources.marks_of(report.rows)
    if diff is None:
        parts = [
            f"Nothing is compared: {why}." if why else "The first post: nothing to compare with."
        ]
    else:
        parts = [_introduction(diff), *_sections(report, diff, marks)]
    parts += _open_failures(report, marks) if report.rows else notes.why_empty(report, code)
    parts += filter(None, ["\n".join(source_lines(report.rows)).rstrip()])
    text = "\n".join(head)
    left_out = 0
    for part in parts:
        if len(text.encode()) + len(part.encode()) + NOTE_SIZE > limit:
            left_out += 1
            continue
        text += f"{part}\n\n"
    if left_out:
        text += "There was more than fits here: the report above has it all.\n"
    return text


def week_of(report: Report) -> str:
    """Give the ISO week in which a report ends, in its time zone: `2026-W48`."""
    year, week, _ = report.window.until.astimezone(ZoneInfo(report.window.timezone)).isocalendar()
    return f"{year}-W{week:02d}"


def _introduction(diff: ReportDiff) -> str:
    before = diff.before
    since = formatting.instant(before.window.until, before.window.timezone)
    what = formatting.counted(len(diff.changed), "metric") if diff.changed else "no metric"
    moved = f"Compared with the post of {since} {before.window.timezone}, {what} moved."
    if diff.changed and not diff.has_evidence:
        takes = "that takes evidence, and rows by repository"
        moved += f" Which deployments moved them is not told: {takes}."
    return moved


def _sections(report: Report, diff: ReportDiff, marks: Marks) -> Iterable[str]:
    if diff.changed:
        yield _table(report, diff, marks)
        yield from notes.of_places(report)
        if any(trends.effect_of(one.row, one.metric) for one in diff.changed if one.verdict):
            yield trends.EFFECT
    if diff.failed:
        lines = [f"{marked_name_of(row, marks)}: {_contributor(it)}" for row, it in diff.failed]
        yield _list("Failed since then, or found since then to have failed:", lines)
    if diff.appeared:
        yield _list("New rows:", [marked_name_of(row, marks) for row in diff.appeared])
    if diff.gone:
        yield _list("Rows that are gone:", [name_of(row.key) for row in diff.gone])


def _table(now: Report, diff: ReportDiff, marks: Marks) -> str:
    with_contributors = diff.has_evidence
    titles = ["Row", "Metric", "Before", "Now", *(["Deployments"] if with_contributors else [])]
    lines = [table_line(titles), table_line(["---"] * len(titles))]
    size = TABLE_SIZE
    for one in diff.changed[:MOST_MOVED]:
        texts = [
            marked_name_of(one.row, marks),
            _title(one),
            _cell(cells.metric_of(one.before, one.metric)),
            _cell(cells.fact_of(one.row, one.metric, now.window)),
        ]
        line = table_line([*texts, *([_contributors(one)] if with_contributors else [])])
        size -= len(line.encode())
        if size < 0:
            break
        lines.append(line)
    more = len(diff.changed) - (len(lines) - 2)
    if more > 0:
        lines += ["", f"And {formatting.counted(more, 'smaller movement')}."]
    return "\n".join(lines)


def _title(one: MetricChange) -> str:
    return f"{METRICS[one.metric].heading}{trends.verdict_of(one)}"


def _cell(fact: cells.Fact) -> str:
    lines = (fact.with_interval, quiet(fact.place), quiet(fact.level))
    return "<br>".join(filter(None, (*lines, fact.sample_with(cells.BESIDE))))


def _contributors(one: MetricChange) -> str:
    """Give the deployments that changed a metric, and how many events left the window."""
    shown = [_contributor(noted) for noted in one.contributors[:MOST_CONTRIBUTORS]]
    more = len(one.contributors) - MOST_CONTRIBUTORS
    if more > 0:
        shown[-1] += f" and {formatting.count(more)} more"
    if one.left:
        left = formatting.counted(one.left, *METRICS[one.metric].leaving)
        shown.append(f"{left} left the window")
    return ", ".join(shown) or "none since then"


def _contributor(noted: NotedContributor) -> str:
    """Give a link to a deployment, with how it changed a metric."""
    is_plain = not noted.note or NOTE.fullmatch(noted.note)
    return link_with_note(noted.contributor, noted.note if is_plain else code(noted.note))


def _open_failures(report: Report, marks: Marks) -> Iterable[str]:
    rows = [row for row in report.rows if row.metrics.recovery_time.open]
    if rows:
        lines = [
            f"{marked_name_of(row, marks)}: {formatting.count(row.metrics.recovery_time.open)}"
            for row in rows
        ]
        yield _list("Failures without a recovery yet:", lines)


def _list(title: str, lines: Sequence[str]) -> str:
    shown: list[str] = []
    for line in lines[:MOST_NAMED]:
        if sum(len(one.encode()) for one in shown) + len(line.encode()) > LIST_SIZE:
            break
        shown.append(f"- {line}")
    more = len(lines) - len(shown)
    if more > 0:
        shown.append(f"- and {formatting.count(more)} more")
    return "\n".join([title, "", *shown])
