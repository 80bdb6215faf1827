"""One query and several repositories' variables in, one request for all of them out.

GitHub answers any number of fields in one request. A query that asks for a single field is asked
for several repositories at once by giving that field a name (an alias) for each of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from dora.collect.github.responses import QueryResult

COMMENT = re.compile(r"^\s*#.*\n", re.MULTILINE)
OPERATION = re.compile(r"query (\w+)\((.*?)\) \{\n(.*?)\n\}\n(.*)", re.DOTALL)
DECLARATION = re.compile(r"\$(\w+): ([\w!\[\]]+)")
VARIABLE = re.compile(r"\$(\w+)\b")
#: The first line of every query: what it cost.
COST = "  rateLimit { cost remaining resetAt }\n"
FIELD = re.compile(r"^  (\w+)(?=[( ])", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """One of `queries/*.graphql`, taken apart."""

    name: str
    text: str

    @cached_property
    def _parts(self) -> tuple[str, dict[str, str], str, str]:
        """Operation's name, types of its variables, its field, its fragments."""
        found = OPERATION.fullmatch(COMMENT.sub("", self.text))
        if found is None:
            raise ValueError(f"queries/{self.name}.graphql is not of the form that is shared")
        name, declared, body, fragments = found.groups()
        types = dict(DECLARATION.findall(declared))
        return name, types, body.removeprefix(COST), fragments

    @cached_property
    def field(self) -> str | None:
        """The one field it asks for; None where there are several, and nothing can be shared."""
        body = self._parts[2]
        names = FIELD.findall(body)
        return names[0] if len(names) == 1 else None

    @cached_property
    def constants(self) -> frozenset[str]:
        """Variables that must be the same for all who share: fragments use them."""
        return frozenset(VARIABLE.findall(self._parts[3]))

    def merge(self, asked: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
        """Text and variables of one request for all of *asked*, the variables of each.

        What is the same for all is one variable; what differs has one each, its number behind it.
        """
        if len(asked) == 1:
            return self.text, dict(asked[0])
        operation, types, field, fragments = self._parts
        own = [
            name for name in types
            if any(one.get(name) != asked[0].get(name) for one in asked[1:])
        ]  # fmt: skip
        numbered = re.compile(rf"\$({'|'.join(own)})\b") if own else None
        fields, variables = [], {name: asked[0].get(name) for name in types if name not in own}
        for number, one in enumerate(asked):
            text = numbered.sub(rf"$\1_{number}", field) if numbered else field
            fields.append(text.replace(f"  {self.field}", f"  {_alias(number)}: {self.field}", 1))
            variables |= {f"{name}_{number}": one.get(name) for name in own}
        declared = ", ".join(
            f"${name}: {types[name.rpartition('_')[0] if name not in types else name]}"
            for name in variables
        )
        lines = "\n".join(fields)
        return f"query {operation}({declared}) {{\n{COST}{lines}\n}}\n{fragments}", variables

    def part(self, result: QueryResult, number: int) -> QueryResult:
        """What of the *answer* to a merged request is the answer to the one of that *number*.

        An error that names none of them might be anybody's: it is everybody's.
        """
        alias = _alias(number)
        errors = tuple(
            {**error, "path": [self.field, *path[1:]]} if path else error
            for error in result.errors
            for path in [error.get("path") or []]
            if not path or path[0] == alias
        )
        message = "; ".join(str(error.get("message", "")) for error in errors)
        data = {} if alias not in result.data else {str(self.field): result.data[alias]}
        return QueryResult("data", data=data, errors=errors, message=message)


def _alias(number: int) -> str:
    return f"r{number}"


@cache
def load_query(name: str) -> Query:
    """The query `queries/<name>.graphql`."""
    file = resources.files("dora.collect.github.queries").joinpath(f"{name}.graphql")
    return Query(name, file.read_text("utf-8"))
