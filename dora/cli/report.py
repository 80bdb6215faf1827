"""`dora report`: the main job."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options as option
from dora.cli import output as out
from dora.cli.inputs import load_settings, read_tables
from dora.errors import BadUsage

if TYPE_CHECKING:
    from collections.abc import Collection

    from dora.config import Config
    from dora.model.tables import Tables
    from dora.report.model import Report
    from dora.report.page.model import Page


def report(
    org: option.Org = None,
    since: option.Since = None,
    until: option.Until = None,
    repo: option.Repo = None,
    environment: option.Environment = None,
    tier: option.Tier = None,
    by: option.By = None,
    trend: option.Trend = None,
    compare: option.Compare = None,
    ephemeral: option.Ephemeral = None,
    benchmark: option.Benchmark = None,
    timezone: option.Timezone = None,
    wait: option.Wait = None,
    cache: option.Cache = None,
    no_cache: option.NoCache = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="table, markdown, html, json or csv. Default: table."),
    ] = None,
    output: option.Output = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell what the report would cost, and do not make it.")
    ] = False,
    config: option.ConfigFile = None,
    quiet: option.Quiet = False,
    verbose: option.Verbose = False,  # noqa: ARG001  # read by main
) -> None:
    """Read an organization's deployments and commits and print its DORA metrics."""
    from dora.render import FORMATS

    options = {
        "org": org, "since": since, "until": until, "repo": repo, "environment": environment,
        "tier": tier, "by": by, "trend": trend, "compare": compare, "ephemeral": ephemeral,
        "benchmark": benchmark, "timezone": timezone,
    }  # fmt: skip
    if plan and (format_ or output):
        raise BadUsage("--plan makes no report: leave out --format and --output")
    settings, _, targets = out.all_or_errors(
        lambda: load_settings(options, file=config, wait=wait, cache=cache, no_cache=no_cache),
        lambda: out.check_format(format_, FORMATS),
        lambda: out.find_targets(output or [], format_, FORMATS),
    )
    if plan:
        out.show(_plan(settings.reading, quiet=quiet))
        return
    tables = read_tables(settings.reading, quiet=quiet)
    made, page = _make(tables, settings, {format_, *targets.values()})
    out.show(_render(made, page, format_ or "table", colour=out.has_colour()))
    for path, name in targets.items():
        out.write(path, _render(made, page, name, colour=False))
    raise typer.Exit(out.tell_missing(made.coverage))


def _make(
    tables: "Tables", settings: "Config", formats: "Collection[str | None]"
) -> "tuple[Report, Page | None]":
    """The report, and what a page shows beside it where one of *formats* is a page."""
    from dora.analysis.analysis import analyse
    from dora.report.build import analyse_before, report_of

    analysis, before = analyse(tables, settings), analyse_before(tables, settings)
    made = report_of(analysis, tables, settings, before)
    if "html" not in formats:
        return made, None
    from dora.report.page.build import build_page

    return made, build_page(analysis, tables, settings, made, before)


def _plan(settings: "Config", *, quiet: bool) -> str:
    """Text of what the report would cost."""
    from dora.collect.cost_estimate import estimate_cost
    from dora.collect.organization import connect
    from dora.render.terminal.cost_estimate import render_plan
    from dora.render.terminal.progress import show_progress

    with show_progress(sys.stderr, quiet=quiet) as progress:
        return render_plan(estimate_cost(connect(settings, os.environ, progress), settings))


def _render(made: "Report", page: "Page | None", name: str, *, colour: bool) -> str:
    """Text of the report in the format *name*; *page* is there where that is a page."""
    if page is not None and name == "html":
        from dora.render.html import page as html

        return html.render_page(page)
    if name == "markdown":
        from dora.render import markdown

        return markdown.render_report(made)
    if name in {"json", "csv"}:
        from dora.render import report_document

        return (
            report_document.render_json(made)
            if name == "json"
            else report_document.render_csv(made)
        )
    from dora.render.terminal import report as terminal

    return terminal.render_report(made, width=out.columns(), colour=colour)
