"""Tables in, every derived frame out: what a report and the evidence behind it are made from."""

from dataclasses import dataclass

import pandas as pd

from dora.analysis.changes import Changes, WaitingChanges, describe_commits, find_changes
from dora.analysis.failures import Failures, find_failures
from dora.analysis.history import History, trace_history
from dora.analysis.outcomes import Outcomes, SuccessStatuses, find_environments, find_outcomes
from dora.analysis.repositories import find_read
from dora.config import Config
from dora.model.tables import DEPLOYMENT, Deployments, Tables


@dataclass(frozen=True)
class Analysis:
    """Everything that was worked out of the tables.

    - `outcomes`: the judged deployments, W3 (a) and (b), with what became of them
    - `history`, `changes`, `waiting`, `failures`: see their rooms
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
    deployments = Deployments(tables.deployments[is_read])
    read, succeeded = find_outcomes(deployments, tables.statuses, config)
    history = trace_history(read, tables, config)
    outcomes, succeeded = judge(read, succeeded, history, config)
    described = describe_commits(history, tables, config)
    changes, waiting = find_changes(history, described, outcomes, config)
    failures = find_failures(outcomes, succeeded, history, described, tables, config)
    environments = find_environments(outcomes, config)
    return Analysis(outcomes, history, changes, waiting, failures, environments)


def judge(
    read: Outcomes, succeeded: SuccessStatuses, history: History, config: Config
) -> tuple[Outcomes, SuccessStatuses]:
    """The deployments that count, W3 (a) and (b): what else came with a page enters nothing."""
    is_recent = read["created_at"] >= config.lookback_start
    earlier = pd.MultiIndex.from_frame(history.successes[DEPLOYMENT])
    is_judged = is_recent | pd.MultiIndex.from_frame(read[DEPLOYMENT]).isin(earlier)
    outcomes = read[is_judged].reset_index(drop=True)
    keys = outcomes[DEPLOYMENT]
    return Outcomes(outcomes), SuccessStatuses(succeeded.merge(keys, on=DEPLOYMENT))
