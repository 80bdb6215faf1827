"""GraphQL answers as GitHub gives them, its misleading ones too."""

from datetime import timedelta
from typing import Any

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Issue, PullRequest, Status, Tag, Team
from tests.support.small_organizations import (
    after,
    ask,
    deployment,
    ids,
    organization,
    repository,
    sha,
)

API = 'repository(owner: "acme", name: "api")'
PAGE = (
    "query P($after: String, $d: OrderDirection!) { "
    + API
    + " { deployments(first: 3, after: $after, orderBy: {field: CREATED_AT, direction: $d}) {"
    " totalCount pageInfo { hasNextPage endCursor } nodes { databaseId } } } }"
)


def pages(server: Server, direction: str, between: Any = None) -> list[int]:
    """All ids in pages of three; *between* is called after the first page."""
    found: list[int] = []
    cursor = None
    while True:
        page = ask(server, PAGE, after=cursor, d=direction)["data"]["repository"]["deployments"]
        found += ids(page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = page["pageInfo"]["endCursor"]
        if between is not None:
            between()
            between = None


def test_rows_that_arrive_between_pages_move_nothing() -> None:
    """Cursors hold values, not offsets: no deployment is met twice or missed."""
    rows = tuple(deployment(n) for n in range(1, 9))
    before = organization(repository(commits=9, deployments=rows))
    more = organization(repository(commits=9, deployments=(*rows, deployment(9))))
    with serve(before) as server:
        newest_first = pages(server, "DESC", lambda: server.replace(more))
        server.replace(before)
        oldest_first = pages(server, "ASC", lambda: server.replace(more))
    assert [8, 7, 6, 5, 4, 3, 2, 1] == newest_first
    assert [1, 2, 3, 4, 5, 6, 7, 8, 9] == oldest_first


def test_pages_go_backwards_too() -> None:
    """`last` and `before` give the rows before a cursor, in the same order."""
    rows = tuple(deployment(n) for n in range(1, 7))
    query = (
        "query P($b: String) { " + API + " { deployments(last: 2, before: $b) {"
        " pageInfo { hasPreviousPage startCursor } edges { cursor node { databaseId } } } } }"
    )
    with serve(organization(repository(commits=6, deployments=rows))) as server:
        first = ask(server, query)["data"]["repository"]["deployments"]
        start = first["pageInfo"]["startCursor"]
        second = ask(server, query, b=start)["data"]["repository"]["deployments"]
    assert [5, 6] == [edge["node"]["databaseId"] for edge in first["edges"]]
    assert [3, 4] == [edge["node"]["databaseId"] for edge in second["edges"]]
    assert second["pageInfo"]["hasPreviousPage"]


def test_a_cursor_of_something_else_is_refused() -> None:
    """What is no cursor of this connection is an error, not a first page."""
    with serve(organization(repository(commits=1))) as server:
        error = ask(server, PAGE, after="nonsense", d="ASC")["errors"][0]
    assert error["type"] == "INVALID_CURSOR_ARGUMENTS"
    assert error["path"] == ["repository", "deployments"]


def test_history_pages_by_oid_and_offset() -> None:
    """History comes newest first with cursors `<oid> <offset>`, and `since` stops the walk."""
    query = (
        "query H($oid: GitObjectID!, $after: String, $since: GitTimestamp) { "
        + API
        + " { object(oid: $oid) { ... on Commit { history(first: 2, after: $after, since: $since)"
        " { totalCount pageInfo { endCursor hasNextPage } nodes { oid"
        " parents(first: 3) { totalCount nodes { oid } } } } } } } }"
    )

    def history(**variables: Any) -> Any:
        answer = ask(server, query, oid=sha(5), **variables)
        return answer["data"]["repository"]["object"]["history"]

    with serve(organization(repository(commits=5))) as server:
        first = history()
        second = history(after=first["pageInfo"]["endCursor"])
        late = history(since=after(4).isoformat())
    assert first["pageInfo"] == {"endCursor": f"{sha(5)} 1", "hasNextPage": True}
    assert [sha(3), sha(2)] == [node["oid"] for node in second["nodes"]]
    assert second["nodes"][0]["parents"] == {"totalCount": 1, "nodes": [{"oid": sha(2)}]}
    assert late["totalCount"] == 2


def test_state_of_a_superseded_deployment_misleads() -> None:
    """State and updatedAt tell of the newest status; only the current success is ACTIVE."""
    rows = (
        deployment(1, "in_progress", "success", "inactive"),
        deployment(2, "success"),
        deployment(3, "success"),
        deployment(4, "failure"),
        deployment(5),
        deployment(6, "inactive", transient_environment=True, environment="pr-1"),
    )
    query = "{ " + API + " { deployments(first: 9) { nodes { state updatedAt latestStatus {"
    query += " state } statuses(first: 9) { nodes { state } } } } } }"
    with serve(organization(repository(commits=9, deployments=rows))) as server:
        nodes = ask(server, query)["data"]["repository"]["deployments"]["nodes"]
    states = ["INACTIVE", "SUCCESS", "ACTIVE", "FAILURE", "ABANDONED", "DESTROYED"]
    assert states == [node["state"] for node in nodes]
    newest_first = [status["state"] for status in nodes[0]["statuses"]["nodes"]]
    assert newest_first == ["INACTIVE", "SUCCESS", "IN_PROGRESS"]
    assert nodes[0]["updatedAt"] == "2026-03-02T10:03:00Z"
    assert nodes[4]["latestStatus"] is None


def test_deployment_tells_what_git_and_statuses_did_to_it() -> None:
    """A commit that is gone is null while its oid stays; a status renames the environment."""
    moment = after(1) + timedelta(minutes=3)
    row = deployment(1, sha="f" * 40, environment="rc")
    renamed = Status("success", moment, "https://log", "Production")
    row = type(row)(**{**vars(row), "statuses": (renamed,)})
    query = "query Q($e: [String!]) { " + API + " { deployments(first: 9, environments: $e) {"
    query += " nodes { commit { oid } commitOid environment originalEnvironment creator {"
    query += " __typename login } statuses(first: 1) { nodes { environment logUrl } } } } } }"
    with serve(organization(repository(commits=1, deployments=(row,)))) as server:
        found = ask(server, query)["data"]["repository"]["deployments"]["nodes"]
        exact = ask(server, query, e=["Production"])["data"]["repository"]["deployments"]["nodes"]
        other = ask(server, query, e=["production"])["data"]["repository"]["deployments"]["nodes"]
    assert (
        found
        == exact
        == [
            {
                "commit": None,
                "commitOid": "f" * 40,
                "environment": "Production",
                "originalEnvironment": "rc",
                "creator": {"__typename": "Bot", "login": "github-actions"},
                "statuses": {"nodes": [{"environment": "Production", "logUrl": "https://log"}]},
            }
        ]
    )
    assert other == [], "the filter is taken literally"


def test_unknown_names_are_not_found() -> None:
    """Each unknown thing is null with an error of type NOT_FOUND at its path."""
    query = '{ organization(login: "nobody") { login } repository(owner: "acme", name: "no") {'
    query += ' id } node(id: "x") { id } }'
    with serve(organization()) as server:
        answer = ask(server, query)
    assert answer["data"] == {"organization": None, "repository": None, "node": None}
    assert [
        ("NOT_FOUND", ["organization"]),
        ("NOT_FOUND", ["repository"]),
        ("NOT_FOUND", ["node"]),
    ] == [(error["type"], error["path"]) for error in answer["errors"]]
    assert answer["errors"][0]["message"] == (
        "Could not resolve to an Organization with the login of 'nobody'."
    )


def test_forbidden_repository_is_null_in_its_list() -> None:
    """What may be listed but not read fails at its path, and takes its node with it."""
    query = '{ organization(login: "ACME") { repositories(first: 9, orderBy: {field: NAME,'
    query += " direction: ASC}) { nodes { name deployments(first: 1) { totalCount } } } } }"
    closed = repository("vault", 1, forbidden=True)
    with serve(organization(repository(), closed)) as server:
        answer = ask(server, query)
        names = ask(server, query.replace("deployments(first: 1) { totalCount }", ""))
    nodes = answer["data"]["organization"]["repositories"]["nodes"]
    assert nodes == [{"name": "api", "deployments": {"totalCount": 0}}, None]
    error = answer["errors"][0]
    assert (error["type"], error["message"]) == (
        "FORBIDDEN",
        "Resource not accessible by personal access token",
    )
    assert error["path"] == ["organization", "repositories", "nodes", 1, "deployments"]
    assert "errors" not in names


def test_pull_requests_of_a_commit() -> None:
    """A commit tells the requests GitHub associates with it, with their first commit."""
    request = PullRequest(
        7,
        after(1),
        "Slots",
        after(3),
        after(3),
        sha(3),
        "main",
        "feature",
        "dependabot[bot]",
        (sha(2),),
        (sha(2), sha(3)),
        ("hotfix",),
    )
    query = "query Q($oid: GitObjectID!) { " + API + " { object(oid: $oid) { ... on Commit {"
    query += " author { user { login } } associatedPullRequests(first: 5) { nodes { number state"
    query += " author { login } mergeCommit { oid } labels(first: 9) { nodes { name } }"
    query += " commits(first: 1) { nodes { commit { oid } } } } } } } } }"
    with serve(organization(repository(commits=4, pull_requests=(request,)))) as server:
        merged = ask(server, query, oid=sha(3))["data"]["repository"]["object"]
        alone = ask(server, query, oid=sha(4))["data"]["repository"]["object"]
    assert merged["associatedPullRequests"]["nodes"] == [
        {
            "number": 7,
            "state": "MERGED",
            "author": {"login": "dependabot"},
            "mergeCommit": {"oid": sha(3)},
            "labels": {"nodes": [{"name": "hotfix"}]},
            "commits": {"nodes": [{"commit": {"oid": sha(2)}}]},
        }
    ]
    assert alone == {
        "author": {"user": {"login": "amara"}},
        "associatedPullRequests": {"nodes": []},
    }


def test_search_finds_issues_by_label_and_date() -> None:
    """`search` reads org, repo, is, label and created; newest first."""
    issues = (
        Issue(1, "Down", after(1), after(2), "b", ("Incident",)),
        Issue(2, "Slow", after(30), None, "b", ("incident", "x")),
        Issue(3, "Idea", after(31), None, "b", ("idea",)),
    )
    query = "query S($q: String!) { search(type: ISSUE, query: $q, first: 9) { issueCount nodes {"
    query += " ... on Issue { number state } } } }"

    def numbers(text: str) -> list[int]:
        return [node["number"] for node in ask(server, query, q=text)["data"]["search"]["nodes"]]

    with serve(organization(repository(issues=issues))) as server:
        assert numbers("org:acme is:issue label:incident") == [2, 1]
        assert numbers('repo:acme/api label:"incident" created:<2026-03-03') == [1]
        assert numbers("org:acme created:2026-03-03T00:00:00Z..2026-04-01 -label:idea") == [2]
        assert numbers("org:acme label:idea,incident is:open") == [3, 2]
        assert numbers("org:other label:incident") == []


def test_tags_refs_and_comparisons() -> None:
    """Annotated tags are objects with a tagger, lightweight ones stand on their commit."""
    tags = (Tag("failed/1", sha(2), after(9)), Tag("v1", sha(1)))
    query = "{ " + API + ' { refs(refPrefix: "refs/tags/", first: 9) { nodes { name target {'
    query += " __typename oid ... on Tag { tagger { date } target { oid } } } } }"
    query += ' ref(qualifiedName: "refs/tags/v1") { compare(headRef: "main") { status aheadBy'
    query += " commits(first: 9) { nodes { oid } } } } } }"
    with serve(organization(repository(commits=3, tags=tags))) as server:
        found = ask(server, query)["data"]["repository"]
    annotated, light = (node["target"] for node in found["refs"]["nodes"])
    assert annotated["__typename"] == "Tag"
    assert annotated["target"] == {"oid": sha(2)}
    assert annotated["tagger"] == {"date": "2026-03-02T18:00:00Z"}
    assert light == {"__typename": "Commit", "oid": sha(1)}
    comparison = {"status": "AHEAD", "aheadBy": 2}
    commits = {"nodes": [{"oid": sha(2)}, {"oid": sha(3)}]}
    assert found["ref"] == {"compare": {**comparison, "commits": commits}}


def test_teams_tell_their_permission() -> None:
    """The permission of a team stands on the edge to its repository."""
    teams = (Team("care", "Care", {"api": "maintain"}),)
    query = '{ organization(login: "acme") { team(slug: "care") { name repositories(first: 9) {'
    query += ' edges { permission node { name } } } } none: team(slug: "x") { name } } }'
    with serve(organization(repository(), teams=teams)) as server:
        found = ask(server, query)["data"]["organization"]
    edges = [{"permission": "MAINTAIN", "node": {"name": "api"}}]
    assert found == {"team": {"name": "Care", "repositories": {"edges": edges}}, "none": None}


def test_nodes_are_found_by_their_ids() -> None:
    """What a query gave an id for is found by it again; one that is gone is null with an error."""
    rows = (deployment(1, "success", "inactive"),)
    query = "{ " + API + " { id deployments(first: 1) { nodes { id statuses(first: 1) { nodes {"
    query += " id } } commit { id } } } } }"
    again = "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    with serve(organization(repository(commits=1, deployments=rows))) as server:
        found = ask(server, query)["data"]["repository"]
        node = found["deployments"]["nodes"][0]
        wanted = [found["id"], node["id"], node["statuses"]["nodes"][0]["id"], node["commit"]["id"]]
        answer = ask(server, again, ids=[*wanted, "gone"])
    kinds = ["Repository", "Deployment", "DeploymentStatus", "Commit"]
    expected = [{"__typename": kind, "id": one} for kind, one in zip(kinds, wanted, strict=True)]
    assert [*expected, None] == answer["data"]["nodes"]
    assert [["nodes", 4]] == [error["path"] for error in answer["errors"]]
