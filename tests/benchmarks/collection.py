"""What reading an organization costs: `dora report` and a typical script, on the same stand-in.

Each program runs as its users run it, in a process of its own. In: sizes. Out: what each run asked
of GitHub and took of this machine.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dora.demo.github.server import TOKEN
from tests.benchmarks.floor import Floor
from tests.benchmarks.made_up import LOGIN, WEEK, WINDOW, Shape
from tests.benchmarks.measuring import Taken, measure
from tests.benchmarks.stand_in import Asked, StandIn, stand_in

LARGE, WIDE = Shape(100, 300, 1_000), Shape(1_000, 10, 50)
GROWTH = (10, 30, 100, 300, 1_000)
QUICK = 10  #: how many times fewer repositories there are when it is only tried
DORA = Path(sys.executable).with_name("dora")
TYPICAL = Path(__file__).with_name("typical.py")


class Run(NamedTuple):
    """One program, from its start to its end."""

    asked: Asked
    taken: Taken
    deployments: int  #: successes in the window, as its result counts them


@dataclass(frozen=True)
class Compared:
    """The runs on one organization; the typical script asks the same every week."""

    shape: Shape
    floor: Floor
    cold: Run
    next_week: Run
    typical: Run


class Collected(NamedTuple):
    """All that was measured."""

    large: Compared
    wide: Compared
    growth: list[tuple[Shape, Run]]


def collect(*, quick: bool) -> Collected:
    """Run everything, one after the other; *quick* with ten times fewer repositories."""

    def sized(shape: Shape) -> Shape:
        count = shape.repositories // QUICK if quick else shape.repositories
        return Shape(count, shape.deployments, shape.commits)

    shapes = [sized(Shape(count, WIDE.deployments, WIDE.commits)) for count in GROWTH]
    growth = [(shape, grow(shape)) for shape in shapes]
    return Collected(compare(sized(LARGE)), compare(sized(WIDE)), growth)


def compare(shape: Shape) -> Compared:
    """Both programs on an organization of *shape*, `dora` again a week later."""
    now = datetime.now(UTC).replace(microsecond=0)
    then = (now - WEEK - WINDOW, now - WEEK)
    with stand_in(shape, now, remember=True) as place, tempfile.TemporaryDirectory() as folder:
        warming, measured = Path(folder, "warming"), Path(folder, "measured")
        cold = _cold(shape, place, then, warming, measured)
        place.let_a_week_pass()
        _run_dora(place, warming)
        _say(f"dora report, next week, {shape}")
        next_week = _run_dora(place, measured)
    with stand_in(shape, now, remember=False) as place:
        _say(f"the typical script, {shape}")
        typical = _run_typical(place, then)
    return Compared(shape, place.floor, cold, next_week, typical)


def grow(shape: Shape) -> Run:
    """A cold run on an organization of *shape*."""
    now = datetime.now(UTC).replace(microsecond=0)
    then = (now - WEEK - WINDOW, now - WEEK)
    with stand_in(shape, now, remember=True) as place, tempfile.TemporaryDirectory() as folder:
        return _cold(shape, place, then, Path(folder, "warming"), Path(folder, "measured"))


def _cold(
    shape: Shape, place: StandIn, window: tuple[datetime, datetime], warming: Path, measured: Path
) -> Run:
    """The second of two runs without anything in the cache: the stand-in has computed by then."""
    _say(f"warming up the stand-in, {shape}")
    _run_dora(place, warming, *window)
    _say(f"dora report, cold, {shape}")
    return _run_dora(place, measured, *window)


def _run_dora(place: StandIn, cache: Path, *window: datetime) -> Run:
    """A report, of *window* or else of the 90 days to the present; it counts as the stand-in."""
    since, until = window or (None, None)
    asked_for = ["--since", since.isoformat() if since else f"{WINDOW.days}d"]
    asked_for += ["--until", until.isoformat()] if until else []
    command = [str(DORA), "report", "--org", LOGIN, "--format", "json", "--quiet"]
    taken = measure([*command, "--cache", str(cache), *asked_for], _variables(place))
    asked = place.asked()
    document = json.loads(taken.printed)
    told = document["coverage"]["requests"]
    if (told["count"], told["points"]) != (asked.requests, asked.points):
        raise RuntimeError(f"the report tells of {told}, the stand-in of {asked}")
    counts = [row["deployment_frequency"]["deployments"] for row in document["rows"]]
    return Run(asked, taken, sum(counts))


def _run_typical(place: StandIn, window: tuple[datetime, datetime]) -> Run:
    command = [sys.executable, str(TYPICAL), LOGIN, *(at.isoformat() for at in window)]
    taken = measure(command, _variables(place))
    counts = [row["deployments"] for row in json.loads(taken.printed)]
    return Run(place.asked(), taken, sum(counts))


def _variables(place: StandIn) -> dict[str, str]:
    return {"GITHUB_API_URL": place.url, "GITHUB_TOKEN": TOKEN}


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
