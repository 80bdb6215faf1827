"""An Enterprise Server of a version whose schema lacks fields or arguments of today's."""

from collections.abc import Collection
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

from dora.demo.github.graphql.execute import excerpt_schema
from dora.demo.github.messages import Response, json_response
from dora.demo.github.server import Exchange, Handler


class OlderSchema:
    """Middleware that refuses a query for what an older server's schema lacks.

    *lacking* names fields as `Issue.stateReason` and arguments as
    `Issue.stateReason(enableDuplicate)`. The whole query is refused, in GitHub's words.
    """

    def __init__(self, *lacking: str) -> None:
        self.lacking = frozenset(lacking)

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The refusal, or the response where the query asks for nothing unknown."""
        if not exchange.request.is_graphql:
            return answer(exchange)
        types = TypeInfo(excerpt_schema())
        unknown = _Unknown(types, self.lacking)
        visit(parse(str(exchange.request.body["query"])), TypeInfoVisitor(types, unknown))
        return json_response({"errors": unknown.errors}) if unknown.errors else answer(exchange)


class _Unknown(Visitor):
    """Collects GitHub's error for each place that asks for what the schema lacks."""

    def __init__(self, types: TypeInfo, lacking: Collection[str]) -> None:
        super().__init__()
        self.types = types
        self.lacking = lacking
        self.errors: list[dict[str, Any]] = []

    def enter_field(self, node: FieldNode, *place: Any) -> None:
        """A field that the type has not."""
        name, parent = node.name.value, self.types.get_parent_type()
        if parent is not None and f"{parent.name}.{name}" in self.lacking:
            told = {"code": "undefinedField", "typeName": parent.name, "fieldName": name}
            message = f"Field '{name}' doesn't exist on type '{parent.name}'"
            self._tell(node, [*_path(place[-1]), _key(node)], message, told)

    def enter_argument(self, node: ArgumentNode, *place: Any) -> None:
        """An argument that the field has not."""
        field = next(one for one in reversed(place[-1]) if isinstance(one, Node))
        parent = self.types.get_parent_type()
        if not isinstance(field, FieldNode) or parent is None:
            return  # a directive's
        name, argument = field.name.value, node.name.value
        if f"{parent.name}.{name}({argument})" in self.lacking:
            told = {
                "code": "argumentNotAccepted",
                "name": name,
                "typeName": "Field",
                "argumentName": argument,
            }
            message = f"Field '{name}' doesn't accept argument '{argument}'"
            self._tell(node, [*_path(place[-1]), argument], message, told)

    def _tell(self, node: Node, path: list[str], message: str, told: dict[str, str]) -> None:
        at = node.loc.start_token if node.loc else None
        locations = [{"line": at.line, "column": at.column}] if at else []
        self.errors.append(
            {"path": path, "extensions": told, "locations": locations, "message": message}
        )


def _path(ancestors: list[Any]) -> list[str]:
    """Where a node stands, as GitHub's errors of validation say it."""
    found = []
    for node in ancestors:
        if isinstance(node, OperationDefinitionNode):
            name = f" {node.name.value}" if node.name else ""
            found.append(f"{node.operation.value}{name}")
        elif isinstance(node, FragmentDefinitionNode):
            found.append(f"fragment {node.name.value}")
        elif isinstance(node, InlineFragmentNode):
            kind = f" on {node.type_condition.name.value}" if node.type_condition else ""
            found.append(f"...{kind}")
        elif isinstance(node, FieldNode):
            found.append(_key(node))
    return found


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
