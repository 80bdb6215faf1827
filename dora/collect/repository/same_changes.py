"""Finds among the commits that were read those that are the same change as others (LT11)."""

from dataclasses import dataclass
from datetime import datetime

from dora.collect.records import PullRequestRecord
from dora.collect.repository.commit_selection import CommitSelection
from dora.collect.repository.pull_requests import PullRequestReader
from dora.model.same_changes import SameChanges, Squash, find_same_changes


@dataclass(frozen=True)
class SameChangeFinder:
    """Finds what is the same change by what was read so far, as the analysis will in the end."""

    commits: CommitSelection
    pull_requests: PullRequestReader
    until: datetime  #: requests merged then or later do not exist (W2)

    def find(self) -> SameChanges:
        """The commits that are the same change."""
        commits, merging = self.commits, self.commits.found.merging
        found = (self._squash(commit, self._merged_as(commit)) for commit in merging)
        return find_same_changes(
            commits.found.picks,
            [one for one in found if one is not None],
            commits.graph,
            find=commits.fitting,
            sha=commits.sha,
        )

    def _merged_as(self, commit: int) -> PullRequestRecord | None:
        """The request whose merge commit it is (LT4)."""
        sha = self.commits.sha(commit)
        known = (self.pull_requests.known[number] for number in self.commits.found.merging[commit])
        merged = (one for one in known if one.merge_sha == sha and one.merged_at < self.until)
        return min(merged, key=lambda one: one.number, default=None)

    def _squash(self, commit: int, request: PullRequestRecord | None) -> Squash | None:
        """The squash that *commit* is; None if it is none or nothing else of it is known."""
        parents = self.commits.graph.parents(commit)
        if request is None or len(parents) != 1:
            return None
        associated = self.pull_requests.associated[request.number]
        if self.commits.sha(parents[0]) in {*request.branch, *associated}:
            return None
        shas = dict.fromkeys((*request.branch, *associated))
        own = {sha: self.commits.known_number(sha) for sha in shas}
        brought = tuple(one for one in own.values() if one is not None and one != commit)
        head = own[request.branch[-1]] if request.branch else None
        return Squash(commit, None if head == commit else head, brought) if brought else None
