"""Tables and derived frames in, what the report did and did not see out: C1, C2."""

import pandas as pd

from dora.changes import Changes
from dora.config import Config
from dora.history import History
from dora.outcomes import Outcomes
from dora.results import Coverage, Requests, Unreadable
from dora.tables import Repositories, Tables


def build_coverage(
    tables: Tables, outcomes: Outcomes, history: History, changes: Changes, config: Config
) -> Coverage:
    """What was seen and left out; the ledger adds up to what was seen in the window (C2).

    *outcomes* are the judged deployments, *changes* those of every environment with a row.
    """
    repositories = tables.repositories
    skipped = count_skipped(repositories, config)
    is_unread = repositories["unreadable"].notna()
    is_partial = repositories["incomplete"].notna() & ~is_unread
    counts = changes.drop_duplicates(["repository", "environment_key", "sha"])
    return Coverage(
        read=len(repositories) - sum(skipped.values()) - int(is_unread.sum()),
        skipped=skipped,
        unreadable=_named(repositories[is_unread], "unreadable"),
        incomplete=_named(repositories[is_partial], "incomplete"),
        deployments=_count_deployments(outcomes, history, config),
        changes={
            "clock_skew": int((counts["is_skewed"] & ~counts["is_excluded"]).sum()),
            "excluded": int(counts["is_excluded"].sum()),
        },
        # Incidents are not read: their number cannot be known.
        incidents={"unattributed": None},
        requests=Requests(tables.requests, tables.points, tables.seconds),
    )


def count_skipped(repositories: Repositories, config: Config) -> dict[str, int]:
    """How many repositories were skipped, by the first reason that fits (C1)."""
    readable = repositories[repositories["unreadable"].isna()]
    reasons = {
        "excluded": readable["is_excluded"],
        "archived": readable["archived_at"] < config.window.until,
        "empty": readable["is_empty"],
        "no deployments": ~readable["has_deployments"],
    }
    is_skipped = pd.Series(data=False, index=readable.index)
    counts = {}
    for reason, fits in reasons.items():
        counts[reason] = int((fits & ~is_skipped).sum())
        is_skipped |= fits
    return {name: counts[name] for name in ("archived", "empty", "no deployments", "excluded")}


def _count_deployments(outcomes: Outcomes, history: History, config: Config) -> dict[str, int]:
    window = config.window
    seen_at = outcomes["finished_at"].fillna(outcomes["created_at"])
    seen = outcomes[seen_at.between(window.since, window.until, inclusive="left")]
    is_ephemeral = seen["is_ephemeral"] & ~seen["is_left_out"] & (not config.ephemeral)
    shown = seen[~seen["is_left_out"] & ~is_ephemeral]
    succeeded = shown[
        shown["succeeded_at"].between(window.since, window.until, inclusive="left")
    ]  # fmt: skip
    baselines = history.successes.loc[
        history.successes["is_baseline"], ["repository", "deployment"]
    ]
    return {
        "in_progress": int((shown["outcome"] == "in_progress").sum()),
        "abandoned": int((shown["outcome"] == "abandoned").sum()),
        "ephemeral": int(is_ephemeral.sum()),
        "left_out": int(seen["is_left_out"].sum()),
        "unknown_commit": int((~succeeded["is_known"]).sum()),
        "baseline": len(baselines),
        "lookback_limit": int(history.environments["hit_budget"].sum()),
    }


def _named(repositories: pd.DataFrame, column: str) -> tuple[Unreadable, ...]:
    pairs = zip(repositories["repository"], repositories[column], strict=True)
    return tuple(sorted((Unreadable(*pair) for pair in pairs), key=lambda one: one.repository))
