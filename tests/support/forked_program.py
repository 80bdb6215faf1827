"""Runs `dora` in a process that is forked from one which has imported everything before.

It can be killed as any process can, and costs no second of processor time for its imports.
"""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from dora.cli import main

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.every_module"])


@dataclass
class Forked:
    """A run of the program, and the files that it prints to."""

    process: ForkServerProcess
    printed: Path
    warned: Path

    def kill(self) -> bool:
        """Kill it as `kill -9` does; whether it had not ended before."""
        self.process.kill()
        self.process.join()
        return self.process.exitcode == -signal.SIGKILL

    def finish(self, seconds: float) -> tuple[str, str]:
        """What it printed and its warnings, once it ended well within so many seconds."""
        self.process.join(seconds)
        warnings = self.warned.read_text(encoding="utf-8")
        assert self.process.exitcode == 0, warnings
        return self.printed.read_text(encoding="utf-8"), warnings


def fork(arguments: list[str], environment: Mapping[str, str], folder: Path) -> Forked:
    """The program, begun; *folder* is for its output, and where it runs."""
    number = len([*folder.glob("*.out")])
    printed, warned = folder / f"{number}.out", folder / f"{number}.err"
    printed.touch()
    given = (arguments, dict(environment), str(printed), str(warned))
    process = _FORKS.Process(target=_run, args=given, daemon=True)
    process.start()
    return Forked(process, printed, warned)


def _run(arguments: list[str], environment: dict[str, str], printed: str, warned: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(Path(printed).parent)
    for path, stream in ((printed, sys.stdout), (warned, sys.stderr)):
        with Path(path).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["dora", *arguments]
    main()
