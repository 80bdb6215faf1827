"""What happens while a client reads: data change, a token ends, a history has no end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from github import Auth, GithubIntegration
from hypothesis import given, settings
from hypothesis import strategies as st

from dora.demo.github.limits import Limits
from dora.demo.github.messages import Request
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.github.tokens import App
from dora.demo.organization.model import Organization, PullRequest, Repository
from tests.support.app_keys import app_key
from tests.support.github import faults
from tests.support.github.faults import Change, Deny, Endless, Expire, Faults, RateLimit, Rule
from tests.support.github.remembered_answers import RememberedAnswers
from tests.support.small_organizations import (
    after,
    ask,
    deployment,
    get,
    ids,
    line,
    organization,
    post,
    repository,
    sha,
)

API = 'repository(owner: "acme", name: "api")'
PAGE = "query P($after: String) { " + API + " { name isEmpty deployments(first: 2, after: $after,"
PAGE += " orderBy: {field: CREATED_AT, direction: DESC}) { pageInfo { hasNextPage endCursor }"
PAGE += " nodes { databaseId commit { oid } } } } }"
ROWS = tuple(deployment(n, "success") for n in range(1, 6))
WORLD = organization(repository(commits=5, deployments=ROWS))


def to_api(change: Callable[[Repository], Repository]) -> Change:
    """A change of the repository `api` alone."""

    def apply(world: Organization) -> Organization:
        return replace(
            world,
            repositories=tuple(
                change(one) if one.name == "api" else one for one in world.repositories
            ),
        )

    return Change(apply)


def page(server: Server, cursor: str | None = None) -> Any:
    """A page of deployments, with whatever stands beside it."""
    return ask(server, PAGE, after=cursor)["data"]["repository"]


def arrive(api: Repository) -> Repository:
    """One more deployment."""
    number = len(api.deployments) + 1
    return replace(api, deployments=(*api.deployments, deployment(number)))


def test_a_change_comes_before_its_request_once_and_for_good() -> None:
    """The truth changes right before the request it was told for, for all that follow."""
    rule = Rule(to_api(arrive), operation="P", at=(2,))
    with serve(WORLD, middleware=[Faults([rule]), RememberedAnswers()]) as server:
        first = page(server)
        cursor = first["deployments"]["pageInfo"]["endCursor"]
        second = page(server, cursor)
        again, later = page(server), get(server, "/repos/acme/api/deployments").json()
        truth = server.organization.repositories[0]
    assert [[5, 4], [3, 2], [6, 5]] == [
        ids(one["deployments"]["nodes"]) for one in (first, second, again)
    ]
    assert [one["id"] for one in later] == [6, 5, 4, 3, 2, 1]
    assert len(truth.deployments) == 6


def test_every_firing_changes_once_even_at_the_same_time() -> None:
    """Of many requests at once none takes back what another changed."""
    with serve(WORLD, middleware=[Faults([Rule(to_api(arrive))])]) as server:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: get(server, "/user"), range(24)))
        deployments = server.organization.repositories[0].deployments
    assert [one.id for one in deployments] == list(range(1, 30))


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda one: replace(one, name="new", former_names=("api",)), ("new", False, sha(5))),
        (lambda one: replace(one, commits={}, head=None), ("api", True, None)),
        (lambda one: replace(one, commits=line(4), head=sha(4)), ("api", False, None)),
    ],
)
def test_repositories_are_renamed_emptied_and_pushed_over(
    change: Callable[[Repository], Repository], seen: tuple[str, bool, str | None]
) -> None:
    """What is read on afterwards is the new truth, by the old name as well."""
    with serve(WORLD, middleware=[Faults([Rule(to_api(change), at=(2,))])]) as server:
        before, now = page(server), page(server)
    assert ("api", False) == (before["name"], before["isEmpty"])
    oid = (now["deployments"]["nodes"][0]["commit"] or {}).get("oid")
    assert seen == (now["name"], now["isEmpty"], oid)


def test_a_repository_is_deleted_between_two_pages() -> None:
    """Then it was never there."""
    gone = Change(lambda world: replace(world, repositories=()))
    with serve(WORLD, middleware=[Faults([Rule(gone, at=(2,))])]) as server:
        cursor = page(server)["deployments"]["pageInfo"]["endCursor"]
        answer = ask(server, PAGE, after=cursor)
    assert answer["data"] == {"repository": None}
    assert answer["errors"][0]["type"] == "NOT_FOUND"


def test_a_pull_request_is_merged_and_labelled_meanwhile() -> None:
    """The next request sees it merged, labelled and updated."""
    request = PullRequest(3, after(1), commits=(sha(2),))
    merged = replace(request, merged_at=after(4), labels=("hotfix",), updated_at=after(6))
    change = to_api(lambda one: replace(one, pull_requests=(merged,)))
    query = "{ " + API + " { pullRequest(number: 3) { state updatedAt labels(first: 9) { nodes {"
    query += " name } } } } }"
    world = organization(repository(commits=5, pull_requests=(request,)))
    with serve(world, middleware=[Faults([Rule(change, at=(2,))])]) as server:
        before, now = (ask(server, query)["data"]["repository"]["pullRequest"] for _ in range(2))
    assert ("OPEN", []) == (before["state"], before["labels"]["nodes"])
    assert now == {
        "state": "MERGED",
        "updatedAt": "2026-03-02T15:00:00Z",
        "labels": {"nodes": [{"name": "hotfix"}]},
    }


# ---- access --------------------------------------------------------------------------------------

SAML = "Resource protected by organization SAML enforcement. You must grant your Personal Access "
SAML += "token access to this organization."


@pytest.mark.parametrize(
    ("is_private", "path"), [(True, ["repository"]), (False, ["repository", "deployments"])]
)
def test_single_sign_on_refuses_a_repository(is_private: bool, path: list[str]) -> None:
    """Of a private one everything, of a public one what needs the organization, in both APIs."""
    world = organization(repository(commits=1, deployments=ROWS, is_private=is_private))
    with serve(world, middleware=[Faults([Rule(Deny("api", "SAML"))])]) as server:
        answer = post(server, PAGE)
        of_rest = get(server, "/repos/acme/api/deployments")
        names = ask(
            server, '{ organization(login: "acme") { repositories(first: 9) { nodes { name } } } }'
        )
    body = answer.json()
    assert (200, {"repository": None}) == (answer.status_code, body["data"])
    (error,) = body["errors"]
    assert ("FORBIDDEN", path, {"saml_failure": True}, SAML) == (
        error["type"],
        error["path"],
        error["extensions"],
        error["message"],
    )
    assert (403, SAML) == (of_rest.status_code, of_rest.json()["message"])
    for one in (answer, of_rest):
        assert one.headers["x-github-sso"].startswith(
            "required; url=https://github.com/orgs/acme/sso?authorization_request="
        )
    assert names["data"]["organization"]["repositories"]["nodes"] == [{"name": "api"}]


def test_a_fixed_token_that_expires_is_refused_for_ever() -> None:
    """From the request on that it was told for, in both APIs."""
    with serve(WORLD, middleware=[Faults([Rule(Expire(), operation="P", at=(2,))])]) as server:
        statuses = [post(server, PAGE).status_code for _ in range(4)]
        refused = get(server, "/repos/acme/api")
    assert statuses == [200, 401, 401, 401]
    assert (401, "Bad credentials") == (refused.status_code, refused.json()["message"])


def test_an_app_whose_token_expires_gets_another() -> None:
    """Only a new token is accepted again; the fixed one of somebody else never ended."""
    private, public = app_key()
    rule = Rule(Expire(), operation="P", at=(2,))
    with serve(WORLD, app=App(12, public, 34), middleware=[Faults([rule])]) as server:
        auth = Auth.AppAuth(12, private)
        with GithubIntegration(
            auth=auth, base_url=server.url, retry=None, seconds_between_writes=None
        ) as integration:
            old, new = (integration.get_access_token(34).token for _ in range(2))
        statuses = [post(server, PAGE, token).status_code for token in (old, old, old, new, TOKEN)]
    assert statuses == [200, 401, 401, 200, 200]


@pytest.mark.parametrize(("style", "status"), [("403", 403), ("RATE_LIMITED", 200), ("429", 429)])
def test_a_lasting_rate_limit_refuses_until_its_reset(style: str, status: int) -> None:
    """Once it fired all of that API is refused, each answer naming the same reset."""
    now = [1000.25]
    rule = Rule(RateLimit(style, 30, lasting=True), operation="P", at=(2, 3))
    limits = Limits(clock=lambda: now[0])
    with serve(WORLD, middleware=[Faults([rule])], limits=limits) as server:
        good = post(server, PAGE)
        refused = [post(server, PAGE)]
        now[0] += 30.5
        refused += [post(server, PAGE), post(server, "{ viewer { login } }")]
        assert get(server, "/user").ok, "REST has a budget of its own"
        told = get(server, "/rate_limit").json()["resources"]["graphql"]
        now[0] += 0.25
        well = post(server, PAGE)
    assert [good.json()["data"]] == [well.json()["data"]]
    assert [status] * 3 == [one.status_code for one in refused]
    for one in refused:
        assert ("0", "1031") == tuple(
            one.headers[f"x-ratelimit-{name}"] for name in ("remaining", "reset")
        )
        kind = one.json().get("errors", [{}])[0].get("type")
        assert kind == (style if status == 200 else None)
    assert (0, 1031) == (told["remaining"], told["reset"])


# ---- without an end ------------------------------------------------------------------------------

HISTORY = "query H($oid: GitObjectID!, $after: String) { " + API + " { object(oid: $oid) {"
HISTORY += " ... on Commit { history(first: 3, after: $after) { pageInfo { hasNextPage endCursor }"
HISTORY += " nodes { oid committedDate parents(first: 2) { nodes { oid } } } } } } } }"


def walked(server: Server, pages: int, oid: str) -> tuple[list[str | None], list[Any]]:
    """So many pages of a history: their cursors, and all their commits."""
    cursors: list[str | None] = [None]
    nodes: list[Any] = []
    for _ in range(pages):
        answer = ask(server, HISTORY, oid=oid, after=cursors[-1])
        found = answer["data"]["repository"]["object"]["history"]
        assert found["pageInfo"]["hasNextPage"]
        cursors.append(found["pageInfo"]["endCursor"])
        nodes += found["nodes"]
    return cursors[1:], nodes


def test_a_history_without_an_end_goes_on_with_made_up_commits() -> None:
    """Each is the parent of the one before, none comes twice, and they are the same each time."""
    runs = []
    for _ in range(2):
        with serve(WORLD, middleware=[Faults([Rule(Endless("api"))])]) as server:
            runs.append(walked(server, 7, sha(5)))
            _, further = walked(server, 1, runs[0][1][-2]["oid"])
    assert runs[0] == runs[1]
    cursors, nodes = runs[0]
    oids = [node["oid"] for node in nodes]
    assert [f"{sha(5)} {at}" for at in range(2, 21, 3)] == cursors
    assert [sha(n) for n in (5, 4, 3, 2, 1)] == oids[:5]
    assert len(set(oids)) == 21
    parents = [node["parents"]["nodes"] for node in nodes]
    assert [[{"oid": oid}] for oid in oids[1:]] == parents[:-1]
    assert further[:2] == nodes[-2:], "a made-up commit has its own history"


def test_a_history_whose_cursor_does_not_move_comes_again_and_again() -> None:
    """The same page, which says that there is a next one."""
    with serve(
        WORLD, middleware=[Faults([Rule(Endless("api", moves=False), starting=2)])]
    ) as server:
        ask(server, HISTORY, oid=sha(5))
        cursors, nodes = walked(server, 3, sha(5))
    assert [f"{sha(5)} 2"] * 3 == cursors
    assert [sha(n) for n in (5, 4, 3)] * 3 == [node["oid"] for node in nodes]


def test_other_repositories_end_as_ever() -> None:
    """Only the repository that was named has no end; what is made up there is nowhere else."""
    web = repository("web", 2)
    query = HISTORY.replace('name: "api"', 'name: "web"')
    with serve(
        organization(*WORLD.repositories, web), middleware=[Faults([Rule(Endless("api"))])]
    ) as (server):
        _, nodes = walked(server, 2, sha(5))
        found = ask(server, query, oid=sha(2))["data"]["repository"]["object"]["history"]
        other = ask(server, query, oid=nodes[-1]["oid"])["data"]["repository"]["object"]
    assert (False, 2) == (found["pageInfo"]["hasNextPage"], len(found["nodes"]))
    assert other is None


# ---- chance --------------------------------------------------------------------------------------

EFFECTS: list[faults.Effect] = [
    faults.Status(502),
    faults.SecondaryLimit(403, 1),
    faults.Html(),
    RateLimit("429"),
    Deny("api", "SAML"),
    Deny("api", "NOT_FOUND"),
    Endless("api"),
    to_api(arrive),
    faults.resource_limits("repository.deployments"),
]
RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from(EFFECTS),
        operation=st.sampled_from([None, "P", "H"]),
        starting=st.integers(1, 4),
        probability=st.sampled_from([0.5, 1.0]),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(RULES, st.integers(0, 9))
def test_faults_depend_on_their_rules_and_seed_alone(rules: list[Rule], seed: int) -> None:
    """The same rules, seed and requests give the same answers."""
    bodies: list[dict[str, Any]] = [
        {"query": PAGE},
        {"query": HISTORY, "variables": {"oid": sha(5)}},
    ] * 3

    def answers() -> list[tuple[int, bytes]]:
        with serve(WORLD, token="", middleware=[Faults(rules, seed)]) as server:
            made = [
                server.answer(Request("POST", "/graphql", body=body), lambda _: None)
                for body in bodies
            ]
        return [(one.status, one.body) for one in made]

    assert answers() == answers()
