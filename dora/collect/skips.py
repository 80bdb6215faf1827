"""Decides by the list of repositories which of them need not be read."""

from collections.abc import Callable, Collection

from dora.collect.records import ListedRepository
from dora.collect.repository.pull_requests import Rows
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.source_entries import FittingEntry, entries_reader


def find_skips(config: Config) -> Callable[[ListedRepository], Rows | None]:
    """A function that gives the rows of a repository that need not be read, and else None."""
    chosen = compile_globs(config.repo or ("*",))
    until = config.first_until or config.window.until
    entries_of = entries_reader(config)

    def skip(listed: ListedRepository) -> Rows | None:
        is_excluded = chosen.fullmatch(listed.name) is None
        is_archived = listed.archived_at is not None and listed.archived_at < until
        is_skipped = is_excluded or is_archived or listed.is_empty
        entries = entries_of(listed.name)
        reason = None if is_skipped else _refusal(listed, entries)
        if not is_skipped and not reason and not _is_quiet(listed, entries, config):
            return None
        return row_as_listed(listed, is_excluded=is_excluded, reason=reason)

    return skip


def _refusal(listed: ListedRepository, entries: Collection[FittingEntry]) -> str | None:
    """Why a repository cannot be read, as the list says; its Deployments may not be needed."""
    needs_deployments = any(one.source.kind == "deployments" for one in entries)
    return listed.unreadable or (listed.refused_deployments if needs_deployments else None)


def _is_quiet(listed: ListedRepository, entries: Collection[FittingEntry], config: Config) -> bool:
    """Whether the list shows that nothing is to be read: it knows of GitHub's Deployments alone."""
    if any(one.source.kind != "deployments" for one in entries):
        return False
    newest = listed.newest_deployment_at
    is_narrowed = config.environment or any(one.position for one in entries)
    return newest is None or not entries or (newest < config.lookback_start and not is_narrowed)


def row_as_listed(listed: ListedRepository, *, is_excluded: bool, reason: str | None) -> Rows:
    """The row of a repository of which nothing but its entry in the list is known."""
    has_deployments = listed.newest_deployment_at is not None
    row = (
        listed.name,
        listed.archived_at,
        listed.is_empty,
        has_deployments,
        is_excluded,
        listed.url,
        listed.head,
        listed.head_at,
        reason,
        None,
    )
    return {"repositories": [row]}
