"""An organization's truth as tables, everything in them, as if GitHub had been read to the end."""

from dora.demo.github.views import state_reason
from dora.demo.organization.model import Organization, Repository
from dora.model.incident_texts import find_named
from dora.model.tables import Tables, make_tables

WEB = "https://github.com"


def tables_of(organization: Organization) -> Tables:
    """Tables of all the organization's repositories, deployments and commits."""
    rows: dict[str, list[tuple[object, ...]]] = {
        name: []
        for name in (
            "repositories", "deployments", "statuses", "commits", "parents", "pull_requests",
            "associations", "branch_commits", "labels", "tags", "incidents", "teams",
        )
    }  # fmt: skip
    for repository in organization.repositories:
        if repository.forbidden:
            rows["repositories"].append(
                (
                    repository.name,
                    None,
                    False,
                    False,
                    False,
                    f"{WEB}/{organization.login}/{repository.name}",
                    None,
                    None,
                    "forbidden",
                    None,
                )
            )
        else:
            _add(rows, repository, f"{WEB}/{organization.login}/{repository.name}")
    rows["teams"] = [
        (team.name, name)
        for team in organization.teams
        for name, permission in team.repositories.items()
        if permission in {"maintain", "admin"}
    ]
    return make_tables(rows)


def _add(rows: dict[str, list[tuple[object, ...]]], repository: Repository, url: str) -> None:
    name = repository.name
    head = repository.commits.get(repository.head or "")
    rows["repositories"].append(
        (name, repository.archived_at, repository.is_empty, bool(repository.deployments), False,
         url, repository.head, head.committed_at if head else None, None, None)
    )  # fmt: skip
    for one in repository.deployments:
        renamed = [s.environment for s in one.statuses if s.environment]
        environment = renamed[-1] if renamed else one.environment
        rows["deployments"].append(
            (name, one.id, one.sha, one.sha in repository.commits, environment, one.task,
             one.payload, one.created_at, one.creator, one.description or None, one.ref,
             "deployments", None, None, 0)
        )  # fmt: skip
        rows["statuses"] += [
            (name, one.id, s.state, s.created_at, s.log_url, s.description or None)
            for s in one.statuses
        ]
    for commit in repository.commits.values():
        rows["commits"].append(
            (
                name,
                commit.sha,
                commit.authored_at,
                commit.committed_at,
                commit.author_login,
                commit.message,
            )
        )
        rows["parents"] += [(name, commit.sha, n, p) for n, p in enumerate(commit.parents)]
    rows["tags"] += [(name, tag.name, tag.sha, tag.tagged_at) for tag in repository.tags]
    for issue in repository.issues:
        if "incident" in {label.casefold() for label in issue.labels}:
            rows["incidents"].append(
                (name, issue.number, f"{name}#{issue.number}", None, issue.created_at,
                 issue.closed_at, find_named(issue.body), "", state_reason(issue), None,
                 None)
            )  # fmt: skip
            rows["labels"] += [(name, issue.number, label) for label in issue.labels]
    for request in repository.pull_requests:
        first = repository.commits.get(request.commits[0]) if request.commits else None
        rows["pull_requests"].append(
            (name, request.number, request.created_at, request.merged_at, request.merge_commit_sha,
             request.head_ref, first and first.authored_at,
             request.commits[-1] if request.commits else None)
        )  # fmt: skip
        rows["labels"] += [(name, request.number, label) for label in request.labels]
        rows["associations"] += [(name, sha, request.number) for sha in request.associated]
        rows["branch_commits"] += [(name, request.number, sha) for sha in request.commits]
