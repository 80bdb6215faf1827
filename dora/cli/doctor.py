"""`dora doctor`: whether a report would be complete, what is amiss, and how to mend it."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options as option
from dora.cli import output as out
from dora.cli.inputs import load_settings

if TYPE_CHECKING:
    from dora.config import Config
    from dora.doctor.model import Diagnosis
    from dora.model.tables import Tables
    from dora.model.token_rights import Checkup

FORMATS = {"table": (".txt",), "json": (".json",)}


def doctor(
    org: option.Org = None,
    since: option.Since = None,
    until: option.Until = None,
    repo: option.Repo = None,
    environment: option.Environment = None,
    by: option.By = None,
    ephemeral: option.Ephemeral = None,
    timezone: option.Timezone = None,
    wait: option.Wait = None,
    cache: option.Cache = None,
    no_cache: option.NoCache = False,
    format_: Annotated[
        str | None, typer.Option("--format", help="table or json. Default: table.")
    ] = None,
    output: option.Output = None,
    config: option.ConfigFile = None,
    quiet: option.Quiet = False,
    verbose: option.Verbose = False,  # noqa: ARG001  # read by main
) -> None:
    """Check token, rights, limits, deployments, environments: what is amiss, how to mend it.

    Reads what a report of the same window reads. Exit status 0: a report would be complete; 3: not.
    """
    options = {
        "org": org,
        "since": since,
        "until": until,
        "repo": repo,
        "environment": environment,
        "by": by,
        "ephemeral": ephemeral,
        "timezone": timezone,
    }
    settings = load_settings(options, file=config, wait=wait, cache=cache, no_cache=no_cache)
    out.check_format(format_, FORMATS)
    targets = out.find_targets(output or [], format_, FORMATS)
    tables, checkup = _examine(settings, quiet=quiet)
    from dora.analysis.analysis import analyse
    from dora.doctor.diagnose import diagnose

    found = diagnose(checkup, tables, analyse(tables, settings), settings)
    out.show(_render(found, format_ or "table", colour=out.has_colour()))
    for path, name in targets.items():
        out.write(path, _render(found, name, colour=False))
    raise typer.Exit(0 if found.is_complete else out.PARTIAL)


def _examine(settings: "Config", *, quiet: bool) -> "tuple[Tables, Checkup]":
    """Everything a report needs, and what GitHub said of the token."""
    from dora.collect.github.access import find_access
    from dora.collect.github.client import Client
    from dora.collect.token_check import examine
    from dora.render.terminal.progress import show_progress

    with show_progress(sys.stderr, quiet=quiet) as progress:
        access = find_access(os.environ, settings.organization)
        return examine(Client(access, settings, progress), access, settings, progress, os.environ)


def _render(found: "Diagnosis", name: str, *, colour: bool) -> str:
    """Text of the diagnosis in the format *name*."""
    from dora.render.terminal import doctor as findings

    if name == "json":
        return findings.render_json(found)
    return findings.render_text(found, width=out.columns(), colour=colour)
