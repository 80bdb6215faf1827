"""Starts the installed program, on an organization that it reads in about two seconds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dora.demo.github.limits import Latency
from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.benchmarks.made_up import Shape, make_organizations
from tests.support.command import WAIT_SECONDS, environment
from tests.support.past_organizations import as_of

DORA = Path(sys.executable).with_name("dora")
NOW = datetime.now(UTC).replace(microsecond=0)
WEEK = timedelta(days=7)
#: Makes a run of the organization below take about two seconds.
LATENCY = Latency(fixed=0.05, per_node=0.0005)


@cache
def weeks() -> list[Organization]:
    """The organization four weeks ago, and after each of these weeks."""
    today = make_organizations(Shape(10, 30, 100), NOW).today
    return [as_of(today, NOW - ago * WEEK) for ago in (4, 3, 2, 1, 0)]


def question(folder: Path | None) -> list[str]:
    """Arguments of a report that does not depend on when it is made."""
    window = [
        "--since",
        f"{NOW - 80 * timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "--until",
        f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    ]
    kept = ["--no-cache"] if folder is None else ["--cache", str(folder)]
    return ["report", "--org", weeks()[0].login, "--format", "json", *window, *kept]


@contextmanager
def stand_in(organization: Organization) -> Iterator[Server]:
    """The organization served as slowly as over a network."""
    with serve(organization, latency=LATENCY) as server:
        yield server


@contextmanager
def at_once(server: Server) -> Iterator[None]:
    """The same server without any delay."""
    slow, server.latency = server.latency, Latency()
    try:
        yield
    finally:
        server.latency = slow


def start(
    server: Server, folder: Path | None, *more: str, program: tuple[str, ...] = (str(DORA),)
) -> subprocess.Popen[str]:
    """The program, begun; what it kept is in *folder*, None for nothing."""
    return subprocess.Popen(  # noqa: S603  # our own program
        [*program, *question(folder), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(server),
    )


def finish(started: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """The report of a run that ends well, less what differs from run to run; its warnings."""
    told, warned = started.communicate(timeout=WAIT_SECONDS)
    assert started.returncode == 0, warned
    return report_of(told), warned


def report_of(printed: str) -> dict[str, Any]:
    """A report of JSON, less what differs from run to run."""
    report: dict[str, Any] = json.loads(printed)
    del report["generated"], report["coverage"]["requests"]
    return report
