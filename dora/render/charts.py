"""A row's trend and marks in, five small charts of it out: SVG paths, and what they show in words.

A chart is 212 units wide, as long as the window, and 46 high: 0 to 36 for what is measured, below
it a lane for single events. Only whole numbers are in a path, so nothing foreign can be, and one
path holds a whole series: a page has hundreds of charts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dora.excerpts import Marks
from dora.render import words
from dora.results import Bucket, Interval, Row

WIDTH, BASE, LANE = 212, 36, 42
FEW = 6  #: changes below which the median has no interval (LT6): drawn hollow


@dataclass(frozen=True)
class Axis:
    """Where buckets lie on the charts of one report."""

    unit: str
    edges: tuple[tuple[int, int], ...]  #: left and right end of each bucket
    partial: tuple[bool, ...]

    @property
    def bar(self) -> int:
        """Width of a bar of a whole bucket."""
        whole = [b - a for (a, b), cut in zip(self.edges, self.partial, strict=True) if not cut]
        return max(min(whole, default=WIDTH // 4) - 1, 1)


@dataclass(frozen=True)
class Chart:
    """One chart: its title, what it shows in words, its greatest value, its paths by class."""

    title: str
    description: str
    most: str
    paths: tuple[tuple[str, str], ...]


def make_axis(row: Row, unit: str, since: datetime, until: datetime) -> Axis:
    """Give the axis of every row of a report, read off one of them."""
    length = (until - since).total_seconds()

    def place(at: datetime) -> int:
        return round(WIDTH * (at - since).total_seconds() / length)

    return Axis(
        unit,
        tuple((place(one.start), place(one.end)) for one in row.trend),
        tuple(one.partial for one in row.trend),
    )


def draw(row: Row, marks: Marks, axis: Axis) -> tuple[Chart, ...]:
    """Give the charts of *row*: frequency, lead time, fail rate, recovery time, rework rate."""
    return (
        _frequency(row.trend, marks, axis),
        _lead_time(row.trend, axis),
        _rate(
            "Change fail rate",
            [(one.change_fail_rate.rate, one.change_fail_rate.interval) for one in row.trend],
            marks.failed,
            ("x", "failed deployment"),
            axis,
        ),
        _outages(marks, axis),
        _rate(
            "Rework rate",
            [(one.rework_rate.rate, one.rework_rate.interval) for one in row.trend],
            marks.rework,
            ("r", "deployment that was rework", "deployments that were rework"),
            axis,
        ),
    )


def _frequency(trend: Sequence[Bucket], marks: Marks, axis: Axis) -> Chart:
    by_day = axis.unit == "day"
    rates = [
        one.deployment_frequency.per_day if by_day else one.deployment_frequency.per_week
        for one in trend
    ]
    most = max(rates, default=0.0)
    unit = "day" if by_day else "week"
    bars, cut = _bars([_height(rate, most) for rate in rates], axis)
    ticks = "".join(f"M{x} {LANE - 2}v5" for x in _places(marks.deployments))
    whole = [rate for rate, part in zip(rates, axis.partial, strict=True) if not part] or rates
    said = f"{_round(min(whole, default=0))} to {_round(max(whole, default=0))} a {unit}"
    empty = sum(not rate for rate in rates)
    none = f", none in {words.counted(empty, axis.unit)}" if empty else ""
    last = f", {_round(whole[-1])} in the last whole {axis.unit}" if whole else ""
    return Chart(
        "Deployment frequency",
        said + none + last,
        f"{_round(most)} a {unit}",
        _filled(("b", bars), ("b c", cut), ("t", ticks)),
    )


def _lead_time(trend: Sequence[Bucket], axis: Axis) -> Chart:
    """Draw medians as a line with gaps, a bar from each up to where nine in ten are faster."""
    metrics = [one.change_lead_time for one in trend]
    known = [one for one in metrics if one.median is not None]
    most = max((one.p90 or one.median or 0.0 for one in known), default=0.0)
    line, spread, few, before = [], [], [], False
    for middle, one in zip(_middles(axis), metrics, strict=True):
        if one.median is None:
            before = False
            continue
        y = BASE - _height(one.median, most)
        line.append(f"{'L' if before else 'M'}{middle} {y}")
        top = BASE - _height(one.p90 or one.median, most)
        if top < y:
            spread.append(f"M{middle} {y}V{top}")
        if one.changes < FEW:
            few.append(f"M{middle} {y}")
        before = True
    return Chart(
        "Change lead time",
        _times([one.median for one in metrics if one.median is not None], axis, len(metrics)),
        words.duration(most) if known else "",
        _filled(("s", "".join(spread)), ("l", "".join(line)), ("f", "".join(few))),
    )


def _times(medians: list[float], axis: Axis, buckets: int) -> str:
    if not medians:
        return "No changes"
    low, high = min(medians), max(medians)
    text = f"Median {words.duration(low)}"
    if high > low:
        text += f" to {words.duration(high)}, {words.duration(medians[-1])} last"
    missing = buckets - len(medians)
    return text + (f"; no changes in {words.counted(missing, axis.unit)}" if missing else "")


def _rate(
    title: str,
    rates: list[tuple[float | None, Interval | None]],
    events: Sequence[float],
    kind: tuple[str, ...],
    axis: Axis,
) -> Chart:
    """Draw shares from 0 to 100 % as dots in their intervals, and the single events below."""
    dots, spans = [], []
    for middle, (rate, interval) in zip(_middles(axis), rates, strict=True):
        if rate is None:
            continue
        dots.append(f"M{middle} {BASE - _height(rate, 1.0)}")
        if interval is not None:
            low, high = (BASE - _height(end, 1.0) for end in interval)
            spans.append(f"M{middle} {low}V{high}")
    known = [rate for rate, _ in rates if rate is not None]
    if known:
        low, high = min(known), max(known)
        said = words.percentage(low) + (f" to {words.percentage(high)}" if high > low else "")
    else:
        said = "No deployments"
    missing = len(rates) - len(known)
    gap = f"; no deployments in {words.counted(missing, axis.unit)}" if known and missing else ""
    marks = "".join(f"M{x} {LANE}" for x in _places(events))
    name, *nouns = kind
    told = f"; {words.counted(len(events), *nouns)}" if events else ""
    paths = _filled(("w", "".join(spans)), ("d", "".join(dots)), (name, marks))
    return Chart(title, said + gap + told, "100 %" if known else "", paths)


def _outages(marks: Marks, axis: Axis) -> Chart:
    """Draw each outage from when to when it lasted; the longer it lasted the higher."""
    lengths = [(1.0 if end is None else end) - begin for begin, end in marks.outages]
    most = max(lengths, default=0.0)
    over, still = [], []
    for (begin, end), length in zip(marks.outages, lengths, strict=True):
        left = min(_place(begin), WIDTH - 2)
        right = max(_place(1.0 if end is None else end), left + 2)
        top = BASE - max(_height(length, most), 2)
        (still if end is None else over).append(f"M{left} {BASE}V{top}H{right}V{BASE}")
    said = words.counted(len(lengths), "outage") if lengths else "No outages"
    if still:
        said += f", {words.count(len(still))} still open"
    return Chart(
        "Recovery time", said, "", _filled(("o", "".join(over)), ("n", "".join(still)))
    )


def _bars(heights: list[int], axis: Axis) -> tuple[str, str]:
    """Bars of whole buckets, and of those that the window cuts."""
    whole, cut = [], []
    for (left, right), middle, height, part in zip(
        axis.edges, _middles(axis), heights, axis.partial, strict=True
    ):
        if not height:
            continue
        if part:  # its own width: it would lie on its neighbour
            cut.append(f"M{left} {BASE}V{BASE - height}H{max(right - 1, left + 1)}V{BASE}")
        else:
            whole.append(f"M{middle} {BASE}v-{height}")
    return "".join(whole), "".join(cut)


def _height(value: float, most: float) -> int:
    """Give a value's height; what is not nothing is seen."""
    if not most or not value:
        return 0
    return max(round(BASE * min(value / most, 1)), 1)


def _middles(axis: Axis) -> list[int]:
    return [(left + right) // 2 for left, right in axis.edges]


def _place(share: float) -> int:
    return round(WIDTH * min(max(share, 0.0), 1.0))


def _places(shares: Iterable[float]) -> list[int]:
    """Give where marks stand, one where several would stand on each other."""
    return sorted({_place(share) for share in shares})


def _filled(*paths: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, d) for kind, d in paths if d)


def _round(rate: float) -> str:
    return f"{rate:.1f}".removesuffix(".0")
