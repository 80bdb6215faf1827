"""`dora demo`: report on a made-up organization that the bundled stand-in for GitHub serves."""

import os
import sys
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from dora.errors import BadUsage, DoraError

#: The made-up plans are no deployments (D9), unless the environment says what else is none.
PLANS = '[{"description": ["Plan of *"]}]'
#: Unknown arguments are handed on to `dora report`.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}


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
    """Run the report against a made-up organization: no token, no network.

    Starts the bundled stand-in for GitHub on loopback. Every option of `dora report` may follow.
    """
    from zoneinfo import ZoneInfo

    from dora.config.window import parse_instant
    from dora.demo.github import server
    from dora.demo.organization import build as organization

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
        # The address differs each time, so a cache would be of no use.
        os.environ["DORA_COLLECT__CACHE"] = "false"
        os.environ.setdefault("DORA_DEPLOYMENTS__EXCLUDE", PLANS)
        options = context.args if now is None else _as_of(context.args, instant)
        arguments = ["report", "--org", made_up.login, *options]
        command = context.find_root().command
        raise typer.Exit(command.main(arguments, prog_name="dora", standalone_mode=False) or 0)


def _serve(url: str, token: str, login: str) -> None:
    """Print how to reach the stand-in, and wait for Ctrl-C."""
    import threading

    print(f"export GITHUB_API_URL={url}\nexport GITHUB_TOKEN={token}", flush=True)
    print(f"Now `dora report --org {login}` reads it. Ctrl-C ends it.", file=sys.stderr)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print(file=sys.stderr)


def _as_of(arguments: list[str], now: datetime) -> list[str]:
    """Change *arguments* of the report so that ages such as `90d` count back from *now*."""
    from zoneinfo import ZoneInfo

    from dora.config.window import parse_instant

    given = {"--since": "90d", "--until": now.isoformat()}
    others = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in given:
            given[name] = value if equals else next(rest, "")
        else:
            others.append(argument)
    for name, text in given.items():
        with suppress(ValueError):  # the report will say what is wrong with it
            given[name] = parse_instant(text, now, ZoneInfo("UTC")).isoformat()
    return [*others, *(part for pair in given.items() for part in pair)]
