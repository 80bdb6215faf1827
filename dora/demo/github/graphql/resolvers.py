"""Resolvers of organizations, repositories and deployments, and what all resolvers share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from graphql import GraphQLError

from dora.demo.github import views
from dora.demo.github.graphql.cost import Cost, typed_error
from dora.demo.github.graphql.pagination import ConnectionPage, OrderedRows, keyset_page, ordered
from dora.demo.github.messages import FORBIDDEN, SAML
from dora.demo.github.views import Node, Ref, RepositoryView, instant, node_id
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Deployment, Status

Resolver = Callable[..., Any]


@dataclass
class QueryContext:
    """What one query runs in; *served* counts the nodes of its answer."""

    visible: VisibleOrganization
    cost: Cost
    rate_limit: dict[str, Any]
    viewer: str = "octo-operator"
    served: int = field(default=0)


class ResolveInfo(Protocol):
    """What graphql-core hands a resolver, as far as ours look at it."""

    context: QueryContext


def counted(info: ResolveInfo, page: ConnectionPage) -> ConnectionPage:
    """The page, its rows added to what the query served."""
    info.context.served += len(page.rows)
    return page


def actor(login: str | None) -> Node | None:
    """The account of that login: GraphQL shows bots without their `[bot]`."""
    if login is None:
        return None
    if login.endswith("[bot]"):
        return Node("Bot", None, login.removesuffix("[bot]"))
    return Node("User", None, login)


def timestamp(text: str | None) -> datetime | None:
    """The instant an argument of type GitTimestamp or DateTime names."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typed_error("argumentLiteralsIncompatible", f"`{text}` is not a date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_descending(order: dict[str, Any] | None) -> bool:
    """Whether an `orderBy` argument asks for the newest first."""
    return bool(order) and (order or {}).get("direction") == "DESC"


def commit(view: RepositoryView, sha: str | None) -> Node | None:
    """The commit of that sha; None when the repository does not have it."""
    found = None if sha is None else view.commits.get(sha)
    return None if found is None else Node("Commit", view, found)


# ---- repository and organization ---------------------------------------------------------------


def check(visible: VisibleOrganization, view: RepositoryView) -> None:
    """Raise GitHub's error (FORBIDDEN) where the token may only list the repository."""
    denial = visible.denial(view)
    if denial == "SAML":
        raise GraphQLError(SAML, extensions={"type": "FORBIDDEN", "saml_failure": True})
    if denial is not None:
        raise typed_error("FORBIDDEN", FORBIDDEN)


def guarded(resolver: Resolver) -> Resolver:
    """The resolver, refused with FORBIDDEN where the token may only list the repository."""

    def resolve(source: Node, info: ResolveInfo, **arguments: Any) -> Any:
        check(info.context.visible, source.view)
        return resolver(source, info, **arguments)

    return resolve


_REPOSITORY_KEYS: dict[str, Callable[[RepositoryView], Any]] = {
    "NAME": lambda view: view.repository.name.casefold(),
    "CREATED_AT": lambda view: instant(view.repository.created_at),
    "PUSHED_AT": lambda view: instant(view.pushed_at) or "",
    "UPDATED_AT": lambda view: instant(view.pushed_at) or "",
    "STARGAZERS": lambda _: 0,
}


def repositories(_: Any, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Organization.repositories`: by NAME or a date, filtered by its flags."""
    views: list[RepositoryView] = list(info.context.visible.views.values())
    if "OWNER" not in (arguments.get("ownerAffiliations") or []):
        views = []
    for name, attribute in (("isArchived", "is_archived"), ("isFork", "is_fork")):
        if arguments.get(name) is not None:
            wanted = arguments[name]
            views = [v for v in views if getattr(v.repository, attribute) is wanted]
    for name in ("privacy", "visibility"):
        if arguments.get(name) is not None:
            views = [v for v in views if _visibility(v) == arguments[name]]
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    value = _REPOSITORY_KEYS[order["field"]]
    nodes = ordered(
        [Node("Repository", view, view.repository) for view in views],
        lambda node: (value(node.view), node.record.database_id),
    )
    return counted(info, keyset_page(nodes, arguments, descending=is_descending(order)))


def repository(source: Any, info: ResolveInfo, **arguments: Any) -> Node | None:
    """`Query.repository` and `Organization.repository`."""
    del source
    visible = info.context.visible
    owner = arguments.get("owner", visible.organization.login)
    view = visible.view(
        owner, arguments["name"], follow=arguments.get("followRenames") is not False
    )
    if view is None:
        name = f"{owner}/{arguments['name']}"
        raise typed_error("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
    if visible.denial(view) == "SAML" and view.repository.is_private:
        check(visible, view)  # all of it is refused, of a public one what needs the organization
    return Node("Repository", view, view.repository)


def organization(_: Any, info: ResolveInfo, *, login: str) -> Node:
    """`Query.organization`."""
    if not info.context.visible.is_organization(login):
        message = f"Could not resolve to an Organization with the login of '{login}'."
        raise typed_error("NOT_FOUND", message)
    return Node("Organization", None, info.context.visible.organization)


def _visibility(view: RepositoryView) -> str:
    return "PRIVATE" if view.repository.is_private else "PUBLIC"


def topics(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.repositoryTopics`."""
    nodes = [Node("RepositoryTopic", source.view, name) for name in source.record.topics]
    rows = ordered(nodes, lambda node: (node.record,))
    return counted(info, keyset_page(rows, arguments))


def environments(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.environments`: names differing only in case are one."""
    names: dict[str, str] = {}
    for deployment in source.record.deployments:
        names.setdefault(deployment.environment.casefold(), deployment.environment)
    wanted = {name.casefold() for name in arguments.get("names") or []}
    nodes = [
        Node("Environment", source.view, name)
        for folded, name in names.items()
        if not wanted or folded in wanted
    ]
    rows = ordered(nodes, lambda node: (node.record,))
    return counted(info, keyset_page(rows, arguments))


def default_branch(source: Node, _: ResolveInfo) -> Node | None:
    """`Repository.defaultBranchRef`: null for an empty repository."""
    ref = source.view.refs.get(f"refs/heads/{source.record.default_branch}")
    return None if ref is None else Node("Ref", source.view, ref)


def git_object(
    source: Node, _: ResolveInfo, oid: str | None = None, expression: str | None = None
) -> Node | None:
    """`Repository.object`: by full oid or by a name git knows; null when unknown."""
    if oid is None and expression is None:
        raise typed_error("ARGUMENT_ERROR", "One of `oid` or `expression` is required.")
    view: RepositoryView = source.view
    if oid is None:
        return commit(view, view.resolve(str(expression)))
    found = commit(view, oid)
    tags = (tag for tag in view.repository.tags if tag_oid(view, tag.name) == oid)
    return found or next((Node("Tag", view, tag) for tag in tags), None)


def ref(source: Node, _: ResolveInfo, *, qualifiedName: str) -> Node | None:  # noqa: N803 - GitHub's name
    """`Repository.ref`: by its full name, or short where it is a branch or a tag."""
    refs = source.view.refs
    for prefix in ("", "refs/", "refs/heads/", "refs/tags/"):
        if prefix + qualifiedName in refs:
            return Node("Ref", source.view, refs[prefix + qualifiedName])
    return None


def refs(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.refs`: those whose full name begins with the prefix, by name or tagged date."""
    view: RepositoryView = source.view
    query = (arguments.get("query") or "").casefold()
    prefix = arguments["refPrefix"]
    chosen = [
        Node("Ref", view, one)
        for name, one in view.refs.items()
        if name.startswith(prefix) and query in one.name.casefold()
    ]
    order = arguments.get("orderBy") or {"field": "ALPHABETICAL"}
    descending = is_descending(order) or arguments.get("direction") == "DESC"
    by_date = order["field"] == "TAG_COMMIT_DATE"

    def key(node: Node) -> tuple[Any, ...]:
        record: Ref = node.record
        moment = record.tag.tagged_at if record.tag else None
        if moment is None and record.sha in view.commits:
            moment = view.commits[record.sha].committed_at
        return (instant(moment) or "", record.name) if by_date else (record.name,)

    return counted(info, keyset_page(ordered(chosen, key), arguments, descending=descending))


def tag_oid(view: RepositoryView, name: str) -> str:
    """The oid of an annotated tag's own object, made up from its name."""
    return node_id("TagObject", view.identity, name).encode().hex()[-40:].rjust(40, "0")


# ---- deployments -------------------------------------------------------------------------------


def deployments(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.deployments` and `Commit.deployments`: oldest first by default."""
    view: RepositoryView = source.view
    names = arguments.get("environments")
    if source.kind == "Commit":
        found = view.deployed.get(source.record.sha, [])
        rows = _deployments(view, found, names)
    else:
        key = ("deployments", None if names is None else tuple(names))
        rows = view.once(key, lambda: _deployments(view, view.repository.deployments, names))
    page = keyset_page(rows, arguments, descending=is_descending(arguments.get("orderBy")))
    return counted(info, page)


def _deployments(
    view: RepositoryView, found: Sequence[Deployment], names: Sequence[str] | None
) -> OrderedRows:
    return ordered(
        [
            Node("Deployment", view, one)
            for one in found
            if names is None or views.environment(one) in names
        ],
        lambda node: (instant(node.record.created_at), node.record.id),
    )


def statuses(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Deployment.statuses`: newest first, though GitHub promises no order."""
    nodes = ordered(
        [status_node(source, at) for at in range(len(source.record.statuses))],
        lambda node: (instant(node.record[1].created_at), node.record[2]),
    )
    return counted(info, keyset_page(nodes, arguments, descending=True))


def status_node(source: Node, at: int) -> Node:
    """The status at that place of a deployment, as `(deployment, status, place)`."""
    return Node("DeploymentStatus", source.view, (source.record, source.record.statuses[at], at))


def latest_status(source: Node, _: ResolveInfo) -> Node | None:
    """`Deployment.latestStatus`: misleading once a newer deployment superseded this one."""
    count = len(source.record.statuses)
    return status_node(source, count - 1) if count else None


def status_environment(record: tuple[Deployment, Status, int]) -> str:
    """The environment a status was written for: renamed by it, or by an earlier one."""
    deployment, _, at = record
    renamed = [one.environment for one in deployment.statuses[: at + 1] if one.environment]
    return renamed[-1] if renamed else deployment.environment


def deployment_ref(source: Node, _: ResolveInfo) -> Node | None:
    """`Deployment.ref`: null once the branch is gone."""
    view: RepositoryView = source.view
    for prefix in ("refs/heads/", "refs/tags/"):
        found = view.refs.get(prefix + source.record.ref)
        if found is not None:
            return Node("Ref", view, found)
    return None
