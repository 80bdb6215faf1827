"""`dora report`: read an organization, measure it, and print or write the result."""

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options
from dora.cli.inputs import load_settings, read_tables, reading
from dora.cli.no_rows import explain_no_rows, print_no_rows
from dora.cli.output import (
    all_or_errors,
    check_format,
    columns,
    find_targets,
    print_and_write,
    print_missing,
    print_note,
    print_result,
)
from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.config import Config
    from dora.model.tables import Tables
    from dora.report.model import Report
    from dora.report.page.model import Page


def report(
    context: typer.Context,
    org: options.Org = None,
    since: options.Since = None,
    until: options.Until = None,
    repo: options.Repo = None,
    environment: options.Environment = None,
    tier: options.Tier = None,
    by: options.By = None,
    trend: options.Trend = None,
    compare: options.Compare = None,
    ephemeral: options.Ephemeral = None,
    benchmark: options.Benchmark = None,
    timezone: options.Timezone = None,
    wait: options.Wait = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="table, markdown, html, json or csv. Default: table."),
    ] = None,
    output: options.Output = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what this would cost in requests, and stop.")
    ] = False,
    config: options.ConfigFile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Read an organization's deployments and commits and print its DORA metrics."""
    from dora.render import FORMATS

    if plan and (format_ or output):
        raise BadUsage("--plan makes no report: leave out --format and --output")
    settings, _, files = all_or_errors(
        lambda: load_settings(context.params),
        lambda: check_format(format_, FORMATS),
        lambda: find_targets(output or [], format_, FORMATS),
    )
    if plan:
        print_result(_estimate_cost(settings.reading, quiet=quiet))
        return
    tables = read_tables(settings.reading, quiet=quiet)
    finished, page = _build(tables, settings, with_page="html" in {format_, *files.values()})
    finished = explain_no_rows(finished, tables, settings, quiet=quiet)
    print_and_write(partial(_render, finished, page), format_, files)
    if finished.lacks_production and format_ in {"csv", "json"} and not quiet:
        print_note("nothing was deployed to the tier production: rows of every tier are shown")
    is_told = format_ not in {"csv", "json"}
    missing = print_missing(finished.coverage)
    raise typer.Exit(max(missing, print_no_rows(finished, is_told=is_told)))


def _estimate_cost(settings: "Config", *, quiet: bool) -> str:
    """Ask GitHub a little, and say in words what the report would cost."""
    from dora.collect.cost_estimate import estimate_cost
    from dora.collect.organization import connect
    from dora.render.terminal.cost_estimate import render_plan

    with reading(quiet=quiet) as progress:
        return render_plan(estimate_cost(connect(settings, os.environ, progress), settings))


def _build(
    tables: "Tables", settings: "Config", *, with_page: bool
) -> "tuple[Report, Page | None]":
    """Build the report and, where *with_page*, what the HTML page shows beside it."""
    from dora.analysis.analysis import analyse
    from dora.report.build import analyse_before, report_of

    analysis, before = analyse(tables, settings), analyse_before(tables, settings)
    finished = report_of(analysis, tables, settings, before)
    if not with_page:
        return finished, None
    from dora.report.page.build import build_page

    return finished, build_page(analysis, tables, settings, finished, before)


def _render(finished: "Report", page: "Page | None", name: str, *, colour: bool) -> str:
    """Text of the report in the format *name*; `html` needs the *page*."""
    if page is not None and name == "html":
        from dora.render.html.page import render_page

        return render_page(replace(page, report=finished))
    if name == "markdown":
        from dora.render import markdown

        return markdown.render_report(finished)
    if name == "json":
        from dora.report.report_json import render_json

        return render_json(finished)
    if name == "csv":
        from dora.render import csv

        return csv.render_report(finished)
    from dora.render.terminal import report as terminal

    return terminal.render_report(finished, width=columns(), colour=colour)
