"""Prices, limits and budgets are those that GitHub documents."""

from typing import Any

import pytest

from dora.demo.github.graphql import execute
from dora.demo.github.limits import Budget, Latency
from dora.demo.github.server import Limits, serve
from tests.support.small_organizations import ask, deployment, get, organization, post, repository

REPOSITORY = 'repository(owner: "acme", name: "api")'


def cost(query: str, **variables: Any) -> tuple[int, int, int]:
    """Nodes, requests and points of a query."""
    plan = execute.prepare({"query": query, "variables": variables})
    assert isinstance(plan, execute.PreparedQuery), plan
    return plan.cost.nodes, plan.cost.requests, plan.cost.points


def refused(query: str, **variables: Any) -> tuple[str | None, str]:
    """The type and message of the error that a query is refused with."""
    plan = execute.prepare({"query": query, "variables": variables})
    assert isinstance(plan, execute.GraphQLAnswer)
    return plan.body["errors"][0].get("type"), plan.body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("name", (0, 0, 1)),
        ("deployments(first: 100) { nodes { id } }", (100, 1, 1)),
        ("deployments(first: 100) { nodes { statuses(last: 30) { totalCount } } }", (3100, 101, 1)),
        (
            (
                "deployments(first: 2) { edges { node { statuses(first: 9) { totalCount } } } }"
                " x: deployments(first: 3) { totalCount }"
            ),
            (2 + 18 + 3, 1 + 2 + 1, 1),
        ),
        (
            (
                "pullRequests(first: 50) { nodes { labels(first: 9) { nodes { id } }"
                " commits(first: 10) { nodes { commit { parents(first: 3) { totalCount } } } } } }"
            ),
            (50 + 450 + 500 + 1500, 1 + 50 + 50 + 500, 6),
        ),
        ("deployments(first: 9) @skip(if: true) { totalCount }", (0, 0, 1)),
        ("... on Repository @include(if: false) { deployments { totalCount } }", (0, 0, 1)),
    ],
)
def test_price_counts_nodes_and_requests_of_full_pages(
    inner: str, expected: tuple[int, int, int]
) -> None:
    """Each connection costs a request a possible parent; a point is a hundred, floored, at least 1.

    Recorded: 691 requests cost 6 points.
    """
    assert expected == cost(f"{{ {REPOSITORY} {{ {inner} }} }}")


def test_price_follows_variables_and_fragments() -> None:
    """Sizes come from variables or their defaults, fragments count where they are spread."""
    query = (
        "query Q($n: Int = 7, $ids: [ID!]!) { nodes(ids: $ids) { ...D } }"
        " fragment D on Deployment { statuses(first: $n) { totalCount } }"
    )
    assert cost(query, ids=["a", "b"]) == (14, 2, 1)
    assert cost(query, ids=["a", "b", "c"], n=10) == (30, 3, 1)


@pytest.mark.parametrize(
    ("field", "kind", "words"),
    [
        ("deployments", "MISSING_PAGINATION_BOUNDARIES", "`first` or `last` value to properly"),
        ("deployments(first: null)", "MISSING_PAGINATION_BOUNDARIES", "`deployments` connection"),
        ("deployments(first: 101)", "EXCESSIVE_PAGINATION", "exceeds the `first` limit of 100"),
        ("deployments(last: 0)", "EXCESSIVE_PAGINATION", "cannot be less than one"),
        ("deployments(first: 1, last: 1)", "EXCESSIVE_PAGINATION", "both `first` and `last`"),
    ],
)
def test_pages_need_a_size_of_one_to_a_hundred(field: str, kind: str, words: str) -> None:
    """A connection without `first` or `last`, or with too many, is refused."""
    got, message = refused(f"{{ {REPOSITORY} {{ {field} {{ totalCount }} }} }}")
    assert kind == got
    assert words in message


def test_half_a_million_nodes_is_the_most() -> None:
    """A query for more than 500,000 possible nodes is refused."""
    inner = "commit { parents(first: 100) { totalCount } }"
    query = (
        f"{{ {REPOSITORY} {{ pullRequests(first: 50) {{ nodes {{ commits(first: 100)"
        f" {{ nodes {{ {inner} }} }} }} }} }} }}"
    )
    assert refused(query) == (
        "MAX_NODE_LIMIT_EXCEEDED",
        (
            "This query requests up to 505,050 possible nodes which exceeds the maximum limit of "
            "500,000."
        ),
    )


@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "", "query A { viewer { id } } query B { x }"]
)
def test_what_is_not_valid_comes_back_as_errors_with_200(query: str) -> None:
    """Syntax and validation errors are answered with 200 and `errors` alone."""
    with serve(organization()) as server:
        answer = post(server, query)
    assert (200, {"errors"}) == (answer.status_code, set(answer.json()))


def test_rate_limit_tells_cost_and_what_is_left() -> None:
    """`rateLimit` counts the query it stands in; a dry run is priced and not run."""
    query = "query Q($d: Boolean!) { rateLimit(dryRun: $d) { cost used remaining nodeCount }"
    query += f" {REPOSITORY} {{ deployments(first: 9) {{ totalCount }} }} }}"
    with serve(organization(repository())) as server:
        wet, dry = ask(server, query, d=False), ask(server, query, d=True)
    spent = {"cost": 1, "used": 1, "remaining": 4999, "nodeCount": 9}
    assert {"rateLimit": spent, "repository": {"deployments": {"totalCount": 0}}} == wet["data"]
    assert {"rateLimit": spent} == dry["data"]


@pytest.mark.parametrize(
    ("style", "status", "kind"),
    [
        ("RATE_LIMITED", 200, "RATE_LIMITED"),
        ("RATE_LIMIT", 200, "RATE_LIMIT"),
        ("403", 403, None),
        ("429", 429, None),
    ],
)
def test_used_up_budget_is_told_in_github_s_ways(style: str, status: int, kind: str | None) -> None:
    """Once the hour's points are spent, queries are refused and `remaining` is 0."""
    with serve(organization(), limits=Limits(graphql=1, style=style)) as server:
        assert post(server, "{ viewer { login } }").ok
        answer = post(server, "{ viewer { login } }")
        assert get(server, "/user").ok, "REST has a budget of its own"
    assert status == answer.status_code
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert kind == answer.json().get("errors", [{}])[0].get("type")


def test_budget_refills_at_its_reset() -> None:
    """After the window the points are back."""
    now = [100.0]
    budget = Budget(2, "graphql", 60.0, lambda: now[0])
    assert [budget.spend(1) for _ in range(3)] == [True, True, False]
    now[0] += 60
    assert budget.spend(1)
    assert budget.headers()["x-ratelimit-remaining"] == "1"


def test_slow_query_is_cut_off_at_once() -> None:
    """Ten seconds end a query with 502 and a JSON body; nobody has to wait for it."""
    deployments = tuple(deployment(n, "success") for n in range(1, 21))
    world = organization(repository(commits=20, deployments=deployments))
    query = (
        f"query Q($n: Int!) {{ {REPOSITORY} {{ deployments(first: $n) {{ nodes {{ id }} }} }} }}"
    )
    with serve(world, latency=Latency(per_node=0.9)) as server:
        cut = post(server, query, n=20)
    assert cut.status_code == 502
    assert cut.json()["errors"][0]["message"].startswith("Something went wrong while executing")
    with serve(world, latency=Latency(per_node=0.001)) as server:
        assert post(server, query, n=10).ok


def test_prices_of_one_document_do_not_leak_into_another() -> None:
    """The parsed query is remembered by its text alone, the price is not."""
    query = f"query Q($n: Int!) {{ {REPOSITORY} {{ deployments(first: $n) {{ totalCount }} }} }}"
    assert [cost(query, n=n)[0] for n in (1, 2)] == [1, 2]
