"""Finds the deployments that incidents belong to (F7)."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from dora.analysis.outcomes import Outcomes
from dora.analysis.repositories import find_read
from dora.analysis.signals import Environment, Key, Reason, Successes
from dora.config import Config
from dora.model.columns import MISSING, microseconds_of
from dora.model.references import ADDRESS
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

SHA = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
REPOSITORY_LABEL = "repo:"


class Incident(NamedTuple):
    """An incident, as far as it is about one repository; instants in microseconds since 1970."""

    by: str
    opened_at: int
    closed_at: int | None  #: None while it lasts
    named: str | None  #: the deployment that its body names
    about: str  #: name of the repository, case folded


class Attribution(NamedTuple):
    """What incidents belong to."""

    reasons: list[Reason]
    orphans: list[str]  #: incidents of the window that belong to no deployment (C1), in order


def find_incidents(tables: Tables, config: Config) -> list[Incident]:
    """Incidents opened in the look-back or window, one for each repository they are about.

    Those of repositories that were skipped belong to none (C1).
    """
    if not len(tables.incidents):
        return []
    start, until = microseconds(config.lookback_start), microseconds(config.window.until)
    opened_at = microseconds_of(tables.incidents["opened_at"])
    rows = np.flatnonzero((opened_at >= start) & (opened_at < until))
    incidents = tables.incidents.iloc[rows]
    closed_at = microseconds_of(incidents["closed_at"]).tolist()
    read = find_read(tables.repositories, config)
    columns = (_plain(incidents[name]) for name in ("by", "repository", "number", "owner", "named"))
    found = []
    for opened, closed, by, own, number, owner, named in zip(
        opened_at[rows].tolist(), closed_at, *columns, strict=True
    ):
        if own is None or own in read:
            ended = closed if closed != MISSING and closed < until else None
            found += [
                Incident(by, opened, ended, named, about)
                for about in _about(tables, config, own, number, owner, named)
            ]
    return found


def _plain(values: Any) -> list[Any]:
    """Values of a column, None for what is missing."""
    return [
        None if is_missing else one
        for one, is_missing in zip(values.tolist(), values.isna().tolist(), strict=True)
    ]


def _about(
    tables: Tables,
    config: Config,
    own: str | None,
    number: int,
    owner: str | None,
    named: str | None,
) -> list[str]:
    """Names, case folded, of the repositories an incident is about."""
    if own is None:
        return [str(owner).casefold()]
    central = {name.casefold() for name in config.incidents.repositories}
    if own.casefold() not in central:
        return [own.casefold()]
    is_own = (tables.labels["repository"] == own) & (tables.labels["number"] == number)
    of_repositories = {
        label[len(REPOSITORY_LABEL) :].strip().casefold()
        for label in tables.labels.loc[is_own, "label"]
        if label.casefold().startswith(REPOSITORY_LABEL)
    }
    if of_repositories:
        return sorted(of_repositories)
    address = ADDRESS.fullmatch(named or "")
    if address and address["owner"].casefold() == config.organization.casefold():
        return [address["name"].casefold()]
    return [own.casefold()]


def attribute(
    incidents: Sequence[Incident], outcomes: Outcomes, successes: Successes, config: Config
) -> Attribution:
    """Reasons of F7, and the incidents of the window that belong to no deployment (C1).

    An incident on a deployment that never finished belongs to it, but is the reason of nothing
    (D3).
    """
    if not incidents:
        return Attribution([], [])
    finished = _is_finished(outcomes)
    production: dict[str, list[Environment]] = {}
    for environment, _ in successes.in_production():
        production.setdefault(environment[0].casefold(), []).append(environment)
    parts = _deployments_by_part(outcomes)
    named = [(one, _number(one, config)) for one in incidents if one.named is not None]
    belonging = [
        (one, *found)
        for one, number in named
        if number is not None
        for found in parts.get((one.about, number), ())
    ]
    by_id = {one.by for one, *_ in belonging}
    others = [one for one, _ in named if one.by not in by_id and SHA.fullmatch(one.named or "")]
    others += [one for one in incidents if one.named is None]
    for one in others:
        for environment in production.get(one.about, ()):
            deployment = _live(one, successes, environment, config)
            if deployment is not None:
                belonging.append((one, environment, deployment))
    owned = {one.by for one, *_ in belonging}
    since = microseconds(config.window.since)
    orphans = {one.by: None for one in incidents if one.opened_at >= since and one.by not in owned}
    reasons = {
        Reason(*environment, deployment, "incident", one.opened_at, one.closed_at, one.by): None
        for one, environment, deployment in belonging
        if finished[environment[0], deployment]
    }
    return Attribution([*reasons], [*orphans])


def _live(
    incident: Incident, successes: Successes, environment: Environment, config: Config
) -> int | None:
    """The deployment of an environment that an incident belongs to, if any.

    The latest success not later than the incident: of the sha that it names, or of any, if that
    had not been live for too long.
    """
    own = successes.of[environment]
    end = bisect_right(own, incident.opened_at, key=lambda one: one.succeeded_at)
    if incident.named is not None:
        fits = incident.named.lower()
        return next(
            (one.deployment for one in reversed(own[:end]) if one.sha.startswith(fits)), None
        )
    longest = config.incidents.attribution // timedelta(microseconds=1)
    if not end or incident.opened_at - own[end - 1].succeeded_at > longest:
        return None
    return own[end - 1].deployment


def _is_finished(outcomes: Outcomes) -> dict[Key, bool]:
    keys = zip(outcomes["repository"].tolist(), outcomes["deployment"].tolist(), strict=True)
    return dict(zip(keys, outcomes["finished_at"].notna().tolist(), strict=True))


def _deployments_by_part(
    outcomes: Outcomes,
) -> dict[tuple[str, int], list[tuple[Environment, int]]]:
    """Deployments by the ids that stand for them, and their repository's name, case folded.

    Those that changed nothing are not among them: no mark falls on them (D3).
    """
    found: dict[tuple[str, int], list[tuple[Environment, int]]] = {}
    columns = (
        outcomes.loc[~outcomes["is_unchanged"], name].tolist()
        for name in ("repository", "environment_key", "deployment", "parts")
    )
    for repository, key, deployment, parts in zip(*columns, strict=True):
        for part in parts:
            own = found.setdefault((repository.casefold(), part), [])
            own.append(((repository, key), deployment))
    return found


def _number(incident: Incident, config: Config) -> int | None:
    """Id of the deployment that an incident names by its number or address, None for none."""
    name = incident.named or ""
    address = ADDRESS.fullmatch(name)
    if address is not None:
        of = (address["owner"].casefold(), address["name"].casefold())
        if of != (config.organization.casefold(), incident.about):
            return None
        return int(address["id"])
    return int(name) if name.isascii() and name.isdigit() else None


def find_incident_rework(reasons: Sequence[Reason], successes: Successes) -> list[Key]:
    """RW1: the first success after an incident of an environment was opened, before it closed."""
    return list(dict.fromkeys(_first_after(reasons, successes)))


def _first_after(reasons: Sequence[Reason], successes: Successes) -> Iterator[Key]:
    for one in reasons:
        own = successes.of.get((one.repository, one.environment_key), ())
        place = bisect_right(own, one.began_at, key=lambda one: one.succeeded_at)
        if place < len(own) and (one.ended_at is None or own[place].succeeded_at < one.ended_at):
            yield one.repository, own[place].deployment
