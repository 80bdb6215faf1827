"""Shows in one line each what a row's 95 % intervals are made of, so that they can be checked."""

from collections.abc import Iterator
from datetime import timedelta

from rich.text import Text

from dora.render import cells, formatting, trends
from dora.render.terminal import links
from dora.render.terminal.row_evidence import RowEvidence
from dora.report.figures import METRICS
from dora.report.making import Making
from dora.report.model import PLACES, ChangeFailRate, Metrics, RecoveryTime, ReworkRate, Row

WEEK = timedelta(weeks=1)
MOST_WEEKS = 13  #: counts of weeks that are shown: those of a quarter


def headline(row: Row, metric: str) -> str:
    """Give a metric as tables show it: its value, interval and place (B5)."""
    fact = cells.metric_of(row.metrics, metric)
    among = f"{fact.place} of DORA {PLACES}" if fact.place else ""
    return ", ".join(filter(None, (fact.with_interval, among)))


def tell(evidence: RowEvidence, row: Row, metric: str, width: int) -> Iterator[Text]:
    """Give what a metric's interval is made of, and its trend."""
    if metric == "deployment_frequency":
        yield from _frequency(row, evidence.making, width) if evidence.making else ()
    elif metric == "change_lead_time":
        yield from _lead_time(row, evidence.making, width) if evidence.making else ()
    elif metric == "recovery_time":
        yield from _recovery(row, width)
    else:
        yield from _share(row, metric, width)
    yield from _over_time(row, metric, evidence.timezone, width)


def _frequency(row: Row, making: Making, width: int) -> Iterator[Text]:
    """Give the counts of whole weeks, their mean, s and t (DF3)."""
    made = making.frequency
    if made is None:
        yield _none("four whole weeks")
        return
    shown = made.counts[-MOST_WEEKS:]
    of_all = f" of {len(made.counts)}" if len(shown) < len(made.counts) else ""
    pieces = [
        f"the last {len(shown)}{of_all} weeks had",
        *map(formatting.count, shown),
        f"deployments: {made.rate:.2f} a week",
        f"± {made.t:.2f} · {made.deviation:.2f} ÷ √{made.weeks:.1f},",
        "no narrower than Poisson's:",
        f"{made.low:.2f}–{made.high:.2f} a week",
    ]
    yield from _line(row.metrics, "deployment_frequency", pieces, width)


def _lead_time(row: Row, making: Making, width: int) -> Iterator[Text]:
    """Give the deployments, the changes, e and f, and which of the changes are the ends (LT6)."""
    made = making.lead_time
    if made is None:
        if row.metrics.change_lead_time.changes:
            yield _none("changes of six deployments")
        return
    low, high = (f"{100 * share:.0f} %" for share in made.shares)
    pieces = [
        f"lead times at {low} and {high}",
        f"of the {formatting.count(made.changes)} changes",
        f"of {formatting.count(made.deployments)} deployments,",
        f"½ ± {made.t:.2f} · {made.error:.3f}",
        f"(Woodruff, f = {made.freedom:.1f}),",
        "no narrower than of independent changes",
    ]
    yield from _line(row.metrics, "change_lead_time", pieces, width)


def _recovery(row: Row, width: int) -> Iterator[Text]:
    """Give of how many failures, and by which band, the interval is (R4)."""
    numbers: RecoveryTime = row.metrics.recovery_time
    if numbers.median_interval is None:
        yield _none("five failures")
        return
    failures = formatting.counted(numbers.episodes, "failure")
    still_open = f", {formatting.count(numbers.open)} of them open" if numbers.open else ""
    pieces = [
        "where the band of Kaplan–Meier's curve",
        "(Greenwood, log–log)",
        "reaches one half,",
        f"of {failures}{still_open}",
    ]
    yield from _line(row.metrics, "recovery_time", pieces, width, unknown="without ends")


def _share(row: Row, metric: str, width: int) -> Iterator[Text]:
    """Give of how many of how many the interval of a rate is (F9, RW1)."""
    numbers: ChangeFailRate | ReworkRate = METRICS[metric].of(row.metrics)
    counts = formatting.of(METRICS[metric].counted(row.metrics), numbers.deployments)
    yield from _line(row.metrics, metric, [f"Wilson, {counts}"], width)


def _over_time(row: Row, metric: str, timezone: str, width: int) -> Iterator[Text]:
    """Give the trend of a metric, and from when on it is too young to judge (T3)."""
    bars = trends.trend_of(row, metric)
    if not bars:
        return
    longest = max(one.end - one.start for one in row.trend)
    pieces = [Text("by week:" if longest < 2 * WEEK else "by month:"), Text(bars)]
    if trends.YOUNG in bars:
        since = next(one.start for one in row.trend if one.young and one.metrics is not None)
        day = formatting.day(since, timezone, row.trend[-1].end)
        pieces += [Text(f"({trends.YOUNG}: too young to judge, from {day} on)")]
    yield from links.fill(pieces, width)


def _line(
    metrics: Metrics, metric: str, pieces: list[str], width: int, *, unknown: str = ""
) -> Iterator[Text]:
    """Give the interval as tables show it, and what it is made of, in lines if it is too long."""
    interval = cells.metric_of(metrics, metric).interval or unknown
    if interval:
        yield from links.fill(
            [Text(f"95 % interval {interval}:"), *(Text(one) for one in pieces)], width
        )


def _none(what: str) -> Text:
    return Text(f"no 95 % interval: it takes {what}")
