"""Asks what takes the right to read GitHub Actions, and says so where it is missing."""

from typing import Any

from dora.collect.github.rest import RestQuery
from dora.collect.repository.context import RepositoryContext
from dora.errors import CannotRead, Forbidden

#: In what GitHub answers to a token or App that lacks a right.
LACKS = "resource not accessible"


async def get_of_actions(context: RepositoryContext, query: RestQuery, **variables: Any) -> Any:
    """The same as `RepositoryContext.get`; CannotRead names the right that is missing."""
    try:
        return await context.get(query, **variables)
    except Forbidden as refused:
        reason = refused.reason or "no reason given"
        what = f"its workflow runs may not be read: {reason}"
        if LACKS not in reason.lower():
            raise CannotRead(what) from None
        advice = "Give the token or App the permission Actions: read"
        raise CannotRead(
            f"{what}; the token or App lacks the permission Actions: read",
            f"{advice}, or take another source for this repository in [[sources]].",
        ) from None
