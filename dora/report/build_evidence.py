"""Tables in, the evidence behind a report out: deployments, changes and episodes, row by row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import show
from dora.config import Config
from dora.model.tables import DEPLOYMENT, ENVIRONMENT, INSTANT, Tables
from dora.report.coverage import find_scope
from dora.report.model import Scope

SCHEMA = "dora.evidence/1"


@dataclass(frozen=True)
class Reason:
    """One sign that a deployment failed, from when to when it was down by it."""

    signal: str
    began_at: datetime
    ended_at: datetime | None
    by: str  #: what says so: a status, a deployment's id, a sha, `repo#n`, a tag


@dataclass(frozen=True)
class Deployment:
    """One deployment and what became of it."""

    repository: str
    id: int
    url: str
    sha: str
    environment: str
    service: str
    created_at: datetime
    succeeded_at: datetime | None
    failed_status_at: datetime | None
    outcome: str
    baseline: bool
    rework: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Change:
    """One change shipped in the window; *shipped_at* and the like are None while it waits."""

    repository: str
    environment: str
    service: str
    sha: str
    url: str
    started_at: datetime
    shipped_at: datetime | None
    deployment: int | None
    lead_time: float | None
    pull_request: int | None
    author: str | None


@dataclass(frozen=True)
class Episode:
    """One outage that began in the window; *ended_at* is None while it lasts."""

    repository: str
    environment: str
    service: str
    began_at: datetime
    ended_at: datetime | None
    deployments: tuple[int, ...]  #: ids of the failed ones, in order


@dataclass(frozen=True)
class Evidence:
    """What every figure of a report follows from, oldest first; *waiting* is what LT8 counts."""

    organization: str
    since: datetime
    until: datetime
    days: float
    timezone: str
    deployments: tuple[Deployment, ...]
    changes: tuple[Change, ...]
    episodes: tuple[Episode, ...]
    waiting: tuple[Change, ...]
    scope: Scope | None = None


def build_evidence(
    analysis: Analysis,
    tables: Tables,
    config: Config,
    *,
    repository: str | None = None,
    environment: str | None = None,
) -> Evidence:
    """The evidence of one repository and environment, or of all; names ignore case.

    Deployments that finished, succeeded or never finished in the window, or belong to an episode
    of it; the changes shipped in it, less the excluded; the episodes that began in it.
    """
    window = config.window
    outcomes = show(analysis.outcomes, config)
    if repository is not None:
        outcomes = outcomes[outcomes["repository"].str.casefold() == repository.casefold()]
    if environment is not None:
        outcomes = outcomes[outcomes["name_key"] == environment.casefold()]
    chosen = outcomes[[*ENVIRONMENT, "name", "service"]].drop_duplicates(ENVIRONMENT)
    repositories = tables.repositories
    urls = dict(zip(repositories["repository"], repositories["url"], strict=True))
    episodes = _episodes(analysis, chosen, config)
    authors = tables.commits.set_index(["repository", "sha"])["author"]
    return Evidence(
        organization=config.organization,
        since=window.since,
        until=window.until,
        days=window.days,
        timezone=window.timezone,
        deployments=_deployments(analysis, outcomes, episodes, urls, config),
        changes=_changes(_shipped(analysis), chosen, urls, authors),
        episodes=tuple(Episode(*values) for values in _records(episodes)),
        waiting=_changes(_waiting(analysis), chosen, urls, authors),
        scope=find_scope(tables, config, environment=environment),
    )


def _episodes(analysis: Analysis, chosen: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Episodes of the window: the fields of `Episode`, sorted."""
    window = config.window
    episodes = analysis.failures.episodes
    began = episodes["began_at"].between(window.since, window.until, inclusive="left")
    failed = analysis.failures.failed.sort_values("deployment")
    ids = failed.groupby("episode")["deployment"].agg(tuple).rename("deployments")
    episodes = episodes[began].join(ids).merge(chosen, on=ENVIRONMENT)
    episodes = episodes.sort_values(["repository", "environment_key", "began_at"])
    return episodes[["repository", "name", "service", "began_at", "ended_at", "deployments"]]


def _deployments(
    analysis: Analysis,
    outcomes: pd.DataFrame,
    episodes: pd.DataFrame,
    urls: dict[str, str],
    config: Config,
) -> tuple[Deployment, ...]:
    window = config.window
    inside = pd.Series(data=False, index=outcomes.index)
    for name in ("finished_at", "succeeded_at"):
        inside |= outcomes[name].between(window.since, window.until, inclusive="left")
    created = outcomes["created_at"].between(window.since, window.until, inclusive="left")
    inside |= created & outcomes["finished_at"].isna()
    down = episodes[["repository", "deployments"]].explode("deployments").dropna()
    inside |= pd.MultiIndex.from_frame(outcomes[DEPLOYMENT]).isin(pd.MultiIndex.from_frame(down))
    baselines = analysis.history.successes
    baselines = baselines.loc[baselines["is_baseline"], DEPLOYMENT]
    rows = outcomes[inside].sort_values(
        ["repository", "environment_key", "created_at", "deployment"]
    )
    keys = pd.MultiIndex.from_frame(rows[DEPLOYMENT])
    is_baseline = keys.isin(pd.MultiIndex.from_frame(baselines))
    is_rework = keys.isin(pd.MultiIndex.from_frame(analysis.failures.rework))
    reasons = _reasons(analysis)
    columns = ["repository", "deployment", "sha", "name", "service", "created_at", "succeeded_at",
               "failed_status_at", "outcome"]  # fmt: skip
    made = []
    triples = zip(_records(rows[columns]), is_baseline, is_rework, strict=True)
    for (repository, number, *rest), baseline, rework in triples:
        url = f"{urls[repository]}/deployments/{number}"
        why = tuple(reasons.get((repository, number), ()))
        fields: list[Any] = [repository, number, url, *rest, bool(baseline), bool(rework), why]
        made.append(Deployment(*fields))
    return tuple(made)


def _reasons(analysis: Analysis) -> dict[tuple[str, int], list[Reason]]:
    """Why each failed deployment failed, in order of its beginning and signal."""
    reasons = analysis.failures.reasons.drop_duplicates().sort_values(["began_at", "signal", "by"])
    found: dict[tuple[str, int], list[Reason]] = {}
    columns = ["repository", "deployment", "signal", "began_at", "ended_at", "by"]
    for repository, number, *rest in _records(reasons[columns]):
        found.setdefault((repository, number), []).append(Reason(*rest))
    return found


def _shipped(analysis: Analysis) -> pd.DataFrame:
    changes = analysis.changes
    return changes[~changes["is_excluded"]].rename(columns={"lead_time_seconds": "lead_time"})


def _waiting(analysis: Analysis) -> pd.DataFrame:
    nothing = pd.Series(pd.NA, index=analysis.waiting.index, dtype="Int64")
    never = pd.Series(None, index=analysis.waiting.index, dtype=INSTANT)
    return analysis.waiting.assign(shipped_at=never, deployment=nothing, lead_time=None)


def _changes(
    changes: pd.DataFrame, chosen: pd.DataFrame, urls: dict[str, str], authors: pd.Series
) -> tuple[Change, ...]:
    columns = ["repository", "name", "service", "sha", "started_at", "shipped_at", "deployment",
               "lead_time", "number"]  # fmt: skip
    rows = changes.merge(chosen, on=ENVIRONMENT).sort_values(
        ["repository", "environment_key", "shipped_at", "started_at", "sha"]
    )
    whose = authors.reindex(pd.MultiIndex.from_frame(rows[["repository", "sha"]]))
    pairs = zip(_records(rows[columns]), _records(whose.to_frame()), strict=True)
    return tuple(
        Change(
            repository, name, service, sha, f"{urls[repository]}/commit/{sha}", started, shipped,
            deployment, lead_time, number, author,
        )
        for (repository, name, service, sha, started, shipped, deployment, lead_time, number),
            (author,) in pairs
    )  # fmt: skip


def _records(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows as plain Python values, None for what is missing."""
    columns = []
    for name in frame:
        values = frame[name]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            plain: list[Any] = list(values.dt.to_pydatetime())
        else:
            plain = values.tolist()
        gone = values.isna().tolist()
        columns.append([None if none else one for one, none in zip(plain, gone, strict=True)])
    return cast("list[tuple[Any, ...]]", list(zip(*columns, strict=True)))
