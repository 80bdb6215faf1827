"""Where made-up organizations get their choices from: Hypothesis, which shrinks, or a seed.

The first of several options is always the dullest one, so that a shrunk organization holds only
what a failure needs.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SPAN = timedelta(days=365)
LOGIN = "medica-flow"

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STILL = timedelta(0)

COMMIT_GAPS = (HOUR, STILL, MINUTE, 7 * HOUR, DAY, 2 * DAY, 16 * DAY)
DEPLOYMENT_GAPS = (DAY, STILL, MINUTE, 5 * HOUR, 3 * DAY, 2 * DAY, 9 * DAY, 16 * DAY, 50 * DAY)
#: gaps of the larger ones, which fill the year evenly
BUSY_COMMIT_GAPS = (3 * HOUR, STILL, MINUTE, 7 * HOUR, 9 * HOUR, 5 * DAY)
BUSY_DEPLOYMENT_GAPS = (DAY, STILL, MINUTE, 5 * HOUR, 3 * DAY, 20 * DAY)

#: gaps of a team that deploys in bursts every other week, and of one that does so every day
SLOW_GAPS = (9 * DAY, 5 * DAY, MINUTE, 16 * DAY, HOUR)
QUICK_GAPS = (7 * HOUR, HOUR, DAY, MINUTE, 3 * DAY)

#: Hypothesis draws numbers below it evenly
ROOM = 2**24


class Choices(Protocol):
    """Where a builder gets its choices from."""

    def pick(self, options: Sequence[T]) -> T:
        """Pick one, rather the first."""

    def whole(self, low: int, high: int) -> int:
        """Pick a whole number, rather a small one."""

    def goes_on(self) -> bool:
        """Whether a repetition goes on."""


@dataclass
class Drawn:
    """Choices that Hypothesis makes and shrinks; one number that it draws makes several."""

    draw: st.DrawFn
    value: int = 0
    room: int = 0  #: numbers that *value* may still be

    def below(self, count: int) -> int:
        """Pick a number from 0 on; shrinks to 0."""
        if self.room < count:
            self.value, self.room = self.draw(st.integers(0, ROOM - 1)), ROOM
        self.value, found = divmod(self.value, count)
        self.room //= count
        return found

    def pick(self, options: Sequence[T]) -> T:
        """Pick one; shrinks to the first."""
        return options[self.below(len(options))]

    def whole(self, low: int, high: int) -> int:
        """Pick a whole number; shrinks to the lowest."""
        return low + self.below(high - low + 1)

    def goes_on(self) -> bool:
        """Mostly; shrinks to an end."""
        return self.below(41) > 0


@dataclass(frozen=True)
class Seeded:
    """Choices of a seeded generator; the first option is as likely as the others together."""

    generator: random.Random

    def pick(self, options: Sequence[T]) -> T:
        """Pick one; half of the time the first."""
        return options[0] if self.generator.random() < 0.5 else self.generator.choice(options)

    def whole(self, low: int, high: int) -> int:
        """Pick any whole number."""
        return self.generator.randint(low, high)

    def goes_on(self) -> bool:
        """Always."""
        return True


def repeat(choices: Choices, most: int) -> Iterator[int]:
    """Number the rounds, at most so many."""
    for number in range(most):
        if not choices.goes_on():
            return
        yield number


@dataclass(frozen=True)
class Size:
    """How large a repository may become, and at which pace."""

    deployments: int
    issues: int
    skewed: bool  #: wrong clocks
    commit_gaps: Sequence[timedelta] = COMMIT_GAPS
    deployment_gaps: Sequence[timedelta] = DEPLOYMENT_GAPS
    ages: Sequence[timedelta] = (100 * DAY, 60 * DAY, 200 * DAY, SPAN)  #: of a repository
    #: when a repository's pace of deployments turns, and the gaps from then on
    turn: tuple[datetime, Sequence[timedelta]] | None = None
    #: picks that reading GitHub cannot follow: of commits that are lost, on squashed branches, and
    #: such as make one change of two by words that git never writes
    hidden: bool = False

    def gaps_at(self, at: datetime) -> Sequence[timedelta]:
        """Gaps between deployments at an instant."""
        has_turned = self.turn is not None and at >= self.turn[0]
        return self.turn[1] if self.turn is not None and has_turned else self.deployment_gaps
