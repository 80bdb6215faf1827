"""Renamed repositories and labels keep their identity; pull requests show their last change."""

from dataclasses import replace

import github
import requests

from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import Issue, PullRequest
from tests.support.small_organizations import (
    after,
    ask,
    deployment,
    get,
    ids,
    organization,
    repository,
)

OLD = repository(commits=3, deployments=(deployment(1, "success"), deployment(2)))
NEW = replace(OLD, name="gateway", former_names=("api", "entry"))
DEPLOYMENTS = '{ repository(owner: "acme", name: "api") { deployments(first: 9) { nodes {'
DEPLOYMENTS += " databaseId } } } }"
NAMES = (
    'query N($name: String!, $f: Boolean) { repository(owner: "acme", name: $name,'
    " followRenames: $f) { id name nameWithOwner databaseId } }"
)


def moved(server: Server, path: str) -> requests.Response:
    """The answer to a REST request, not followed."""
    headers = {"authorization": f"bearer {TOKEN}"}
    return requests.get(server.url + path, headers=headers, timeout=10, allow_redirects=False)


def test_a_former_name_finds_the_repository_in_graphql() -> None:
    """Renames are followed unless the query says not to; the answer shows the name of today."""
    with serve(organization(NEW)) as server:
        found = [ask(server, NAMES, name=name)["data"] for name in ("Gateway", "api", "ENTRY")]
        strict = ask(server, NAMES, name="api", f=False)
        no = ask(server, NAMES, name="apis")
    assert found[0] == found[1] == found[2]
    assert found[0]["repository"]["nameWithOwner"] == "acme/gateway"
    for answer, name in ((strict, "api"), (no, "apis")):
        assert answer["data"] == {"repository": None}
        assert answer["errors"][0]["type"] == "NOT_FOUND"
        assert answer["errors"][0]["message"] == (
            f"Could not resolve to a Repository with the name 'acme/{name}'."
        )


def test_a_present_name_goes_before_a_former_one() -> None:
    """Who takes a name that is free again is found by it."""
    heir = replace(repository(commits=1), database_id=77)
    with serve(organization(NEW, heir)) as server:
        found = ask(server, NAMES, name="api")["data"]["repository"]
        assert get(server, "/repos/acme/api").json()["id"] == 77
        other = ask(server, NAMES, name="entry")["data"]["repository"]
    assert (77, "api") == (found["databaseId"], found["name"])
    assert other["name"] == "gateway"
    assert found["id"] != other["id"]


def test_rest_sends_former_names_on() -> None:
    """301 to the repository's number, with whatever was below and asked for; that is answered."""
    number = NEW.database_id
    with serve(organization(NEW)) as server:
        answers = [
            moved(server, path)
            for path in (
                "/repos/acme/api",
                "/repos/acme/api/deployments?per_page=1&environment=prod",
                "/repos/acme/gateway",
                "/repos/acme/apis",
            )
        ]
        pages = get(server, f"/repositories/{number}/deployments?per_page=1")
        after_it = get(server, pages.links["next"]["url"].removeprefix(server.url))
        unknown = get(server, "/repositories/1/deployments")
        followed = get(server, "/repos/acme/api/deployments/2")
    assert [301, 301, 200, 404] == [one.status_code for one in answers]
    base = f"{server.url}/repositories/{number}"
    assert [base, f"{base}/deployments?per_page=1&environment=prod"] == [
        one.headers["location"] for one in answers[:2]
    ]
    assert ("Moved Permanently", base) == tuple(
        answers[0].json()[name] for name in ("message", "url")
    )
    assert [[2], [1]] == [[one["id"] for one in page.json()] for page in (pages, after_it)]
    assert (404, 2) == (unknown.status_code, followed.json()["id"])


def test_pygithub_follows_a_rename() -> None:
    """A client that knows the old name reads on."""
    with (
        serve(organization(NEW)) as server,
        github.Github(base_url=server.url, auth=github.Auth.Token(TOKEN), retry=None) as client,
    ):
        found = client.get_repo("acme/api")
        assert ("acme/gateway", 2) == (found.full_name, found.get_deployments().totalCount)


def test_ids_outlive_a_rename() -> None:
    """A deployment is found by the id it had under the old name of its repository."""
    query = (
        '{ repository(owner: "acme", name: "api") { id deployments(first: 2) { nodes { id } } } }'
    )
    again = "query N($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name }"
    again += " ... on Deployment { databaseId } } }"
    with serve(organization(OLD)) as server:
        found = ask(server, query)["data"]["repository"]
        server.replace(organization(NEW))
        wanted = [found["id"], *(node["id"] for node in found["deployments"]["nodes"])]
        nodes = ask(server, again, ids=wanted)["data"]["nodes"]
        listed = get(server, "/repos/acme/gateway/deployments").json()
    assert [{"name": "gateway"}, {"databaseId": 1}, {"databaseId": 2}] == nodes
    assert {one["node_id"] for one in listed} == set(wanted[1:])


LABELS = (
    "query L($first: Int!, $after: String, $q: String, $by: LabelOrderField!) {"
    ' repository(owner: "acme", name: "api") { labels(first: $first, after: $after, query: $q,'
    " orderBy: {field: $by, direction: ASC}) { totalCount pageInfo { hasNextPage endCursor }"
    ' nodes { id name updatedAt } } label(name: "BUG") { id name }'
    " issues(first: 9) { nodes { labels(first: 9) { nodes { id name } } } }"
    " pullRequests(first: 9) { nodes { labels(first: 9) { nodes { id name } } } } } }"
)


def test_labels_of_a_repository_are_those_in_use_and_those_defined() -> None:
    """Each once, by number or by name, in pages; an id is the same wherever a label stands."""
    api = repository(
        commits=1,
        issues=(Issue(1, "Down", after(1), labels=("incident", "bug")),),
        pull_requests=(PullRequest(2, after(2), labels=("Bug", "hotfix")),),
        label_ids={"wontfix": 3, "bug": 2, "incident": 1, "hotfix": 4},
    )
    with serve(organization(api)) as server:
        by_number = ask(server, LABELS, first=3, by="CREATED_AT")["data"]["repository"]
        cursor = by_number["labels"]["pageInfo"]["endCursor"]
        rest = ask(server, LABELS, first=3, after=cursor, by="CREATED_AT")["data"]["repository"]
        by_name = ask(server, LABELS, first=9, by="NAME")["data"]["repository"]["labels"]
        fitting = ask(server, LABELS, first=9, q="FIX", by="NAME")["data"]["repository"]["labels"]
        node = "query N($id: ID!) { node(id: $id) { ... on Label { name repository { name } } } }"
        bug = ask(server, node, id=by_number["label"]["id"])["data"]["node"]
    names = [node["name"] for node in by_number["labels"]["nodes"]]
    assert (4, ["incident", "bug", "wontfix"]) == (by_number["labels"]["totalCount"], names)
    assert ["hotfix"] == [node["name"] for node in rest["labels"]["nodes"]]
    assert not rest["labels"]["pageInfo"]["hasNextPage"]
    assert ["bug", "hotfix", "incident", "wontfix"] == [one["name"] for one in by_name["nodes"]]
    assert ["hotfix", "wontfix"] == [one["name"] for one in fitting["nodes"]]
    known = {node["name"]: node["id"] for node in by_name["nodes"]}
    used = [
        label
        for kind in ("issues", "pullRequests")
        for holder in by_number[kind]["nodes"]
        for label in holder["labels"]["nodes"]
    ]
    assert ["bug", "incident", "Bug", "hotfix"] == [label["name"] for label in used]
    assert all(known[label["name"].casefold()] == label["id"] for label in used)
    assert {"name": "bug", "repository": {"name": "api"}} == bug


def test_a_renamed_label_keeps_its_id() -> None:
    """Where the truth gives a label a number its name may change; else the id goes with it."""
    told = []
    for name, numbers in (("bug", {"bug": 8}), ("defect", {"defect": 8}), ("bug", {})):
        request = PullRequest(2, after(2), labels=(name,))
        api = repository(commits=1, pull_requests=(request,), label_ids=numbers)
        with serve(organization(api)) as server:
            found = ask(server, LABELS, first=9, by="NAME")["data"]["repository"]
            told.append(found["labels"]["nodes"][0]["id"])
            of_rest = get(server, "/repos/acme/api/pulls/2").json()["labels"][0]
        assert told[-1] == of_rest["node_id"]
    assert told[0] == told[1] != told[2]


def test_a_pull_request_tells_when_it_last_changed() -> None:
    """An update later than its end is told, one before it is not; lists can be ordered by it."""
    rows = (
        PullRequest(1, after(1), merged_at=after(5), updated_at=after(50)),
        PullRequest(2, after(2), merged_at=after(6), updated_at=after(3)),
        PullRequest(3, after(3), merged_at=after(9)),
    )
    query = 'query Q($d: OrderDirection!) { repository(owner: "acme", name: "api") {'
    query += " pullRequests(first: 9, states: [MERGED], orderBy: {field: UPDATED_AT,"
    query += " direction: $d}) { totalCount nodes { number updatedAt } } } }"
    with serve(organization(repository(commits=9, pull_requests=rows))) as server:
        down, up = (
            ask(server, query, d=way)["data"]["repository"]["pullRequests"]
            for way in ("DESC", "ASC")
        )
        shown = get(server, "/repos/acme/api/pulls/1").json()["updated_at"]
    assert [1, 3, 2] == [node["number"] for node in down["nodes"]]
    assert up["nodes"] == down["nodes"][::-1]
    moments = [after(hours).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (50, 9, 6)]
    assert moments == [node["updatedAt"] for node in down["nodes"]]
    assert moments[0] == shown


def test_counts_come_with_the_smallest_page() -> None:
    """`totalCount` counts all that the arguments choose: repositories, deployments, commits."""
    query = (
        'query C($since: GitTimestamp, $until: GitTimestamp) { organization(login: "acme") {'
        ' repositories(first: 1) { totalCount } } repository(owner: "acme", name: "api") {'
        ' deployments(first: 1, environments: ["qa"]) { totalCount } defaultBranchRef { target {'
        " ... on Commit { history(first: 1, since: $since, until: $until) { totalCount } } } } } }"
    )
    rows = tuple(deployment(n, environment="qa" if n % 2 else "prod") for n in range(1, 6))
    world = organization(repository(commits=9, deployments=rows), repository("web"))
    with serve(world) as server:
        found = ask(server, query, since=after(3).isoformat(), until=after(8).isoformat())["data"]
    assert found["organization"]["repositories"]["totalCount"] == 2
    assert found["repository"]["deployments"]["totalCount"] == 3
    assert found["repository"]["defaultBranchRef"]["target"]["history"]["totalCount"] == 6


def test_unchanged_repositories_keep_their_indexes() -> None:
    """A change of one repository costs nothing for the others."""
    web = repository("web", 3)
    with serve(organization(OLD, web)) as server:
        before = server.visible.views
        server.replace(organization(NEW, web))
        assert server.visible.views["web"] is before["web"]
        assert ids(ask(server, DEPLOYMENTS)["data"]["repository"]["deployments"]["nodes"]) == [1, 2]
