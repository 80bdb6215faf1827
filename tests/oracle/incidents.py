"""Incidents and the deployments they belong to (F7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Issue, Organization, Repository
from tests.oracle.failures import Reason, Reasons
from tests.oracle.naming import canonical
from tests.oracle.references import address, named
from tests.oracle.settings import Settings
from tests.oracle.shipping import History, Span

#: reasons of closing that say that there was no incident
DISMISSED = ("not_planned", "duplicate")


@dataclass
class Incidents:
    """What is said of incidents."""

    #: by place of the history
    reasons: dict[int, Reasons] = field(default_factory=dict)
    unattributed: list[Issue] = field(default_factory=list)
    dismissed: list[Issue] = field(default_factory=list)

    @property
    def not_understood(self) -> list[Issue]:
        """Those of the unattributed that name a deployment."""
        return [issue for issue in self.unattributed if named(issue.body) is not None]


def incidents_of(repository: Repository, settings: Settings, span: Span) -> list[Issue]:
    """Issues of *repository* with an incident label, opened in the time that is read."""
    labels = {one.casefold() for one in settings.incident_labels}
    return [
        issue
        for issue in repository.issues
        if span.since - settings.lookback <= issue.created_at < span.until
        and not labels.isdisjoint(label.casefold() for label in issue.labels)
    ]


def closed_at(issue: Issue, until: datetime) -> datetime | None:
    """When it was closed, if it was by *until*."""
    return issue.closed_at if issue.closed_at and issue.closed_at < until else None


def is_dismissed(issue: Issue, settings: Settings, until: datetime) -> bool:
    """Whether it was closed as none by *until*."""
    reason = (issue.state_reason or "").casefold()
    closed = closed_at(issue, until) is not None and reason in DISMISSED
    return closed and settings.dismissed == "ignore"


def said_by(issue: Issue, kind: str) -> set[str]:
    """Names, case folded, that its labels `KIND:NAME` say."""
    start = f"{kind}:"
    return {
        label[len(start) :].strip().casefold()
        for label in issue.labels
        if label.casefold().startswith(start) and label[len(start) :].strip()
    }


def is_central(repository: Repository, owner: str, settings: Settings) -> bool:
    """Whether the incidents of other repositories are told there."""
    names = {one.casefold() for one in settings.incident_repositories}
    own = repository.name.casefold()
    return own in names or f"{owner.casefold()}/{own}" in names


def repositories_of(issue: Issue, own: Repository, owner: str, settings: Settings) -> set[str]:
    """Names, `owner/name` and case folded, of the repositories an incident is about."""
    itself = {f"{owner}/{own.name}".casefold()}
    if not is_central(own, owner, settings):
        return itself
    place = address(named(issue.body))
    said = {
        name if "/" in name else f"{owner.casefold()}/{name}" for name in said_by(issue, "repo")
    }
    if not said and place is not None and place[0].split("/")[0] == owner.casefold():
        return {place[0]}
    return said or itself


def narrowed(issue: Issue, histories: Sequence[History], settings: Settings) -> list[History]:
    """Those of *histories* that the labels `service:` and `environment:` leave."""
    services = said_by(issue, "service")
    environments = said_by(issue, "environment")
    environments |= {(canonical(name, settings) or "").casefold() for name in environments}
    return [
        history
        for history in histories
        if (not services or history.service.casefold() in services)
        and (not environments or history.key in environments)
    ]


def live_at(history: History, at: datetime) -> list[tuple[datetime, int]]:
    """Successes not later than *at* that changed something, in order, as (succeeded_at, id)."""
    return [
        (one.succeeded_at, one.id)
        for one in history.changing
        if one.succeeded_at is not None and one.succeeded_at <= at
    ]


def belonging(
    issue: Issue, histories: Sequence[History], owner: str, settings: Settings
) -> list[tuple[History, int]]:
    """Deployments an incident belongs to, among the *histories* of one repository."""
    word = named(issue.body)
    production = [history for history in histories if history.tier == "production"]
    found = []
    if word is None:
        for history in production:
            before = live_at(history, issue.created_at)
            if before and issue.created_at - before[-1][0] <= settings.attribution:
                found.append((history, before[-1][1]))
        return found
    place = address(word)
    for history in histories:
        name = f"{owner}/{history.graph.repository.name}".casefold()
        number = int(word) if re.fullmatch(r"[0-9]+", word) else None
        if place is not None and place[0] == name:
            number = place[1]
        found += [
            (history, one.id)
            for one in history.read
            if number in {part.id for part in one.parts} and not one.is_unchanged
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
    telling: Sequence[Repository],
    excluded: set[str],
    histories: Sequence[History],
    span: Span,
    settings: Settings,
) -> Incidents:
    """Say which deployments the incidents of *telling* belong to.

    *excluded* are the names of repositories that were not asked for: what is only about them
    belongs elsewhere.
    """
    places = {id(history): place for place, history in enumerate(histories)}
    owner = organization.login
    others = {f"{owner}/{name}".casefold() for name in excluded}
    answer = Incidents()
    for repository in telling:
        for issue in incidents_of(repository, settings, span):
            whose = repositories_of(issue, repository, owner, settings)
            theirs = [
                one
                for one in histories
                if f"{owner}/{one.graph.repository.name}".casefold() in whose
            ]
            if whose <= others:
                continue
            if is_dismissed(issue, settings, span.until):
                answer.dismissed.append(issue)
                continue
            found = belonging(issue, narrowed(issue, theirs, settings), owner, settings)
            for history, failed in found:
                of_history = answer.reasons.setdefault(places[id(history)], {})
                by = f"{repository.name}#{issue.number}"
                ended_at = closed_at(issue, span.until)
                reason = Reason("incident", issue.created_at, ended_at, by)
                of_history.setdefault(failed, []).append(reason)
            if not found:
                answer.unattributed.append(issue)
    return answer
