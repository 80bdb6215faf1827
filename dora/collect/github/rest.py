"""Pages of GitHub's REST API, for what GraphQL does not tell.

They wait in the same queue as queries, under the same limits and with the same attempts. A page
keeps its size, because a smaller one would not begin where the last one ended, and shares no
request.
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from dora.collect.github.responses import QueryResult


@dataclass(frozen=True)
class RestQuery:
    """A GET of the REST API; `{name}` in its path and its parameters are variables."""

    name: str
    path: str
    parameters: tuple[str, ...] = ()

    #: Whether its pages may be smaller than asked for, and share a request.
    is_resizable: ClassVar[bool] = False
    field: ClassVar[str | None] = None
    constants: ClassVar[frozenset[str]] = frozenset()

    def part(self, result: QueryResult, number: int) -> QueryResult:  # noqa: ARG002  # as a query
        """The result: it is that of the only query of its request."""
        return result

    def address(self, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The path and the parameters of the request; a page is of `n` rows."""
        quoted = {name: quote(str(value), safe="") for name, value in variables.items()}
        return self.path.format_map(quoted), {
            **{name: variables[name] for name in self.parameters},
            **({"per_page": variables["n"]} if "page" in self.parameters else {}),
        }


#: A page of a repository's deployments, newest first.
DEPLOYMENTS = RestQuery("REST deployments", "/repos/{owner}/{name}/deployments", ("page",))
#: One deployment.
DEPLOYMENT = RestQuery("REST deployment", "/repos/{owner}/{name}/deployments/{id}")
