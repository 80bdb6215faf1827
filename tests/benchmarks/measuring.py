"""Measures what the process of a command takes: seconds, processor time and memory.

Imports little: on Linux a process is said to have had the memory of the one that started it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: What `ru_maxrss` counts in: kilobytes, but bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
TAIL = 2000  #: characters shown of what a failed command printed


@dataclass(frozen=True)
class Taken:
    """What one process took."""

    seconds: float
    cpu_seconds: float  #: user and system
    peak_mb: float
    printed: str


def measure(command: Sequence[str], variables: Mapping[str, str]) -> Taken:
    """Run *command* with these environment variables alone, in an empty directory of its own.

    RuntimeError says what it printed where it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        nowhere = Path(folder, "here")
        nowhere.mkdir()
        surroundings = {"HOME": folder, "PATH": os.defpath, **variables}
        with out.open("wb") as to_out, err.open("wb") as to_err:
            began = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603  # commands of the benchmarks alone
                command, env=surroundings, cwd=nowhere, stdout=to_out, stderr=to_err
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # nobody else may wait for it
        if process.returncode != 0:
            told = err.read_text("utf-8", "replace")[-TAIL:]
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{told}")
        return Taken(
            seconds,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * RSS_UNIT / 1e6,
            out.read_text("utf-8"),
        )
