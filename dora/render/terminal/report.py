"""Renders a report as a table with notes below it, for a terminal of any width.

On a terminal that is too narrow for a table, each metric gets a line of its own.
"""

from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dora.render import cells, formatting, notes, sources, trends
from dora.render.terminal import layout as columns
from dora.render.terminal import links
from dora.render.terminal.layout import Layout
from dora.report.figures import FACTORS, METRICS
from dora.report.metric_change import NotedContributor
from dora.report.model import Report, Row

LEAST_WIDTH = 20
PROSE_WIDTH = 100  #: longer lines are hard to read
MOST_CHANGES = 20  #: lines on what changed
TITLE_WIDTH = 20  #: of a metric's name in the list


def render_report(report: Report, *, width: int, colour: bool) -> str:
    """Give *report* as text whose lines are at most *width* cells wide (20 at the least).

    Without *colour* the text has no escape sequences. The caller decides whether to use colours;
    nothing here depends on the terminal.
    """
    width = max(width, LEAST_WIDTH)
    console = Console(
        file=StringIO(),
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as captured:
        console.print(
            Text(f"DORA metrics of {formatting.plain(report.organization)}", style="bold")
        )
        console.print()
        layout = columns.choose_layout(report, width)
        console.print(Group(*_body(report, layout, width)))
        console.print()
        if report.before is not None:
            console.print(Group(*_changes(report, min(width, PROSE_WIDTH))))
            console.print()
        console.print(Group(*_footer(report, layout)), width=min(width, PROSE_WIDTH))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().rstrip("\n").split("\n"))


def _body(report: Report, layout: Layout | None, width: int) -> Iterator[RenderableType]:
    """Give the rows under the names of their groups, or the reason why there are none."""
    if not report.rows:
        yield from map(Text, notes.why_empty(report, formatting.plain))
    elif layout:
        yield from _header(report, layout)
    groups = groupby(report.rows, key=lambda row: cells.group_and_label(row.key)[0])
    for number, (group, members) in enumerate(groups):
        rows = list(members)
        if number and group:
            yield Text()
        if group:
            yield Text(group, style="bold", overflow="fold")
        if layout:
            yield _grid(rows, layout)
        else:
            yield from _list(rows, width, report)


def _columns(layout: Layout) -> Table:
    table = Table.grid(padding=0)
    for number, width in enumerate(layout.widths):
        if number:
            table.add_column(width=columns.GAP)
        table.add_column(width=width, overflow="fold")
    return table


def _header(report: Report, layout: Layout) -> Iterator[RenderableType]:
    """Give DORA's factors, the headings of the columns under each, and a line under them."""
    factors = Text()
    for name, metrics in FACTORS.items():
        factors.pad_right(max(layout.start_of(metrics[0]) - factors.cell_len, 0))
        factors.append(name.capitalize())
    factors.stylize("dim")
    yield factors
    table = _columns(layout)
    titles = columns.titles_of(report.rows[0], layout.room, layout.window)
    table.add_row(*_apart([Text("\n".join(title)) for title in titles]))
    yield table
    yield Text("─" * layout.width, style="dim")


def _grid(rows: list[Row], layout: Layout) -> Table:
    """Give the rows of one group as a table without headings."""
    table = _columns(layout)
    for row in rows:
        name = columns.name_lines(row, layout.room, layout.marks, layout.widths[0])
        facts = columns.facts_in(row, layout.room, layout.window)
        lines = [name, *(columns.value_lines(fact, layout.room) for fact in facts)]
        table.add_row(*_apart([Text("\n").join(them) for them in lines]))
    return table


def _apart(texts: list[Text]) -> Iterator[Text | str]:
    """Give *texts* with the empty cells of the gaps between them."""
    first, *rest = texts
    yield first
    for text in rest:
        yield from ("", text)


# -- where no table fits ------------------------------------------------------------------------


def _list(rows: list[Row], width: int, report: Report) -> Iterator[RenderableType]:
    """Give the rows of one group with a line for each metric and all its details."""
    room, marks = frozenset(columns.EXTRAS), sources.marks_of(report.rows)
    for row in rows:
        indent = 2 if cells.group_and_label(row.key)[0] else 0
        for line in columns.fold(columns.label_of(row, marks), width - indent):
            yield Text(" " * indent + line)
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=min(TITLE_WIDTH, (width - 6) // 2), overflow="fold")
        table.add_column(overflow="fold")
        for fact in columns.facts_in(row, room, report.window):
            if fact.value:
                value = Text(", ").join(columns.value_lines(fact, room))
                table.add_row(Text(" ".join(fact.title), style="dim"), value)
        yield Padding(table, (0, 0, 0, indent + 2), expand=False)


# -- what changed -------------------------------------------------------------------------------


def _changes(report: Report, width: int) -> Iterator[RenderableType]:
    """Give what clearly changed since the window before, and what caused it."""
    found = trends.changes_of(report)
    yield Text(trends.headline_of(report, found), overflow="fold")
    for one in found[:MOST_CHANGES]:
        name = " ".join(formatting.plain(part) for part in one.row.key.values())
        text_of_change = f"{one.verdict}: {name}, {METRICS[one.metric].heading.lower()}"
        lead = f"· {text_of_change} {trends.movement_of(one)}"
        contributors = [
            _contributor(noted, report.by, is_last=noted is one.contributors[-1])
            for noted in one.contributors
        ]
        yield from links.fill([Text(lead + (", by" if contributors else "")), *contributors], width)
    more = len(found) - MOST_CHANGES
    if more > 0:
        yield Text(f"· and {formatting.count(more)} more, which the JSON report has")
    yield from filter(None, [Text(trends.uncompared(report), overflow="fold")])
    for what, rows in trends.rows_apart(report).items():
        names = [" ".join(map(formatting.plain, key.values())) for key in rows]
        yield from links.flow(what, [Text(name) for name in names], width)


def _contributor(noted: NotedContributor, by: str, *, is_last: bool) -> Text:
    """Give a link to a deployment or an outage, with how it changed a metric."""
    contributor = noted.contributor
    text = Text()
    if by != "repository":
        names = (contributor.repository, contributor.environment)
        text.append("".join(f"{formatting.plain(name)} " for name in names))
    text.append_text(links.link(str(contributor.id), contributor.url))
    if noted.note:
        text.append(f" ({noted.note})")
    if not is_last:
        text.append(",")
    return text


# -- where it comes from ------------------------------------------------------------------------


def _footer(report: Report, layout: Layout | None) -> Iterator[RenderableType]:
    """Give the legend of the table, the source of its data and what it leaves out."""
    if report.rows:
        room = layout.room if layout else frozenset(columns.EXTRAS)
        few = 0 if "trend" in room else trends.FEW
        legend = (*notes.legend(report, room), *trends.legend_of_trend(report, few))
        yield Text(" ".join(legend), style="dim")
        yield Text()
        yield from _sources(report)
    yield Text(notes.provenance(report, formatting.plain), overflow="fold")
    yield Text(notes.effort(report.coverage))
    sentences = notes.remarks(report, formatting.plain)
    if sentences:
        yield Text()
        yield Text("Not in the numbers, or less than certain:")
        yield _marked([("·", sentence) for sentence in sentences])


def _sources(report: Report) -> Iterator[RenderableType]:
    """Give what the sources of the rows leave out, where not all are GitHub Deployments (D8)."""
    found = list(sources.notes_of(report.rows))
    for is_marked, part in groupby(found, key=lambda it: bool(it[0])):
        if is_marked:
            yield _marked(part)
        else:
            yield from (Text(text, overflow="fold") for _, text in part)
    if found:
        yield Text()


def _marked(sentences: Iterable[tuple[str, str]]) -> Table:
    """Give *sentences*, each with its mark before all of its lines."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for mark, sentence in sentences:
        table.add_row(mark, Text(sentence))
    return table
