"""How the fields of commits and pull requests are answered, a function each.

In: a `Thing` and the field's arguments. Out: pages and things that graphql-core completes.
"""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError

from dora.demo import searching
from dora.demo.model import PullRequest
from dora.demo.paging import Page, history_page, keyset_page
from dora.demo.resolvers import Info, commit, counted, is_descending, timestamp
from dora.demo.world import Thing, View


def history(source: Thing, info: Info, **arguments: Any) -> Page:
    """`Commit.history`: `git log` from this commit, `since` a stopper as in git."""
    view: View = source.view
    since, until = timestamp(arguments.get("since")), timestamp(arguments.get("until"))
    head = source.record.sha
    page = history_page(view.log(head, since, until), head, arguments)
    return counted(info, with_commits(view, page))


def with_commits(view: View, page: Page) -> Page:
    """A page of shas as one of commits."""
    rows = [row._replace(node=commit(view, row.node)) for row in page.rows]
    return Page(rows, page.total, page.has_next, page.has_previous)


def parents(source: Thing, info: Info, **arguments: Any) -> Page:
    """`Commit.parents`, in order."""
    view: View = source.view
    shas = [sha for sha in source.record.parents if sha in view.commits]
    return counted(info, with_commits(view, history_page(shas, source.record.sha, arguments)))


def associated(source: Thing, info: Info, **arguments: Any) -> Page:
    """`Commit.associatedPullRequests`, oldest first unless asked otherwise."""
    found = source.view.associated.get(source.record.sha, [])
    return _requests(source.view, found, info, arguments)


def pull_requests(source: Thing, info: Info, **arguments: Any) -> Page:
    """`Repository.pullRequests`, filtered by its arguments."""
    found: list[PullRequest] = list(source.record.pull_requests)
    if arguments.get("states") is not None:
        found = [one for one in found if request_state(one) in arguments["states"]]
    if arguments.get("baseRefName") is not None:
        found = [one for one in found if one.base_ref == arguments["baseRefName"]]
    if arguments.get("headRefName") is not None:
        found = [one for one in found if one.head_ref == arguments["headRefName"]]
    if arguments.get("labels") is not None:
        found = [one for one in found if searching.has_label(one.labels, arguments["labels"])]
    return _requests(source.view, found, info, arguments)


def _requests(
    view: View, found: Iterable[PullRequest], info: Info, arguments: dict[str, Any]
) -> Page:
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    page = keyset_page(
        [Thing("PullRequest", view, one) for one in found],
        lambda thing: (searching.sort_value(thing.record, order["field"]), thing.record.number),
        arguments,
        descending=is_descending(order),
    )
    return counted(info, page)


def request_state(request: PullRequest) -> str:
    """GitHub's `PullRequestState`."""
    if request.merged_at is not None:
        return "MERGED"
    return "OPEN" if request.closed_at is None else "CLOSED"


def request_commits(source: Thing, info: Info, **arguments: Any) -> Page:
    """`PullRequest.commits`: those of its branch, oldest first."""
    request: PullRequest = source.record
    shas = [sha for sha in request.commits if sha in source.view.commits]
    page = history_page(shas, f"PullRequest:{request.number}", arguments)
    rows = [
        row._replace(node=Thing("PullRequestCommit", source.view, (request, row.node)))
        for row in page.rows
    ]
    return counted(info, Page(rows, page.total, page.has_next, page.has_previous))


def labels(source: Thing, info: Info, **arguments: Any) -> Page:
    """The labels of an issue or a pull request."""
    things = [Thing("Label", source.view, name) for name in source.record.labels]
    descending = is_descending(arguments.get("orderBy"))
    page = keyset_page(things, lambda one: (one.record,), arguments, descending=descending)
    return counted(info, page)


def compare(source: Thing, _: Info, *, headRef: str) -> Thing:  # noqa: N803 - GitHub's name
    """`Ref.compare`: base is the ref, head a branch, tag or sha."""
    view: View = source.view
    head = view.resolve(headRef)
    if head is None or source.record.sha not in view.commits:
        raise GraphQLError(f"Head ref {headRef!r} does not exist.")
    return Thing("Comparison", view, (source.record.sha, head))
