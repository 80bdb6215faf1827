"""Finds the few deployments and failures that contributed most to a change (K6)."""

from typing import Any

import numpy as np
import pandas as pd

from dora.config import Config
from dora.model.tables import ENVIRONMENT, Tables
from dora.report.deployment_names import DeploymentNames
from dora.report.figures import EPISODE, FAILURE, METRICS, REWORK, SHIPMENT, SUCCESS
from dora.report.measurement import Events
from dora.report.model import Contributor, Metrics

#: Movers named of one metric.
MOST = 3
NOW, BEFORE = "now", "before"
BATCH = ["group", *ENVIRONMENT, "deployment"]
COLUMNS = [*BATCH, "window", "kind", "at", "seconds", "changes", "open", "weight"]


def find_contributors(
    tests: pd.DataFrame,
    previous: dict[int, Metrics],
    old: Events,
    new: Events,
    names: dict[tuple[str, str], str],
    tables: Tables,
    config: Config,
) -> dict[tuple[int, str], list[Contributor]]:
    """The deployments and failures that contributed most to each move, the weightiest first (K6).

    *tests* has `group`, `metric`, and `sign`: whether the metric grew; *names* are those of the
    environments, by repository and key. Metrics that did not move, or that nothing of what is
    counted explains, are not in it.
    """
    moved = tests.loc[tests["sign"] != 0, ["group", "metric", "sign"]]
    medians = {group: one.change_lead_time.median for group, one in previous.items()}
    windows = _windows(old, new, config)
    found = {
        SUCCESS: [_pauses(events, at, window) for events, at, window in windows],
        SHIPMENT: [_batches(new, medians, moved)],
        FAILURE: [_failed(events, at, window) for events, at, window in windows],
        EPISODE: [_episodes(events, at, window) for events, at, window in windows],
        REWORK: [_rework(events, window) for events, _, window in windows],
    }
    candidates = pd.concat(
        [
            frame.assign(metric=name)
            for name, metric in METRICS.items()
            for frame in found.get(metric.event, ())
        ],
        ignore_index=True,
    ).astype({"metric": "str"})
    fitting = candidates.merge(moved, on=["group", "metric"])
    # What grew, grew by what came; what shrank, by what is gone: but for pauses, turned about.
    is_turned = fitting["metric"] == "deployment_frequency"
    wanted = np.where((fitting["sign"] > 0) != is_turned, NOW, BEFORE)
    is_batch = fitting["metric"] == "change_lead_time"
    fitting = fitting[(fitting["window"] == wanted) | is_batch]
    fitting = fitting.sort_values(
        ["group", "metric", "weight", "at", "deployment"],
        ascending=[True, True, False, False, True],
    )
    best = fitting.groupby(["group", "metric"]).head(MOST)
    return _as_contributors(best, names, tables)


def _windows(old: Events, new: Events, config: Config) -> tuple[tuple[Events, Any, str], ...]:
    """Both windows: their events, their ends, their names."""
    ends = (pd.Timestamp(config.window.since), pd.Timestamp(config.window.until))
    return (old, ends[0], BEFORE), (new, ends[1], NOW)


def _pauses(events: Events, until: pd.Timestamp, window: str) -> pd.DataFrame:
    """Successes, by how long none came after them."""
    successes = events.succeeded.sort_values(["group", "succeeded_at", "deployment"])
    following = successes.groupby("group")["succeeded_at"].shift(-1).fillna(until)
    seconds = (following - successes["succeeded_at"]).dt.total_seconds()
    return _candidates(
        successes, window, at=successes["succeeded_at"], seconds=seconds,
        weight=seconds,
    )  # fmt: skip


def _batches(events: Events, medians: dict[int, float | None], moved: pd.DataFrame) -> pd.DataFrame:
    """Deployments of now, by how many more of their changes were on the side it moved to."""
    signs = moved[moved["metric"] == "change_lead_time"].set_index("group")["sign"]
    shipped = events.shipped[events.shipped["group"].isin(signs.index)]
    middle = shipped["group"].map(medians).astype("float64")
    side = np.sign(shipped["lead_time_seconds"] - middle) * shipped["group"].map(signs)
    batches = (
        shipped.assign(side=side)
        .groupby(BATCH)
        .agg(
            at=("shipped_at", "first"),
            seconds=("lead_time_seconds", "median"),
            changes=("lead_time_seconds", "size"),
            weight=("side", "sum"),
        )
        .reset_index()
    )
    batches = batches[batches["weight"] > 0]
    return _candidates(batches, NOW)


def _failed(events: Events, until: pd.Timestamp, window: str) -> pd.DataFrame:
    """Failed deployments, by how long they hurt."""
    failed = events.finished[events.finished["is_failed"]]
    seconds = (failed["ended_at"].fillna(until) - failed["began_at"]).dt.total_seconds()
    return _candidates(
        failed, window, at=failed["finished_at"], seconds=seconds,
        open=failed["ended_at"].isna(), weight=seconds,
    )  # fmt: skip


def _episodes(events: Events, until: pd.Timestamp, window: str) -> pd.DataFrame:
    """Failures until their recovery, by their length so far; outages are called so (F8)."""
    episodes = events.episodes
    seconds = (episodes["ended_at"].fillna(until) - episodes["began_at"]).dt.total_seconds()
    kind = episodes["is_never_live"].map({True: "deployment", False: "outage"})
    return _candidates(
        episodes, window, kind=kind, at=episodes["began_at"], seconds=seconds,
        open=episodes["ended_at"].isna(), weight=seconds,
    )  # fmt: skip


def _rework(events: Events, window: str) -> pd.DataFrame:
    """Rework, the newest first."""
    rework = events.succeeded[events.succeeded["is_rework"]]
    return _candidates(rework, window, at=rework["succeeded_at"])


def _candidates(events: pd.DataFrame, window: str, **columns: Any) -> pd.DataFrame:
    """*events* as what may have moved a metric."""
    dull = {"kind": "deployment", "seconds": np.nan, "changes": 0, "open": False, "weight": 0.0}
    known = {name: value for name, value in dull.items() if name not in events}
    made = events.assign(**{**known, **columns, "window": window})
    return made[COLUMNS].astype({"weight": "float64", "seconds": "float64", "open": "bool"})


def _as_contributors(
    rows: pd.DataFrame, names: dict[tuple[str, str], str], tables: Tables
) -> dict[tuple[int, str], list[Contributor]]:
    deployments = DeploymentNames(tables.deployments, tables.repositories)
    found: dict[tuple[int, str], list[Contributor]] = {}
    for row in rows.to_dict("records"):  # a few a row of the report
        key = (row["repository"], int(row["deployment"]))
        contributor = Contributor(
            kind=row["kind"],
            window=row["window"],
            repository=row["repository"],
            environment=names[row["repository"], row["environment_key"]],
            id=deployments.id_of(*key),
            url=deployments.url_of(*key),
            at=row["at"].to_pydatetime(),
            seconds=None if pd.isna(row["seconds"]) else float(row["seconds"]),
            changes=int(row["changes"]) or None,
            open=bool(row["open"]),
        )
        found.setdefault((row["group"], row["metric"]), []).append(contributor)
    return found
