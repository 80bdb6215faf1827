"""Computes the change fail rate under other definitions of failure (F1–F9).

The analysis need not run again: signals are independent of each other, so the reasons already found
show which deployments each signal would mark alone.
"""

from dataclasses import dataclass
from typing import get_args

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import Outcomes
from dora.config import Config
from dora.config.settings import FailureSettings
from dora.model.tables import DEPLOYMENT, ENVIRONMENT
from dora.report.model import SIGNALS

STATUSES = get_args(FailureSettings.model_fields["status"].annotation)


@dataclass(frozen=True)
class Sensitivity:
    """How many of one row's deployments fail under other definitions; rates are of *deployments*.

    In *by_status* all other signals are as configured; *status* is what is configured.
    """

    repository: str
    environment: str
    service: str
    deployments: int  #: that finished in the window (F9)
    failed: int  #: as configured
    alone: dict[str, int]  #: signal that is on → failed, if it were the only one
    off: tuple[str, ...]  #: signals that are off in the configuration
    status: str
    by_status: dict[str, int]  #: any, live, off (F8) → failed


def find_sensitivities(analysis: Analysis, config: Config) -> tuple[Sensitivity, ...]:
    """One for each row of a report by repository (G0), sorted by repository and environment.

    The cohort is F9's: deployments whose `finished_at` is in the window, each counted once.
    """
    window, outcomes = config.window, analysis.outcomes
    is_finished = outcomes["finished_at"].between(window.since, window.until, inclusive="left")
    finished = outcomes[is_finished & ~outcomes["is_unchanged"]]
    failed = _find_failed(finished, analysis, config)
    rows = analysis.environments.sort_values(ENVIRONMENT)
    sizes = finished.groupby(ENVIRONMENT).size()
    counts = {name: found.groupby(ENVIRONMENT).size() for name, found in failed.items()}
    columns = (rows[name].tolist() for name in (*ENVIRONMENT, "name", "service"))
    found = []
    for repository, key, name, service in zip(*columns, strict=True):
        row = {what: int(count.get((repository, key), 0)) for what, count in counts.items()}
        found.append(
            Sensitivity(
                repository,
                name,
                service,
                deployments=int(sizes.get((repository, key), 0)),
                failed=row[f"status={config.failures.status}"],
                alone={signal: row[signal] for signal in SIGNALS if signal in row},
                off=tuple(signal for signal in SIGNALS if signal not in row),
                status=config.failures.status,
                by_status={status: row[f"status={status}"] for status in STATUSES},
            )
        )
    return tuple(found)


def _find_failed(
    finished: pd.DataFrame, analysis: Analysis, config: Config
) -> dict[str, pd.DataFrame]:
    """Those of *finished* that fail by each signal that is on, and by each value of `status`."""
    reasons = analysis.failures.reasons
    others = _marked(finished, reasons[reasons["signal"] != "status"])
    by_choice = {status: _by_status(finished, status) for status in STATUSES}
    found = {
        signal: _marked(finished, reasons[reasons["signal"] == signal])
        for signal in SIGNALS[1:]
        if getattr(config.failures, signal)
    }
    if config.failures.status != "off":
        found["status"] = finished[by_choice[config.failures.status]]
    is_other = finished.index.isin(others.index)
    return found | {
        f"status={status}": finished[chosen | is_other] for status, chosen in by_choice.items()
    }


def _marked(finished: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """Those of *finished* that *reasons* mark, without duplicates."""
    marked = pd.MultiIndex.from_frame(reasons[DEPLOYMENT])
    return finished[pd.MultiIndex.from_frame(finished[DEPLOYMENT]).isin(marked)]


def _by_status(finished: Outcomes | pd.DataFrame, status: str) -> pd.Series:
    """Whether each of *finished* fails by F1 under the value *status* of F8."""
    is_failed = finished["failed_status_at"].notna()
    if status == "live":
        return is_failed & finished["succeeded_at"].notna()
    return is_failed & (status == "any")
