"""Works out of the tables what became of every deployment and commit, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dora.analysis.changes import Changes, WaitingChanges, describe_commits, find_changes
from dora.analysis.failures import Failures, find_failures
from dora.analysis.history import History, trace_history
from dora.analysis.outcomes import (
    Outcomes,
    SuccessStatus,
    find_environments,
    find_outcomes,
)
from dora.analysis.repositories import find_read
from dora.config import Config
from dora.model.columns import microseconds_of
from dora.model.shipped_commits import microseconds
from dora.model.tables import Deployments, Tables


@dataclass(frozen=True)
class Analysis:
    """Everything that was worked out of the tables.

    - `outcomes`: the judged deployments, W3 (a) and (b), with what became of them
    - `history`, `changes`, `waiting`, `failures`: see their modules
    - `environments`: those that have a row (G0)
    """

    outcomes: Outcomes
    history: History
    changes: Changes
    waiting: WaitingChanges
    failures: Failures
    environments: pd.DataFrame


def analyse(tables: Tables, config: Config) -> Analysis:
    """Work out what became of every deployment and commit; pure, and the same each time."""
    is_read = tables.deployments["repository"].isin(find_read(tables.repositories, config))
    deployments = tables.deployments if is_read.all() else tables.deployments[is_read]
    read, succeeded = find_outcomes(Deployments(deployments), tables.statuses, config)
    history = trace_history(read, tables, config)
    outcomes, judged = judge(read, succeeded, history, config)
    facts = describe_commits(history, tables, config)
    changes, waiting = find_changes(history, facts, tables, config)
    failures = find_failures(outcomes, judged, history, facts, tables, config)
    environments = find_environments(outcomes, config)
    return Analysis(outcomes, history, changes, waiting, failures, environments)


def judge(
    read: Outcomes, succeeded: Sequence[SuccessStatus], history: History, config: Config
) -> tuple[Outcomes, Sequence[SuccessStatus]]:
    """The deployments that count, W3 (a) and (b): what else came with a page enters nothing."""
    is_judged = microseconds_of(read["created_at"]) >= microseconds(config.lookback_start)
    if is_judged.all():
        return read, succeeded
    successes = history.successes
    columns = (successes[name].tolist() for name in ("repository", "deployment"))
    earlier = {*zip(*columns, strict=True)}
    keys = [*zip(read["repository"].tolist(), read["deployment"].tolist(), strict=True)]
    is_judged |= np.array([key in earlier for key in keys], dtype="bool")
    judged = {key for key, own in zip(keys, is_judged.tolist(), strict=True) if own}
    outcomes = read[is_judged].reset_index(drop=True)
    return Outcomes(outcomes), [
        one for one in succeeded if (one.repository, one.deployment) in judged
    ]
