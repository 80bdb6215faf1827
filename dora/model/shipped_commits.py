"""One environment's successes and a commit graph in, who first received which commit out.

W3, LT1, LT2 and LT10 in one place: the collector asks it how much older history is needed, the
computation what was shipped by whom, so that the two never disagree. Instants are microseconds
since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from dora.config import Config
from dora.model.commit_graph import NEVER, CommitGraph

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Place in the order of all that succeeded before the first deployment that is judged.
BEFORE = -1


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - EPOCH) // timedelta(microseconds=1)


class Success(NamedTuple):
    """A deployment that succeeded before `until`."""

    succeeded_at: int
    deployment: int  #: its id: the order among equal instants (D7)
    created_at: int
    commit: int | None  #: number in the graph; None where GitHub no longer has it (LT10)
    older: int | None = None  #: how many of the repository's older deployments came after it


@dataclass(frozen=True)
class Span:
    """What the look-back is judged by, the same for every environment of a run."""

    since: int
    until: int
    lookback: int  #: begin of the look-back: `since` less `lookback` (W3 (a))
    budget: int  #: older deployments of a repository that (c) may ask


def make_span(config: Config) -> Span:
    """The run's window and look-back as `receive` counts them."""
    window = config.window
    return Span(
        since=microseconds(window.since),
        until=microseconds(window.until),
        lookback=microseconds(config.lookback_start),
        budget=config.collect.older_deployments,
    )


@dataclass
class Reception:
    """Who received what in one environment.

    `order` holds every success of a known commit and those judged, in order of success;
    `received[c]` is the place in it of the one that first received commit c, BEFORE where one
    older than all that are judged had, NEVER where none did.
    """

    order: list[Success]
    received: list[int]
    judged: list[int]  #: places of the deployments of W3 (a) and (b), in order
    first: int | None  #: place of the first known success in sight: it ships nothing (LT2)
    baseline: int | None  #: the same, where it lies in the window
    waiting: list[int] | None = None  #: commits that wait (LT8); None where nothing can be said
    asked: list[Success] = field(default_factory=list)  #: older ones that marked (W3 (c)), in order
    hit_budget: bool = False
    needs_previous: bool = False  #: whether what was live before may be among those not read (b)
    needs_older: bool = False  #: whether older ones that were not read may have marked more (c)

    def shipping(self, span: Span) -> set[int]:
        """Places of the successes in the window that ship what they received first (LT2)."""
        return {
            place
            for place in self.judged
            if self.order[place].succeeded_at >= span.since and place != self.baseline
        }


def receive(
    successes: Sequence[Success],
    graph: CommitGraph,
    span: Span,
    *,
    head: int | None = None,
    older_count: int = 0,
    is_complete: bool = True,
) -> Reception:
    """Walk one environment's successes (LT1) and let older ones mark what they shipped (W3).

    *successes* are all that were read, in any order; *head* is the default branch's commit where
    waiting work is asked for (LT8). *older_count* older deployments of the repository were read,
    all there are if *is_complete*.
    """
    judged = {one for one in successes if one.created_at >= span.lookback}
    older = sorted(
        (one for one in successes if one.created_at < span.lookback and one.commit is not None),
        key=attrgetter("created_at", "deployment"),
        reverse=True,
    )
    had_earlier = any(_is_earlier(one, span) for one in judged)
    needs_previous = False
    if not had_earlier and any(one.succeeded_at >= span.since for one in judged):
        previous = next((one for one in older if _is_earlier(one, span)), None)
        if previous is None:
            needs_previous = not is_complete
        else:
            judged.add(previous)
            older.remove(previous)
    order = sorted([*judged, *older])
    places = [place for place, one in enumerate(order) if one in judged]
    received = [NEVER] * len(graph)
    for place in places:
        commit = order[place].commit
        if commit is not None:
            graph.receive(commit, place, received)
    known = [place for place in places if order[place].commit is not None]
    first = known[0] if known else None
    is_baseline = first is not None and order[first].succeeded_at >= span.since
    result = Reception(order, received, places, first, first if is_baseline else None)
    result.needs_previous = needs_previous
    if known:
        at = None if head is None else graph.at(head, span.until)
        result.waiting = None if at is None else graph.missing(at, received)
        _ask_older(result, older, graph, span, older_count, is_complete=is_complete)
    return result


def _is_earlier(one: Success, span: Span) -> bool:
    """Whether it is an earlier success in the sense of W3 (b): of a known commit (LT10)."""
    return one.succeeded_at < span.since and one.commit is not None


def _ask_older(
    result: Reception,
    older: Sequence[Success],
    graph: CommitGraph,
    span: Span,
    older_count: int,
    *,
    is_complete: bool,
) -> None:
    """W3 (c): mark what older successes shipped, newest first, while that may change a number.

    One older deployment after the other, until no commit that counts was committed before the
    oldest success: what is not read cannot have shipped what did not exist.
    """
    shipping = result.shipping(span)
    counts = shipping | {NEVER}
    received = result.received
    candidates = [commit for commit, place in enumerate(received) if place in shipping]
    candidates += [
        commit
        for commit in result.waiting or ()
        if commit not in graph.other_parents and commit not in graph.excluded
    ]
    dated = sorted(
        (committed, commit)
        for commit in candidates
        if (committed := graph.committed[commit]) is not None
    )
    oldest = min(
        result.order[place].succeeded_at
        for place in result.judged
        if result.order[place].commit is not None
    )
    place_of = {one.deployment: place for place, one in enumerate(result.order)}
    remaining = iter(older)
    for committed, commit in dated:
        while received[commit] in counts and committed < oldest:
            one = next(remaining, None)
            if one is None or one.commit is None or (one.older or 0) >= span.budget:
                result.hit_budget = one is not None or older_count > span.budget
                result.needs_older = not (is_complete or result.hit_budget)
                break
            result.asked.append(one)
            place = place_of[one.deployment]
            before = place < result.judged[0]
            graph.receive(one.commit, BEFORE if before else place, received)
            oldest = min(oldest, one.succeeded_at)
        else:
            continue
        break
    if result.waiting is not None:
        result.waiting = [commit for commit in result.waiting if received[commit] == NEVER]
