"""Outcomes and successes in, the reasons why deployments failed out: F1, F2, F4, F5, F6.

Each signal is a function that gives reasons (see `REASON`). Reverts (F3) and incidents (F7) have
rooms of their own.
"""

import pandas as pd

from dora.analysis.changes import Described
from dora.analysis.history import History
from dora.analysis.outcomes import Outcomes, SuccessStatuses
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.environments import payload_value
from dora.model.tables import DEPLOYMENT, ENVIRONMENT, Tables

#: Columns of a reason: the failed deployment, what says so, from when to when it was down.
REASON = [*ENVIRONMENT, "deployment", "signal", "began_at", "ended_at", "by"]
#: D7's order of successes within an environment.
ORDER = [*ENVIRONMENT, "succeeded_at", "deployment"]


def order_successes(outcomes: Outcomes, history: History) -> pd.DataFrame:
    """Judged successes in D7's order: OUTCOMES, what each replaced, and `position` in the order."""
    successes = outcomes.merge(history.successes.drop(columns=["environment_key"]), on=DEPLOYMENT)
    successes = successes.sort_values(ORDER, ignore_index=True)
    successes["position"] = successes.groupby(ENVIRONMENT).cumcount()
    return successes


def by_status(outcomes: Outcomes, succeeded: SuccessStatuses, config: Config) -> pd.DataFrame:
    """F1: a failure status, until the environment's next success status (F8 says which count)."""
    failed = outcomes[outcomes["failed_status_at"].notna()]
    if config.failures.status == "off":
        failed = failed.iloc[:0]
    if config.failures.status == "live":
        failed = failed[failed["succeeded_at"].notna()]
    failed = failed.sort_values("failed_status_at")
    following = succeeded[[*ENVIRONMENT, "created_at"]].rename(columns={"created_at": "ended_at"})
    reasons = pd.merge_asof(
        failed,
        following.sort_values("ended_at"),
        left_on="failed_status_at",
        right_on="ended_at",
        by=ENVIRONMENT,
        direction="forward",
    )
    return reasons.assign(
        signal="status", began_at=reasons["failed_status_at"], by=reasons["failed_state"]
    )[REASON]


def find_rollbacks(successes: pd.DataFrame) -> pd.DataFrame:
    """Those of *successes* that are rollbacks (F2)."""
    by_environment = successes.groupby(ENVIRONMENT)
    live_sha, live_created = (by_environment[name].shift() for name in ("sha", "created_at"))
    came_later = (successes["created_at"] > live_created) | (
        (successes["created_at"] == live_created) & (successes["deployment"] > successes["live"])
    ).fillna(value=False)
    said = [says_rollback(payload) for payload in successes["payload"]]
    is_said = (successes["task"] == "rollback") | pd.Series(
        said, index=successes.index, dtype="bool"
    )
    differs = live_sha.notna() & (successes["sha"] != live_sha)
    return successes[(successes["goes_back"] & came_later) | (differs & is_said)]


def says_rollback(payload: object) -> bool:
    """Whether a deployment's payload has a true `rollback` (F2)."""
    return payload_value(payload, "rollback") is True


def by_rollback(successes: pd.DataFrame, rollbacks: pd.DataFrame) -> pd.DataFrame:
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


def find_hotfixes(
    history: History, described: Described, tables: Tables, config: Config
) -> pd.DataFrame:
    """Shipped hotfixes (F4): `repository, deployment, number`, one row a shipping and request."""
    branches = compile_globs(config.failures.hotfix_branches)
    requests = tables.pull_requests[["repository", "number", "head_ref"]]
    names = requests["head_ref"].dropna().unique()
    on_branch = requests["head_ref"].isin([name for name in names if branches.fullmatch(name)])
    labelled = _labelled(tables, config.failures.hotfix_labels)
    hotfixes = pd.concat([requests.loc[on_branch, ["repository", "number"]], labelled])
    return _shipped(hotfixes.drop_duplicates(), history, described)


def by_hotfix(successes: pd.DataFrame, hotfixes: pd.DataFrame) -> pd.DataFrame:
    """F4: what was live just before a hotfix was shipped, until it was."""
    shipping = successes[[*ENVIRONMENT, "deployment", "succeeded_at", "live"]]
    fixes = shipping.merge(_called(hotfixes), on=DEPLOYMENT).dropna(subset="live")
    fixes = fixes.drop(columns="deployment").rename(
        columns={"succeeded_at": "ended_at", "live": "deployment"}
    )
    fixes["deployment"] = fixes["deployment"].astype("int64")
    reasons = fixes.merge(successes[[*DEPLOYMENT, "succeeded_at"]], on=DEPLOYMENT)
    return reasons.assign(signal="hotfix", began_at=reasons["succeeded_at"])[REASON]


def by_label(
    successes: pd.DataFrame, history: History, described: Described, tables: Tables, config: Config
) -> pd.DataFrame:
    """F5: what shipped a change with a failure label, until the next success."""
    labelled = _labelled(tables, config.failures.labels)
    shipped = _shipped(labelled, history, described)
    following = successes.groupby(ENVIRONMENT)["succeeded_at"].shift(-1)
    reasons = successes.assign(ended_at=following).merge(_called(shipped), on=DEPLOYMENT)
    return reasons.assign(signal="label", began_at=reasons["succeeded_at"])[REASON]


def by_tag(successes: pd.DataFrame, tables: Tables, config: Config) -> pd.DataFrame:
    """F6: the latest success of a tagged commit in production, until one of another commit."""
    globs = compile_globs(config.failures.tags)
    tags = tables.tags[~(tables.tags["tagged_at"] >= config.window.until)]
    tags = tags[tags["tag"].isin([tag for tag in tags["tag"] if globs.fullmatch(tag)])]
    tagged = successes[successes["tier"] == "production"]
    # A run of one sha ends where the next has begun: that success ends what the tag says.
    by_environment = tagged.groupby(ENVIRONMENT)
    starts = tagged["succeeded_at"].where(tagged["sha"] != by_environment["sha"].shift())
    following = starts.groupby([tagged[name] for name in ENVIRONMENT]).shift(-1)
    ended_at = following.groupby([tagged[name] for name in ENVIRONMENT]).bfill()
    latest = tagged.assign(ended_at=ended_at).drop_duplicates([*ENVIRONMENT, "sha"], keep="last")
    reasons = latest.merge(tags[["repository", "sha", "tag"]], on=["repository", "sha"])
    return reasons.assign(signal="tag", began_at=reasons["succeeded_at"], by=reasons["tag"])[REASON]


def _labelled(tables: Tables, labels: tuple[str, ...]) -> pd.DataFrame:
    """Requests with one of *labels*, case ignored: `repository, number`."""
    wanted = {label.casefold() for label in labels}
    names = [name for name in tables.labels["label"].unique() if name.casefold() in wanted]
    found = tables.labels[tables.labels["label"].isin(names)]
    return found[["repository", "number"]].drop_duplicates()


def _shipped(requests: pd.DataFrame, history: History, described: Described) -> pd.DataFrame:
    """Which deployments shipped a change of *requests*: `repository, deployment, number`."""
    changes = described.loc[described["is_change"], ["repository", "sha", "number"]].dropna()
    changes = changes.astype({"number": "int64"}).merge(requests, on=["repository", "number"])
    shipped = history.shipped[history.shipped["sha"].isin(changes["sha"])]  # few of very many
    shipped = shipped.merge(changes, on=["repository", "sha"])
    return shipped[[*DEPLOYMENT, "number"]].drop_duplicates()


def _called(requests: pd.DataFrame) -> pd.DataFrame:
    """*requests* with `by`, as people call them: `repo#n`."""
    name = requests["repository"] + "#" + requests["number"].astype("str")
    return requests[DEPLOYMENT].assign(by=name)
