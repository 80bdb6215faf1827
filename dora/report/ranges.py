"""The ranges of a number: its interval, and what the ends of that are compared with."""

from typing import NamedTuple


class Interval(NamedTuple):
    """A 95 % confidence interval, both ends in the unit of the number it belongs to."""

    low: float
    high: float


class OpenInterval(NamedTuple):
    """A 95 % confidence interval of which an end may be unknown, and then has no bound."""

    low: float | None
    high: float | None


class LevelRange(NamedTuple):
    """The levels of both ends of a number's interval where they differ (B3)."""

    worst: str
    best: str


class Place(NamedTuple):
    """The shares of a survey's respondents who answered better, and at least as well (B5)."""

    better: float
    at_least_as_good: float
