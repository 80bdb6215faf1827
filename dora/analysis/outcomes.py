"""What became of each deployment, and which environments have a row."""

from collections.abc import Sequence
from typing import Any, NamedTuple, NewType

import numpy as np
import pandas as pd

from dora.config import Config
from dora.model.columns import instants_of, microseconds_of, texts_of
from dora.model.environments import environment_reader, row_key, service_reader
from dora.model.outcome_rules import (
    FAILURES,
    Status,
    first,
    in_order,
    join_histories,
    join_runs,
    run_of,
    succeeded_at,
)
from dora.model.shipped_commits import microseconds
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


class SuccessStatus(NamedTuple):
    """A success status before `until`; it may be one of several of its deployment."""

    repository: str
    environment_key: str
    deployment: int
    at: int  #: microseconds since 1970


def find_outcomes(
    deployments: Deployments, statuses: Statuses, config: Config
) -> tuple[Outcomes, list[SuccessStatus]]:
    """What became of each deployment before the window's end, and every success status.

    Only deployments and statuses before `until` exist (W2), and only those of chosen environments
    are looked at. With `deployments.collapse = "run"` the parts of one workflow run are one
    deployment (D6).
    """
    known = _with_environments(deployments, config)
    ids = [*zip(known["repository"].tolist(), known["deployment"].tolist(), strict=True)]
    is_joined = config.deployments.collapse == "run"
    histories = find_histories(ids, statuses, config, with_logs=is_joined)
    parts = [[deployment] for _, deployment in ids]
    if is_joined:
        wholes = _find_wholes(ids, known["name_key"].tolist(), histories)
        histories = [join_histories([histories[row] for row in whole]) for whole in wholes]
        parts = [[ids[row][1] for row in whole] for whole in wholes]
        firsts = [whole[0] for whole in wholes]
        known = known.take(firsts).reset_index(drop=True)
        ids = [ids[row] for row in firsts]
    known["parts"] = pd.Series(parts, index=known.index, dtype="object")
    outcomes = _judge(known, histories, config)
    succeeded = [
        SuccessStatus(repository, key, deployment, at)
        for (repository, deployment), key, history in zip(
            ids, known["environment_key"].tolist(), histories, strict=True
        )
        for state, at, _ in history
        if state == "success"
    ]
    return Outcomes(outcomes), succeeded


def show(outcomes: Outcomes, config: Config) -> Outcomes:
    """Those of *outcomes* whose environment may have a row: not left out nor ephemeral (D1, D5)."""
    is_shown = ~outcomes["is_left_out"].to_numpy()
    if not config.ephemeral:
        is_shown &= ~outcomes["is_ephemeral"].to_numpy()
    return outcomes if is_shown.all() else Outcomes(outcomes[is_shown])


def _with_environments(deployments: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Deployments before `until` to chosen environments, with what their environments are."""
    read = environment_reader(config)
    created = microseconds_of(deployments["created_at"])
    chosen = [read(name).is_chosen for name in deployments["environment"].tolist()]
    is_known = np.array(chosen, dtype="bool") & (created < microseconds(config.window.until))
    order = np.lexsort((deployments["deployment"].to_numpy(), created))
    known = deployments.take(order[is_known[order]]).reset_index(drop=True)
    environments = [read(name) for name in known["environment"].tolist()]
    service = service_reader(config.services)
    named = zip(environments, known["task"].tolist(), known["payload"].tolist(), strict=True)
    services = [
        service(environment.name, task, payload if isinstance(payload, str) else None)
        for environment, task, payload in named
    ]
    # The spelling shown is the most recently created deployment's (D1).
    keys = [
        (repository, environment.key)
        for repository, environment in zip(known["repository"].tolist(), environments, strict=True)
    ]
    spelling = dict(zip(keys, (one.name for one in environments), strict=True))
    row_keys = (row_key(one.key, of) for one, of in zip(environments, services, strict=True))
    return known.assign(
        name=texts_of([spelling[key] for key in keys]),
        name_key=texts_of([one.key for one in environments]),
        tier=texts_of([one.tier for one in environments]),
        is_ephemeral=np.array([one.is_ephemeral for one in environments], dtype="bool"),
        is_left_out=np.array([one.is_left_out for one in environments], dtype="bool"),
        service=texts_of(services),
        environment_key=texts_of([*row_keys]),
    )


def find_histories(
    ids: Sequence[tuple[str, int]], statuses: pd.DataFrame, config: Config, *, with_logs: bool
) -> list[list[Status]]:
    """The history of each of the deployments *ids*, instants in microseconds since 1970.

    Addresses of logs are there only if asked for: there are many, and only joining runs needs them.
    """
    found: dict[tuple[str, int], list[Status]] = {one: [] for one in ids}
    logs: list[Any] = [None] * len(statuses)
    if with_logs:
        logs = statuses["log_url"].fillna("").tolist()
    states, instants = statuses["state"].tolist(), microseconds_of(statuses["created_at"]).tolist()
    owners = zip(statuses["repository"].tolist(), statuses["deployment"].tolist(), strict=True)
    written = zip(states, instants, logs, strict=True)
    for one, status in zip(owners, written, strict=True):
        if one in found:
            found[one].append(status)
    until = microseconds(config.window.until)
    return [in_order(found[one], until) for one in ids]


def _find_wholes(
    ids: list[tuple[str, int]], name_keys: list[str], histories: list[list[Status]]
) -> list[list[int]]:
    """Rows of the deployments that each environment's workflow runs filed (D6), oldest first."""
    return join_runs(
        ((repository, name_key, run_of(history) or deployment), row)
        for row, ((repository, deployment), name_key, history) in enumerate(
            zip(ids, name_keys, histories, strict=True)
        )
    )


def _judge(known: pd.DataFrame, histories: list[list[Status]], config: Config) -> pd.DataFrame:
    """*known* with `succeeded_at`, `failed_status_at`, `finished_at` and `outcome` (D2, D3)."""
    stale_from = microseconds(config.window.until - config.stale_after)
    created = microseconds_of(known["created_at"]).tolist()
    succeeded, failed, states, finished, outcomes = [], [], [], [], []
    for history, created_at in zip(histories, created, strict=True):
        success, failure = succeeded_at(history), first(history, FAILURES)
        ends = [at for at in (success, failure and failure[1]) if at is not None]
        if failure is not None:
            outcome = "failure"
        elif success is not None:
            outcome = "success"
        else:
            is_inactive = bool(history) and history[-1][0] == "inactive"
            is_stale = is_inactive or created_at <= stale_from
            outcome = "abandoned" if is_stale else "in_progress"
        succeeded.append(success)
        failed.append(failure and failure[1])
        states.append(failure and failure[0])
        finished.append(min(ends, default=None))
        outcomes.append(outcome)
    return known.assign(
        succeeded_at=instants_of(succeeded),
        failed_status_at=instants_of(failed),
        failed_state=texts_of(states),
        finished_at=instants_of(finished),
        outcome=texts_of(outcomes),
    )


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
