"""`dora doctor`: whether a report would be complete, what is wrong, and how to fix it."""

import os
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options
from dora.cli.inputs import load_settings, reading
from dora.cli.output import PARTIAL, check_format, columns, find_targets, print_and_write
from dora.errors import DoraError

if TYPE_CHECKING:
    from dora.config import Config
    from dora.doctor.model import Diagnosis
    from dora.model.first_look import FirstLook
    from dora.model.tables import Tables
    from dora.model.token_rights import Checkup

#: The formats there are, and the extensions of files that are written in each.
FORMATS = {"table": (".txt",), "json": (".json",)}
#: Repositories without rows that are looked at, those with the newest commits.
MOST_LOOKED_AT = 200


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
    """Check token, rights, limits, deployments, environments: what is wrong, how to fix it.

    Reads what a report of the same window reads, and looks at what no row tells of. Exit status 0:
    a report would be complete; 3: not, or it would have no rows.
    """
    settings = load_settings(context.params)
    check_format(format_, FORMATS)
    files = find_targets(output or [], format_, FORMATS)
    tables, token = _examine(settings, quiet=quiet)
    diagnosis = _diagnose(tables, token, settings, quiet=quiet)
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


def _diagnose(
    tables: "Tables", token: "Checkup", settings: "Config", *, quiet: bool
) -> "Diagnosis":
    """Find what is wrong with the data and the token, and what would give further rows."""
    from dora.analysis.analysis import analyse
    from dora.doctor.diagnose import diagnose
    from dora.doctor.sources import find_without_rows

    analysis = analyse(tables, settings)
    without = find_without_rows(tables, analysis, settings)
    look = _look(settings, without, quiet=quiet) if without else None
    return diagnose(token, tables, analysis, settings, look)


def _look(settings: "Config", names: Iterable[str], *, quiet: bool) -> "FirstLook | None":
    """What could be deployments in the repositories of these names; None if GitHub refuses."""
    from dora.collect.first_look import look_at
    from dora.collect.organization import connect

    try:
        with reading(quiet=quiet) as progress:
            client = connect(settings, os.environ, progress)
            return look_at(client, settings, names, most=MOST_LOOKED_AT)
    except DoraError:
        return None  # what was read before is told all the same


def _render(diagnosis: "Diagnosis", name: str, *, colour: bool) -> str:
    """Text of the diagnosis in the format *name*."""
    from dora.render.terminal.doctor import render_json, render_text

    if name == "json":
        return render_json(diagnosis)
    return render_text(diagnosis, width=columns(), colour=colour)
