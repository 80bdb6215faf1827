"""Prices a query by its text alone, or refuses it, as GitHub does before it runs one.

Rules: docs.github.com, "Rate limits and query limits for the GraphQL API".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast,
    value_from_ast_untyped,
)

PAGE_MAXIMUM = 100
NODE_MAXIMUM = 500_000


def typed_error(kind: str, message: str, node: FieldNode | None = None) -> GraphQLError:
    """An error with GitHub's *type*, written beside the message in the answer."""
    return GraphQLError(message, node, extensions={"type": kind})


class Cost(NamedTuple):
    """The price of a query: possible nodes, connection requests, and its points."""

    nodes: int
    requests: int

    @property
    def points(self) -> int:
        """A hundredth of the requests, floored as recorded answers show; at least 1."""
        return max(1, self.requests // 100)


@dataclass(frozen=True)
class _Pricer:
    schema: GraphQLSchema
    variables: Mapping[str, Any]
    fragments: Mapping[str, FragmentDefinitionNode]

    def price(self, selection: SelectionSetNode, parent: Any, parents: int) -> tuple[int, int]:
        """Nodes and requests of a selection for so many *parents*."""
        nodes = requests = 0
        for node, holder in self.fields(selection, parent):
            definition = getattr(holder, "fields", {}).get(node.name.value)
            if definition is None:
                continue
            size, is_connection = self.size(node, definition)
            nodes += parents * size if is_connection else 0
            requests += parents if is_connection else 0
            if node.selection_set is not None:
                below = self.price(
                    node.selection_set, get_named_type(definition.type), parents * size
                )
                nodes, requests = nodes + below[0], requests + below[1]
        return nodes, requests

    def size(self, node: FieldNode, definition: GraphQLField) -> tuple[int, bool]:
        """How many objects one call of the field gives at most, and whether it is a connection."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if "ids" in definition.args:
            value = value_from_ast_untyped(given["ids"], dict(self.variables))
            return max(1, len(value or ())), False
        if not {"first", "last"} <= definition.args.keys():
            return 1, False
        first, last = (
            value_from_ast(given[name], definition.args[name].type, dict(self.variables))
            if name in given
            else None
            for name in ("first", "last")
        )
        return _page_size(node, first, last), True

    def fields(self, selection: SelectionSetNode, parent: Any) -> Iterator[tuple[FieldNode, Any]]:
        """The selected fields with the type that holds each, fragments opened."""
        for node in selection.selections:
            if any(self.is_left_out(directive) for directive in node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node, parent
                continue
            target: Any = (
                self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            )
            condition = target.type_condition
            holder = self.schema.type_map[condition.name.value] if condition else parent
            yield from self.fields(target.selection_set, holder)

    def is_left_out(self, directive: DirectiveNode) -> bool:
        """Whether `@include` or `@skip` takes its field away."""
        name = directive.name.value
        if name not in {"include", "skip"}:
            return False
        value = value_from_ast_untyped((directive.arguments or ())[0].value, dict(self.variables))
        return bool(value) is (name == "skip")


def _page_size(node: FieldNode, first: Any, last: Any) -> int:
    name = node.name.value
    if not isinstance(first, int) and not isinstance(last, int):
        message = (
            "You must provide a `first` or `last` value to properly paginate "
            f"the `{name}` connection."
        )
        raise typed_error("MISSING_PAGINATION_BOUNDARIES", message, node)
    if isinstance(first, int) and isinstance(last, int):
        message = (
            f"Passing both `first` and `last` to paginate the `{name}` connection is not supported."
        )
        raise typed_error("EXCESSIVE_PAGINATION", message, node)
    size, word = (first, "first") if isinstance(first, int) else (last, "last")
    if size < 1:
        message = f"`{word}` on the `{name}` connection cannot be less than one."
        raise typed_error("EXCESSIVE_PAGINATION", message, node)
    if size > PAGE_MAXIMUM:
        message = (
            f"Requesting {size} records on the `{name}` connection exceeds "
            f"the `{word}` limit of {PAGE_MAXIMUM} records."
        )
        raise typed_error("EXCESSIVE_PAGINATION", message, node)
    return int(size)


def price(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Cost:
    """The cost of *operation*, full pages assumed; *variables* with their defaults filled in.

    Raises GraphQLError, typed as GitHub's, for a connection without `first` or `last`, with more
    than a hundred, or for more than half a million possible nodes.
    """
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    pricer = _Pricer(schema, variables, fragments)
    cost = Cost(*pricer.price(operation.selection_set, schema.query_type, 1))
    if cost.nodes > NODE_MAXIMUM:
        message = (
            f"This query requests up to {cost.nodes:,} possible nodes which exceeds "
            f"the maximum limit of {NODE_MAXIMUM:,}."
        )
        raise typed_error("MAX_NODE_LIMIT_EXCEEDED", message)
    return cost


def asks_dry_run(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> bool:
    """Whether the query asks only for its price: `rateLimit(dryRun: true)`."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    pricer = _Pricer(schema, variables, fragments)
    return any(
        node.name.value == "rateLimit"
        and any(
            argument.name.value == "dryRun"
            and value_from_ast_untyped(argument.value, dict(variables))
            for argument in node.arguments or ()
        )
        for node, _ in pricer.fields(operation.selection_set, schema.query_type)
    )
