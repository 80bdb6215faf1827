"""Many repositories in one query: each alias is answered, priced and refused by itself."""

import time
from typing import Any

from dora.demo.github.graphql import execute
from dora.demo.github.server import serve
from tests.support.github.faults import Deny, Faults, Rule
from tests.support.small_organizations import ask, deployment, organization, repository

COUNT = 60
PART = """
  r{i}: repository(owner: $owner, name: $name{i}) {{
    name
    deployments(first: $n{i}, after: $after{i}, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ databaseId createdAt statuses(first: 30) {{ nodes {{ state createdAt }} }} }}
    }}
  }}"""


def merged(count: int) -> str:
    """A query for so many repositories."""
    variables = "".join(
        f", $name{i}: String!, $n{i}: Int!, $after{i}: String" for i in range(count)
    )
    parts = "".join(PART.format(i=i) for i in range(count))
    return f"query Merged($owner: String!{variables}) {{ rateLimit {{ cost nodeCount }}{parts} }}"


def variables(sizes: list[int], names: dict[int, str] | None = None) -> dict[str, Any]:
    """The variables of a merged query for pages of those sizes."""
    found: dict[str, Any] = {"owner": "acme"}
    for i, size in enumerate(sizes):
        found |= {f"name{i}": (names or {}).get(i, f"api-{i}"), f"n{i}": size}
    return found


WORLD = organization(
    *(
        repository(
            f"api-{i}",
            2,
            database_id=500 + i,
            deployments=tuple(deployment(100 * i + n, "success", sha="f" * 40) for n in (1, 2, 3)),
        )
        for i in range(COUNT)
    )
)


def test_each_alias_has_its_own_page() -> None:
    """Sizes and cursors are those of the alias's own variables."""
    sizes = [1 + i % 3 for i in range(COUNT)]
    with serve(WORLD) as server:
        first = ask(server, merged(COUNT), **variables(sizes))["data"]
        cursor = first["r0"]["deployments"]["pageInfo"]["endCursor"]
        second = ask(server, merged(1), **variables([2]), after0=cursor)["data"]
    assert [f"api-{i}" for i in range(COUNT)] == [first[f"r{i}"]["name"] for i in range(COUNT)]
    assert sizes == [len(first[f"r{i}"]["deployments"]["nodes"]) for i in range(COUNT)]
    assert [2, 1] == [node["databaseId"] for node in second["r0"]["deployments"]["nodes"]]


def test_a_merged_query_costs_what_its_parts_do() -> None:
    """Requests and nodes are added over the aliases, and floored to points once."""
    sizes = [100] * COUNT
    plan = execute.prepare({"query": merged(COUNT), "variables": variables(sizes)})
    assert isinstance(plan, execute.PreparedQuery)
    assert (COUNT * (100 + 100 * 30), COUNT * 101, 60) == (
        plan.cost.nodes,
        plan.cost.requests,
        plan.cost.points,
    )
    small = execute.prepare({"query": merged(COUNT), "variables": variables([1] * COUNT)})
    assert isinstance(small, execute.PreparedQuery)
    assert (COUNT * 31, COUNT * 2, 1) == (small.cost.nodes, small.cost.requests, small.cost.points)


def test_half_a_million_nodes_are_the_most_of_all_aliases_together() -> None:
    """Parts that are allowed alone can be too much together."""
    query = merged(COUNT).replace("first: 30", "first: 100")
    plan = execute.prepare({"query": query, "variables": variables([100] * COUNT)})
    assert isinstance(plan, execute.GraphQLAnswer)
    assert plan.body["errors"][0]["type"] == "MAX_NODE_LIMIT_EXCEEDED"


def test_a_refused_alias_leaves_the_others_alone() -> None:
    """Its error's path begins with the alias; the other aliases have their data."""
    denied = [Rule(Deny("api-3")), Rule(Deny("api-5", "SAML")), Rule(Deny("api-7", "NOT_FOUND"))]
    given = variables([2] * 10, {8: "no-such"})
    with serve(WORLD, middleware=[Faults(denied)]) as server:
        answer = ask(server, merged(10), **given, after1="nonsense")
    refused = {1, 3, 5, 7, 8}
    assert refused == {i for i in range(10) if answer["data"][f"r{i}"] is None}
    assert [f"api-{i}" for i in range(10) if i not in refused] == [
        answer["data"][f"r{i}"]["name"] for i in range(10) if i not in refused
    ]
    assert {
        ("INVALID_CURSOR_ARGUMENTS", "r1", "deployments"),
        ("FORBIDDEN", "r3", "deployments"),
        ("FORBIDDEN", "r5"),
        ("NOT_FOUND", "r7"),
        ("NOT_FOUND", "r8"),
    } == {(error["type"], *error["path"]) for error in answer["errors"]}


def test_a_merged_query_is_planned_quickly() -> None:
    """A text that was seen before is neither parsed nor checked again."""
    body = {"query": merged(COUNT), "variables": variables([10] * COUNT)}
    execute.prepare(body)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        execute.prepare(body)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.02
