"""A report without rows: why it has none, and which sources would give it some."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from dora.cli.output import PARTIAL

if TYPE_CHECKING:
    from dora.config import Config
    from dora.report.model import Report


def explain_no_rows(finished: "Report", settings: "Config") -> "Report":
    """The report, with the reason why it has no rows if it has none."""
    from dora.render.formatting import plain
    from dora.report.coverage_model import NoRows
    from dora.report.no_rows import what_gives_rows, why_no_rows

    if finished.rows:
        return finished
    found = NoRows(has_entries=bool(settings.sources))
    given = finished.organization, finished.coverage, finished.scope, plain, found
    found = replace(found, why=why_no_rows(*given), advice=what_gives_rows(*given))
    return replace(finished, no_rows=found)


def print_no_rows(finished: "Report") -> int:
    """Print to standard error why there are no rows; returns the exit status that says so."""
    if finished.no_rows is None:
        return 0
    print(f"dora: no rows: {finished.no_rows.why}", file=sys.stderr)
    print(f"      {finished.no_rows.advice}", file=sys.stderr)
    return PARTIAL
