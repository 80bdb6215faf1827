"""What only a process of its own shows: imports, exit statuses, signals, pipes, a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.support.command import PROGRAM, WAIT_SECONDS, dora, environment, program, running
from tests.support.examples import few_of
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule, met
from tests.support.two_repositories import API, NOW, VAULT

#: Imports that take long, and that no help needs.
HEAVY = [
    "pandas",
    "numpy",
    "scipy",
    "github",
    "graphql",
    "requests",
    "rich",
    "jinja2",
    "tenacity",
    "prometheus_client",
    "datadog_api_client",
]
#: Asks for help with every argument list in turn, in one process; then says what it imported.
HELP = """
import json, sys
from dora.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["dora", *arguments, "--help"]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported_for_help(*commands: list[str]) -> set[str]:
    """Modules that the help of *commands* imports."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", HELP, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(commands) == done.stdout.count("Usage: ")
    return set(json.loads(done.stderr))


def test_help_needs_nothing_heavy() -> None:
    """`--help` answers in a blink: what a command needs is imported by that command."""
    # For a command's options typer itself looks whether one is a type of pydantic's.
    assert set() == {*HEAVY, "pydantic"} & imported_for_help([])
    publish = [["publish", *target] for target in ([], ["issue"], ["slack"], ["prometheus"])]
    commands = [["report"], ["demo"], *publish, ["publish", "datadog"]]
    assert set() == set(HEAVY) & imported_for_help(*commands)


def test_console_script() -> None:
    """The program is installed as `dora`."""
    script = Path(sys.executable).with_name("dora")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    assert done.stdout.startswith("dora ")


def test_module() -> None:
    """`python -m dora` is the same program."""
    command = [sys.executable, "-m", "dora", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    assert done.stdout.startswith("dora ")


# -- Exit statuses ------------------------------------------------------------------------------


@pytest.mark.thorough
def test_exit_statuses() -> None:
    """What a shell goes by: 1 for no report, 2 for wrong use, 3 for a part of a report."""
    with serve(Organization("acme", NOW, (API, VAULT))) as server:
        options: tuple[list[str], ...] = (["--org", "nobody"], ["--since", "soon"], [])
        statuses = [
            program("report", "--org", "acme", *more, server=server).returncode for more in options
        ]
    assert [1, 2, 3] == statuses


# -- The terminal -------------------------------------------------------------------------------


def on_terminal(*arguments: str, server: Server) -> str:
    """What the program writes where its standard output is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(  # noqa: S603  # our own program
        [*PROGRAM, *arguments],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env=environment(server),
    ) as started:
        os.close(its)
        told = b""
        with suppress(OSError):  # the end, on Linux
            while more := os.read(ours, 65536):
                told += more
        assert started.wait(WAIT_SECONDS) == 0
    os.close(ours)
    return told.decode()


def test_colour_only_where_it_is_wanted(server: Server) -> None:
    """A terminal gets colour, unless NO_COLOR or a dumb one says no."""
    arguments = ("report", "--org", "acme")
    assert "\x1b[" in on_terminal(*arguments, server=server)
    quiet: tuple[dict[str, Any], ...] = ({"NO_COLOR": "1"}, {"TERM": "dumb"})
    for variables in quiet:
        plain = dora(*arguments, server=server, on_terminal=True, **variables)
        assert (0, False) == (plain.returncode, "\x1b" in plain.stdout)


# -- Pipes and signals --------------------------------------------------------------------------


@pytest.mark.parametrize("format_", few_of(["table", "json"], 1))
def test_reader_who_has_seen_enough(format_: str, server: Server) -> None:
    """`dora report | head -1` says nothing about the pipe that was closed."""
    with running("report", "--org", "acme", "--format", format_, server=server) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.close()
        told = started.stderr.read()
        assert (0, "") == (started.wait(WAIT_SECONDS), told)


@pytest.mark.parametrize(
    "arguments",
    few_of([("report", "--org", "acme"), ("--version",), ("--help",), ("report", "--help")], 2),
    ids=" ".join,
)
def test_full_disk(arguments: tuple[str, ...], server: Server) -> None:
    """Output that finds no room is told in two lines, and has failed; help and version, too."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603  # our own program
            [*PROGRAM, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(server),
            timeout=WAIT_SECONDS,
            check=False,
        )
    told = "dora: standard output cannot be written: No space left on device\n"
    assert (1, told + "      Send it to another place.\n") == (done.returncode, done.stderr)


def test_stopped_by_hand() -> None:
    """Ctrl-C ends a run that waits for GitHub, in one line."""
    with (
        serve(
            Organization("acme", NOW, (API,)), middleware=[Faults([Rule(faults.Stall(60))])]
        ) as server,
        running("report", "--org", "acme", server=server) as started,
    ):
        assert started.stderr is not None
        while not met(server):
            assert started.poll() is None
            time.sleep(0.01)
        started.send_signal(signal.SIGINT)
        told = started.stderr.read()
        assert (130, "dora: stopped\n") == (started.wait(WAIT_SECONDS), told)


@pytest.mark.thorough
def test_demo_served() -> None:
    """`--serve` says how to reach the stand-in, for a shell to read, and ends with Ctrl-C."""
    with running("demo", "--serve") as started:
        assert started.stdout is not None
        assert started.stderr is not None
        lines = [started.stdout.readline() for _ in range(2)]
        variables: dict[str, Any] = dict(
            line.removeprefix("export ").strip().split("=") for line in lines
        )
        assert ["GITHUB_API_URL", "GITHUB_TOKEN"] == list(variables)
        told = started.stderr.readline()
        assert told == "Now `dora report --org medica-flow` reads it. Ctrl-C ends it.\n"
        arguments = ("--since", "7d", "--repo", "billing-*", "--format", "json")
        done = dora("report", "--org", "medica-flow", *arguments, **variables)
        assert json.loads(done.stdout)["organization"] == "medica-flow"
        started.send_signal(signal.SIGINT)
        assert started.wait(WAIT_SECONDS) == 0
        assert (started.stdout.read(), started.stderr.read().strip()) == ("", "")
