"""`dora publish postgres`: store the report and its evidence in a database, for dashboards."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import DryRun, EvidenceFile, ReportFile, print_note
from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.publish.database.connection import DatabaseAddress
    from dora.report.model import Report

VARIABLE = "DORA_DATABASE_URL"


def postgres(
    report: ReportFile,
    evidence: EvidenceFile = None,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="postgresql://USER@HOST/DATABASE or sqlite:///FILE. Default: DORA_DATABASE_URL, "
            "where a password is safer.",
            show_default=False,
        ),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="PostgreSQL's schema of the tables. Default: dora.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Keep every report in a database: its figures, and with --evidence what is behind them.

    What is there is updated, and what GitHub no longer shows is removed, all in one transaction.
    Tables are made and upgraded as needed; docs/database.md lists them.
    """
    from dora.publish.database import connection
    from dora.report.report_json import read_report

    given = url or os.environ.get(VARIABLE, "").strip()
    if not given:
        raise BadUsage(
            f"postgres: no database was named; allowed: --url or {VARIABLE}, such as "
            "postgresql://USER@HOST/DATABASE or sqlite:///FILE"
        )
    connection.check_installed()
    address = connection.parse_address(given, schema or connection.SCHEMA)
    read = read_report(report)
    if dry_run:
        print_result(_preview(read, evidence, address))
        return
    from dora.publish.database.load import publish

    done = publish(read, evidence, address)
    if done.is_old:
        print_note("a later report of the same window was there already, and stays")
    print_note(
        f"{address.tables}: {done.changed:,} rows are new or changed, {done.removed:,} removed, "
        "all others were there"
    )


def _preview(report: "Report", evidence: Path | None, address: "DatabaseAddress") -> str:
    """What would be written, and where; nothing is asked of the database."""
    from dora.report.evidence import check_evidence
    from dora.report.evidence_stream import EvidenceHeader, read_items

    buckets = sum(len(row.trend) for row in report.rows)
    lines = [f"{len(report.rows):,} rows of {report.organization} by {report.by}"]
    if report.trend:
        lines.append(f"{buckets:,} of their figures by {report.trend}")
    if evidence is not None:
        header = EvidenceHeader()
        for _ in read_items(evidence, header):
            pass
        check_evidence(report, header.until, header.organization)
        lines += [f"{count:,} {name}" for name, count in header.counts.items()]
    return "\n".join([f"would be written to {address.tables}:", *(f"  {one}" for one in lines)])
