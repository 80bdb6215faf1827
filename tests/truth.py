"""An organization's truth as tables, everything in them, as if GitHub had been read to the end."""

from dora.demo.model import Organization, Repository
from dora.tables import Tables, make_tables


def tables_of(organization: Organization) -> Tables:
    """Tables of all the organization's repositories, deployments and commits."""
    rows: dict[str, list[tuple[object, ...]]] = {
        name: []
        for name in (
            "repositories", "deployments", "statuses", "commits", "parents", "pull_requests",
            "associations", "branch_commits",
        )
    }  # fmt: skip
    for repository in organization.repositories:
        if repository.forbidden:
            rows["repositories"].append(
                (repository.name, None, False, False, False, None, "forbidden", None)
            )
        else:
            _add(rows, repository)
    return make_tables(rows)


def _add(rows: dict[str, list[tuple[object, ...]]], repository: Repository) -> None:
    name = repository.name
    rows["repositories"].append(
        (name, repository.archived_at, repository.is_empty, bool(repository.deployments), False,
         repository.head, None, None)
    )  # fmt: skip
    for one in repository.deployments:
        renamed = [s.environment for s in one.statuses if s.environment]
        environment = renamed[-1] if renamed else one.environment
        rows["deployments"].append(
            (name, one.id, one.sha, one.sha in repository.commits, environment, one.task,
             one.payload, one.created_at)
        )  # fmt: skip
        rows["statuses"] += [(name, one.id, s.state, s.created_at, s.log_url) for s in one.statuses]
    for commit in repository.commits.values():
        rows["commits"].append(
            (name, commit.sha, commit.authored_at, commit.committed_at, commit.author_login)
        )
        rows["parents"] += [(name, commit.sha, n, p) for n, p in enumerate(commit.parents)]
    for request in repository.pull_requests:
        first = repository.commits.get(request.commits[0]) if request.commits else None
        rows["pull_requests"].append(
            (name, request.number, request.created_at, request.merged_at, request.merge_commit_sha,
             first and first.authored_at)
        )  # fmt: skip
        rows["associations"] += [(name, sha, request.number) for sha in request.associated]
        rows["branch_commits"] += [(name, request.number, sha) for sha in request.commits]
