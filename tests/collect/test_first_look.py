"""A first look at an organization: what is asked, and what becomes of refusals."""

from collections import Counter
from dataclasses import replace

from dora.collect.first_look import look_at
from dora.collect.organization import connect
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.github.visibility import Rights
from dora.demo.organization.model import Organization, Repository, Workflow
from dora.model.first_look import FirstLook, LookCost
from tests.support.github.faults import Faults, PartialError, Rule
from tests.support.runs import Told, config_of
from tests.support.source_organizations import mixture, only_workflow
from tests.support.source_runs import DEPLOY
from tests.support.two_repositories import ACME, API, NOW, VAULT


def looked(
    server: Server, organization: Organization, **options: object
) -> tuple[FirstLook, Counter[str], list[LookCost]]:
    """What is seen, how often each kind of request was sent, and the cost that was told."""
    config, told = config_of(organization), Told()
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    costs: list[LookCost] = []
    server.requests.clear()
    look = look_at(connect(config, variables, told), config, says=costs.append, **options)  # type: ignore[arg-type]  # as `look_at` takes them
    asked = Counter(one.operation or one.path.rpartition("/")[2] for one in server.requests)
    return look, asked, costs


def many(count: int) -> Organization:
    """Repositories without Deployments, each with a workflow that never ran."""
    workflows = (Workflow(1, "Deploy", ".github/workflows/deploy.yml"),)
    bare = replace(API, deployments=(), workflows=workflows)
    return replace(
        ACME,
        repositories=tuple(replace(bare, name=f"r{n:03}", database_id=n + 1) for n in range(count)),
    )


def test_requests_grow_with_the_repositories() -> None:
    """Four repositories share a request; workflows take one, and one more for runs."""
    with serve(many(40)) as server:
        look, asked, (cost,) = looked(server, many(40))
    assert {
        "Repositories": 1, "TeamNames": 1, "Look": 10, "workflows": 40, "runs": 40,
    } == asked  # fmt: skip
    assert 40 == len(look.repositories)
    assert (40, 40, 13, 80, 240) == (
        cost.listed, cost.asked, cost.queries, cost.rest, cost.most_rest,
    )  # fmt: skip
    assert cost.points >= look.points
    assert cost.queries + cost.rest >= look.requests


def test_what_is_not_asked() -> None:
    """What is archived, empty, older than the newest, not named, or told by Deployments already."""
    old = replace(API, name="old", database_id=7, archived_at=NOW)
    empty = Repository("empty", 8, NOW)
    acme = replace(ACME, repositories=(*ACME.repositories, old, empty))
    with serve(acme) as server:
        look, asked, _ = looked(server, acme, most=1)
        named, _, _ = looked(server, acme, names=["API"])
    assert (("old",), ("empty",), 1) == (look.archived, look.empty, len(look.others))
    assert {"Repositories": 1, "Look": 1} == {
        kind: count for kind, count in asked.items() if kind != "workflows"
    }
    assert (["api"], ("empty", "old", "web")) == (
        [one.name for one in named.repositories],
        named.others,
    )


def test_production_behind_previews() -> None:
    """Sixty previews are newer than the last deployments to production: these are seen, too."""
    previews = tuple(
        replace(API.deployments[-1], id=9000 + n, created_at=NOW, environment=f"pr-{n}")
        for n in range(60)
    )
    acme = replace(ACME, repositories=(replace(API, deployments=(*API.deployments, *previews)),))
    with serve(acme) as server:
        look, asked, _ = looked(server, acme)
    assert 0 == asked["workflows"]
    (seen,) = look.repositories
    assert {"production": 4, "pr": 50} == Counter(
        one.environment.partition("-")[0] for one in seen.deployments.rows
    )
    assert seen.deployments.has_more


def test_runs_are_those_of_the_window() -> None:
    """W2: what ran after a window that is past gives a report of it no row."""
    case = only_workflow()
    options = {"since": case.since.isoformat(), "until": case.until.isoformat()}
    config = config_of(case.organization, **options)
    with serve(case.organization) as server:
        variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
        look = look_at(connect(config, variables, Told()), config, ["api"])
    seen, unread = [one for own in look.repositories for one in own.workflows or ()]
    assert ("Build", None) == (unread.name, unread.runs)
    runs = [
        run.created_at
        for one in case.organization.repositories
        for run in one.runs
        if run.head_branch == "main" and run.workflow_id == DEPLOY.id
    ]
    assert any(at >= case.until for at in runs)
    assert sum(case.since <= at < case.until for at in runs) == seen.total


def test_refused_actions_are_not_asked_on_and_on() -> None:
    """Without Actions: read three repositories are asked in turn, and the reason is kept."""
    acme = many(40)
    with serve(acme, rights=Rights(actions=False)) as server:
        look, asked, _ = looked(server, acme)
    assert 3 == asked["workflows"]
    assert "Resource not accessible" in (look.actions_refused or "")
    assert all(one.workflows is None and one.unreadable is None for one in look.repositories)


def test_unreadable_repositories_and_teams() -> None:
    """One repository that is refused does not stop the others, nor do refused teams."""
    acme = replace(ACME, repositories=(*ACME.repositories, VAULT))
    with serve(
        acme,
        middleware=[Faults([Rule(PartialError("organization", "FORBIDDEN", "No."), "TeamNames")])],
    ) as server:
        look, _, _ = looked(server, acme)
    assert ["vault"] == [one.name for one in look.repositories if one.unreadable is not None]
    assert (3, None) == (len(look.repositories), look.teams)


def test_everything_of_a_mixture() -> None:
    """Of each kind what GitHub tells: no drafts among the releases, dates of both kinds of tags."""
    organization = mixture().organization
    with serve(organization) as server:
        look, _, _ = looked(server, organization)
    seen = {one.name: one for one in look.repositories}
    assert [("Deploy to production", "deploy.yml"), ("Build", "build.yml")] == [
        (one.name, one.file) for one in seen["api"].workflows or ()
    ]
    assert {"v2.0.0-rc.1"} == {one.tag for one in seen["lib"].releases.rows if one.is_prerelease}
    assert "v3.0.0" not in {one.tag for one in seen["lib"].releases.rows}
    assert all(one.at is not None for one in seen["cli"].tags.rows)
    assert {"main"} == {one.branch for one in look.repositories}
