"""What several targets share: options, the files that these name, and the comparison."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.publish.last_post import LastPost
    from dora.report.diff import ReportDiff
    from dora.report.evidence import Evidence
    from dora.report.model import Report

ReportFile = Annotated[
    Path, typer.Argument(metavar="REPORT.json", help="What `dora report` wrote as JSON.")
]
EvidenceFile = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        metavar="FILE",
        help="What `dora explain --format json` wrote: names deployments.",
    ),
]
PreviousFile = Annotated[
    Path | None,
    typer.Option("--previous", metavar="FILE", help="The report to compare with."),
]
Link = Annotated[
    str, typer.Option("--link", metavar="URL", help="Where the whole report is to be found.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")
]


@dataclass(frozen=True)
class Given:
    """Contents of the files that were named; *path* is that of the report."""

    path: Path
    report: "Report"
    evidence: "Evidence | None" = None
    previous: "Report | None" = None


def read(report: Path, evidence: Path | None = None, previous: Path | None = None) -> Given:
    """Read the files; BadUsage where the evidence does not belong to the report."""
    from dora.report.evidence import check_evidence
    from dora.report.evidence_json import read_evidence
    from dora.report.report_json import read_report

    given = Given(
        path=report,
        report=read_report(report),
        evidence=read_evidence(evidence) if evidence else None,
        previous=read_report(previous) if previous else None,
    )
    if given.evidence:
        check_evidence(given.report, given.evidence.until, given.evidence.organization)
    return given


def find_diff(given: Given, last: "LastPost | None" = None) -> "tuple[ReportDiff | None, str]":
    """What changed since an earlier report, else None and, if there is one, why not.

    The earlier report is *given.previous*, or that of the last post.
    """
    from dora.report.diff import can_compare, compare_reports

    before = given.previous or (last.report if last else None)
    if before is None:
        return None, ""
    why = can_compare(before, given.report)
    if why and given.previous is not None:
        raise BadUsage(f"--previous: cannot be compared with: {why}")
    if why:
        return None, f"of the last post, {why}"
    if given.previous is not None or last is None:
        return compare_reports(before, given.report, given.evidence, None), ""
    found = compare_reports(before, given.report, given.evidence, last.failed)
    if not last.is_whole:
        found = replace(found, appeared=())  # the last post may only have left them out
    return found, ""


def print_note(text: str) -> None:
    """Print to standard error what was done, without control characters that names may hold."""
    from dora.render.formatting import plain

    print(f"dora: {plain(text)}", file=sys.stderr)
