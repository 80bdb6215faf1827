"""Compares two windows of equal length, and judges whether a change is more than noise.

K1 to K6; what moved a metric is for `dora.report.contributors`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.config.window import has_whole_weeks
from dora.metrics.significance import (
    CLEAR,
    Shift,
    adjust,
    rate_floors,
    rate_p_values,
    share_floors,
    share_p_values,
    shift_floors,
    shift_of,
    shift_of_episodes,
)
from dora.model.tables import ENVIRONMENT, Tables
from dora.report.contributors import find_contributors
from dora.report.figures import EPISODE, FREQUENCY, METRICS, RATE, Metric
from dora.report.measurement import Events, find_events, measure
from dora.report.model import BETTER, UNCLEAR, WORSE, Before, Compared, Comparison, Metrics
from dora.report.rows import Groups, choose_tiers, find_groups

#: Number of a group, its metrics before, its metrics now.
Pairs = list[tuple[int, Metrics, Metrics]]
#: Parts of a key that are the same when only their case differs (D1).
CASELESS = ("repository", "environment")


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
    begun = {now_of.get(group) for group in _begun(old_groups, before)}
    if not has_whole_weeks(config.window.days):
        begun = {*previous}
    tests = _test(previous, metrics, old_events, events, earlier, config, begun)
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


def _begun(groups: Groups, analysis: Analysis) -> set[int]:
    """Groups whose first success of all lies in the window (LT2): nothing came before."""
    successes = analysis.history.successes
    firsts = groups.grouped(successes[successes["is_baseline"]])["group"]
    older = groups.grouped(
        successes[~successes.groupby(ENVIRONMENT)["is_baseline"].transform("any")]
    )["group"]
    return {*firsts} - {*older}


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
    begun: set[int | None],
) -> pd.DataFrame:
    """One row a group and metric, metrics in the order of the report: what became of it.

    `group, metric, p_value` (NaN where there was nothing to test), `adjusted, sign` (of the
    move), `verdict, ratio, difference`.
    """
    pairs = [(group, before, metrics[group]) for group, before in previous.items()]

    def test(metric: Metric) -> pd.DataFrame:
        if metric.kind == FREQUENCY:
            return _frequencies(metric, pairs, begun)
        if metric.kind == RATE:
            return _shares(metric, pairs)
        if metric.event == EPISODE:
            return _recoveries(metric, pairs, old, new, earlier, config)
        return _lead_times(metric, pairs, old, new)

    tests = pd.concat(
        [test(metric).assign(metric=name) for name, metric in METRICS.items()],
        ignore_index=True,
    ).astype({"metric": "str"})
    tests["adjusted"] = adjust(tests["p_value"].where(tests["floor"] <= CLEAR))
    better = {name: 1 if metric.more_is_better else -1 for name, metric in METRICS.items()}
    direction = tests["sign"] * tests["metric"].map(better).astype("float64")
    is_clear = (tests["adjusted"] <= CLEAR) & tests["agrees"]
    words = direction.map({1.0: BETTER, -1.0: WORSE, 0.0: UNCLEAR}).astype("str")
    return tests.assign(verdict=words.where(is_clear, UNCLEAR))


def _frame(
    pairs: Pairs,
    values: list[tuple[float | None, float | None]],
    p_values: Any,
    floors: Any,
    signs: Any = None,
    *,
    is_rate: bool = False,
) -> pd.DataFrame:
    """One row a pair: its values before and now set side by side, and how likely they are.

    Where *signs* of a test are given, a move counts only where the values moved that way.
    """
    before, now = (np.array(side, dtype="float64") for side in zip(*values, strict=True)) if (
        values) else (np.array([]), np.array([]))  # fmt: skip
    moved = np.nan_to_num(np.sign(now - before))
    nothing = np.full(len(pairs), np.nan)
    ratio = np.divide(now, before, out=nothing.copy(), where=before > 0)
    return pd.DataFrame(
        {
            "group": np.array([group for group, _, _ in pairs], dtype="int64"),
            "p_value": np.asarray(p_values, dtype="float64"),
            "floor": np.asarray(floors, dtype="float64"),
            "sign": moved if signs is None else np.asarray(signs, dtype="float64"),
            "agrees": True if signs is None else moved == np.asarray(signs, dtype="float64"),
            "ratio": nothing if is_rate else ratio,
            "difference": now - before if is_rate else nothing,
        }
    )


def _frequencies(metric: Metric, pairs: Pairs, begun: set[int | None]) -> pd.DataFrame:
    """Frequencies; those of *begun* are not compared, for only part of a window was theirs."""
    counts = [
        (None, None) if group in begun else (metric.counted(before), metric.counted(now))
        for group, before, now in pairs
    ]
    old, new = zip(*((a or 0, b or 0) for a, b in counts), strict=True) if counts else ((), ())
    return _frame(pairs, [*counts], rate_p_values(old, new), rate_floors(old, new))


def _shares(metric: Metric, pairs: Pairs) -> pd.DataFrame:
    """Rates: what was counted, of how many."""
    counts = [
        tuple(
            getattr(metric.of(metrics), name)
            for metrics in (before, now)
            for name in (metric.count, metric.total)
        )
        for _, before, now in pairs
    ]
    columns = [*zip(*counts, strict=True)] if counts else [()] * 4
    p_values, floors = share_p_values(*columns), share_floors(*columns)
    return _frame(pairs, _values(metric, pairs), p_values, floors, is_rate=True)


def _values(metric: Metric, pairs: Pairs) -> list[tuple[float | None, float | None]]:
    """The headline number of each pair, before and now."""
    return [(metric.value(before), metric.value(now)) for _, before, now in pairs]


def _lead_times(metric: Metric, pairs: Pairs, old: Events, new: Events) -> pd.DataFrame:
    """Lead times: one median a deployment, for what was shipped together is one observation."""
    samples = [_lead_time_samples(events) for events in (old, new)]
    both = [tuple(sample.get(group, []) for sample in samples) for group, _, _ in pairs]
    p_values, signs = _split([shift_of(*sample) for sample in both])
    return _frame(pairs, _values(metric, pairs), p_values, _shift_floors(both), signs)


def _shift_floors(samples: list[tuple[Any, ...]]) -> Any:
    sizes = [[*map(len, sample)] for sample in samples]
    return shift_floors(*([*zip(*sizes, strict=True)] if sizes else [(), ()]))


def _lead_time_samples(events: Events) -> dict[Any, list[float]]:
    batches = ["group", "repository", "environment_key", "deployment"]
    medians = events.shipped.groupby(batches)["lead_time_seconds"].median()
    return medians.groupby("group").agg(list).to_dict()


def _recoveries(
    metric: Metric,
    pairs: Pairs,
    old: Events,
    new: Events,
    earlier: Config,
    config: Config,
) -> pd.DataFrame:
    before, now = _episode_samples(old, earlier), _episode_samples(new, config)
    nothing: tuple[list[float], list[bool]] = ([], [])
    both = [(before.get(group, nothing), now.get(group, nothing)) for group, _, _ in pairs]
    p_values, signs = _split([shift_of_episodes(*old, *new) for old, new in both])
    floors = _shift_floors([(old[0], new[0]) for old, new in both])
    made = _frame(pairs, _values(metric, pairs), p_values, floors, signs)
    # Without a median, because too many are still open, the test alone decides.
    is_unknown = [None in (metric.value(a), metric.value(b)) for _, a, b in pairs]
    return made.assign(agrees=made["agrees"] | np.array(is_unknown, dtype="bool"))


def _episode_samples(events: Events, config: Config) -> dict[Any, tuple[list[float], list[bool]]]:
    """How long the episodes of each group took, and which of them have ended."""
    episodes = events.episodes
    end = episodes["ended_at"].fillna(pd.Timestamp(config.window.until))
    seconds = (end - episodes["began_at"]).dt.total_seconds()
    sample = pd.DataFrame(
        {"group": episodes["group"], "seconds": seconds, "ended": episodes["ended_at"].notna()}
    )
    lists = sample.groupby("group").agg(list)
    return dict(zip(lists.index, zip(lists["seconds"], lists["ended"], strict=True), strict=True))


def _split(shifts: list[Shift | None]) -> tuple[list[float], list[int]]:
    """p-values and signs; NaN and 0 where there was nothing to test."""
    nothing = Shift(float("nan"), 0)
    results = [nothing if one is None else one for one in shifts]
    return [one.p_value for one in results], [one.sign for one in results]


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
    return Compared(
        verdict=None if pd.isna(row["p_value"]) else row["verdict"],
        p_value=numbers["p_value"],
        adjusted_p_value=numbers["adjusted"],
        ratio=numbers["ratio"],
        difference=numbers["difference"],
        moved_by=tuple(contributors),
    )
