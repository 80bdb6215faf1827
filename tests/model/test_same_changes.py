"""Commits that are one change: groups of picks, squashes, and a law against a plain definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.model.commit_graph import NEVER, CommitGraph
from dora.model.references import find_origins
from dora.model.same_changes import SameChanges, Squash, find_same_changes
from dora.model.shipped_commits import LookbackSpan, Success, assign_commits
from tests.support.examples import examples

SHAS = [f"{number:x}" * 40 for number in range(10)]


def graph_of(*parents: list[int]) -> CommitGraph:
    """A graph of commits numbered from 0, each made an hour after the one before."""
    graph = CommitGraph(len(parents))
    for number, own in enumerate(parents):
        graph.committed[number] = number
        for parent in own:
            graph.link(number, parent)
    return graph


def same_of(
    graph: CommitGraph, picks: dict[int, list[str]], squashes: tuple[Squash, ...] = ()
) -> SameChanges:
    """The same changes of commits with the shas of SHAS."""

    def find(prefix: str) -> list[int]:
        return [n for n, sha in enumerate(SHAS[: len(graph)]) if sha.startswith(prefix)]

    return find_same_changes(picks, squashes, graph, find=find, sha=SHAS.__getitem__)


def line(text: str) -> str:
    """What `git cherry-pick -x` writes."""
    return f"(cherry picked from commit {text})"


@pytest.mark.parametrize(
    ("message", "shas"),
    [
        pytest.param("Fix", (), id="no pick"),
        pytest.param(f"Fix\n\n{line('abcdef0')}", ("abcdef0",), id="a pick"),
        pytest.param(f"Fix\n\n{line('ABCDEF0')}\r\n", ("abcdef0",), id="upper case, Windows"),
        pytest.param(
            f"Fix\n\n{line('1' * 40)}\n{line('2' * 40)}\n\nSigned-off-by: Ada",
            ("1" * 40, "2" * 40),
            id="picked twice",
        ),
        pytest.param(
            f"* One\n\n{line('1' * 40)}\n\n* Two\n\n{line('2' * 40)}", ("2" * 40,), id="a list"
        ),
        pytest.param(f"{line('1' * 40)}\n{line('1' * 40)}", ("1" * 40,), id="said twice"),
        pytest.param(line("123456"), (), id="six digits"),
        pytest.param(line("1" * 41), (), id="41 digits"),
        pytest.param("(Cherry picked from commit 1234567)", (), id="other words"),
    ],
)
def test_origins_that_a_message_names(message: str, shas: tuple[str, ...]) -> None:
    """LT11: the last lines that stand together, as picks of picks write them."""
    assert shas == find_origins(message)


def test_nothing_is_the_same() -> None:
    """LT11: without picks and squashes there is nothing to find."""
    same = same_of(graph_of([], [0]), {}, (Squash(1, None, (1,)),))
    assert not same
    assert [1] == [*same.names(1)]
    assert frozenset() == same.find_repeated([0, 1], ())


def test_picks_of_picks_are_one_group() -> None:
    """LT11: 1 was picked as 2, that as 3; 4 and 5 were picked from one that nobody knows."""
    graph = graph_of([], [0], [0], [2], [3], [4])
    picks = {2: [SHAS[1]], 3: [SHAS[2]], 4: [SHAS[9]], 5: [SHAS[9]]}
    same = same_of(graph, picks)
    assert {1, 2, 3} == set(same.names(1)) == set(same.names(3))
    assert {4, 5, SHAS[9]} == set(same.names(5)) == set(same.names(SHAS[9]))
    assert {2, 3, 5} == same.find_repeated([0, 1, 2, 3, 4, 4], ())


def test_short_sha_that_fits_two_commits() -> None:
    """LT11: it names none of them, and nothing unknown."""
    graph = graph_of([], [0], [1])

    def find(_: str) -> list[int]:
        return [0, 1]

    same = find_same_changes({2: ["abcdef0"]}, (), graph, find=find, sha=SHAS.__getitem__)
    assert [2] == [*same.names(2)]


def test_commits_of_a_request_are_not_one_change() -> None:
    """LT11: 1, 2, 3 were squashed as 4; GitHub tells of the first and the last two at most."""
    graph = graph_of([], [0], [1], [2], [0])
    same = same_of(graph, {}, (Squash(4, 3, (1, 3)),))
    assert {4, 3} == set(same.names(4))
    assert [{one, 4} for one in (1, 2, 3)] == [set(same.names(one)) for one in (1, 2, 3)]
    assert {4} == same.find_repeated([0, 1, 1, 1, 2], ())
    assert set() == same.find_repeated([0, 1, 2, NEVER, 3], ())
    assert {1, 2, 3} == same.find_repeated([0, 2, 2, 2, 1], ())


def test_what_trunk_had_is_none_of_a_requests_commits() -> None:
    """LT11: 3 squashed the branch of 2; 1 came from trunk, as the merge of it into the branch."""
    graph = graph_of([], [0], [0], [1], [2, 1])
    same = same_of(graph, {}, (Squash(3, 4, ()),))
    assert [[0], [1]] == [[*same.names(0)], [*same.names(1)]]
    assert [{2, 3}, {4, 3}] == [set(same.names(2)), set(same.names(4))]


def test_together_the_one_committed_first_is_first() -> None:
    """LT11: of one deployment, and of those that wait; at one instant by sha."""
    graph = graph_of([], [0], [0], [1, 2])
    same = same_of(graph, {1: [SHAS[2]]})
    assert {2} == same.find_repeated([0, 1, 1, 1], ())
    assert {2} == same.find_repeated([0, NEVER, NEVER, NEVER], (1, 2, 3))
    assert set() == same.find_repeated([0, NEVER, NEVER, NEVER], (2,))
    graph.committed[1] = 2
    assert {2} == same_of(graph, {2: [SHAS[1]]}).find_repeated([0, 1, 1, 1], ())
    graph.committed[1] = 3
    assert {1} == same_of(graph, {2: [SHAS[1]]}).find_repeated([0, 1, 1, 1], ())


SPAN = LookbackSpan(since=100, until=130, lookback=70, budget=50)


def test_look_back_ends_where_a_change_was_received_under_another_sha() -> None:
    """LT11, W3 (c): what counts for nothing needs no older deployments."""
    graph = graph_of([], [0], [0], [1])
    graph.committed[:] = [10, 12, 11, 110]  # 1 is a pick of 2, from long before 3
    own = [Success(60, 1, 60, 2, 1), Success(90, 2, 90, 0), Success(105, 3, 105, 3)]
    plain = assign_commits(own, graph, SPAN, older_count=2, is_complete=False)
    assert ({60}, True) == ({one.succeeded_at for one in plain.older_shippers}, plain.needs_older)
    same = same_of(graph, {1: [SHAS[2]]})
    found = assign_commits(own, graph, SPAN, same=same, older_count=2, is_complete=False)
    assert ([60], False) == ([one.succeeded_at for one in found.older_shippers], found.needs_older)
    assert {1} == found.repeated & {1, 3}


def test_original_does_not_wait_where_its_pick_was_received() -> None:
    """LT11, LT8: neither does it make older deployments be read."""
    graph = graph_of([], [0], [0])
    graph.committed[:] = [10, 20, 30]  # 2 was picked from 1, which is the head of trunk
    own = [Success(105, 1, 105, 2), Success(95, 2, 95, 0)]
    same = same_of(graph, {2: [SHAS[1]]})
    plain = assign_commits(own, graph, SPAN, head=1, is_complete=False)
    found = assign_commits(own, graph, SPAN, same=same, head=1, is_complete=False)
    assert ([1], True) == (plain.waiting, plain.needs_older)
    assert ([], True) == (found.waiting, found.needs_older)  # 2 itself is older than both


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9)), max_size=5),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=2),
    st.lists(st.sampled_from((0, 1, 2, 3, NEVER)), min_size=7, max_size=7),
    st.sets(st.integers(0, 6)),
)
@examples(300, few=60, derandomize=True)
def test_repeated_is_what_has_a_name_that_came_first(
    picked: list[tuple[int, int]],
    squashed: list[tuple[int, int]],
    positions: list[int],
    waiting: set[int],
) -> None:
    """LT11: one by one and all at once, by the definition."""
    graph = graph_of([], *([0] for _ in range(6)))
    picks: dict[int, list[str]] = {}
    for pick, original in picked:
        picks.setdefault(pick, []).append(SHAS[original])
    squashes = tuple(Squash(squash, head, ()) for squash, head in dict(squashed).items())
    same = same_of(graph, picks, squashes)

    def turn(one: int) -> tuple[int, int]:
        is_nowhere = positions[one] == NEVER and one not in waiting
        return positions[one] + is_nowhere, one

    counted = [one for one in range(7) if turn(one)[0] <= NEVER]
    expected = {
        one
        for one in counted
        if any(turn(name) < turn(one) for name in same.names(one) if isinstance(name, int))
    }
    assert expected == same.find_repeated(positions, waiting)
    assert expected == {one for one in counted if same.is_repeated(one, positions, waiting)}
