"""A commit history that never ends: the real one, then commits that are made up as it is asked.

In: the shas of a log and the arguments of `Commit.history`. Out: pages that always have a next one.
The same repository gives the same made-up commits, each the parent of the one before.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.github.graphql.pagination import Page, Row, offset_after
from dora.demo.github.views import Thing, View
from dora.demo.organization.model import Commit

_SHA = re.compile(r"e17d1e55([0-9a-f]{8})([0-9a-f]{24})")
_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def made_up_sha(view: View, at: int) -> str:
    """The sha of the made-up commit so many behind the first one."""
    return f"e17d1e55{view.repository.database_id % 16**8:08x}{at:024x}"


def made_up(view: View, sha: str) -> Commit | None:
    """The made-up commit of that sha; None for any other sha."""
    found = _SHA.fullmatch(sha)
    if found is None or made_up_sha(view, 0)[:16] != sha[:16]:
        return None
    at = int(found[2], 16)
    moment = _LONG_AGO - timedelta(seconds=at)
    return Commit(sha, (made_up_sha(view, at + 1),), moment, moment, f"Made up, {at}", "amara")


def history(
    view: View, shas: list[str], head: str, arguments: dict[str, Any], *, moves: bool
) -> Page:
    """A page that has a next one: further on, or the same again unless its cursor *moves*."""
    size = int(arguments.get("first") or arguments.get("last") or 0)
    start = offset_after(arguments.get("after"), head) if moves else 0
    made = _number(head)
    rows = [Row(_commit(view, shas, made, at), f"{head} {at}") for at in range(start, start + size)]
    return Page(rows, len(shas), has_next=True, has_previous=start > 0)


def _number(head: str) -> int:
    """How many made-up commits lie before those that follow the log: all up to a made-up head."""
    found = _SHA.fullmatch(head)
    return int(found[2], 16) + 1 if found else 0


def _commit(view: View, shas: list[str], made: int, at: int) -> Thing:
    if at >= len(shas):
        sha = made_up_sha(view, made + at - len(shas))
        return Thing("Commit", view, made_up(view, sha))
    commit = view.commits.get(shas[at]) or made_up(view, shas[at])
    if commit is not None and not commit.parents:  # what was the first commit has parents too
        commit = replace(commit, parents=(made_up_sha(view, 0),))
    return Thing("Commit", view, commit)
