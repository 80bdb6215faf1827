"""`dora demo`: try the commands on a made-up organization, served by the bundled stand-in."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from dora.errors import BadUsage, DoraError

if TYPE_CHECKING:
    from dora.demo.organization.model import Organization

#: The made-up plans are no deployments (D9), unless the environment says what else is none.
PLANS = '[{"description": ["Plan of *"]}]'
#: Unknown arguments are handed on to the command.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}
#: The commands that can be tried, the first of them where none is named.
COMMANDS = ("report", "init", "doctor", "explain")


def demo(
    context: typer.Context,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the stand-in up, and say how to use it.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1. Default: a free one.", show_default=False)
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Make up another organization.")] = None,
    now: Annotated[
        str | None, typer.Option(help="The instant up to which it is made up. Default: now.")
    ] = None,
    forbidden: Annotated[
        bool, typer.Option("--forbidden", help="Add a repository that may not be read.")
    ] = False,
) -> None:
    """Try the commands on a made-up organization: no token, no network.

    Starts the bundled stand-in for GitHub on loopback and runs `dora report` against it, or the
    command that is named: `dora demo init`, `dora demo doctor`, `dora demo explain patient-api`.
    Every option of that command may follow; init prints, unless --output names a file.
    """
    from dora.demo.organization import build as organization

    instant = _read_clock(now)
    made_up = organization.build_organization(
        instant, organization.SEED if seed is None else seed, forbidden=forbidden
    )
    with _start(made_up, port) as github:
        if serve:
            _serve(github.url, github.token, made_up.login)
            return
        _use(github, made_up.login)
        arguments = _find_command(context.args, made_up.login, None if now is None else instant)
        command = context.find_root().command
        raise typer.Exit(command.main(arguments, prog_name="dora", standalone_mode=False) or 0)


def _read_clock(now: str | None) -> datetime:
    """The instant up to which the organization is made up; BadUsage where *now* is no time."""
    from zoneinfo import ZoneInfo

    from dora.config.window import parse_instant

    clock = datetime.now(UTC).replace(microsecond=0)
    try:
        return clock if now is None else parse_instant(now, clock, ZoneInfo("UTC"))
    except ValueError as wrong:
        raise BadUsage(f"--now: {now!r} {wrong}") from None


@contextmanager
def _start(made_up: "Organization", port: int) -> Iterator["_StandIn"]:
    """The running stand-in, which ends with the block."""
    from dora.demo.github import server

    with ExitStack() as stack:
        try:
            github = stack.enter_context(server.serve(made_up, port=port))
        except OSError as wrong:
            raise DoraError(
                f"no server can be started on 127.0.0.1:{port}: {wrong.strerror}",
                "Choose another port with --port, or leave it out for a free one.",
            ) from None
        yield _StandIn(github.url, server.TOKEN)


class _StandIn(NamedTuple):
    """Where the stand-in listens, and the token that opens it."""

    url: str
    token: str


def _use(github: _StandIn, login: str) -> None:
    """Say what is read, and have every command of this process read it."""
    print(
        f"No token is used: this is {login}, made up, served at {github.url} "
        "by the bundled stand-in for GitHub.",
        file=sys.stderr,
    )
    os.environ |= {"GITHUB_API_URL": github.url, "GITHUB_TOKEN": github.token}
    # The address differs each time, so a cache would be of no use.
    os.environ["DORA_COLLECT__CACHE"] = "false"
    os.environ.setdefault("DORA_DEPLOYMENTS__EXCLUDE", PLANS)


def _find_command(given: list[str], login: str, now: datetime | None) -> list[str]:
    """The command to run, with its arguments: as of *now*, where the clock was set."""
    name, *rest = given if given and given[0] in COMMANDS else [COMMANDS[0], *given]
    if now is not None:
        rest = _as_of(rest, now, with_until=name != "init")
    if name == "init":
        if now is not None:  # it has no option for the end of its window
            os.environ["DORA_UNTIL"] = now.isoformat()
        if not any(one.partition("=")[0] in {"--output", "--plan"} for one in rest):
            rest = [*rest, "--output", "-"]
    return [name, "--org", login, *rest]


def _serve(url: str, token: str, login: str) -> None:
    """Print how to reach the stand-in, and wait for Ctrl-C."""
    import threading

    print(f"export GITHUB_API_URL={url}\nexport GITHUB_TOKEN={token}", flush=True)
    print(f"Now `dora report --org {login}` reads it. Ctrl-C ends it.", file=sys.stderr)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print(file=sys.stderr)


def _as_of(arguments: list[str], now: datetime, *, with_until: bool) -> list[str]:
    """Change *arguments* of a command so that ages such as `90d` count back from *now*."""
    from zoneinfo import ZoneInfo

    from dora.config.window import parse_instant

    given = {"--since": "90d"} | ({"--until": now.isoformat()} if with_until else {})
    others = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in given:
            given[name] = value if equals else next(rest, "")
        else:
            others.append(argument)
    for name, text in given.items():
        with suppress(ValueError):  # the command will say what is wrong with it
            given[name] = parse_instant(text, now, ZoneInfo("UTC")).isoformat()
    return [*others, *(part for pair in given.items() for part in pair)]
