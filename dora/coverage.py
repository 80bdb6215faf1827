"""Tables and derived frames in, what the report did and did not see out: C1, C2."""

import pandas as pd

from dora.changes import Changes
from dora.config import Config
from dora.history import History
from dora.outcomes import Outcomes
from dora.results import Coverage, Requests, Unreadable
from dora.tables import Repositories, Tables

#: As the contract lists them; which of them goes first is `find_skipped`'s.
SKIP_REASONS = ("archived", "empty", "no deployments", "excluded")


def build_coverage(
    tables: Tables,
    outcomes: Outcomes,
    history: History,
    changes: Changes,
    unattributed: int | None,
    config: Config,
) -> Coverage:
    """What was seen and left out; the ledger adds up to what was seen in the window (C2).

    *outcomes* are the judged deployments, *changes* those of every environment with a row,
    *unattributed* the incidents that belong to no deployment, None if none were looked for.
    """
    repositories = tables.repositories
    counts = find_skipped(repositories, config).value_counts()
    skipped = {reason: int(counts.get(reason, 0)) for reason in SKIP_REASONS}
    is_unread = repositories["unreadable"].notna()
    is_partial = repositories["incomplete"].notna() & ~is_unread
    return Coverage(
        read=len(repositories) - sum(skipped.values()) - int(is_unread.sum()),
        skipped=skipped,
        unreadable=_named(repositories[is_unread], "unreadable"),
        incomplete=_named(repositories[is_partial], "incomplete"),
        deployments=_count_deployments(outcomes, history, config),
        changes={
            "clock_skew": int((changes["is_skewed"] & ~changes["is_excluded"]).sum()),
            "excluded": int(changes["is_excluded"].sum()),
        },
        incidents={"unattributed": unattributed},
        requests=Requests(tables.requests, tables.points, tables.seconds),
    )


def find_skipped(repositories: Repositories, config: Config) -> pd.Series:
    """Why each repository was skipped (C1, the first reason that fits); missing if it was not."""
    reasons = {
        "no deployments": ~repositories["has_deployments"],
        "empty": repositories["is_empty"],
        "archived": repositories["archived_at"] < config.window.until,
        "excluded": repositories["is_excluded"],
    }
    skipped = pd.Series(None, index=repositories.index, dtype="str")
    for reason, fits in reasons.items():  # the later reason goes before the earlier
        skipped = skipped.mask(fits, reason)
    return skipped.where(repositories["unreadable"].isna())


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
