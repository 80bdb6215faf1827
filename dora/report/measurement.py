"""Measures the metrics of every row, in a window or in its parts.

The window, its parts and the window before are all measured the same way: only the groups differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.analysis.analysis import Analysis
from dora.analysis.failures import Failures
from dora.analysis.outcomes import Outcomes
from dora.config import Config
from dora.config.window import Span, Window
from dora.metrics.change_fail_rate import change_fail_rate, count_reasons
from dora.metrics.change_lead_time import change_lead_time
from dora.metrics.deployment_frequency import deployment_frequency
from dora.metrics.recovery_time import recovery_time
from dora.metrics.rework_rate import rework_rate
from dora.model.columns import (
    MISSING,
    NOTHING,
    frame_of,
    instants_of,
    is_within,
    microseconds_of,
    take_rows,
)
from dora.model.tables import ENVIRONMENT
from dora.report.exposure import find_bounds
from dora.report.metric_records import metrics_of
from dora.report.model import Bucket, Metrics
from dora.report.rows import Groups


@dataclass(frozen=True)
class Events:
    """The events that a window counts, each row with its `group` and its instant.

    Deployments that changed nothing are none (D3).
    - `succeeded`: successes (DF1), by `succeeded_at`, with `is_rework`
    - `finished`: deployments that finished (F9), by `finished_at`, with `is_failed`,
      `is_never_live`, and for failed ones `began_at`, `ended_at` (R1)
    - `reasons`: why the failed ones of these failed, by `finished_at`
    - `shipped`: changes (LT6), by `shipped_at`
    - `episodes`: failures from their beginning to their recovery (R3), by `began_at`, with their
      first failed `deployment`
    - `carried_in`: episodes that began before the window and were open when it began (R3)
    - `bounds`: one row a group: between which instants it can be judged (`find_bounds`)
    """

    succeeded: pd.DataFrame
    finished: pd.DataFrame
    reasons: pd.DataFrame
    shipped: pd.DataFrame
    episodes: pd.DataFrame
    carried_in: pd.DataFrame
    bounds: pd.DataFrame


#: The instant that decides which part of a window an event is in, by the field of `Events`.
HAPPENED = {
    "succeeded": "succeeded_at",
    "finished": "finished_at",
    "reasons": "finished_at",
    "shipped": "shipped_at",
    "episodes": "began_at",
}
#: What measuring and comparing needs of a deployment.
OF_OUTCOMES = (*ENVIRONMENT, "deployment", "sha", "succeeded_at", "finished_at")


def find_events(groups: Groups, analysis: Analysis, config: Config) -> Events:
    """The events that the window counts for each of *groups*."""
    changes, failures = analysis.changes, analysis.failures
    marked = _mark(_changing(analysis.outcomes), failures)
    episodes, window = failures.episodes, config.window
    succeeded, finished = (
        groups.grouped(marked, where=_in_window(marked[name], window))
        for name in ("succeeded_at", "finished_at")
    )
    is_carried_in = (episodes["began_at"] < window.since) & ~(episodes["ended_at"] < window.since)
    return Events(
        succeeded=succeeded,
        finished=finished,
        reasons=_reasons(finished, failures),
        shipped=groups.grouped(changes, where=~changes["is_excluded"]),
        episodes=groups.grouped(episodes, where=_in_window(episodes["began_at"], window)),
        carried_in=groups.grouped(episodes, where=is_carried_in),
        bounds=find_bounds(groups, analysis, window),
    )


def _changing(outcomes: Outcomes) -> Outcomes:
    """Those of *outcomes* that changed something, or failed to (D3)."""
    is_unchanged = outcomes["is_unchanged"]
    if not is_unchanged.any():
        return outcomes
    return Outcomes(outcomes[~is_unchanged].reset_index(drop=True))


def _reasons(finished: pd.DataFrame, failures: Failures) -> pd.DataFrame:
    """The reasons of the failed deployments in *finished*, one row each, with `finished_at`."""
    rows: dict[tuple[str, int], list[int]] = {}
    for row, key in enumerate(_deployments(failures.reasons)):
        rows.setdefault(key, []).append(row)
    keys, failed = _deployments(finished), np.flatnonzero(finished["is_failed"])
    own = [rows[keys[row]] for row in failed.tolist()]
    of_failed = np.repeat(failed, [len(one) for one in own])
    return take_rows(
        failures.reasons,
        np.array([row for one in own for row in one], dtype="int64"),
        group=finished["group"].to_numpy()[of_failed],
        finished_at=finished["finished_at"].array.take(of_failed),
    )


def _deployments(frame: pd.DataFrame) -> list[tuple[str, int]]:
    """The deployment of each row, by repository and id."""
    return [*zip(frame["repository"].tolist(), frame["deployment"].tolist(), strict=True)]


def measure(events: Events, groups: pd.Index, window: Window, year: str) -> dict[int, Metrics]:
    """The five metrics of each of *groups* in *window*, compared with the benchmark *year*."""
    ends = pd.DatetimeIndex([window.until]).repeat(len(groups))
    records = _records(events, groups, (bounds_of(events, groups)["begins_at"], ends), window)
    return {group: metrics_of(numbers, year) for group, *numbers in records}


def measure_parts(
    events: Events, groups: pd.Index, window: Window, spans: tuple[Span, ...]
) -> dict[int, tuple[Bucket, ...]]:
    """The five metrics of each of *groups* in each of *spans*, the parts of *window* (T1, T2).

    An open episode is as old as at the window's end, whichever part it began in. A part that ends
    before the group began has no metrics, and the rates of that in which it began are of the rest.
    """
    count = len(spans)
    parts = pd.RangeIndex(len(groups) * count)
    starts, ends = (
        pd.DatetimeIndex([getattr(span, name) for span in spans]) for name in ("start", "end")
    )
    of_parts = replace(events, carried_in=_carry(events, starts), **{
        name: _cut(getattr(events, name), happened, starts) for name, happened in HAPPENED.items()
    })  # fmt: skip
    every = np.tile(np.arange(count), len(groups))
    bounds = bounds_of(events, groups)
    begins, settled = (bounds[name].repeat(count) for name in ("begins_at", "settled_at"))
    starts, ends = starts.take(every), ends.take(every)
    is_there = ends > begins
    exposures = starts.where((starts >= begins) | ~is_there, begins), ends
    buckets = [
        Bucket(
            start=span.start,
            end=span.end,
            partial=span.partial,
            young=is_young,
            metrics=metrics_of(numbers, "none") if was_there else None,
        )
        for span, is_young, was_there, (_, *numbers) in zip(
            spans * len(groups),
            (ends > settled).tolist(),
            is_there.tolist(),
            _records(of_parts, parts, exposures, window),
            strict=True,
        )
    ]
    return {
        group: tuple(buckets[place * count : (place + 1) * count])
        for place, group in enumerate(groups)
    }


def bounds_of(events: Events, groups: pd.Index) -> dict[str, pd.DatetimeIndex]:
    """The bounds of each of *groups*, in their order: `begins_at` (DF2) and `settled_at` (T3)."""
    rows = pd.Index(events.bounds["group"].to_numpy()).get_indexer(groups)
    names = ("begins_at", "settled_at")
    return {name: pd.DatetimeIndex(events.bounds[name]).take(rows) for name in names}


def _cut(events: pd.DataFrame, happened: str, starts: pd.DatetimeIndex) -> pd.DataFrame:
    """*events* with the number of their group's part of the window as their group."""
    part = starts.searchsorted(pd.DatetimeIndex(events[happened]), side="right") - 1
    return events.assign(group=events["group"] * len(starts) + part)


def _carry(events: Events, starts: pd.DatetimeIndex) -> pd.DataFrame:
    """The episodes that were open when a part of the window began, one row for each such part."""
    episodes = pd.concat([events.carried_in, events.episodes], ignore_index=True)
    first = starts.searchsorted(pd.DatetimeIndex(episodes["began_at"]), side="right")
    ends = pd.DatetimeIndex(episodes["ended_at"])
    after = np.where(ends.isna(), len(starts), starts.searchsorted(ends, side="right"))
    counts = np.maximum(after - first, 0)
    rows = np.repeat(np.arange(len(episodes)), counts)
    part = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + first[rows]
    return episodes.take(rows).assign(group=lambda own: own["group"] * len(starts) + part)


def _records(
    events: Events,
    groups: pd.Index,
    exposures: tuple[pd.DatetimeIndex, pd.DatetimeIndex],
    window: Window,
) -> Iterator[tuple[Any, ...]]:
    """Each group with the numbers of its five metrics, and its reasons.

    *exposures* are the starts and ends of the time that each group's rates are of (DF2).
    """
    until = pd.Timestamp(window.until)
    frames = (
        deployment_frequency(events.succeeded, groups, *exposures, window.timezone),
        change_lead_time(events.shipped, groups),
        change_fail_rate(events.finished, groups),
        recovery_time(events.episodes, groups, until, events.carried_in),
        rework_rate(events.succeeded, groups),
    )
    reasons = count_reasons(events.reasons)
    numbers = map(_as_dicts, frames)
    for group, *records in zip(groups.tolist(), *numbers, strict=True):
        yield group, *records, reasons.get(group, {})


def _as_dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame of numbers, by the names of its columns."""
    columns = {str(name): frame[name].tolist() for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _mark(outcomes: Outcomes, failures: Failures) -> pd.DataFrame:
    """Judged deployments with `is_failed`, `is_never_live` (F8) and `is_rework` (RW1)."""
    failed = {key: row for row, key in enumerate(_deployments(failures.failed))}
    rework = {*_deployments(failures.rework)}
    keys = _deployments(outcomes)
    rows = np.array([failed.get(key, NOTHING) for key in keys], dtype="int64")
    never_live = np.append(failures.failed["is_never_live"].to_numpy(), values=False)[rows]
    began_at, ended_at = (
        np.append(microseconds_of(failures.failed[name]), MISSING)[rows]
        for name in ("began_at", "ended_at")
    )
    return frame_of(
        **{name: outcomes[name].array for name in OF_OUTCOMES},
        began_at=instants_of(began_at),
        ended_at=instants_of(ended_at),
        is_failed=rows != NOTHING,
        is_rework=np.array([key in rework for key in keys], dtype="bool"),
        is_never_live=never_live,
    )


def _in_window(instants: pd.Series, window: Window) -> NDArray[np.bool_]:
    return is_within(instants, window.since, window.until)
