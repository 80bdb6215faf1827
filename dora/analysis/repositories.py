"""Repositories in, which of them are skipped and why out: C1."""

import pandas as pd

from dora.config import Config
from dora.model.tables import Repositories


def find_skipped(repositories: Repositories, config: Config) -> pd.Series:
    """Why each repository was skipped (C1, the first reason that fits); missing if it was not."""
    central = {name.casefold() for name in config.incidents.repositories}
    is_central = (
        repositories["repository"].str.casefold().isin(central if config.failures.incident else ())
    )
    reasons = {
        "no deployments": ~repositories["has_deployments"] & ~is_central,
        "empty": repositories["is_empty"],
        "archived": repositories["archived_at"] < config.window.until,
        "excluded": repositories["is_excluded"],
    }
    skipped = pd.Series(None, index=repositories.index, dtype="str")
    for reason, fits in reasons.items():  # the later reason goes before the earlier
        skipped = skipped.mask(fits, reason)
    return skipped.where(repositories["unreadable"].isna())


def find_read(repositories: Repositories, config: Config) -> pd.Series:
    """Names of the repositories that were neither skipped nor unreadable."""
    is_skipped = find_skipped(repositories, config).notna()
    return repositories.loc[~is_skipped & repositories["unreadable"].isna(), "repository"]
