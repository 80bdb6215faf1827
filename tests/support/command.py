"""`dora` as a person types it: run in this process, which is fast, or started as a program."""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dora.demo.github.server import TOKEN, Server

PROGRAM = (sys.executable, "-W", "error", "-c", "from dora.cli import main; main()")
WAIT_SECONDS = 60
#: A folder without settings: where commands run that name no other.
NOWHERE = Path(__file__).parent
#: What a shell or a runner may have set, and no test shall see: names, and how names begin.
FOREIGN = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "CI"}
FOREIGN_PREFIXES = ("DORA_", "GITHUB_", "GH_", "PAGERDUTY_", "SLACK_", "DD_", "DATADOG_")
FOREIGN_SUFFIX = "_PROXY"


def environment(server: Server | None, **variables: str | None) -> dict[str, str]:
    """What a shell would hand on: the way to *server*, and what a test sets or (None) unsets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN
        and not name.startswith(FOREIGN_PREFIXES)
        and not name.upper().endswith(FOREIGN_SUFFIX)
    }
    given: dict[str, str | None] = {"TERM": "xterm-256color", "no_proxy": "127.0.0.1"}
    if server is not None:
        given |= {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    given |= variables
    return {**kept, **{name: value for name, value in given.items() if value is not None}}


def dora(
    *arguments: str | Path,
    server: Server | None = None,
    folder: Path | None = None,
    on_terminal: bool = False,
    **variables: Any,
) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process; an exception it does not expect is the test's.

    With *on_terminal* standard output says that it is one. What the command line changes of the
    process is put back: environment, working folder, garbage collection; how it allocates memory
    is not.
    """
    told, warned = _Terminal() if on_terminal else _Stream(), _Stream()
    thresholds = gc.get_threshold()
    status: Any = None
    with (
        patch.dict(os.environ, environment(server, **variables), clear=True),
        patch.object(sys, "argv", ["dora", *map(str, arguments)]),
        chdir(folder or NOWHERE),
        redirect_stdout(told),
        redirect_stderr(warned),
        patch.object(sys, "__stdout__", told),  # whose width is asked for
    ):
        try:
            _main()
        except SystemExit as ended:
            status = ended.code
        finally:
            gc.unfreeze()
            gc.set_threshold(*thresholds)
    assert isinstance(status, int)
    done = subprocess.CompletedProcess(list(arguments), status, told.text(), warned.text())
    return _checked(done, arguments)


def program(
    *arguments: str | Path,
    server: Server | None = None,
    folder: Path | None = None,
    **variables: Any,
) -> subprocess.CompletedProcess[str]:
    """Start the program and wait for its end: for what only a process of its own shows."""
    done = subprocess.run(  # noqa: S603  # our own program
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(server, **variables),
        cwd=folder or NOWHERE,
        timeout=WAIT_SECONDS,
        check=False,
    )
    return _checked(done, arguments)


@contextmanager
def running(*arguments: str, server: Server | None = None) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs, ended with the block."""
    with subprocess.Popen(  # noqa: S603  # our own program
        [*PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(server),
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    return done.returncode, done.stdout, done.stderr


def _main() -> None:
    from dora.cli import main  # noqa: PLC0415  # as the program imports it: once, when it starts

    main()


class _Stream(io.TextIOWrapper):
    """A standard stream that keeps what is written to it."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def text(self) -> str:
        """All that was written so far, its lines ended as `program` gives them."""
        return self._bytes.getvalue().decode("utf-8").replace("\r\n", "\n")


class _Terminal(_Stream):
    """A standard stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return True


def _checked(
    done: subprocess.CompletedProcess[str], arguments: tuple[str | Path, ...]
) -> subprocess.CompletedProcess[str]:
    """No run shows its token, and none of its expected errors is a traceback."""
    assert TOKEN not in done.stdout + done.stderr
    assert "--verbose" in arguments or "Traceback" not in done.stderr, done.stderr
    return done
