"""Merges: each commit on a branch's first-parent line is a success of itself (D8)."""

from dataclasses import dataclass, field
from datetime import datetime

from dora.collect.github import page_size
from dora.collect.records import CommitRecord
from dora.collect.repository.commit_log import CommitLog, Walk
from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.sources.branch_heads import BranchHeads
from dora.collect.sources.numbering import MANY, reading_number
from dora.config.source_settings import MergesSource
from dora.errors import CannotRead
from dora.model.outcome_rules import StatusRecord
from dora.model.shipped_commits import microseconds


@dataclass
class MergeList:
    """The commits of a branch's line, from its head to the first before the look-back.

    Nothing older can matter: an older commit of the line is an ancestor of that one, so it has
    shipped nothing that is not shipped anyway (W3 (c)). What is read here is not read again when
    the commits of the repository are.
    """

    log: CommitLog
    heads: BranchHeads
    position: int
    entry: MergesSource
    url: str  #: of the repository
    until: datetime
    most_rows: int  #: commits that may be read
    read: list[DeploymentRecord] = field(default_factory=list)
    is_complete: bool = False

    async def read_since(self, instant: datetime) -> None:
        """Read the line back to the first commit that was committed before *instant*."""
        branch = self.entry.branch or self.heads.default_branch
        head = await self.heads.find(branch)
        line = [] if head is None else await self._line(*head, instant)
        self.read = self._deployments(line, branch)
        self.is_complete = True

    async def read_page(self) -> None:
        """Read nothing: there is nothing older to be read."""

    async def _line(self, sha: str, at: datetime, instant: datetime) -> list[CommitRecord]:
        """The commits of the line that begins with *sha*, newest first.

        As many commits are listed whatever the cache knows: what it knows costs no request.
        """
        walk = Walk(self.log, sha, microseconds(at))
        listed: dict[str, CommitRecord] = {}
        line: list[CommitRecord] = []
        following: str | None = sha
        while following is not None and (following in listed or len(listed) < self.most_rows):
            commit = listed.get(following)
            if commit is not None:
                line.append(commit)
                is_last = commit.committed_at < instant or not commit.parents
                following = None if is_last else commit.parents[0]
            elif walk.is_over:
                raise CannotRead("GitHub lists a history without one of its commits")
            else:
                rows = page_size.FULL_PAGE if listed else page_size.FIRST_PAGE
                listed |= {one.sha: one for one in await walk.show(rows)}
        return line

    def _deployments(self, line: list[CommitRecord], branch: str) -> list[DeploymentRecord]:
        """The deployments that a *line* is, newest first.

        Their order is that of the line: where a commit has an earlier date than the one before it,
        it succeeded when that one had.
        """
        found = []
        latest: datetime | None = None
        for place, commit in reversed([*enumerate(line)]):
            if commit.committed_at >= self.until:
                continue
            latest = max(latest or commit.committed_at, commit.committed_at)
            found.append(
                DeploymentRecord(
                    id=reading_number(self.position, MANY - 1 - place),
                    sha=commit.sha,
                    committed_at=commit.committed_at,
                    environment=self.entry.environment,
                    task="",
                    payload=None,
                    created_at=commit.committed_at,
                    statuses=(StatusRecord("success", latest),),
                    ref=branch,
                    source=self.entry.kind,
                    entry=self.position,
                    name=f"merges:{commit.sha}",
                    url=f"{self.url}/commit/{commit.sha}",
                )
            )
        return found[::-1]
