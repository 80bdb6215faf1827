"""`dora publish summary`: show the report on the page of a workflow run."""

import os
from pathlib import Path

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import DryRun, ReportFile, print_note, read
from dora.errors import CannotWrite


def summary(
    report: ReportFile,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Write the page of a workflow's run, in the file that GITHUB_STEP_SUMMARY names."""
    from dora.publish.summary import LIMIT, bytes_left, publish_summary
    from dora.render.markdown import render_report

    given = read(report)
    if dry_run:
        print_result(render_report(given.report, limit=LIMIT))
        return
    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not name:
        raise CannotWrite(
            "there is no job summary: GITHUB_STEP_SUMMARY is not set",
            "Run it in a step of a workflow, or look at it with --dry-run.",
        )
    path = Path(name)
    publish_summary(render_report(given.report, limit=bytes_left(path)), path)
    print_note("the job summary was written")
