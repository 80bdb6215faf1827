"""Measures how the HTML page grows, from 100 rows to 1,000.

Each size runs in a process of its own. Measured is what a page takes beside the report: to work out
what it shows, and to write it.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """Repositories of three environments, and what each of them has in how many weeks."""

    repositories: int
    deployments: int
    commits: int
    weeks: int


SIZES = (Size(34, 300, 500, 26), Size(100, 480, 800, 53), Size(334, 480, 800, 53))


def measure(size: Size) -> dict[str, float]:
    """Rows, seconds and bytes of the page of *size*, in this process."""
    from dora.analysis.analysis import analyse
    from dora.config import load_config
    from dora.render.html.page import render_page
    from dora.report.build import report_of
    from dora.report.page.build import build_page
    from tests.benchmarks.made_up import Shape, make_organizations
    from tests.support.truth_tables import tables_of

    shape = Shape(size.repositories, size.deployments, size.commits)
    window = timedelta(weeks=size.weeks)
    tables = tables_of(make_organizations(shape, NOW, window).today)
    options = {"org": "bench", "since": f"{size.weeks}w", "tier": ["all"]}
    config = load_config(options, now=NOW, directory=Path("/nonexistent"))
    analysis = analyse(tables, config)
    report = report_of(analysis, tables, config)
    began = time.perf_counter()
    page = build_page(analysis, tables, config, report)
    built = time.perf_counter()
    text = render_page(page)
    written = time.perf_counter()
    return {
        "rows": len(report.rows),
        "weeks": size.weeks,
        "deployments": sum(row.metrics.deployment_frequency.deployments for row in report.rows),
        "changes": sum(row.metrics.change_lead_time.changes for row in report.rows),
        "build": built - began,
        "write": written - built,
        "kilobytes": len(text.encode()) / 1000,
    }


def table(*, quick: bool = False) -> str:
    """A Markdown table, a line a size; *quick* without the largest."""
    lines = [
        "| rows | weeks | deployments | changes | seconds to work out | to write | kB |",
        "| --: | --: | --: | --: | --: | --: | --: |",
    ]
    for place in range(len(SIZES) - 1 if quick else len(SIZES)):
        command = [sys.executable, "-m", "tests.benchmarks.pages", str(place)]
        done = subprocess.run(  # noqa: S603  # this very module
            command, check=True, capture_output=True, text=True
        )
        one = json.loads(done.stdout)
        lines.append(
            f"| {one['rows']:,} | {one['weeks']} | {one['deployments']:,} | {one['changes']:,} "
            f"| {one['build']:.2f} | {one['write']:.2f} | {one['kilobytes']:,.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(measure(SIZES[int(sys.argv[1])])))  # noqa: T201  # read by `table`
