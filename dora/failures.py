"""Outcomes and successes in, failed deployments, their reasons and episodes out: F1, F2, R1, R2.

Every signal is a function that gives reasons; all else works on reasons alone, so a further signal
is one more function.
"""

import json
from dataclasses import dataclass
from typing import NewType

import pandas as pd

from dora.config import Config
from dora.history import ENVIRONMENT, History
from dora.outcomes import Outcomes, SuccessStatuses

DEPLOYMENT = ["repository", "deployment"]
REASON = [*ENVIRONMENT, "deployment", "signal", "began_at", "ended_at", "by"]
#: D7's order of successes within an environment.
ORDER = [*ENVIRONMENT, "succeeded_at", "deployment"]

Reasons = NewType("Reasons", pd.DataFrame)
"""One row a failed deployment and sign of it: `repository, environment_key, deployment, signal,
began_at, ended_at` (NaT while it lasts), `by` (what says so)."""


@dataclass(frozen=True)
class Failures:
    """What failed, why, and what it took to mend.

    - `reasons`: see `Reasons`
    - `failed`: one row a failed deployment: `repository, environment_key, deployment, began_at,
      ended_at` (NaT while open), `only_status` (no other signal than `status`), `episode`
    - `episodes`: one row an episode: `repository, environment_key, began_at, ended_at`; its place
      is its number
    - `rework`: one row a success that is rework (RW1): `repository, deployment`
    """

    reasons: Reasons
    failed: pd.DataFrame
    episodes: pd.DataFrame
    rework: pd.DataFrame


def find_failures(
    outcomes: Outcomes, succeeded: SuccessStatuses, history: History, config: Config
) -> Failures:
    """Every failure among *outcomes*, the judged deployments, by the signals that are on."""
    successes = _in_order_of_success(outcomes, history)
    found = [_by_status(outcomes, succeeded, config)]
    rework = successes.loc[[], DEPLOYMENT]
    if config.failures.rollback:
        rollbacks = _find_rollbacks(successes)
        found.append(_by_rollback(successes, rollbacks))
        rework = rollbacks[DEPLOYMENT]
    reasons = pd.concat(found, ignore_index=True)
    failed, episodes = _find_episodes(reasons)
    return Failures(Reasons(reasons), failed, episodes, rework)


def _in_order_of_success(outcomes: Outcomes, history: History) -> pd.DataFrame:
    """Judged successes in D7's order, with their place in it and what they replaced."""
    successes = outcomes.merge(history.successes.drop(columns=["environment_key"]), on=DEPLOYMENT)
    successes = successes.sort_values(ORDER, ignore_index=True)
    successes["position"] = successes.groupby(ENVIRONMENT).cumcount()
    return successes


def _by_status(outcomes: Outcomes, succeeded: SuccessStatuses, config: Config) -> pd.DataFrame:
    """F1: a failure status, until the environment's next success status (F8 says which count)."""
    failed = outcomes[outcomes["failed_status_at"].notna()]
    if config.failures.status == "off":
        failed = failed.iloc[:0]
    if config.failures.status == "live":
        failed = failed[failed["succeeded_at"].notna()]
    failed = failed.sort_values("failed_status_at")
    following = succeeded[[*ENVIRONMENT, "created_at"]].rename(columns={"created_at": "ended_at"})
    following = following.sort_values("ended_at")
    reasons = pd.merge_asof(
        failed, following, left_on="failed_status_at", right_on="ended_at", by=ENVIRONMENT,
        direction="forward",
    )  # fmt: skip
    return reasons.assign(
        signal="status", began_at=reasons["failed_status_at"], by="failure status"
    )[REASON]


def _find_rollbacks(successes: pd.DataFrame) -> pd.DataFrame:
    """Successes that are rollbacks (F2), with the sha and creation of what they replaced."""
    by_environment = successes.groupby(ENVIRONMENT)
    live_sha, live_created = (by_environment[name].shift() for name in ("sha", "created_at"))
    came_later = (successes["created_at"] > live_created) | (
        (successes["created_at"] == live_created) & (successes["deployment"] > successes["live"])
    ).fillna(value=False)
    is_said = (successes["task"] == "rollback") | successes["payload"].map(says_rollback)
    differs = live_sha.notna() & (successes["sha"] != live_sha)
    return successes[(successes["goes_back"] & came_later) | (differs & is_said)]


def says_rollback(payload: object) -> bool:
    """Whether a deployment's payload has a true `rollback` (F2).

    GitHub keeps a payload as JSON text, and as JSON text in a JSON string where its creator
    encoded it twice.
    """
    if not isinstance(payload, str) or "rollback" not in payload:
        return False
    try:
        value = json.loads(payload)
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("rollback") is True


def _by_rollback(successes: pd.DataFrame, rollbacks: pd.DataFrame) -> pd.DataFrame:
    """F2: what had to go, the first success after the rollback's own sha was last deployed."""
    same_sha = successes.groupby([*ENVIRONMENT, "sha"])["position"].shift()
    after_own = (same_sha + 1).reindex(rollbacks.index)
    target = after_own.fillna(rollbacks["position"] - 1).astype("int64")
    undone = rollbacks[[*ENVIRONMENT, "succeeded_at"]].assign(
        position=target, by=rollbacks["deployment"].astype("str")
    )
    undone = undone.rename(columns={"succeeded_at": "ended_at"})
    failed = successes[[*ENVIRONMENT, "position", "deployment", "succeeded_at"]]
    reasons = undone.merge(failed, on=[*ENVIRONMENT, "position"])
    return reasons.assign(signal="rollback", began_at=reasons["succeeded_at"])[REASON]


def _find_episodes(reasons: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Failed deployments with their downtimes (R1), and the episodes they make up (R2)."""
    key = [*ENVIRONMENT, "deployment"]
    marked = reasons.assign(
        is_open=reasons["ended_at"].isna(), is_status=reasons["signal"] == "status"
    )
    failed = marked.groupby(key, as_index=False, sort=True).agg(
        began_at=("began_at", "min"),
        ended_at=("ended_at", "max"),
        is_open=("is_open", "any"),
        only_status=("is_status", "all"),
    )
    failed["ended_at"] = failed["ended_at"].mask(failed["is_open"])
    alone = failed["deployment"].mask(failed["only_status"], 0)
    together = [*ENVIRONMENT, failed["ended_at"].rename("end"), alone.rename("alone")]
    grouped = failed.groupby(together, dropna=False, sort=False)
    failed["episode"] = grouped.ngroup()
    episodes = failed.groupby("episode", as_index=False).agg(
        repository=("repository", "first"),
        environment_key=("environment_key", "first"),
        began_at=("began_at", "min"),
        ended_at=("ended_at", "first"),
    )
    return failed.drop(columns="is_open"), episodes.drop(columns="episode")
