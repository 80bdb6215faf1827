"""Counts what the report covers and what it leaves out (C1, C2)."""

from collections.abc import Collection

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.attribution import Attribution
from dora.analysis.history import History
from dora.analysis.outcomes import Outcomes, show
from dora.analysis.repositories import find_skipped
from dora.config import Config
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


def build_coverage(tables: Tables, analysis: Analysis, config: Config) -> Coverage:
    """What was seen and what was left out; the counts add up to everything in the window (C2)."""
    outcomes, history = analysis.outcomes, analysis.history
    has_row = index_environments(analysis.environments).positions_of(analysis.changes) >= 0
    changes = analysis.changes[has_row]
    repositories = tables.repositories
    counts = find_skipped(repositories, config).value_counts()
    skipped = {reason: int(counts.get(reason, 0)) for reason in SKIP_REASONS}
    is_unread = repositories["unreadable"].notna()
    is_partial = repositories["incomplete"].notna() & ~is_unread
    return Coverage(
        repositories=RepositoryCoverage(
            read=len(repositories) - sum(skipped.values()) - int(is_unread.sum()),
            skipped=skipped,
            unreadable=_named(repositories[is_unread], "unreadable"),
            incomplete=_named(repositories[is_partial], "incomplete"),
        ),
        deployments=_count_deployments(outcomes, history, config),
        changes={
            "clock_skew": int((changes["is_skewed"] & ~changes["is_excluded"]).sum()),
            "excluded": int(changes["is_excluded"].sum()),
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
    window = config.window
    seen_at = outcomes["finished_at"].fillna(outcomes["created_at"])
    seen = Outcomes(outcomes[seen_at.between(window.since, window.until, inclusive="left")])
    is_ephemeral = seen["is_ephemeral"] & ~seen["is_left_out"] & (not config.ephemeral)
    shown = show(seen, config)
    successes = show(outcomes, config)
    succeeded = successes[
        successes["succeeded_at"].between(window.since, window.until, inclusive="left")
    ]
    baselines = history.successes.loc[
        history.successes["is_baseline"], ["repository", "deployment"]
    ]
    return {
        "in_progress": int((shown["outcome"] == "in_progress").sum()),
        "abandoned": int((shown["outcome"] == "abandoned").sum()),
        "not_started": int((shown["outcome"] == "not_started").sum()),
        "unchanged": int(shown["is_unchanged"].sum()),
        "ephemeral": int(is_ephemeral.sum()),
        "left_out": int(seen["is_left_out"].sum()),
        "unknown_commit": int((~succeeded["is_known"]).sum()),
        "baseline": len(baselines),
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
