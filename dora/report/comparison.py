"""Compares two windows of equal length, and judges whether a change is more than noise.

K1 to K6; what moved a metric is for `dora.report.contributors`.
"""

from dataclasses import dataclass, replace
from math import isinf, isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.metrics.deployment_frequency import weekly_counts
from dora.metrics.effects import Episodes
from dora.metrics.judgement import (
    Tested,
    judge,
    tested_episodes,
    tested_rates,
    tested_shares,
    tested_times,
)
from dora.model.tables import Tables
from dora.report.contributors import find_contributors
from dora.report.figures import EPISODE, FREQUENCY, METRICS, RATE, Metric
from dora.report.measurement import Events, find_events, measure
from dora.report.model import BETTER, UNCLEAR, WORSE, Before, Compared, Comparison, Metrics
from dora.report.ranges import Interval, OpenInterval
from dora.report.rows import Groups, choose_tiers, find_groups

Floats = NDArray[np.float64]
#: Parts of a key that are the same when only their case differs (D1).
CASELESS = ("repository", "environment")


@dataclass(frozen=True)
class Side:
    """One of both windows: the rows that both have, with their metrics, and all events in it."""

    groups: list[int]
    metrics: list[Metrics]
    events: Events
    config: Config


def compare(
    groups: Groups,
    events: Events,
    metrics: dict[int, Metrics],
    analyses: tuple[Analysis, Analysis],
    tables: Tables,
    config: Config,
    year: str,
) -> tuple[dict[int, dict[str, Any]], Before]:
    """`previous` and `comparison` of each group that had a row in the window before (K1).

    *analyses* are that of the window before, as of its end, and that of now; *year* is the
    benchmark of the levels.
    """
    before, after = analyses
    earlier = config.before
    tiers = choose_tiers(after.environments, config)
    old_groups = find_groups(before.environments, tables, earlier, tiers)
    old_events = find_events(old_groups, before, earlier)
    old_metrics = measure(old_events, old_groups.rows.index, earlier.window, year)
    now_of = _match(old_groups, groups)
    old_events = _renumber(old_events, now_of)
    previous = {now_of[old]: found for old, found in old_metrics.items() if old in now_of}
    tests = _test(previous, metrics, old_events, events, earlier, config)
    names = _names(*analyses)
    contributors = find_contributors(tests, previous, old_events, events, names, tables, config)
    comparisons = {
        group: Comparison(**{
            metric: _compared(row, contributors.get((group, metric), ()))
            for metric, row in zip(METRICS, rows, strict=True)
        })
        for group, rows in _by_group(tests).items()
    }  # fmt: skip
    found = {
        group: {"previous": old, "comparison": comparisons[group]}
        for group, old in previous.items()
    }
    gone = tuple(key for old, key in old_groups.rows["key"].items() if old not in now_of)
    return found, Before(earlier.window.since, earlier.window.until, gone)


def _names(*analyses: Analysis) -> dict[tuple[str, str], str]:
    """What each environment is called, by repository and key; the later analysis has its way."""
    named = pd.concat([one.environments for one in analyses])
    keys = zip(named["repository"], named["environment_key"], strict=True)
    return dict(zip(keys, named["name"], strict=True))


def _match(old: Groups, new: Groups) -> dict[int, int]:
    """Which group of now each group of before is."""
    by_key = {_plain(key): group for group, key in new.rows["key"].items()}
    plain = {group: _plain(key) for group, key in old.rows["key"].items()}
    return {group: by_key[key] for group, key in plain.items() if key in by_key}  # type: ignore[misc]  # integers


def _plain(key: dict[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = ((name, text.casefold() if name in CASELESS else text) for name, text in key.items())
    return tuple(sorted(pairs))


def _renumber(events: Events, now_of: dict[int, int]) -> Events:
    """*events* of the groups that there still are, with their numbers of now."""
    return replace(events, **{
        name: frame[frame["group"].isin(now_of)].assign(group=lambda own: own["group"].map(now_of))
        for name, frame in vars(events).items()
    })  # fmt: skip


def _test(
    previous: dict[int, Metrics],
    metrics: dict[int, Metrics],
    old: Events,
    new: Events,
    earlier: Config,
    config: Config,
) -> pd.DataFrame:
    """One row a group and metric, metrics in the order of the report: what became of it.

    `group, metric, p_value` (NaN where there was nothing to test), `adjusted, sign` (of the
    move), `verdict, ratio, difference, low, high` (of either of these, infinite for no high end).
    """
    groups = [*previous]
    sides = (
        Side(groups, [*previous.values()], old, earlier),
        Side(groups, [metrics[group] for group in groups], new, config),
    )

    def test(metric: Metric) -> Tested:
        if metric.kind == FREQUENCY:
            return tested_rates(*map(_weeks, sides))
        if metric.kind == RATE:
            return tested_shares(*(one for side in sides for one in _counts(metric, side)))
        if metric.event == EPISODE:
            return tested_episodes(*map(_episodes, sides))
        return tested_times(*map(_lead_times, sides))

    tested = [test(metric) for metric in METRICS.values()]
    values = [[_values(metric, side) for side in sides] for metric in METRICS.values()]
    judged = judge(tested, [np.sign(now - before) for before, now in values])
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "group": np.array(groups, dtype="int64"),
                    "p_value": one.p_values,
                    "adjusted": found.adjusted,
                    "sign": one.signs,
                    "verdict": _words(metric, found.directions),
                    **_effects(metric, *both),
                    "low": one.low,
                    "high": one.high,
                }
            ).assign(metric=name)
            for (name, metric), one, found, both in zip(
                METRICS.items(), tested, judged, values, strict=True
            )
        ],
        ignore_index=True,
    ).astype({"metric": "str"})


def _values(metric: Metric, side: Side) -> Floats:
    """The headline numbers, NaN where there is none."""
    return np.array([metric.value(one) for one in side.metrics], dtype="float64")


def _effects(metric: Metric, before: Floats, now: Floats) -> dict[str, Floats]:
    """The `ratio` of the headline numbers, now to before, or of rates the `difference`."""
    nothing = np.full(len(before), np.nan)
    if metric.kind == RATE:
        return {"ratio": nothing, "difference": now - before}
    ratio = np.divide(now, before, out=nothing.copy(), where=before > 0)
    return {"ratio": ratio, "difference": nothing}


def _words(metric: Metric, directions: Floats) -> list[str]:
    """What each direction is called."""
    better = 1.0 if metric.more_is_better else -1.0
    words = {better: BETTER, -better: WORSE}
    return [words.get(one, UNCLEAR) for one in directions.tolist()]


def _weeks(side: Side) -> list[NDArray[np.int64]]:
    """The counts of the whole weeks of each row's exposure in its window (K2)."""
    exposures = [one.deployment_frequency.exposure_days for one in side.metrics]
    return weekly_counts(
        side.events.succeeded,
        pd.Index(side.groups, dtype="int64"),
        pd.Timestamp(side.config.window.until),
        np.array(exposures, dtype="float64"),
    )


def _counts(metric: Metric, side: Side) -> list[list[int]]:
    """Of a share: what was counted, and of how many."""
    records = [metric.of(one) for one in side.metrics]
    return [[getattr(one, name) for one in records] for name in (metric.count, metric.total)]


def _lead_times(side: Side) -> list[list[float]]:
    """Lead times: one median a deployment, for what was shipped together is one observation."""
    batches = ["group", "repository", "environment_key", "deployment"]
    medians = side.events.shipped.groupby(batches)["lead_time_seconds"].median()
    found = medians.groupby("group").agg(list).to_dict()
    return [found.get(group, []) for group in side.groups]


def _episodes(side: Side) -> list[Episodes]:
    """How long the episodes of each row took, and which of them have ended."""
    episodes = side.events.episodes
    end = episodes["ended_at"].fillna(pd.Timestamp(side.config.window.until))
    seconds = (end - episodes["began_at"]).dt.total_seconds()
    sample = pd.DataFrame(
        {"group": episodes["group"], "seconds": seconds, "ended": episodes["ended_at"].notna()}
    )
    lists = sample.groupby("group").agg(list)
    both = zip(lists["seconds"], lists["ended"], strict=True)
    found: dict[Any, Episodes] = dict(zip(lists.index, both, strict=True))
    return [found.get(group, ([], [])) for group in side.groups]


def _by_group(tests: pd.DataFrame) -> dict[int, list[dict[Any, Any]]]:
    found: dict[int, list[dict[Any, Any]]] = {}
    for row in tests.to_dict("records"):  # metric by metric, each in the order of the groups
        found.setdefault(row["group"], []).append(row)
    return found


def _compared(row: dict[Any, Any], contributors: Any) -> Compared:
    numbers = {
        name: None if pd.isna(row[name]) else float(row[name])
        for name in ("p_value", "adjusted", "ratio", "difference")
    }
    low, high = float(row["low"]), float(row["high"])
    ratio_interval = difference_interval = None
    if METRICS[row["metric"]].kind != RATE and not isnan(low):
        ratio_interval = OpenInterval(low, None if isinf(high) else high)
    elif not isnan(low):
        difference_interval = Interval(low, high)
    return Compared(
        verdict=None if pd.isna(row["p_value"]) else row["verdict"],
        p_value=numbers["p_value"],
        adjusted_p_value=numbers["adjusted"],
        ratio=numbers["ratio"],
        ratio_interval=ratio_interval,
        difference=numbers["difference"],
        difference_interval=difference_interval,
        moved_by=tuple(contributors),
    )
