"""Decides what a report's table shows in a given width, and how wide its columns are.

It chooses the most detailed table that fits: the wider the terminal, the more details are shown,
the most useful first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.text import Text

from dora.render import cells, formatting, sources, trends
from dora.render.cells import Fact
from dora.render.sources import Marks
from dora.report.model import Report, ReportWindow, Row

LEVEL_STYLES = {
    "elite": "bold green",
    "high": "bold cyan",
    "medium": "bold yellow",
    "low": "bold red",
}

#: Details that a table adds if they fit, the most useful first. Words for levels replace letters,
#: the time from merge gets one line instead of two, intervals move from a line of their own to
#: behind the values, and waiting changes from below the environment's name to their own column.
EXTRAS = (
    "interval lines",
    "delivery",
    "waiting",
    "levels",
    "intervals",
    "mean",
    "never live",
    "p90",
    "trend",
    "tier",
    "days",
    "reasons",
    "stages",
    "longest",
    "carried in",
)
#: Details shown after the sample size.
SAMPLE_EXTRAS = ("days", "p90", "reasons")
#: Details that are only shown beside another one.
NEEDED = {"longest": "mean"}
#: Details with a line of their own.
LINE_EXTRAS = ("stages", "never live", "mean", "longest", "carried in")

#: Names are wrapped to the first width so that a table fits, to the second for more details.
NAME_WIDTHS = (14, 24)
GAP = 2  #: cells between columns


@dataclass(frozen=True)
class Layout:
    """The details that a table shows, and how wide its columns are."""

    room: frozenset[str]
    widths: tuple[int, ...]
    marks: Marks  #: of rows that are not of GitHub Deployments
    window: ReportWindow

    @property
    def width(self) -> int:
        """The width of the whole table in cells."""
        return sum(self.widths) + GAP * (len(self.widths) - 1)

    def start_of(self, metric: str) -> int:
        """The first cell of the column of *metric*."""
        before = self.widths[: 1 + cells.IN_ORDER.index(metric)]
        return sum(before) + GAP * len(before)


def choose_layout(report: Report, width: int) -> Layout | None:
    """Give the most detailed layout of a report's rows that fits in *width*; None for none."""
    layout = _layout(report, frozenset(), width, NAME_WIDTHS[0])
    if layout is None:
        return _layout(report, frozenset(), width, NAME_WIDTHS[0], broken=True)
    for extra in EXTRAS:
        is_shown = any(row.waiting for row in report.rows) if extra == "waiting" else True
        if is_shown and NEEDED.get(extra, extra) in layout.room | {extra}:
            fuller = _layout(report, layout.room | {extra}, width, NAME_WIDTHS[1])
            layout = fuller or layout
    return layout


def _layout(
    report: Report,
    room: frozenset[str],
    width: int,
    name_width: int,
    *,
    broken: bool = False,
) -> Layout | None:
    """Give the layout with the extras in *room*; None if it is wider than *width*.

    Names are wrapped to *name_width*; *broken* wraps the text below a value to several lines, too.
    """
    rows = report.rows
    if not rows:
        return None
    wanted: list[int] = []
    least: list[int] = []
    marks = sources.marks_of(rows)
    columns = zip(*(_cells(row, room, marks, report.window) for row in rows), strict=True)
    for title, column in zip(titles_of(rows[0], room, report.window), columns, strict=True):
        first = name_width if not wanted else width
        below = broken and bool(wanted)
        heading = max(map(cell_len, title))
        wanted.append(max(heading, *(line.cell_len for cell in column for line in cell)))
        least.append(max(heading, *(_least(cell, first, broken=below) for cell in column)))
    spare = width - sum(least) - GAP * (len(least) - 1)
    if spare < 0:
        return None
    return Layout(room, _share_out(wanted, least, spare), marks, report.window)


def _share_out(wanted: list[int], least: list[int], spare: int) -> tuple[int, ...]:
    """Give each column its *least* width, and what is to *spare* to those that want more of it.

    Those that want little come first, so that few texts are broken, and names, which are broken
    where they may be, come last.
    """
    widths = list(least)
    _, *others = sorted(range(len(least)), key=lambda at: (at > 0, wanted[at] - least[at], -at))
    for at in (*others, 0):
        more = min(wanted[at] - least[at], spare)
        widths[at] += more
        spare -= more
    return tuple(widths)


def _least(lines: list[Text], first: int, *, broken: bool) -> int:
    """Give the width of *lines*: the first wrapped to *first*, the others if *broken*."""
    below = [
        part for line in lines[1:] for part in (line.plain.split() if broken else [line.plain])
    ]
    return max(min(first, lines[0].cell_len), max(map(cell_len, below), default=0))


def titles_of(row: Row, room: frozenset[str], window: ReportWindow) -> list[tuple[str, str]]:
    """Give the two lines of each column's heading."""
    group = next((name for name in cells.REST if name in row.key), "")
    label = "  " + cells.REST[group] if group else next(iter(row.key), "").capitalize()
    return [(group.capitalize(), label), *(fact.title for fact in facts_in(row, room, window))]


def facts_in(row: Row, room: frozenset[str], window: ReportWindow) -> tuple[Fact, ...]:
    """Give the metrics of *row*, and waiting changes if they have a column of their own."""
    few = 0 if "trend" in room else trends.FEW
    metrics = trends.facts_over_time(row, window, few)
    return (*metrics, *([cells.waiting_of(row)] if "waiting" in room else []))


def _cells(row: Row, room: frozenset[str], marks: Marks, window: ReportWindow) -> list[list[Text]]:
    """Give the lines of each column for one row."""
    return [
        name_lines(row, room, marks),
        *(value_lines(fact, room) for fact in facts_in(row, room, window)),
    ]


def name_lines(
    row: Row, room: frozenset[str], marks: Marks, width: int | None = None
) -> list[Text]:
    """Give a row's name, wrapped to *width*, and below it what has no column of its own."""
    group, label = cells.group_and_label(row.key)
    indent, marked = "  " if group else "", label_of(row, marks)
    lines = fold(marked, width - len(indent)) if width else [marked]
    below = []
    if "waiting" not in room and row.waiting is not None:
        age = f", {formatting.duration(row.waiting.oldest)}" if row.waiting.changes else ""
        below.append(f"{cells.waiting_of(row).value} wait{age}")
    if "tier" in room and row.tier != label.casefold():
        below.append(row.tier)
    return [*(Text(indent + it) for it in lines), *(Text(indent + it, "dim") for it in below)]


def label_of(row: Row, marks: Marks) -> str:
    """Give a row's name in its group, with its mark behind it."""
    return f"{cells.group_and_label(row.key)[1]} {sources.mark_of(row, marks)}".rstrip()


def value_lines(fact: Fact, room: frozenset[str]) -> list[Text]:
    """Give a value and, below it in quiet type, its place, its level, its sample and details."""
    value = Text(fact.value)
    interval = f"({fact.interval})" if fact.interval else ""
    is_behind = "intervals" in room
    if interval and is_behind:
        value.append(f" {interval}", style="dim")
    if fact.still_open:
        value.append(f", {fact.still_open}")
    level = fact.level if "levels" in room else _letters(fact.levels)
    below = [
        Text("" if is_behind or "interval lines" not in room else interval, "dim"),
        Text(fact.place, "dim"),
        Text(level, LEVEL_STYLES.get(fact.levels[0], "") if len(fact.levels) == 1 else "dim"),
        Text(fact.sample_with([kind for kind in SAMPLE_EXTRAS if kind in room]), "dim"),
        Text(fact.more.get("since", ""), "dim"),
        *(Text(line, "dim") for line in _delivery(fact, room)),
        Text(", ".join(fact.more[one] for one in LINE_EXTRAS if one in room & {*fact.more}), "dim"),
        *_over_time(fact),
    ]
    return [value, *(line for line in below if line.plain)]


def _letters(levels: Sequence[str]) -> str:
    """Give levels as letters that the legend explains: `level L`, `level M–E`."""
    letters = "–".join(one[:1].upper() for one in dict.fromkeys(levels))
    return f"level {letters}" if letters else ""


def _delivery(fact: Fact, room: frozenset[str]) -> list[str]:
    """Give the time from merge with what waits (LT12), in two lines where one is too long."""
    kind = "delivery" if "delivery" in room else "delivery in lines"
    return fact.more.get(kind, "").split("\n")


def _over_time(fact: Fact) -> Iterator[Text]:
    """Give the value before, the effect of a clear change, and the trend, a line each."""
    before = fact.more.get("before", "")
    style = "bold" if before.endswith(trends.VERDICTS) else "dim"
    yield Text(before, style)
    yield Text(fact.more.get("effect", ""), style)
    yield Text(fact.more.get("trend", ""))


def fold(name: str, width: int) -> list[str]:
    """Break *name* into lines of at most *width* cells, after punctuation if possible."""
    lines = []
    while cell_len(name) > width:
        head = chop_cells(name, width)[0] or name[0]
        cut = max(head.rfind(mark) for mark in " -_/.") + 1
        head = head[:cut] if cut > width // 3 else head
        lines.append(head)
        name = name[len(head) :]
    return [*lines, name]
