"""Compares the measurements with their targets."""

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.collection import Collected, Compared, Run

#: A shared machine's times differ by so much from run to run.
NOISE = 1.15


@dataclass(frozen=True)
class Wish:
    """One thing that was wanted: *measured* `holds` against *limit*."""

    what: str
    where: str
    measured: float
    limit: float
    holds: Callable[[float, float], bool] = operator.le

    @property
    def verdict(self) -> str:
        """`yes`, or `no` and by how much it was missed."""
        if self.holds(self.measured, self.limit):
            return "yes"
        return f"no, by {abs(self.measured / self.limit - 1):.1%}"


def wishes(collected: Collected) -> Iterator[Wish]:
    """Everything that was wanted of collecting, with what came of it."""
    large, wide = collected.large, collected.wide
    for one in (large, wide):
        yield Wish(
            "cold: requests, in floors",
            _name(one),
            one.cold.asked.requests / one.floor.requests,
            1.15,
        )
    yield Wish(
        "cold: requests a repository",
        _name(wide),
        wide.cold.asked.requests / wide.shape.repositories,
        1.0,
        operator.lt,
    )
    yield Wish(
        "cold: times fewer requests than the typical script", _name(large),
        large.typical.asked.requests / large.cold.asked.requests, 30.0, operator.ge,
    )  # fmt: skip
    yield Wish(
        "cold: times less wall time than the typical script", _name(large),
        large.typical.taken.seconds / large.cold.taken.seconds, 20.0, operator.ge,
    )  # fmt: skip
    for one in (large, wide):
        yield Wish(
            "next week: requests for commits, as a share of the cold run's", _name(one),
            about_commits(one.next_week) / about_commits(one.cold), 0.1,
        )  # fmt: skip
    for one in (large, wide):
        yield Wish(
            "cold: processor time, as a share of the wall time", _name(one),
            one.cold.taken.cpu_seconds / one.cold.taken.seconds, 1 / 3, operator.lt,
        )  # fmt: skip
    yield Wish(
        "cold: peak memory in MB", _name(large), large.cold.taken.peak_mb, 400.0, operator.lt
    )
    for what, cost in COSTS.items():
        yield Wish(
            f"{what} of one more repository, against one more of few", "growth",
            _steeper(collected, cost), NOISE,
        )  # fmt: skip


#: What is to grow no faster than the number of repositories.
COSTS: dict[str, Callable[[Run], float]] = {
    "requests": lambda run: run.asked.requests,
    "points": lambda run: run.asked.points,
    "wall time": lambda run: run.taken.seconds,
    "processor time": lambda run: run.taken.cpu_seconds,
    "peak memory": lambda run: run.taken.peak_mb,
}


def about_commits(run: Run) -> int:
    """How many of a run's requests were for commits."""
    return run.asked.about("commit", "compare")


def _steeper(collected: Collected, cost: Callable[[Run], float]) -> float:
    """How much more one more repository costs in the last step of sizes than in all before it."""
    (few, low), (more, middle), (most, high) = (collected.growth[n] for n in (0, -2, -1))
    before = (cost(middle) - cost(low)) / (more.repositories - few.repositories)
    after = (cost(high) - cost(middle)) / (most.repositories - more.repositories)
    return after / before if before > 0 else math.inf


def _name(compared: Compared) -> str:
    return f"{compared.shape.repositories:,} repositories"
