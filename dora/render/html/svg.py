"""Writes the SVG paths that the charts are drawn with, as short as they can be.

A chart is 212 units wide, as long as the window, and 46 high: 0 to 36 for what is measured, below
it a lane for single events. Only whole numbers are in a path, so nothing foreign can be, and one
path holds a whole series: a page has hundreds of charts. Dots are markers on the points of a path
that has no stroke of its own.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

WIDTH, BASE, LANE, HEIGHT = 212, 36, 42, 46

Point = tuple[int, int]
Payload = TypeVar("Payload")


@dataclass(frozen=True)
class Axis:
    """Where buckets lie on the charts of one report."""

    unit: str  #: `day`, `week` or `month`
    edges: tuple[tuple[int, int], ...]  #: left and right end of each bucket
    partial: tuple[bool, ...]
    is_brief: bool = False
    """Whether there are so many charts that each is drawn with less: bands have no lower end."""

    @property
    def middles(self) -> list[int]:
        """Where what is said of a bucket is drawn."""
        return [(left + right) // 2 for left, right in self.edges]

    @property
    def tick(self) -> int:
        """From tick to tick of the deployments."""
        return 4 if self.is_brief else 2

    def whole(self, each: Sequence[Payload]) -> list[Payload]:
        """Of what is known of *each* bucket, that of those which the window does not cut.

        A partial bucket of some hours says little: it sets no scale, and none in it is no gap.
        """
        return [one for one, part in zip(each, self.partial, strict=True) if not part]

    def y(self, value: float, most: float) -> int:
        """Where *value* lies when *most* is at the top; what is not nothing is seen."""
        step = 3 if self.is_brief else 1
        return BASE - step * math.ceil(height(value, most) / step)


def band(high: list[Point], low: list[Point], axis: Axis) -> str:
    """Give the area between two lines; down to the base where charts are brief."""
    if axis.is_brief:
        low = list(dict.fromkeys([(low[0][0], BASE), (low[-1][0], BASE)]))
    return trace([*high, *reversed(low)], is_merged=True)


def bars(heights: Sequence[int], axis: Axis, *, partial: bool) -> str:
    """Bars of the whole or of the partial buckets, those side by side as one outline."""
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


Place = TypeVar("Place")


def runs(
    places: Sequence[Place], values: Sequence[Payload | None]
) -> Iterator[list[tuple[Place, Payload]]]:
    """Give what is known side by side, each value with its place; what is missing parts runs."""
    run: list[tuple[Place, Payload]] = []
    for place, value in zip(places, values, strict=True):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def trace(points: Sequence[Point], *, is_merged: bool = False) -> str:
    """Give the path through *points*, as short as can be; "" for none.

    With *is_merged* a point in the middle of a level stretch is left out: it would bear no marker.
    """
    if not points:
        return ""
    if is_merged:
        points = [
            point
            for place, point in enumerate(points)
            if not 0 < place < len(points) - 1
            or not points[place - 1][1] == point[1] == points[place + 1][1]
        ]
    x, y = points[0]
    text, last = f"M{x} {y}", ""
    for to_x, to_y in points[1:]:
        right, down = to_x - x, to_y - y
        kind = "h" if not down else "v" if not right else "l"
        numbers = {"h": (right,), "v": (down,), "l": (right, down)}[kind]
        for place, number in enumerate(numbers):
            lead = kind if kind != last and not place else " " if number >= 0 else ""
            text += f"{lead}{number}"
        x, y, last = to_x, to_y, kind
    return text if len(points) > 1 else f"{text}h0"


def ticks(shares: Iterable[float], axis: Axis) -> str:
    """Give where there were deployments, as stretches that the style cuts into ticks."""
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
    """Give where single events stand in their lane, one where several would be on each other."""
    return trace([(x, LANE) for x in sorted({place_of(it) for it in shares})])


def height(value: float, most: float) -> int:
    """Give a value's height; what is not nothing is seen."""
    return max(round(BASE * min(value / most, 1)), 1) if most and value else 0


def place_of(share: float) -> int:
    """Give where a share of the window lies on a chart."""
    return round(WIDTH * min(max(share, 0.0), 1.0))
