"""What both APIs show of a deployment, a status and an issue, as recorded answers of GitHub do."""

from dataclasses import replace
from typing import Any

from dora.demo.github.server import serve
from dora.demo.organization.model import Deployment, Issue, PullRequest, Status
from tests.support.github.older_schema import OlderSchema
from tests.support.small_organizations import (
    after,
    ask,
    deployment,
    get,
    organization,
    repository,
    sha,
)

BIG = 3_881_429_895
DEPLOYMENTS = """{ repository(owner: "acme", name: "api") {
  databaseId deployments(first: 9) { nodes {
  databaseId payload description task ref { name } creator { __typename login }
  statuses(first: 9) { nodes { state description creator { __typename login } } }
} } } }"""
REASONS = """query Reasons {
  search(type: ISSUE, query: "org:acme", first: 9) { nodes { ...Reason } }
}
fragment Reason on Issue { number plain: stateReason known: stateReason(enableDuplicate: true) }"""
PLAIN = """query Plain {
  search(type: ISSUE, query: "org:acme", first: 9) { nodes { ... on Issue { stateReason } } }
}"""


def graphql(*deployments: Deployment, **more: Any) -> list[dict[str, Any]]:
    """The deployments of `api` as GraphQL shows them."""
    served = organization(repository(commits=9, deployments=deployments, **more))
    with serve(served) as server:
        found = ask(server, DEPLOYMENTS)["data"]["repository"]["deployments"]["nodes"]
    return list(found)


def rest(*deployments: Deployment, **more: Any) -> list[dict[str, Any]]:
    """The deployments of `api` as REST shows them, oldest first."""
    served = organization(repository(commits=9, deployments=deployments, **more))
    with serve(served) as server:
        found = get(server, "/repos/acme/api/deployments").json()
    return list(found)[::-1]


def test_ids_beyond_32_bits_are_numbers_in_both_apis() -> None:
    """GitHub's ids outgrew the Int of its schema, and its answers still are numbers."""
    one = replace(deployment(1, "success"), id=BIG)
    served = organization(repository(commits=1, deployments=(one,), database_id=BIG + 1))
    with serve(served) as server:
        answer = ask(server, DEPLOYMENTS)
        shown = get(server, "/repos/acme/api/deployments").json()[0]
        statuses = get(server, f"/repos/acme/api/deployments/{BIG}/statuses").json()
    assert "errors" not in answer
    assert answer["data"]["repository"]["databaseId"] == BIG + 1
    assert answer["data"]["repository"]["deployments"]["nodes"][0]["databaseId"] == BIG
    assert (shown["id"], len(statuses)) == (BIG, 1)


def test_payloads_of_every_recorded_form() -> None:
    """GraphQL gives the text that is kept; REST what it stands for, `{}` where there is none."""
    payloads = (None, "", "{}", '{"service": "web"}', '"{\\"rollback\\": true}"', "[1]")
    made = [replace(deployment(n), payload=text) for n, text in enumerate(payloads, 1)]
    assert [one["payload"] for one in graphql(*made)] == list(payloads)
    assert [one["payload"] for one in rest(*made)] == [
        {},
        "",
        {},
        {"service": "web"},
        '{"rollback": true}',
        [1],
    ]


def test_creators_are_people_and_bots() -> None:
    """GraphQL leaves out the `[bot]` that REST shows, and says in both that it is one."""
    logins = ("amara", "vercel[bot]", "github-pages[bot]")
    made = [
        replace(
            deployment(n), creator=login, statuses=(Status("success", after(n), creator=login),)
        )
        for n, login in enumerate(logins, 1)
    ]
    expected = [
        {"__typename": "User", "login": "amara"},
        {"__typename": "Bot", "login": "vercel"},
        {"__typename": "Bot", "login": "github-pages"},
    ]
    found = graphql(*made)
    assert [one["creator"] for one in found] == expected
    assert [one["statuses"]["nodes"][0]["creator"] for one in found] == expected
    assert [(one["creator"]["login"], one["creator"]["type"]) for one in rest(*made)] == [
        ("amara", "User"),
        ("vercel[bot]", "Bot"),
        ("github-pages[bot]", "Bot"),
    ]


def test_descriptions_of_deployments_and_statuses() -> None:
    """Both APIs show what was written to a deployment and to each of its statuses."""
    said = "Apply failed: exit code 1"
    one = replace(
        deployment(1),
        description="Plan of #12",
        task="deploy:plan",
        statuses=(Status("in_progress", after(1)), Status("failure", after(2), description=said)),
    )
    shown = graphql(one)[0]
    assert (shown["description"], shown["task"]) == ("Plan of #12", "deploy:plan")
    assert [row["description"] for row in shown["statuses"]["nodes"]] == [said, ""]
    assert rest(one)[0]["description"] == "Plan of #12"


def test_refs_of_deployments_are_gone_with_their_branch_in_graphql_alone() -> None:
    """REST gives the ref as it was filed; GraphQL's is null once there is no such branch."""
    refs = ("main", "feature/open", "feature/merged", "refs/pull/12/merge", sha(5))
    made = [replace(deployment(n), ref=ref) for n, ref in enumerate(refs, 1)]
    still_open = PullRequest(11, after(1), head_ref="feature/open", commits=(sha(2),))
    merged = replace(still_open, number=12, head_ref="feature/merged", merged_at=after(4))
    requests = (still_open, merged)
    assert [one["ref"] for one in graphql(*made, pull_requests=requests)] == [
        {"name": "main"},
        {"name": "feature/open"},
        None,
        None,
        None,
    ]
    assert [one["ref"] for one in rest(*made, pull_requests=requests)] == list(refs)


def issues() -> tuple[Issue, ...]:
    """One issue for each reason of its state, the first the newest."""
    return (
        Issue(7, "Open", after(17), state_reason="completed"),
        Issue(6, "Again", after(16), state_reason="reopened"),
        Issue(5, "Done", after(15), after(90)),
        Issue(4, "Old", after(14), after(90), state_reason=None),
        Issue(3, "No", after(13), after(90), state_reason="not_planned"),
        Issue(2, "Twice", after(12), after(90), state_reason="duplicate"),
    )


def test_reasons_of_an_issues_state() -> None:
    """GraphQL says duplicate only to those who ask for it; REST says it to all."""
    served = organization(repository(commits=1, issues=issues()))
    with serve(served) as server:
        found = ask(server, REASONS)["data"]["search"]["nodes"]
        shown = get(server, "/repos/acme/api/issues?state=all").json()
    assert [(one["number"], one["plain"], one["known"]) for one in found] == [
        (7, None, None),
        (6, "REOPENED", "REOPENED"),
        (5, "COMPLETED", "COMPLETED"),
        (4, None, None),
        (3, "NOT_PLANNED", "NOT_PLANNED"),
        (2, "NOT_PLANNED", "DUPLICATE"),
    ]
    assert [one["state_reason"] for one in shown] == [
        None,
        "reopened",
        "completed",
        None,
        "not_planned",
        "duplicate",
    ]


def test_an_older_schema_refuses_the_argument_that_it_lacks() -> None:
    """A server that does not know an argument refuses the whole query, in GitHub's words."""
    older = OlderSchema("Issue.stateReason(enableDuplicate)")
    served = organization(repository(commits=1, issues=issues()))
    with serve(served, middleware=[older]) as server:
        refused = ask(server, REASONS)
        answered = ask(server, PLAIN)["data"]["search"]["nodes"]
    assert refused == {
        "errors": [
            {
                "path": ["fragment Reason", "known", "enableDuplicate"],
                "extensions": {
                    "code": "argumentNotAccepted",
                    "name": "stateReason",
                    "typeName": "Field",
                    "argumentName": "enableDuplicate",
                },
                "locations": [{"line": 4, "column": 73}],
                "message": "Field 'stateReason' doesn't accept argument 'enableDuplicate'",
            }
        ]
    }
    assert {"stateReason": "NOT_PLANNED"} in answered


def test_an_older_schema_refuses_the_field_that_it_lacks() -> None:
    """A server that does not know a field refuses the whole query, in GitHub's words."""
    older = OlderSchema("Issue.stateReason")
    served = organization(repository(commits=1, issues=issues()))
    with serve(served, middleware=[older]) as server:
        refused = ask(server, PLAIN)
    assert [one["message"] for one in refused["errors"]] == [
        "Field 'stateReason' doesn't exist on type 'Issue'"
    ]
    assert refused["errors"][0]["path"] == [
        "query Plain",
        "search",
        "nodes",
        "... on Issue",
        "stateReason",
    ]
