"""Reads what deployments were filed for: a branch, a sha, `refs/pull/N/merge` (D9).

GraphQL gives the branch only while there is one, so that a past window would change with every
branch that is deleted. REST gives the text itself, a page of a hundred at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dora.collect.github.page_size import FULL_PAGE
from dora.collect.github.rest import DEPLOYMENT, DEPLOYMENTS
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import DeploymentRecord, parse_instant
from dora.errors import CannotRead


@dataclass
class RefReader:
    """The refs of those of a repository's deployments for which *is_needed* holds."""

    context: RepositoryContext
    is_needed: Callable[[DeploymentRecord], bool]
    _refs: dict[int, str] = field(default_factory=dict)
    _pages: int = 0
    _is_complete: bool = False

    async def fill(self, read: list[DeploymentRecord]) -> list[DeploymentRecord]:
        """The deployments *read*, each with its ref where that is needed, or known anyway.

        The list is read on from where it was left, no further than the oldest that is needed.
        """
        needed = [one for one in read if self.is_needed(one)]
        oldest = min((one.created_at for one in needed), default=None)
        while oldest is not None and self._lacks(needed) and not self._is_complete:
            reached = await self._read_page()
            if reached is not None and reached < oldest:
                break
        # One is not on its page where others were deleted between that page and the one before,
        # and nowhere where it was deleted itself: then it has no ref.
        for one in self._lacks(needed):
            self._refs[one.id] = _ref(await self.context.get(DEPLOYMENT, id=one.id) or {})
        return [replace(one, ref=self._refs.get(one.id)) for one in read]

    def _lacks(self, needed: list[DeploymentRecord]) -> list[DeploymentRecord]:
        return [one for one in needed if one.id not in self._refs]

    async def _read_page(self) -> datetime | None:
        """Read the next page; returns when the oldest deployment on it was created."""
        self._pages += 1
        page = await read_refs(self.context, self._pages)
        self._refs |= {number: ref for number, (ref, _) in page.items()}
        self._is_complete = len(page) < FULL_PAGE
        return min((created_at for _, created_at in page.values()), default=None)


async def read_refs(context: RepositoryContext, page: int) -> dict[int, tuple[str, datetime]]:
    """The refs of one page of a repository's deployments, and when these were created, by id."""
    answer = await context.get(DEPLOYMENTS, page=page)
    if answer is None:
        raise CannotRead("Not Found: was it deleted or renamed meanwhile?")
    try:
        return {one["id"]: (_ref(one), parse_instant(one["created_at"])) for one in answer}
    except (TypeError, KeyError, ValueError):
        raise CannotRead("GitHub sent a list of deployments that makes no sense") from None


def _ref(one: dict[str, Any]) -> str:
    return one.get("ref") or ""
