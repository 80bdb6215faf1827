"""How far back must be read: the collector's question and the computation's answer."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.model.commit_graph import NEVER, CommitGraph
from dora.model.shipped_commits import (
    BEFORE,
    LookbackSpan,
    ShippedCommits,
    Success,
    assign_commits,
    make_lookback_span,
    microseconds,
)
from tests.support.examples import examples
from tests.support.tables import DAY, ago, config

#: Days are numbered; the window is [100, 130), the look-back begins at 70.
SPAN = LookbackSpan(since=100, until=130, lookback=70, budget=50)


def graph_of(*commits: tuple[int, list[int]]) -> CommitGraph:
    """A graph of `(committed, parents)`."""
    graph = CommitGraph(len(commits))
    for number, (committed, parents) in enumerate(commits):
        graph.committed[number] = committed
        for parent in parents:
            graph.link(number, parent)
    return graph


def success(deployment: int, at: int, commit: int | None, **other: int) -> Success:
    """A success created when it succeeded, unless said otherwise."""
    return Success(at, deployment, other.get("created", at), commit, other.get("older", 0))


LINE = graph_of((10, []), (60, [0]), (90, [1]), (110, [2]))


def test_span_of_a_run() -> None:
    """W3 (a): the look-back begins `lookback` before the window."""
    found = make_lookback_span(config(lookback="5d", collect={"older_deployments": 7}))
    begin, end = microseconds(ago(30 * DAY)), microseconds(ago(0))
    assert LookbackSpan(begin, end, microseconds(ago(35 * DAY)), 7) == found


def test_earlier_success_in_the_look_back() -> None:
    """W3 (a), LT2: it marks what it shipped, and nothing more is needed."""
    found = assign_commits([success(1, 95, 2), success(2, 105, 3)], LINE, SPAN, is_complete=False)
    assert [0, 0, 0, 1] == found.first_shipped_by
    assert (None, {1}, [0, 1]) == (found.baseline, found.shipping(SPAN), found.judged)
    assert (False, False) == (found.needs_previous, found.needs_older)


def test_previous_success_is_asked_for() -> None:
    """W3 (b): deployed in the window and nothing before it in sight: more must be read."""
    found = assign_commits([success(2, 105, 3)], LINE, SPAN, is_complete=False)
    assert (0, True, True) == (found.baseline, found.needs_previous, not found.shipping(SPAN))
    complete = assign_commits([success(2, 105, 3)], LINE, SPAN)
    assert (0, False, False) == (
        complete.baseline,
        complete.needs_previous,
        complete.needs_older,
    )


def test_success_at_the_first_instant_is_in_the_window() -> None:
    """W3 (b), LT2: what succeeded as the window began ships changes; the success before is read."""
    found = assign_commits([success(1, 60, 1), success(2, 100, 3)], LINE, SPAN)
    assert [1, 2] == [found.order[position].deployment for position in found.judged]
    assert (None, {1}, [0, 0, 1, 1]) == (
        found.baseline,
        found.shipping(SPAN),
        found.first_shipped_by,
    )


def test_previous_success_was_created_last() -> None:
    """W3 (b): of older successes before the window the one created last is a deployment, too."""
    older = [
        success(1, 50, 0, created=40),
        success(2, 45, 1, created=44),
        success(3, 104, 2, created=60),
    ]
    found = assign_commits([*older, success(4, 105, 3)], LINE, SPAN)
    assert [2, 4] == [found.order[position].deployment for position in found.judged]


def test_nothing_is_asked_where_nothing_was_deployed() -> None:
    """W3 (b): an environment that did not deploy in the window needs no earlier success."""
    found = assign_commits([success(1, 60, 0, created=50)], LINE, SPAN, is_complete=False)
    assert ([], None, None, False) == (
        found.judged,
        found.baseline,
        found.waiting,
        found.needs_previous,
    )


def test_success_of_an_unknown_commit_is_no_earlier_one() -> None:
    """LT10, W3 (b): the first success of a known commit is the baseline."""
    unread = assign_commits(
        [success(1, 95, None), success(2, 105, 3)], LINE, SPAN, is_complete=False
    )
    assert (1, [0, 1], True) == (unread.baseline, unread.judged, unread.needs_previous)
    assert [1, 1, 1, 1] == unread.first_shipped_by


#: 1 was on a branch of its own until 3 merged it.
MERGED = graph_of((10, []), (20, [0]), (80, [0]), (90, [2, 1]))


def test_older_ones_are_asked_while_a_commit_is_older_than_them() -> None:
    """W3 (c): a shipped commit older than the oldest success may have been shipped before."""
    judged = [success(5, 85, 2), success(6, 105, 3)]
    unread = assign_commits(judged, MERGED, SPAN, is_complete=False)
    assert (True, [0, 1, 0, 1]) == (unread.needs_older, unread.first_shipped_by)
    older = [success(3, 60, 0, older=1), success(2, 50, 1, older=2), success(1, 15, 0, older=3)]
    found = assign_commits([*older, *judged], MERGED, SPAN, older_count=4)
    position = {one.deployment: number for number, one in enumerate(found.order)}
    assert [BEFORE, BEFORE, position[5], position[6]] == found.first_shipped_by
    assert [3, 2] == [one.deployment for one in found.older_shippers]
    assert [5, 6] == [found.order[one].deployment for one in found.judged]


@pytest.mark.parametrize(
    ("budget", "count", "hit", "shipped"),
    [(3, 3, False, 1), (2, 3, True, 2), (1, 3, True, 2), (0, 3, True, 2), (0, 0, False, 2)],
)
def test_budget_of_older_ones(budget: int, count: int, hit: bool, shipped: int) -> None:
    """W3: at most so many of a repository's older deployments are asked, whoever's they are."""
    older = [success(3, 60, 0, older=1), success(2, 50, 1, older=2)] if count else []
    judged = [success(5, 85, 2), success(6, 105, 3)]
    span = with_budget(budget)
    found = assign_commits([*older, *judged], MERGED, span, older_count=count)
    at = {one.deployment: number for number, one in enumerate(found.order)}
    assert (hit, shipped) == (found.hit_budget, found.first_shipped_by.count(at[6]))
    assert not found.needs_older


def with_budget(budget: int) -> LookbackSpan:
    """SPAN with another budget."""
    return LookbackSpan(SPAN.since, SPAN.until, SPAN.lookback, budget)


def test_list_that_ends_within_the_budget_is_no_hit() -> None:
    """W3 (c): read to the end of the list, nothing was missed."""
    judged = [success(5, 85, 2), success(6, 105, 3)]
    found = assign_commits(judged, MERGED, with_budget(5), older_count=5)
    assert (False, False) == (found.hit_budget, found.needs_older)


def test_waiting_commits() -> None:
    """LT8: what the default branch had at `until` and nobody received."""
    found = assign_commits([success(1, 95, 1)], LINE, SPAN, head=3)
    assert found.waiting is not None
    assert [2, 3] == sorted(found.waiting)
    earlier = LookbackSpan(since=80, until=100, lookback=50, budget=50)
    past = assign_commits([success(1, 95, 1)], LINE, earlier, head=3)
    assert [2] == past.waiting


@pytest.mark.parametrize("commit", [None, 3])
def test_nothing_known_to_wait(commit: int | None) -> None:
    """LT8: without a head or a success of a known commit nothing can be said."""
    head = 3 if commit is None else None
    assert assign_commits([success(1, 95, commit)], LINE, SPAN, head=head).waiting is None
    assert assign_commits([], LINE, SPAN, head=3).waiting is None


def test_walk_leaves_what_it_was_given() -> None:
    """The successes are looked at, never changed."""
    given_to = [success(2, 105, 3), success(1, 95, 2)]
    copy = list(given_to)
    assign_commits(given_to, LINE, SPAN)
    assert copy == given_to


# Reading page by page -------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Successes newest creation first, a graph, a budget."""

    successes: list[Success]
    graph: CommitGraph
    span: LookbackSpan
    head: int | None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Histories whose every commit is dated, wrongly now and then, and whose order is anybody's."""
    size = draw(st.integers(1, 7))
    commits = [
        (draw(st.integers(1, 128)), draw(st.lists(st.integers(0, n - 1), max_size=2, unique=True)))
        if n
        else (1, [])
        for n in range(size)
    ]
    made = draw(
        st.lists(
            st.tuples(
                st.integers(1, 129),
                st.integers(0, 40),
                st.one_of(st.none(), st.integers(0, size - 1)),
            ),
            max_size=7,
        )
    )
    newest_first = sorted(
        ((created, number, late, commit) for number, (created, late, commit) in enumerate(made)),
        reverse=True,
    )
    successes, older = [], 0
    for created, number, late, commit in newest_first:
        rank = older if created < SPAN.lookback else 0
        older += created < SPAN.lookback
        if created + late < SPAN.until:
            successes.append(Success(created + late, number, created, commit, rank))
    head = draw(st.one_of(st.none(), st.just(size - 1)))
    return Case(successes, graph_of(*commits), with_budget(draw(st.sampled_from((50, 1, 0)))), head)


def told(found: ShippedCommits, span: LookbackSpan) -> tuple[object, ...]:
    """What a reception says about the window, by deployment."""
    shipping = found.shipping(span)
    shipped = {
        commit: found.order[position].deployment
        for commit, position in enumerate(found.first_shipped_by)
        if position in shipping and position != NEVER
    }
    judged = [found.order[position].deployment for position in found.judged]
    baseline = None if found.baseline is None else found.order[found.baseline].deployment
    waiting = None if found.waiting is None else sorted(found.waiting)
    return shipped, judged, baseline, waiting


@given(cases())
@examples(300, few=40, derandomize=True)
def test_reading_stops_where_nothing_more_can_change(case: Case) -> None:
    """W3: once no more is needed, what was read says what reading everything says."""
    older = [one for one in case.successes if one.created_at < case.span.lookback]
    recent = [one for one in case.successes if one.created_at >= case.span.lookback]
    ranks = max((one.older or 0 for one in older), default=-1) + 1
    every = assign_commits(case.successes, case.graph, case.span, head=case.head, older_count=ranks)
    for read in range(len(older) + 1):
        seen = ranks if read == len(older) else older[read].older or 0
        found = assign_commits(
            recent + older[:read],
            case.graph,
            case.span,
            head=case.head,
            older_count=seen,
            is_complete=read == len(older),
        )
        if not (found.needs_previous or found.needs_older):
            assert told(every, case.span) == told(found, case.span)
            assert every.hit_budget == found.hit_budget
            return
    pytest.fail("read to the end, and still more is needed")
