"""Reverts by hand: F3, RW1."""

import numpy as np

from dora.analysis.history import FirstShipped
from dora.analysis.reverts import _Reverts
from dora.demo.organization.model import Repository
from dora.model.references import Targets
from dora.model.same_changes import SameChanges
from tests.support.small_repositories import (
    Told,
    check,
    check_each,
    commit,
    deploy,
    line,
    repository,
    request,
    sha,
)

BEFORE = deploy(1, "a", -5)


def reverts(*names: str) -> str:
    """Message that git writes for a revert of each of *names*."""
    return "\n".join(['Revert "x"', "", *(f"This reverts commit {sha(one)}." for one in names)])


def told(by: str) -> Told:
    """What every plain revert comes to: 3 took back what 2 shipped."""
    return Told({2: [("revert", 2, 3, sha(by))]}, [(2, 3, [2])], [3])


def saying(message: str) -> Repository:
    """B was shipped, by request 7, then C with that message."""
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
    return repository(line("abc", c=message), *shipped, pull_requests=(request(7, "b"),))


def test_reverted() -> None:
    """F3, RW1: what shipped the reverted commit failed, until the revert was shipped: rework."""
    api = repository(line("abc", c=reverts("b")), BEFORE, deploy(2, "b", 2), deploy(3, "c", 3))
    check(told("c"), api)


def test_seen_across_two_deployments() -> None:
    """F3: the deployment that shipped it is failed, not the one in between."""
    between = deploy(2, "b", 2), deploy(3, "c", 3)
    api = repository(line("abcd", d=reverts("b")), BEFORE, *between, deploy(4, "d", 4))
    check(Told({2: [("revert", 2, 4, sha("d"))]}, [(2, 4, [2])], [4]), api)


def test_several_in_one_message() -> None:
    """F3: a message may revert several commits."""
    shipped = deploy(2, "b", 2), deploy(3, "c", 3)
    api = repository(line("abcd", d=reverts("b", "c")), BEFORE, *shipped, deploy(4, "d", 4))
    failed = {2: [("revert", 2, 4, sha("d"))], 3: [("revert", 3, 4, sha("d"))]}
    check(Told(failed, [(2, 4, [2]), (3, 4, [3])], [4]), api)


def test_two_reverts_of_one_deployment() -> None:
    """F3, R1: each revert is a reason; the deployment is down until the last."""
    commits = line("abcde", d=reverts("b"), e=reverts("c"))
    api = repository(commits, BEFORE, deploy(2, "c", 2), deploy(3, "d", 3), deploy(4, "e", 4))
    reasons = [("revert", 2, 3, sha("d")), ("revert", 2, 4, sha("e"))]
    check(Told({2: reasons}, [(2, 4, [2])], [3, 4]), api)


def test_shipped_together() -> None:
    """F3, RW1: a revert shipped with what it reverts is no failure, and no rework."""
    check(Told(), repository(line("abc", c=reverts("b")), BEFORE, deploy(2, "c", 2)))


def test_reverting_a_revert() -> None:
    """F3, RW1: it puts a change back, which is neither failure nor rework."""
    commits = line("abcd", c=reverts("b"), d=reverts("c"))
    api = repository(commits, BEFORE, deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "d", 4))
    check(told("c"), api)


def test_reverting_it_again() -> None:
    """F3: by parity along the chain, the third revert takes away what the second put back."""
    commits = line("abcde", c=reverts("b"), d=reverts("c"), e=reverts("d"))
    onward = [deploy(2 + place, name, 2 + place) for place, name in enumerate("bcde")]
    failed = {2: [("revert", 2, 3, sha("c"))], 4: [("revert", 4, 5, sha("e"))]}
    expected = Told(failed, [(2, 3, [2]), (4, 5, [4])], [3, 5])
    check(expected, repository(commits, BEFORE, *onward))


def test_short_sha() -> None:
    """F3: seven to forty hex digits that fit exactly one commit name it."""
    short = ["bbbbbbb", "bbbbbbbb", "BBBBBBB"]
    check_each(told("c"), [saying(f"This reverts commit {text}") for text in short])


def test_sha_that_names_nothing() -> None:
    """F3: too short, too long, and what nobody knows names no commit."""
    others = ["bbbbbb", sha("b") + "b", "9999999", sha("9"), "bbbbbbx"]
    check_each(Told(), [saying(f"This reverts commit {text}.") for text in others])


def test_short_sha_that_fits_two() -> None:
    """F3: digits that fit two commits name none, one digit more may tell them apart."""
    one, two = "b1b1b1b1", "b1b1b1bc"

    def api(digits: str) -> Repository:
        commits = [
            *(commit("a"), commit(one, "a"), commit(two, one)),
            commit("d", two, message=f"This reverts commit {digits}."),
        ]
        return repository(commits, BEFORE, deploy(2, two, 2), deploy(3, "d", 3))

    check(Told(), api("b1b1b1b"))
    check(told("d"), api("b1b1b1b1"))


def test_reverting_the_revert_of_something_unknown() -> None:
    """F3: a target that nobody knows counts as taken away, so its revert puts back."""
    commits = line("abcd", c=reverts("9"), d=reverts("c"))
    check(Told(), repository(commits, BEFORE, deploy(2, "c", 2), deploy(3, "d", 3)))


def test_request_by_its_number() -> None:
    """F3: a request named by number, here or with its repository, stands for its merge commit."""
    texts = ["Reverts #7", "Reverts org/api#7", "Reverts ORG/Api#7."]
    check_each(told("c"), [saying(f"Take it back\n\n{text}") for text in texts])


def test_request_by_a_title_alone() -> None:
    """F3: `Revert "… (#<n>)"` names request n, from whatever branch the revert came."""
    texts = ['Revert "Add thing (#7)" (#8)', 'Revert "Add thing (#7)"']
    check_each(told("c"), [saying(text) for text in texts])
    requests = request(7, "b"), request(8, "c", branch="undo-thing")
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
    check(told("c"), repository(line("abc", c=texts[0]), *shipped, pull_requests=requests))


def test_title_that_names_no_request() -> None:
    """F3: a number that is no merged request's, or none within the quotes, names nothing."""
    texts = ['Revert "Add thing (#9)" (#8)', 'Revert "Add thing" (#7)']
    check_each(Told(), [saying(text) for text in texts])


def test_reverting_a_revert_by_titles() -> None:
    """F3, RW1: the outermost title counts, so a revert's revert puts back, by parity."""
    titles = {
        "c": 'Revert "Add thing (#7)" (#8)',
        "d": 'Revert "Revert "Add thing (#7)" (#8)" (#9)',
        "e": 'Revert "Revert "Revert "Add thing (#7)" (#8)" (#9)" (#10)',
    }
    requests = [request(7 + place, name, branch="work") for place, name in enumerate("bcde")]
    onward = [deploy(2 + place, name, 2 + place) for place, name in enumerate("bcde")]
    failed = {2: [("revert", 2, 3, sha("c"))], 4: [("revert", 4, 5, sha("e"))]}
    expected = Told(failed, [(2, 3, [2]), (4, 5, [4])], [3, 5])
    api = repository(line("abcde", **titles), BEFORE, *onward, pull_requests=tuple(requests))
    check(expected, api)


def test_request_of_another_repository() -> None:
    """F3: another repository's request, or one that there is not, is a target nobody knows."""
    texts = ["Reverts org/web#7", "Reverts other/api#7", "Reverts #8"]
    check_each(Told(), [saying(text) for text in texts])


def test_branch_of_a_revert() -> None:
    """F3: a request from a branch `revert-<n>-…` reverts request n."""
    requests = request(7, "b"), request(8, "c", branch="revert-7-feature")
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
    check(told("c"), repository(line("abc"), *shipped, pull_requests=requests))


def test_branch_like_that_of_a_revert() -> None:
    """F3: the branch must begin like that, and the number end there."""
    requests = request(7, "b"), request(8, "c", branch="x-revert-7-y"), request(9, "d")
    further = request(10, "e", branch="revert-7")
    shipped = [deploy(2 + place, name, 2 + place) for place, name in enumerate("bcde")]
    api = repository(line("abcde"), BEFORE, *shipped, pull_requests=(*requests, further))
    check(Told(), api)


def test_said_in_two_ways() -> None:
    """F3: message and branch that name the same commit are one reason."""
    requests = request(7, "b"), request(8, "c", branch="revert-7-feature")
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "c", 3)
    both = line("abc", c=f"{reverts('b')}\nReverts #7")
    check(told("c"), repository(both, *shipped, pull_requests=requests))


def test_reverting_the_request_of_a_revert() -> None:
    """F3: parity goes through requests, too."""
    requests = (
        request(7, "b"),
        request(8, "c", branch="revert-7-x"),
        request(9, "d", branch="revert-8-revert-7-x"),
    )
    shipped = deploy(2, "b", 2), deploy(3, "c", 3), deploy(4, "d", 4)
    check(told("c"), repository(line("abcd"), BEFORE, *shipped, pull_requests=requests))


def test_merge_commit_reverts() -> None:
    """F3: a merge commit may be the revert."""
    side = commit("c", "b", at=-27)
    merge = commit("d", "b", "c", at=-26, message=reverts("b"))
    commits = [*line("ab"), side, merge]
    check(told("d"), repository(commits, BEFORE, deploy(2, "b", 2), deploy(3, "d", 3)))


def test_merge_commit_is_reverted() -> None:
    """F3: a merge commit may be reverted."""
    merge = commit("d", "b", "c", at=-26)
    commits = [*line("ab"), commit("c", "b", at=-27), merge]
    commits.append(commit("e", "d", at=-25, message=reverts("d")))
    check(told("e"), repository(commits, BEFORE, deploy(2, "d", 2), deploy(3, "e", 3)))


def test_received_before_the_window() -> None:
    """F3, RW1: what was shipped before the window failed there; the revert is rework here."""
    commits = line("abc", c=reverts("b"))
    check(Told(rework=[3]), repository(commits, BEFORE, deploy(2, "b", -2), deploy(3, "c", 3)))


def test_received_nobody_knows_when() -> None:
    """F3, RW1, LT2: the first success ships nothing; what it brought was received all the same."""
    commits = line("ab", b=reverts("a"))
    check(Told(rework=[2]), repository(commits, BEFORE, deploy(2, "b", 2)))


def test_never_received() -> None:
    """F3, RW1: reverting what this environment never received is neither."""
    commits = [*line("ab"), commit("c", "a", at=-27, message=reverts("b"))]
    staged = deploy(3, "b", -1, environment="staging")
    check(Told(), repository(commits, BEFORE, staged, deploy(2, "c", 2)))


def test_environments_differ() -> None:
    """F3: staging shipped one after the other and failed, production both at once."""
    api = repository(
        line("abc", c=reverts("b")),
        BEFORE,
        deploy(4, "c", 5),
        deploy(5, "a", -5, environment="staging"),
        deploy(2, "b", 2, environment="staging"),
        deploy(3, "c", 3, environment="staging"),
    )
    check(told("c"), api)


def test_shipped_after_the_window() -> None:
    """W2: a revert shipped at `until` does not exist."""
    late = deploy(3, "c", 29, ("success", 30))
    api = repository(line("abc", c=reverts("b")), BEFORE, deploy(2, "b", 2), late)
    check(Told(), api)


def test_reverts_of_several_reverts_take_no_exponential_time() -> None:
    """F3: each of fifty commits says that it reverts the two before it; messages are anyone's."""
    shas = [f"{number:040x}" for number in range(52)]
    targets = {
        sha: Targets(tuple(shas[max(0, place - 2) : place]), (), 0)
        for place, sha in enumerate(shas)
        if place
    }
    shipped = FirstShipped(
        slice(0, 52), np.arange(52), [*range(52)], frozenset(range(52)), frozenset()
    )
    found = _Reverts("api", targets, {}, shipped, SameChanges(), shas).found()
    # Every third takes both away that came before it, for these put back what was there.
    assert {(place, place - 1, shas[place]) for place in range(1, 52) if place % 3 == 1} <= {*found}


def test_chain_of_reverts_of_any_length() -> None:
    """F3: of three thousand commits each reverts the one before, whichever is looked at first."""
    count = 3000
    shas = [f"{number:040x}" for number in range(count)]
    targets = {shas[place]: Targets((shas[place - 1],), (), 0) for place in range(1, count)}
    newest_first = dict(reversed(targets.items()))
    shipped = FirstShipped(
        slice(0, count), np.arange(count), [*range(count)], frozenset(range(count)), frozenset()
    )
    found = _Reverts("api", newest_first, {}, shipped, SameChanges(), shas).found()

    assert {(place, place - 1, shas[place]) for place in range(1, count, 2)} == {*found}
