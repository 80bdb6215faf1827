"""Runs GraphQL queries against the stand-in: parse, validate, price, execute.

The excerpt of GitHub's schema is built once, with a resolver for each of its fields.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    get_operation_ast,
    is_abstract_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from dora.demo.github.graphql.cost import Cost, asks_dry_run, price
from dora.demo.github.graphql.resolvers import QueryContext
from dora.demo.github.graphql.schema_map import CONNECTION, EDGE, FIELDS
from dora.demo.github.views import Node
from dora.demo.github.visibility import VisibleOrganization


class FieldMiddleware(Protocol):
    """What lies around every resolver, as graphql-core calls it."""

    def resolve(
        self, inner: Callable[..., Any], source: Any, info: Any, /, **arguments: Any
    ) -> Any:
        """The value of a field; *inner* is its resolver."""


@dataclass(frozen=True)
class PreparedQuery:
    """A query that may be run: parsed, valid, priced."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    cost: Cost
    dry_run: bool = False

    @property
    def points(self) -> int:
        """What it takes from the budget."""
        return 0 if self.dry_run else self.cost.points


@dataclass(frozen=True)
class GraphQLAnswer:
    """The JSON body of an answer, and how many nodes it serves."""

    body: dict[str, Any]
    served: int = 0

    @property
    def is_behind_sign_on(self) -> bool:
        """Whether something of it was refused for want of a single sign-on."""
        errors = self.body.get("errors", ())
        return any("saml_failure" in error.get("extensions", {}) for error in errors)


#: What GitHub gives for `databaseId`: its schema says `Int`, yet it answers numbers beyond 32 bits,
#: which graphql-core's own `Int` refuses.
DATABASE_ID = GraphQLScalarType("DatabaseId", serialize=int)
DATABASE_ID.name = "Int"  # as clients see it; graphql-core lets nobody make another of that name


@lru_cache(maxsize=1)
def excerpt_sdl() -> str:
    """The text of the excerpt of GitHub's schema."""
    return files("dora.demo.github.graphql").joinpath("schema.graphql").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def excerpt_schema() -> GraphQLSchema:
    """The excerpt, every field with its resolver; raises KeyError for one that has none."""
    schema = build_schema(excerpt_sdl())
    for name, kind in schema.type_map.items():
        if is_abstract_type(kind):
            kind.resolve_type = _kind_of
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        table = _resolvers_of(name)
        for field_name, field in kind.fields.items():
            if field_name == "databaseId" and field.type is GraphQLInt:
                field.type = DATABASE_ID
            if table is not None:
                field.resolve = table[field_name]
    return schema


def _resolvers_of(name: str) -> Mapping[str, Any] | None:
    if name.endswith("Connection"):
        return CONNECTION
    if name.endswith("Edge"):
        return EDGE
    return None if name in {"GitActor", "RateLimit"} else FIELDS[name]  # these two are dicts


def _kind_of(value: Node, _info: Any, _abstract: GraphQLAbstractType) -> str:
    return value.kind


@lru_cache(maxsize=1024)  # a client that merges queries writes many different texts
def _read(query: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    document = parse(query)
    return document, tuple(validate(excerpt_schema(), document))


def prepare(request: Mapping[str, Any]) -> PreparedQuery | GraphQLAnswer:
    """What the body of a request asks for, or the answer that refuses it."""
    query = request.get("query")
    if not isinstance(query, str) or not query.strip():
        return refusal([GraphQLError("A query attribute must be specified and must be a string.")])
    try:
        document, errors = _read(query)
    except GraphQLError as error:
        return refusal([error])
    operation = get_operation_ast(document, request.get("operationName"))
    if errors or operation is None:
        return refusal(list(errors) or [GraphQLError("An operation name is required")])
    schema = excerpt_schema()
    values = get_variable_values(
        schema, operation.variable_definitions or (), request.get("variables") or {}
    )
    if isinstance(values, list):
        return refusal(values)
    coerced = _plain_values(values)
    try:
        cost = price(schema, document, operation, coerced)
    except GraphQLError as error:
        return refusal([error])
    dry_run = asks_dry_run(schema, document, operation, coerced)
    return PreparedQuery(document, operation, request.get("variables") or {}, cost, dry_run)


def _plain_values(values: Any) -> dict[str, Any]:
    """The coerced variables by name, whichever version of graphql-core holds them."""
    return dict(getattr(values, "coerced", values))


def run(
    chosen: PreparedQuery,
    visible: VisibleOrganization,
    rate_limit: Mapping[str, Any],
    fields: Sequence[FieldMiddleware] = (),
) -> GraphQLAnswer:
    """The answer of a planned query in *visible*; a dry run evaluates the price alone.

    Each of *fields* lies around the resolvers.
    """
    limits = {**rate_limit, "cost": chosen.cost.points, "nodeCount": chosen.cost.nodes}
    context = QueryContext(visible, chosen.cost, limits)
    result = execute_sync(
        excerpt_schema(),
        _only_rate_limit(chosen) if chosen.dry_run else chosen.document,
        context_value=context,
        variable_values=dict(chosen.variables),
        operation_name=chosen.operation.name.value if chosen.operation.name else None,
        middleware=list(fields) or None,
    )
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_shown(error) for error in result.errors]
    return GraphQLAnswer(body, context.served)


def _only_rate_limit(chosen: PreparedQuery) -> DocumentNode:
    """The document of a dry run: nothing else of the query is evaluated."""
    operation = chosen.operation
    selections = tuple(
        node
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode) and node.name.value == "rateLimit"
    )
    alone = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=selections),
    )
    others = (node for node in chosen.document.definitions if node is not operation)
    return DocumentNode(definitions=(alone, *others))


def refusal(errors: list[GraphQLError]) -> GraphQLAnswer:
    """An answer of errors alone, without data."""
    return GraphQLAnswer({"errors": [_shown(error) for error in errors]})


def _shown(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub writes it: its *type* beside the message, not under `extensions`."""
    shown: dict[str, Any] = {}
    extensions = dict(error.extensions or {})
    if "type" in extensions:
        shown["type"] = extensions.pop("type")
    if error.path:
        shown["path"] = error.path
    if extensions:
        shown["extensions"] = extensions
    if error.locations:
        shown["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return {**shown, "message": error.message}
