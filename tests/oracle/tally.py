"""What the rows are made of: every dated thing of one environment, pooled by adding (G1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.oracle.commits import Graph
from tests.oracle.failures import Episode, Reason, Reasons, episodes_of, rework_of
from tests.oracle.made import source_of
from tests.oracle.outcomes import BEGUN, Judged
from tests.oracle.question import Question
from tests.oracle.shipping import History

Shipper = tuple[str, str, str, int]  #: repository, environment, service and deployment

#: the signals whose failures come to light some time after (T3)
LATE_SIGNALS = ("rollback", "revert", "hotfix", "incident")


@dataclass(frozen=True)
class Change:
    """One change shipped in the window (LT6), seconds."""

    shipped_at: datetime
    shipper: Shipper
    lead_time: float
    skewed: bool
    stages: tuple[float, float, float] | None


@dataclass(frozen=True)
class Finished:
    """One deployment that finished in the window (F9)."""

    at: datetime
    signals: frozenset[str]  #: those that say it failed
    never_live: bool


@dataclass(frozen=True)
class Delivered:
    """One change merged in the window, live or waiting at `until` (LT12)."""

    time: timedelta
    is_live: bool


@dataclass
class Tally:
    """What a row is made of; rows pool these, never averages (G1)."""

    created: list[datetime] = field(default_factory=list)  #: every deployment of W3 (a) and (b)
    successes: list[datetime] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    excluded: int = 0
    finished: list[Finished] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)  #: those of before the window, too
    rework: list[datetime] = field(default_factory=list)
    waiting: list[tuple[int, float | None]] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)  #: of failures when they came to light (T3)
    sources: set[str] = field(default_factory=set)
    baselines: int = 0
    unknown: int = 0


def pool(tallies: Iterable[Tally]) -> Tally:
    """All of several tallies in one."""
    whole = Tally()
    for one in tallies:
        whole.created += one.created
        whole.successes += one.successes
        whole.changes += one.changes
        whole.excluded += one.excluded
        whole.finished += one.finished
        whole.episodes += one.episodes
        whole.rework += one.rework
        whole.waiting += one.waiting
        whole.delivered += one.delivered
        whole.ages += one.ages
        whole.sources |= one.sources
        whole.baselines += one.baselines
        whole.unknown += one.unknown
    return whole


def seconds(span: timedelta) -> float:
    """Length in seconds, none below zero (LT5, LT7)."""
    return max(0.0, span.total_seconds())


def change_of(graph: Graph, sha: str, live_at: datetime, shipper: Shipper) -> Change:
    """One change shipped at *live_at* (LT5, LT7)."""
    start = graph.start_of(sha)
    request = graph.request_of(sha)
    stages = None
    if request is not None and request.merged_at is not None:
        stages = (
            seconds(request.created_at - start),
            seconds(request.merged_at - request.created_at),
            seconds(live_at - request.merged_at),
        )
    return Change(live_at, shipper, seconds(live_at - start), live_at < start, stages)


def tally_changes(tally: Tally, history: History) -> None:
    """Add the changes shipped in the window (LT6) and the waiting ones (LT8)."""
    graph = history.graph
    live_at = {one.id: one.succeeded_at for one in history.successes}
    for shipper, shas in history.shipped_in_window().items():
        at = live_at[shipper]
        whose = (graph.repository.name, history.key, history.service, shipper)
        for sha in shas if at is not None else ():
            if graph.is_change(sha) and graph.is_excluded(sha):
                tally.excluded += 1
            elif graph.is_change(sha) and at is not None:
                tally.changes.append(change_of(graph, sha, at, whose))
    waiting = history.waiting()
    if waiting is not None:
        ages = [seconds(history.span.until - graph.start_of(sha)) for sha in waiting]
        tally.waiting.append((len(ages), max(ages, default=None)))
        tally.delivered = delivered_of(history, waiting)


def merged_at(graph: Graph, sha: str) -> datetime:
    """When a change was merged: its request, else when it was committed (LT12)."""
    request = graph.request_of(sha)
    merged = request.merged_at if request is not None else None
    return merged or graph.commits[sha].committed_at


def delivered_of(history: History, waiting: Iterable[str]) -> list[Delivered]:
    """Changes merged in the window, those that are live and those that wait (LT12)."""
    graph, span, nothing = history.graph, history.span, timedelta(0)
    live_at = {one.id: one.succeeded_at for one in history.successes}
    live = [
        Delivered(max(nothing, at - merged_at(graph, sha)), is_live=True)
        for shipper, shas in history.shipped_in_window().items()
        for at in [live_at[shipper]]
        for sha in shas
        if at is not None and graph.is_change(sha) and not graph.is_excluded(sha)
        if span.holds(merged_at(graph, sha))
    ]
    still = [
        Delivered(span.until - merged_at(graph, sha), is_live=False)
        for sha in waiting
        if span.holds(merged_at(graph, sha))
    ]
    return live + still


def told_at(reason: Reason) -> datetime | None:
    """When it came to light that a deployment had failed: an incident opens, others end (T3)."""
    return reason.began_at if reason.signal == "incident" else reason.ended_at


def ages_of(history: History, reasons: Reasons) -> list[float]:
    """How long after its success each failure came to light that was not seen at once (T3)."""
    ages = []
    for one in history.read:
        late = [each for each in reasons.get(one.id, ()) if each.signal in LATE_SIGNALS]
        told = [at for at in map(told_at, late) if at is not None]
        if told and one.succeeded_at is not None:
            ages.append(seconds(min(told) - one.succeeded_at))
    return ages


def tally_of(history: History, reasons: Reasons, question: Question) -> Tally:
    """Count one environment of one repository."""
    span = history.span
    tally = Tally(sources={source_of(one.parts[0]) for one in history.read})
    tally.created = [one.created_at for one in history.read]
    inside = [one for one in history.successes if span.holds(one.succeeded_at)]
    changing = [one for one in history.changing if span.holds(one.succeeded_at)]
    tally.successes = [one.succeeded_at for one in changing if one.succeeded_at is not None]
    tally.unknown = sum(not history.graph.knows(one.sha) for one in inside)
    tally.baselines = int(history.baseline is not None)
    tally_changes(tally, history)
    for one in history.read:
        at = one.finished_at
        if at is not None and span.holds(at) and not one.is_unchanged:
            signals = frozenset(reason.signal for reason in reasons.get(one.id, ()))
            never = signals == {"status"} and was_never_live(one)
            tally.finished.append(Finished(at, signals, never))
    tally.episodes = episodes_of(history, reasons)
    rework = rework_of(history, question.settings, question.organization.login, reasons)
    tally.rework = [
        one.succeeded_at for one in changing if one.id in rework and one.succeeded_at is not None
    ]
    tally.ages = ages_of(history, reasons)
    return tally


def was_never_live(judged: Judged) -> bool:
    """Whether it never reached the environment: no success, no word that it had begun (F8)."""
    return judged.succeeded_at is None and not any(event.says(BEGUN) for event in judged.events)


def was_open(episode: Episode, at: datetime) -> bool:
    """Whether an episode began before *at* and was open then (R3)."""
    return episode.began_at < at and (episode.ended_at is None or episode.ended_at >= at)
