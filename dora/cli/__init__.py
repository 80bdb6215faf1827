"""The `dora` command line: its commands, and how each of its runs ends.

Here, and nowhere else in the package, are the clock, the environment and the exit status. Nothing
heavy is imported before a command needs it: `dora --help` answers at once.
"""

import os
import sys
import traceback
from importlib.metadata import version as version_of
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from dora import __version__
from dora.cli.demo import CONTEXT, demo
from dora.cli.doctor import doctor
from dora.cli.explain import explain
from dora.cli.init import init
from dora.cli.output import checked_output, print_error, print_result
from dora.cli.publish import publish
from dora.cli.report import report
from dora.errors import DoraError

#: What a shell reports of a program ended by Ctrl-C.
INTERRUPTED = 130


class _Commands(TyperGroup):
    """The commands, in the order in which people come to need them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands; typer would list groups such as `publish` first."""
        last = ("publish", "demo")
        return [*(name for name in super().list_commands(ctx) if name not in last), *last]


app = typer.Typer(
    name="dora",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="DORA metrics of a GitHub organization, from its deployments and commits.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line; an expected failure is two lines and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with checked_output():  # typer prints its help itself
            app()
    except DoraError as wrong:
        if "--verbose" in sys.argv:
            traceback.print_exc()
        print_error(wrong)
        sys.exit(wrong.exit_status)
    except KeyboardInterrupt:  # before typer handles it
        _stop()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _stop()
        raise
    sys.exit(0)


def _stop() -> NoReturn:
    """End the process at once, without waiting for requests in flight."""
    print("dora: stopped", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        parts = ("PyGithub", "pandas", "typer", "rich", "scipy")
        versions = ", ".join(f"{name} {version_of(name)}" for name in parts)
        print_result(f"dora {__version__} (Python {sys.version.split()[0]}, {versions})")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


app.command()(report)
app.command()(init)
app.command()(doctor)
app.command()(explain)
app.add_typer(publish, name="publish")
app.command(context_settings=CONTEXT)(demo)
