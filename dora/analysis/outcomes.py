"""What became of each deployment, and which environments have a row."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple, NewType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.config import Config
from dora.model.attempts import LONGEST_PAUSE, Part, Whole, join_attempts, take_apart
from dora.model.columns import (
    instants_of,
    microseconds_of,
    plain_rows,
    take_rows,
    texts_of,
    with_columns,
)
from dora.model.environments import MARK, environment_reader, row_key, service_reader
from dora.model.exclusions import FILED, Filed, exclusion_test
from dora.model.fixed_words import BEGUN, NOT_BEGUN, NOTHING_TO_CHANGE, RUNNER_GONE, says
from dora.model.outcome_rules import (
    FAILURES,
    StatusRecord,
    first,
    had_begun,
    has_not_started,
    in_order,
    succeeded_at,
)
from dora.model.shipped_commits import microseconds
from dora.model.tables import ENVIRONMENT, Deployments, Statuses

Outcomes = NewType("Outcomes", pd.DataFrame)
"""One row a deployment: DEPLOYMENTS and

- `name`, `name_key`, `tier`, `is_ephemeral`, `is_left_out`: its environment (D1, D4, D5)
- `parts`: ids of the deployments it is made of, its own first (D6)
- `service` (G3), "" for none; `environment_key`: environment and service, what has one history
- `succeeded_at`, `failed_status_at`: instants, missing where it never did (D2)
- `finished_at`: the earlier of the two; missing where it had not started, or lost its runner (D3)
- `failed_state`: `failure` or `error`, what the first failure status said
- `outcome`: `success`, `failure`, `not_started`, `in_progress` or `abandoned` (D3)
- `is_unchanged`: whether it succeeded without changing anything (D3)
- `had_begun`: whether our own action says that the change had begun (F8)
- `remark`: why it is not what its statuses alone would say, in a few words (D3, F8)

Sorted by `created_at`, then `deployment`.
"""


#: Behind the key of an environment: its deployments that are none (D9).
EXCLUDED = 2 * MARK
MINUTE = 60_000_000  #: in microseconds


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
    wholes = _find_wholes(known, histories, is_joined=is_joined)
    parts = [[ids[row][1] for row in whole.parts] for whole in wholes]
    if is_joined:
        firsts = [whole.parts[0] for whole in wholes]
        known = known.take(firsts).reset_index(drop=True)
        ids = [ids[row] for row in firsts]
    known["parts"] = pd.Series(parts, index=known.index, dtype="object")
    outcomes = _judge(known, wholes, config)
    succeeded = [
        SuccessStatus(repository, key, deployment, status.at)
        for (repository, deployment), key, whole in zip(
            ids, known["environment_key"].tolist(), wholes, strict=True
        )
        for status in whole.history
        if status.state == "success"
    ]
    return Outcomes(outcomes), succeeded


def show(outcomes: Outcomes, config: Config) -> Outcomes:
    """Those of *outcomes* whose environment may have a row: not left out nor ephemeral (D1, D5)."""
    is_shown = find_shown(outcomes, config)
    return outcomes if is_shown.all() else Outcomes(outcomes[is_shown])


def find_shown(outcomes: Outcomes, config: Config) -> NDArray[np.bool_]:
    """Whether the environment of each of *outcomes* may have a row (D1, D5)."""
    is_shown: NDArray[np.bool_] = ~outcomes["is_left_out"].to_numpy()
    return is_shown if config.ephemeral else is_shown & ~outcomes["is_ephemeral"].to_numpy()


def _with_environments(deployments: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Deployments before `until` to chosen environments, with what their environments are."""
    read = environment_reader(config)
    is_excluded = exclusion_test(config.deployments.exclude)
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
    excluded = [is_excluded(filed) for filed in _filed(known, config)]
    # The spelling shown is the most recently created deployment's (D1), of those that are any.
    keys = [
        (repository, environment.key)
        for repository, environment in zip(known["repository"].tolist(), environments, strict=True)
    ]
    named_last = sorted(
        zip(keys, excluded, (one.name for one in environments), strict=True),
        key=lambda one: not one[1],
    )
    spelling = {key: name for key, _, name in named_last}
    # What is no deployment of its environment has a key that no environment has (D9).
    row_keys = (
        row_key(one.key, of) + EXCLUDED * is_none
        for one, of, is_none in zip(environments, services, excluded, strict=True)
    )
    return with_columns(
        known,
        name=texts_of([spelling[key] for key in keys]),
        name_key=texts_of([one.key for one in environments]),
        tier=texts_of([one.tier for one in environments]),
        is_ephemeral=np.array([one.is_ephemeral for one in environments], dtype="bool"),
        is_left_out=np.array([one.is_left_out for one in environments], dtype="bool")
        | np.array(excluded, dtype="bool"),
        service=texts_of(services),
        environment_key=texts_of([*row_keys]),
    )


def _filed(known: pd.DataFrame, config: Config) -> Iterator[Filed]:
    """What each deployment says of itself, in order; nothing needs to be known of it by default."""
    if not config.deployments.exclude:
        return repeat(Filed("", "", None, None), len(known))
    return (Filed(*row) for row in plain_rows(known, *FILED))


def find_histories(
    ids: Sequence[tuple[str, int]], statuses: pd.DataFrame, config: Config, *, with_logs: bool
) -> list[list[StatusRecord]]:
    """The history of each of the deployments *ids*, instants in microseconds since 1970.

    Addresses of logs are there only if asked for: there are many, and only joining runs needs them.
    """
    found: dict[tuple[str, int], list[StatusRecord]] = {one: [] for one in ids}
    logs = statuses["log_url"] if with_logs else None
    states, instants = statuses["state"].tolist(), microseconds_of(statuses["created_at"]).tolist()
    owners = zip(statuses["repository"].tolist(), statuses["deployment"].tolist(), strict=True)
    written = zip(
        states, instants, _texts(logs, len(states)), _texts(statuses["description"], len(states)),
        strict=True,
    )  # fmt: skip
    for one, status in zip(owners, map(StatusRecord._make, written), strict=True):
        if one in found:
            found[one].append(status)
    until = microseconds(config.window.until)
    return [in_order(found[one], until) for one in ids]


def _texts(column: pd.Series | None, count: int) -> list[Any]:
    """The texts of a *column* of so many rows, None for all where it holds none."""
    if column is None or column.isna().all():
        return [None] * count
    return column.fillna("").tolist()


def _find_wholes(
    known: pd.DataFrame, histories: Sequence[Sequence[StatusRecord]], *, is_joined: bool
) -> list[Whole[int]]:
    """The deployments whose parts are rows of *known*, oldest first; joined by attempts (D6)."""
    payloads = known["payload"].tolist() if is_joined else [None] * len(known)
    created = microseconds_of(known["created_at"]).tolist()
    parts = [
        Part(row, at, history, payload if isinstance(payload, str) else None)
        for row, (at, history, payload) in enumerate(zip(created, histories, payloads, strict=True))
    ]
    if not is_joined:
        return take_apart(parts)
    # What is left out belongs together with its like alone.
    columns = (*ENVIRONMENT, "is_left_out")
    environments = zip(*(known[name].tolist() for name in columns), strict=True)
    wholes = join_attempts(zip(environments, parts, strict=True), LONGEST_PAUSE * MINUTE)
    return sorted(wholes, key=lambda one: one.parts[0])


class _Judgement(NamedTuple):
    """What became of one deployment; instants in microseconds since 1970."""

    succeeded_at: int | None
    failed_status_at: int | None
    failed_state: str | None
    finished_at: int | None
    outcome: str
    had_begun: bool
    remark: str | None


#: Remark on what a person refused, or nobody approved in time (D3).
REFUSED = "approval refused or expired"


def _judge_one(whole: Whole[int], *, is_stale: bool) -> _Judgement:
    """What became of a deployment (D2, D3, F8)."""
    history = whole.history
    success, failure = succeeded_at(history), first(history, FAILURES)
    broke = failure if success is None else None
    finished = success if failure is None else failure.at
    if failure is not None and success is not None:
        finished = min(success, failure.at)
    begun = had_begun(history)
    remark = NOTHING_TO_CHANGE if whole.is_unchanged else BEGUN if begun else None
    if broke is not None and has_not_started(history, broke):
        outcome, finished = "not_started", None
        remark = NOT_BEGUN if says(broke.description, NOT_BEGUN) else REFUSED
    elif broke is not None and says(broke.description, RUNNER_GONE):
        outcome, finished, remark = "abandoned", None, RUNNER_GONE
    elif failure is not None:
        outcome = "failure"
    elif success is not None:
        outcome = "success"
    else:
        is_inactive = bool(history) and history[-1].state == "inactive"
        outcome = "abandoned" if is_stale or is_inactive else "in_progress"
    return _Judgement(
        success,
        failure and failure.at,
        failure and failure.state,
        finished,
        outcome,
        begun,
        remark,
    )


def _judge(known: pd.DataFrame, wholes: Sequence[Whole[int]], config: Config) -> pd.DataFrame:
    """*known* with what became of each deployment (D2, D3)."""
    stale_from = microseconds(config.window.until - config.stale_after)
    created = microseconds_of(known["created_at"]).tolist()
    judged = [
        _judge_one(whole, is_stale=at <= stale_from)
        for whole, at in zip(wholes, created, strict=True)
    ]
    return with_columns(
        known,
        succeeded_at=instants_of([one.succeeded_at for one in judged]),
        failed_status_at=instants_of([one.failed_status_at for one in judged]),
        failed_state=texts_of([one.failed_state for one in judged]),
        finished_at=instants_of([one.finished_at for one in judged]),
        outcome=texts_of([one.outcome for one in judged]),
        is_unchanged=np.array([whole.is_unchanged for whole in wholes], dtype="bool"),
        had_begun=np.array([one.had_begun for one in judged], dtype="bool"),
        remark=texts_of([one.remark for one in judged]),
    )


def find_environments(outcomes: Outcomes, config: Config) -> pd.DataFrame:
    """Every environment that has a row (G0): `repository, environment_key, name, service, tier`.

    It had a deployment that finished since the look-back began, and is neither ephemeral (unless
    asked for) nor left out.
    """
    is_recent = microseconds_of(outcomes["created_at"]) >= microseconds(config.lookback_start)
    is_recent &= outcomes["finished_at"].notna().to_numpy() & find_shown(outcomes, config)
    keys = zip(*(outcomes[name].tolist() for name in ENVIRONMENT), strict=True)
    newest = {key: row for row, key in enumerate(keys) if is_recent[row]}
    columns = [*ENVIRONMENT, "name", "name_key", "service", "tier", "is_ephemeral", "created_at",
               "deployment"]  # fmt: skip
    return take_rows(outcomes[columns], np.array(sorted(newest.values()), dtype="int64"))
