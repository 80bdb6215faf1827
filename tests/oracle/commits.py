"""Commits: what is reachable, which are changes, whose request, since when (LT3, LT4, LT8)."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property

from dora.demo.organization.model import PullRequest, Repository
from tests.oracle.naming import fits_any
from tests.oracle.same_changes import SameChanges
from tests.oracle.settings import Settings


class Graph:
    """A repository's commits and requests as of *until*."""

    def __init__(self, repository: Repository, settings: Settings, until: datetime) -> None:
        self.repository = repository
        self.commits = repository.commits
        self.settings = settings
        self.until = until
        self.merged = sorted(
            (
                request
                for request in repository.pull_requests
                if request.merged_at is not None and request.merged_at < until
            ),
            key=lambda request: request.number,
        )
        self._reach: dict[str, frozenset[str]] = {}
        self._requests: dict[str, PullRequest | None] = {}

    def knows(self, sha: str) -> bool:
        """Whether GitHub still has the commit (LT10)."""
        return sha in self.commits

    def reach(self, sha: str) -> frozenset[str]:
        """Every commit reachable from *sha*, itself among them; none of an unknown one."""
        if sha not in self._reach:
            found: set[str] = set()
            pending = [sha]
            while pending:
                one = pending.pop()
                if one in self.commits and one not in found:
                    found.add(one)
                    pending.extend(self.commits[one].parents)
            self._reach[sha] = frozenset(found)
        return self._reach[sha]

    def is_change(self, sha: str) -> bool:
        """Whether the commit is a change: at most one parent (LT3)."""
        return len(self.commits[sha].parents) <= 1

    def is_excluded(self, sha: str) -> bool:
        """Whether LT9 leaves the commit's author out."""
        login = self.commits[sha].author_login
        return login is not None and fits_any(self.settings.exclude_authors, login)

    def request_of(self, sha: str) -> PullRequest | None:
        """Give the request a commit came by (LT4)."""
        if sha not in self._requests:
            brought = [one for one in self.merged if one.merge_commit_sha == sha]
            named = [one for one in self.merged if sha in one.associated or sha in one.commits]
            self._requests[sha] = next(iter(brought + named), None)
        return self._requests[sha]

    @cached_property
    def same(self) -> SameChanges:
        """Which commits are the same change (LT11)."""
        squashed = {
            sha: request.commits
            for request in self.merged
            for sha in [request.merge_commit_sha]
            if sha in self.commits and self.request_of(sha) is request and self.is_squash(sha)
        }
        return SameChanges(self.commits, squashed)

    def arriving(self, incoming: AbstractSet[str], received: AbstractSet[str]) -> frozenset[str]:
        """Give the commits of *incoming* that are new where *received* was there before (LT11).

        The one committed first counts where several of one change arrive together.
        """
        later = incoming - received
        if not self.same.matters:
            return frozenset(later)
        had = set(received)
        new = set()
        for sha in sorted(later, key=lambda one: (self.commits[one].committed_at, one)):
            if self.same.names(sha).isdisjoint(had):
                new.add(sha)
            had.add(sha)
        return frozenset(new)

    def is_squash(self, sha: str) -> bool:
        """Whether the commit is all of its request's work in one (LT4)."""
        request = self.request_of(sha)
        parents = self.commits[sha].parents
        if request is None or request.merge_commit_sha != sha or len(parents) != 1:
            return False
        return parents[0] not in request.commits and parents[0] not in request.associated

    def start_of(self, sha: str) -> datetime:
        """When the change began (LT4, `lead_time.start`)."""
        commit = self.commits[sha]
        request = self.request_of(sha)
        match self.settings.lead_time_start:
            case "authored":
                return commit.authored_at
            case "committed":
                return commit.committed_at
            case "merged":
                merged = request.merged_at if request else None
                return merged or commit.committed_at
            case "first_commit":
                if request and self.is_squash(sha) and request.commits:
                    first = self.commits.get(request.commits[0], commit).authored_at
                    return min(first, request.created_at)
                return commit.authored_at

    def default_branch(self) -> frozenset[str] | None:
        """Commits of the default branch at `until`; None where it had none (LT8)."""
        sha = self.repository.head
        while sha is not None and sha in self.commits:
            if self.commits[sha].committed_at < self.until:
                return self.reach(sha)
            parents = self.commits[sha].parents
            sha = parents[0] if parents else None
        return None
