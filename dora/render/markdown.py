"""Renders a report as GitHub's Markdown for an issue or a job summary, of limited size.

Names are untrusted input: they are written in code spans, so that they cannot mention users, make
links or change the formatting.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from dora.render import cells, formatting, sources, trends
from dora.render import notes as remarks
from dora.render.cells import Fact
from dora.render.sources import Marks
from dora.report.deployment_ids import DeploymentId
from dora.report.figures import METRICS
from dora.report.metric_change import NotedContributor
from dora.report.model import Contributor, Report, Row

LIMIT = 60_000  #: bytes; GitHub accepts 65,536 characters in an issue
LEAST_LIMIT = 2_000  #: bytes; the parts that are never left out need less
NOTES_SIZE = 200  #: bytes that the two notes on what is left out need at most

PIPE = "\\|"  #: within a cell

EXTRAS = ("p90", *cells.BESIDE)  #: details shown after the sample size


def render_report(report: Report, *, limit: int = LIMIT) -> str:
    """Give *report* as Markdown of at most *limit* bytes of UTF-8, and so as many characters.

    Whole rows and remarks that do not fit are left out, and a note says how many. The *limit* is
    at least 2,000.
    """
    table = list(_table(report)) if report.rows else ["\n\n".join(remarks.why_empty(report, code))]
    head = [f"## DORA metrics of {code(report.organization)}", "", *table[:2]]
    rows = table[2:]
    changes = list(_changes(report))
    source = ["", *_source(report)]
    sentences = [f"- {line}" for line in remarks.remarks(report, code)]
    if sentences:
        source += ["", "Not in the numbers, or less than certain:", ""]

    budget = max(limit, LEAST_LIMIT) - _size([*head, *source]) - NOTES_SIZE
    shown_remarks = _fitting(sentences, budget // 2)
    changed = _fitting(changes, (budget - _size(shown_remarks)) // 2)
    if len(changed) < len(changes):
        changed.append(
            f"- and {formatting.count(len(changes) - len(changed))} more in the JSON report"
        )
    shown = _fitting(rows, budget - _size([*shown_remarks, *changed]))
    notes = []
    if len(shown) < len(rows):
        missing = formatting.of(len(rows) - len(shown), len(rows))
        notes = ["", f"{missing} rows did not fit: the JSON and CSV reports have them all."]
    if len(shown_remarks) < len(sentences):
        more = formatting.counted(len(sentences) - len(shown_remarks), "more remark")
        shown_remarks.append(f"- {more} in the JSON report")
    return "\n".join([*head, *shown, *notes, *changed, *source, *shown_remarks, ""])


def code(name: str) -> str:
    """Give *name* as a code span, in which GitHub makes no links, mentions or formatting.

    The fence is longer than any run of backticks inside. GitHub removes a space at either end if
    there is one at both, so names that begin or end with a backtick or a space get these two.
    """
    name = formatting.plain(name)
    fence = "`" * (max(map(len, re.findall("`+", name)), default=0) + 1)
    if not name.strip(" "):
        return f"{fence}{name or ' '}{fence}"
    apart = " " if name[0] in "` " or name[-1] in "` " else ""
    return f"{fence}{apart}{name}{apart}{fence}"


def _size(lines: list[str]) -> int:
    """Give the number of bytes of *lines* with their line breaks."""
    return sum(len(line.encode()) + 1 for line in lines)


def _fitting(lines: list[str], size: int) -> list[str]:
    """Give the first of *lines*, as many as fit into *size* bytes."""
    shown: list[str] = []
    for line in lines:
        size -= _size([line])
        if size < 0:
            break
        shown.append(line)
    return shown


def _table(report: Report) -> Iterator[str]:
    """Give the lines of the table: headings, rule, and one for each row."""
    names = list(dict.fromkeys(name for row in report.rows for name in row.key))
    waiting = any(row.waiting for row in report.rows)
    titles = [" ".join(fact.title) for fact in _facts(report, report.rows[0], waiting=waiting)]
    yield table_line([*(name.capitalize() for name in names), *titles])
    yield table_line(["---"] * (len(names) + len(titles)))
    marks = sources.marks_of(report.rows)
    for row in report.rows:
        keys = [_key(row, name, marks) for name in names]
        facts = _facts(report, row, waiting=waiting)
        yield table_line([*keys, *(_cell(fact) for fact in facts)])


def table_line(texts: list[str]) -> str:
    """Give one line of a table; a pipe in a cell is escaped, in code spans as well.

    GitHub ends a cell at each pipe without a backslash directly before it, even if that backslash
    follows another one, and removes only this backslash:
    https://github.github.com/gfm/#tables-extension-
    """
    return f"| {' | '.join(cell.replace('|', PIPE) for cell in texts)} |"


def _facts(report: Report, row: Row, *, waiting: bool) -> tuple[Fact, ...]:
    metrics = trends.facts_over_time(row, report.window)
    return (*metrics, *([cells.waiting_of(row)] if waiting else []))


def _key(row: Row, name: str, marks: Marks) -> str:
    """Give one part of a row's name; an environment's with its tier, if that adds anything.

    Behind the environment's is the row's mark, or behind the last part if there is none.
    """
    if name not in row.key:
        return ""
    cell = code(row.key[name])
    if name == ("environment" if "environment" in row.key else list(row.key)[-1]):
        cell = f"{cell} {sources.mark_of(row, marks)}".rstrip()
    tier_is_news = name == "environment" and row.key[name].casefold() != row.tier
    return f"{cell}<br>{row.tier}" if tier_is_news else cell


def _cell(fact: Fact) -> str:
    """Give a value with its interval, and below it in quiet type what it is to be read with."""
    before, effect = (fact.more.get(kind, "") for kind in ("before", "effect"))
    lines = [
        fact.with_interval,
        quiet(fact.place),
        quiet(fact.level),
        fact.sample_with(EXTRAS),
        f"{before} ({effect})" if effect else before,
        fact.more.get("trend", ""),
    ]
    return "<br>".join(line for line in lines if line)


def quiet(text: str) -> str:
    """Give *text* in small type; it may be empty, and must be safe."""
    return f"<sub>{text}</sub>" if text else ""


def _changes(report: Report) -> Iterator[str]:
    """Give the lines on what clearly changed since the window before, and what caused it."""
    if report.before is None:
        return
    found = trends.changes_of(report)
    yield from ("", trends.headline_of(report, found))
    if found or trends.rows_apart(report):
        yield ""
    for one in found:
        line = f"- **{one.verdict}**: {name_of(one.row.key)}, {METRICS[one.metric].heading.lower()}"
        contributors = ", ".join(_contributor(it, report.by) for it in one.contributors)
        by = f", by {contributors}" if contributors else ""
        yield f"{line} {trends.movement_of(one)}{by}"
    for what, keys in trends.rows_apart(report).items():
        yield f"- {what} {', '.join(map(name_of, keys))}"
    if note := trends.uncompared(report):
        yield from ("", note)


def name_of(key: dict[str, str]) -> str:
    """Give a row's name in code spans."""
    return " ".join(map(code, key.values()))


def marked_name_of(row: Row, marks: Marks) -> str:
    """Give a row's name in code spans, with its mark behind it."""
    return f"{name_of(row.key)} {sources.mark_of(row, marks)}".rstrip()


def _contributor(noted: NotedContributor, by: str) -> str:
    """Give a link to a deployment or an outage, with how it changed a metric."""
    contributor = noted.contributor
    where = (
        ""
        if by == "repository"
        else f"{code(contributor.repository)} {code(contributor.environment)} "
    )
    return f"{where}{link_with_note(contributor, noted.note)}"


def link_with_note(contributor: Contributor, note: str) -> str:
    """Give a deployment or an outage as a link, and *note*, which is Markdown, behind it."""
    link = link_to(contributor.id, contributor.url)
    return f"{link} ({note})" if note else link


def link_to(name: DeploymentId, url: str) -> str:
    """Give what a deployment is called, as a link if *url* is a plain web address.

    A text that is not a number is code, and so is what is no link.
    """
    called = formatting.deployment_name(name)
    if not formatting.is_web_address(url):
        return code(called)
    return f"[{called if isinstance(name, int) else code(called)}]({url})"


def source_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Give the lines on what the sources of *rows* leave out, an empty one after each part."""
    for is_marked, part in groupby(sources.notes_of(rows), key=lambda it: bool(it[0])):
        if is_marked:
            yield from (*(f"- {mark} {text}" for mark, text in part), "")
        else:
            yield from (line for _, text in part for line in (text, ""))


def _source(report: Report) -> Iterator[str]:
    """Give the lines that explain the table and describe the data behind it."""
    if report.rows:
        room = {*EXTRAS, "levels", "intervals"}
        legend = (*remarks.legend(report, room), *trends.legend_of_trend(report))
        yield from (" ".join(legend), "")
        yield from source_lines(report.rows)
    yield f"{remarks.provenance(report, code)} {remarks.effort(report.coverage)}"
