"""Renders trends as sparklines, and describes in words what changed and what caused it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dora.render import cells, formatting
from dora.report.figures import METRICS
from dora.report.metric_change import MetricChange, NotedContributor
from dora.report.model import (
    BETTER,
    WORSE,
    Bucket,
    Compared,
    Contributor,
    Metrics,
    Report,
    ReportWindow,
    Row,
)

BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"  #: shown for a part without a value
UNKNOWN = "╌"  #: shown for a part in which the row had not begun (DF2)
YOUNG = "░"  #: shown for a part that is too young to judge (T3)
#: The metrics of which later failures change the parts that are young; the others are settled.
UNSETTLED = ("change_fail_rate", "recovery_time")
#: Explains verdicts beside numbers that are compared with those of the last post.
EFFECT = (
    "Better and worse compare with the window before; behind them is the 95 % interval of that "
    "change."
)
#: Parts shown if there is little space: the weeks of a quarter.
FEW = 13
VERDICTS = (WORSE, BETTER)  #: of a clear change, the bad ones first
WEEKS = 4  #: whole weeks that a frequency needs in both windows to be compared (K2)


def sparkline(values: Sequence[float | None], highest: float | None = None) -> str:
    """Give *values* as bars from 0 to *highest*, by default the highest of them.

    Only 0 is the lowest bar; a value above *highest* is the highest one.
    """
    if highest is None:
        highest = max((value for value in values if value is not None), default=0)
    return "".join(_bar(value, highest) for value in values)


def _bar(value: float | None, highest: float) -> str:
    if value is None:
        return NOTHING
    if value <= 0:
        return BARS[0]
    if value >= highest:
        return BARS[-1]
    return BARS[1 + round((len(BARS) - 2) * value / highest)]


def trend_of(row: Row, metric: str) -> str:
    """Give a metric over time as a sparkline, oldest first; empty if there is no trend.

    Partial buckets may be far off, so they do not set the scale. A part in which the row had not
    begun is `╌`, and one whose failures may not all be known yet (T3) is `░`.
    """
    values = [
        None if one.metrics is None else METRICS[metric].value(one.metrics) for one in row.trend
    ]
    shown = [_mark(one, metric) for one in row.trend]
    parts = list(zip(row.trend, values, shown, strict=True))
    whole = [value for one, value, mark in parts if value and not one.partial and not mark]
    bars = sparkline(values, max(whole, default=None))
    return "".join(mark or bar for mark, bar in zip(shown, bars, strict=True))


def _mark(part: Bucket, metric: str) -> str:
    """Give the mark that is shown in place of a part's bar; empty where there is a bar."""
    if part.metrics is None:
        return UNKNOWN
    return YOUNG if part.young and metric in UNSETTLED else ""


def before_of(row: Row, metric: str) -> str:
    """Give a metric's value before, and its verdict if the change is clear; empty for none."""
    if row.previous is None or row.comparison is None:
        return ""
    compared: Compared = getattr(row.comparison, metric)
    was = f"was {cells.metric_of(row.previous, metric).with_open}"
    return f"{was}, {compared.verdict}" if compared.verdict in VERDICTS else was


def effect_of(row: Row, metric: str) -> str:
    """Give the 95 % interval of a clear change (K2); empty where nothing changed clearly."""
    compared: Compared | None = getattr(row.comparison, metric, None)
    if compared is None or compared.verdict not in VERDICTS:
        return ""
    return cells.effect_of(compared, metric)


def facts_over_time(row: Row, window: ReportWindow, few: int = 0) -> tuple[cells.Fact, ...]:
    """Give the five metrics as text, with each one's value before and its trend in `more`.

    Only the last *few* parts of the trend are given; 0 gives all.
    """
    found = []
    for metric, fact in zip(cells.IN_ORDER, cells.facts_of_row(row, window), strict=True):
        more = {
            "before": before_of(row, metric),
            "effect": effect_of(row, metric),
            "trend": trend_of(row, metric)[-few:],
        }
        known = {kind: text for kind, text in more.items() if text}
        found.append(replace(fact, more={**fact.more, **known}))
    return tuple(found)


def changes_of(report: Report) -> list[MetricChange]:
    """Give what clearly changed: first what got worse, in each case the surest first."""
    found = [
        (VERDICTS.index(compared.verdict or ""), compared.adjusted_p_value or 0.0, row, metric)
        for row in report.rows
        if row.comparison
        for metric in cells.IN_ORDER
        for compared in [getattr(row.comparison, metric)]
        if compared.verdict in VERDICTS
    ]
    found.sort(key=lambda one: one[:2])
    return [_change(row, metric) for _, _, row, metric in found]


def _change(row: Row, metric: str) -> MetricChange:
    compared: Compared = getattr(row.comparison, metric)
    contributors = tuple(NotedContributor(one, note_of(metric, one)) for one in compared.moved_by)
    before = row.previous or row.metrics
    return MetricChange(row, metric, compared.verdict, before, contributors)


def values_of(change: MetricChange) -> tuple[str, str]:
    """Give the value of a metric before and now."""
    before, now = (
        cells.metric_of(metrics, change.metric).with_open
        for metrics in (change.before, change.row.metrics)
    )
    return before, now


def movement_of(change: MetricChange) -> str:
    """Give the value before and now, and the effect's interval: `40 d → 26 h (×0.02–0.05)`."""
    effect = effect_of(change.row, change.metric)
    return " → ".join(values_of(change)) + (f" ({effect})" if effect else "")


def verdict_of(change: MetricChange) -> str:
    """Give the verdict on a metric that moved, with its effect: `, worse (×1.4–3.1)`; or none."""
    if not change.verdict:
        return ""
    effect = effect_of(change.row, change.metric)
    return f", {change.verdict}" + (f" ({effect})" if effect else "")


def note_of(metric: str, contributor: Contributor) -> str:
    """Describe how a deployment or an outage changed a metric."""
    length = formatting.duration(contributor.seconds)
    changes = formatting.counted(contributor.changes or 0, "change")
    lasts = ", still open" if contributor.open else ""
    effect = {
        "deployment_frequency": f"none for {length} after it",
        "change_lead_time": f"{changes}, median {length}",
        "change_fail_rate": f"{length}{lasts}",
        "recovery_time": f"{length}{lasts}",
    }.get(metric, "")
    then = "before" if contributor.window == "before" else ""
    return ", ".join(part for part in (then, effect) if part)


def legend_of_trend(report: Report, shown: int = 0) -> Iterator[str]:
    """Explain the bars of a trend, of which the last *shown* parts (0 for all) are shown."""
    parts = next((row.trend for row in report.rows if row.trend), ())
    if not parts:
        return
    last = parts[-shown:]
    begin = formatting.instant(last[0].start, report.window.timezone)
    which = f", the last {len(last)} of {len(parts)}" if len(last) < len(parts) else ""
    yield f"Bars: one for each {report.trend} from {begin} on{which}; {NOTHING}: no data."
    yield "Each row's bars go from 0 to its own highest of what is whole."
    yield from _marks(report, shown)
    yield from _partial(last)


def _marks(report: Report, shown: int) -> Iterator[str]:
    """Explain what stands in place of bars in the last *shown* parts of any row."""
    parts = [one for row in report.rows for one in row.trend[-shown:]]
    if any(one.metrics is None for one in parts):
        yield f"{UNKNOWN}: before the row began."
    if any(one.young for one in parts):
        yield f"{YOUNG}: too young to judge, for some failures are known only later."


def _partial(parts: Sequence[Bucket]) -> Iterator[str]:
    """Name those of *parts* that the window cuts."""
    ends = [name for name, one in (("first", parts[0]), ("last", parts[-1])) if one.partial]
    if len(parts) == 1 and ends:
        yield "It is partial."
    elif ends:
        yield f"The {' and the '.join(ends)} {'are' if len(ends) > 1 else 'is'} partial."


def headline_of(report: Report, found: Sequence[MetricChange]) -> str:
    """Give the window that a report is compared with, and how many of *found* changes are clear.

    Empty if the report is not compared.
    """
    if report.before is None:
        return ""
    since, until = (
        formatting.instant(moment, report.window.timezone)
        for moment in (report.before.since, report.before.until)
    )
    counts = [sum(one.verdict == verdict for one in found) for verdict in VERDICTS]
    counted = ", ".join(
        f"{formatting.count(n)} {verdict}" for n, verdict in zip(counts, VERDICTS, strict=True) if n
    )
    clear = f"clearly {counted}:" if found else "no statistically significant change."
    return f"Compared with {since} to {until} {report.window.timezone}, {clear}"


def uncompared(report: Report) -> str:
    """Say of how many rows the frequency was not compared (K2); empty where all were."""
    both = [(row.metrics, row.previous) for row in report.rows if row.comparison and row.previous]
    short = [
        now for now, before in both if min(_weeks(one, report) for one in (now, before)) < WEEKS
    ]
    if not short:
        return ""
    return (
        f"The frequency of {formatting.of(len(short), len(both))} rows is not compared: that takes "
        "four whole weeks in both windows."
    )


def _weeks(metrics: Metrics, report: Report) -> int:
    """Give the whole weeks of a row's exposure (DF2); of the window where a file has no other."""
    exposure = metrics.deployment_frequency.exposure_days
    return int((report.window.days if exposure is None else exposure) // 7)


def rows_apart(report: Report) -> dict[str, list[dict[str, str]]]:
    """Give the keys of rows that only one of the two windows has, by the title of the list."""
    if report.before is None:
        return {}
    apart = {
        "Rows that were not there:": [row.key for row in report.rows if row.previous is None],
        "Rows that are gone:": list(report.before.gone),
    }
    return {what: keys for what, keys in apart.items() if keys}
