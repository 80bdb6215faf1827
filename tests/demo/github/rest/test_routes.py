"""REST answers as GitHub gives them, and PyGithub understands them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import github
import jwt
import pytest
import requests

from dora.demo.github.server import TOKEN, Rights, Server, serve
from dora.demo.github.tokens import App
from dora.demo.organization.model import Commit, PullRequest, Team
from tests.support.app_keys import app_key
from tests.support.small_organizations import (
    T0,
    after,
    deployment,
    get,
    organization,
    repository,
    sha,
)

REQUEST = PullRequest(5, after(1), "Slots", after(2), after(2), sha(2), associated=(sha(2),))
WORLD = organization(
    repository(
        commits=40,
        deployments=tuple(
            deployment(n, "in_progress", "success", environment="Prod" if n % 2 else "qa")
            for n in range(1, 41)
        ),
        pull_requests=(REQUEST,),
    ),
    repository("empty"),
    repository("vault", 1, forbidden=True),
    teams=(Team("care", "Care", {"api": "maintain"}),),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for all that only reads."""
    with serve(WORLD) as running:
        yield running


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_pygithub_reads_all_it_needs(server: Server, prefix: str) -> None:
    """Repositories, deployments, statuses, comparisons, GraphQL: with or without /api/v3."""
    with github.Github(
        base_url=server.url + prefix,
        auth=github.Auth.Token(TOKEN),
        seconds_between_requests=None,
        seconds_between_writes=None,
        retry=None,
    ) as client:
        repositories = client.get_organization("acme").get_repos(sort="full_name")
        assert [one.name for one in repositories] == ["api", "empty", "vault"]
        api = client.get_repo("acme/api")
        deployments = list(api.get_deployments(environment="Prod"))
        assert list(range(39, 0, -2)) == [one.id for one in deployments]
        states = [status.state for status in deployments[0].get_statuses()]
        assert states == ["success", "in_progress"]
        comparison = api.compare(sha(2), sha(4))
        assert ("ahead", 2) == (comparison.status, comparison.ahead_by)
        assert [sha(3), sha(4)] == [one.sha for one in comparison.commits]
        assert [sha(2), sha(1)] == [one.sha for one in api.get_commits(sha=sha(2))]
        pulls = api.get_commit(sha(2)).get_pulls()
        assert [5] == [one.number for one in pulls]
        assert api.get_pull(5).merged_at == after(2)
        _, body = client.requester.graphql_query("query Q { viewer { login } }", {})
        assert body == {"data": {"viewer": {"login": "octo-operator"}}}
        teams = client.get_organization("acme").get_teams()
        assert [["api"]] == [[one.name for one in team.get_repos()] for team in teams]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/repos/acme/no", 404, "Not Found"),
        ("/orgs/other/repos", 404, "Not Found"),
        ("/nothing", 404, "Not Found"),
        ("/repos/acme/empty/commits", 409, "Git Repository is empty."),
        ("/repos/acme/vault/deployments", 403, "Resource not accessible by personal access token"),
        ("/repos/acme/api/compare/ffffffffff...main", 404, "Not Found"),
        ("/repos/acme/api/commits/ffffffffff", 422, "No commit found for SHA: ffffffffff"),
        ("/repos/acme/api/deployments/999", 404, "Not Found"),
    ],
)
def test_problems_have_github_s_status_and_words(
    server: Server, path: str, status: int, message: str
) -> None:
    """Each problem is JSON with a message."""
    answer = get(server, path)
    assert (status, message) == (answer.status_code, answer.json()["message"])


def test_pages_are_linked_and_bounded(server: Server) -> None:
    """Thirty a page unless asked, a hundred at most, and a Link to the other pages."""
    path = "/repos/acme/api/deployments"
    first, second = get(server, path), get(server, f"{path}?page=2")
    assert (30, 10) == (len(first.json()), len(second.json()))
    assert {"next", "last"} == first.links.keys()
    assert {"prev", "first"} == second.links.keys()
    assert get(server, first.links["next"]["url"].removeprefix(server.url)).json() == second.json()
    assert len(get(server, f"{path}?per_page=500").json()) == 40


def test_commits_between_dates(server: Server) -> None:
    """`since` and `until` bound the committer date."""
    path = f"/repos/acme/api/commits?since={after(38).isoformat()}&until={after(39).isoformat()}"
    found = [one["sha"] for one in get(server, path.replace("+", "%2B")).json()]
    assert [sha(39), sha(38)] == found


def test_comparison_without_common_ancestor_is_not_found() -> None:
    """Unrelated histories cannot be compared."""
    lone = Commit(sha(99), (), T0, T0)
    api = repository(commits=2)
    both = replace(api, commits={**api.commits, lone.sha: lone})
    with serve(organization(both)) as running:
        answer = get(running, f"/repos/acme/api/compare/{sha(99)}...main")
    assert answer.status_code == 404
    assert "No common ancestor" in answer.json()["message"]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_other_tokens_are_refused(server: Server, token: str) -> None:
    """A wrong token, or none, gets 401 everywhere."""
    for path in ("/user", "/rate_limit", "/repos/acme/api"):
        answer = get(server, path, token)
        assert (401, "Bad credentials") == (answer.status_code, answer.json()["message"])


def test_budgets_are_told_apart() -> None:
    """`/rate_limit` tells both budgets and costs nothing."""
    with serve(WORLD) as running:
        answer = get(running, "/user")
        assert answer.headers["x-ratelimit-remaining"] == "4999"
        resources = get(running, "/rate_limit").json()["resources"]
    assert {"core": 1, "graphql": 0} == {name: one["used"] for name, one in resources.items()}


def test_app_gets_a_token_that_is_accepted() -> None:
    """An App that signs with its key finds its installation and gets a token for an hour."""
    private, public = app_key()
    with serve(WORLD, app=App(12, public, 34)) as running:
        auth = github.Auth.AppAuth(12, private)
        with github.GithubIntegration(auth=auth, base_url=running.url, retry=None) as integration:
            installation = integration.get_org_installation("acme")
            given = integration.get_access_token(installation.id)
        assert get(running, "/repos/acme/api", given.token).ok
        lasts = given.expires_at - dt.datetime.now(dt.UTC)
        assert dt.timedelta(minutes=58) < lasts <= dt.timedelta(hours=1)


def test_a_token_has_the_permissions_that_were_asked_for() -> None:
    """All of the App's where none is named; what the App does not have is refused with 422."""
    private, public = app_key()
    asked: tuple[dict[str, str], ...] = ({}, {"contents": "read"}, {"actions": "read"})
    path = "/repos/acme/api/actions/runs"
    with serve(WORLD, app=App(12, public, 34)) as running:
        tokens = [app_token(running, private, permissions) for permissions in asked]
        given = [one.json() for one in tokens]
        statuses = [get(running, path, one["token"]).status_code for one in given]
    assert [200, 403, 200] == statuses
    assert "read" == given[0]["permissions"]["actions"]
    assert {"metadata": "read", "contents": "read"} == given[1]["permissions"]
    with serve(WORLD, app=App(12, public, 34), rights=Rights(actions=False)) as running:
        answers = [app_token(running, private, permissions) for permissions in asked]
    assert [201, 201, 422] == [one.status_code for one in answers]
    message = "The permissions requested are not granted to this installation."
    assert message == answers[2].json()["message"]


def app_token(running: Server, private: str, permissions: dict[str, str]) -> requests.Response:
    """The answer to an App that asks for a token with these permissions."""
    now = int(dt.datetime.now(dt.UTC).timestamp())
    signed = jwt.encode({"iat": now, "exp": now + 300, "iss": "12"}, private, "RS256")
    return requests.post(
        f"{running.url}/app/installations/34/access_tokens",
        json={"permissions": permissions} if permissions else {},
        headers={"authorization": f"bearer {signed}"},
        timeout=10,
    )


def test_app_without_its_key_is_refused() -> None:
    """A token signed by another key, for another App, or living too long opens nothing."""
    private, public = app_key()
    other, _ = app_key(2)
    now = int(dt.datetime.now(dt.UTC).timestamp())
    claims = {"iat": now, "exp": now + 300, "iss": "12"}
    with serve(WORLD, app=App(12, public, 34)) as running:
        statuses = [
            get(running, "/orgs/acme/installation", jwt.encode(body, key, "RS256")).status_code
            for body, key in (
                (claims, private),
                (claims, other),
                ({**claims, "iss": "13"}, private),
                ({**claims, "exp": now + 3600}, private),
            )
        ]
    assert statuses == [200, 401, 401, 401]
