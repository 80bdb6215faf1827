"""Finds the newest commit of a branch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dora.collect.records import ListedRepository
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import parse_instant
from dora.collect.repository.opening import Opening, ask_parts

Head = tuple[str, datetime]


@dataclass
class BranchHeads:
    """The heads of a repository's branches: that of the default one came with the list."""

    context: RepositoryContext
    listed: ListedRepository
    opening: Opening

    @property
    def default_branch(self) -> str:
        """Name of the default branch."""
        return self.listed.branch or ""

    async def find(self, branch: str) -> Head | None:
        """The newest commit of a *branch* and its committer's date; None if there is none."""
        if branch == self.default_branch:
            sha, at = self.listed.head, self.listed.head_at
            return None if sha is None or at is None else (sha, at)
        if branch == self.opening.branch:
            return _head(self.opening.found.get("ref"))
        return _head((await ask_parts(self.context, set(), rows=1, branch=branch)).get("ref"))


def _head(ref: dict[str, Any] | None) -> Head | None:
    target = (ref or {}).get("target") or {}
    date = target.get("committedDate")
    return None if date is None else (target["oid"], parse_instant(date))
