"""Renders a diagnosis as text for a terminal and as JSON `dora.doctor/1`.

The JSON document has these keys, which are stable; later versions may add others:

- `schema`: `dora.doctor/1`
- `organization`: its login
- `window`: `since` and `until` (ISO 8601 UTC with `Z`) and `timezone`
- `complete`: whether a report of this window would be complete: no finding is a problem
- `findings`: in the order of the checks, each with
  - `check`: a stable id, such as `environment-tier`
  - `severity`: `problem`, `warning`, `note` or `ok`
  - `what`: what was found; `meaning`: what it means for the numbers; `mend`: how to fix it
    (both empty if nothing is wrong)
  - `subjects`: the names that it is about, as GitHub spells them, sorted
  - `counts`: the number that goes with each subject; without subjects, the numbers of `what`
  - `paste`: lines for `dora.toml` that fix it; empty if there are none
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dora.doctor.model import SCHEMA, Diagnosis, Finding, Severity
from dora.render import formatting

LEAST_WIDTH = 20
PROSE_WIDTH = 100  #: longer lines are hard to read
MOST_SUBJECTS = 12  #: names listed in text; JSON has them all

#: Headings of findings that need attention, the most severe first, each with its style.
HEADINGS: dict[Severity, tuple[str, str]] = {
    "problem": ("Problems", "bold red"),
    "warning": ("Warnings", "bold yellow"),
    "note": ("Notes", "bold"),
}


def render_json(diagnosis: Diagnosis) -> str:
    """Give *diagnosis* as JSON text in ASCII, so that no name can control a terminal."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "organization": diagnosis.organization,
        "window": {
            "since": _instant(diagnosis.since),
            "until": _instant(diagnosis.until),
            "timezone": diagnosis.timezone,
        },
        "complete": diagnosis.is_complete,
        "findings": [
            {**vars(one), "subjects": list(one.subjects), "counts": dict(one.counts)}
            for one in diagnosis.findings
        ],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def render_text(diagnosis: Diagnosis, *, width: int, colour: bool) -> str:
    """Give *diagnosis* as text whose lines are at most *width* cells wide (20 at the least).

    Only lines to paste may be longer. Problems first, then warnings and notes, each with its
    meaning and how to fix it; then what is fine, one line each. Without *colour* the text has no
    escape sequences.
    """
    width = min(max(width, LEAST_WIDTH), PROSE_WIDTH)
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
        for part in _parts(diagnosis, width):
            # Lines to paste are whole, however narrow the terminal is.
            console.print(part, soft_wrap=isinstance(part, _Lines))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().rstrip("\n").split("\n"))


class _Lines(Text):
    """Lines that are printed as they are."""


def _parts(diagnosis: Diagnosis, width: int) -> Iterator[Any]:
    """Give the paragraphs in order."""
    zone = diagnosis.timezone
    since, until = (formatting.instant(at, zone) for at in (diagnosis.since, diagnosis.until))
    yield _text(f"Diagnosis of {formatting.plain(diagnosis.organization)}", "bold")
    yield _text(
        f"{since} to {until} ({zone}), and the {formatting.days(diagnosis.lookback_days)} before."
    )
    yield _text()
    yield _text(_verdict(diagnosis))
    for severity, (heading, style) in HEADINGS.items():
        own = [one for one in diagnosis.findings if one.severity == severity]
        if own:
            yield _text()
            yield _text(heading, style)
        for one in own:
            yield _text()
            yield from _paragraph(one)
    fine = [one for one in diagnosis.findings if one.severity == "ok"]
    if fine:
        yield _text()
        yield _text("Fine", "bold")
        yield _text()
        yield _list([_line(one, width - 2) for one in fine])
    if any(one.subjects and one.counts for one in diagnosis.findings):
        yield _text()
        yield _text("In brackets: how many deployments.", "dim")


def _text(text: str = "", style: str = "") -> Text:
    return Text(text, style=style, overflow="fold")


def _verdict(diagnosis: Diagnosis) -> str:
    """Give a sentence on whether a report would be complete."""
    counts = {
        severity: sum(one.severity == severity for one in diagnosis.findings)
        for severity in HEADINGS
    }
    amounts = [formatting.counted(number, name) for name, number in counts.items() if number]
    amount = f": {', '.join(amounts)}" if amounts else ""
    verb = "would be" if diagnosis.is_complete else "would not be"
    has_no_rows = any(one.check == "report-rows" for one in diagnosis.findings)
    rows = ", and would have no rows" if has_no_rows else ""
    return f"A report of this window {verb} complete{rows}{amount}."


def _paragraph(finding: Finding) -> Iterator[Any]:
    """Give a finding that needs attention: what, where, what it means and how to fix it."""
    yield _text(formatting.plain(finding.what))
    rows = [
        ("where", ", ".join(_named(finding, MOST_SUBJECTS))),
        ("means", formatting.plain(finding.meaning)),
        ("fix", formatting.plain(finding.mend)),
    ]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=5)
    table.add_column(overflow="fold")
    for label, text in rows:
        if text:
            table.add_row(Text(label, style="dim"), _text(text))
    yield Padding(table, (0, 0, 0, 2), expand=False)
    if finding.paste:
        yield _text()
        yield _Lines(finding.paste)


def _named(finding: Finding, most: int) -> list[str]:
    """Give the first subjects with their counts, and how many more there are."""
    named = []
    for name in finding.subjects[:most]:
        number = finding.counts.get(name)
        named.append(formatting.plain(name) + (f" ({formatting.count(number)})" if number else ""))
    rest = len(finding.subjects) - most
    return [*named, f"and {formatting.count(rest)} more"] if rest > 0 else named


def _line(finding: Finding, width: int) -> str:
    """Give a finding that is fine on a line of *width* cells, with as many subjects as fit."""
    what = formatting.plain(finding.what)
    if not finding.subjects:
        return what
    for most in range(min(len(finding.subjects), width), 0, -1):  # each takes a cell or more
        line = f"{what}: {', '.join(_named(finding, most))}"
        if Text(line).cell_len <= width:
            return line
    if len(finding.subjects) == 1:  # two lines are better than no name
        return line
    return f"{what}: {formatting.counted(len(finding.subjects), 'name')}"


def _list(lines: list[str]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row("·", _text(line))
    return table
