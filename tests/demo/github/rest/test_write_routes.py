"""What workflows write: deployments, statuses, issues and comments, by GitHub's rules."""

from typing import Any

import pytest
import requests

from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import Issue, PullRequest
from tests.support.github.faults import Faults, Refusal, Rule, Truncate
from tests.support.small_organizations import after, deployment, get, organization, repository, sha

REPOSITORY = "/repos/acme/api"


def send(server: Server, method: str, path: str, token: str = TOKEN, **body: Any) -> Any:
    headers = {"authorization": f"bearer {token}"}
    answer = requests.request(
        method, server.url + REPOSITORY + path, json=body, headers=headers, timeout=10
    )
    return answer.status_code, answer.json()


def test_a_deployment_is_filed_and_read_again() -> None:
    """What is created is there, in both APIs, with the payload as it was sent."""
    with serve(organization(repository(commits=3))) as server:
        asked: dict[str, Any] = {
            "environment": "prod-eu",
            "payload": {"rollback": True},
            "required_contexts": [],
        }
        status, made = send(server, "POST", "/deployments", ref="main", **asked)
        listed = get(server, f"{REPOSITORY}/deployments").json()

        assert (201, sha(3), {"rollback": True}) == (status, made["sha"], made["payload"])
        assert [made] == listed
        assert not made["production_environment"]


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ({"ref": "no-such-branch"}, 422, "No ref found for: no-such-branch"),
        ({}, 422, "Validation Failed"),
        ({"ref": "main", "environment": "x" * 256}, 422, "Validation Failed"),
        ({"ref": "topic"}, 202, "Auto-merged main into topic on deployment."),
    ],
)
def test_what_makes_no_deployment(asked: dict[str, Any], status: int, told: str) -> None:
    """An unknown ref, a name that is too long, a branch that GitHub merges first: none is filed."""
    topic = PullRequest(1, after(2), head_ref="topic", commits=(sha(2),))
    with serve(organization(repository(commits=3, pull_requests=(topic,)))) as server:
        answer = send(server, "POST", "/deployments", **asked)

        assert (status, told) == (answer[0], answer[1]["message"])
        assert [] == get(server, f"{REPOSITORY}/deployments").json()


def test_a_success_makes_its_predecessor_inactive() -> None:
    """GitHub marks what a newer success replaced, unless it is of production or transient."""
    old = deployment(1, "success")
    exempt = deployment(2, "success", production_environment=True)
    with serve(organization(repository(commits=3, deployments=(old, exempt)))) as server:
        _, made = send(server, "POST", "/deployments", ref="main", environment="PROD")
        path = f"/deployments/{made['id']}/statuses"
        status, filed = send(server, "POST", path, state="success", description="done")
        listed = get(server, f"{REPOSITORY}/deployments").json()
        paths = (f"{REPOSITORY}/deployments/{one['id']}/statuses" for one in reversed(listed))
        states = [get(server, path).json()[0]["state"] for path in paths]

        assert (201, "success", "done") == (status, filed["state"], filed["description"])
        assert sorted(["inactive", "success", "success"]) == sorted(states)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "splendid"},
        {"state": "success", "description": "x" * 141},
        {"state": "success", "environment_url": "javascript:alert(1)"},
    ],
)
def test_statuses_that_are_refused(wrong: dict[str, Any]) -> None:
    """An unknown state, a long description and an address of no web page are refused."""
    with serve(organization(repository(commits=1, deployments=(deployment(1),)))) as server:
        assert 422 == send(server, "POST", "/deployments/1/statuses", **wrong)[0]
        assert 404 == send(server, "POST", "/deployments/9/statuses", state="success")[0]


def test_an_issue_and_its_comments() -> None:
    """Issues are opened, changed and commented on; lists have pull requests among them."""
    requested = PullRequest(4, after(1))
    with serve(organization(repository(commits=1, pull_requests=(requested,)))) as server:
        _, made = send(server, "POST", "/issues", title="Weekly", body="one")
        send(server, "PATCH", f"/issues/{made['number']}", body="two", state="closed")
        _, first = send(server, "POST", f"/issues/{made['number']}/comments", body="hello")
        send(server, "PATCH", f"/issues/comments/{first['id']}", body="bye")
        listed = get(server, f"{REPOSITORY}/issues?state=all").json()
        comments = get(server, f"{REPOSITORY}/issues/5/comments").json()

        assert [(5, "two", "closed"), (4, "", "open")] == [
            (one["number"], one["body"], one["state"]) for one in listed
        ]
        assert ["bye"] == [one["body"] for one in comments]
        assert [False, True] == ["pull_request" in one for one in listed]


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "x" * 257}, {"title": "x", "body": "x" * 65_537}]
)
def test_texts_that_are_too_long(wrong: dict[str, Any]) -> None:
    """GitHub takes 256 characters of a title and 65,536 of a text."""
    issue = Issue(1, "old", after(1))
    with serve(organization(repository(commits=1, issues=(issue,)))) as server:
        assert 422 == send(server, "POST", "/issues", **wrong)[0]
        assert 422 == send(server, "PATCH", "/issues/1", title="x", body="x" * 65_537)[0]
        assert 422 == send(server, "POST", "/issues/1/comments", body="")[0]
        assert 404 == send(server, "PATCH", "/issues/comments/1", body="x")[0]


def test_who_may_not_write() -> None:
    """A wrong token, a repository that may not be read, an archived one."""
    shut = (repository(commits=1, forbidden=True), repository("old", archived_at=after(2)))
    with serve(organization(*shut)) as server:
        assert 401 == send(server, "POST", "/issues", token="wrong", title="x")[0]
        assert 403 == send(server, "POST", "/issues", title="x")[0]
        assert 404 == send(server, "POST", "/../none/issues", title="x")[0]


def test_an_answer_that_is_lost_was_carried_out() -> None:
    """A cut answer does not undo what was filed; a refusal files nothing."""
    rules = [
        Rule(Refusal(409, "Conflict merging main"), method="POST", path="*/deployments", at=[1]),
        Rule(Truncate(0.0), method="POST", path="*/deployments", at=[2]),
    ]
    with serve(organization(repository(commits=1)), middleware=[Faults(rules)]) as server:
        assert 409 == send(server, "POST", "/deployments", ref="main")[0]
        with pytest.raises(requests.RequestException):
            send(server, "POST", "/deployments", ref="main")
        assert 1 == len(get(server, f"{REPOSITORY}/deployments").json())
