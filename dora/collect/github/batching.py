"""Merges one query about several repositories into one request, and splits its result.

GitHub answers any number of fields in one request. A query for a single field is run for several
repositories at once by repeating the field with a different alias for each.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, ClassVar

from dora.collect.github.responses import QueryResult

COMMENT = re.compile(r"^\s*#.*\n", re.MULTILINE)
OPERATION = re.compile(r"query (\w+)\((.*?)\) \{\n(.*?)\n\}\n(.*)", re.DOTALL)
DECLARATION = re.compile(r"\$(\w+): ([\w!\[\]]+)")
VARIABLE = re.compile(r"\$(\w+)\b")
#: The first line of every query, which asks for its cost.
COST = "  rateLimit { cost remaining resetAt }\n"
FIELD = re.compile(r"^  (\w+)(?=[( ])", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """One of `queries/*.graphql`, parsed as far as merging requires."""

    name: str
    text: str
    #: Whether fewer rows may be asked for than are wanted.
    is_resizable: ClassVar[bool] = True

    @cached_property
    def _parts(self) -> tuple[str, dict[str, str], str, str]:
        """The operation's name, the types of its variables, its field and its fragments."""
        found = OPERATION.fullmatch(COMMENT.sub("", self.text))
        if found is None:
            raise ValueError(f"queries/{self.name}.graphql is not of the form that is shared")
        name, declared, body, fragments = found.groups()
        types = dict(DECLARATION.findall(declared))
        return name, types, body.removeprefix(COST), fragments

    @cached_property
    def field(self) -> str | None:
        """The only field it asks for; None if there are several and it cannot be merged."""
        body = self._parts[2]
        names = FIELD.findall(body)
        return names[0] if len(names) == 1 else None

    @cached_property
    def constants(self) -> frozenset[str]:
        """The variables that must be equal in a merged request because fragments use them."""
        return frozenset(VARIABLE.findall(self._parts[3]))

    def merge(self, each: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
        """The text and variables of one request for several queries, given the variables of each.

        A value that is the same for all is one variable; other variables are numbered.
        """
        if len(each) == 1:
            return self.text, dict(each[0])
        operation, types, field, fragments = self._parts
        own = [
            name for name in types if any(one.get(name) != each[0].get(name) for one in each[1:])
        ]
        numbered = re.compile(rf"\$({'|'.join(own)})\b") if own else None
        fields, variables = [], {name: each[0].get(name) for name in types if name not in own}
        for number, one in enumerate(each):
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
        """The part of a merged request's *result* that belongs to the query of that *number*.

        An error without a path may concern any query, so all of them get it.
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
