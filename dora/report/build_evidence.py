"""Builds the evidence behind a report from the analysis: deployments, changes and failures."""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import show
from dora.config import Config
from dora.config.window import Window
from dora.model.columns import is_within, plain_rows
from dora.model.environments import TIERS
from dora.model.shipped_commits import instant_of
from dora.model.tables import DEPLOYMENT, ENVIRONMENT, Tables
from dora.report.coverage import find_scope
from dora.report.deployment_ids import own_name
from dora.report.deployment_names import DeploymentNames
from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    Evidence,
    FailureReason,
    IncidentEvidence,
)
from dora.report.rows import choose_tiers

#: The name and the service of each environment that is shown, by ENVIRONMENT.
Environments = Mapping[tuple[str, str], tuple[str, str]]


def build_evidence(
    analysis: Analysis,
    tables: Tables,
    config: Config,
    *,
    repository: str | None = None,
    environment: str | None = None,
) -> Evidence:
    """The evidence of one repository and environment, or of all; names are not case-sensitive.

    It is of every tier unless `config.tier` names some (G1).

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
    tiers = choose_tiers(analysis.environments, config) if config.tier else TIERS
    outcomes = outcomes[outcomes["tier"].isin(tiers) | outcomes["is_ephemeral"]]
    limits = None if environment is None else {environment}
    if set(tiers) != set(TIERS):  # what has no deployment now may be of any tier
        limits = {*outcomes["name"]}
    shown = {
        (of, key): (name, service)
        for of, key, name, service in plain_rows(outcomes, *ENVIRONMENT, "name", "service")
    }
    urls = dict(plain_rows(tables.repositories, "repository", "url"))
    names = DeploymentNames(analysis.outcomes, tables.repositories)
    episodes = [*_build_episodes(analysis, shown, names, window)]
    has_author = tables.commits["author"].notna()
    authors = {
        (of, sha): author
        for of, sha, author in plain_rows(tables.commits[has_author], "repository", "sha", "author")
    }
    return Evidence(
        organization=config.organization,
        since=window.since,
        until=window.until,
        timezone=window.timezone,
        deployments=tuple(
            _build_deployments(
                analysis, _select_deployments(outcomes, episodes, names, window), names
            )
        ),
        changes=tuple(_build_changes(_shipped(analysis, names), shown, urls, authors)),
        episodes=tuple(episodes),
        unattributed=tuple(_build_incidents(analysis, tables, repository)),
        waiting=tuple(_build_changes(_waiting(analysis), shown, urls, authors)),
        scope=find_scope(tables, config, tiers, environments=limits),
    )


def _build_episodes(
    analysis: Analysis, shown: Environments, names: DeploymentNames, window: Window
) -> Iterator[EpisodeEvidence]:
    """The record of each episode that began in the window, sorted."""
    failed = analysis.failures.failed
    ids: dict[int, list[int]] = {}
    for episode, deployment in plain_rows(failed, "episode", "deployment"):
        ids.setdefault(episode, []).append(deployment)
    episodes = analysis.failures.episodes
    columns = (*ENVIRONMENT, "began_at", "ended_at", "is_never_live")
    rows = zip(plain_rows(episodes, *columns), episodes.index.tolist(), strict=True)
    for (repository, key, began, ended, is_never_live), episode in sorted(
        rows, key=lambda row: row[0][:3]
    ):
        if (repository, key) in shown and window.since <= began < window.until:
            name, service = shown[repository, key]
            yield EpisodeEvidence(
                repository,
                name,
                began,
                ended,
                tuple(names.id_of(repository, number) for number in sorted(ids[episode])),
                service=service,
                never_live=is_never_live,
            )


def _select_deployments(
    outcomes: pd.DataFrame,
    episodes: Iterable[EpisodeEvidence],
    names: DeploymentNames,
    window: Window,
) -> pd.DataFrame:
    """The rows of *outcomes* in the window or in one of its *episodes*."""
    finished, succeeded, created = (
        is_within(outcomes[name], window.since, window.until)
        for name in ("finished_at", "succeeded_at", "created_at")
    )
    is_inside = finished | succeeded | (created & outcomes["finished_at"].isna().to_numpy())
    failed = {
        (one.repository, own_name(name, one.environment))
        for one in episodes
        for name in one.deployments
    }
    is_failed = [
        (repository, own_name(names.id_of(repository, number), environment)) in failed
        for repository, number, environment in plain_rows(outcomes, *DEPLOYMENT, "name")
    ]
    chosen: pd.DataFrame = outcomes[is_inside | np.array(is_failed, dtype="bool")]
    return chosen


def _build_deployments(
    analysis: Analysis, rows: pd.DataFrame, names: DeploymentNames
) -> Iterator[DeploymentEvidence]:
    """The record of each deployment in *rows*, sorted."""
    successes, failed = analysis.history.successes, analysis.failures.failed
    baselines = {*plain_rows(successes[successes["is_baseline"]], *DEPLOYMENT)}
    rework = {*plain_rows(analysis.failures.rework, *DEPLOYMENT)}
    never_live = {*plain_rows(failed[failed["is_never_live"]], *DEPLOYMENT)}
    reasons = _find_reasons(analysis)
    columns = ("repository", "environment_key", "created_at", "deployment", "sha", "name",
               "succeeded_at", "failed_status_at", "outcome", "source", "service",
               "is_unchanged", "remark")  # fmt: skip
    # A commit may be older than the one it follows: merges are in the branch's order (D8).
    began = rows["succeeded_at"].where(rows["source"].eq("merges"), rows["created_at"])
    ordered = rows.assign(began=began).sort_values([*ENVIRONMENT, "began", "deployment"])
    for repository, _, created, number, sha, name, *values in plain_rows(ordered, *columns):
        succeeded, failed_at, outcome, source, service, *rest = values
        one = (repository, number)
        yield DeploymentEvidence(
            repository,
            names.id_of(repository, number),
            names.url_of(repository, number),
            sha,
            name,
            created,
            succeeded,
            failed_at,
            outcome,
            one in baselines,
            one in rework,
            tuple(reasons.get(one, ())),
            source=source,
            service=service,
            never_live=one in never_live,
            unchanged=rest[0],
            remark=rest[1],
        )


def _find_reasons(analysis: Analysis) -> dict[tuple[str, int], list[FailureReason]]:
    """Why each failed deployment failed, sorted by when the reason began and by signal."""
    rows = plain_rows(
        analysis.failures.reasons, *DEPLOYMENT, "signal", "began_at", "ended_at", "by"
    )
    found: dict[tuple[str, int], list[FailureReason]] = {}
    for repository, number, *values in dict.fromkeys(rows):
        found.setdefault((repository, number), []).append(FailureReason(*values))
    for own in found.values():
        own.sort(key=lambda one: (one.began_at, one.signal, one.by is None, one.by or ""))
    return found


def _build_incidents(
    analysis: Analysis, tables: Tables, repository: str | None
) -> Iterator[IncidentEvidence]:
    """Incidents that belong to no deployment, those about one *repository* if it is given."""
    incidents = analysis.failures.incidents
    names = {name.casefold(): name for name in tables.repositories["repository"].tolist()}
    orphans = incidents.orphans if incidents is not None else ()
    chosen = None if repository is None else repository.casefold()
    for one in sorted(orphans, key=lambda it: (it.opened_at, it.by, it.about)):
        if chosen in {None, one.about}:
            name = names.get(one.about, one.about)
            opened_at = instant_of(one.opened_at)
            closed_at = None if one.closed_at is None else instant_of(one.closed_at)
            yield IncidentEvidence(name, one.by, one.url or None, opened_at, closed_at, one.named)


def _shipped(analysis: Analysis, names: DeploymentNames) -> Iterator[tuple[Any, ...]]:
    """The changes that were shipped in the window and count, as `_build_changes` takes them."""
    changes = analysis.changes
    columns = ("repository", "environment_key", "shipped_at", "started_at", "sha", "deployment",
               "lead_time_seconds", "number")  # fmt: skip
    for repository, *place, number, lead_time, request in sorted(
        plain_rows(changes[~changes["is_excluded"]], *columns), key=itemgetter(0, 1, 2, 3, 4)
    ):
        yield repository, *place, names.id_of(repository, number), lead_time, request


def _waiting(analysis: Analysis) -> Iterator[tuple[Any, ...]]:
    """The changes that no deployment has shipped yet, as `_build_changes` takes them."""
    columns = ("repository", "environment_key", "started_at", "sha", "number")
    for repository, key, started, sha, number in sorted(
        plain_rows(analysis.waiting, *columns), key=itemgetter(0, 1, 2, 3)
    ):
        yield repository, key, None, started, sha, None, None, number


def _build_changes(
    changes: Iterable[tuple[Any, ...]],
    shown: Environments,
    urls: dict[str, str],
    authors: dict[tuple[str, str], str],
) -> Iterator[ChangeEvidence]:
    """The record of each of the sorted *changes* that belongs to one of the *shown*."""
    for repository, key, shipped, started, sha, *values in changes:
        if (repository, key) in shown:
            name, service = shown[repository, key]
            yield ChangeEvidence(
                repository,
                name,
                sha,
                f"{urls[repository]}/commit/{sha}",
                started,
                shipped,
                *values,
                service=service,
                author=authors.get((repository, sha)),
            )
