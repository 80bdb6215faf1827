"""Maps every field of the schema's excerpt to its resolver: the whole schema at a glance."""

from typing import Any

from dora.demo.github.graphql import (
    commit_resolvers,
    release_resolvers,
    repository_schema_map,
    resolvers,
    root_resolvers,
)
from dora.demo.github.graphql.repository_schema_map import named, of, of_view
from dora.demo.github.graphql.resolvers import Resolver, guarded
from dora.demo.github.views import Node, instant, node_id, number


def _account(source: Node, _info: Any) -> str:
    return node_id(source.kind, source.record)


def _owner(_: Node, info: Any) -> Node:
    return Node("Organization", None, info.context.visible.organization)


_QUERY: dict[str, Resolver] = {
    "node": root_resolvers.node,
    "nodes": root_resolvers.nodes,
    "organization": resolvers.organization,
    "rateLimit": root_resolvers.rate_limit,
    "repository": resolvers.repository,
    "search": root_resolvers.search,
    "viewer": lambda _, info: Node("User", None, info.context.viewer),
}

_ORGANIZATION: dict[str, Resolver] = {
    "login": of(lambda organization: organization.login),
    "name": of(lambda organization: organization.login),
    "repositories": resolvers.repositories,
    "repository": resolvers.repository,
    "team": root_resolvers.team,
    "teams": root_resolvers.teams,
    "url": of(lambda organization: f"https://github.com/{organization.login}"),
}

_TEAM: dict[str, Resolver] = {
    "combinedSlug": lambda source, info: (
        f"{info.context.visible.organization.login}/{source.record.slug}"
    ),
    "databaseId": of(lambda team: number(team.slug)),
    "id": of(lambda team: node_id("Team", team.slug)),
    "name": of(lambda team: team.name),
    "organization": _owner,
    "repositories": root_resolvers.team_repositories,
    "slug": of(lambda team: team.slug),
    "url": of(lambda team: f"https://github.com/orgs/teams/{team.slug}"),
}

_REPOSITORY: dict[str, Resolver] = {
    "archivedAt": of(lambda repository: instant(repository.archived_at)),
    "createdAt": of(lambda repository: instant(repository.created_at)),
    "databaseId": of(lambda repository: repository.database_id),
    "defaultBranchRef": guarded(resolvers.default_branch),
    "deployments": guarded(resolvers.deployments),
    "environments": guarded(resolvers.environments),
    "id": named("Repository"),
    "isArchived": of(lambda repository: repository.is_archived),
    "isDisabled": of(lambda _: False),
    "isEmpty": of(lambda repository: repository.is_empty),
    "isFork": of(lambda repository: repository.is_fork),
    "isPrivate": of(lambda repository: repository.is_private),
    "issue": guarded(root_resolvers.numbered("Issue", "issues")),
    "issues": guarded(root_resolvers.issues),
    "label": guarded(commit_resolvers.label),
    "labels": guarded(commit_resolvers.repository_labels),
    "name": of(lambda repository: repository.name),
    "nameWithOwner": of_view(lambda view: view.name_with_owner),
    "object": guarded(resolvers.git_object),
    "owner": _owner,
    "pullRequest": guarded(root_resolvers.numbered("PullRequest", "requests")),
    "pullRequests": guarded(commit_resolvers.pull_requests),
    "pushedAt": of_view(lambda view: instant(view.pushed_at)),
    "ref": guarded(resolvers.ref),
    "refs": guarded(resolvers.refs),
    "release": guarded(release_resolvers.release),
    "releases": guarded(release_resolvers.releases),
    "repositoryTopics": resolvers.topics,
    "updatedAt": of_view(lambda view: instant(view.pushed_at or view.repository.created_at)),
    "url": of_view(lambda view: view.url),
    "visibility": of(lambda repository: "PRIVATE" if repository.is_private else "PUBLIC"),
}

_ACCOUNT: dict[str, Resolver] = {
    "databaseId": of(number),
    "id": _account,
    "login": of(lambda login: login),
    "name": of(lambda login: login),
    "url": of(lambda login: f"https://github.com/{login}"),
}

#: by type, then by field
FIELDS: dict[str, dict[str, Resolver]] = {
    **repository_schema_map.FIELDS,
    "Query": _QUERY,
    "Organization": _ORGANIZATION,
    "Team": _TEAM,
    "Repository": _REPOSITORY,
    "User": _ACCOUNT,
    "Bot": _ACCOUNT,
    "PageInfo": {
        "hasNextPage": lambda page, _: page.has_next,
        "hasPreviousPage": lambda page, _: page.has_previous,
        "startCursor": lambda page, _: page.rows[0].cursor if page.rows else None,
        "endCursor": lambda page, _: page.rows[-1].cursor if page.rows else None,
    },
}

#: of every type whose name ends so
CONNECTION: dict[str, Resolver] = {
    "nodes": lambda page, _: [row.node for row in page.rows],
    "edges": lambda page, _: list(page.rows),
    "pageInfo": lambda page, _: page,
    "totalCount": lambda page, _: page.total,
    "issueCount": lambda page, _: page.total,
}
EDGE: dict[str, Resolver] = {
    "node": lambda row, _: row.node,
    "cursor": lambda row, _: row.cursor,
    "permission": lambda row, _: row.extra,
}
