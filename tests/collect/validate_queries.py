"""Checks whether every query of the collector fits GitHub's GraphQL schema.

A query that several repositories share is validated as they share it, too.
`python -m tests.collect.validate_queries SCHEMA` prints the problems.
"""

import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_ast_schema, parse, validate

from dora.collect.github.batching import Query, load_query

#: How many repositories share the requests that are validated: none, and as many as ever.
PARTNERS = (1, 2, 50)


def build_full_schema(sdl: str) -> GraphQLSchema:
    """The schema of *sdl*, taken as it is: GitHub's own text repeats a field and is not valid."""
    return build_ast_schema(parse(sdl, no_location=True), assume_valid=True, assume_valid_sdl=True)


def query_names() -> list[str]:
    """Names of all queries, as `load_query` takes them."""
    folder = resources.files("dora.collect.github.queries")
    files = [one.name for one in folder.iterdir() if one.name.endswith(".graphql")]
    return sorted(name.removesuffix(".graphql") for name in files)


def query_problems(query: str, schema: GraphQLSchema) -> list[str]:
    """What of *query* does not fit *schema*; a line each."""
    try:
        errors = validate(schema, parse(query))
    except GraphQLError as wrong:
        errors = [wrong]
    return [f"{_place(error)}: {error.message}" for error in errors]


def merged_forms(query: Query) -> Iterator[tuple[int, str]]:
    """Number of partners and text of the requests for *query*, alone and shared."""
    for count in PARTNERS if query.field is not None else (1,):
        yield count, query.merge([made_up_variables(query, one) for one in range(count)])[0]


def made_up_variables(query: Query, number: int) -> dict[str, Any]:
    """Variables of one who asks, all different from others' where they may differ."""
    types = query._parts[1]
    return {name: f"{name} {0 if name in query.constants else number}" for name in types}


def all_problems(schema: GraphQLSchema) -> list[str]:
    """What of any request of the collector does not fit *schema*; a line each."""
    return [
        f"{name}.graphql for {count}, {problem}"
        for name in query_names()
        for count, text in merged_forms(load_query(name))
        for problem in query_problems(text, schema)
    ]


def _place(error: GraphQLError) -> str:
    lines = [str(place.line) for place in error.locations or ()]
    return "line " + ", ".join(lines or ["?"])


def main() -> int:
    """Validate every query against the schema named on the command line; 1 for problems."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m tests.collect.validate_queries SCHEMA\n")
        return 2
    schema = build_full_schema(Path(sys.argv[1]).read_text(encoding="utf-8"))
    problems = all_problems(schema)
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
