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
class LookbackSpan:
    """What the look-back is judged by, the same for every environment of a run."""

    since: int
    until: int
    lookback: int  #: begin of the look-back: `since` less `lookback` (W3 (a))
    budget: int  #: older deployments of a repository that (c) may ask


def make_lookback_span(config: Config) -> LookbackSpan:
    """The run's window and look-back as `assign_commits` counts them."""
    window = config.window
    return LookbackSpan(
        since=microseconds(window.since),
        until=microseconds(window.until),
        lookback=microseconds(config.lookback_start),
        budget=config.collect.older_deployments,
    )


@dataclass
class ShippedCommits:
    """Who received what in one environment.

    `order` holds every success of a known commit and those judged, in order of success;
    `first_shipped_by[c]` is the position in it of the one that first shipped commit c, BEFORE where one
    older than all that are judged had, NEVER where none did.
    """

    order: list[Success]
    first_shipped_by: list[int]
    judged: list[int]  #: places of the deployments of W3 (a) and (b), in order
    first: int | None  #: place of the first known success in sight: it ships nothing (LT2)
    baseline: int | None  #: the same, where it lies in the window
    waiting: list[int] | None = None  #: commits that wait (LT8); None where nothing can be said
    older_shippers: list[Success] = field(default_factory=list)
    """Older successes that were assigned what they shipped (W3 (c)), newest first."""
    hit_budget: bool = False
    needs_previous: bool = False  #: whether what was live before may be among those not read (b)
    needs_older: bool = False  #: whether older ones that were not read may have marked more (c)

    def shipping(self, span: LookbackSpan) -> set[int]:
        """Places of the successes in the window that ship what they received first (LT2)."""
        return {
            position
            for position in self.judged
            if self.order[position].succeeded_at >= span.since and position != self.baseline
        }


def assign_commits(
    successes: Sequence[Success],
    graph: CommitGraph,
    span: LookbackSpan,
    *,
    head: int | None = None,
    older_count: int = 0,
    is_complete: bool = True,
) -> ShippedCommits:
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
    positions = [position for position, one in enumerate(order) if one in judged]
    first_shipped_by = [NEVER] * len(graph)
    for position in positions:
        commit = order[position].commit
        if commit is not None:
            graph.assign(commit, position, first_shipped_by)
    known = [position for position in positions if order[position].commit is not None]
    first = known[0] if known else None
    is_baseline = first is not None and order[first].succeeded_at >= span.since
    result = ShippedCommits(
        order, first_shipped_by, positions, first, first if is_baseline else None
    )
    result.needs_previous = needs_previous
    if known:
        at = None if head is None else graph.at(head, span.until)
        result.waiting = None if at is None else graph.missing(at, first_shipped_by)
        _assign_older(result, older, graph, span, older_count, is_complete=is_complete)
    return result


def _is_earlier(one: Success, span: LookbackSpan) -> bool:
    """Whether it is an earlier success in the sense of W3 (b): of a known commit (LT10)."""
    return one.succeeded_at < span.since and one.commit is not None


def _assign_older(
    result: ShippedCommits,
    older: Sequence[Success],
    graph: CommitGraph,
    span: LookbackSpan,
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
    first_shipped_by = result.first_shipped_by
    candidates = [
        commit for commit, position in enumerate(first_shipped_by) if position in shipping
    ]
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
        result.order[position].succeeded_at
        for position in result.judged
        if result.order[position].commit is not None
    )
    position_of = {one.deployment: position for position, one in enumerate(result.order)}
    remaining = iter(older)
    for committed, commit in dated:
        while first_shipped_by[commit] in counts and committed < oldest:
            one = next(remaining, None)
            if one is None or one.commit is None or (one.older or 0) >= span.budget:
                result.hit_budget = one is not None or older_count > span.budget
                result.needs_older = not (is_complete or result.hit_budget)
                break
            result.older_shippers.append(one)
            position = position_of[one.deployment]
            before = position < result.judged[0]
            graph.assign(one.commit, BEFORE if before else position, first_shipped_by)
            oldest = min(oldest, one.succeeded_at)
        else:
            continue
        break
    if result.waiting is not None:
        result.waiting = [commit for commit in result.waiting if first_shipped_by[commit] == NEVER]
