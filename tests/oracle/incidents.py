"""Incidents and the deployments they belong to (F7)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dora.demo.organization.model import Issue, Organization, Repository
from tests.oracle.failures import Reason, Reasons
from tests.oracle.settings import Settings
from tests.oracle.shipping import History, Span


def incidents_of(
    repository: Repository, settings: Settings, since: datetime, until: datetime
) -> list[Issue]:
    """Issues of *repository* with an incident label, opened in the time that is read."""
    labels = {one.casefold() for one in settings.incident_labels}
    return [
        issue
        for issue in repository.issues
        if since - settings.lookback <= issue.created_at < until
        and not labels.isdisjoint(label.casefold() for label in issue.labels)
    ]


def named(issue: Issue) -> str | None:
    """Word after the colon of the first line `Deployment: X`."""
    for line in issue.body.splitlines():
        fit = re.match(r"\s*deployment:\s*(\S+)", line, re.IGNORECASE)
        if fit:
            return fit[1]
    return None


def address(word: str | None) -> tuple[str, int] | None:
    """Repository (`owner/name`) and id that a deployment's web or API address names."""
    fit = re.match(r"https?://\S*?([\w.-]+/[\w.-]+)/deployments/([0-9]+)$", word or "")
    return (fit[1].casefold(), int(fit[2])) if fit else None


def repositories_of(issue: Issue, own: str, owner: str, settings: Settings) -> set[str]:
    """Names, case folded, of the repositories an incident is about."""
    if own.casefold() not in {one.casefold() for one in settings.incident_repositories}:
        return {own.casefold()}
    said = {
        label[5:].strip().casefold()
        for label in issue.labels
        if label.casefold().startswith("repo:")
    }
    if said:
        return said
    place = address(named(issue))
    if place is not None and place[0].split("/")[0] == owner.casefold():
        return {place[0].split("/")[1]}
    return {own.casefold()}


def live_at(history: History, at: datetime) -> list[tuple[datetime, int]]:
    """Successes not later than *at*, in order, as (succeeded_at, id)."""
    return [
        (one.succeeded_at, one.id)
        for one in history.successes
        if one.succeeded_at is not None and one.succeeded_at <= at
    ]


def belonging(
    issue: Issue, histories: Sequence[History], owner: str, attribution: timedelta
) -> list[tuple[History, int]]:
    """Deployments an incident belongs to, among the *histories* of one repository."""
    word = named(issue)
    production = [history for history in histories if history.tier == "production"]
    found = []
    if word is None:
        for history in production:
            before = live_at(history, issue.created_at)
            if before and issue.created_at - before[-1][0] <= attribution:
                found.append((history, before[-1][1]))
        return found
    place = address(word)
    for history in histories:
        name = f"{owner}/{history.graph.repository.name}".casefold()
        number = int(word) if re.fullmatch(r"[0-9]+", word) else None
        if place is not None and place[0] == name:
            number = place[1]
        found += [
            (history, one.id) for one in history.read if number in {part.id for part in one.parts}
        ]
    if found or not re.fullmatch(r"[0-9a-fA-F]{7,40}", word):
        return found
    for history in production:
        fitting = {one.id for one in history.read if one.sha.startswith(word.lower())}
        before = [pair for pair in live_at(history, issue.created_at) if pair[1] in fitting]
        found += [(history, before[-1][1])] if before else []
    return found


def attribute(
    organization: Organization,
    readable: Sequence[Repository],
    histories: Sequence[History],
    span: Span,
    settings: Settings,
) -> tuple[dict[int, Reasons], list[Issue]]:
    """Incident reasons by place of the history; incidents that belong to no deployment."""
    places = {id(history): place for place, history in enumerate(histories)}
    reasons: dict[int, Reasons] = {}
    orphans = []
    for repository in readable:
        for issue in incidents_of(repository, settings, span.since, span.until):
            whose = repositories_of(issue, repository.name, organization.login, settings)
            theirs = [one for one in histories if one.graph.repository.name.casefold() in whose]
            found = belonging(issue, theirs, organization.login, settings.attribution)
            closed = issue.closed_at
            ended_at = closed if closed and closed < span.until else None
            for history, failed in found:
                of_history = reasons.setdefault(places[id(history)], {})
                by = f"{repository.name}#{issue.number}"
                reason = Reason("incident", issue.created_at, ended_at, by)
                of_history.setdefault(failed, []).append(reason)
            if not found:
                orphans.append(issue)
    return reasons, orphans
