"""A run may end at any instant, in any way: the cache is as sound as if it had not."""

import random
import shutil
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server
from tests.support.cached_runs import Runs, same
from tests.support.command import WAIT_SECONDS, environment
from tests.support.forked_program import Forked, fork
from tests.support.installed_program import (
    at_once,
    finish,
    question,
    report_of,
    stand_in,
    start,
    weeks,
)

KILLS = 20
#: Runs at once, with one cache.
TOGETHER = 2
#: Seconds within which Ctrl-C must end a run, where other tests take the processor.
SOON = 2.0


def check(server: Server, folder: Path, beside: Path) -> None:
    """Hold what a run makes of what was kept against one without, and leave what was kept as is."""
    shutil.rmtree(beside, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, beside)
    runs = Runs(server, beside)
    if runs.path.exists():
        with closing(sqlite3.connect(runs.path)) as connection:
            assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    with at_once(server):
        kept = runs.kept()
        same(runs.plain(), kept)
    assert [] == kept.told.warned


def begin(server: Server, cache: Path | None, folder: Path) -> Forked:
    """A report that is being made in a forked process, with its output in *folder*."""
    return fork(question(cache), environment(server), folder)


def ended(forked: Forked) -> tuple[dict[str, Any], str]:
    """The report of a run that ends well, less what differs from run to run; its warnings."""
    printed, warned = forked.finish(WAIT_SECONDS)
    return report_of(printed), warned


def test_killed_while_weeks_go_by(tmp_path: Path) -> None:
    """After each run that was killed the next one would be right, whatever happened meanwhile."""
    chance = random.Random(4)  # noqa: S311  # reproducible, not secret
    folder, killed = tmp_path / "cache", 0

    with stand_in(weeks()[0]) as server:
        begin(server, None, tmp_path).finish(WAIT_SECONDS)  # the first fork imports everything
        began = time.monotonic()
        begin(server, None, tmp_path).finish(WAIT_SECONDS)
        whole = time.monotonic() - began
        rounds = KILLS // TOGETHER
        shares = [(n + chance.random()) / KILLS for n in range(KILLS)]
        chance.shuffle(shares)
        for number in range(rounds):
            server.replace(weeks()[number * len(weeks()) // rounds])
            delays = sorted(shares[number * TOGETHER : (number + 1) * TOGETHER])
            began = time.monotonic()
            started = [begin(server, folder, tmp_path) for _ in delays]
            for delay, one in zip(delays, started, strict=True):
                time.sleep(max(0.0, began + delay * whole - time.monotonic()))
                killed += one.kill()
            check(server, folder, tmp_path / "beside")
        assert killed > KILLS / 2
        plain, kept = start(server, None), start(server, folder)
        assert (finish(plain)[0], "") == finish(kept)
        check(server, folder, tmp_path / "beside")


@pytest.mark.parametrize("requests", [1, 6, 12, 18])
def test_stopped_by_hand(requests: int, tmp_path: Path) -> None:
    """Ctrl-C ends a run at once, in one line; what was kept is of use, and no file is half made."""
    folder, made, old = tmp_path / "cache", tmp_path / "made.json", tmp_path / "old.md"
    old.write_text("last week's", encoding="utf-8")
    with stand_in(weeks()[-1]) as server:
        started = start(server, folder, "--output", str(made), "--output", str(old))
        while len(server.requests) < requests:
            assert started.poll() is None
            time.sleep(0.005)
        began = time.monotonic()
        started.send_signal(signal.SIGINT)
        told = started.communicate()
        assert (130, ("", "dora: stopped\n")) == (started.returncode, told)
        assert time.monotonic() - began < SOON
        assert (False, "last week's") == (made.exists(), old.read_text(encoding="utf-8"))
        assert {path.name for path in tmp_path.iterdir()} <= {"cache", "old.md"}
        check(server, folder, tmp_path / "beside")
        with at_once(server):
            server.requests.clear()
            Runs(server, folder).check()


@pytest.mark.parametrize("requests", [3, 12])
def test_two_runs_that_meet_different_truths(requests: int, tmp_path: Path) -> None:
    """A run that begins while another is under way, after a week's work has come, is right."""
    folder = tmp_path / "cache"
    with stand_in(weeks()[0]) as server:
        first = begin(server, folder, tmp_path)
        while len(server.requests) < requests:
            assert first.process.is_alive()
            time.sleep(0.005)
        server.replace(weeks()[-1])
        second = begin(server, folder, tmp_path)
        ended(first)  # of both truths: right is what it was told
        plain = begin(server, None, tmp_path)
        assert (ended(plain)[0], "") == ended(second)
        check(server, folder, tmp_path / "beside")


def test_two_runs_at_once(tmp_path: Path) -> None:
    """Two runs that begin together, with one cache, give the same report."""
    folder = tmp_path / "cache"
    with stand_in(weeks()[-2]) as server:
        for week in weeks()[-2:]:
            server.replace(week)
            caches = (folder, folder, None)
            started = [begin(server, cache, tmp_path) for cache in caches]
            first, second, plain = map(ended, started)
            assert (plain, plain) == (first, second)
        check(server, folder, tmp_path / "beside")


@pytest.mark.parametrize("size", [0, 20_000])
def test_disk_that_is_full(size: int, tmp_path: Path) -> None:
    """No file may grow beyond some bytes: a warning says so, and the report is made."""
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "from dora.cli import main; main()"
    )
    folder = tmp_path / "cache"
    with stand_in(weeks()[-1]) as server, at_once(server):
        full = start(server, folder, program=(sys.executable, "-W", "error", "-c", script))
        report, warned = finish(full)
        assert ended(begin(server, None, tmp_path))[0] == report
        (line,) = warned.splitlines()
        assert "cache" in line
        check(server, folder, tmp_path / "beside")
