"""Writes the SVG paths of the charts, as short as possible.

A chart is 212 units wide, the length of the window, and 46 high: 0 to 36 for the measured values,
and below them a lane for single events. Paths consist of integers, so no untrusted text can get in.
One path holds a whole series, because a page has hundreds of charts. Dots are markers on the points
of a path without a stroke.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from dora.report.ranges import Place

WIDTH, BASE, LANE, HEIGHT = 212, 36, 42, 46
STRIP = 8  #: height of a survey's answers
TINY = 1e-9  #: more than sums of shares are off

Point = tuple[int, int]
Payload = TypeVar("Payload")


@dataclass(frozen=True)
class Axis:
    """The positions of buckets on the charts of one report, and what of them is special.

    A row that began in the window has parts of its own that are partial or unknown (DF2), and its
    own young ones (T3).
    """

    unit: str  #: `day`, `week` or `month`
    edges: tuple[tuple[int, int], ...]  #: left and right end of each bucket
    partial: tuple[bool, ...]
    is_brief: bool = False
    """Whether the page has so many charts that each shows less: bands have no lower end."""
    unknown: tuple[bool, ...] = ()  #: () where all are known
    young: tuple[bool, ...] = ()  #: () where none is

    @property
    def middles(self) -> list[int]:
        """The x coordinate of each bucket's values."""
        return [(left + right) // 2 for left, right in self.edges]

    @property
    def tick(self) -> int:
        """The distance between two ticks of deployments."""
        return 4 if self.is_brief else 2

    def whole(self, each: Sequence[Payload]) -> list[Payload]:
        """Of *each* bucket's values, those of the buckets that are known and not cut.

        A partial bucket of a few hours says little: it does not set the scale, and having no value
        in it is not a gap.
        """
        unknown = self.unknown or [False] * len(self.edges)
        return [
            one for one, *apart in zip(each, self.partial, unknown, strict=True) if not any(apart)
        ]

    def y(self, value: float, most: float, rough: int = 3) -> int:
        """The y coordinate of *value* if *most* is at the top; only 0 is drawn at the base.

        On brief charts it is rounded up to a multiple of *rough*.
        """
        step = rough if self.is_brief else 1
        return BASE - step * math.ceil(height(value, most) / step)


def band(high: list[Point], low: list[Point], axis: Axis) -> str:
    """Give the area between two lines; on brief charts, down to the base."""
    if axis.is_brief:
        low = list(dict.fromkeys([(low[0][0], BASE), (low[-1][0], BASE)]))
    return trace([*high, *reversed(low)], is_merged=True)


def areas(wanted: Sequence[bool], axis: Axis) -> str:
    """Give the whole height of each run of *wanted* buckets."""
    spans = (
        (run[0][0][0], run[-1][0][1])
        for run in runs(axis.edges, [one or None for one in wanted] or [None] * len(axis.edges))
    )
    return "".join(f"M{left} 0h{right - left}v{BASE}h-{right - left}" for left, right in spans)


def whiskers(spans: Sequence[tuple[int, int] | None], axis: Axis) -> str:
    """Give a line in the middle of each bucket that has a span, from its low to its high end."""
    return "".join(
        f"M{x} {BASE - low}v-{high - low}"
        for x, span in zip(axis.middles, spans, strict=True)
        if span is not None
        for low, high in [span]
    )


def strip(ends: Sequence[float], place: Place) -> tuple[tuple[str, str], ...]:
    """Give a survey's answers side by side, best first, as wide as their shares (B5).

    *ends* are the shares up to the end of each answer. The answers of *place* are a path of their
    own, the second one.
    """
    paths = {"q": "", "b": ""}
    for begin, end in pairwise((0.0, *ends)):
        is_ours = begin > place.better - TINY and end < place.at_least_as_good + TINY
        left, right = place_of(begin), place_of(end)
        wide = max(right - left - 1, 1)
        paths["b" if is_ours else "q"] += f"M{left} 0h{wide}v{STRIP}h-{wide}z"
    return tuple((kind, d) for kind, d in paths.items() if d)


def bars(heights: Sequence[int | None], axis: Axis, *, partial: bool) -> str:
    """Give the bars of the whole or of the partial buckets; adjacent ones share an outline."""
    wanted = [
        height if part is partial and height else None
        for height, part in zip(heights, axis.partial, strict=True)
    ]
    parts = []
    for run in runs(axis.edges, wanted):
        corners = [(x, BASE - height) for (left, right), height in run for x in (left, right)]
        parts.append(
            trace([(corners[0][0], BASE), *corners, (corners[-1][0], BASE)], is_merged=True)
        )
    return "".join(parts)


Position = TypeVar("Position")


def runs(
    positions: Sequence[Position], values: Sequence[Payload | None]
) -> Iterator[list[tuple[Position, Payload]]]:
    """Give runs of known values, each value with its position; a missing value ends a run."""
    run: list[tuple[Position, Payload]] = []
    for position, value in zip(positions, values, strict=True):
        if value is not None:
            run.append((position, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def trace(points: Sequence[Point], *, is_merged: bool = False) -> str:
    """Give the shortest path through *points*; "" if there are none.

    *is_merged* leaves out points within a horizontal line, for paths whose points have no markers.
    """
    if not points:
        return ""
    if is_merged:
        points = [
            point
            for index, point in enumerate(points)
            if not 0 < index < len(points) - 1
            or not points[index - 1][1] == point[1] == points[index + 1][1]
        ]
    x, y = points[0]
    text, last = f"M{x} {y}", ""
    for to_x, to_y in points[1:]:
        right, down = to_x - x, to_y - y
        kind = "h" if not down else "v" if not right else "l"
        numbers = {"h": (right,), "v": (down,), "l": (right, down)}[kind]
        for index, number in enumerate(numbers):
            lead = kind if kind != last and not index else " " if number >= 0 else ""
            text += f"{lead}{number}"
        x, y, last = to_x, to_y, kind
    return text if len(points) > 1 else f"{text}h0"


def ticks(shares: Iterable[float], axis: Axis) -> str:
    """Give the path of deployments as lines, which the style sheet cuts into ticks."""
    step = axis.tick
    slots = {min(place_of(it) // step, WIDTH // step - 1) for it in shares}
    parts: list[str] = []
    last = 0
    for first in sorted(slot for slot in slots if slot - 1 not in slots):
        end = next(slot for slot in range(first, WIDTH) if slot + 1 not in slots)
        move = f"m{step * first - last} 0" if parts else f"M{step * first} {LANE}"
        parts.append(f"{move}h{step * (end - first) + 1}")
        last = step * end + 1
    return "".join(parts)


def marked(shares: Iterable[float]) -> str:
    """Give the path of single events in their lane, with one point for events that overlap."""
    return trace([(x, LANE) for x in sorted({place_of(it) for it in shares})])


def height(value: float, most: float) -> int:
    """Give the height of a value: at least 1 unless it is 0."""
    return max(round(BASE * min(value / most, 1)), 1) if most and value else 0


def place_of(share: float) -> int:
    """Give the x coordinate of a share of the window."""
    return round(WIDTH * min(max(share, 0.0), 1.0))
