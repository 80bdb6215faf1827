"""Starts the real program against a stand-in, as a shell would."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from dora.demo.github.server import TOKEN, Server
from tests.support.faulty_runs import credentials
from tests.support.random_organizations import LOGIN, NOW

PROGRAM = "from dora.cli import main; main()"
OPTIONS = ("report", "--org", LOGIN, "--until", NOW.isoformat(), "--no-cache")
WAIT_SECONDS = 60


def _environment(
    server: Server, *, app: bool = False, variables: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DORA_", "GITHUB_", "GH_"))
    }
    return {**kept, "GITHUB_API_URL": server.url, **credentials(app=app), **variables}


def report(
    server: Server, *arguments: str, before: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """A report, made to its end without a traceback; *before* is run before the program."""
    script = f"{before}\n{PROGRAM}"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-W", "error", "-c", script, *OPTIONS, *arguments],
        capture_output=True,
        text=True,
        env=_environment(server, variables=variables),
        cwd=Path(__file__).parent,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done


@contextmanager
def started(server: Server, *, app: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A report while it is made."""
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", PROGRAM, *OPTIONS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(server, app=app),
        cwd=Path(__file__).parent,
    ) as running:
        try:
            yield running
        finally:
            running.kill()
