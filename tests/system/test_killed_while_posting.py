"""A run that the system kills while it posts an issue, and the runs after it."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.report.model import Report
from tests.support import small_organizations as small
from tests.support.command import PROGRAM, environment
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule
from tests.support.published_files import written
from tests.support.weekly_issue import THREE, WEEKS, WRITES, access, publish, weeks


class Stalling(Faults):
    """Faults that say which requests are being held up."""

    def __init__(self, rules: list[Rule]) -> None:
        super().__init__(rules)
        self.held: list[str] = []

    def effects(self, request: Any) -> list[faults.Effect]:
        """The effects, noting what is held up."""
        found = super().effects(request)
        self.held += [request.path for one in found if isinstance(one, faults.Stall)]
        return found


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("write", WRITES)
def test_killed_half_way_and_run_again(write: str, carried_out: bool, tmp_path: Path) -> None:
    """Whichever write it is killed at, and whether it came through: still one and three."""
    method, path, at, week = WRITES[write]
    effects: list[faults.Effect]
    effects = [faults.Stall(2.0)] if carried_out else [faults.Stall(2.0), faults.Reset()]
    held = Stalling([Rule(one, method=method, path=path, at=[at]) for one in effects])
    with serve(small.organization(small.repository(commits=1)), middleware=[held]) as server:
        for number, made in enumerate(WEEKS):
            if number == week:
                _kill_when_held(server, held, tmp_path, made)
            publish(server, tmp_path, made)

        assert held.held
        assert [THREE] == weeks(server)


def _kill_when_held(server: Server, held: Stalling, folder: Path, made: Report) -> None:
    file = written(folder, made)
    env = environment(server, **access(server))
    with subprocess.Popen(  # noqa: S603  # this very package
        [*PROGRAM, "publish", "issue", file], cwd=folder, env=env, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 30
        while not held.held and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    time.sleep(2.2)  # what was on its way arrives now, or never
