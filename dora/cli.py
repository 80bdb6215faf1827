"""Commands and options in, text and an exit status out: the only clock and environment.

Nothing heavy is imported before a command needs it: `dora --help` answers in a blink.
"""

import os
import shutil
import sys
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dora import __version__
from dora.errors import BadUsage, CannotWrite, DoraError

if TYPE_CHECKING:
    from dora.config import Config
    from dora.results import Report

#: The report was made, but not of everything.
PARTIAL = 3
#: What a shell reports of a program ended by Ctrl-C.
INTERRUPTED = 130
#: Columns of what is no terminal: a log or a file scrolls sideways.
PIPE_COLUMNS = 120

app = typer.Typer(
    name="dora",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="DORA metrics of a GitHub organization, from its deployments and commits.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line; every expected failure is two lines and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(app(standalone_mode=True))
    except DoraError as wrong:
        if "--verbose" in sys.argv:
            traceback.print_exc()
        lines = str(wrong).splitlines()
        print("\n".join(["dora: " + lines[0], *("      " + one for one in lines[1:])]),
              file=sys.stderr)  # fmt: skip
        sys.exit(wrong.exit_status)
    except KeyboardInterrupt:
        print("dora: stopped", file=sys.stderr)
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # a request in flight is nobody's business any more
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain once more on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _show_version(asked: bool) -> None:
    if asked:
        parts = ("PyGithub", "pandas", "typer", "rich", "scipy")
        told = ", ".join(f"{name} {version_of(name)}" for name in parts)
        print(f"dora {__version__} (Python {sys.version.split()[0]}, {told})")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def report(
    org: Annotated[str | None, typer.Option(help="The organization's login.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Begin of the window: 36h, 90d, 12w, 6mo, 1y, or a date.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="End of the window, likewise. Default: now.")
    ] = None,
    repo: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these repositories. Repeatable.")
    ] = None,
    environment: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these environments. Repeatable.")
    ] = None,
    tier: Annotated[
        list[str] | None,
        typer.Option(help="Only rows of production, staging, testing, development or other."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="A row for each repository, environment or organization.")
    ] = None,
    ephemeral: Annotated[
        bool | None, typer.Option("--ephemeral", help="Rows for ephemeral environments, too.")
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(help="Levels of 2019, 2021, 2022 or 2023; quick-check for scores; none."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of dates and calendar days. Default: UTC.")
    ] = None,
    wait: Annotated[
        str | None, typer.Option(help="Longest wait for a rate limit, like 1h. Default: 15 min.")
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="table, markdown, json or csv. Default: table.")
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Write to FILE, too; its ending says how. Repeatable."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings. Default: dora.toml.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no notes.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tracebacks of errors.")] = False,  # noqa: ARG001  # read by main
) -> None:
    """Read an organization's deployments and commits and print its DORA metrics."""
    from dora.config import load_config  # noqa: PLC0415  # see the module's first lines

    options: dict[str, Any] = {
        "org": org, "since": since, "until": until, "repo": tuple(repo or ()),
        "environment": tuple(environment or ()), "tier": tuple(tier or ()), "by": by,
        "ephemeral": ephemeral, "benchmark": benchmark, "timezone": timezone,
    }  # fmt: skip
    if wait is not None:
        options["collect"] = {"wait": wait}
    now = datetime.now(UTC).replace(microsecond=0)
    settings = load_config(options, now=now, directory=Path.cwd(), file=config)
    settings.organization  # noqa: B018  # named before anything else is looked at
    targets = _targets(output or [], format_)
    made = _make_report(settings, quiet=quiet)
    _print(_render(made, format_ or "table"))
    for path, name in targets.items():
        _write(path, _render(made, name, for_file=True))
    raise typer.Exit(_tell_missing(made))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo(
    context: typer.Context,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the stand-in up, and say how to use it.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1. Default: a free one.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Make up another organization.")] = None,
    now: Annotated[
        str | None, typer.Option(help="The instant up to which it is made up. Default: now.")
    ] = None,
    forbidden: Annotated[
        bool, typer.Option("--forbidden", help="Add a repository that may not be read.")
    ] = False,
) -> None:
    """Run the report against a made-up organization: no token, no network.

    Starts the bundled stand-in for GitHub on loopback. Every option of `dora report` may follow.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # see the module's first lines

    from dora.demo import organization, server  # noqa: PLC0415  # likewise
    from dora.window import parse_instant  # noqa: PLC0415  # likewise

    clock = datetime.now(UTC).replace(microsecond=0)
    try:
        instant = clock if now is None else parse_instant(now, clock, ZoneInfo("UTC"))
    except ValueError as wrong:
        raise BadUsage(f"--now: {now!r} {wrong}") from None
    made_up = organization.build_organization(
        instant, organization.SEED if seed is None else seed, forbidden=forbidden
    )
    with ExitStack() as stack:
        try:
            github = stack.enter_context(server.serve(made_up, port=port))
        except OSError as wrong:
            raise DoraError(
                f"no server can be started on 127.0.0.1:{port}: {wrong.strerror}",
                "Choose another port with --port, or leave it out for a free one.",
            ) from None
        if serve:
            _serve(github.url, server.TOKEN, made_up.login)
            return
        print(
            f"No token is used: this is {made_up.login}, made up, served at {github.url} "
            "by the bundled stand-in for GitHub.",
            file=sys.stderr,
        )
        os.environ |= {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": server.TOKEN}
        until = [] if now is None or "--until" in context.args else ["--until", now]
        app(
            ["report", "--org", made_up.login, *until, *context.args],
            standalone_mode=False,
            prog_name="dora",
        )


def _serve(url: str, token: str, login: str) -> None:
    """Say how to reach the stand-in, and stay until Ctrl-C."""
    import threading  # noqa: PLC0415  # only this command waits

    print(f"export GITHUB_API_URL={url}\nexport GITHUB_TOKEN={token}", flush=True)
    print(f"Now `dora report --org {login}` reads it. Ctrl-C ends it.", file=sys.stderr)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print(file=sys.stderr)


def _make_report(settings: "Config", *, quiet: bool) -> "Report":
    from dora.collect.organization import collect, connect  # noqa: PLC0415  # heavy: PyGithub
    from dora.render.terminal_progress import show_progress  # noqa: PLC0415  # heavy: rich

    with show_progress(sys.stderr, quiet=quiet) as progress:
        client = connect(settings, os.environ, progress)
        tables = collect(client, settings, progress)
    from dora.report import build_report  # noqa: PLC0415  # heavy: pandas

    return build_report(tables, settings)


def _render(made: "Report", name: str, *, for_file: bool = False) -> str:
    """Text of the report in the format *name*."""
    if name == "markdown":
        from dora.render import markdown  # noqa: PLC0415  # only what is asked for

        return markdown.render_report(made)
    if name in {"json", "csv"}:
        from dora.render import document  # noqa: PLC0415  # likewise

        return document.render_json(made) if name == "json" else document.render_csv(made)
    from dora.render import terminal  # noqa: PLC0415  # likewise

    is_terminal = sys.stdout.isatty() and not for_file
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    columns = shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns
    return terminal.render_report(made, width=columns, colour=is_terminal and not is_plain)


def _targets(files: list[Path], format_: str | None) -> dict[Path, str]:
    """Format of each file to write, all looked at before anything is asked of GitHub."""
    from dora.render import FORMATS  # noqa: PLC0415  # see the module's first lines

    problems = []
    if format_ is not None and format_ not in FORMATS:
        problems.append(f"--format: {format_!r} is not allowed; allowed: {', '.join(FORMATS)}")
    endings = {ending: name for name, own in FORMATS.items() for ending in own}
    targets = {path: endings.get(path.suffix.lower(), format_ or "") for path in files}
    problems += [
        f"--output: the ending of {str(path)!r} says no format; allowed: {', '.join(endings)}, "
        "or any with --format"
        for path, name in targets.items()
        if not name
    ]
    if problems:
        raise BadUsage("\n".join(problems))
    for path in targets:
        folder = path.absolute().parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            why = "it is a folder" if path.is_dir() else f"the folder {folder} cannot be written to"
            raise CannotWrite(f"{path} cannot be written: {why}", "Name another file.")
    return targets


def _write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)
    except OSError as wrong:
        part.unlink(missing_ok=True)
        raise CannotWrite(
            f"{path} cannot be written: {wrong.strerror}", "Name another file."
        ) from None


def _print(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def _tell_missing(made: "Report") -> int:
    """Name on standard error what could not be read; the exit status that says so."""
    from dora.render.words import plain  # noqa: PLC0415  # see the module's first lines

    missing: list[Any] = [*made.coverage.unreadable, *made.coverage.incomplete]
    for one in missing:
        print(f"dora: {plain(one.repository)}: {plain(one.reason)}", file=sys.stderr)
    if missing:
        print(
            "      The report is made without what could not be read; the other numbers hold.",
            file=sys.stderr,
        )
    return PARTIAL if missing else 0
