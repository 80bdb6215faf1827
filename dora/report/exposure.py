"""From when on a row's rates are its own, and up to when its failures are known (DF2, T3)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.analysis.analysis import Analysis
from dora.analysis.failures import Failures
from dora.analysis.outcomes import Outcomes
from dora.config.window import Window
from dora.metrics.samples import sample
from dora.model.columns import MISSING, frame_of, instants_of, microseconds_of, texts_of
from dora.model.environment_index import index_environments
from dora.model.shipped_commits import microseconds
from dora.model.tables import DEPLOYMENT, ENVIRONMENT
from dora.report.rows import Groups

Instants = NDArray[np.int64]

DAY = 86_400_000_000  #: in microseconds
#: Rates of less than this say nothing: no exposure is shorter, but for that of a short window.
SHORTEST = 7 * DAY
#: Signals that come after a success and tell when they did.
LATE_SIGNALS = frozenset({"rollback", "revert", "hotfix", "incident"})
#: From so many failures on a row's own tell how late the next ones will be known.
ENOUGH = 20
#: The share of the failures that is known at that age, and the age where there are too few.
KNOWN = 0.8
USUAL_AGE = 7 * DAY


def find_bounds(groups: Groups, analysis: Analysis, window: Window) -> pd.DataFrame:
    """Between which instants each of *groups* can be judged, one row a group.

    `group`; `begins_at`, from which on its rates are (DF2); `settled_at`, up to which most of its
    failures are known: what ends later is young (T3).
    """
    count = len(groups.rows)
    created = groups.grouped(analysis.outcomes[[*ENVIRONMENT, "created_at"]])
    begins = _begins(created, created["group"].to_numpy(), count, window)
    settled = microseconds(window.until) - _ages(groups, analysis)
    return frame_of(
        group=groups.rows.index.to_numpy(dtype="int64"),
        begins_at=instants_of(begins),
        settled_at=instants_of(np.floor(settled).astype("int64")),
    )


def count_begun(analysis: Analysis, window: Window) -> int:
    """How many environments that have a row began in *window*, so that its rates are of a part."""
    environments = index_environments(analysis.environments)
    positions = environments.positions_of(analysis.outcomes)
    begins = _begins(
        analysis.outcomes[positions >= 0], positions[positions >= 0], len(environments.keys), window
    )
    return int((begins > microseconds(window.since)).sum())


def _begins(deployments: pd.DataFrame, positions: Instants, count: int, window: Window) -> Instants:
    """When the exposure of each of so many rows begins, by the rows' *positions*.

    With the creation of its first deployment, whatever became of that, but not before the window
    and not so late that the exposure would be shorter than SHORTEST.
    """
    since, until = microseconds(window.since), microseconds(window.until)
    first = np.full(count, until - SHORTEST)
    np.minimum.at(first, positions, microseconds_of(deployments["created_at"]))
    begins: Instants = np.maximum(first, since)
    return begins


def _ages(groups: Groups, analysis: Analysis) -> NDArray[np.float64]:
    """The age at which most failures of each of *groups* are known, in microseconds (T3)."""
    known_after = _known_after(analysis.outcomes, analysis.failures)
    if len(known_after) < ENOUGH:
        return np.full(len(groups.rows), float(USUAL_AGE))
    found = groups.grouped(known_after)
    ages = sample(
        found["age"].to_numpy(dtype="float64"), found["group"].to_numpy(), len(groups.rows)
    )
    return np.where(ages.sizes >= ENOUGH, ages.quantiles(KNOWN), USUAL_AGE)


def _known_after(outcomes: Outcomes, failures: Failures) -> pd.DataFrame:
    """How long after its success it was first known of each failed deployment, in microseconds.

    One row a deployment that succeeded and was marked by one of LATE_SIGNALS:
    `repository, environment_key, age`. An incident says so when it is opened, where its downtime
    begins; the others where theirs ends, with the success of the deployment that says so.
    """
    reasons = failures.reasons
    signals = reasons["signal"].tolist()
    keys = zip(*(reasons[name].tolist() for name in (*ENVIRONMENT, "deployment")), strict=True)
    instants = (microseconds_of(reasons[name]).tolist() for name in ("began_at", "ended_at"))
    succeeded_at: dict[tuple[str, int], int] = {}
    if any(signal in LATE_SIGNALS for signal in signals):
        succeeded_at = _succeeded_at(outcomes)
    earliest: dict[tuple[str, str, int], int] = {}
    for key, signal, began_at, ended_at in zip(keys, signals, *instants, strict=True):
        at = succeeded_at.get((key[0], key[2]), MISSING)
        if signal in LATE_SIGNALS and at != MISSING:
            age = max((began_at if signal == "incident" else ended_at) - at, 0)
            earliest[key] = min(age, earliest.get(key, age))
    return frame_of(
        repository=texts_of([repository for repository, _, _ in earliest]),
        environment_key=texts_of([environment for _, environment, _ in earliest]),
        age=np.array([*earliest.values()], dtype="int64"),
    )


def _succeeded_at(outcomes: Outcomes) -> dict[tuple[str, int], int]:
    """When each deployment succeeded, MISSING where it never did, by repository and id."""
    keys = zip(*(outcomes[name].tolist() for name in DEPLOYMENT), strict=True)
    return dict(zip(keys, microseconds_of(outcomes["succeeded_at"]).tolist(), strict=True))
