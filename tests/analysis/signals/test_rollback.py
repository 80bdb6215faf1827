"""Rollbacks by hand: F2, RW1."""

from tests.support.small_repositories import (
    Told,
    check,
    check_each,
    commit,
    deploy,
    line,
    repository,
)

BEFORE = deploy(1, "a", -5)


def test_back_by_one() -> None:
    """F2, RW1: what went back is failed from its success to the rollback's, which is rework."""
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), deploy(3, "a", 3))
    check(Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3]), api)


def test_back_over_two() -> None:
    """F2: from A to B to C and back to A, B is what had to go."""
    api = repository(line("abc"), BEFORE, deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "a", 4))
    check(Told({2: [("rollback", 2, 4, "4")]}, [(2, 4, [2])], [4]), api)


def test_rollback_of_a_rollback() -> None:
    """F2: C back to B fails C; B further back to A fails the first B."""
    onward = deploy(2, "b", 2), deploy(3, "c", 3)
    api = repository(line("abc"), BEFORE, *onward, deploy(4, "b", 4), deploy(5, "a", 5))
    failed = {2: [("rollback", 2, 5, "5")], 3: [("rollback", 3, 4, "4")]}
    check(Told(failed, [(2, 5, [2]), (3, 4, [3])], [4, 5]), api)


def test_forward_again() -> None:
    """F2: rolling forward again is no rollback."""
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), deploy(3, "a", 3), deploy(4, "b", 4))
    check(Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3]), api)


def test_twice_rolled_back() -> None:
    """F2: the second time counts from the latest earlier success of the rollback's own sha."""
    once = deploy(2, "b", 2), deploy(3, "a", 3)
    api = repository(line("abc"), BEFORE, *once, deploy(4, "c", 4), deploy(5, "a", 5))
    failed = {2: [("rollback", 2, 3, "3")], 4: [("rollback", 4, 5, "5")]}
    check(Told(failed, [(2, 3, [2]), (4, 5, [4])], [3, 5]), api)


def test_back_to_where_it_never_was() -> None:
    """F2: a sha that never succeeded there fails the live deployment it replaced."""
    api = repository(line("abc"), BEFORE, deploy(2, "c", 2), deploy(3, "b", 3))
    check(Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3]), api)


SAID = [
    {"task": "rollback"},
    {"payload": '{"rollback": true}'},
    {"payload": '"{\\"rollback\\": true}"'},
]


def test_said_to_be_one() -> None:
    """F2: task or payload make a rollback of a deployment of another sha, whatever it is."""
    scenes = [
        repository(line("abc"), BEFORE, deploy(2, "b", 2), deploy(3, "c", 3, **said))
        for said in SAID
    ]
    expected = Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3])
    check_each(expected, scenes)


NOT_SAID = [
    {"task": "Rollback"},
    {"payload": '{"rollback": "true"}'},
    {"payload": '{"rollback": 1}'},
    {"payload": '{"deep": {"rollback": true}}'},
    {"payload": "rollback"},
]


def test_not_said_to_be_one() -> None:
    """F2: only the task `rollback` and a true `rollback` say so."""
    scenes = [
        repository(line("abc"), BEFORE, deploy(2, "b", 2), deploy(3, "c", 3, **said))
        for said in NOT_SAID
    ]
    check_each(Told(), scenes)


def test_same_sha_again() -> None:
    """F2: deploying what is live already is no rollback, whatever its task."""
    again = deploy(3, "b", 3, task="rollback"), deploy(4, "b", 4, payload='{"rollback": true}')
    check(Told(), repository(line("ab"), BEFORE, deploy(2, "b", 2), *again))


def test_out_of_order() -> None:
    """F2: an older deployment that finished late was not created to roll back."""
    late = deploy(2, "b", 1, ("success", 3))
    check(Told(), repository(line("abc"), BEFORE, late, deploy(3, "c", 2)))


def test_another_branch_is_no_ancestor() -> None:
    """F2: only a proper ancestor of what is live goes back."""
    commits = [*line("ab"), commit("c", "a")]
    check(Told(), repository(commits, BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)))


def test_each_environment_for_itself() -> None:
    """F2: staging going back fails nothing in production; it works in every environment."""
    api = repository(
        line("ab"),
        BEFORE,
        deploy(2, "b", 2),
        deploy(3, "a", -4, environment="staging"),
        deploy(4, "b", 1, environment="staging"),
        deploy(5, "a", 3, environment="staging"),
    )
    check(Told({4: [("rollback", 1, 3, "5")]}, [(1, 3, [4])], [5]), api)


def test_across_the_edges_of_the_window() -> None:
    """R3, RW1: what went back failed before the window, the rollback in it is rework of it."""
    api = repository(line("ab"), BEFORE, deploy(2, "b", -2), deploy(3, "a", 1))
    check(Told(rework=[3]), api)


def test_after_the_window() -> None:
    """W2: a rollback at `until` or later does not exist."""
    late = deploy(3, "a", 29.5, ("success", 30))
    check(Told(), repository(line("ab"), BEFORE, deploy(2, "b", 29), late))


def test_failed_rollback() -> None:
    """F2: a rollback is a success; one that failed has a failure status alone."""
    broken = deploy(3, "a", 3, ("failure", 3))
    api = repository(line("ab"), BEFORE, deploy(2, "b", 2), broken)
    expected = Told({3: [("status", 3, None, "failure")]}, [(3, None, [3])], never_live=1)
    check(expected, api)


def test_unknown_commit() -> None:
    """F2, LT10: of a commit that is gone nobody knows whether it goes back."""
    check(Told(), repository(line("ab"), BEFORE, deploy(2, "b", 2), deploy(3, "9", 3)))
    said = deploy(3, "9", 3, task="rollback")
    gone = repository(line("ab"), BEFORE, deploy(2, "b", 2), said)
    check(Told({2: [("rollback", 2, 3, "3")]}, [(2, 3, [2])], [3]), gone)
