"""Renders a report and its diff as a message of Slack's Block Kit, within Slack's limits.

Names are written as rich text, which has no markup, so they cannot mention users or make links.
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dora.render import formatting, notes, sources, trends
from dora.render.cells import BESIDE, IN_ORDER, Fact, fact_of, metric_of
from dora.render.sources import Marks
from dora.report.diff import ReportDiff
from dora.report.figures import METRICS
from dora.report.metric_change import MetricChange
from dora.report.model import Report, Row

HEADER = 150  #: characters of a header
TEXT = 3_000  #: characters of a notification; Slack's limit is 40,000, and it recommends less
NAME = 80  #: characters of a name; longer ones are cut
MOST = 8  #: lines of each list
POOLED = ("team", "organization")  #: reports in which several rows may count the same deployment


def render_message(
    report: Report, diff: ReportDiff | None = None, *, link: str = ""
) -> dict[str, Any]:
    """Give the message: the `text` of its notification, and its `blocks`."""
    title = f"DORA metrics of {formatting.plain(report.organization)}"
    headline = _headline(report)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(_cut(title, HEADER))},
        _paragraph(_text(f"{_window(report)} "), _text(headline)),
    ]
    marks = sources.marks_of(report.rows)
    if diff is not None:
        blocks += _list(_since(diff), [_changed(one, marks, report) for one in diff.changed])
        blocks += [_paragraph(_text(it)) for it in notes.of_places(report) if diff.changed]
    failing = [row for row in report.rows if row.metrics.recovery_time.open]
    lines = [[*_name(row, marks), _text(f" {_open(row)}")] for row in failing]
    blocks += _list("Failures without a recovery yet", lines)
    blocks += _sources(report)
    if formatting.is_web_address(link) and len(link) <= TEXT:
        blocks.append(_paragraph({"type": "link", "url": link, "text": "The whole report"}))
    return {"text": escape(_cut(f"{title}: {headline}", TEXT)), "blocks": blocks}


def escape(text: str) -> str:
    """Give *text* with the three characters of Slack's markup escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sources(report: Report) -> list[dict[str, Any]]:
    """Give what the sources of the rows leave out, where not all are GitHub Deployments (D8)."""
    found = sources.notes_of(report.rows)
    text = "\n".join(f"{mark} {sentence}".lstrip() for mark, sentence in found)
    return [_paragraph(_text(_cut(text, TEXT)))] if text else []


def _window(report: Report) -> str:
    until = formatting.instant(report.window.until, report.window.timezone)
    return f"{formatting.days(report.window.days)} up to {until} {report.window.timezone}."


def _headline(report: Report) -> str:
    """Summarize the report in one sentence, from counts that may be added up."""
    if not report.rows:
        return " ".join(notes.why_empty(report, formatting.plain))
    if report.by in POOLED:
        tier = next((row for row in report.rows if row.tier == "production"), report.rows[0])
        if report.by == "organization":
            values = (
                f"{METRICS[name].heading.lower()} {_in_full(fact_of(tier, name, report.window))}"
                for name in IN_ORDER
            )
            places = " ".join(notes.of_places(replace(report, rows=(tier,))))
            return f"{tier.tier.capitalize()}: {'; '.join(values)}. {places}".rstrip()
        return f"{formatting.counted(len({row.key.get('team') for row in report.rows}), 'team')}."
    production = [row for row in report.rows if row.tier == "production"]
    rows = production or list(report.rows)
    failed = sum(row.metrics.change_fail_rate.failed for row in rows)
    finished = sum(row.metrics.change_fail_rate.deployments for row in rows)
    still_open = sum(row.metrics.recovery_time.open for row in rows)
    succeeded = sum(row.metrics.deployment_frequency.deployments for row in rows)
    return (
        f"{'Production' if production else 'All tiers'}: "
        f"{formatting.counted(len(rows), 'environment')}, "
        f"{formatting.counted(succeeded, 'deployment')}, "
        f"{formatting.of(failed, finished)} failed, "
        f"{formatting.counted(still_open, 'failure')} not recovered yet."
    )


def _since(diff: ReportDiff) -> str:
    before = diff.before.window
    return f"Moved since {formatting.instant(before.until, before.timezone)} {before.timezone}"


def _changed(one: MetricChange, marks: Marks, now: Report) -> list[dict[str, Any]]:
    before = metric_of(one.before, one.metric).with_open
    after = _in_full(fact_of(one.row, one.metric, now.window))
    name = METRICS[one.metric].heading.lower()
    return [*_name(one.row, marks), _text(f" {name} {before} → {after}{trends.verdict_of(one)}")]


def _in_full(fact: Fact) -> str:
    """Give a metric in words with its 95 % interval, its place, and what stands beside it.

    `26 h (22–31 h, top 24–56 %, 31 h from merge, 7 waiting)` (B5, F8, R4, LT12).
    """
    more = [fact.interval, fact.place, *(fact.more[it] for it in BESIDE if it in fact.more)]
    found = ", ".join(filter(None, more))
    return f"{fact.with_open} ({found})" if found else fact.with_open


def _open(row: Row) -> str:
    return formatting.count(row.metrics.recovery_time.open)


def _name(row: Row, marks: Marks) -> list[dict[str, Any]]:
    """Give a row's name, each part as a code element, and its mark behind it."""
    parts: list[dict[str, Any]] = []
    for value in row.key.values():
        name = _cut(formatting.plain(value), NAME)
        parts += [_text(" ")] * bool(parts)
        parts.append({"type": "text", "text": name or " ", "style": {"code": True}})
    mark = sources.mark_of(row, marks)
    return [*parts, *([_text(f" {mark}")] if mark else [])]


def _list(title: str, lines: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give a heading with a list of the first *lines* below it; nothing if there are none."""
    if not lines:
        return []
    sections = [{"type": "rich_text_section", "elements": line} for line in lines[:MOST]]
    more = len(lines) - MOST
    if more > 0:
        sections.append({"type": "rich_text_section", "elements": [_text(f"and {more:,} more")]})
    bold = {"type": "text", "text": title, "style": {"bold": True}}
    return [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [bold]},
                {"type": "rich_text_list", "style": "bullet", "elements": sections},
            ],
        }
    ]


def _paragraph(*elements: dict[str, Any]) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [section]}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
