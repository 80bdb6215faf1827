"""The excerpt of GitHub's schema agrees with GitHub's own."""

import pytest

from dora.demo.github.graphql.execute import excerpt_schema
from tests.demo.check_schema_excerpt import excerpt_problems

FULL = """
interface Node { id: ID! }
interface Actor { login: String! }
enum State { A B }
input Order { field: String!, direction: String = "ASC" }
type User implements Node & Actor { id: ID! login: String! }
type Bot implements Actor { login: String! }
union Any = User | Bot
type Query {
  user(login: String!, deep: Int = 3, order: Order): User
  any: Any!
  state: State
}
"""


@pytest.mark.parametrize(
    ("excerpt", "problems"),
    [
        ("type Query { user(login: String!): User } type User { login: String! }", []),
        (
            "type Query { user(login: String!, deep: Int): User! }  type User { name: String }",
            [
                "Query.user: User! instead of User",
                "Query.user(deep): default Undefined instead of 3",
                "User.name: no such field",
            ],
        ),
        (
            "type Query { user(deep: String, more: Int): Int  state: State } enum State { A C }",
            [
                "Query.user: Int instead of User",
                "Query.user(deep): String instead of Int",
                "Query.user(more): no such argument",
                "Query.user(login): a required argument is left out",
                "State: no value C",
            ],
        ),
        (
            (
                "type Query { any: Any! state: Any2 } union Any = User | Org"
                " type Org { login: String } type User { id: ID! } scalar Any2"
            ),
            [
                "Query.state: Any2 instead of State",
                "Any: no member Org",
                "Org: not a type of that kind in the full schema",
                "Any2: not a type of that kind in the full schema",
            ],
        ),
    ],
)
def test_problems_name_every_difference(excerpt: str, problems: list[str]) -> None:
    """Whatever the excerpt adds or changes is a problem; what it leaves out is not."""
    assert sorted(problems) == sorted(excerpt_problems(excerpt, FULL))


def test_every_field_of_the_excerpt_is_answered() -> None:
    """Each field has its function: building the schema would fail otherwise."""
    assert {"Query", "Deployment", "Commit"} <= excerpt_schema().type_map.keys()
