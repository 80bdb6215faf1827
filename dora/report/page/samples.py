"""Picks the part of the evidence that the HTML page shows.

It is chosen while it is still rows of frames, because an organization may have a million changes,
but a page only a few thousand lines. The page shows the total numbers as well.
"""

from typing import Any

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.model.columns import plain_rows
from dora.model.tables import DEPLOYMENT, Tables
from dora.report.deployment_names import DeploymentNames
from dora.report.measurement import Events
from dora.report.page.model import Episode, Marks, RowSample, Shown, SlowChange
from dora.report.rows import Groups

#: The most items of each kind that a page shows, and that each row shows.
ROOM = {"episodes": 180, "slowest": 160, "failed": 160, "latest": 80, "rework": 80, "waiting": 80}
MOST = 12


def find_excerpts(
    groups: Groups, events: Events, analysis: Analysis, tables: Tables, config: Config
) -> list[RowSample]:
    """A sample for each row of *groups*, which are by repository, in the same order.

    *events* are those that the window counts for each of these rows.
    """
    succeeded = events.succeeded
    failed = events.finished[events.finished["is_failed"]]
    reworked = succeeded[succeeded["is_rework"]]
    episodes = _find_episodes(events, analysis)
    keys = pd.MultiIndex.from_frame(episodes[DEPLOYMENT])
    episodes["is_counted"] = keys.isin(pd.MultiIndex.from_frame(failed[DEPLOYMENT]))
    names = DeploymentNames(analysis.outcomes, tables.repositories)
    kinds: dict[str, dict[int, list[Any]]] = {
        "failed": _shown(failed, "failed", "finished_at", analysis, names),
        "latest": _shown(succeeded, "latest", "succeeded_at", analysis, names),
        "rework": _shown(reworked, "rework", "succeeded_at", analysis, names),
        "episodes": _as_episodes(episodes, analysis, names),
        "slowest": _moving(events.shipped, "lead_time_seconds", "slowest"),
        "waiting": _moving(groups.grouped(analysis.waiting), "age_seconds", "waiting"),
    }
    marks = _marks(succeeded, failed, reworked, episodes, config)
    urls = dict(zip(tables.repositories["repository"], tables.repositories["url"], strict=True))
    return [
        RowSample(
            url=urls.get(key["repository"], ""),
            marks=marks.get(group, Marks()),
            **{name: tuple(found.get(group, ())) for name, found in kinds.items()},
        )
        for group, key in enumerate(groups.rows["key"])
    ]


def keep_fairly(rows: pd.DataFrame, room: int) -> pd.DataFrame:
    """The first rows of each `group`, the same number of each, at most *room* together.

    A group gets at most `MOST`; if there are more groups than *room*, none gets any.
    """
    places = rows.groupby("group").cumcount()
    counts = rows.groupby("group").size().to_numpy()
    most = next((n for n in range(MOST, 0, -1) if np.minimum(counts, n).sum() <= room), 0)
    return rows[places < most]


def _find_causes(
    events: pd.DataFrame, analysis: Analysis
) -> list[tuple[tuple[str, ...], str | None]]:
    """The signals of each of *events*, and the first incident by which it failed, if any."""
    keys = plain_rows(events, *DEPLOYMENT)
    signals: dict[Any, set[str]] = {key: set() for key in keys}
    incidents: dict[Any, set[str]] = {key: set() for key in keys}
    columns = [*DEPLOYMENT, "signal", "by"]
    for *key, signal, by in plain_rows(analysis.failures.reasons, *columns):
        one = tuple(key)
        if one in signals:
            signals[one].add(signal)
            if signal == "incident" and by is not None:
                incidents[one].add(by)
    return [(tuple(sorted(signals[key])), min(incidents[key], default=None)) for key in keys]


def _shown(
    events: pd.DataFrame, kind: str, at: str, analysis: Analysis, names: DeploymentNames
) -> dict[int, list[Shown]]:
    """The newest of *events*, as many as the page shows."""
    newest = events.sort_values([at, "deployment"], ascending=False)
    events = keep_fairly(newest, ROOM[kind])
    columns = ["repository", "group", "deployment", "sha", at, "is_never_live"]
    found: dict[int, list[Shown]] = {}
    for (repository, group, number, sha, moment, never_live), (signals, _) in zip(
        plain_rows(events, *columns), _find_causes(events, analysis), strict=True
    ):
        name, url = names.text_of(repository, number), names.url_of(repository, number)
        one = Shown(number, sha, moment, signals, never_live, url, name)
        found.setdefault(group, []).append(one)
    return found


def _find_episodes(events: Events, analysis: Analysis) -> pd.DataFrame:
    """Episodes of the window, and those from before it that are still open.

    Each with its first failed deployment, and its number of failed deployments.
    """
    still_open = events.carried_in[events.carried_in["ended_at"].isna()]
    episodes = pd.concat([events.episodes, still_open])
    failed = analysis.failures.failed
    sizes = failed.assign(failures=failed.groupby("episode")["deployment"].transform("size"))
    episodes = episodes.merge(sizes[[*DEPLOYMENT, "failures"]], on=DEPLOYMENT)
    return episodes.merge(analysis.outcomes[[*DEPLOYMENT, "sha"]], on=DEPLOYMENT)


def _as_episodes(
    episodes: pd.DataFrame, analysis: Analysis, names: DeploymentNames
) -> dict[int, list[Episode]]:
    order = episodes.assign(is_over=episodes["ended_at"].notna())
    order = order.sort_values(["is_over", "began_at"], ascending=[True, False])
    # Open episodes are always shown, even if they are too many.
    kept = pd.concat([order[~order["is_over"]], keep_fairly(order, ROOM["episodes"])])
    kept = kept[~kept.index.duplicated()]
    columns = ["repository", "group", "began_at", "ended_at", "deployment", "sha", "failures",
               "is_counted", "is_never_live"]  # fmt: skip
    found: dict[int, list[Episode]] = {}
    for row, (signals, by) in zip(
        plain_rows(kept, *columns), _find_causes(kept, analysis), strict=True
    ):
        repository, group, began, ended, number, sha, failures, counted, never_live = row
        named = names.url_of(repository, number), names.text_of(repository, number)
        one = Episode(
            began, ended, number, sha, failures, signals, by or "", counted, never_live, *named
        )
        found.setdefault(group, []).append(one)
    return found


def _moving(changes: pd.DataFrame, seconds: str, kind: str) -> dict[int, list[SlowChange]]:
    found: dict[int, list[SlowChange]] = {}
    # Sorting by sha as well makes the order of equal changes definite.
    ranks = changes.groupby("group")[seconds].rank(method="min", ascending=False)
    changes = changes[ranks <= MOST].sort_values([seconds, "sha"], ascending=[False, True])
    kept = keep_fairly(changes, ROOM[kind])
    for group, *values in plain_rows(kept, "group", "sha", "number", seconds):
        found.setdefault(group, []).append(SlowChange(*values))
    return found


def _marks(
    succeeded: pd.DataFrame,
    failed: pd.DataFrame,
    reworked: pd.DataFrame,
    episodes: pd.DataFrame,
    config: Config,
) -> dict[int, Marks]:
    """The marks of the charts, by group; all of them, because a mark takes only six bytes."""
    parts: dict[int, dict[str, list[Any]]] = {}
    for name, events, at in (
        ("deployments", succeeded, "succeeded_at"),
        ("failed", failed, "finished_at"),
        ("rework", reworked, "succeeded_at"),
    ):
        shares = _shares(events[at], config)
        pairs = zip(events["group"].tolist(), shares.tolist(), strict=True)
        for group, share in sorted(pairs):
            parts.setdefault(group, {}).setdefault(name, []).append(share)
    began, ended = (_shares(episodes[name], config) for name in ("began_at", "ended_at"))
    is_open = episodes["ended_at"].isna()
    spans = zip(episodes["group"], began, ended, is_open, strict=True)
    for group, begin, end, lasts in sorted(spans):
        span = (float(begin), None if lasts else float(end))
        parts.setdefault(group, {}).setdefault("episodes", []).append(span)
    return {
        group: Marks(
            seconds=config.window.length.total_seconds(),
            **{name: tuple(values) for name, values in own.items()},
        )
        for group, own in parts.items()
    }


def _shares(instants: pd.Series, config: Config) -> pd.Series:
    since = pd.Timestamp(config.window.since)
    return (instants - since) / pd.Timedelta(config.window.length)
