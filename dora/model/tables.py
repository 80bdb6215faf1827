"""Defines the tables that hold what was read from GitHub, and makes them.

Every frame has a fixed schema, so an empty one keeps its columns and dtypes. Instants are UTC with
microseconds; missing values are `NaT` or `<NA>`, never a placeholder. `docs/tables.md` is generated
from here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, NewType

import numpy as np
import pandas as pd

from dora.model.columns import frame_of, instants_of, texts_of
from dora.model.shipped_commits import microseconds

INSTANT = "datetime64[us, UTC]"
TEXT = "str"
COUNT = "int64"
FLAG = "bool"


class Column(NamedTuple):
    """One column: its dtype, its meaning with the unit, and the field of the API it comes from."""

    dtype: str
    meaning: str
    source: str


Schema = Mapping[str, Column]

#: Columns that identify an environment, a deployment and a commit in every frame with them.
ENVIRONMENT = ["repository", "environment_key"]
DEPLOYMENT = ["repository", "deployment"]
COMMIT = ["repository", "sha"]

REPOSITORY = Column(TEXT, "name of the repository, without its owner", "Repository.name")

REPOSITORIES: Schema = {
    "repository": REPOSITORY,
    "archived_at": Column(INSTANT, "when it was archived; missing if it is not", "archivedAt"),
    "is_empty": Column(FLAG, "whether it holds no commit", "isEmpty"),
    "has_deployments": Column(
        FLAG, "whether a chosen environment had a deployment before the window's end", "deployments"
    ),
    "is_excluded": Column(FLAG, "whether no `--repo` glob fits it", ""),
    "url": Column(TEXT, "its web address", "url"),
    "head_sha": Column(TEXT, "newest commit of the default branch", "defaultBranchRef.target.oid"),
    "head_at": Column(INSTANT, "committer's date of that commit", "committedDate"),
    "unreadable": Column(TEXT, "why it could not be read; missing if it could", "errors"),
    "incomplete": Column(TEXT, "what of it was not read to its end; missing if all was", ""),
}

DEPLOYMENTS: Schema = {
    "repository": REPOSITORY,
    "deployment": Column(
        COUNT,
        "number of the deployment in its repository: GitHub's id, or, for another source, a number "
        "below 0 in the order of its `id`",
        "databaseId",
    ),
    "sha": Column(TEXT, "deployed commit", "commitOid"),
    "is_known": Column(FLAG, "whether GitHub still has that commit (LT10)", "commit"),
    "environment": Column(TEXT, "environment as GitHub spells it", "environment"),
    "task": Column(TEXT, "what the deployment was for", "task"),
    "payload": Column(TEXT, "JSON text its creator attached", "payload"),
    "created_at": Column(INSTANT, "when it was created", "createdAt"),
    "creator": Column(TEXT, "login of whoever filed it, an App's with `[bot]`", "creator.login"),
    "description": Column(TEXT, "what its creator said of it", "description"),
    "ref": Column(TEXT, "what it was filed for, read where it is asked for (D9)", "REST: ref"),
    "source": Column(TEXT, "what it was taken from: `deployments`, `workflow` … (D8)", ""),
    "id": Column(TEXT, "what it is called, such as `releases:v1.2`; missing if by its number", ""),
    "url": Column(TEXT, "its page, where it is no Deployment of GitHub's", ""),
    "entry": Column(COUNT, "place of its source in `[[sources]]`; 0 where no entry fits", ""),
}

STATUSES: Schema = {
    "repository": REPOSITORY,
    "deployment": Column(COUNT, "id of the deployment", "databaseId"),
    "state": Column(TEXT, "state in lower case", "statuses.state"),
    "created_at": Column(INSTANT, "when the status was written", "statuses.createdAt"),
    "log_url": Column(TEXT, "where its log is", "statuses.logUrl"),
    "description": Column(TEXT, "what its writer says of it", "statuses.description"),
}

COMMITS: Schema = {
    "repository": REPOSITORY,
    "sha": Column(TEXT, "the commit", "Commit.oid"),
    "authored_at": Column(INSTANT, "author's date", "authoredDate"),
    "committed_at": Column(INSTANT, "committer's date", "committedDate"),
    "author": Column(TEXT, "author's login, read where it is asked for (LT9)", "author.user.login"),
    "message": Column(
        TEXT, "its message, kept only where it speaks of a revert (F3) or a pick (LT11)", "message"
    ),
}

PARENTS: Schema = {
    "repository": REPOSITORY,
    "sha": Column(TEXT, "the commit", "Commit.oid"),
    "position": Column(COUNT, "place among its parents, from 0", "parents"),
    "parent_sha": Column(TEXT, "the parent", "parents.oid"),
}

PULL_REQUESTS: Schema = {
    "repository": REPOSITORY,
    "number": Column(COUNT, "number of the pull request", "PullRequest.number"),
    "created_at": Column(INSTANT, "when it was opened", "createdAt"),
    "merged_at": Column(INSTANT, "when it was merged; missing if it is not", "mergedAt"),
    "merge_sha": Column(TEXT, "its merge commit", "mergeCommit.oid"),
    "head_ref": Column(TEXT, "the branch it came from", "headRefName"),
    "first_authored_at": Column(
        INSTANT, "author's date of its branch's first commit", "commits.commit.authoredDate"
    ),
    "head_sha": Column(TEXT, "last commit of its branch (LT11)", "commits.commit.oid"),
}

#: Which pull requests GitHub associates with a commit.
ASSOCIATIONS: Schema = {
    "repository": REPOSITORY,
    "sha": Column(TEXT, "the commit", "Commit.oid"),
    "number": Column(COUNT, "a pull request associated with it", "associatedPullRequests.number"),
}

#: Commits of a pull request's branch that decide whether it was squashed (LT4).
BRANCH_COMMITS: Schema = {
    "repository": REPOSITORY,
    "number": Column(COUNT, "number of the pull request", "PullRequest.number"),
    "sha": Column(TEXT, "first or one of the last commits of its branch", "commits.commit.oid"),
}

#: Labels of pull requests and of issues.
LABELS: Schema = {
    "repository": REPOSITORY,
    "number": Column(COUNT, "number of the pull request or issue", "number"),
    "label": Column(TEXT, "one of its labels", "labels.name"),
}

TAGS: Schema = {
    "repository": REPOSITORY,
    "tag": Column(TEXT, "name of a git tag", "Ref.name"),
    "sha": Column(TEXT, "the commit it stands on", "target.oid"),
    "tagged_at": Column(INSTANT, "when; missing for a lightweight tag", "tagger.date"),
}

INCIDENTS: Schema = {
    "repository": Column(
        TEXT, "where it was told: a repository; missing but for an issue", "repository"
    ),
    "number": Column(COUNT, "number of the issue; else 0", "Issue.number"),
    "by": Column(TEXT, "what it is called: `repo#n`, PagerDuty's or the file's id", ""),
    "owner": Column(TEXT, "repository its service is mapped to, or its file names", "service"),
    "opened_at": Column(INSTANT, "when it was opened", "createdAt"),
    "closed_at": Column(INSTANT, "when it was closed; missing while it lasts", "closedAt"),
    "named": Column(
        TEXT,
        "the word by which its body names a deployment (F7), behind the address that it links to",
        "body",
    ),
    "url": Column(TEXT, "where to read it", "url"),
    "state_reason": Column(
        TEXT, "why it was closed, in lower case; missing but for an issue", "stateReason"
    ),
    "environment": Column(TEXT, "the only one that it is about, by a file; else missing", ""),
    "service": Column(TEXT, "the only one that it is about, by a file; else missing", ""),
}

TEAMS: Schema = {
    "team": Column(TEXT, "name of a team", "Team.name"),
    "repository": REPOSITORY,
}

Repositories = NewType("Repositories", pd.DataFrame)
Deployments = NewType("Deployments", pd.DataFrame)
Statuses = NewType("Statuses", pd.DataFrame)
Commits = NewType("Commits", pd.DataFrame)
Parents = NewType("Parents", pd.DataFrame)
PullRequests = NewType("PullRequests", pd.DataFrame)
Associations = NewType("Associations", pd.DataFrame)
BranchCommits = NewType("BranchCommits", pd.DataFrame)
Labels = NewType("Labels", pd.DataFrame)
Tags = NewType("Tags", pd.DataFrame)
Incidents = NewType("Incidents", pd.DataFrame)
Teams = NewType("Teams", pd.DataFrame)

SCHEMAS: Mapping[str, Schema] = {
    "repositories": REPOSITORIES,
    "deployments": DEPLOYMENTS,
    "statuses": STATUSES,
    "commits": COMMITS,
    "parents": PARENTS,
    "pull_requests": PULL_REQUESTS,
    "associations": ASSOCIATIONS,
    "branch_commits": BRANCH_COMMITS,
    "labels": LABELS,
    "tags": TAGS,
    "incidents": INCIDENTS,
    "teams": TEAMS,
}


@dataclass(frozen=True)
class Tables:
    """Everything that was read from GitHub, and what reading it cost."""

    repositories: Repositories
    deployments: Deployments
    statuses: Statuses
    commits: Commits
    parents: Parents
    pull_requests: PullRequests
    associations: Associations
    branch_commits: BranchCommits
    labels: Labels
    tags: Tags
    incidents: Incidents
    teams: Teams
    gaps: Mapping[str, str] = field(default_factory=dict)
    """Parts of the organization that could not be read (`incidents`, `teams`), and why."""
    requests: int = 0
    points: int = 0
    seconds: float = 0.0


def frame(schema: Schema, rows: Iterable[Any]) -> pd.DataFrame:
    """A frame of *rows* (mappings, or sequences in the schema's order) with the schema's dtypes.

    Raises TypeError for an instant without a time zone, which pandas would take for UTC.
    """
    given = list(rows)
    if not given:
        return _empty(tuple((name, column.dtype) for name, column in schema.items())).copy()
    if isinstance(given[0], Mapping):
        given = [tuple(row[name] for name in schema) for row in given]
    columns = zip(schema.items(), zip(*given, strict=True), strict=True)
    return frame_of(**{name: _values(name, column.dtype, own) for (name, column), own in columns})


@cache
def _empty(columns: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """A table without rows: most tables of a small organization are, and dtypes take long."""
    return frame_of(**{name: _values(name, dtype, ()) for name, dtype in columns})


def _values(name: str, dtype: str, values: Sequence[Any]) -> Any:
    """The values of the column *name* with its *dtype*."""
    if dtype == TEXT:
        return texts_of(values)
    if dtype == INSTANT:
        return instants_of([_microseconds(name, one) for one in values])
    return np.array(values, dtype=dtype)


def _microseconds(name: str, value: Any) -> int | None:
    """Microseconds since 1970 of an instant, which may be text; None if it is missing."""
    if value is None or value is pd.NaT:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if instant.tzinfo is None:
        raise TypeError(f"{name} holds instants without a time zone")
    return microseconds(instant)


def make_tables(rows: Mapping[str, Iterable[Any]]) -> Tables:
    """The tables of *rows* (table name → rows); a table without rows is empty."""
    frames: dict[str, Any] = {
        name: frame(schema, rows.get(name, ())) for name, schema in SCHEMAS.items()
    }
    return Tables(**frames)
