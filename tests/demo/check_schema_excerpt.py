"""Compares an excerpt of a GraphQL schema with the full one, and lists where they disagree.

`python -m tests.demo.check_schema_excerpt EXCERPT FULL_SCHEMA` prints them.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    build_schema,
    print_ast,
)


def excerpt_problems(excerpt_sdl: str, full_sdl: str) -> list[str]:
    """What the excerpt has that the full schema has not, or has otherwise; a line each.

    Compared are types and their kinds, fields, arguments with their defaults, nullability,
    interfaces, members of unions and enums. That required arguments are kept is checked as well.
    """
    excerpt = build_schema(excerpt_sdl)
    full = build_schema(full_sdl, assume_valid=True)  # GitHub's own text is not valid
    found: list[str] = []
    for name, kind in excerpt.type_map.items():
        if name.startswith("__"):
            continue
        other = full.type_map.get(name)
        if type(other) is not type(kind):
            found.append(f"{name}: not a type of that kind in the full schema")
        else:
            found += _type_problems(name, kind, other)
    return found


def _type_problems(name: str, kind: GraphQLNamedType, other: Any) -> Iterator[str]:
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        missing = {one.name for one in kind.interfaces} - {one.name for one in other.interfaces}
        yield from (f"{name}: does not implement {one}" for one in sorted(missing))
        for field_name, field in kind.fields.items():
            yield from _field_problems(f"{name}.{field_name}", field, other.fields.get(field_name))
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _argument_problems(name, kind.fields, other.fields)
    elif isinstance(kind, GraphQLEnumType):
        yield from (f"{name}: no value {one}" for one in kind.values if one not in other.values)
    elif isinstance(kind, GraphQLUnionType):
        missing = {one.name for one in kind.types} - {one.name for one in other.types}
        yield from (f"{name}: no member {one}" for one in sorted(missing))


def _field_problems(place: str, field: Any, other: Any) -> Iterator[str]:
    if other is None:
        yield f"{place}: no such field"
        return
    if str(field.type) != str(other.type):
        yield f"{place}: {field.type} instead of {other.type}"
    yield from _argument_problems(place, field.args, other.args)


def _argument_problems(
    place: str, mine: Mapping[str, Any], others: Mapping[str, Any]
) -> Iterator[str]:
    for name, argument in mine.items():
        other = others.get(name)
        if other is None:
            yield f"{place}({name}): no such argument"
        elif str(argument.type) != str(other.type):
            yield f"{place}({name}): {argument.type} instead of {other.type}"
        elif _default(argument) != _default(other):
            yield f"{place}({name}): default {_default(argument)} instead of {_default(other)}"
    for name, other in others.items():
        if name not in mine and str(other.type).endswith("!") and _default(other) is Undefined:
            yield f"{place}({name}): a required argument is left out"


def _default(argument: Any) -> Any:
    node = argument.ast_node.default_value
    return Undefined if node is None else print_ast(node)


def main() -> int:
    """Compare the two files named on the command line; 1 when there are problems."""
    excerpt, full = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    problems = excerpt_problems(excerpt, full)
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
