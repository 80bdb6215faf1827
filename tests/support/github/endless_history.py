"""Commit histories that never end: behind the real commits come others, made up on the way.

The same repository gives the same made-up commits, each the parent of the one before.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.github.graphql.pagination import ConnectionPage, Edge, offset_after
from dora.demo.github.graphql.resolvers import counted, timestamp
from dora.demo.github.views import Node, RepositoryView
from dora.demo.organization.model import Commit

_SHA = re.compile(r"e17d1e55([0-9a-f]{8})([0-9a-f]{24})")
_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


class EndlessHistories:
    """Middleware of a query's fields: the histories of some repositories never end.

    *moves* maps their names to whether the cursors move; else every page is the first.
    """

    def __init__(self, moves: Mapping[str, bool]) -> None:
        self._moves = moves

    def resolve(
        self, inner: Callable[..., Any], source: Any, info: Any, /, **arguments: Any
    ) -> Any:
        """What the field gives; made-up commits where it leads to some."""
        field = f"{info.parent_type.name}.{info.field_name}"
        if field not in {"Repository.object", "Commit.parents", "Commit.history"}:
            return inner(source, info, **arguments)
        view: RepositoryView = source.view
        moves = self._moves.get(view.repository.name)
        if moves is None:
            return inner(source, info, **arguments)
        if field == "Commit.history":
            return counted(info, history(source, arguments, moves=moves))
        if field == "Commit.parents":
            return counted(info, parents(source))
        found = inner(source, info, **arguments)
        return _thing(view, str(arguments.get("oid"))) if found is None else found


def made_up_sha(view: RepositoryView, at: int) -> str:
    """The sha of the made-up commit so many behind the first one."""
    return f"e17d1e55{view.repository.database_id % 16**8:08x}{at:024x}"


def made_up(view: RepositoryView, sha: str) -> Commit | None:
    """The made-up commit of that sha; None for any other sha."""
    found = _SHA.fullmatch(sha)
    if found is None or made_up_sha(view, 0)[:16] != sha[:16]:
        return None
    at = int(found[2], 16)
    moment = _LONG_AGO - timedelta(seconds=at)
    return Commit(sha, (made_up_sha(view, at + 1),), moment, moment, f"Made up, {at}", "amara")


def history(source: Node, arguments: dict[str, Any], *, moves: bool) -> ConnectionPage:
    """A page that has a next one: further on, or the first again unless its cursor *moves*."""
    view, head = source.view, source.record.sha
    since, until = timestamp(arguments.get("since")), timestamp(arguments.get("until"))
    shas = view.log(head, since, until) if head in view.commits else [head]
    size = int(arguments.get("first") or arguments.get("last") or 0)
    start = offset_after(arguments.get("after"), head) if moves else 0
    made = _number(head)
    rows = [
        Edge(_commit(view, shas, made, at), f"{head} {at}") for at in range(start, start + size)
    ]
    return ConnectionPage(rows, len(shas), has_next=True, has_previous=start > 0)


def parents(source: Node) -> ConnectionPage:
    """The parents of a commit, made up or not."""
    found = [(sha, _thing(source.view, sha)) for sha in source.record.parents]
    rows = [Edge(one, sha) for sha, one in found if one is not None]
    return ConnectionPage(rows, len(rows), has_next=False, has_previous=False)


def _thing(view: RepositoryView, sha: str) -> Node | None:
    commit = view.commits.get(sha) or made_up(view, sha)
    return None if commit is None else Node("Commit", view, commit)


def _number(head: str) -> int:
    """How many made-up commits lie before those that follow the log: all up to a made-up head."""
    found = _SHA.fullmatch(head)
    return int(found[2], 16) + 1 if found else 0


def _commit(view: RepositoryView, shas: list[str], made: int, at: int) -> Node:
    if at >= len(shas):
        sha = made_up_sha(view, made + at - len(shas))
        return Node("Commit", view, made_up(view, sha))
    commit = view.commits.get(shas[at]) or made_up(view, shas[at])
    if commit is not None and not commit.parents:  # what was the first commit has parents too
        commit = replace(commit, parents=(made_up_sha(view, 0),))
    return Node("Commit", view, commit)
