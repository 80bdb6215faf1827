"""Ancestry: by hand, and against sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.model.commit_graph import NEVER, NONE, CommitGraph
from tests.support.examples import examples

#: Parents of commits 0, 1, …; each has a higher number than its parents.
Parents = list[list[int]]


def graph_of(parents: Parents, committed: list[int | None] | None = None) -> CommitGraph:
    """A graph of commits numbered from 0."""
    graph = CommitGraph(len(parents))
    for child, own in enumerate(parents):
        for parent in own:
            graph.link(child, parent)
    if committed is not None:
        graph.committed[:] = committed
    return graph


def reached(parents: Parents, commit: int) -> set[int]:
    """What a commit reaches, itself among it, by definition."""
    return {commit}.union(*(reached(parents, one) for one in parents[commit]))


@st.composite
def histories(draw: st.DrawFn) -> Parents:
    """Up to a dozen commits with up to three parents each."""
    size = draw(st.integers(1, 12))
    return [
        draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True)) if n else []
        for n in range(size)
    ]


ANY = examples(150, few=20, derandomize=True)
#: A diamond with a tail: 0 ← 1 ← 2 ← 4, 1 ← 3 ← 4.
DIAMOND: Parents = [[], [0], [1], [1], [2, 3]]


def test_parents_keep_their_order() -> None:
    """The first parent linked is the branch a commit was made on."""
    graph = graph_of([[], [], [1, 0]])
    assert [(), (), (1, 0)] == [graph.parents(commit) for commit in range(3)]
    assert 3 == len(graph)


def test_commits_can_be_added() -> None:
    """A new commit is known with no parents and no date."""
    graph = graph_of(DIAMOND)
    assert (5, 6, (), None) == (graph.add(), len(graph), graph.parents(5), graph.committed[5])
    graph.link(5, 4)
    assert graph.is_ancestor(0, 5)


def test_receiving() -> None:
    """LT1: a commit is received with all it reaches, at the lowest place."""
    graph, first_shipped_by = graph_of(DIAMOND), [NEVER] * 5
    graph.assign(2, 1, first_shipped_by)
    graph.assign(4, 2, first_shipped_by)
    assert [1, 1, 1, 2, 2] == first_shipped_by
    graph.assign(3, 0, first_shipped_by)
    assert [0, 0, 1, 0, 2] == first_shipped_by


def test_missing() -> None:
    """LT8: what a commit reaches and nothing has received."""
    graph, first_shipped_by = graph_of(DIAMOND), [NEVER] * 5
    graph.assign(2, 0, first_shipped_by)
    assert [3, 4] == sorted(graph.missing(4, first_shipped_by))


def test_ancestors() -> None:
    """F2: an ancestor is reached and another commit."""
    graph = graph_of(DIAMOND)
    pairs = [(older, newer) for newer in range(5) for older in range(5)]
    found = [pair for pair in pairs if graph.is_ancestor(*pair)]
    expected = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (0, 4), (1, 4), (2, 4), (3, 4)]
    assert expected == found


@pytest.mark.parametrize(
    ("until", "commit"), [(100, 3), (40, 2), (31, 2), (30, 1), (20, 1), (11, 1), (10, None)]
)
def test_default_branch_at_an_instant(until: int, commit: int | None) -> None:
    """LT8: the first commit along first parents committed before that; clocks may be wrong."""
    graph = graph_of([[], [0], [1], [2]], [None, 10, 30, 40])
    assert commit == graph.at(3, until)


def test_default_branch_follows_first_parents_alone() -> None:
    """LT8: what a merge brought is not walked."""
    graph = graph_of([[], [], [0, 1]], [20, 5, 30])
    assert [2, 0, None] == [graph.at(2, until) for until in (31, 21, 6)]
    assert NONE == graph.first_parent[0]


def test_long_history() -> None:
    """A hundred thousand commits in a row are walked without recursion."""
    size = 100_000
    graph = graph_of([[]] + [[n] for n in range(size - 1)], [*range(size)])
    first_shipped_by = [NEVER] * size
    graph.assign(size // 2, 0, first_shipped_by)
    assert graph.is_ancestor(0, size - 1)
    assert size - 1 - size // 2 == len(graph.missing(size - 1, first_shipped_by))
    assert 9 == graph.at(size - 1, 10)


@given(histories(), st.data())
@ANY
def test_receiving_any_history(parents: Parents, data: st.DataObject) -> None:
    """LT1: in whatever order places are given, each commit has the lowest that reached it."""
    tips = data.draw(st.lists(st.integers(0, len(parents) - 1), max_size=5))
    positions = data.draw(st.permutations(range(len(tips))))
    graph, first_shipped_by = graph_of(parents), [NEVER] * len(parents)
    for position in positions:
        graph.assign(tips[position], position, first_shipped_by)
    reach = [reached(parents, tip) for tip in tips]
    expected = [
        min((position for position, one in enumerate(reach) if commit in one), default=NEVER)
        for commit in range(len(parents))
    ]
    assert expected == first_shipped_by
    head = len(parents) - 1
    left = reached(parents, head) - {
        one for one, position in enumerate(first_shipped_by) if position != NEVER
    }
    found = graph.missing(head, first_shipped_by)
    assert (sorted(left), len(found)) == (sorted(found), len(set(found)))


@given(histories())
@ANY
def test_ancestors_in_any_history(parents: Parents) -> None:
    """F2: a proper ancestor is one of what is reached, less the commit itself."""
    graph = graph_of(parents)
    size = range(len(parents))
    expected = [[older in reached(parents, newer) - {newer} for older in size] for newer in size]
    assert expected == [[graph.is_ancestor(older, newer) for older in size] for newer in size]


@given(histories(), st.data())
@ANY
def test_difference_is_what_only_one_reaches(parents: Parents, data: st.DataObject) -> None:
    """LT11: the commits of a request are those that its head reaches and its base does not."""
    commits = st.integers(0, len(parents) - 1)
    newer, older = data.draw(commits), data.draw(st.one_of(commits, st.just(NONE)))
    without = set() if older == NONE else reached(parents, older)
    found = graph_of(parents).difference(newer, older)
    assert sorted(reached(parents, newer) - without) == sorted(found)
