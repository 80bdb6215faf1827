"""Shows how each figure of a row follows from its evidence and the definitions."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from rich.text import Text

from dora.render import cells, formatting
from dora.render.terminal import interval_lines, links, other_definitions
from dora.render.terminal.row_evidence import RowEvidence, slowest_first
from dora.report.evidence import ChangeEvidence, DeploymentEvidence, EpisodeEvidence
from dora.report.figures import EPISODE, FAILURE, METRICS, REWORK, SHIPMENT, SUCCESS
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    DeploymentFrequency,
    RecoveryTime,
    ReworkRate,
    Row,
)

MOST = 12  #: examples of one kind shown; all are in the JSON
SLOWEST = 5
SHORTEST = 7  #: days that a rate is of at least, however short the row has been there (DF2)


def tell(evidence: RowEvidence, width: int, *, with_authors: bool) -> Iterator[tuple[int, Text]]:
    """Give how the figures of a row follow, line by line, each with its indent."""
    if evidence.row is None:
        yield 0, Text()
        yield 0, Text("Nothing finished here: there is no row in the report.")
        return
    inner = width - links.INDENT
    for title, value, lines in (
        *_of_metrics(evidence, evidence.row, inner, with_authors=with_authors),
        (
            "Waiting changes",
            _waiting(evidence.row),
            _waiting_changes(evidence, evidence.row, inner, with_authors=with_authors),
        ),
    ):
        if value:
            yield 0, Text()
            yield 0, Text(f"{title}: ").append(value, "bold")
            yield from ((links.INDENT, line) for line in lines)
    yield from other_definitions.tell(evidence, inner)


def _of_metrics(
    evidence: RowEvidence, row: Row, width: int, *, with_authors: bool
) -> Iterator[tuple[str, str, Iterator[Text]]]:
    """Give each metric's heading, its value, and the lines that say how it follows."""
    derive: dict[str, Callable[[Any], Iterator[Text]]] = {
        SUCCESS: lambda numbers: _frequency(evidence, numbers),
        SHIPMENT: lambda numbers: chain(
            _lead_time(evidence, numbers, width, with_authors=with_authors), _delivery(row)
        ),
        FAILURE: lambda numbers: _fail_rate(evidence, numbers, width),
        EPISODE: lambda numbers: _recovery_time(evidence, numbers, width),
        REWORK: lambda numbers: _rework(evidence, numbers, width),
    }
    for name in cells.IN_ORDER:
        metric = METRICS[name]
        lines = chain(
            derive[metric.event](metric.of(row.metrics)),
            interval_lines.tell(evidence, row, name, width),
        )
        yield metric.heading, interval_lines.headline(row, name), lines


def _frequency(evidence: RowEvidence, metric: DeploymentFrequency) -> Iterator[Text]:
    exposure = evidence.days if metric.exposure_days is None else metric.exposure_days
    days = f"{round(exposure, 2):,g} days"
    if evidence.begin > evidence.since:
        day = formatting.day(evidence.begin, evidence.timezone, evidence.until)
        why = "when it began" if exposure > SHORTEST else "the least that a rate is of"
        days += f" since {day}, {why},"
    line = f"{formatting.count(len(evidence.succeeded))} succeeded ÷ {days}"
    by_day = "" if metric.per_day >= 1 else f" = {metric.per_day:.2g} a day"
    active = f", on {formatting.counted(metric.active_days, 'day')}" if metric.active_days else ""
    yield Text(f"{line}{by_day} = {formatting.frequency(metric.per_day)}{active}")


def _lead_time(
    evidence: RowEvidence, metric: ChangeLeadTime, width: int, *, with_authors: bool
) -> Iterator[Text]:
    """Give which changes the median lies between (LT6), and the slowest ones."""
    changes = slowest_first(evidence.changes)
    if not changes:
        yield Text("no changes shipped")
        return
    median = formatting.duration(metric.median)
    yield from links.fill(
        [Text("median:"), *map(Text, _middle(changes)), Text(f"= {median}")], width
    )
    spread = {
        "mean": metric.mean,
        "three in four within": metric.p75,
        "nine in ten within": metric.p90,
    }
    items = [Text(f"{what} {formatting.duration(seconds)}") for what, seconds in spread.items()]
    yield from links.flow("all:", items, width)
    slow = changes[:SLOWEST]
    shown = [links.change(one, evidence.until, with_authors=with_authors) for one in slow]
    yield from links.flow("slowest:", shown, width)


def _delivery(row: Row) -> Iterator[Text]:
    """Give the time from merge to live with the changes that wait (LT12)."""
    found = row.delivery
    if found is None or not found.changes:
        return
    merged = f"{formatting.counted(found.changes, 'change')} merged in this time"
    waiting = f", {formatting.count(found.waiting)} of them waiting" if found.waiting else ""
    median = (
        "not known, because too many wait"
        if formatting.is_missing(found.median)
        else f"{formatting.duration(found.median)} (Kaplan–Meier)"
    )
    yield Text(f"from merge to live: median {median}, of {merged}{waiting}")


def _middle(changes: list[ChangeEvidence]) -> list[str]:
    """Give in words which of *changes*, the slowest first, the median lies between."""
    many = len(changes)
    middle, is_odd = many // 2, many % 2
    if many == 1:
        return ["the only change"]
    if is_odd:
        return [f"the {_nth(middle + 1)} of {formatting.count(many)} changes", "by lead time"]
    below, above = (formatting.duration(changes[it].lead_time) for it in (middle, middle - 1))
    return [
        f"halfway between the {_nth(middle)} ({below})",
        f"and the {_nth(middle + 1)}",
        f"({above})",
        f"of {formatting.count(many)} changes",
    ]


def _fail_rate(evidence: RowEvidence, metric: ChangeFailRate, width: int) -> Iterator[Text]:
    failed, finished = (
        formatting.count(len(evidence.failed)),
        formatting.count(len(evidence.finished)),
    )
    if not evidence.finished:
        yield Text("nothing finished")
        return
    yield Text(f"{failed} failed of {finished} finished = {formatting.percentage(metric.rate)}")
    if not evidence.failed:
        return
    marks = [f"{name} {formatting.count(number)}" for name, number in metric.reasons.items()]
    several = sum(metric.reasons.values()) > len(evidence.failed)
    marks += ["some by several"] if several else []
    marks += [f"{formatting.count(metric.never_live)} never live"] if metric.never_live else []
    yield from links.flow("by signal:", list(map(Text, marks)), width)
    yield from _named("failed:", evidence.failed, evidence, width)


def _recovery_time(evidence: RowEvidence, metric: RecoveryTime, width: int) -> Iterator[Text]:
    """Give the median over all, the mean of those that recovered (R4), and the failures."""
    yield from links.fill(_counts(evidence, metric), width)
    if not evidence.episodes:
        return
    recovered = [one for one in evidence.episodes if one.ended_at]
    still_open = len(evidence.episodes) - len(recovered)
    if metric.median is None:
        yield Text("median: not known, because too many are open for half to have recovered")
    else:
        how = "Kaplan–Meier, the open ones counted as lasting on" if still_open else "Kaplan–Meier"
        yield Text(f"median: {formatting.duration(metric.median)} ({how})")
    if recovered:
        total = formatting.duration(sum(_seconds(one, evidence) for one in recovered))
        of_those = " of the recovered" if still_open else ""
        yield Text(
            f"mean{of_those}: {total} ÷ {formatting.count(len(recovered))}"
            f" = {formatting.duration(metric.mean)}; longest {formatting.duration(metric.longest)}"
        )
    lengths = sorted((-_seconds(one, evidence), one.ended_at is None) for one in evidence.episodes)
    shown = [
        Text(formatting.duration(-seconds) + (" and open" if is_open else ""))
        for seconds, is_open in lengths[:MOST]
    ]
    yield from links.flow("the longest:", shown, width, rest=_more(len(lengths) - len(shown)))


def _counts(evidence: RowEvidence, metric: RecoveryTime) -> list[Text]:
    """Give how many failures there were, of which kind (F8), and what became of them (R3)."""
    episodes = evidence.episodes
    carried_in = formatting.count(metric.carried_in)
    before = f"{carried_in} from before this time, still open when it began"
    if not episodes:
        return [Text(f"no failures began; {before}" if metric.carried_in else "no failures")]
    recovered = sum(one.ended_at is not None for one in episodes)
    counts = f"{formatting.count(recovered)} recovered"
    if recovered < len(episodes):
        counts += f", {formatting.count(len(episodes) - recovered)} open"
    pieces = [f"{formatting.counted(len(episodes), 'failure')}: {counts}"]
    never_live = sum(one.never_live for one in episodes)
    if never_live == len(episodes):
        pieces.append("never live")
    elif never_live:
        outages = formatting.counted(len(episodes) - never_live, "outage")
        pieces.append(f"{outages}, {formatting.count(never_live)} never live")
    pieces += [f"and {before}"] if metric.carried_in else []
    return [*(Text(f"{it};") for it in pieces[:-1]), Text(pieces[-1])]


def _rework(evidence: RowEvidence, metric: ReworkRate, width: int) -> Iterator[Text]:
    rate = formatting.percentage(metric.rate)
    if not evidence.succeeded:
        yield Text("nothing succeeded")
        return
    counts = (formatting.count(len(them)) for them in (evidence.reworked, evidence.succeeded))
    yield Text("{} rework of {} succeeded".format(*counts) + f" = {rate}")
    if evidence.reworked:
        yield from _named("rework:", evidence.reworked, evidence, width)


def _waiting(row: Row) -> str:
    """Give the heading of what waits; empty where nothing can wait (LT8)."""
    if row.waiting is None:
        return formatting.MISSING if row.tier == "production" else ""
    oldest = f", oldest {formatting.duration(row.waiting.oldest)}" if row.waiting.changes else ""
    return formatting.count(row.waiting.changes) + oldest


def _waiting_changes(
    evidence: RowEvidence, row: Row, width: int, *, with_authors: bool
) -> Iterator[Text]:
    if row.waiting is None:
        yield Text("not known: nothing of the default branch in sight was deployed here")
        return
    if not row.waiting.changes:
        yield Text("all of the default branch was deployed here")
        return
    oldest = sorted(evidence.waiting, key=lambda one: (one.started_at, one.sha))
    shown = [links.change(one, evidence.until, with_authors=with_authors) for one in oldest[:MOST]]
    rest = _more(len(oldest) - len(shown))
    yield from links.flow("on the default branch, not yet here:", shown, width, rest=rest)


def _named(
    lead: str, deployments: Sequence[DeploymentEvidence], evidence: RowEvidence, width: int
) -> list[Text]:
    """Give the latest of *deployments*, each with its day."""
    shown = deployments[-MOST:]
    items = []
    for one in shown:
        at = one.succeeded_at or one.failed_status_at or one.created_at
        day = formatting.instant(at, evidence.timezone).split(" ")[0]
        items.append(links.deployment(one).append(f" {day}"))
    rest = _more(len(deployments) - len(shown), "earlier")
    return links.flow(lead, items, width, rest=rest)


def _more(number: int, what: str = "more") -> str:
    return f"{formatting.count(number)} {what}" if number else ""


def _seconds(one: EpisodeEvidence, evidence: RowEvidence) -> float:
    return ((one.ended_at or evidence.until) - one.began_at).total_seconds()


def _nth(number: int) -> str:
    last, teens = number % 10, number % 100 in {11, 12, 13}
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return f"{formatting.count(number)}{ending}"
