"""Which repositories count, and why others are skipped (C1)."""

import pandas as pd

from dora.config import Config
from dora.model.columns import MISSING, microseconds_of, texts_of
from dora.model.incident_texts import find_own_name
from dora.model.shipped_commits import microseconds
from dora.model.tables import Repositories


def find_central(config: Config) -> frozenset[str]:
    """Names, case folded, of the repositories that hold the incidents of others (F7).

    They are read for their incidents even where they are skipped. None where nobody looks for
    incidents.
    """
    if not config.failures.incident:
        return frozenset()
    names = config.incidents.repositories
    return frozenset(find_own_name(name, config.organization) for name in names)


def find_skipped(repositories: Repositories, config: Config) -> pd.Series:
    """Why each repository was skipped (C1, the first reason that fits); missing if it was not."""
    central = find_central(config)
    until = microseconds(config.window.until)

    def reason(
        name: str, archived_at: int, *, is_empty: bool, has_deployments: bool, is_excluded: bool
    ) -> str | None:
        if is_excluded:
            return "excluded"
        if archived_at != MISSING and archived_at < until:
            return "archived"
        if is_empty:
            return "empty"
        return None if has_deployments or name.casefold() in central else "no deployments"

    flags = ("is_empty", "has_deployments", "is_excluded")
    columns = [repositories[name].tolist() for name in flags]
    archived = microseconds_of(repositories["archived_at"]).tolist()
    is_read = repositories["unreadable"].isna().tolist()
    reasons = [
        reason(name, at, is_empty=empty, has_deployments=has, is_excluded=excluded)
        if readable
        else None
        for name, at, readable, empty, has, excluded in zip(
            repositories["repository"].tolist(), archived, is_read, *columns, strict=True
        )
    ]
    return pd.Series(texts_of(reasons), index=repositories.index)


def find_read(repositories: Repositories, config: Config) -> frozenset[str]:
    """Names of the repositories that were neither skipped nor unreadable."""
    is_read = repositories["unreadable"].isna() & find_skipped(repositories, config).isna()
    return frozenset(repositories.loc[is_read, "repository"].tolist())
