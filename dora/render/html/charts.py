"""Draws the five small charts of a row as SVG paths, and describes them in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from dora.render import cells, formatting
from dora.render.html import svg
from dora.render.html.svg import BASE, WIDTH, Axis
from dora.render.trends import UNSETTLED
from dora.report.figures import METRICS
from dora.report.model import Bucket, ChangeLeadTime, DeploymentFrequency, Report, Row
from dora.report.page.model import Marks
from dora.report.ranges import Interval

CEILINGS = (0.1, 0.2, 0.5, 1.0)  #: the possible rates at the top of a chart
ROUGH = 6  #: units that the ends of intervals are rounded up to on brief charts
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
    """Give the charts of *row* in the order of DORA's factors, with what is unknown or young."""
    axis = _axis_of(row.trend, axis)
    frequency, lead_time, _, fail_rate, rework = (_records(row, name) for name in cells.IN_ORDER)
    made = (
        _frequency(frequency, marks, axis),
        _lead_time(lead_time, axis),
        _recoveries(marks),
        _rate(fail_rate, ("x", marks.failed), axis),
        _rate(rework, ("r", marks.rework), axis),
    )
    return tuple(
        _marked(name, chart, axis) for name, chart in zip(cells.IN_ORDER, made, strict=True)
    )


def _records(row: Row, metric: str) -> list[Any]:
    """A metric's record of each part of the trend; None where the row had not begun (DF2)."""
    return [None if one.metrics is None else getattr(one.metrics, metric) for one in row.trend]


def _axis_of(trend: Sequence[Bucket], axis: Axis) -> Axis:
    """*axis* with what is special in one row's *trend*: the part it began in is partial (DF2)."""
    return replace(
        axis,
        partial=tuple(one.partial or _has_begin(one) for one in trend),
        unknown=tuple(one.metrics is None for one in trend),
        young=tuple(one.young for one in trend),
    )


def _has_begin(part: Bucket) -> bool:
    """Whether the row's rates are of less than the whole *part*."""
    if part.metrics is None or part.metrics.deployment_frequency.exposure_days is None:
        return False
    exposure = timedelta(days=part.metrics.deployment_frequency.exposure_days)
    return exposure < part.end - part.start - timedelta(seconds=1)


def _marked(name: str, chart: Chart, axis: Axis) -> Chart:
    """Give *chart* with what is unknown or too young to judge, drawn behind it and said."""
    # Brief charts say it once: the fail rate's stands right beside the recovery time's.
    is_young = name in UNSETTLED and not (axis.is_brief and name == "recovery_time")
    young = axis.young if is_young else ()
    said = [
        "" if all(axis.unknown) else chart.description,
        _which("first", axis.unknown, axis.unit, "unknown"),
        _which("last", young, axis.unit, "too young to judge"),
    ]
    return replace(
        chart,
        title=METRICS[name].heading,
        description=", ".join(filter(None, said)),
        paths=_filled(
            ("g", svg.areas(axis.unknown, axis)), ("a", svg.areas(young, axis)), *chart.paths
        ),
    )


def _which(end: str, parts: Sequence[bool], unit: str, what: str) -> str:
    """Say how many of *parts* at one *end* are *what*: `last 2 weeks too young to judge`."""
    number = sum(parts)
    if not number or number == len(parts):
        return what if number else ""
    return f"{end} {unit if number == 1 else formatting.counted(number, unit)} {what}"


def _frequency(parts: Sequence[DeploymentFrequency | None], marks: Marks, axis: Axis) -> Chart:
    """Draw rates as bars, each with a line from end to end of its interval where it has one."""
    unit, times = ("day", 1) if axis.unit == "day" else ("week", 7)
    rates = [None if one is None else times * one.per_day for one in parts]
    spans = [
        one.per_day_interval and Interval(*(times * end for end in one.per_day_interval))
        if one
        else None
        for one in parts
    ]
    whole = _known(axis.whole(rates)) or _known(rates)
    most = _top(whole, axis.whole(spans)) or max(_known(rates), default=0.0)
    heights = [None if rate is None else BASE - axis.y(rate, most) for rate in rates]
    summary = f"{_round(min(whole))} to {_round(max(whole))} a {unit}" if whole else ""
    empty = sum(rate == 0 for rate in axis.whole(rates))
    none = f", none in {formatting.counted(empty, axis.unit)}" if empty else ""
    ends = [span and (svg.height(span.low, most), svg.height(span.high, most)) for span in spans]
    paths = _filled(
        ("b", svg.bars(heights, axis, partial=False)),
        ("c", svg.bars(heights, axis, partial=True)),
        ("v", svg.whiskers(ends, axis)),
        ("t", svg.ticks(marks.deployments, axis)),
    )
    return Chart("", summary + none, f"{_round(most)} a {unit}" if most else "", paths)


def _lead_time(parts: Sequence[ChangeLeadTime | None], axis: Axis) -> Chart:
    """Draw medians as a line with gaps in the band of their intervals; hollow without one."""
    medians = [None if one is None or one.median is None else one for one in parts]
    known = _known(medians)
    whole = _known(axis.whole(medians))
    missing = len(axis.whole(parts)) - len(whole)
    most = _top(
        [one.median or 0.0 for one in whole or known], [it.median_interval for it in whole or known]
    )
    line = ""
    sure: list[svg.Point] = []
    hollow: list[svg.Point] = []
    for run in svg.runs(axis.middles, medians):
        points = [(x, axis.y(one.median or 0.0, most)) for x, one in run]
        line += svg.trace(points)
        for at, (_, one) in zip(points, run, strict=True):
            (sure if one.median_interval else hollow).append(at)
    # The line has points of the kind that there is more of; the others are drawn over it.
    drawn = [("l", line), ("f", svg.trace(hollow))]
    if len(hollow) > len(sure):
        drawn = [("j", line), ("d", svg.trace(sure))]
    band = _bands([it.median_interval if it else None for it in medians], most, axis)
    return Chart(
        "",
        _times([one.median or 0.0 for one in known], axis, missing),
        formatting.duration(most) if known else "",
        _filled(("s", band), *drawn),
    )


def _times(medians: list[float], axis: Axis, missing: int) -> str:
    if not medians:
        return "no changes"
    low, high = min(medians), max(medians)
    text = f"median {formatting.duration(low)}"
    if high > low:
        text += f" to {formatting.duration(high)}, {formatting.duration(medians[-1])} last"
    return text + (f", no changes in {formatting.counted(missing, axis.unit)}" if missing else "")


def _rate(parts: Sequence[Any], events: tuple[str, Sequence[float]], axis: Axis) -> Chart:
    """Draw rates as dots in the band of their intervals, and single events below."""
    rates = [None if one is None or one.interval is None else one for one in parts]
    known = [one.rate for one in _known(rates)]
    whole = _known(axis.whole(rates))
    shown = whole or _known(rates)
    most = _ceiling(_top([one.rate for one in shown], [one.interval for one in shown]))
    dots = [(x, axis.y(one.rate, most)) for run in svg.runs(axis.middles, rates) for x, one in run]
    summary = "no deployments"
    if known:
        summary = formatting.percentage(min(known))
        summary += f" to {formatting.percentage(max(known))}" if max(known) > min(known) else ""
        missing = len(axis.whole(parts)) - len(whole)
        summary += (
            f", no deployments in {formatting.counted(missing, axis.unit)}" if missing else ""
        )
    kind, marked_at = events
    # On brief charts that of rework has none: it is as wide as the fail rate's, of the same sample.
    is_bare = axis.is_brief and kind == "r"
    band = "" if is_bare else _bands([it.interval if it else None for it in rates], most, axis)
    paths = _filled(("w", band), ("d", svg.trace(dots)), (kind, svg.marked(marked_at)))
    return Chart("", summary, formatting.percentage(most) if known else "", paths)


def _bands(intervals: Sequence[Interval | None], most: float, axis: Axis) -> str:
    """Give a band through each run of *intervals*."""
    found = []
    for run in svg.runs(axis.middles, intervals):
        low, high = (
            [(x, axis.y(end(interval), most, ROUGH)) for x, interval in run] for end in (min, max)
        )
        found.append(svg.band(high, low, axis))
    return "".join(found)


def _top(values: Sequence[float], intervals: Sequence[Interval | None]) -> float:
    """Give the value at the top of a chart: above all *values* and most of the *intervals*.

    Only whole buckets count: otherwise one day of a week could set the scale of a year.
    """
    highs = sorted(one.high for one in intervals if one)
    return max([*values, *highs[len(highs) // 2 :][:1]], default=0.0)


def _ceiling(most: float) -> float:
    """Give the rate at the top of a chart of rates up to *most*."""
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
    return Chart("", summary, longest, paths)


def _filled(*paths: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, d) for kind, d in paths if d)


Value = TypeVar("Value")


def _known(values: Sequence[Value | None]) -> list[Value]:
    return [one for one in values if one is not None]


def _round(rate: float) -> str:
    return f"{rate:.1f}".removesuffix(".0")
