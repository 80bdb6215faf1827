"""`dora doctor`: whether a report would be complete, what is wrong, and how to fix it."""

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options
from dora.cli.inputs import load_settings, reading
from dora.cli.output import PARTIAL, check_format, columns, find_targets, print_and_write

if TYPE_CHECKING:
    from dora.config import Config
    from dora.doctor.model import Diagnosis
    from dora.model.tables import Tables
    from dora.model.token_rights import Checkup

#: The formats there are, and the extensions of files that are written in each.
FORMATS = {"table": (".txt",), "json": (".json",)}


def doctor(
    context: typer.Context,
    org: options.Org = None,
    since: options.Since = None,
    until: options.Until = None,
    repo: options.Repo = None,
    environment: options.Environment = None,
    by: options.By = None,
    ephemeral: options.Ephemeral = None,
    timezone: options.Timezone = None,
    wait: options.Wait = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    format_: Annotated[
        str | None, typer.Option("--format", help="table or json. Default: table.")
    ] = None,
    output: options.Output = None,
    config: options.ConfigFile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check token, rights, limits, deployments, environments: what is amiss, how to mend it.

    Reads what a report of the same window reads. Exit status 0: a report would be complete; 3: not.
    """
    settings = load_settings(context.params)
    check_format(format_, FORMATS)
    files = find_targets(output or [], format_, FORMATS)
    tables, token = _examine(settings, quiet=quiet)
    diagnosis = _diagnose(tables, token, settings)
    print_and_write(partial(_render, diagnosis), format_, files)
    raise typer.Exit(0 if diagnosis.is_complete else PARTIAL)


def _examine(settings: "Config", *, quiet: bool) -> "tuple[Tables, Checkup]":
    """Read everything a report needs, and what GitHub says of the token."""
    from dora.collect.github.access import find_access
    from dora.collect.github.client import Client
    from dora.collect.token_check import examine

    with reading(quiet=quiet) as progress:
        access = find_access(os.environ, settings.organization)
        return examine(Client(access, settings, progress), access, settings, progress, os.environ)


def _diagnose(tables: "Tables", token: "Checkup", settings: "Config") -> "Diagnosis":
    """Find what is wrong with the data and the token."""
    from dora.analysis.analysis import analyse
    from dora.doctor.diagnose import diagnose

    return diagnose(token, tables, analyse(tables, settings), settings)


def _render(diagnosis: "Diagnosis", name: str, *, colour: bool) -> str:
    """Text of the diagnosis in the format *name*."""
    from dora.render.terminal.doctor import render_json, render_text

    if name == "json":
        return render_json(diagnosis)
    return render_text(diagnosis, width=columns(), colour=colour)
