"""Builds the evidence behind a report from the analysis: deployments, changes and failures."""

from collections.abc import Iterator

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import show
from dora.config import Config
from dora.config.window import Window
from dora.model.columns import plain_rows
from dora.model.tables import DEPLOYMENT, ENVIRONMENT, INSTANT, Tables
from dora.report.coverage import find_scope
from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    Evidence,
    FailureReason,
)


def build_evidence(
    analysis: Analysis,
    tables: Tables,
    config: Config,
    *,
    repository: str | None = None,
    environment: str | None = None,
) -> Evidence:
    """The evidence of one repository and environment, or of all; names are not case-sensitive.

    It holds the deployments that finished or succeeded in the window, those created in it that
    never finished, and those that belong to one of its episodes; the changes shipped in the window,
    except excluded ones; and the episodes that began in it.
    """
    window = config.window
    outcomes = show(analysis.outcomes, config)
    if repository is not None:
        outcomes = outcomes[outcomes["repository"].str.casefold() == repository.casefold()]
    if environment is not None:
        outcomes = outcomes[outcomes["name_key"] == environment.casefold()]
    environments = outcomes[[*ENVIRONMENT, "name", "service"]].drop_duplicates(ENVIRONMENT)
    repositories = tables.repositories
    urls = dict(zip(repositories["repository"], repositories["url"], strict=True))
    episodes = _select_episodes(analysis, environments, window)
    authors = tables.commits.set_index(["repository", "sha"])["author"]
    return Evidence(
        organization=config.organization,
        since=window.since,
        until=window.until,
        timezone=window.timezone,
        deployments=tuple(
            _build_deployments(analysis, _select_deployments(outcomes, episodes, window), urls)
        ),
        changes=tuple(_build_changes(_shipped(analysis), environments, urls, authors)),
        episodes=tuple(
            EpisodeEvidence(
                repository, name, began, ended, ids, service=service, never_live=never_live
            )
            for repository, name, service, began, ended, ids, never_live in plain_rows(episodes)
        ),
        waiting=tuple(_build_changes(_waiting(analysis), environments, urls, authors)),
        scope=find_scope(tables, config, environment=environment),
    )


def _select_episodes(
    analysis: Analysis, environments: pd.DataFrame, window: Window
) -> pd.DataFrame:
    """One row per episode that began in the window, with the ids of its failed deployments."""
    episodes = analysis.failures.episodes
    began = episodes["began_at"].between(window.since, window.until, inclusive="left")
    failed = analysis.failures.failed.sort_values("deployment")
    ids = failed.groupby("episode")["deployment"].agg(tuple).rename("deployments")
    chosen = episodes[began].join(ids).merge(environments, on=ENVIRONMENT)
    chosen = chosen.sort_values(["repository", "environment_key", "began_at"])
    columns = ["repository", "name", "service", "began_at", "ended_at", "deployments",
               "is_never_live"]  # fmt: skip
    return chosen[columns]


def _select_deployments(
    outcomes: pd.DataFrame, episodes: pd.DataFrame, window: Window
) -> pd.DataFrame:
    """The rows of *outcomes* in the window or in one of its *episodes*, sorted."""
    inside = pd.Series(data=False, index=outcomes.index)
    for name in ("finished_at", "succeeded_at"):
        inside |= outcomes[name].between(window.since, window.until, inclusive="left")
    created = outcomes["created_at"].between(window.since, window.until, inclusive="left")
    inside |= created & outcomes["finished_at"].isna()
    failed = episodes[["repository", "deployments"]].explode("deployments").dropna()
    inside |= pd.MultiIndex.from_frame(outcomes[DEPLOYMENT]).isin(pd.MultiIndex.from_frame(failed))
    return outcomes[inside].sort_values(
        ["repository", "environment_key", "created_at", "deployment"]
    )


def _build_deployments(
    analysis: Analysis, rows: pd.DataFrame, urls: dict[str, str]
) -> Iterator[DeploymentEvidence]:
    """The record of each deployment in *rows*; *urls* are the repositories' web addresses."""
    baselines = analysis.history.successes
    baselines = baselines.loc[baselines["is_baseline"], DEPLOYMENT]
    keys = pd.MultiIndex.from_frame(rows[DEPLOYMENT])
    is_baseline = keys.isin(pd.MultiIndex.from_frame(baselines))
    is_rework = keys.isin(pd.MultiIndex.from_frame(analysis.failures.rework))
    failed = analysis.failures.failed
    never_lived = failed.loc[failed["is_never_live"], DEPLOYMENT]
    is_never_live = keys.isin(pd.MultiIndex.from_frame(never_lived))
    reasons = _find_reasons(analysis)
    columns = [*DEPLOYMENT, "sha", "name", "created_at", "succeeded_at", "failed_status_at",
               "outcome", "service", "is_unchanged", "remark"]  # fmt: skip
    plain = zip(plain_rows(rows[columns]), is_baseline, is_rework, is_never_live, strict=True)
    for values, baseline, rework, never_live in plain:
        repository, number, sha, name, created, succeeded, failed, outcome, service, *rest = values
        yield DeploymentEvidence(
            repository,
            number,
            f"{urls[repository]}/deployments/{number}",
            sha,
            name,
            created,
            succeeded,
            failed,
            outcome,
            bool(baseline),
            bool(rework),
            tuple(reasons.get((repository, number), ())),
            service=service,
            never_live=bool(never_live),
            unchanged=rest[0],
            remark=rest[1],
        )


def _find_reasons(analysis: Analysis) -> dict[tuple[str, int], list[FailureReason]]:
    """Why each failed deployment failed, sorted by when the reason began and by signal."""
    reasons = analysis.failures.reasons.drop_duplicates().sort_values(["began_at", "signal", "by"])
    found: dict[tuple[str, int], list[FailureReason]] = {}
    columns = [*DEPLOYMENT, "signal", "began_at", "ended_at", "by"]
    for repository, number, *values in plain_rows(reasons[columns]):
        found.setdefault((repository, number), []).append(FailureReason(*values))
    return found


def _shipped(analysis: Analysis) -> pd.DataFrame:
    """The changes that were shipped in the window and count."""
    changes = analysis.changes
    return changes[~changes["is_excluded"]].rename(columns={"lead_time_seconds": "lead_time"})


def _waiting(analysis: Analysis) -> pd.DataFrame:
    """The changes that no deployment has shipped yet, with the columns of shipped ones."""
    no_deployment = pd.Series(pd.NA, index=analysis.waiting.index, dtype="Int64")
    never = pd.Series(None, index=analysis.waiting.index, dtype=INSTANT)
    return analysis.waiting.assign(shipped_at=never, deployment=no_deployment, lead_time=None)


def _build_changes(
    changes: pd.DataFrame, environments: pd.DataFrame, urls: dict[str, str], authors: pd.Series
) -> Iterator[ChangeEvidence]:
    """The record of each change that belongs to one of *environments*, sorted."""
    columns = ["repository", "name", "sha", "started_at", "shipped_at", "deployment", "lead_time",
               "number", "service"]  # fmt: skip
    rows = changes.merge(environments, on=ENVIRONMENT).sort_values(
        ["repository", "environment_key", "shipped_at", "started_at", "sha"]
    )
    row_authors = authors.reindex(pd.MultiIndex.from_frame(rows[["repository", "sha"]]))
    plain = zip(plain_rows(rows[columns]), plain_rows(row_authors.to_frame()), strict=True)
    for (repository, name, sha, *values, service), (author,) in plain:
        url = f"{urls[repository]}/commit/{sha}"
        yield ChangeEvidence(repository, name, sha, url, *values, service=service, author=author)
