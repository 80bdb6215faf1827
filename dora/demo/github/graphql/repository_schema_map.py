"""Maps the fields of what lives in a repository to their resolvers; `schema_map` has the others."""

from collections.abc import Callable
from typing import Any

from dora.demo.github import git, search, views
from dora.demo.github.graphql import commit_resolvers, release_resolvers, resolvers
from dora.demo.github.graphql.pagination import history_page
from dora.demo.github.graphql.resolvers import Resolver, actor, commit
from dora.demo.github.views import Node, RepositoryView, instant, node_id, number


def of(give: Callable[[Any], Any]) -> Resolver:
    """A field without arguments, from the node's record."""
    return lambda source, _info: give(source.record)


def of_view(give: Callable[[RepositoryView], Any]) -> Resolver:
    """A field without arguments, from the node's repository."""
    return lambda source, _info: give(source.view)


def named(kind: str, *keys: Callable[[Any], Any]) -> Resolver:
    """A global id from the repository's identity and *keys* of the record."""
    return lambda source, _info: node_id(
        kind, source.view.identity, *(key(source.record) for key in keys)
    )


def _git_actor(login: str | None, moment: Any) -> dict[str, Any]:
    """Git's author: GraphQL gives its account as a User, bots with their `[bot]`."""
    user = None if login is None else Node("User", None, login)
    return {"name": login, "date": instant(moment), "user": user}


def _repository_node(source: Node, _info: Any) -> Node:
    return Node("Repository", source.view, source.view.repository)


def _tagger(source: Node, _info: Any) -> dict[str, Any]:
    return {"name": "release-bot", "date": instant(source.record.tagged_at), "user": None}


def _ref_target(source: Node, _info: Any) -> Node | None:
    tag = source.record.tag
    if tag is not None and tag.tagged_at is not None:
        return Node("Tag", source.view, tag)
    return commit(source.view, source.record.sha)


def _comparison(give: Callable[[list[str], list[str]], Any]) -> Resolver:
    return lambda source, _info: give(*git.compare(source.view.commits, *source.record))


def _comparison_commits(source: Node, info: Any, **arguments: Any) -> Any:
    ahead, _ = git.compare(source.view.commits, *source.record)
    page = history_page(ahead, source.record[1], arguments)
    return resolvers.counted(info, commit_resolvers.with_commits(source.view, page))


def _state_reason(
    source: Node,
    _info: Any,
    *,
    enableDuplicate: bool = False,  # noqa: N803 - GitHub's name
) -> str | None:
    """A duplicate is only not planned to those who did not say that they know the word."""
    reason = views.state_reason(source.record)
    if reason == "duplicate" and not enableDuplicate:
        reason = "not_planned"
    return None if reason is None else reason.upper()


def _headline(message: str) -> str:
    return message.partition("\n")[0]


def _body(message: str) -> str:
    return message.partition("\n")[2].strip("\n")


_COMMIT: dict[str, Resolver] = {
    "abbreviatedOid": of(lambda commit: commit.sha[:7]),
    "associatedPullRequests": commit_resolvers.associated,
    "author": of(lambda commit: _git_actor(commit.author_login, commit.authored_at)),
    "authoredDate": of(lambda commit: instant(commit.authored_at)),
    "committedDate": of(lambda commit: instant(commit.committed_at)),
    "committer": of(lambda commit: _git_actor("web-flow", commit.committed_at)),
    "deployments": resolvers.deployments,
    "history": commit_resolvers.history,
    "id": named("Commit", lambda commit: commit.sha),
    "message": of(lambda commit: commit.message),
    "messageBody": of(lambda commit: _body(commit.message)),
    "messageHeadline": of(lambda commit: _headline(commit.message)),
    "oid": of(lambda commit: commit.sha),
    "parents": commit_resolvers.parents,
    "repository": _repository_node,
    "url": lambda source, _: f"{source.view.url}/commit/{source.record.sha}",
}

_DEPLOYMENT: dict[str, Resolver] = {
    "commit": lambda source, _: commit(source.view, source.record.sha),
    "commitOid": of(lambda deployment: deployment.sha),
    "createdAt": of(lambda deployment: instant(deployment.created_at)),
    "creator": of(lambda deployment: actor(deployment.creator)),
    "databaseId": of(lambda deployment: deployment.id),
    "description": of(lambda deployment: deployment.description),
    "environment": of(views.environment),
    "id": named("Deployment", lambda deployment: deployment.id),
    "latestEnvironment": of(views.environment),
    "latestStatus": resolvers.latest_status,
    "originalEnvironment": of(lambda deployment: deployment.environment),
    "payload": of(lambda deployment: deployment.payload),
    "ref": resolvers.deployment_ref,
    "repository": _repository_node,
    "state": lambda source, _: views.deployment_state(source.view, source.record),
    "statuses": resolvers.statuses,
    "task": of(lambda deployment: deployment.task),
    "updatedAt": of(lambda deployment: instant(views.updated_at(deployment))),
}

_STATUS: dict[str, Resolver] = {
    "createdAt": of(lambda record: instant(record[1].created_at)),
    "creator": of(lambda record: actor(record[1].creator)),
    "deployment": lambda source, _: Node("Deployment", source.view, source.record[0]),
    "description": of(lambda record: record[1].description),
    "environment": of(resolvers.status_environment),
    "environmentUrl": of(lambda record: record[1].environment_url),
    "id": named("DeploymentStatus", lambda record: record[0].id, lambda record: record[2]),
    "logUrl": of(lambda record: record[1].log_url),
    "state": of(lambda record: record[1].state.upper()),
    "updatedAt": of(lambda record: instant(record[1].created_at)),
}

_PULL_REQUEST: dict[str, Resolver] = {
    "author": of(lambda request: actor(request.author_login)),
    "baseRefName": of(lambda request: request.base_ref),
    "closed": of(lambda request: bool(request.closed_at or request.merged_at)),
    "closedAt": of(lambda request: instant(request.closed_at or request.merged_at)),
    "commits": commit_resolvers.request_commits,
    "createdAt": of(lambda request: instant(request.created_at)),
    "headRefName": of(lambda request: request.head_ref),
    "headRefOid": of(lambda request: request.commits[-1] if request.commits else "0" * 40),
    "id": named("PullRequest", lambda request: request.number),
    "isDraft": of(lambda _: False),
    "labels": commit_resolvers.labels,
    "mergeCommit": lambda source, _: commit(source.view, source.record.merge_commit_sha),
    "merged": of(lambda request: request.merged_at is not None),
    "mergedAt": of(lambda request: instant(request.merged_at)),
    "number": of(lambda request: request.number),
    "repository": _repository_node,
    "state": of(commit_resolvers.request_state),
    "title": of(lambda request: request.title),
    "updatedAt": of(lambda request: instant(search.updated_at(request))),
    "url": lambda source, _: f"{source.view.url}/pull/{source.record.number}",
}

_ISSUE: dict[str, Resolver] = {
    "author": of(lambda issue: actor(issue.author)),
    "body": of(lambda issue: issue.body),
    "closed": of(lambda issue: issue.closed_at is not None),
    "closedAt": of(lambda issue: instant(issue.closed_at)),
    "createdAt": of(lambda issue: instant(issue.created_at)),
    "id": named("Issue", lambda issue: issue.number),
    "labels": commit_resolvers.labels,
    "number": of(lambda issue: issue.number),
    "repository": _repository_node,
    "state": of(lambda issue: "OPEN" if issue.closed_at is None else "CLOSED"),
    "stateReason": _state_reason,
    "title": of(lambda issue: issue.title),
    "updatedAt": of(lambda issue: instant(search.updated_at(issue))),
    "url": lambda source, _: f"{source.view.url}/issues/{source.record.number}",
}

_REF: dict[str, Resolver] = {
    "compare": commit_resolvers.compare,
    "id": named("Ref", lambda ref: ref.prefix + ref.name),
    "name": of(lambda ref: ref.name),
    "prefix": of(lambda ref: ref.prefix),
    "repository": _repository_node,
    "target": _ref_target,
}

_TAG: dict[str, Resolver] = {
    "abbreviatedOid": lambda source, _: resolvers.tag_oid(source.view, source.record.name)[:7],
    "id": named("Tag", lambda tag: tag.name),
    "message": of(lambda tag: tag.name),
    "name": of(lambda tag: tag.name),
    "oid": lambda source, _: resolvers.tag_oid(source.view, source.record.name),
    "repository": _repository_node,
    "tagger": _tagger,
    "target": lambda source, _: commit(source.view, source.record.sha),
}

_RELEASE: dict[str, Resolver] = {
    "createdAt": release_resolvers.created_at,
    "databaseId": of(lambda release: release.id),
    "id": named("Release", lambda release: release.id),
    "isDraft": of(lambda release: release.is_draft),
    "isPrerelease": of(lambda release: release.is_prerelease),
    "name": of(lambda release: release.name),
    "publishedAt": of(lambda release: instant(release.published_at)),
    "repository": _repository_node,
    "tag": release_resolvers.tag,
    "tagCommit": release_resolvers.tag_commit,
    "tagName": of(lambda release: release.tag),
    "updatedAt": release_resolvers.updated_at,
    "url": release_resolvers.url,
}

_COMPARISON: dict[str, Resolver] = {
    "aheadBy": _comparison(lambda ahead, _: len(ahead)),
    "baseTarget": lambda source, _: commit(source.view, source.record[0]),
    "behindBy": _comparison(lambda _, behind: len(behind)),
    "commits": _comparison_commits,
    "headTarget": lambda source, _: commit(source.view, source.record[1]),
    "id": named("Comparison", lambda shas: shas[0], lambda shas: shas[1]),
    "status": _comparison(
        lambda ahead, behind: git.comparison_status(len(ahead), len(behind)).upper()
    ),
}

_LABEL: dict[str, Resolver] = {
    "id": named("Label", lambda label: label.number),
    "name": of(lambda label: label.name),
    "repository": _repository_node,
    "updatedAt": of(lambda _: None),  # nullable; the model does not hold it
    "url": lambda source, _: f"{source.view.url}/labels/{source.record.name}",
}

#: by type, then by field
FIELDS: dict[str, dict[str, Resolver]] = {
    "Commit": _COMMIT,
    "Deployment": _DEPLOYMENT,
    "DeploymentStatus": _STATUS,
    "PullRequest": _PULL_REQUEST,
    "PullRequestCommit": {
        "commit": lambda source, _: commit(source.view, source.record[1]),
        "id": named("PullRequestCommit", lambda pair: pair[0].number, lambda pair: pair[1]),
        "pullRequest": lambda source, _: Node("PullRequest", source.view, source.record[0]),
    },
    "Issue": _ISSUE,
    "Label": _LABEL,
    "Environment": {
        "databaseId": of(number),
        "id": named("Environment", str),
        "name": of(str),
    },
    "Ref": _REF,
    "Release": _RELEASE,
    "Tag": _TAG,
    "Comparison": _COMPARISON,
    "RepositoryTopic": {
        "id": named("RepositoryTopic", str),
        "topic": lambda source, _: Node("Topic", source.view, source.record),
    },
    "Topic": {"id": named("Topic", str), "name": of(str)},
}
