"""The pull request that each commit came by, and which commits are squashes (LT4)."""

from dataclasses import dataclass

import numpy as np

from dora.analysis.commit_numbers import CommitNumbers, Flags, Numbers
from dora.config import Config
from dora.model.columns import MISSING, NOTHING, microseconds_of
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables


@dataclass(frozen=True)
class CommitRequests:
    """The pull request of each commit, by the commit's number."""

    rows: Numbers  #: row in `Tables.pull_requests`, or NOTHING
    is_squash: Flags  #: whether the commit is all of its request's work in one


def find_requests(numbers: CommitNumbers, tables: Tables, config: Config) -> CommitRequests:
    """The pull request of each commit, merged before `until`.

    The one whose merge commit it is, else the lowest-numbered one associated with it.
    """
    merged_at = microseconds_of(tables.pull_requests["merged_at"])
    is_merged = (merged_at != MISSING) & (merged_at < microseconds(config.window.until))
    rows = np.arange(len(is_merged))
    commits = np.concatenate([numbers.merged, numbers.associated])
    requests = np.concatenate([rows, numbers.associated_requests])
    fits = (
        (commits != NOTHING) & (requests != NOTHING) & np.append(is_merged, values=False)[requests]
    )
    commits, requests = commits[fits], requests[fits]
    is_merge = numbers.merged[requests] == commits
    # The best comes last, so that it is what is left of each commit.
    order = np.lexsort((-tables.pull_requests["number"].to_numpy()[requests], is_merge))
    found = np.full(len(numbers), NOTHING)
    found[commits[order]] = requests[order]
    return CommitRequests(found, _find_squashes(numbers, found))


def _find_squashes(numbers: CommitNumbers, requests: Numbers) -> Flags:
    """Whether each commit holds its request's work squashed into one.

    Its request's merge commit, with one parent that the request did not bring: neither among the
    branch's commits nor associated with the request, as the commits of a rebase are.
    """
    count = len(numbers)
    has_one_parent = np.bincount(numbers.children, minlength=count) == 1
    parents = np.full(count, NOTHING)
    parents[numbers.children] = numbers.parents  # of those with one parent it is that one
    is_merge = np.append(numbers.merged, NOTHING)[requests] == np.arange(count)
    asked = np.flatnonzero(is_merge & has_one_parent)
    brought = np.concatenate(
        [
            numbers.brought_requests * count + numbers.brought,
            numbers.associated_requests * count + numbers.associated,
        ]
    )
    is_known = np.concatenate(
        [
            (numbers.brought_requests != NOTHING) & (numbers.brought != NOTHING),
            (numbers.associated_requests != NOTHING) & (numbers.associated != NOTHING),
        ]
    )
    is_squash = np.zeros(count, dtype="bool")
    is_squash[asked] = ~np.isin(requests[asked] * count + parents[asked], brought[is_known])
    return is_squash
