"""Runs a stand-in for GitHub in a process of its own, and counts the requests it answered.

Its own process, so that its work is not counted with the client's. Its limits are off.
"""

import multiprocessing
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dora.demo.github.limits import Latency, Limits, SecondaryLimits
from dora.demo.github.server import RequestRecord, serve
from tests.benchmarks.floor import Floor, find_floor
from tests.benchmarks.made_up import Shape, make_organizations
from tests.support.github.remembered_answers import RememberedAnswers

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: How long an answer takes: a tenth of a second for the way, a tenth of a millisecond a node.
LATENCY = Latency(fixed=0.1, per_node=0.0001)
OK = 200
MANY = 10**9
UNLIMITED = Limits(
    graphql=MANY,
    rest=MANY,
    secondary=SecondaryLimits(
        at_once=MANY, graphql_points=MANY, rest_points=MANY, graphql_seconds=MANY, seconds=MANY
    ),
)
#: Parts of REST addresses below a repository, which tell what was asked for.
REST = re.compile(r"/repos/[^/]+/[^/]+/(?:.*/)?(deployments|statuses|compare|commits)(?:/[^/]+)?")


@dataclass(frozen=True)
class Asked:
    """What the stand-in was asked since it was last asked what it was asked."""

    by_kind: dict[str, int]  #: requests by GraphQL operation, or by what REST was asked for
    points: int

    @property
    def requests(self) -> int:
        """All requests."""
        return sum(self.by_kind.values())

    def about(self, *words: str) -> int:
        """Requests of a kind whose name holds one of *words*."""
        return sum(
            count
            for kind, count in self.by_kind.items()
            if any(word in kind.casefold() for word in words)
        )


class StandIn:
    """A running stand-in, at first for the organization as it was a week ago."""

    def __init__(self, pipe: "Connection[str, Asked | None]", url: str, floor: Floor) -> None:
        self._pipe = pipe
        self.url = url
        self.floor = floor  #: of the organization as it was a week ago

    def asked(self) -> Asked:
        """What it was asked since this was last called."""
        self._pipe.send("asked")
        told = self._pipe.recv()
        if told is None:
            raise RuntimeError("the stand-in does not say what it was asked")
        return told

    def let_a_week_pass(self) -> None:
        """Serve the organization as it is today from now on."""
        self._pipe.send("week")
        self._pipe.recv()


@contextmanager
def stand_in(shape: Shape, now: datetime, *, remember: bool) -> Iterator[StandIn]:
    """A stand-in for an organization of *shape* that ends at *now*, until left.

    With *remember* it answers what it was asked before from memory, and takes no time to compute.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(there, shape, now, remember), daemon=True)
    process.start()
    there.close()  # so that its end is noticed
    try:
        url, floor = here.recv()
        yield StandIn(here, url, floor)
    finally:
        here.close()
        process.join()


def _run(pipe: "Connection[object, str]", shape: Shape, now: datetime, remember: bool) -> None:
    """Serve until the other end of *pipe* is closed."""
    last_week, today = make_organizations(shape, now)
    middleware = [RememberedAnswers()] if remember else []
    with serve(last_week, limits=UNLIMITED, latency=LATENCY, middleware=middleware) as server:
        pipe.send((server.url, find_floor(last_week)))
        while True:
            try:
                order = pipe.recv()
            except EOFError:
                return
            told = None
            if order == "asked":
                told = _told(server.requests)
                server.requests.clear()
            else:
                server.replace(today)
            pipe.send(told)


def _told(records: Sequence[RequestRecord]) -> Asked:
    wrong = next((one for one in records if one.status != OK), None)
    if wrong is not None:
        raise RuntimeError(f"{wrong.method} {wrong.path} was answered with {wrong.status}")
    return Asked(dict(Counter(map(_kind, records))), sum(one.points for one in records))


def _kind(record: RequestRecord) -> str:
    if record.operation is not None:
        return record.operation
    found = REST.fullmatch(record.path)
    return "Repositories" if found is None else found[1].title()
