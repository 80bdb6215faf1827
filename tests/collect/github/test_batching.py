"""A query about several repositories becomes one request, and its result is taken apart."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from dora.collect.github.batching import Query, load_query
from dora.collect.github.responses import QueryResult
from dora.demo.github.graphql import execute
from dora.demo.github.graphql.execute import excerpt_schema
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from tests.collect.validate_queries import (
    PARTNERS,
    all_problems,
    made_up_variables,
    merged_forms,
    query_names,
    query_problems,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LIMIT = {"limit": 5000, "remaining": 4000, "used": 1000, "resetAt": "2026-11-23T07:00:00Z"}
SHARED = [name for name in query_names() if load_query(name).field is not None]


# -- The text -----------------------------------------------------------------------------------


def test_every_request_is_valid() -> None:
    """Whatever is asked, alone or together, fits the schema that the stand-in serves."""
    assert [] == all_problems(excerpt_schema())


@pytest.mark.parametrize("name", SHARED)
def test_each_has_a_field_of_its_own(name: str) -> None:
    """Two and fifty partners have a field each, besides what the request cost, told once."""
    for count, text in merged_forms(load_query(name)):
        (operation, *_) = parse(text).definitions
        assert isinstance(operation, OperationDefinitionNode)
        fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
        names = [(one.alias or one.name).value for one in fields]
        own = [f"r{number}" for number in range(count)] if count > 1 else [load_query(name).field]
        assert ["rateLimit", *own] == names


def test_what_is_shared() -> None:
    """All queries about a single repository ask for a single field, so that they can be shared."""
    of_repositories = {
        name for name in query_names() if "name" in made_up_variables(load_query(name), 0)
    }
    assert of_repositories - {"checkup_repository"} <= set(SHARED)
    assert {"checkup", "checkup_repository"} == set(query_names()) - set(SHARED)


@pytest.mark.parametrize("name", SHARED)
def test_one_alone_is_asked_as_it_is_written(name: str) -> None:
    """The text that one alone sends is the file's, which anybody can paste and try."""
    query = load_query(name)
    variables = made_up_variables(query, 0)
    assert (query.text, variables) == query.merge([variables])


@pytest.mark.few(6)
@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("count", [one for one in PARTNERS if one > 1])
def test_equal_variables_stay_one(name: str, count: int) -> None:
    """What is the same for all is said once; what differs has its number behind it."""
    query = load_query(name)
    asked = [made_up_variables(query, number) for number in range(count)]
    varying = next(iter(sorted(set(asked[0]) - query.constants)))
    same = [{**asked[0], varying: one[varying]} for one in asked]
    text, variables = query.merge(same)
    others = {key: value for key, value in asked[0].items() if key != varying}
    own = {f"{varying}_{number}": one[varying] for number, one in enumerate(asked)}
    assert {**others, **own} == variables
    assert [] == query_problems(text, excerpt_schema())
    declared = parse(text).definitions[0].variable_definitions  # type: ignore[attr-defined]  # the operation
    assert list(variables) == [one.variable.name.value for one in declared]


def test_partners_that_ask_the_same() -> None:
    """Who asks for exactly the same has nothing but a name of its own in the answer."""
    query = load_query("object")
    asked = {"owner": "acme", "name": "api", "sha": "abc"}
    text, variables = query.merge([asked, asked])
    assert asked == variables
    assert [] == query_problems(text, excerpt_schema())


def test_variables_that_are_not_given_are_null() -> None:
    """GitHub takes a variable that is left out for null; so does whoever asks together."""
    query = load_query("labels")
    _, variables = query.merge(
        [{"owner": "acme", "name": "api", "n": 3}, {"owner": "acme", "name": "web", "n": 3}]
    )
    assert {"owner": "acme", "n": 3, "after": None, "name_0": "api", "name_1": "web"} == variables


@pytest.mark.parametrize(
    ("name", "constants"),
    [
        ("deployments", set()),
        ("commits", {"authors", "labels"}),
        ("commit", {"labels"}),
        ("updates", {"labels"}),
        ("object", set()),
    ],
)
def test_what_fragments_use_is_the_same_for_all(name: str, constants: set[str]) -> None:
    """A fragment stands once for all: its variables cannot differ."""
    assert constants == load_query(name).constants


def test_query_of_another_form() -> None:
    """A query that cannot be taken apart is a bug that is told with its file's name."""
    with pytest.raises(ValueError, match=r"queries/odd\.graphql is not of the form"):
        _ = Query("odd", "{ viewer { login } }").field


# -- The answer ---------------------------------------------------------------------------------


def test_parts_of_an_answer() -> None:
    """Each gets what stands under its name, as if it had asked alone."""
    query = load_query("object")
    data = {"rateLimit": {"cost": 1}, "r0": {"object": 1}, "r1": {"object": 2}}
    answer = QueryResult("data", data, remaining=7)
    assert QueryResult("data", {"repository": {"object": 1}}) == query.part(answer, 0)
    assert QueryResult("data", {"repository": {"object": 2}}) == query.part(answer, 1)
    assert QueryResult("data") == query.part(answer, 2)


def test_errors_of_a_part() -> None:
    """An error is of the one whose name its path begins with; its path is as if alone."""
    query = load_query("object")
    lost = {"type": "NOT_FOUND", "path": ["r1", "object", 0], "message": "Lost."}
    of_ten = {"path": ["r10"], "message": "No."}
    data = {"r0": {"object": 1}, "r1": None}
    answer = QueryResult("data", data, (lost, of_ten), "Lost.; No.")
    own = {**lost, "path": ["repository", "object", 0]}
    assert QueryResult("data", {"repository": {"object": 1}}) == query.part(answer, 0)
    assert QueryResult("data", {"repository": None}, (own,), "Lost.") == query.part(answer, 1)


@pytest.mark.parametrize("error", [{"message": "Oh."}, {"message": "Oh.", "path": []}])
def test_error_of_nobody_is_everybodys(error: dict[str, Any]) -> None:
    """What names no part might be about any."""
    query = load_query("object")
    answer = QueryResult("data", {"r0": {"object": 1}, "r1": {"object": 2}}, (error,), "Oh.")
    for number in (0, 1):
        part = query.part(answer, number)
        assert (("Oh.", 1), (error,)) == ((part.message, len(part.errors)), part.errors)


@cache
def world() -> VisibleOrganization:
    """The made-up organization, one of its repositories refused."""
    made = build_organization(NOW)
    return VisibleOrganization(made, {"billing-worker": "FORBIDDEN"})


def answer_of(text: str, variables: dict[str, Any]) -> QueryResult:
    """What the stand-in says to a request."""
    chosen = execute.prepare({"query": text, "variables": variables})
    assert isinstance(chosen, execute.PreparedQuery), chosen
    body = execute.run(chosen, world(), LIMIT).body
    errors = tuple(
        {k: v for k, v in one.items() if k != "locations"} for one in body.get("errors", ())
    )
    message = "; ".join(one["message"] for one in errors)
    return QueryResult("data", body["data"], errors, message)


def repositories(organization: Organization) -> list[str]:
    """Some of the organization's repositories, and one that there is not."""
    names = [one.name for one in organization.repositories if one.deployments]
    return [*names[:4], "billing-worker", "no-such-one"]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (
            "deployments",
            {
                **dict.fromkeys(("deployments", "releases", "tags"), True),
                **dict.fromkeys(("stamp", "labels", "head"), True),
                "branch": "refs/heads/main",
            },
        ),
        ("releases", {}),
        ("commits", {"authors": False, "labels": True}),
        ("labels", {}),
        ("object", {}),
        ("request", {"number": 1}),
        ("tags", {"prefix": "refs/tags/"}),
        ("updates", {"labels": True}),
    ],
)
def test_part_of_a_shared_answer_is_the_answer_of_one_alone(
    name: str, more: dict[str, Any]
) -> None:
    """Together or alone, a repository's data and errors are the same."""
    query, organization = load_query(name), world().organization
    heads = {one.name: one.head for one in organization.repositories}
    asked = []
    for place, one in enumerate(repositories(organization)):
        sha = heads.get(one) or "0" * 40
        given = {"owner": organization.login, "name": one, "n": 2 + place, "after": None, **more}
        given |= {"oid": sha, "sha": sha[:12]}
        types = query._parts[1]
        asked.append({key: value for key, value in given.items() if key in types})
    together = answer_of(*query.merge(asked))
    parts = [query.part(together, number) for number in range(len(asked))]
    alone = [answer_of(query.text, one) for one in asked]
    data = [{key: one.data[key] for key in one.data if key != "rateLimit"} for one in alone]
    assert [replace(one, data=own) for one, own in zip(alone, data, strict=True)] == parts
    assert 2 == sum(bool(one.errors) for one in parts)  # the refused one, and the one there is not
