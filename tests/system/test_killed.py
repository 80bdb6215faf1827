"""`kill -9` at any instant: the next run reports the same, and what was kept is sound."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.collect.cache.store import cache_path
from dora.demo.github.limits import Latency
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from tests.collect.github.test_client import NOW
from tests.support.github.remembered_answers import RememberedAnswers

KILLS = 50
#: Processes that run, and are killed, at the same time: two runs at once use one file, too.
AT_ONCE = 2
PROGRAM = [sys.executable, "-c", "from dora.cli import main; main()"]
WINDOW = ["--since", (NOW - timedelta(days=90)).isoformat(), "--until", NOW.isoformat()]


@pytest.fixture(scope="module")
def organization() -> Organization:
    """The made-up organization."""
    return build_organization(NOW)


@pytest.fixture(scope="module")
def server(organization: Organization) -> Iterator[Server]:
    """A stand-in that takes a little while for every answer, and computes none of them twice."""
    with serve(
        organization, latency=Latency(fixed=0.02), middleware=[RememberedAnswers()]
    ) as running:
        yield running


def start(server: Server, folder: Path) -> subprocess.Popen[bytes]:
    """A report that is being made, with what it keeps in *folder*."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DORA_", "GITHUB_", "GH_"))
    }
    command = [*PROGRAM, "report", "--org", server.organization.login, "--format", "json",
               *WINDOW, "--cache", str(folder)]  # fmt: skip
    return subprocess.Popen(  # noqa: S603  # our own program
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**kept, "GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN},
        cwd=Path(__file__).parent,
    )


def report(server: Server, folder: Path) -> dict[str, Any]:
    """A report made to its end, without what differs from run to run.

    It may have to wait: what the killed runs spent counts against the secondary limit, too.
    """
    printed, said = start(server, folder).communicate(timeout=240)
    assert [line for line in said.splitlines() if not line.startswith(b"waiting until")] == []
    document: dict[str, Any] = json.loads(printed)
    del document["generated"], document["coverage"]["requests"]
    return document


def check_sound(server: Server, folder: Path) -> None:
    """Hold SQLite's own judgement of the file against what it should be."""
    path = cache_path(folder, server.url, server.organization.login)
    with sqlite3.connect(path) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()


def test_killed_at_fifty_instants(server: Server, tmp_path: Path) -> None:
    """Whenever it is killed, a plain run reports the same, and the file is whole."""
    undisturbed = report(server, tmp_path / "undisturbed")
    began = time.monotonic()
    assert report(server, tmp_path / "timed") == undisturbed
    length = time.monotonic() - began
    folder, instants = tmp_path / "killed", random.Random(50)  # noqa: S311  # reproducible
    killed = 0
    for _ in range(KILLS // AT_ONCE):
        began = time.monotonic()
        running = [start(server, folder) for _ in range(AT_ONCE)]
        for at, one in zip(sorted(instants.random() for _ in running), running, strict=True):
            # From about when it begins to read to when it has printed.
            time.sleep(max(0.0, began + length * (0.3 + 0.7 * at) - time.monotonic()))
            one.send_signal(signal.SIGKILL)
            one.communicate()
            killed += one.returncode == -signal.SIGKILL
    assert killed > KILLS // 2, "too few were killed before they had ended"
    check_sound(server, folder)
    assert report(server, folder) == undisturbed
    check_sound(server, folder)
    assert report(server, folder) == undisturbed
