"""`dora report`: the main job."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options as option
from dora.cli import output as out
from dora.cli.reading import load_settings, read_tables
from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.config import Config
    from dora.results import Report


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
        str | None, typer.Option("--format", help="table, markdown, json or csv. Default: table.")
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
    from dora.render import FORMATS  # noqa: PLC0415  # only when it is needed

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
    from dora.report import build_report  # noqa: PLC0415  # heavy: pandas

    made = build_report(tables, settings)
    out.show(_render(made, format_ or "table", colour=out.has_colour()))
    for path, name in targets.items():
        out.write(path, _render(made, name, colour=False))
    raise typer.Exit(out.tell_missing(made.coverage))


def _plan(settings: "Config", *, quiet: bool) -> str:
    """Text of what the report would cost."""
    from dora.collect.organization import connect  # noqa: PLC0415  # heavy: PyGithub
    from dora.collect.plan import make_plan  # noqa: PLC0415  # likewise
    from dora.render.plan import render_plan  # noqa: PLC0415  # only what is asked for
    from dora.render.terminal_progress import show_progress  # noqa: PLC0415  # heavy: rich

    with show_progress(sys.stderr, quiet=quiet) as progress:
        return render_plan(make_plan(connect(settings, os.environ, progress), settings))


def _render(made: "Report", name: str, *, colour: bool) -> str:
    """Text of the report in the format *name*."""
    if name == "markdown":
        from dora.render import markdown  # noqa: PLC0415  # only what is asked for

        return markdown.render_report(made)
    if name in {"json", "csv"}:
        from dora.render import document  # noqa: PLC0415  # likewise

        return document.render_json(made) if name == "json" else document.render_csv(made)
    from dora.render import terminal  # noqa: PLC0415  # likewise

    return terminal.render_report(made, width=out.columns(), colour=colour)
