"""Whether every query of the collector fits a GraphQL schema: its text in, problems out.

`python -m tests.collect.validate_queries SCHEMA` prints them.
"""

import sys
from importlib import resources
from pathlib import Path

from graphql import GraphQLError, GraphQLSchema, build_ast_schema, parse, validate


def build_full_schema(sdl: str) -> GraphQLSchema:
    """The schema of *sdl*, taken as it is: GitHub's own text repeats a field and is not valid."""
    return build_ast_schema(parse(sdl, no_location=True), assume_valid=True, assume_valid_sdl=True)


def query_problems(query: str, schema: GraphQLSchema) -> list[str]:
    """What of *query* does not fit *schema*; a line each."""
    try:
        errors = validate(schema, parse(query))
    except GraphQLError as wrong:
        errors = [wrong]
    return [f"{_place(error)}: {error.message}" for error in errors]


def _place(error: GraphQLError) -> str:
    lines = [str(place.line) for place in error.locations or ()]
    return "line " + ", ".join(lines or ["?"])


def main() -> int:
    """Validate every query against the schema named on the command line; 1 for problems."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m tests.collect.validate_queries SCHEMA\n")
        return 2
    schema = build_full_schema(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = resources.files("dora.collect.queries")
    queries = [one for one in folder.iterdir() if one.name.endswith(".graphql")]
    problems = [
        f"{one.name}, {problem}"
        for one in sorted(queries, key=lambda one: one.name)
        for problem in query_problems(one.read_text("utf-8"), schema)
    ]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
