"""One change under several shas: cherry-picks and squashes of what was live (LT11)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dora.demo.organization.model import Commit, PullRequest, Repository
from tests.oracle.settings import Services
from tests.support.small_repositories import (
    Ask,
    Told,
    answers,
    ask,
    ask_oracle,
    check,
    commit,
    deploy,
    line,
    repository,
    request,
    sha,
)

BEFORE = deploy(1, "a", -5)
WAYS: Sequence[Ask] = (ask, ask_oracle)


class Arrived(NamedTuple):
    """What production was shipped and lacks: the first letters of commits."""

    shipped: dict[int, str]  #: by deployment
    waiting: str = ""


def arrived(one: Repository, by: Ask, **other: Any) -> Arrived:
    """What the evidence says of changes shipped in the window, and of those that wait."""
    report, evidence = answers([one], by, other)
    (row,) = [row for row in report["rows"] if row["key"]["environment"] == "production"]
    shipped: dict[int, list[str]] = {}
    for change in evidence["changes"]:
        if change["environment"] == "production":
            shipped.setdefault(change["deployment"], []).append(change["sha"][0])
    waiting = "".join(sorted(change["sha"][0] for change in evidence["waiting"]))
    assert sum(map(len, shipped.values())) == row["change_lead_time"]["changes"]
    assert len(waiting) == row["waiting"]["changes"]
    return Arrived({key: "".join(sorted(own)) for key, own in shipped.items()}, waiting)


def check_arrived(expected: Arrived, one: Repository, **other: Any) -> None:
    """Hold what `dora` tells, and what the oracle does, against what was worked out by hand."""
    assert [expected] * len(WAYS) == [arrived(one, by, **other) for by in WAYS]


def picked(*names: str) -> str:
    """The message of a pick with `-x` of the commits *names*, each picked from the one before."""
    lines = [f"(cherry picked from commit {one if len(one) > 1 else sha(one)})" for one in names]
    return "\n".join(["Fix it", "", "Because.", "", *lines])


def pick(name: str, parent: str, *originals: str, at: float) -> Commit:
    """A commit that was picked."""
    return commit(name, parent, at=at, message=picked(*originals))


def squashed(number: int, squash: str, *branch: str, **other: Any) -> PullRequest:
    """A request of the commits *branch*, merged as one commit."""
    made = request(number, squash, **other)
    shas = tuple(map(sha, branch))
    return replace(made, commits=shas, associated=(*made.associated, *shas))


# -- Cherry-picks -------------------------------------------------------------------------------


def hotfix_branch(*more: Any, named: Sequence[str] = ("e",)) -> Repository:
    """B is live; trunk goes on with c and the hotfix e, which d picked onto b: d was shipped."""
    commits = [
        commit("a"),
        commit("b", "a", at=1),
        pick("d", "b", *named, at=2.7),
        commit("c", "b", at=1.5),
        commit("e", "c", at=2.5),
    ]
    requests = (request(7, "e", labels=("hotfix",)),)
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "d", 3), *more
    return repository(commits, *shipped, pull_requests=requests)


HOTFIX = Told({2: [("hotfix", 2, 3, "api#7")]}, [(2, 3, [2])], [3])


def test_labelled_hotfix_picked_to_the_live_branch() -> None:
    """LT11, F4, LT8: failure and rework count by the pick; the trunk's commit does not wait."""
    api = hotfix_branch()
    check(HOTFIX, api)
    check_arrived(Arrived({2: "b", 3: "d"}, "c"), api)


def test_trunk_with_the_original_arrives_later() -> None:
    """LT11, F4: the original is received and ships nothing, so it is no hotfix again."""
    api = hotfix_branch(deploy(4, "e", 5))
    check(HOTFIX, api)
    check_arrived(Arrived({2: "b", 3: "d", 4: "c"}), api)


def test_rollback_between_pick_and_original() -> None:
    """LT11, F2: what was received and rolled back was received; the rollback ships nothing."""
    api = hotfix_branch(deploy(4, "b", 4), deploy(5, "e", 5))
    check_arrived(Arrived({2: "b", 3: "d", 5: "c"}), api)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(("e" * 7,), id="seven digits"),
        pytest.param(("E" * 12,), id="upper case"),
        pytest.param(("9", "e"), id="picked again, the first one gone"),
        pytest.param(("e", "9"), id="picked again, the second one gone"),
    ],
)
def test_names_of_an_original(named: Sequence[str]) -> None:
    """LT11: 7 to 40 digits name it, and each line of a chain of picks does."""
    api = hotfix_branch(named=named)
    check(HOTFIX, api)
    check_arrived(Arrived({2: "b", 3: "d"}, "c"), api)


def test_short_name_that_a_lost_commit_fits_too() -> None:
    """LT11, LT10: what GitHub no longer has is no commit known, though it was deployed."""
    api = hotfix_branch(deploy(4, "e" * 39 + "9", 4), named=("e" * 7,))
    check(HOTFIX, api)
    check_arrived(Arrived({2: "b", 3: "d"}, "c"), api)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(f"Fix it (cherry-picked from commit {sha('e')})", id="other words"),
        pytest.param(picked("e" * 6), id="six digits"),
        pytest.param(picked(sha("e") + "e"), id="too many digits"),
        pytest.param(picked("e" * 7), id="fits two"),
        pytest.param(f"{picked('e')}\n\nand\n\n{picked('d')}", id="not the last of a list"),
    ],
)
def test_messages_that_name_no_original(message: str) -> None:
    """LT11: other words name none, nor do digits that fit several commits."""
    commits = [
        commit("a"),
        commit("b", "a", at=1, message=message),
        commit("e" * 39 + "f", "a", at=0.1),
        commit("e", "e" * 39 + "f", at=0.5),
    ]
    api = repository(commits, BEFORE, deploy(2, "b", 2))
    check_arrived(Arrived({2: "b"}, "ee"), api)


def test_chain_of_picks() -> None:
    """LT11: a pick of a pick is the same change as the first, however far."""
    commits = [
        commit("a"),
        pick("2", "a", "1", at=3),
        pick("3", "2", "1", "2", at=4),
        commit("1", "a", at=2),
        commit("c", "1", at=5),
    ]
    shipped = BEFORE, deploy(2, "3", 6), deploy(3, "c", 7)
    check_arrived(Arrived({2: "2", 3: "c"}), repository(commits, *shipped))


def test_picks_of_a_commit_that_nobody_knows() -> None:
    """LT11: two picks of one sha are one change, whether that sha is known or not."""
    commits = [
        commit("a"),
        pick("b", "a", "9", at=1),
        pick("c", "a", "9", at=2),
        pick("d", "c", "8", at=3),
    ]
    shipped = BEFORE, deploy(2, "b", 4)
    check_arrived(Arrived({2: "b"}, "d"), repository(commits, *shipped))
    later = *shipped, deploy(3, "d", 5)
    check_arrived(Arrived({2: "b", 3: "d"}), repository(commits, *later))


def test_original_and_pick_that_arrive_together() -> None:
    """LT11: the one committed first counts, whichever was picked from the other's branch."""
    for first, second in ((1, 2), (2, 1)):
        commits = [
            commit("a"),
            commit("b", "a", at=first),
            pick("c", "a", "b", at=second),
            commit("d", "b", "c", at=3),
        ]
        counted = "b" if first < second else "c"
        api = repository(commits, BEFORE, deploy(2, "d", 4))
        check_arrived(Arrived({2: counted}), api)
        check_arrived(Arrived({}, counted), repository(commits, BEFORE))


def test_pick_of_a_merge() -> None:
    """LT11, LT3: with `-m` a merge is picked as one commit; the merge was received with it."""
    commits = [
        commit("a"),
        commit("b", "a", at=1),
        commit("c", "a", at=0.5),
        commit("d", "b", "c", at=2),
        pick("e", "b", "d", at=3),
    ]
    live = repository(commits, BEFORE, deploy(2, "d", 4), deploy(3, "e", 5))
    check_arrived(Arrived({2: "bc"}), live)
    hotfix = request(7, "d", labels=("hotfix",))
    shipped = BEFORE, deploy(2, "b", 4), deploy(3, "e", 5)
    api = repository(commits, *shipped, pull_requests=(hotfix,))
    check(Told({2: [("hotfix", 4, 5, "api#7")]}, [(4, 5, [2])], [3]), api)


def test_every_environment_has_its_own_past() -> None:
    """LT11: what one environment received under another sha is new to another one."""
    api = hotfix_branch(
        deploy(4, "a", -4, environment="staging"), deploy(5, "e", 6, environment="staging")
    )
    _, evidence = answers([api], ask, {})
    staging = [one["sha"][0] for one in evidence["changes"] if one["environment"] == "staging"]
    assert ["b", "c", "e"] == sorted(staging)
    check_arrived(Arrived({2: "b", 3: "d"}, "c"), api)


def test_pick_before_the_window() -> None:
    """LT11, LT2: what came before the window marks the original as received."""
    commits = [
        commit("a"),
        pick("b", "a", "c", at=-20),
        commit("c", "a", at=-22),
        commit("d", "c", at=1),
    ]
    shipped = BEFORE, deploy(2, "b", -3), deploy(3, "d", 2)
    check_arrived(Arrived({3: "d"}), repository(commits, *shipped))
    check_arrived(Arrived({}, "d"), repository(commits, *shipped[:2]))


# -- Reverts ------------------------------------------------------------------------------------


def test_picked_revert() -> None:
    """LT11, F3: the pick takes back what was live; the trunk's own revert takes nothing again."""
    text = f'Revert "x"\n\nThis reverts commit {sha("b")}.'
    commits = [
        *line("ab"),
        commit("d", "b", at=2.2, message=f"{text}\n\n(cherry picked from commit {sha('e')})"),
        commit("c", "b", at=1),
        commit("e", "c", at=2.1, message=text),
    ]
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "d", 3)
    told = Told({2: [("revert", 2, 3, sha("d"))]}, [(2, 3, [2])], [3])
    for more in ((), (deploy(4, "e", 4),)):
        api = repository(commits, *shipped, *more)
        check(told, api)
    check_arrived(Arrived({2: "b", 3: "d"}, "c"), repository(commits, *shipped))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"This reverts commit {sha('e')}.", id="the trunk's sha"),
        pytest.param(f"This reverts commit {sha('c')}.", id="the pick's sha"),
        pytest.param('Revert "Thing (#7)" (#8)', id="the trunk's request"),
    ],
)
def test_revert_of_a_picked_change(text: str) -> None:
    """LT11, F3: its target is the change, under whichever sha the environment received it."""
    commits = [
        *line("ab"),
        pick("c", "b", "e", at=1.5),
        commit("d", "c", at=2.5, message=text),
        commit("e", "b", at=1),
    ]
    shipped = BEFORE, deploy(2, "c", 2), deploy(3, "d", 3)
    api = repository(commits, *shipped, pull_requests=(request(7, "e"),))
    check(Told({2: [("revert", 2, 3, sha("d"))]}, [(2, 3, [2])], [3]), api)


def test_revert_of_a_pick_of_something_unknown() -> None:
    """LT11, F3: the sha that a pick names stands for it, also where nobody else knows it."""
    commits = [
        *line("ab"),
        pick("c", "b", "9", at=1.5),
        commit("d", "c", at=2.5, message=f"This reverts commit {sha('9')[:10]}."),
    ]
    api = repository(commits, BEFORE, deploy(2, "c", 2), deploy(3, "d", 3))
    check(Told({2: [("revert", 2, 3, sha("d"))]}, [(2, 3, [2])], [3]), api)


def test_revert_of_what_was_squashed() -> None:
    """LT11, F3: a request that was deployed from its branch is reverted by its number."""
    back = commit("d", "e", at=4, message="Reverts #7")
    commits = [commit("a"), *branch("bc"), commit("e", "a", at=3), back]
    shipped = BEFORE, deploy(2, "c", 2), deploy(3, "e", 4), deploy(4, "d", 5)
    api = repository(commits, *shipped, pull_requests=(squashed(7, "e", "b", "c", at=3),))
    check(Told({2: [("revert", 2, 5, sha("d"))]}, [(2, 5, [2])], [4]), api)


# -- Squashes -----------------------------------------------------------------------------------


def branch(names: str, at: float = 1) -> list[Commit]:
    """Commits of a branch that left trunk at a."""
    parents = ("a", *names)
    return [
        commit(name, parent, at=at + place / 10)
        for place, (parent, name) in enumerate(zip(parents, names, strict=False))
    ]


def test_branch_deployed_then_squashed() -> None:
    """LT11, LT8: the squash ships nothing where its request's head was, and does not wait."""
    commits = [commit("a"), *branch("bc"), commit("e", "a", at=3)]
    requests = (squashed(7, "e", "b", "c", at=3),)
    shipped = BEFORE, deploy(2, "c", 2)
    check_arrived(Arrived({2: "bc"}), repository(commits, *shipped, pull_requests=requests))
    later = *shipped, deploy(3, "e", 4)
    check_arrived(Arrived({2: "bc"}), repository(commits, *later, pull_requests=requests))


def test_part_of_a_branch_deployed_then_squashed() -> None:
    """LT11: where the head was not received the squash ships what was missing."""
    commits = [commit("a"), *branch("bc"), commit("e", "a", at=3)]
    requests = (squashed(7, "e", "b", "c", at=3),)
    shipped = BEFORE, deploy(2, "b", 2), deploy(3, "e", 4), deploy(4, "c", 5)
    check_arrived(Arrived({2: "b", 3: "e"}), repository(commits, *shipped, pull_requests=requests))


def test_squash_that_was_not_merged_by_until() -> None:
    """LT11, W2: a request merged at `until` or later squashed nothing."""
    commits = [commit("a"), *branch("bc"), commit("e", "a", at=3)]
    requests = (squashed(7, "e", "b", "c", at=30),)
    shipped = BEFORE, deploy(2, "c", 2), deploy(3, "e", 4)
    check_arrived(Arrived({2: "bc", 3: "e"}), repository(commits, *shipped, pull_requests=requests))


def test_develop_squashed_into_main() -> None:
    """LT11, LT8: production has what its squash brought, so develop's commits do not wait."""
    develop = branch("bcde")
    main = [commit("f", "a", at=2), commit("9", "f", at=4)]
    requests = squashed(7, "f", *"bcd", at=2), squashed(8, "9", *"bcde", at=4)
    commits = [commit("a"), *main, *develop]
    shipped = BEFORE, deploy(2, "f", 3)
    check_arrived(Arrived({2: "f"}, "e"), repository(commits, *shipped, pull_requests=requests[:1]))
    later = *shipped, deploy(3, "9", 5)
    check_arrived(Arrived({2: "f", 3: "9"}), repository(commits, *later, pull_requests=requests))


def test_squashed_twice_onto_two_branches() -> None:
    """LT11: each of two squashes of one branch has been received where its head has, no further."""
    commits = [
        commit("a"),
        *branch("bc"),
        commit("f", "a", at=1.5),
        commit("d", "f", at=3),
        commit("e", "a", at=3.5),
    ]
    requests = squashed(7, "d", "b", "c", at=3), squashed(8, "e", "b", "c", at=3.5)
    shipped = BEFORE, deploy(2, "c", 2), deploy(3, "d", 4)
    check_arrived(Arrived({2: "bc", 3: "f"}), repository(commits, *shipped, pull_requests=requests))


def test_squash_picked_to_the_live_branch() -> None:
    """LT11: a pick of a squash brought the commits of its request, too."""
    commits = [
        commit("a"),
        commit("f", "a", at=1),
        pick("d", "f", "e", at=3.5),
        *branch("bc"),
        commit("e", "a", at=3),
        commit("9", "e", "c", at=4),
    ]
    requests = (squashed(7, "e", "b", "c", at=3),)
    shipped = BEFORE, deploy(2, "d", 5)
    check_arrived(Arrived({2: "df"}), repository(commits, *shipped, pull_requests=requests))


def test_services_have_their_own_past() -> None:
    """LT11, G3: where a rule says environment, that of one service is meant."""
    commits = [commit("a"), pick("b", "a", "c", at=1), commit("c", "a", at=0.5)]
    services = Services("payload:service", "(?P<service>.+)")
    paid = {"payload": '{"service": "pay"}'}
    shipped = (
        deploy(1, "a", -5),
        deploy(2, "a", -4, **paid),
        deploy(3, "b", 2),
        deploy(4, "c", 3, **paid),
        deploy(5, "c", 4),
    )
    _, evidence = answers([repository(commits, *shipped)], ask, {"services": services})
    found = [(one["service"], one["deployment"], one["sha"][0]) for one in evidence["changes"]]
    assert [("", 3, "b"), ("pay", 4, "c")] == sorted(found)
