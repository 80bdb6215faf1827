"""Which successful deployment first shipped which commit, for one environment.

LT1, LT2, LT10, LT11, W3.

The collector uses it to decide how much older history must be read, the analysis to decide what
each deployment shipped; because it is one function, the two cannot disagree. Instants are
microseconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from dora.config import Config
from dora.model.commit_graph import NEVER, CommitGraph
from dora.model.same_changes import SameChanges

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Position of everything that was shipped before the first deployment that is judged.
BEFORE = -1


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def instant_of(at: int) -> datetime:
    """The instant so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=at)


class Success(NamedTuple):
    """A deployment that succeeded before `until`."""

    succeeded_at: int
    deployment: int  #: its id: the order among equal instants (D7)
    created_at: int
    commit: int | None  #: number in the graph; None where GitHub no longer has it (LT10)
    older: int | None = None  #: how many of the repository's older deployments came after it
    is_unchanged: bool = False  #: it marks commits as shipped, and ships none itself (D3)


@dataclass(frozen=True)
class LookbackSpan:
    """The window and the look-back of a run, the same for all its environments."""

    since: int
    until: int
    lookback: int  #: start of the look-back: `since` less `lookback` (W3 (a))
    budget: int  #: how many older deployments of a repository W3 (c) may take into account


def make_lookback_span(config: Config) -> LookbackSpan:
    """The run's window and look-back in microseconds, as `assign_commits` needs them."""
    window = config.window
    return LookbackSpan(
        since=microseconds(window.since),
        until=microseconds(window.until),
        lookback=microseconds(config.lookback_start),
        budget=config.collect.older_deployments,
    )


@dataclass
class ShippedCommits:
    """Which of one environment's successes first shipped which commit.

    `order` holds the judged successes, and all others whose commit is known, in order of success.
    `first_shipped_by[c]` is the position in `order` of the success that first shipped commit c:
    BEFORE where one did that is older than all that are judged, NEVER where none did.
    """

    order: list[Success]
    first_shipped_by: list[int]
    judged: list[int]  #: positions of the successes of W3 (a) and (b), in order
    first: int | None  #: position of the first success of a known commit: it ships nothing (LT2)
    baseline: int | None  #: the same, where it lies in the window
    waiting: list[int] | None = None  #: commits that wait (LT8); None where that is unknown
    repeated: frozenset[int] = frozenset()
    """Commits whose change was received before under another sha: they ship nothing (LT11)."""
    older_shippers: list[Success] = field(default_factory=list)
    """Older successes that were assigned what they shipped (W3 (c)), newest first."""
    hit_budget: bool = False  #: whether W3 (c) ended because its budget was used up
    needs_previous: bool = False  #: whether the previous success (b) may still have to be read
    needs_older: bool = False  #: whether older deployments (c) may still have to be read

    def shipping(self, span: LookbackSpan) -> set[int]:
        """Positions of the successes in the window that can ship something (LT2)."""
        return {
            position
            for position in self.judged
            if self.order[position].succeeded_at >= span.since
            and position != self.baseline
            and not self.order[position].is_unchanged
        }


def assign_commits(
    successes: Sequence[Success],
    graph: CommitGraph,
    span: LookbackSpan,
    *,
    same: SameChanges | None = None,
    head: int | None = None,
    older_count: int = 0,
    is_complete: bool = True,
) -> ShippedCommits:
    """Assign every commit to the success that first shipped it (LT1), older ones included (W3).

    *successes* are all that were read, in any order; *same* tells which commits are the same change
    (LT11), and *head* is the default branch's commit where waiting work is to be found (LT8).
    *older_count* deployments of the repository older than the
    look-back were read; these are all there are if *is_complete*.
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
        waits = frozenset(result.waiting or ())
        same = same or SameChanges()
        result.repeated = same.find_repeated(first_shipped_by, waits)
        _assign_older(result, older, graph, span, same, older_count, is_complete=is_complete)
        if result.older_shippers:
            result.repeated = same.find_repeated(first_shipped_by, waits)
        if result.waiting is not None:
            result.waiting = [
                commit
                for commit in result.waiting
                if first_shipped_by[commit] == NEVER and commit not in result.repeated
            ]
    return result


def _is_earlier(one: Success, span: LookbackSpan) -> bool:
    """Whether it can be the previous success of W3 (b): before the window, commit known (LT10)."""
    return one.succeeded_at < span.since and one.commit is not None


def _assign_older(
    result: ShippedCommits,
    older: Sequence[Success],
    graph: CommitGraph,
    span: LookbackSpan,
    same: SameChanges,
    older_count: int,
    *,
    is_complete: bool,
) -> None:
    """Assign to older successes what they shipped, newest first, while that can change a number.

    This is W3 (c). A commit that counts, in the window or waiting, may have been shipped long ago
    by a deployment that is not judged. A success can only have shipped commits that existed: so
    the older successes are taken one after the other, until no commit that still counts was
    committed before the oldest of them.
    """
    shipping = result.shipping(span)
    counts = shipping | {NEVER}
    first_shipped_by = result.first_shipped_by
    waits = frozenset(result.waiting or ())
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
        if (committed := graph.committed[commit]) is not None and commit not in result.repeated
    )

    def still_counts(commit: int) -> bool:
        return first_shipped_by[commit] in counts and not same.is_repeated(
            commit, first_shipped_by, waits
        )

    oldest = min(
        result.order[position].succeeded_at
        for position in result.judged
        if result.order[position].commit is not None
    )
    position_of = {one.deployment: position for position, one in enumerate(result.order)}
    remaining = iter(older)
    for committed, commit in dated:
        while committed < oldest and still_counts(commit):
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
