"""Counts what the report covers and what it leaves out (C1, C2)."""

from collections import Counter
from collections.abc import Collection

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.attribution import Attribution
from dora.analysis.history import History
from dora.analysis.outcomes import Outcomes, find_shown
from dora.analysis.repositories import find_skipped
from dora.config import Config
from dora.model.columns import is_within
from dora.model.environment_index import index_environments
from dora.model.tables import Tables
from dora.report.coverage_model import (
    SKIP_REASONS,
    Coverage,
    Gap,
    IncidentCoverage,
    RepositoryCoverage,
    Requests,
    Scope,
    Unreadable,
)
from dora.report.exposure import count_begun


def build_coverage(tables: Tables, analysis: Analysis, config: Config) -> Coverage:
    """What was seen and what was left out; the counts add up to everything in the window (C2)."""
    outcomes, history = analysis.outcomes, analysis.history
    has_row = index_environments(analysis.environments).positions_of(analysis.changes) >= 0
    is_skewed, is_excluded = (
        analysis.changes[name].to_numpy() & has_row for name in ("is_skewed", "is_excluded")
    )
    repositories = tables.repositories
    counts = Counter(find_skipped(repositories, config).tolist())
    skipped = {reason: counts[reason] for reason in SKIP_REASONS}
    is_unread = repositories["unreadable"].notna()
    is_partial = repositories["incomplete"].notna() & ~is_unread
    return Coverage(
        repositories=RepositoryCoverage(
            read=len(repositories) - sum(skipped.values()) - int(is_unread.sum()),
            skipped=skipped,
            unreadable=_named(repositories[is_unread], "unreadable"),
            incomplete=_named(repositories[is_partial], "incomplete"),
        ),
        deployments={
            **_count_deployments(outcomes, history, config),
            "began_in_window": count_begun(analysis, config.window),
        },
        changes={
            "clock_skew": int((is_skewed & ~is_excluded).sum()),
            "excluded": int(is_excluded.sum()),
        },
        incidents=_describe_incidents(analysis.failures.incidents),
        gaps=tuple(Gap(what, reason) for what, reason in tables.gaps.items()),
        requests=Requests(tables.requests, tables.points, tables.seconds),
    )


def find_scope(
    tables: Tables,
    config: Config,
    tiers: tuple[str, ...],
    *,
    environments: Collection[str] | None = None,
) -> Scope:
    """What a run looked at: rows of *tiers*, and only *environments* if it was limited to some.

    Archived repositories are skipped, so their data is unread rather than gone.
    """
    repositories = tables.repositories
    is_archived = find_skipped(repositories, config).eq("archived").fillna(value=False)
    is_unread = (
        repositories["unreadable"].notna()
        | repositories["incomplete"].notna()
        | is_archived.astype("bool")
    )
    chosen = config.environment or ("*",)
    if environments is not None:  # names, which must not be taken for globs
        chosen = tuple(sorted(name for name in environments if not set(name) & set("*?")))
    return Scope(
        repositories=config.repo or ("*",),
        environments=chosen,
        tiers=tiers,
        unread=tuple(sorted(repositories.loc[is_unread, "repository"])),
        gaps=tuple(sorted(tables.gaps)),
        ephemeral=config.ephemeral,
        ephemeral_environments=config.ephemeral_environments,
    )


def _count_deployments(outcomes: Outcomes, history: History, config: Config) -> dict[str, int]:
    since, until = config.window.since, config.window.until
    finished, created, succeeded = (
        is_within(outcomes[name], since, until)
        for name in ("finished_at", "created_at", "succeeded_at")
    )
    is_left_out, is_ephemeral, is_known, is_unchanged = (
        outcomes[name].to_numpy()
        for name in ("is_left_out", "is_ephemeral", "is_known", "is_unchanged")
    )
    is_seen = np.where(outcomes["finished_at"].isna(), created, finished)
    is_shown = find_shown(outcomes, config)
    became = Counter(outcomes["outcome"].array[is_seen & is_shown].tolist())
    return {
        "in_progress": became["in_progress"],
        "abandoned": became["abandoned"],
        "not_started": became["not_started"],
        "unchanged": int((is_seen & is_shown & is_unchanged).sum()),
        "ephemeral": int((is_seen & ~is_shown & ~is_left_out & is_ephemeral).sum()),
        "left_out": int((is_seen & is_left_out).sum()),
        "unknown_commit": int((succeeded & is_shown & ~is_known).sum()),
        "baseline": int(history.successes["is_baseline"].sum()),
        "lookback_limit": int(history.environments["hit_budget"].sum()),
    }


def _describe_incidents(incidents: Attribution | None) -> IncidentCoverage:
    if incidents is None:
        return IncidentCoverage()
    return IncidentCoverage(
        unattributed=len(incidents.unattributed),
        dismissed=incidents.dismissed,
        not_understood=len(incidents.not_understood),
        not_found=incidents.not_found,
    )


def _named(repositories: pd.DataFrame, column: str) -> tuple[Unreadable, ...]:
    pairs = zip(repositories["repository"], repositories[column], strict=True)
    return tuple(sorted((Unreadable(*pair) for pair in pairs), key=lambda one: one.repository))
