"""What may change between two runs is never told from what was kept of the first."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.cache.store import Cache
from dora.collect.records import LabelRecord, PullRequestRecord
from dora.demo.organization.model import Organization, Repository, Status
from dora.model.tables import Tables
from tests.collect.test_organization import pages_of
from tests.support.cached_runs import Runs, differences, runs_of, same
from tests.support.github import faults
from tests.support.github.faults import Change, Deny, Faults, PartialError, Rule
from tests.support.github.hidden_answers import Hidden, Unassociated
from tests.support.repository_weeks import (
    DAY,
    HOUR,
    NOW,
    THEN,
    acme,
    ago,
    api,
    branch,
    commit,
    deploy,
    last_week,
    main,
    request,
    with_commits,
    with_deployment,
    with_deployments,
    with_request,
    with_requests,
)

SECOND = timedelta(seconds=1)


class Beginning(NamedTuple):
    """What a first run kept, and what its organization reads as when the second one is made."""

    question: tuple[Organization, datetime, int, Mapping[str, Any]]
    file: bytes
    unchanged: Tables


#: Of every organization that a test began with: many begin with the same.
_beginnings: list[Beginning] = []


def begin(runs: Runs, then: datetime, size: int, options: Mapping[str, Any]) -> Tables:
    """Put into place what a first run keeps; what is read at *then* if nothing changes.

    Tests that begin with the same organization share that run, and have its file each.
    """
    first = runs.server.organization
    question = first, then, size, options
    for known in _beginnings:
        if known.question == question:
            runs.path.parent.mkdir(parents=True)
            runs.path.write_bytes(known.file)
            return known.unchanged
    runs.kept(**options)
    file = runs.path.read_bytes()
    runs.server.replace(replace(first, now=then))
    unchanged = runs.plain(**options).tables
    _beginnings.append(Beginning(question, file, unchanged))
    return unchanged


def check(
    first: Organization, then: Organization, folder: Path, *, size: int = 1, **options: Any
) -> None:
    """Hold the second run's report against one that uses nothing kept; the change must show.

    With pages of one nothing is read afresh by chance.
    """
    with pages_of(size, tiny_lists=False), runs_of(first, folder) as runs:
        unchanged = begin(runs, then.now, size, options)
        runs.server.replace(then)
        changed = runs.plain(**options)
        found = differences(unchanged, changed.tables)
        assert found, "the change does not show"
        for _ in range(2):
            kept = runs.kept(**options)
            same(changed, kept)
            assert [] == kept.told.warned


# -- Requests and their labels -------------------------------------------------------------------


def test_request_that_is_labelled_afterwards(tmp_path: Path) -> None:
    """A label that came after the merge decides from then on (F4, F5): the request says so."""
    then = with_request(api(), 5, labels=("bug", "hotfix"), updated_at=ago(2))
    check(last_week(api()), acme(then), tmp_path)


@pytest.mark.thorough
def test_request_that_loses_its_label_afterwards(tmp_path: Path) -> None:
    """A label that was taken away decides nothing any more."""
    first = last_week(with_request(api(), 5, labels=("hotfix",)))
    then = with_request(api(), 5, labels=(), updated_at=ago(2))
    check(first, acme(then), tmp_path)


def test_label_that_is_renamed(tmp_path: Path) -> None:
    """A label's new name counts for all its requests, though renaming it changes none of them."""
    then = with_request(replace(api(), label_ids={"hotfix": 11}), 5, labels=("hotfix",))
    check(last_week(api()), acme(then), tmp_path)


def test_label_that_is_deleted(tmp_path: Path) -> None:
    """A label that is gone is gone from all requests, though none of them says so."""
    then = with_request(replace(api(), label_ids={}), 5, labels=())
    check(last_week(api()), acme(then), tmp_path)


def test_label_that_is_deleted_and_made_anew(tmp_path: Path) -> None:
    """A new label of an old name is on none of the old one's requests."""
    then = with_request(replace(api(), label_ids={"bug": 12}), 5, labels=())
    check(last_week(api()), acme(then), tmp_path)


@pytest.mark.thorough
def test_label_that_is_renamed_among_hundreds(tmp_path: Path) -> None:
    """The label that was renamed may stand beyond the first page of labels."""
    names = {f"area-{n}": n for n in range(100, 400)}
    first = replace(api(), label_ids={**names, "bug": 11_000})
    then = replace(api(), label_ids={**names, "hotfix": 11_000})
    check(last_week(first), acme(with_request(then, 5, labels=("hotfix",))), tmp_path)


def test_two_labels_that_swap_their_names(tmp_path: Path) -> None:
    """It is not enough that a label of that name is there: it must be the same."""
    first = replace(api(), label_ids={"bug": 11, "hotfix": 12})
    then = with_request(replace(api(), label_ids={"bug": 12, "hotfix": 11}), 5, labels=("hotfix",))
    check(last_week(first), acme(then), tmp_path)


@pytest.mark.thorough
def test_labels_beyond_a_page(tmp_path: Path) -> None:
    """Of a request's many labels the one that decides may come last."""
    many = tuple(f"area-{n:02}" for n in range(30))
    first = with_request(api(), 5, labels=many)
    then = with_request(api(), 5, labels=(*many, "hotfix"), updated_at=ago(2))
    check(last_week(first), acme(then), tmp_path)


# -- What GitHub associates with a commit --------------------------------------------------------


def test_branch_that_was_deployed_before_its_request_was_merged(tmp_path: Path) -> None:
    """Commits read before their request was merged belong to it afterwards (LT4)."""
    first = last_week(api())
    with runs_of(first, tmp_path) as runs:
        associated = runs.check().tables.associations
        assert branch(2) not in set(associated["sha"])
        runs.server.replace(acme(api()))
        associated = runs.check().tables.associations
    assert {5, 7} == set(associated["number"])
    assert branch(2) in set(associated["sha"])


def test_lower_numbered_request_that_is_merged_later(tmp_path: Path) -> None:
    """A commit of two requests belongs to the lower-numbered once that is merged (LT4)."""
    also = request(3, branch(1, 5), branch(2, 5), merge=main(37), at=ago(4), head_ref="hotfix/x")
    check(last_week(with_requests(api(), also)), acme(with_requests(api(), also)), tmp_path)


def test_lower_numbered_request_is_merged_into_what_is_live(tmp_path: Path) -> None:
    """Commits of the default branch itself may get another request (LT4)."""
    also = request(3, main(20), main(21), merge=main(37), at=ago(4), head_ref="hotfix/x")
    check(last_week(with_requests(api(), also)), acme(with_requests(api(), also)), tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("count", [100, 101])
def test_request_of_many_commits(count: int, tmp_path: Path) -> None:
    """A request may bring more commits than GitHub tells beside it, all of which change."""
    work = [
        commit(branch(n, 9), branch(n - 1, 9) if n > 1 else main(27), at=ago(13) + n * SECOND)
        for n in range(1, count + 1)
    ]
    made = with_deployments(
        with_commits(api(), *work), deploy(103, work[-1].sha, ago(9), "staging")
    )
    release = request(9, *(one.sha for one in work), merge=main(37), at=ago(4))
    made = with_requests(made, release)
    check(last_week(made), acme(made), tmp_path)


def test_merge_commit_that_was_deployed_before_its_request_was_merged(tmp_path: Path) -> None:
    """A merge queue makes the commit first, and merges the request when its checks have passed.

    It is none of the commits of the request's branch, and was there before.
    """
    queued = with_deployments(api(), deploy(103, main(33), ago(7.4), "staging"))
    late = request(9, branch(1, 9), merge=main(33), at=ago(6), head_ref="hotfix/now")
    queued = with_commits(queued, commit(branch(1, 9), main(32), at=ago(8.5)))
    first = as_it_was(queued, head=main(33))
    check(first, acme(with_requests(queued, late)), tmp_path)


def test_rebased_commits_that_were_deployed_before_their_request_was_merged(
    tmp_path: Path,
) -> None:
    """What a queue rebased are new commits, of which the last alone is the request's merge."""
    rebased = (main(31), main(32), main(33))
    written = tuple(branch(n, 9) for n in (1, 2, 3))
    work = [commit(sha, main(30), at=ago(10.5)) for sha in written]
    late = request(
        9,
        *written,
        merge=main(33),
        at=ago(6),
        head_ref="hotfix/now",
        associated=(*written, *rebased),
    )
    made = with_commits(api(), *work)
    check(as_it_was(made, head=main(33)), acme(with_requests(made, late)), tmp_path)


def as_it_was(repository: Repository, *, head: str) -> Organization:
    """The organization of a week ago, its default branch at *head*."""
    organization = last_week(repository)
    (own,) = organization.repositories
    return replace(organization, repositories=(replace(own, head=head),))


def test_default_branch_that_is_another(tmp_path: Path) -> None:
    """What GitHub associates with a commit depends on which branch is the default."""
    then = with_request(api(), 5, associated=(branch(1, 5),))
    check(last_week(api()), acme(replace(then, default_branch="trunk")), tmp_path)


def test_default_branch_that_is_renamed_and_back(tmp_path: Path) -> None:
    """What was kept while the branch had another name is not mixed with what is read after."""
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(replace(api(), default_branch="trunk")))
        runs.check()
        runs.server.replace(acme(api()))
        runs.check()


# -- Requests that change while they are read ----------------------------------------------------


def merged_meanwhile(organization: Organization) -> Organization:
    """Request 7 was merged just after the first run had begun."""
    (own,) = organization.repositories
    at = THEN + SECOND
    changed = with_request(
        own, 7, merged_at=at, closed_at=at, merge_commit_sha=branch(2),
        associated=(branch(1), branch(2)), head_ref="hotfix/y",
    )  # fmt: skip
    return replace(organization, repositories=(changed,))


@pytest.mark.thorough
def test_request_that_is_merged_while_its_commits_are_read(tmp_path: Path) -> None:
    """What was read before the merge and after it are not taken for one truth."""
    first, then = last_week(api()), merged_meanwhile(acme(api()))
    for at in range(1, 60):
        with pages_of(1, tiny_lists=False), runs_of(first, tmp_path / str(at)) as runs:
            runs.server.middleware = [Faults([Rule(Change(merged_meanwhile), "Commits", at=[at])])]
            runs.kept()
            if runs.server.organization is first:  # it was over before
                break
            runs.server.middleware = []
            runs.server.replace(then)
            runs.check()


def renamed_meanwhile(organization: Organization) -> Organization:
    """The label `bug` is called `hotfix` from now on."""
    (own,) = organization.repositories
    requests = tuple(
        replace(one, labels=tuple({"bug": "hotfix"}.get(name, name) for name in one.labels))
        for one in own.pull_requests
    )
    changed = replace(own, label_ids={"hotfix": 11}, pull_requests=requests)
    return replace(organization, repositories=(changed,))


@pytest.mark.few(1)
@pytest.mark.parametrize("at", [2, 9, 17, 25])
def test_label_that_is_renamed_while_commits_are_read(at: int, tmp_path: Path) -> None:
    """What was read before a label was renamed is not kept under its new name."""
    made = with_requests(
        api(), *(request(n, main(n), merge=main(n), at=ago(41 - n), labels=("bug",))
                 for n in range(10, 32))
    )  # fmt: skip
    with pages_of(1, tiny_lists=False), runs_of(last_week(made), tmp_path) as runs:
        runs.server.middleware = [Faults([Rule(Change(renamed_meanwhile), "Commits", at=[at])])]
        runs.kept()
        assert runs.server.organization.repositories[0].label_ids == {"hotfix": 11}
        runs.server.middleware = []
        runs.server.change(lambda one: replace(one, now=NOW))
        runs.check()


def many_requests(count: int) -> Repository:
    """So many requests that were merged long ago, one a commit; all of them were changed since."""
    long_ago = ago(100)
    return with_requests(
        api(), *(request(100 + n, main(5 + n), merge=main(5 + n), at=long_ago)
               for n in range(1, count + 1))
    )  # fmt: skip


def changed_since(repository: Repository, *, by: timedelta = HOUR) -> Repository:
    """The same, each of the many requests changed since, one after the other."""
    return replace(
        repository,
        pull_requests=tuple(
            replace(one, updated_at=ago(6) + one.number * by, labels=("hotfix",))
            if one.number > 100
            else one
            for one in repository.pull_requests
        ),
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("size", [2, 7, 100])
def test_more_requests_changed_than_fit_a_page(size: int, tmp_path: Path) -> None:
    """All that changed since is read, however many pages it takes."""
    made = many_requests(27)
    check(last_week(made), acme(changed_since(made, by=SECOND)), tmp_path, size=size)


def touched(number: int, at: Any) -> Any:
    """A change of the truth: somebody wrote a comment on a request."""

    def touch(organization: Organization) -> Organization:
        (own,) = organization.repositories
        changed = with_request(own, number, updated_at=at)
        return replace(organization, repositories=(changed,))

    return touch


@pytest.mark.few(1)
@pytest.mark.parametrize("lag", [timedelta(0), HOUR])
@pytest.mark.parametrize("number", [101, 124])
@pytest.mark.parametrize("turn", [2, 4])
def test_request_that_changes_while_its_page_is_turned(
    number: int, turn: int, lag: timedelta, tmp_path: Path
) -> None:
    """One that moves to the front while the pages are read is not missed."""
    made = many_requests(27)
    then = acme(changed_since(made, by=SECOND))
    newest = ago(5)  # when request 7 was merged
    with pages_of(7, tiny_lists=False), runs_of(last_week(made), tmp_path) as runs:
        runs.check()
        runs.server.replace(then)
        plain = runs.plain()
        change = Change(touched(number, newest + lag))
        runs.server.middleware = [Faults([Rule(change, "Updates", at=[turn])])]
        kept = runs.kept()
        runs.server.middleware = []
        same(plain, kept)
        runs.check()


@pytest.mark.usefixtures("quick")
def test_request_that_changes_while_a_shortened_page_is_turned(tmp_path: Path) -> None:
    """A page may be shorter than was asked for: GitHub would not bear more (a page cut off)."""
    made = many_requests(12)
    then = acme(changed_since(made, by=SECOND))
    with runs_of(last_week(made), tmp_path) as runs:
        runs.check()
        runs.server.replace(then)
        plain = runs.plain()
        change = Rule(Change(touched(101, NOW)), "Updates", at=[3])
        runs.server.middleware = [Faults([Rule(faults.Status(502), "Updates", at=[1]), change])]
        kept = runs.kept()
        runs.server.middleware = []
        same(plain, kept)


@pytest.mark.few(1)
@pytest.mark.parametrize("gap", [timedelta(0), SECOND])
def test_two_requests_changed_within_a_second(gap: timedelta, tmp_path: Path) -> None:
    """GitHub's instants are whole seconds: after the last change that was seen may come another."""
    made, just_now = many_requests(27), NOW - SECOND
    first = with_request(made, 110, labels=("hotfix",), updated_at=just_now)
    then = with_request(first, 111, labels=("hotfix",), updated_at=just_now + gap)
    check(acme(first), replace(acme(then), now=NOW + 7 * DAY), tmp_path)


@pytest.mark.thorough
def test_change_that_is_seen_late(tmp_path: Path) -> None:
    """Many machines answer for GitHub: of two changes the later may be seen before the earlier."""
    made = many_requests(27)
    first = with_request(made, 110, updated_at=NOW - 2 * SECOND)
    then = with_request(first, 111, labels=("hotfix",), updated_at=NOW - 30 * SECOND)
    check(acme(first), replace(acme(then), now=NOW + HOUR), tmp_path)


# -- Deployments and statuses --------------------------------------------------------------------

FAILED = Status("failure", ago(6))


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "then",
    [
        pytest.param(with_deployment(api(), 26, statuses=(FAILED,)), id="failed, not succeeded"),
        pytest.param(
            with_deployment(api(), 33, statuses=(Status("success", ago(7.2)), FAILED)),
            id="succeeded, failed later",
        ),
        pytest.param(with_deployment(api(), 33, statuses=()), id="a status is gone"),
        pytest.param(
            with_deployments(api(), deploy(41, main(28), ago(3))), id="an old commit is deployed"
        ),
        pytest.param(
            with_deployments(api(), deploy(41, f"{7:040x}", ago(3))), id="an unknown one is"
        ),
        pytest.param(
            replace(api(), deployments=tuple(d for d in api().deployments if d.id != 26)),
            id="a deployment is deleted",
        ),
        pytest.param(replace(api(), deployments=()), id="all of them are"),
    ],
)
def test_what_becomes_of_deployments(then: Repository, tmp_path: Path) -> None:
    """Deployments and statuses are read afresh: nothing of them is told from what was kept."""
    check(last_week(api()), acme(then), tmp_path)


@pytest.mark.thorough
def test_status_that_came_late(tmp_path: Path) -> None:
    """A deployment that had no status when it was first read has succeeded since."""
    made = with_deployment(api(), 33, statuses=(Status("success", ago(2)),))
    check(last_week(made), acme(made), tmp_path)


# -- Repositories --------------------------------------------------------------------------------


def test_repository_that_is_renamed(tmp_path: Path) -> None:
    """A repository keeps what was kept of it under another name, and is told by the new one."""
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(replace(api(), name="api-2", former_names=("api",))))
        runs.server.requests.clear()
        read = runs.check()
    assert {"api-2"} == set(read.tables.commits["repository"])


def test_repository_of_a_name_that_another_had(tmp_path: Path) -> None:
    """A new repository of an old name has nothing to do with what was kept."""
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.check()
        other = with_request(api(), 5, labels=("hotfix",))
        runs.server.replace(acme(replace(other, database_id=2)))
        runs.check()


def test_two_repositories_that_swap_their_names(tmp_path: Path) -> None:
    """What was kept belongs to a repository, not to its name."""
    web = replace(with_request(api(), 5, labels=("hotfix",)), name="web", database_id=2)
    with runs_of(last_week(api(), web), tmp_path) as runs:
        runs.check()
        swapped = (replace(web, name="api"), replace(api(), name="web"))
        runs.server.replace(acme(*swapped))
        runs.check()


def test_repository_that_is_deleted(tmp_path: Path) -> None:
    """A repository that is gone is not reported from what was kept."""
    web = replace(api(), name="web", database_id=2)
    with runs_of(last_week(api(), web), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(api()))
        read = runs.check()
    assert ["api"] == list(read.tables.repositories["repository"])


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND", "SAML"])
def test_repository_that_the_token_may_not_read_any_more(kind: str, tmp_path: Path) -> None:
    """Who may read less sees nothing of what who might read more has kept."""
    web = replace(api(), name="web", database_id=2)
    with runs_of(last_week(api(), web), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(api(), web))
        runs.server.middleware = [Faults([Rule(Deny("web", kind))])]
        read = runs.check()
        assert {"api"} == set(read.tables.commits["repository"])
        runs.server.middleware = []
        read = runs.check()
        assert {"api", "web"} == set(read.tables.commits["repository"])


def test_commits_that_were_forced_away(tmp_path: Path) -> None:
    """A deployed commit that GitHub no longer has is unknown, though it was kept (LT10)."""
    gone = {branch(1), branch(2)}
    then = replace(
        api(), commits={sha: one for sha, one in api().commits.items() if sha not in gone}
    )
    then = with_request(then, 7, updated_at=ago(1))
    check(last_week(api()), acme(then), tmp_path)


@pytest.mark.thorough
def test_default_branch_that_was_rewritten(tmp_path: Path) -> None:
    """What a force push took from the default branch waits no more (LT8)."""
    rewritten = [
        commit(f"c{n:039x}", f"c{n - 1:039x}" if n > 31 else main(30), at=ago(5 - (n - 31)))
        for n in range(31, 34)
    ]
    then = with_commits(api(), *rewritten)
    check(last_week(api()), acme(replace(then, head=rewritten[-1].sha)), tmp_path)


def reverting(text: str) -> Repository:
    """A commit of last week is taken back by commit 39, in these words."""
    back = replace(api().commits[main(39)], message=f'Revert "x"\n\n{text}')
    return with_commits(api(), back)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"This reverts commit {main(24)}.", id="whole sha"),
        pytest.param(f"This reverts commit {main(24)[:39]}.", id="of several: too short"),
        pytest.param(f"This reverts commit {branch(2, 5)}.", id="commit of a branch"),
        pytest.param("Reverts acme/api#5", id="a request"),
        pytest.param("Reverts #7", id="a request that was open"),
        pytest.param("Reverts #999", id="no request"),
    ],
)
def test_revert_of_what_was_kept(text: str, tmp_path: Path) -> None:
    """What a revert names is found whether or not it was kept (F3)."""
    check(last_week(api()), acme(reverting(text)), tmp_path)


def test_revert_of_a_short_sha_that_fits_another_commit_now(tmp_path: Path) -> None:
    """A short sha that was clear last week may fit two commits now (F3)."""
    short, other = f"d{0:06x}", f"d{0:06x}{1:033x}"
    only = replace(api().commits[main(24)], sha=f"d{0:039x}")
    (after,) = (replace(api().commits[main(25)], parents=(only.sha,)),)
    back = replace(api().commits[main(31)], message=f"This reverts commit {short}.")
    made = with_commits(api(), only, after, back)
    more = with_commits(made, commit(other, main(40), at=ago(0.9)))
    check(last_week(made), acme(replace(more, head=other)), tmp_path)


# -- What a token may read -----------------------------------------------------------------------

REFUSED = "Resource not accessible by personal access token"


#: What a token without the right to pull requests is shown, where GitHub says nothing of it.
SILENT = (
    Rule(Hidden("repository.pullRequests"), "Deployments", variables={"stamp": True}),
    Rule(Hidden("repository.pullRequests"), "Updates"),
    Rule(Unassociated(""), "Commits"),
)


@pytest.mark.thorough
def test_requests_that_the_token_is_not_shown_any_more(tmp_path: Path) -> None:
    """A token that may not read pull requests, and is not told so, is shown none of those kept."""
    with pages_of(1, tiny_lists=False), runs_of(last_week(api()), tmp_path) as runs:
        assert len(runs.check().tables.associations) > 0
        runs.server.replace(acme(api()))
        runs.server.middleware = [Faults(SILENT)]
        unseen = runs.check().tables
        assert (0, True) == (len(unseen.associations), len(unseen.commits) > 30)
        runs.server.middleware = []
        assert len(runs.check().tables.associations) > 0


@pytest.mark.parametrize("field", ["pullRequests", "labels"])
def test_what_the_token_need_not_read_makes_nothing_unreadable(field: str, tmp_path: Path) -> None:
    """A repository that needs no commits is read without the right to pull requests."""
    only, days = main(1), (3, 2)
    own = replace(
        api(),
        head=only,
        commits={only: api().commits[only]},
        deployments=tuple(deploy(n, only, ago(n)) for n in days),
    )
    rule = Rule(PartialError(f"repository.{field}", "FORBIDDEN", REFUSED), "Deployments")
    with runs_of(acme(own), tmp_path, middleware=[Faults([rule])]) as runs:
        kept = runs.check()
    assert kept.tables.repositories["unreadable"].isna().all()


def test_commits_that_the_token_may_not_read_any_more(tmp_path: Path) -> None:
    """A token that may not read contents is told nothing from what another has kept of them."""
    rules = [
        Rule(PartialError("repository.deployments.nodes.0.commit", "FORBIDDEN", REFUSED),
             "Deployments"),
        Rule(PartialError("repository.object", "FORBIDDEN", REFUSED), "Commits"),
    ]  # fmt: skip
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(api()))
        runs.server.middleware = [Faults(rules)]
        read = runs.check()
    assert [REFUSED] == list(read.tables.repositories["unreadable"])


@pytest.mark.few(1)
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("operation", ["Updates", "Labels"])
@pytest.mark.parametrize(
    "effect", [PartialError("repository", "FORBIDDEN", REFUSED), faults.Status(502)]
)
def test_what_cannot_be_brought_up_to_date_is_read_anew(
    effect: faults.Effect, operation: str, tmp_path: Path
) -> None:
    """What only the cache asks for makes no repository unreadable, whatever comes of it."""
    names = {f"area-{n}": n for n in range(100, 300)}
    first = replace(api(), label_ids={**names, "bug": 11})
    then = with_request(first, 5, labels=("hotfix",), updated_at=ago(2))
    with pages_of(1, tiny_lists=False), runs_of(last_week(first), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(then))
        plain = runs.plain()
        runs.server.middleware = [Faults([Rule(effect, operation)])]
        same(plain, runs.kept())
        runs.server.middleware = []
        runs.check()


@pytest.mark.thorough
def test_server_that_is_put_back_to_an_earlier_state(tmp_path: Path) -> None:
    """What a server lost that was restored from a copy is not told from what was kept."""
    with pages_of(1, tiny_lists=False), runs_of(acme(api()), tmp_path) as runs:
        runs.check()
        restored = replace(last_week(api()), now=NOW + HOUR)
        runs.server.replace(restored)
        runs.check()
        other = with_request(
            api(), 7, merged_at=None, closed_at=None, merge_commit_sha=None, associated=()
        )
        runs.server.replace(replace(acme(other), now=NOW + DAY))
        runs.check()


# -- Several changes, one after the other --------------------------------------------------------


@pytest.mark.thorough
def test_label_that_is_renamed_after_everything_was_forgotten(tmp_path: Path) -> None:
    """What was read just before the rest was forgotten is known to have its label."""
    work = [
        commit(branch(n, 9), branch(n - 1, 9) if n > 1 else main(27), at=ago(13) + n * SECOND)
        for n in range(1, 120)
    ]
    made = with_commits(api(), *work)
    big = request(9, *(one.sha for one in work), merge=main(37), at=ago(4))
    made = with_request(with_requests(made, big), 5, updated_at=ago(2))  # read before request 9
    named = replace(made, label_ids={"hotfix": 11})
    renamed = acme(with_request(named, 5, labels=("hotfix",)))
    with pages_of(1, tiny_lists=False), runs_of(last_week(made), tmp_path) as runs:
        runs.check()
        runs.server.replace(acme(made))
        runs.check()
        runs.server.replace(replace(renamed, now=NOW + DAY))
        runs.check()


LABEL = LabelRecord("L_11", "bug")
OWNER = {"repository": 1, "query_options": "labels", "branch": "main"}


def merged(number: int, *labels: LabelRecord) -> PullRequestRecord:
    """A request as it is kept."""
    return PullRequestRecord(number, ago(9), ago(8), main(1), "feature", ago(9), (), labels)


def test_two_runs_that_saw_different_truths(tmp_path: Path) -> None:
    """What another run has written since is not what this run found to be fresh."""
    cache, other = (Cache(tmp_path / "x.sqlite", pytest.fail) for _ in range(2))
    first = CachedRepository(cache, **OWNER)  # type: ignore[arg-type]  # as it says
    first.is_fresh_as_of(None)
    first.cache_pull_request(merged(1))
    first.save()
    slow, quick = CachedRepository(other, **OWNER), CachedRepository(cache, **OWNER)  # type: ignore[arg-type]  # likewise
    slow.is_fresh_as_of(None)  # now the label is renamed
    quick.is_fresh_as_of(None)  # it was not there when the label was looked for
    slow.cache_pull_request(merged(2, LABEL))
    slow.save()
    assert [None, None] == [quick.request(1), quick.request(2)]
    quick.cache_pull_request(merged(3))
    quick.save()
    last = CachedRepository(cache, **OWNER)  # type: ignore[arg-type]  # likewise
    assert [merged(1), merged(2, LABEL), None] == [last.request(n) for n in (1, 2, 3)]
    cache.close()
    other.close()
