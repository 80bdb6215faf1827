"""`dora publish prometheus`: write the figures for a textfile collector, or push them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import DryRun, EvidenceFile, ReportFile, print_note, read
from dora.errors import BadUsage
from dora.publish.atomic_file import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dora.publish.gauges import Labels


def prometheus(
    report: ReportFile,
    evidence: EvidenceFile = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.prom", help="Write a file for a textfile collector."),
    ] = None,
    pushgateway: Annotated[
        str | None, typer.Option(metavar="URL", help="Replace the group in a Pushgateway.")
    ] = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Give every figure as a gauge: in a file (--output), or pushed (--pushgateway).

    With --evidence also how long the oldest open failure has lasted. User and password of a
    Pushgateway are read from DORA_PUSHGATEWAY_USER and DORA_PUSHGATEWAY_PASSWORD.
    """
    from dora.publish.gauges import gauges_of, value
    from dora.publish.prometheus.exposition import MODE, check_installed, exposition
    from dora.publish.prometheus.pushgateway import Gateway, check_gateway, push

    if output is None and pushgateway is None and not dry_run:
        raise BadUsage(
            "prometheus: no place was named; allowed: --output, --pushgateway, --dry-run"
        )
    gateway = None
    if pushgateway is not None:
        user, password = (
            os.environ.get(f"DORA_PUSHGATEWAY_{name}", "") for name in ("USER", "PASSWORD")
        )
        gateway = Gateway(pushgateway, user, password)
        check_gateway(gateway)
    given = read(report, evidence)
    check_installed()
    made = gauges_of(given.report, given.evidence)
    tell_doubles(made.doubles)
    if dry_run:
        print_result(exposition(made.gauges).decode())
        return
    if output is not None:
        write_file(output, exposition(made.gauges), MODE)
        print_note(f"{len(made.gauges):,} figures were written to {output}")
    if gateway is not None:
        group = {"organization": value(given.report.organization), "by": given.report.by}
        push(made.gauges, group, gateway)
        print_note(f"{len(made.gauges):,} figures were pushed to {gateway.shown}")


def tell_doubles(doubles: "Iterable[Labels]") -> None:
    """Print which rows were left out because another has the same labels."""
    for labels in doubles:
        named = ", ".join(f"{name} {text}" for name, text in labels)
        print_note(f"left out, for another row has the same labels: {named}")
