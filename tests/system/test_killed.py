"""`kill -9` at any instant: the next run reports the same, and the cache is sound."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dora.collect.cache.store import cache_path
from dora.demo.github.limits import Latency
from dora.demo.github.server import Server, serve
from tests.support.command import environment
from tests.support.forked_program import Forked, fork
from tests.support.github.remembered_answers import RememberedAnswers
from tests.support.installed_program import question, weeks

KILLS = 50
#: Processes that run, and are killed, at the same time: two runs at once use one file, too.
AT_ONCE = 2
#: Longest that a run may take, in seconds: what the killed runs spent counts against the secondary
#: limit, so it may have to wait.
PATIENCE = 240


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in that takes a little while for every answer, and computes none of them twice."""
    with serve(
        weeks()[-1], latency=Latency(fixed=0.02), middleware=[RememberedAnswers()]
    ) as running:
        yield running


def start(server: Server, cache: Path) -> Forked:
    """A report that is being made, with its cache in that folder."""
    return fork(question(cache), environment(server), cache.parent)


def report(server: Server, cache: Path) -> dict[str, Any]:
    """A report made to its end, without what differs from run to run."""
    printed, warned = start(server, cache).finish(PATIENCE)
    assert [line for line in warned.splitlines() if not line.startswith("waiting until")] == []
    document: dict[str, Any] = json.loads(printed)
    del document["generated"], document["coverage"]["requests"]
    return document


def check_sound(server: Server, folder: Path) -> None:
    """SQLite finds the file intact."""
    path = cache_path(folder, server.url, server.organization.login)
    with closing(sqlite3.connect(path)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()


def test_killed_at_fifty_instants(server: Server, tmp_path: Path) -> None:
    """Whenever it is killed, a plain run reports the same, and the file is whole."""
    undisturbed = report(server, tmp_path / "undisturbed")
    began = time.monotonic()
    assert report(server, tmp_path / "timed") == undisturbed
    length = time.monotonic() - began
    cache, instants = tmp_path / "killed", random.Random(50)  # noqa: S311  # reproducible
    killed = 0
    for _ in range(KILLS // AT_ONCE):
        began = time.monotonic()
        running = [start(server, cache) for _ in range(AT_ONCE)]
        for at, one in zip(sorted(instants.random() for _ in running), running, strict=True):
            time.sleep(max(0.0, began + length * at - time.monotonic()))
            killed += one.kill()
    assert killed > KILLS // 2, "too few were killed before they had ended"
    check_sound(server, cache)
    assert report(server, cache) == undisturbed
    check_sound(server, cache)
    assert report(server, cache) == undisturbed
