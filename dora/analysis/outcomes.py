"""Deployments and their statuses in, what became of each deployment out: D1–D6, W2."""

from typing import NewType

import pandas as pd

from dora.config import Config
from dora.model.environments import MARK, environment_reader, service_reader
from dora.model.tables import ENVIRONMENT, Deployments, Statuses

Outcomes = NewType("Outcomes", pd.DataFrame)
"""One row a deployment: DEPLOYMENTS and

- `name`, `name_key`, `tier`, `is_ephemeral`, `is_left_out`: its environment (D1, D4, D5)
- `parts`: ids of the deployments it is made of, its own first (D6)
- `service` (G3), "" for none; `environment_key`: environment and service, what has one history
- `succeeded_at`, `failed_status_at`, `finished_at`: instants, missing where it never did (D2, D3)
- `failed_state`: `failure` or `error`, what the first failure status said
- `outcome`: `success`, `failure`, `in_progress` or `abandoned` (D3)

Sorted by `created_at`, then `deployment`.
"""

SuccessStatuses = NewType("SuccessStatuses", pd.DataFrame)
"""One row a success status before `until`: `repository, environment_key, deployment,
created_at`."""

#: D2's order of statuses written at one instant; whatever else there is comes first.
RANK = {"failure": 1, "error": 1, "success": 2, "inactive": 3}
RUN = r"^(\S*?/actions/runs/\d+)"


def find_outcomes(
    deployments: Deployments, statuses: Statuses, config: Config
) -> tuple[Outcomes, SuccessStatuses]:
    """What became of each deployment before the window's end, and every success status.

    Only deployments and statuses before `until` exist (W2), only chosen environments are looked
    at. With `deployments.collapse = "run"` the parts of one workflow run are one deployment (D6).
    """
    known = _with_environments(deployments, config)
    told = _in_order(statuses, known, config)
    if config.deployments.collapse == "run":
        known, told = _collapse_runs(known, told)
    known = _judge(known, told, config)
    succeeded = told.loc[told["state"] == "success", ["repository", "deployment", "created_at"]]
    keys = known[["repository", "deployment", "environment_key"]]
    return Outcomes(known), SuccessStatuses(succeeded.merge(keys, on=["repository", "deployment"]))


def show(outcomes: Outcomes, config: Config) -> Outcomes:
    """Those of *outcomes* whose environment may have a row: not left out nor ephemeral (D1, D5)."""
    is_shown = ~outcomes["is_left_out"] & (config.ephemeral | ~outcomes["is_ephemeral"])
    return Outcomes(outcomes[is_shown])


def _with_environments(deployments: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Deployments before `until` to chosen environments, with what their environments are."""
    known = deployments[deployments["created_at"] < config.window.until]
    read = environment_reader(config)
    names = known["environment"].unique()
    environments = pd.DataFrame(
        [(name, *_columns(read(name))) for name in names],
        columns=["environment", "name", "name_key", "tier", "is_ephemeral", "is_left_out",
                 "is_chosen"],
    ).astype({"environment": "str", "name": "str", "name_key": "str", "tier": "str",
              "is_ephemeral": "bool", "is_left_out": "bool", "is_chosen": "bool"})  # fmt: skip
    known = known.merge(environments, on="environment", how="left")
    known = known[known["is_chosen"]].drop(columns="is_chosen")
    service = service_reader(config.services)
    named = zip(known["name"], known["task"], known["payload"], strict=True)
    known["service"] = pd.Series(
        [service(name, task, payload if isinstance(payload, str) else None)
         for name, task, payload in named], index=known.index, dtype="str",
    )  # fmt: skip
    known["environment_key"] = known["name_key"].where(
        known["service"] == "", known["name_key"] + MARK + known["service"]
    )
    known = known.sort_values(["created_at", "deployment"], ignore_index=True)
    alone = [[deployment] for deployment in known["deployment"]]
    known["parts"] = pd.Series(alone, index=known.index, dtype="object")
    known["name"] = known.groupby(["repository", "name_key"])["name"].transform("last")
    return known


def _columns(environment: object) -> tuple[object, ...]:
    return tuple(vars(environment).values())


def _in_order(statuses: pd.DataFrame, known: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Statuses before `until` of *known*, in D2's order within their deployment."""
    told = statuses[statuses["created_at"] < config.window.until]
    told = told.merge(known[["repository", "deployment"]], on=["repository", "deployment"])
    told["rank"] = told["state"].map(RANK).fillna(0).astype("int64")
    return told.sort_values(
        ["repository", "deployment", "created_at", "rank", "state"], ignore_index=True
    )


def _judge(known: pd.DataFrame, told: pd.DataFrame, config: Config) -> pd.DataFrame:
    """*known* with `succeeded_at`, `failed_status_at`, `finished_at` and `outcome`."""
    key = ["repository", "deployment"]
    is_failure = told["state"].isin(["failure", "error"])
    firsts = {
        "succeeded_at": told[told["state"] == "success"].groupby(key)["created_at"].min(),
        "failed_status_at": told[is_failure].groupby(key)["created_at"].min(),
        "failed_state": told[is_failure].groupby(key)["state"].first(),
        "last_state": told.groupby(key)["state"].last(),
    }
    for name, values in firsts.items():
        known = known.merge(values.rename(name), left_on=key, right_index=True, how="left")
    known["finished_at"] = known[["succeeded_at", "failed_status_at"]].min(axis=1)
    is_stale = (known["last_state"] == "inactive") | (
        config.window.until - known["created_at"] >= config.stale_after
    )
    outcome = is_stale.map({True: "abandoned", False: "in_progress"})
    outcome = outcome.mask(known["succeeded_at"].notna(), "success")
    known["outcome"] = outcome.mask(known["failed_status_at"].notna(), "failure").astype("str")
    return known.drop(columns="last_state")


def _collapse_runs(known: pd.DataFrame, told: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One deployment an environment and workflow run (D6), named after its first part.

    A success of a part tells nothing until every part has succeeded: before that instant the
    whole had not. Failures tell at once.
    """
    key = ["repository", "deployment"]
    runs = told["log_url"].str.extract(RUN)[0].groupby([told[k] for k in key]).first()
    parts = known[[*key, "name_key"]].merge(
        runs.rename("run"), left_on=key, right_index=True, how="left"
    )
    own = parts["repository"] + "#" + parts["deployment"].astype("str")
    parts["run"] = parts["run"].fillna(own)
    whole = parts.groupby(["repository", "name_key", "run"])["deployment"]
    parts["whole"] = whole.transform("first")

    firsts = (
        told[told["state"] == "success"].groupby(key)["created_at"].min().rename("succeeded_at")
    )
    parts = parts.merge(firsts, left_on=key, right_index=True, how="left")
    by_whole = parts.groupby(["repository", "whole"])["succeeded_at"]
    every = by_whole.transform("count") == by_whole.transform("size")
    parts["counts_from"] = by_whole.transform("max").where(every)

    told = told.merge(parts[[*key, "whole", "counts_from"]], on=key)
    is_early = told["created_at"] < told["counts_from"]
    is_partial = (told["state"] == "success") & (told["counts_from"].isna() | is_early)
    told = told[~is_partial]
    told = told.assign(deployment=told["whole"]).drop(columns=["whole", "counts_from"])
    told = told.sort_values(
        ["repository", "deployment", "created_at", "rank", "state"], ignore_index=True
    )
    ids = parts.groupby(["repository", "whole"])["deployment"].agg(list).rename("parts")
    known = known.drop(columns="parts").merge(ids, left_on=key, right_index=True)
    return known.sort_values(["created_at", "deployment"], ignore_index=True), told


def find_environments(outcomes: Outcomes, config: Config) -> pd.DataFrame:
    """Every environment that has a row (G0): `repository, environment_key, name, service, tier`.

    It had a deployment that finished since the look-back began, and is neither ephemeral (unless
    asked for) nor left out.
    """
    start = config.lookback_start
    shown = show(outcomes, config)
    recent = shown[(shown["created_at"] >= start) & shown["finished_at"].notna()]
    return recent.drop_duplicates(ENVIRONMENT, keep="last")[
        [*ENVIRONMENT, "name", "name_key", "service", "tier", "created_at", "deployment"]
    ]
