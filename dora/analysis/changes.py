"""Shipped and waiting commits in, changes with their pull requests and lead times out: LT3–LT9."""

from typing import NewType

import pandas as pd

from dora.analysis.history import History, find_excluded
from dora.analysis.outcomes import Outcomes
from dora.config import Config
from dora.model.tables import COMMIT, ENVIRONMENT, Tables

Described = NewType("Described", pd.DataFrame)
"""One row a commit that was shipped or waits: `repository, sha, is_change` (LT3), `started_at`,
`number` (its pull request, <NA> for none), `opened_at, merged_at, is_excluded` (LT9)."""

Changes = NewType("Changes", pd.DataFrame)
"""One row a change shipped in the window and environment (LT3):

`repository, environment_key, sha, deployment, shipped_at, started_at, number` (its pull request,
<NA> for none), `lead_time_seconds`, `coding_seconds`, `review_seconds`, `delivery_seconds` (stages
of those with a request), `is_skewed` (its clock ran ahead, LT5), `is_excluded` (LT9).
"""

WaitingChanges = NewType("WaitingChanges", pd.DataFrame)
"""One row a change that production lacks (LT8): `repository, environment_key, sha, started_at,
age_seconds, number`; excluded ones are not among them (LT9)."""


def find_changes(
    history: History, described: Described, outcomes: Outcomes, config: Config
) -> tuple[Changes, WaitingChanges]:
    """The changes shipped in the window, and those that wait at its end."""
    changes = described[described["is_change"]]
    deployed = outcomes.loc[
        outcomes["succeeded_at"] >= config.window.since,
        ["repository", "deployment", "succeeded_at"],
    ]
    shipped = history.shipped.merge(deployed, on=["repository", "deployment"])
    shipped = shipped.merge(changes, on=COMMIT).rename(columns={"succeeded_at": "shipped_at"})
    lead_time = (shipped["shipped_at"] - shipped["started_at"]).dt.total_seconds()
    stages = {
        "coding_seconds": shipped["opened_at"] - shipped["started_at"],
        "review_seconds": shipped["merged_at"] - shipped["opened_at"],
        "delivery_seconds": shipped["shipped_at"] - shipped["merged_at"],
    }
    shipped = shipped[
        [*ENVIRONMENT, "sha", "deployment", "shipped_at", "started_at", "number", "is_excluded"]
    ].assign(
        lead_time_seconds=lead_time.clip(lower=0),
        is_skewed=lead_time < 0,
        **{name: span.dt.total_seconds().clip(lower=0) for name, span in stages.items()},
    )
    waiting = history.waiting.merge(changes[~changes["is_excluded"]], on=COMMIT)
    age = (pd.Timestamp(config.window.until) - waiting["started_at"]).dt.total_seconds()
    waiting = waiting[[*ENVIRONMENT, "sha", "started_at", "number"]].assign(
        age_seconds=age.clip(lower=0)
    )
    return Changes(shipped), WaitingChanges(waiting)


def describe_commits(history: History, tables: Tables, config: Config) -> Described:
    """Every shipped or waiting commit: whether a change, when started, by which request, whose."""
    wanted = pd.concat([history.shipped[COMMIT], history.waiting[COMMIT]]).drop_duplicates()
    commits = tables.commits.drop(columns="message").merge(wanted, on=COMMIT)
    parents = tables.parents.merge(wanted, on=COMMIT)
    counts = parents.groupby(COMMIT).size().rename("parents")
    commits = commits.merge(counts, left_on=COMMIT, right_index=True, how="left")
    commits["parents"] = commits["parents"].fillna(0).astype("int64")
    commits["is_change"] = commits["parents"] <= 1
    only_parent = parents.loc[parents["position"] == 0, [*COMMIT, "parent_sha"]]
    commits = commits.merge(only_parent, on=COMMIT, how="left")
    commits = commits.merge(find_requests(commits[COMMIT], tables, config), on=COMMIT, how="left")
    commits["is_excluded"] = find_excluded(commits, config)
    commits["started_at"] = _started_at(commits, tables, config)
    return Described(
        commits[
            [*COMMIT, "is_change", "started_at", "number", "opened_at", "merged_at", "is_excluded"]
        ]
    )


def find_requests(commits: pd.DataFrame, tables: Tables, config: Config) -> pd.DataFrame:
    """The pull request of each of *commits* that has one, merged before `until` (LT4).

    The one whose merge commit it is, else the lowest-numbered one associated with it. One row a
    commit: `repository, sha, number, opened_at, merged_at, head_ref, first_authored_at, is_merge`.
    """
    merged = tables.pull_requests[tables.pull_requests["merged_at"] < config.window.until]
    merged = merged.rename(columns={"created_at": "opened_at"})
    associated = tables.associations.merge(merged, on=["repository", "number"])
    merging = merged[merged["merge_sha"].notna()].assign(sha=merged["merge_sha"])
    pairs = pd.concat([merging, associated], ignore_index=True).merge(commits, on=COMMIT)
    pairs["is_merge"] = pairs["merge_sha"] == pairs["sha"]
    pairs = pairs.sort_values(["is_merge", "number"], ascending=[False, True])
    return pairs.drop_duplicates(COMMIT)[
        [*COMMIT, "number", "opened_at", "merged_at", "head_ref", "first_authored_at", "is_merge"]
    ].astype({"number": "Int64"})


def _started_at(commits: pd.DataFrame, tables: Tables, config: Config) -> pd.Series:
    """When each change began, by the rule chosen (LT4)."""
    start = config.lead_time.start
    if start == "committed":
        return commits["committed_at"]
    if start == "merged":
        return commits["merged_at"].fillna(commits["committed_at"])
    authored = commits["authored_at"]
    if start == "authored":
        return authored
    squashed = _is_squash(commits, tables) & commits["first_authored_at"].notna()
    return authored.mask(squashed, commits["first_authored_at"])


def _is_squash(commits: pd.DataFrame, tables: Tables) -> pd.Series:
    """Whether a commit holds its request's work squashed into one (LT4).

    Its request's merge commit, with one parent that the request did not bring: neither among the
    branch's commits nor associated with the request, as the commits of a rebase are.
    """
    is_merge = commits["is_merge"].fillna(value=False).astype("bool") & (commits["parents"] == 1)
    asked = commits.loc[is_merge, ["repository", "number", "parent_sha"]]
    brought = pd.concat([tables.branch_commits, tables.associations], ignore_index=True)
    brought = brought.rename(columns={"sha": "parent_sha"}).astype({"number": "Int64"})
    found = brought.merge(asked, on=["repository", "number", "parent_sha"]).drop_duplicates()
    pairs = asked.merge(found.assign(is_brought=True), on=list(found), how="left")
    is_squash = is_merge.copy()
    is_squash[is_merge] = pairs["is_brought"].isna().to_numpy()
    return is_squash
