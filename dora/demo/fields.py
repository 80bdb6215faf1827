"""Which function answers which field of the excerpt: the whole schema at a glance."""

from collections.abc import Callable
from typing import Any

from dora.demo import changes, git, resolvers, roots, searching, world
from dora.demo.paging import history_page
from dora.demo.resolvers import Resolver, actor, commit, guarded
from dora.demo.world import Thing, View, instant, node_id


def _of(give: Callable[[Any], Any]) -> Resolver:
    """A field without arguments, from the thing's record."""
    return lambda source, _info: give(source.record)


def _seen(give: Callable[[View], Any]) -> Resolver:
    """A field without arguments, from the thing's repository."""
    return lambda source, _info: give(source.view)


def _named(kind: str, *keys: Callable[[Any], Any]) -> Resolver:
    """A global id from the repository's name and *keys* of the record."""
    return lambda source, _info: node_id(
        kind, source.view.repository.name, *(key(source.record) for key in keys)
    )


def _account(source: Thing, _info: Any) -> str:
    return node_id(source.kind, source.record)


def _number(login: str) -> int:
    return 1 + sum(ord(letter) * pow(31, at, 2**31 - 1) for at, letter in enumerate(login)) % (
        2**31 - 1
    )


def _git_actor(login: str | None, moment: Any) -> dict[str, Any]:
    """Git's author: GraphQL gives its account as a User, bots with their `[bot]`."""
    user = None if login is None else Thing("User", None, login)
    return {"name": login, "date": instant(moment), "user": user}


def _repository_thing(source: Thing, _info: Any) -> Thing:
    return Thing("Repository", source.view, source.view.repository)


def _owner(_: Thing, info: Any) -> Thing:
    return Thing("Organization", None, info.context.world.organization)


def _tagger(source: Thing, _info: Any) -> dict[str, Any]:
    return {"name": "release-bot", "date": instant(source.record.tagged_at), "user": None}


def _ref_target(source: Thing, _info: Any) -> Thing | None:
    tag = source.record.tag
    if tag is not None and tag.tagged_at is not None:
        return Thing("Tag", source.view, tag)
    return commit(source.view, source.record.sha)


def _comparison(give: Callable[[list[str], list[str]], Any]) -> Resolver:
    return lambda source, _info: give(*git.compare(source.view.commits, *source.record))


def _comparison_commits(source: Thing, info: Any, **arguments: Any) -> Any:
    ahead, _ = git.compare(source.view.commits, *source.record)
    page = history_page(ahead, source.record[1], arguments)
    return resolvers.counted(info, changes.with_commits(source.view, page))


def _state_reason(source: Thing, _info: Any, **_arguments: Any) -> str | None:
    return None if source.record.closed_at is None else "COMPLETED"


def _headline(message: str) -> str:
    return message.partition("\n")[0]


def _body(message: str) -> str:
    return message.partition("\n")[2].strip("\n")


_QUERY: dict[str, Resolver] = {
    "node": roots.node,
    "nodes": roots.nodes,
    "organization": resolvers.organization,
    "rateLimit": roots.rate_limit,
    "repository": resolvers.repository,
    "search": roots.search,
    "viewer": lambda _, info: Thing("User", None, info.context.viewer),
}

_ORGANIZATION: dict[str, Resolver] = {
    "login": _of(lambda organization: organization.login),
    "name": _of(lambda organization: organization.login),
    "repositories": resolvers.repositories,
    "repository": resolvers.repository,
    "team": roots.team,
    "teams": roots.teams,
    "url": _of(lambda organization: f"https://github.com/{organization.login}"),
}

_TEAM: dict[str, Resolver] = {
    "combinedSlug": lambda source, info: (
        f"{info.context.world.organization.login}/{source.record.slug}"
    ),
    "databaseId": _of(lambda team: _number(team.slug)),
    "id": _of(lambda team: node_id("Team", team.slug)),
    "name": _of(lambda team: team.name),
    "organization": _owner,
    "repositories": roots.team_repositories,
    "slug": _of(lambda team: team.slug),
    "url": _of(lambda team: f"https://github.com/orgs/teams/{team.slug}"),
}

_REPOSITORY: dict[str, Resolver] = {
    "archivedAt": _of(lambda repository: instant(repository.archived_at)),
    "createdAt": _of(lambda repository: instant(repository.created_at)),
    "databaseId": _of(lambda repository: repository.database_id),
    "defaultBranchRef": guarded(resolvers.default_branch),
    "deployments": guarded(resolvers.deployments),
    "environments": guarded(resolvers.environments),
    "id": _named("Repository"),
    "isArchived": _of(lambda repository: repository.is_archived),
    "isDisabled": _of(lambda _: False),
    "isEmpty": _of(lambda repository: repository.is_empty),
    "isFork": _of(lambda repository: repository.is_fork),
    "isPrivate": _of(lambda repository: repository.is_private),
    "issue": guarded(roots.numbered("Issue", "issues")),
    "issues": guarded(roots.issues),
    "name": _of(lambda repository: repository.name),
    "nameWithOwner": _seen(lambda view: view.name_with_owner),
    "object": guarded(resolvers.git_object),
    "owner": _owner,
    "pullRequest": guarded(roots.numbered("PullRequest", "requests")),
    "pullRequests": guarded(changes.pull_requests),
    "pushedAt": _seen(lambda view: instant(view.pushed_at)),
    "ref": guarded(resolvers.ref),
    "refs": guarded(resolvers.refs),
    "repositoryTopics": resolvers.topics,
    "updatedAt": _seen(lambda view: instant(view.pushed_at or view.repository.created_at)),
    "url": _seen(lambda view: view.url),
    "visibility": _of(lambda repository: "PRIVATE" if repository.is_private else "PUBLIC"),
}

_COMMIT: dict[str, Resolver] = {
    "abbreviatedOid": _of(lambda commit: commit.sha[:7]),
    "associatedPullRequests": changes.associated,
    "author": _of(lambda commit: _git_actor(commit.author_login, commit.authored_at)),
    "authoredDate": _of(lambda commit: instant(commit.authored_at)),
    "committedDate": _of(lambda commit: instant(commit.committed_at)),
    "committer": _of(lambda commit: _git_actor("web-flow", commit.committed_at)),
    "deployments": resolvers.deployments,
    "history": changes.history,
    "id": _named("Commit", lambda commit: commit.sha),
    "message": _of(lambda commit: commit.message),
    "messageBody": _of(lambda commit: _body(commit.message)),
    "messageHeadline": _of(lambda commit: _headline(commit.message)),
    "oid": _of(lambda commit: commit.sha),
    "parents": changes.parents,
    "repository": _repository_thing,
    "url": lambda source, _: f"{source.view.url}/commit/{source.record.sha}",
}

_DEPLOYMENT: dict[str, Resolver] = {
    "commit": lambda source, _: commit(source.view, source.record.sha),
    "commitOid": _of(lambda deployment: deployment.sha),
    "createdAt": _of(lambda deployment: instant(deployment.created_at)),
    "creator": _of(lambda deployment: actor(deployment.creator)),
    "databaseId": _of(lambda deployment: deployment.id),
    "description": _of(lambda deployment: deployment.description),
    "environment": _of(world.environment),
    "id": _named("Deployment", lambda deployment: deployment.id),
    "latestEnvironment": _of(world.environment),
    "latestStatus": resolvers.latest_status,
    "originalEnvironment": _of(lambda deployment: deployment.environment),
    "payload": _of(lambda deployment: deployment.payload),
    "ref": resolvers.deployment_ref,
    "repository": _repository_thing,
    "state": lambda source, _: world.deployment_state(source.view, source.record),
    "statuses": resolvers.statuses,
    "task": _of(lambda deployment: deployment.task),
    "updatedAt": _of(lambda deployment: instant(world.updated_at(deployment))),
}

_STATUS: dict[str, Resolver] = {
    "createdAt": _of(lambda record: instant(record[1].created_at)),
    "creator": _of(lambda record: actor(record[1].creator)),
    "deployment": lambda source, _: Thing("Deployment", source.view, source.record[0]),
    "description": _of(lambda _: ""),
    "environment": _of(resolvers.status_environment),
    "environmentUrl": _of(lambda record: record[1].environment_url),
    "id": _named("DeploymentStatus", lambda record: record[0].id, lambda record: record[2]),
    "logUrl": _of(lambda record: record[1].log_url),
    "state": _of(lambda record: record[1].state.upper()),
    "updatedAt": _of(lambda record: instant(record[1].created_at)),
}

_PULL_REQUEST: dict[str, Resolver] = {
    "author": _of(lambda request: actor(request.author_login)),
    "baseRefName": _of(lambda request: request.base_ref),
    "closed": _of(lambda request: bool(request.closed_at or request.merged_at)),
    "closedAt": _of(lambda request: instant(request.closed_at or request.merged_at)),
    "commits": changes.request_commits,
    "createdAt": _of(lambda request: instant(request.created_at)),
    "headRefName": _of(lambda request: request.head_ref),
    "headRefOid": _of(lambda request: request.commits[-1] if request.commits else "0" * 40),
    "id": _named("PullRequest", lambda request: request.number),
    "isDraft": _of(lambda _: False),
    "labels": changes.labels,
    "mergeCommit": lambda source, _: commit(source.view, source.record.merge_commit_sha),
    "merged": _of(lambda request: request.merged_at is not None),
    "mergedAt": _of(lambda request: instant(request.merged_at)),
    "number": _of(lambda request: request.number),
    "repository": _repository_thing,
    "state": _of(changes.request_state),
    "title": _of(lambda request: request.title),
    "updatedAt": _of(lambda request: instant(searching.updated_at(request))),
    "url": lambda source, _: f"{source.view.url}/pull/{source.record.number}",
}

_ISSUE: dict[str, Resolver] = {
    "author": lambda *_: actor("on-call"),
    "body": _of(lambda issue: issue.body),
    "closed": _of(lambda issue: issue.closed_at is not None),
    "closedAt": _of(lambda issue: instant(issue.closed_at)),
    "createdAt": _of(lambda issue: instant(issue.created_at)),
    "id": _named("Issue", lambda issue: issue.number),
    "labels": changes.labels,
    "number": _of(lambda issue: issue.number),
    "repository": _repository_thing,
    "state": _of(lambda issue: "OPEN" if issue.closed_at is None else "CLOSED"),
    "stateReason": _state_reason,
    "title": _of(lambda issue: issue.title),
    "updatedAt": _of(lambda issue: instant(searching.updated_at(issue))),
    "url": lambda source, _: f"{source.view.url}/issues/{source.record.number}",
}

_REF: dict[str, Resolver] = {
    "compare": changes.compare,
    "id": _named("Ref", lambda ref: ref.prefix + ref.name),
    "name": _of(lambda ref: ref.name),
    "prefix": _of(lambda ref: ref.prefix),
    "repository": _repository_thing,
    "target": _ref_target,
}

_TAG: dict[str, Resolver] = {
    "abbreviatedOid": lambda source, _: resolvers.tag_oid(source.view, source.record.name)[:7],
    "id": _named("Tag", lambda tag: tag.name),
    "message": _of(lambda tag: tag.name),
    "name": _of(lambda tag: tag.name),
    "oid": lambda source, _: resolvers.tag_oid(source.view, source.record.name),
    "repository": _repository_thing,
    "tagger": _tagger,
    "target": lambda source, _: commit(source.view, source.record.sha),
}

_COMPARISON: dict[str, Resolver] = {
    "aheadBy": _comparison(lambda ahead, _: len(ahead)),
    "baseTarget": lambda source, _: commit(source.view, source.record[0]),
    "behindBy": _comparison(lambda _, behind: len(behind)),
    "commits": _comparison_commits,
    "headTarget": lambda source, _: commit(source.view, source.record[1]),
    "id": _named("Comparison", lambda shas: shas[0], lambda shas: shas[1]),
    "status": _comparison(
        lambda ahead, behind: git.comparison_status(len(ahead), len(behind)).upper()
    ),
}

_ACCOUNT: dict[str, Resolver] = {
    "databaseId": _of(_number),
    "id": _account,
    "login": _of(lambda login: login),
    "name": _of(lambda login: login),
    "url": _of(lambda login: f"https://github.com/{login}"),
}

#: by type, then by field
FIELDS: dict[str, dict[str, Resolver]] = {
    "Query": _QUERY,
    "Organization": _ORGANIZATION,
    "Team": _TEAM,
    "Repository": _REPOSITORY,
    "Commit": _COMMIT,
    "Deployment": _DEPLOYMENT,
    "DeploymentStatus": _STATUS,
    "PullRequest": _PULL_REQUEST,
    "PullRequestCommit": {
        "commit": lambda source, _: commit(source.view, source.record[1]),
        "id": _named("PullRequestCommit", lambda pair: pair[0].number, lambda pair: pair[1]),
        "pullRequest": lambda source, _: Thing("PullRequest", source.view, source.record[0]),
    },
    "Issue": _ISSUE,
    "Label": {"id": _named("Label", str), "name": _of(str)},
    "Environment": {
        "databaseId": _of(_number),
        "id": _named("Environment", str),
        "name": _of(str),
    },
    "Ref": _REF,
    "Tag": _TAG,
    "Comparison": _COMPARISON,
    "RepositoryTopic": {
        "id": _named("RepositoryTopic", str),
        "topic": lambda source, _: Thing("Topic", source.view, source.record),
    },
    "Topic": {"id": _named("Topic", str), "name": _of(str)},
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
