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
    """A GET of the REST API; `{name}` in its path and its parameters are variables.

    A *path* below `{repository}` is asked for by the repository's number, where that is known. By
    its name it would be redirected once the repository is renamed, and PyGithub loses the
    parameters on the way.
    """

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
        """The path and the parameters of the request; a page is of `n` rows.

        A parameter that is None is left out.
        """
        quoted = {name: quote(str(value), safe="") for name, value in variables.items()}
        given = {name: variables[name] for name in self.parameters}
        by_name = "/repos/{owner}/{name}".format_map(quoted)
        number = variables.get("repository")
        quoted["repository"] = by_name if number is None else f"/repositories/{number}"
        return self.path.format_map(quoted), {
            **{name: value for name, value in given.items() if value is not None},
            **({"per_page": variables["n"]} if "page" in self.parameters else {}),
        }


#: A page of a repository's deployments, newest first.
DEPLOYMENTS = RestQuery("REST deployments", "/repos/{owner}/{name}/deployments", ("page",))
#: One deployment.
DEPLOYMENT = RestQuery("REST deployment", "/repos/{owner}/{name}/deployments/{id}")

#: A page of a repository's workflows.
WORKFLOWS = RestQuery("REST workflows", "{repository}/actions/workflows", ("page",))
#: A page of the runs of a workflow, which is given by its number or by the name of its file.
WORKFLOW_RUNS = RestQuery(
    "REST workflow runs",
    "{repository}/actions/workflows/{workflow}/runs",
    ("created", "branch", "event", "exclude_pull_requests", "page"),
)
#: One attempt of a run.
RUN_ATTEMPT = RestQuery(
    "REST run attempt",
    "{repository}/actions/runs/{run}/attempts/{attempt}",
    ("exclude_pull_requests",),
)
#: A page of the jobs of all attempts of a run.
RUN_JOBS = RestQuery("REST jobs", "{repository}/actions/runs/{run}/jobs", ("filter", "page"))
