"""Asks the first query about a repository; its parts serve the sources, the tags and the cache."""

from dataclasses import dataclass, field, replace
from typing import Any

from dora.collect.github import page_size
from dora.collect.repository.context import RepositoryContext, find
from dora.errors import CannotRead

#: Page size of a query without a list in it.
ONE = 1
#: Rows that the hundred tags of a repository count as: they are small, and most have fewer.
TAGS_COUNT_AS = 8
#: The parts of the query that can be asked for.
PARTS = ("deployments", "releases", "tags", "stamp", "labels")


@dataclass
class Opening:
    """The first query about a repository, with the parts that are wanted; none, and it is spared.

    What it gave stands in `found` by the name of the field: `deployments`, `releases`, `refs`,
    `ref` (of *branch*), `pullRequests` and `labels`.
    """

    context: RepositoryContext
    parts: set[str] = field(default_factory=set)
    branch: str | None = None
    found: dict[str, Any] = field(default_factory=dict)

    async def read(self) -> None:
        """Ask for all parts; raises CannotRead if GitHub refuses one that a report needs."""
        if self.parts or self.branch is not None:
            self.found = await ask_parts(
                self.context, self.parts, rows=self._rows, branch=self.branch
            )

    @property
    def _rows(self) -> int:
        """Rows of a page: the fewer there are, the more repositories share a request."""
        if self.parts & {"deployments", "releases"}:
            return page_size.FIRST_PAGE
        return TAGS_COUNT_AS if "tags" in self.parts else ONE

    def take(self, name: str) -> Any:
        """What the query gave by that name, once."""
        return self.found.pop(name, None)


async def ask_parts(
    context: RepositoryContext,
    parts: set[str],
    *,
    rows: int | None = None,
    after: str | None = None,
    branch: str | None = None,
) -> dict[str, Any]:
    """Some parts of the query, of *rows* rows each; the Deployments from a cursor on."""
    result = await context.ask(
        "deployments",
        rows=rows,
        after=after,
        **{name: name in parts for name in PARTS},
        head=branch is not None,
        branch=f"refs/heads/{branch or ''}",
    )
    # Parts of the query that only serve the cache may fail: the cache is then not used.
    errors = tuple(error for error in result.errors if not _is_for_cache(error))
    found = find(replace(result, errors=errors), "repository")
    if found.pop("isEmpty", False):  # the list of repositories had commits of it
        raise CannotRead("it was emptied while it was read")
    return found


def _is_for_cache(error: dict[str, Any]) -> bool:
    """Whether an error is about a part of the query that only serves the cache."""
    return (error.get("path") or [])[1:2] in (["pullRequests"], ["labels"])
