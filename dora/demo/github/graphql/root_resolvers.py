"""Resolvers of the fields where a query enters: nodes by id, search, teams, issues, rate limit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from graphql import GraphQLError

from dora.demo.github import search as searching
from dora.demo.github.graphql import release_resolvers, resolvers
from dora.demo.github.graphql.cost import typed_error
from dora.demo.github.graphql.pagination import ConnectionPage, keyset_page, ordered
from dora.demo.github.graphql.resolvers import ResolveInfo, Resolver
from dora.demo.github.views import Node, instant, read_node_id
from dora.demo.github.visibility import VisibleOrganization


def team_repositories(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Team.repositories`; the edge holds the permission."""
    given: dict[str, str] = source.record.repositories
    views = [view for view in info.context.visible.views.values() if view.repository.name in given]
    query = (arguments.get("query") or "").casefold()
    rows = ordered(
        [
            Node("Repository", view, view.repository)
            for view in views
            if query in view.repository.name.casefold()
        ],
        lambda node: (node.record.name.casefold(), node.record.database_id),
    )
    page = keyset_page(rows, arguments, extra=lambda node: given[node.record.name].upper())
    return resolvers.counted(info, page)


def teams(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Organization.teams`, by slug."""
    query = (arguments.get("query") or "").casefold()
    nodes = [
        Node("Team", None, team) for team in source.record.teams if query in team.name.casefold()
    ]
    rows = ordered(nodes, lambda node: (node.record.slug,))
    return resolvers.counted(info, keyset_page(rows, arguments))


def team(source: Node, info: ResolveInfo, *, slug: str) -> Node | None:
    """`Organization.team`; null when there is none."""
    del source
    team = info.context.visible.team(slug)
    return None if team is None else Node("Team", None, team)


def search(_: Any, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Query.search`: issues and pull requests, newest first."""
    found = (
        searching.find(info.context.visible, arguments["query"])
        if arguments["type"] == "ISSUE"
        else []
    )

    def key(node: Node) -> tuple[Any, ...]:
        record = node.record
        return (instant(record.created_at), node.view.repository.database_id, record.number)

    shown = sorted(found, key=key, reverse=True)[: searching.SEARCH_MAXIMUM]
    page = keyset_page(ordered(shown, key), arguments, descending=True)
    return resolvers.counted(info, replace(page, total=len(found)))


def issues(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.issues`, filtered by its arguments."""
    given = arguments.get("filterBy") or {}
    states = given.get("states") or arguments.get("states")
    wanted = given.get("labels") or arguments.get("labels")
    since = resolvers.timestamp(given.get("since"))
    found = [
        Node("Issue", source.view, issue)
        for issue in source.record.issues
        if (states is None or ("OPEN" if issue.closed_at is None else "CLOSED") in states)
        and (wanted is None or searching.has_label(issue.labels, wanted))
        and (since is None or searching.updated_at(issue) >= since)
    ]
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    rows = ordered(
        found,
        lambda node: (searching.sort_value(node.record, order["field"]), node.record.number),
    )
    page = keyset_page(rows, arguments, descending=resolvers.is_descending(order))
    return resolvers.counted(info, page)


def numbered(kind: str, table: str) -> Resolver:
    """A resolver of one issue or pull request by its number."""

    def resolve(source: Node, _info: ResolveInfo, *, number: int) -> Node:
        record = getattr(source.view, table).get(number)
        if record is None:
            message = f"Could not resolve to {'an' if kind == 'Issue' else 'a'} {kind}"
            raise typed_error("NOT_FOUND", f"{message} with the number of {number}.")
        return Node(kind, source.view, record)

    return resolve


def node(_: Any, info: ResolveInfo, *, id: str) -> Node | None:  # noqa: A002 - GitHub's name
    """`Query.node`: whatever has that id."""
    kind, *rest = read_node_id(id) or [""]
    node = _find_node(info.context.visible, kind, rest)
    if node is None or release_resolvers.is_hidden(info.context.visible, node.record):
        message = f"Could not resolve to a node with the global id of '{id}'"
        raise typed_error("NOT_FOUND", message)
    if kind not in {"Team", "Repository"}:
        resolvers.check(info.context.visible, node.view)
    return node


def _find_node(here: VisibleOrganization, kind: str, rest: list[str]) -> Node | None:
    if kind == "Team":
        team = here.team(rest[0])
        return None if team is None else Node("Team", None, team)
    view = here.identities.get(rest[0]) if rest else None
    if view is None:
        return None
    try:
        if kind == "DeploymentStatus":
            deployment = Node("Deployment", view, view.deployments[int(rest[1])])
            return resolvers.status_node(deployment, int(rest[2]))
        record = _FINDERS[kind](view, *rest[1:])
    except (LookupError, StopIteration, TypeError, ValueError):
        return None
    return Node(kind, view, record)


_FINDERS: dict[str, Callable[..., Any]] = {
    "Repository": lambda view: view.repository,
    "Commit": lambda view, sha: view.commits[sha],
    "PullRequest": lambda view, number: view.requests[int(number)],
    "Issue": lambda view, number: view.issues[int(number)],
    "Ref": lambda view, name: view.refs[name],
    "Deployment": lambda view, number: view.deployments[int(number)],
    "Release": lambda view, number: next(
        release for release in view.repository.releases if release.id == int(number)
    ),
    "Label": lambda view, number: next(
        label for label in view.labels.values() if label.number == int(number)
    ),
}


def nodes(_: Any, info: ResolveInfo, *, ids: list[str]) -> list[Any]:
    """`Query.nodes`: null, and an error each, for those that are not there."""
    found: list[Any] = []
    for one in ids:
        try:
            found.append(node(None, info, id=one))
        except GraphQLError as error:
            found.append(error)
    return found


def rate_limit(_: Any, info: ResolveInfo, **_arguments: Any) -> dict[str, Any]:
    """`Query.rateLimit`, also under `dryRun`."""
    given: dict[str, Any] = info.context.rate_limit
    return given
