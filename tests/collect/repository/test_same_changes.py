"""What is read of changes that came under several shas is what their numbers need (LT11, F3)."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from dora.collect.github import page_size
from dora.demo.github.server import serve
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from tests.oracle.report import expected_report
from tests.oracle.settings import Settings
from tests.support.examples import few_of
from tests.support.oracle_settings import config_for
from tests.support.random_organizations import DAY, NOW, random_organization
from tests.support.runs import asked_of, document_of, known_states, nearly, read_from
from tests.support.truth_tables import tables_of

MONTH = {"since": NOW - 30 * DAY, "until": NOW}
SIGNALS = ("status", "rollback", "revert", "hotfix", "label", "tag", "incident")
SETTINGS = Settings(signals=frozenset(SIGNALS))


def sha(name: str) -> str:
    """The forty digits that *name* begins and fills."""
    return (name * 40)[:40]


def commit(name: str, *parents: str, days_ago: float, message: str = "") -> Commit:
    """A commit of so many days ago."""
    at = NOW - days_ago * DAY
    return Commit(sha(name), tuple(map(sha, parents)), at, at, message)


def picked(name: str) -> str:
    """What `git cherry-pick -x` says of a pick of the commit *name*."""
    return f"Fix\n\n(cherry picked from commit {sha(name)})"


def line(names: str, parent: str, days_ago: float) -> list[Commit]:
    """Commits in a row, a letter each and an hour apart, the first of them so long ago."""
    parents = (parent, *names)
    return [
        commit(name, parents[place], days_ago=days_ago - place / 24)
        for place, name in enumerate(names)
    ]


def deploy(number: int, name: str, days_ago: float, environment: str = "production") -> Deployment:
    """A deployment that succeeded at once."""
    at = NOW - days_ago * DAY
    return Deployment(number, sha(name), environment, at, (Status("success", at),))


def request(number: int, merge: str, *branch: str, days_ago: float, **other: Any) -> PullRequest:
    """A request of the commits *branch*, merged as *merge*, which GitHub all counts to it."""
    at = NOW - days_ago * DAY
    shas = tuple(map(sha, branch))
    return PullRequest(number, at, merged_at=at, closed_at=at, merge_commit_sha=sha(merge),
                       commits=shas, associated=other.pop("associated", (sha(merge), *shas)),
                       **other)  # fmt: skip


def acme(commits: list[Commit], *filed: Deployment, **other: Any) -> Organization:
    """An organization of one repository, whose head is the last of *commits*."""
    known = {one.sha: one for one in commits}
    api = Repository("api", 1, NOW - 900 * DAY, head=commits[-1].sha, commits=known,
                     deployments=filed, **other)  # fmt: skip
    return Organization("acme", NOW, (api,))


@contextmanager
def pages_of(size: int) -> Iterator[None]:
    """Pages of *size*."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_size, "FULL_PAGE", size)
        patch.setattr(page_size, "FIRST_PAGE", min(size, page_size.FIRST_PAGE))
        yield


def read(organization: Organization, size: int = 100, **asked: Any) -> Counter[str]:
    """How often what was asked, of a report that must be that of the truth and the oracle's."""
    question = {**MONTH, **asked}
    config = config_for(organization, question, SETTINGS)
    with pages_of(size), serve(organization) as server:
        found = document_of(read_from(server, config).tables, config)
    assert document_of(tables_of(organization), config) == found
    expected = expected_report(organization, settings=SETTINGS, **question)
    expected["coverage"]["repositories"]["incomplete"] = []
    expected["coverage"]["gaps"] = []
    assert nearly(expected) == found
    return Counter({query: count for (query, name), count in asked_of(server).items() if name})


#: Thirty commits of trunk, one a day, `z` the last of them 41 days ago.
OLD = [commit("a", days_ago=72), *line("0", "a", 71)]


def trunk(days: int, until_days_ago: float) -> list[Commit]:
    """Commits of trunk in a row after 0, one a day; their shas begin with their number."""
    names = ["0", *(f"{number:02x}f" for number in range(days))]
    return [
        *OLD,
        *(
            commit(name, names[place], days_ago=until_days_ago + days - place)
            for place, name in enumerate(names[1:])
        ),
    ]


@pytest.mark.parametrize(("size", "lookups"), [(2, 1), (100, 0)])
def test_pick_of_what_was_live_before(size: int, lookups: int) -> None:
    """LT11: a fix made on a release branch and live there comes to trunk, which is then deployed.

    Where the fix is older than what is read otherwise, it is looked up once, and what may reach it
    is read.
    """
    release = line("bcdef", "0", 55)
    main = [*trunk(12, 30), commit("9", "0bf", days_ago=20, message=picked("c"))]
    shipped = deploy(1, "0", 58), deploy(2, "e", 50), deploy(3, "f", 49), deploy(4, "9", 10)
    assert lookups == read(acme([*release, *main], *shipped), size)["object"]


@pytest.mark.parametrize("size", [2, 100])
def test_original_whose_pick_was_live_before(size: int) -> None:
    """LT11, LT8: the pick is read where the original waits, without any further question."""
    release = [commit("b", "0", days_ago=34, message=picked("9")), *line("cde", "b", 33)]
    main = [*trunk(12, 40), commit("9", "0bf", days_ago=35), *line("78", "9", 5)]
    shipped = deploy(1, "0", 50), deploy(2, "b", 33.9), deploy(3, "e", 31), deploy(4, "e", 3)
    assert 0 == read(acme([*release, *main], *shipped), size)["object"]


def test_pick_and_original_that_are_read_anyway() -> None:
    """LT11: what is known is not asked for: a hotfix of trunk, picked to the live branch."""
    commits = [
        *OLD,
        commit("b", "0", days_ago=20),
        commit("d", "b", days_ago=18, message=picked("c")),
        commit("e", "b", days_ago=19.5),
        commit("c", "e", days_ago=19),
    ]
    requests = (request(7, "c", days_ago=19, labels=("hotfix",)),)
    shipped = deploy(1, "0", 40), deploy(2, "b", 19.9), deploy(3, "d", 17)
    plain = [replace(one, message="") for one in commits]
    asked = [read(acme(one, *shipped, pull_requests=requests)) for one in (plain, commits)]
    assert asked[0] == asked[1]


def test_hotfix_of_which_only_the_pick_is_deployed() -> None:
    """LT11, F4: the label stands on a request whose commit no environment waits for."""
    commits = [
        *OLD,
        commit("b", "0", days_ago=20),
        commit("d", "b", days_ago=18, message=picked("c")),
        commit("c", "b", days_ago=19),
        commit("f", "0", days_ago=15),
    ]
    requests = (request(7, "c", days_ago=19, labels=("hotfix",)),)
    shipped = (
        deploy(1, "0", 40, "staging"),
        deploy(2, "b", 19.9, "staging"),
        deploy(3, "d", 17, "staging"),
    )
    asked = read(acme(commits, *shipped, pull_requests=requests), tiers=("staging",))
    assert 1 == asked["object"]


def test_picks_of_what_nobody_knows() -> None:
    """LT11: each name is looked up once, all of a repository in one request."""
    commits = [
        *OLD,
        commit("b", "0", days_ago=20, message=picked("1")),
        commit("c", "b", days_ago=19, message=picked("1")),
        commit("d", "c", days_ago=18, message=picked("2")),
    ]
    asked = read(acme(commits, deploy(1, "0", 40), deploy(2, "b", 17), deploy(3, "d", 16)))
    assert 1 == asked["object"]


def test_picks_before_the_window_are_not_looked_up() -> None:
    """LT11: only what is shipped in the window, or waits, can be shipped again."""
    commits = [
        *OLD,
        commit("b", "0", days_ago=60, message=picked("1")),
        commit("c", "b", days_ago=19),
    ]
    asked = read(acme(commits, deploy(1, "0", 65), deploy(2, "b", 50), deploy(3, "c", 16)))
    assert 0 == asked["object"]


def test_develop_squashed_into_main() -> None:
    """LT11, LT8: of the request's five commits GitHub names three; the rest lie between them."""
    develop = line("bcdef", "0", 20)
    shas = tuple(one.sha for one in develop)
    squash = request(9, "9", *"bcdef", days_ago=15, associated=(sha("9"),))
    commits = [*OLD, commit("9", "0", days_ago=15), *develop, *line("8", "f", 10)]
    asked = read(acme(commits, deploy(1, "0", 40), deploy(2, "9", 14), pull_requests=(squash,)))
    assert (5, {"deployments": 1}) == (len(shas), {"deployments": asked["deployments"]})


def test_branch_deployed_before_the_window_then_squashed() -> None:
    """LT11: the head that was live needs no question; its squash ships nothing."""
    commits = [*OLD, *line("bc", "0", 40), commit("9", "0", days_ago=25)]
    squash = request(9, "9", "b", "c", days_ago=25)
    shipped = deploy(1, "0", 45), deploy(2, "c", 39), deploy(3, "9", 20)
    asked = read(acme(commits, *shipped, pull_requests=(squash,)))
    assert 0 == asked["object"] + asked["request"]


def test_reverted_change_of_which_only_a_pick_was_live() -> None:
    """LT11, F3: the revert names trunk's commit; what had shipped its pick has failed."""
    commits = [
        *OLD,
        commit("b", "0", days_ago=40, message=picked("c")),
        commit("d", "b", days_ago=18, message=f"Revert\n\nThis reverts commit {sha('c')}."),
        commit("c", "0", days_ago=41),
        commit("f", "c", days_ago=15),
    ]
    for environment in ("production", "staging"):
        shipped = [
            deploy(1, "0", 45, environment),
            deploy(2, "b", 39, environment),
            deploy(3, "b", 28, environment),
            deploy(4, "d", 17, environment),
        ]
        read(acme(commits, *shipped), tiers=(environment,))


@pytest.mark.parametrize("size", [2, 3, 4, 100])
def test_old_chain_of_reverts(size: int) -> None:
    """F3, RW1: f takes away what d put back, whether d was read for other reasons or not."""
    back = "This reverts commit {}.".format
    commits = [
        *OLD,
        commit("b", "0", days_ago=66),
        commit("c", "b", days_ago=65, message=back(sha("b"))),
        *line("1234567", "c", 60),
        commit("d", "7", days_ago=40, message=back(sha("c"))),
        commit("e", "d", days_ago=39),
        commit("f", "e", days_ago=18, message=back(sha("d"))),
    ]
    shipped = deploy(1, "7", 55), deploy(2, "e", 38), deploy(3, "f", 17)
    organization = acme(commits, *shipped)
    read(organization, size)
    (row,) = document_of(tables_of(organization), config_for(organization, MONTH, SETTINGS))["rows"]
    assert 1 == row["rework_rate"]["rework"]


def test_revert_by_title_of_an_old_request() -> None:
    """F3: what a title names is found as what a text names is: by one question."""
    title = 'Revert "Add thing (#12)" (#13)'
    commits = [*trunk(40, 25), commit("e", "27f", days_ago=18, message=title)]
    own = request(12, "02f", days_ago=63, associated=(sha("02f"),))
    shipped = deploy(1, "00f", 64), deploy(2, "05f", 58), deploy(3, "27f", 25), deploy(4, "e", 17)
    asked = read(acme(commits, *shipped, pull_requests=(own,)), since=NOW - 20 * DAY)
    assert 1 == asked["request"]


def with_picks(organization: Organization, chance: random.Random) -> Organization:
    """The organization, in which every eighth commit was picked from an older one of its own.

    Not those of requests' branches, which are not read unless they were deployed, and not from
    commits that nobody knows, of which there may be older picks than what is read; nor does a pick
    that was never received make one change of two that do not say so themselves.
    """
    repositories = []
    for one in organization.repositories:
        shas = [*one.commits]
        on_branches = {sha for request in one.pull_requests for sha in request.commits}
        commits = {}
        for place, made in enumerate(one.commits.values()):
            said = made.message
            if place and made.sha not in on_branches and chance.random() < 1 / 8:
                name = shas[chance.randrange(place)]
                said = f"{said}\n\n(cherry picked from commit {name[: chance.choice((40, 12))]})"
            commits[made.sha] = replace(made, message=said)
        repositories.append(replace(one, commits=commits))
    return replace(organization, repositories=tuple(repositories))


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", few_of(range(40), 3))
def test_picks_in_any_organization(seed: int) -> None:
    """LT11: pages of two to seven give the numbers of the truth, whatever was picked."""
    made = known_states(random_organization(seed, deployments=40))
    until = NOW - (seed % 3) * 20 * DAY
    asked = {"since": until - (90, 30, 10)[seed % 3] * DAY, "until": until}
    read(with_picks(made, random.Random(seed)), 2 + seed % 6, **asked)  # noqa: S311  # reproducible
