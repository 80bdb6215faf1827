"""A row's trend and marks in, five small charts of it out: SVG paths, and what they show in words.

A chart is 212 units wide, as long as the window, and 46 high: 0 to 36 for what is measured, below
it a lane for single events. Only whole numbers are in a path, so nothing foreign can be, and one
path holds a whole series: a page has hundreds of charts. Dots are markers on the points of a path
that has no stroke of its own.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from dora.exhibits import Marks
from dora.render import words
from dora.results import Bucket, Interval, Report, Row

WIDTH, BASE, LANE, HEIGHT = 212, 36, 42, 46
FEW = 6  #: changes below which the median has no interval (LT6): drawn hollow
CEILINGS = (0.1, 0.2, 0.5, 1.0)  #: what the top of a rate's chart stands for
THIN = 3  #: units up to which an outage is a line
BRIEF = 600.0  #: seconds; outages are drawn on a scale of logarithms from about here on

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
        return BASE - step * math.ceil(_height(value, most) / step)


@dataclass(frozen=True)
class Chart:
    """One chart: its title, what it shows in words, what its top stands for, paths by class."""

    title: str
    description: str
    most: str
    paths: tuple[tuple[str, str], ...]


def make_axis(report: Report, *, is_brief: bool = False) -> Axis | None:
    """Give the axis of every row of *report*; None where no row has a trend."""
    if not report.rows or report.trend is None or not report.rows[0].trend:
        return None
    since, until, trend = report.since, report.until, report.rows[0].trend
    length = (until - since).total_seconds()

    def place(at: datetime) -> int:
        return round(WIDTH * (at - since).total_seconds() / length)

    return Axis(
        report.trend,
        tuple((place(one.start), place(one.end)) for one in trend),
        tuple(one.partial for one in trend),
        is_brief,
    )


def draw(row: Row, marks: Marks, axis: Axis) -> tuple[Chart, ...]:
    """Give the charts of *row*: frequency, lead time, fail rate, recovery time, rework rate."""
    fails = [(one.change_fail_rate.rate, one.change_fail_rate.interval) for one in row.trend]
    reworks = [(one.rework_rate.rate, one.rework_rate.interval) for one in row.trend]
    return (
        _frequency(row.trend, marks, axis),
        _lead_time(row.trend, axis),
        _rate("Change fail rate", fails, ("x", marks.failed), axis),
        _outages(marks),
        _rate("Rework rate", reworks, ("r", marks.rework), axis),
    )


def _frequency(trend: Sequence[Bucket], marks: Marks, axis: Axis) -> Chart:
    unit = "day" if axis.unit == "day" else "week"
    metrics = [one.deployment_frequency for one in trend]
    rates = [one.per_day if unit == "day" else one.per_week for one in metrics]
    whole = axis.whole(rates)
    most = max(whole or rates, default=0.0) or max(rates, default=0.0)
    heights = [_height(rate, most) for rate in rates]
    said = f"{_round(min(whole or rates))} to {_round(max(whole or rates))} a {unit}"
    empty = sum(not rate for rate in whole)
    none = f", none in {words.counted(empty, axis.unit)}" if empty else ""
    paths = _filled(
        ("b", _bars(heights, axis, partial=False)),
        ("c", _bars(heights, axis, partial=True)),
        ("t", _ticks(marks.deployments, axis)),
    )
    return Chart("Deployment frequency", said + none, f"{_round(most)} a {unit}", paths)


def _lead_time(trend: Sequence[Bucket], axis: Axis) -> Chart:
    """Draw medians as a line with gaps, and a band from it up to where nine in ten are faster."""
    metrics = [one.change_lead_time for one in trend]
    known = [one for one in metrics if one.median is not None]
    whole = [one for one in axis.whole(metrics) if one.median is not None]
    most = max((one.p90 or one.median or 0.0 for one in whole or known), default=0.0)
    missing = len(axis.whole(metrics)) - len(whole)
    line, band, few = [], [], []
    for run in _runs(axis.middles, [None if one.median is None else one for one in metrics]):
        median = [(x, axis.y(one.median or 0.0, most)) for x, one in run]
        top = [(x, axis.y(one.p90 or 0.0, most)) for x, one in run]
        line.append(_trace(median))
        band.append(_band(top, median, axis))
        few += [at for at, (_, one) in zip(median, run, strict=True) if one.changes < FEW]
    return Chart(
        "Change lead time",
        _times([one.median for one in known if one.median is not None], axis, missing),
        words.duration(most) if known else "",
        _filled(("s", "".join(band)), ("l", "".join(line)), ("f", _trace(few))),
    )


def _times(medians: list[float], axis: Axis, missing: int) -> str:
    if not medians:
        return "no changes"
    low, high = min(medians), max(medians)
    text = f"median {words.duration(low)}"
    if high > low:
        text += f" to {words.duration(high)}, {words.duration(medians[-1])} last"
    return text + (f", no changes in {words.counted(missing, axis.unit)}" if missing else "")


def _rate(
    title: str,
    rates: list[tuple[float | None, Interval | None]],
    events: tuple[str, Sequence[float]],
    axis: Axis,
) -> Chart:
    """Draw shares as dots in the band of their intervals, and the single events below."""
    pairs = [
        None if rate is None or interval is None else (rate, interval) for rate, interval in rates
    ]
    known = [rate for rate, _ in filter(None, pairs)]
    whole = list(filter(None, axis.whole(pairs)))
    most = _ceiling(whole or list(filter(None, pairs)))
    dots, bands = [], []
    for run in _runs(axis.middles, pairs):
        dots += [(x, axis.y(rate, most)) for x, (rate, _) in run]
        low = [(x, axis.y(interval.low, most)) for x, (_, interval) in run]
        high = [(x, axis.y(interval.high, most)) for x, (_, interval) in run]
        bands.append(_band(high, low, axis))
    said = "no deployments"
    if known:
        said = words.percentage(min(known))
        said += f" to {words.percentage(max(known))}" if max(known) > min(known) else ""
        missing = len(axis.whole(pairs)) - len(whole)
        said += f", no deployments in {words.counted(missing, axis.unit)}" if missing else ""
    kind, places = events
    if axis.is_brief and kind == "r":  # as wide as the fail rate's, which rests on the same
        bands = []
    paths = _filled(("w", "".join(bands)), ("d", _trace(dots)), (kind, _marked(places)))
    return Chart(title, said, words.percentage(most) if known else "", paths)


def _ceiling(rates: Sequence[tuple[float, Interval]]) -> float:
    """Give what the top stands for: none of *rates* is above it, nor most of the intervals.

    They are those of whole buckets: one day of a week would set the scale of a year.
    """
    highs = sorted(interval.high for _, interval in rates)
    usual = highs[len(highs) // 2] if highs else 0.0
    most = max([usual, *(rate for rate, _ in rates)])
    return next(one for one in CEILINGS if one >= min(most, 1.0))


def _outages(marks: Marks) -> Chart:
    """Draw each outage from when to when it lasted; the longer it lasted the higher."""
    lengths = [(1.0 if end is None else end) - begin for begin, end in marks.outages]
    most = math.log1p(max(lengths, default=0.0) * marks.seconds / BRIEF)
    over: list[str] = []
    short: list[str] = []
    still: list[str] = []
    for (begin, end), length in zip(marks.outages, lengths, strict=True):
        left, right = _place(begin), _place(1.0 if end is None else end)
        top = max(_height(math.log1p(length * marks.seconds / BRIEF), most), 3)
        if end is not None and right - left <= THIN:
            short.append(f"M{left} {BASE}v-{top}")
            continue
        left = min(left, WIDTH - THIN - 1)
        block = f"M{left} {BASE}v-{top}h{max(right - left, THIN + 1)}v{top}"
        (still if end is None else over).append(block)
    said, longest = "no outages", ""
    if lengths:
        shortest, longest = (words.duration(end(lengths) * marks.seconds) for end in (min, max))
        said = "lasting " + " to ".join(dict.fromkeys((shortest, longest)))
    if still:
        said += f", {words.count(len(still))} still open"
    if earlier := sum(begin < 0 for begin, _ in marks.outages):
        said += f", {words.count(earlier)} of them from before this window"
        longest += f", {words.count(earlier)} from before this window"
    paths = _filled(("o", "".join(over)), ("u", "".join(short)), ("n", "".join(still)))
    return Chart("Recovery time", said, longest, paths)


def _band(high: list[Point], low: list[Point], axis: Axis) -> str:
    """Give the area between two lines; down to the base where charts are brief."""
    if axis.is_brief:
        low = list(dict.fromkeys([(low[0][0], BASE), (low[-1][0], BASE)]))
    return _trace([*high, *reversed(low)], is_merged=True)


def _bars(heights: Sequence[int], axis: Axis, *, partial: bool) -> str:
    """Bars of the whole or of the partial buckets, those side by side as one outline."""
    wanted = [
        height if part is partial and height else None
        for height, part in zip(heights, axis.partial, strict=True)
    ]
    parts = []
    for run in _runs(axis.edges, wanted):
        corners = [(x, BASE - height) for (left, right), height in run for x in (left, right)]
        parts.append(_trace([(corners[0][0], BASE), *corners, (corners[-1][0], BASE)],
                            is_merged=True))  # fmt: skip
    return "".join(parts)


Place = TypeVar("Place")


def _runs(
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


def _trace(points: Sequence[Point], *, is_merged: bool = False) -> str:
    """Give the path through *points*, as short as can be; "" for none.

    With *is_merged* a point in the middle of a level stretch is left out: it would bear no marker.
    """
    if not points:
        return ""
    if is_merged:
        points = [
            point for place, point in enumerate(points)
            if not 0 < place < len(points) - 1
            or not points[place - 1][1] == point[1] == points[place + 1][1]
        ]  # fmt: skip
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


def _ticks(shares: Iterable[float], axis: Axis) -> str:
    """Give where there were deployments, as stretches that the style cuts into ticks."""
    step = axis.tick
    slots = {min(_place(it) // step, WIDTH // step - 1) for it in shares}
    parts: list[str] = []
    last = 0
    for first in sorted(slot for slot in slots if slot - 1 not in slots):
        end = next(slot for slot in range(first, WIDTH) if slot + 1 not in slots)
        move = f"m{step * first - last} 0" if parts else f"M{step * first} {LANE}"
        parts.append(f"{move}h{step * (end - first) + 1}")
        last = step * end + 1
    return "".join(parts)


def _marked(shares: Iterable[float]) -> str:
    """Give where single events stand in their lane, one where several would be on each other."""
    return _trace([(x, LANE) for x in sorted({_place(it) for it in shares})])


def _height(value: float, most: float) -> int:
    """Give a value's height; what is not nothing is seen."""
    return max(round(BASE * min(value / most, 1)), 1) if most and value else 0


def _place(share: float) -> int:
    return round(WIDTH * min(max(share, 0.0), 1.0))


def _filled(*paths: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, d) for kind, d in paths if d)


def _round(rate: float) -> str:
    return f"{rate:.1f}".removesuffix(".0")
