"""Draws the five small charts of a row as SVG paths, and describes them in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dora.render import formatting
from dora.render.html import svg
from dora.render.html.svg import BASE, WIDTH, Axis
from dora.report.model import Bucket, Interval, Report, Row
from dora.report.page.model import Marks

FEW = 6  #: changes below which the median has no interval (LT6): drawn hollow
CEILINGS = (0.1, 0.2, 0.5, 1.0)  #: the possible rates at the top of a chart
THIN = 3  #: units up to which a failure is a line
BRIEF = 600.0  #: seconds; the scale of recoveries is logarithmic from about here on


@dataclass(frozen=True)
class Chart:
    """One chart: its title, its description, the value at its top, and its paths by class."""

    title: str
    description: str
    most: str
    paths: tuple[tuple[str, str], ...]


def make_axis(report: Report, *, is_brief: bool = False) -> Axis | None:
    """Give the time axis of all charts of *report*; None if no row has a trend."""
    if not report.rows or report.trend is None or not report.rows[0].trend:
        return None
    since, until, trend = report.window.since, report.window.until, report.rows[0].trend
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
    fails = [
        (one.metrics.change_fail_rate.rate, one.metrics.change_fail_rate.interval)
        for one in row.trend
        if one.metrics
    ]
    reworks = [
        (one.metrics.rework_rate.rate, one.metrics.rework_rate.interval)
        for one in row.trend
        if one.metrics
    ]
    return (
        _frequency(row.trend, marks, axis),
        _lead_time(row.trend, axis),
        _rate("Change fail rate", fails, ("x", marks.failed), axis),
        _recoveries(marks),
        _rate("Rework rate", reworks, ("r", marks.rework), axis),
    )


def _frequency(trend: Sequence[Bucket], marks: Marks, axis: Axis) -> Chart:
    unit = "day" if axis.unit == "day" else "week"
    metrics = [one.metrics.deployment_frequency for one in trend if one.metrics]
    rates = [one.per_day if unit == "day" else one.per_week for one in metrics]
    whole = axis.whole(rates)
    most = max(whole or rates, default=0.0) or max(rates, default=0.0)
    heights = [svg.height(rate, most) for rate in rates]
    summary = f"{_round(min(whole or rates))} to {_round(max(whole or rates))} a {unit}"
    empty = sum(not rate for rate in whole)
    none = f", none in {formatting.counted(empty, axis.unit)}" if empty else ""
    paths = _filled(
        ("b", svg.bars(heights, axis, partial=False)),
        ("c", svg.bars(heights, axis, partial=True)),
        ("t", svg.ticks(marks.deployments, axis)),
    )
    return Chart("Deployment frequency", summary + none, f"{_round(most)} a {unit}", paths)


def _lead_time(trend: Sequence[Bucket], axis: Axis) -> Chart:
    """Draw medians as a line with gaps, and a band from there to the 90th percentile."""
    metrics = [one.metrics.change_lead_time for one in trend if one.metrics]
    known = [one for one in metrics if one.median is not None]
    whole = [one for one in axis.whole(metrics) if one.median is not None]
    most = max((one.p90 or one.median or 0.0 for one in whole or known), default=0.0)
    missing = len(axis.whole(metrics)) - len(whole)
    line, band, few = [], [], []
    for run in svg.runs(axis.middles, [None if one.median is None else one for one in metrics]):
        median = [(x, axis.y(one.median or 0.0, most)) for x, one in run]
        top = [(x, axis.y(one.p90 or 0.0, most)) for x, one in run]
        line.append(svg.trace(median))
        band.append(svg.band(top, median, axis))
        few += [at for at, (_, one) in zip(median, run, strict=True) if one.changes < FEW]
    return Chart(
        "Change lead time",
        _times([one.median for one in known if one.median is not None], axis, missing),
        formatting.duration(most) if known else "",
        _filled(("s", "".join(band)), ("l", "".join(line)), ("f", svg.trace(few))),
    )


def _times(medians: list[float], axis: Axis, missing: int) -> str:
    if not medians:
        return "no changes"
    low, high = min(medians), max(medians)
    text = f"median {formatting.duration(low)}"
    if high > low:
        text += f" to {formatting.duration(high)}, {formatting.duration(medians[-1])} last"
    return text + (f", no changes in {formatting.counted(missing, axis.unit)}" if missing else "")


def _rate(
    title: str,
    rates: list[tuple[float | None, Interval | None]],
    events: tuple[str, Sequence[float]],
    axis: Axis,
) -> Chart:
    """Draw rates as dots in the band of their intervals, and single events below."""
    pairs = [
        None if rate is None or interval is None else (rate, interval) for rate, interval in rates
    ]
    known = [rate for rate, _ in filter(None, pairs)]
    whole = list(filter(None, axis.whole(pairs)))
    most = _ceiling(whole or list(filter(None, pairs)))
    dots, bands = [], []
    for run in svg.runs(axis.middles, pairs):
        dots += [(x, axis.y(rate, most)) for x, (rate, _) in run]
        low = [(x, axis.y(interval.low, most)) for x, (_, interval) in run]
        high = [(x, axis.y(interval.high, most)) for x, (_, interval) in run]
        bands.append(svg.band(high, low, axis))
    summary = "no deployments"
    if known:
        summary = formatting.percentage(min(known))
        summary += f" to {formatting.percentage(max(known))}" if max(known) > min(known) else ""
        missing = len(axis.whole(pairs)) - len(whole)
        summary += (
            f", no deployments in {formatting.counted(missing, axis.unit)}" if missing else ""
        )
    kind, marked_at = events
    if axis.is_brief and kind == "r":  # as wide as the fail rate's: it has the same sample
        bands = []
    paths = _filled(("w", "".join(bands)), ("d", svg.trace(dots)), (kind, svg.marked(marked_at)))
    return Chart(title, summary, formatting.percentage(most) if known else "", paths)


def _ceiling(rates: Sequence[tuple[float, Interval]]) -> float:
    """Give the rate at the top of the chart: above all *rates* and most of the intervals.

    Only whole buckets count: otherwise one day of a week could set the scale of a year.
    """
    highs = sorted(interval.high for _, interval in rates)
    usual = highs[len(highs) // 2] if highs else 0.0
    most = max([usual, *(rate for rate, _ in rates)])
    return next(one for one in CEILINGS if one >= min(most, 1.0))


def _recoveries(marks: Marks) -> Chart:
    """Draw each failure from its start to its recovery; the longer that took, the higher."""
    lengths = [(1.0 if end is None else end) - began for began, end in marks.episodes]
    most = math.log1p(max(lengths, default=0.0) * marks.seconds / BRIEF)
    over: dict[str, None] = {}
    short: dict[int, int] = {}  #: where a line stands, how high it is: a lower one is behind it
    still: dict[str, None] = {}
    for (began, end), length in zip(marks.episodes, lengths, strict=True):
        left, right = svg.place_of(began), svg.place_of(1.0 if end is None else end)
        top = max(svg.height(math.log1p(length * marks.seconds / BRIEF), most), 3)
        if end is not None and right - left <= THIN:
            short[left] = max(top, short.get(left, 0))
            continue
        left = min(left, WIDTH - THIN - 1)
        block = f"M{left} {BASE}v-{top}h{max(right - left, THIN + 1)}v{top}"
        (still if end is None else over)[block] = None
    summary, longest = "no failures", ""
    if lengths:
        shortest, longest = (
            formatting.duration(end(lengths) * marks.seconds) for end in (min, max)
        )
        summary = "lasting " + " to ".join(dict.fromkeys((shortest, longest)))
    if count := sum(end is None for _, end in marks.episodes):
        summary += f", {formatting.count(count)} still open"
    if earlier := sum(began < 0 for began, _ in marks.episodes):
        summary += f", {formatting.count(earlier)} of them from before this window"
        longest += f", {formatting.count(earlier)} from before this window"
    lines = "".join(f"M{left} {BASE}v-{top}" for left, top in short.items())
    paths = _filled(("o", "".join(over)), ("u", lines), ("n", "".join(still)))
    return Chart("Recovery time", summary, longest, paths)


def _filled(*paths: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, d) for kind, d in paths if d)


def _round(rate: float) -> str:
    return f"{rate:.1f}".removesuffix(".0")
