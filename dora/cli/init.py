"""`dora init`: look at an organization and write the settings that give a first true report."""

import os
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dora.cli import options
from dora.cli.inputs import load_settings, reading
from dora.cli.output import PARTIAL, check_writable, print_note, print_result, write
from dora.errors import BadUsage, CannotRead

if TYPE_CHECKING:
    from collections.abc import Callable

    from dora.config import Config
    from dora.model.first_look import FirstLook, LookCost

#: The file that is read where none is named.
DEFAULT = Path("dora.toml")
#: Prints instead of writing.
STANDARD_OUTPUT = Path("-")
#: Settings that a first look has no option for.
WITHOUT = {"cache": None, "no_cache": True, "config": None}


def init(
    context: typer.Context,
    org: options.Org = None,
    since: options.Since = None,
    repo: options.Repo = None,
    timezone: options.Timezone = None,
    wait: options.Wait = None,
    output: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Write to FILE; - prints instead."),
    ] = DEFAULT,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there already.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what this would cost in requests, and stop.")
    ] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Look at an organization and write a dora.toml that gives a first true report.

    Says for each repository what a deployment is: GitHub's Deployments, runs of a workflow,
    releases, tags or merges. Exit status 3: nothing gives a row, or something was not readable.
    """
    if plan and (force or output != DEFAULT):
        raise BadUsage("--plan writes nothing: leave out --output and --force")
    settings = load_settings(context.params, with_file=False, **WITHOUT)
    if plan:
        print_result(_estimate(settings, quiet=quiet))
        return
    _check_target(output, force=force)
    look = _look(settings, quiet=quiet)
    text, summary, has_rows = _propose(look, settings)
    if output == STANDARD_OUTPUT:
        print_result(text)
    else:
        _check_target(output, force=force)  # it may have come while GitHub was asked
        write(output, text)
        print_result(f"{summary}\n\n{_next_step(output)}")
        if not quiet:
            _tell_of_project(output)
    raise typer.Exit(_print_missing(look, has_rows=has_rows, quiet=quiet))


def _check_target(path: Path, *, force: bool) -> None:
    """Raise BadUsage where a file is there, CannotWrite where none can be written."""
    if path == STANDARD_OUTPUT:
        return
    if not force and os.path.lexists(path):
        raise BadUsage(
            f"{path} is there already, and is not written over\n"
            "Name another file with --output, print with --output -, or write over it with --force."
        )
    check_writable(path)


def _estimate(settings: "Config", *, quiet: bool) -> str:
    """Say what looking would cost; only the repositories are listed for it."""
    from dora.collect.first_look import estimate_look
    from dora.collect.organization import connect
    from dora.render.terminal.first_look import render_cost

    with reading(quiet=quiet) as progress:
        cost = estimate_look(connect(settings, os.environ, progress), settings)
    sentence = render_cost(cost)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _look(settings: "Config", *, quiet: bool) -> "FirstLook":
    """Look at the organization; CannotRead where there is nothing to look at."""
    from dora.collect.first_look import look_at
    from dora.collect.organization import connect

    with reading(quiet=quiet) as progress:
        client = connect(settings, os.environ, progress)
        look = look_at(client, settings, says=None if quiet else _print_cost())
    if not (look.repositories or look.archived or look.empty or look.others):
        raise CannotRead(
            f"there is no repository of {settings.organization} that the token sees",
            "Give the token or App the repositories of the organization; `dora doctor` tells more.",
        )
    if settings.repo and not look.repositories and look.others:
        raise BadUsage(f"--repo: {', '.join(settings.repo)} fits no repository that can be read")
    return look


def _print_cost() -> "Callable[[LookCost], None]":
    from dora.render.terminal.first_look import render_cost

    return lambda cost: print_note(render_cost(cost))


def _propose(look: "FirstLook", settings: "Config") -> tuple[str, str, bool]:
    """The file's text, a summary for the screen, and whether a report would have rows."""
    from dora.doctor.settings_file import write_settings
    from dora.doctor.source_choice import choose_sources
    from dora.doctor.source_groups import group_sources
    from dora.render.terminal.first_look import render_groups

    groups = group_sources(choose_sources(look, settings), look)
    text = write_settings(look, groups, settings)
    return text, render_groups(look, groups), any(group.kind for group in groups)


def _next_step(path: Path) -> str:
    from dora.render.formatting import plain

    named = "" if path == DEFAULT else f" --config {shlex.quote(str(path))}"
    return f"Wrote {plain(str(path))}. Next: {plain(f'dora report{named}')}"


def _tell_of_project(path: Path) -> None:
    """Print to standard error where the file takes the place of settings in `pyproject.toml`."""
    from dora.config.sources import read_file

    folder = Path.cwd()
    project = folder / "pyproject.toml"
    if path.absolute() != folder / DEFAULT or not project.is_file():
        return
    with suppress(BadUsage):  # it was not read anyway
        if read_file(folder, project).values:
            print_note(
                "[tool.dora] of pyproject.toml is not read beside dora.toml\n"
                "      Take over what you need of it."
            )


def _print_missing(look: "FirstLook", *, has_rows: bool, quiet: bool) -> int:
    """Print to standard error what was not seen; returns the exit status that says so."""
    from dora.render.formatting import plain

    if look.actions_refused and not quiet:
        print_note(
            f"the workflows cannot be read ({plain(look.actions_refused)})\n"
            "      With the permission Actions: read, a workflow may be the better source."
        )
    unreadable: list[Any] = [one for one in look.repositories if one.unreadable is not None]
    for one in unreadable:
        print_note(f"{plain(one.name)}: {plain(one.unreadable)}")
    if unreadable and len(unreadable) == len(look.repositories):
        print_note(
            "no source is known: no repository could be read\n"
            "      Run it again with --force once they can be."
        )
    elif not has_rows:
        print_note(
            "no source gives rows: nothing was deployed, released, tagged or merged lately\n"
            "      A longer window (--since) may show more; what else deploys can write a file."
        )
    return PARTIAL if unreadable or not has_rows else 0
