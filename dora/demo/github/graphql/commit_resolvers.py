"""Resolvers of commits, pull requests and labels: a function for each field."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from dora.demo.github import search
from dora.demo.github.graphql.pagination import (
    ConnectionPage,
    OrderedRows,
    history_page,
    keyset_page,
    ordered,
)
from dora.demo.github.graphql.resolvers import (
    ResolveInfo,
    commit,
    counted,
    is_descending,
    timestamp,
)
from dora.demo.github.views import Label, Node, RepositoryView
from dora.demo.organization.model import PullRequest


def history(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Commit.history`: `git log` from this commit, `since` a stopper as in git."""
    view: RepositoryView = source.view
    since, until = timestamp(arguments.get("since")), timestamp(arguments.get("until"))
    head = source.record.sha
    shas = view.log(head, since, until)
    return counted(info, with_commits(view, history_page(shas, head, arguments)))


def with_commits(view: RepositoryView, page: ConnectionPage) -> ConnectionPage:
    """A page of shas as one of commits."""
    rows = [row._replace(node=commit(view, row.node)) for row in page.rows]
    return ConnectionPage(rows, page.total, page.has_next, page.has_previous)


def parents(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Commit.parents`, in order."""
    view: RepositoryView = source.view
    shas = [sha for sha in source.record.parents if commit(view, sha) is not None]
    return counted(info, with_commits(view, history_page(shas, source.record.sha, arguments)))


def associated(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Commit.associatedPullRequests`, oldest first by default."""
    found = source.view.associated.get(source.record.sha, [])
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    rows = _ordered(source.view, found, order["field"])
    return counted(info, keyset_page(rows, arguments, descending=is_descending(order)))


def pull_requests(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.pullRequests`, filtered by its arguments."""
    view: RepositoryView = source.view
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    wanted = {
        name: tuple(given) if isinstance(given, list) else given
        for name in ("states", "baseRefName", "headRefName", "labels")
        if (given := arguments.get(name)) is not None
    }
    rows = view.once(
        ("pullRequests", order["field"], *wanted.items()),
        lambda: _ordered(view, _chosen(view, wanted), order["field"]),
    )
    return counted(info, keyset_page(rows, arguments, descending=is_descending(order)))


def _chosen(view: RepositoryView, wanted: Mapping[str, Any]) -> list[PullRequest]:
    tests: dict[str, Callable[[PullRequest, Any], bool]] = {
        "states": lambda one, given: request_state(one) in given,
        "baseRefName": lambda one, given: one.base_ref == given,
        "headRefName": lambda one, given: one.head_ref == given,
        "labels": lambda one, given: search.has_label(one.labels, given),
    }
    return [
        one
        for one in view.repository.pull_requests
        if all(tests[name](one, given) for name, given in wanted.items())
    ]


def _ordered(view: RepositoryView, found: Iterable[PullRequest], field: str) -> OrderedRows:
    return ordered(
        [Node("PullRequest", view, one) for one in found],
        lambda node: (search.sort_value(node.record, field), node.record.number),
    )


def request_state(request: PullRequest) -> str:
    """GitHub's `PullRequestState`."""
    if request.merged_at is not None:
        return "MERGED"
    return "OPEN" if request.closed_at is None else "CLOSED"


def request_commits(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`PullRequest.commits`: those of its branch, oldest first."""
    request: PullRequest = source.record
    shas = [sha for sha in request.commits if sha in source.view.commits]
    page = history_page(shas, f"PullRequest:{request.number}", arguments)
    rows = [
        row._replace(node=Node("PullRequestCommit", source.view, (request, row.node)))
        for row in page.rows
    ]
    return counted(info, ConnectionPage(rows, page.total, page.has_next, page.has_previous))


def labels(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """The labels of an issue or a pull request, by name."""
    view: RepositoryView = source.view
    known = view.labels
    nodes = [
        Node("Label", view, Label(name, known[name.casefold()].number))
        for name in source.record.labels
    ]
    rows = ordered(nodes, lambda node: (node.record.name,))
    descending = is_descending(arguments.get("orderBy"))
    return counted(info, keyset_page(rows, arguments, descending=descending))


def repository_labels(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.labels`: in the order of their ids, which is that of their creation, or by name.

    Of a label spelled in two ways there is one, as at GitHub.
    """
    query = (arguments.get("query") or "").casefold()
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    by_name = order["field"] == "NAME"
    rows = ordered(
        [
            Node("Label", source.view, label)
            for folded, label in source.view.labels.items()
            if query in folded
        ],
        lambda node: (
            (node.record.name.casefold(), node.record.number) if by_name else (node.record.number,)
        ),
    )
    return counted(info, keyset_page(rows, arguments, descending=is_descending(order)))


def label(source: Node, _: ResolveInfo, *, name: str) -> Node | None:
    """`Repository.label`: by its name, case ignored; null when there is none."""
    found = source.view.labels.get(name.casefold())
    return None if found is None else Node("Label", source.view, found)


def compare(source: Node, _: ResolveInfo, *, headRef: str) -> Node:  # noqa: N803 - GitHub's name
    """`Ref.compare`: base is the ref, head a branch, tag or sha."""
    view: RepositoryView = source.view
    head = view.resolve(headRef)
    if head is None or source.record.sha not in view.commits:
        raise GraphQLError(f"Head ref {headRef!r} does not exist.")
    return Node("Comparison", view, (source.record.sha, head))
