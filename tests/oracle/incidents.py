"""Incidents and the deployments they belong to (F7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Issue, Organization, Repository
from tests.oracle.failures import Reason, Reasons
from tests.oracle.made import called, page_of
from tests.oracle.naming import canonical
from tests.oracle.outcomes import Judged
from tests.oracle.references import address, named
from tests.oracle.settings import Settings
from tests.oracle.shipping import History, Span
from tests.oracle.source_settings import Line

Pages = Mapping[str, str]

#: reasons of closing that say that there was no incident
DISMISSED = ("not_planned", "duplicate")


@dataclass
class Incidents:
    """What is said of incidents."""

    #: by place of the history
    reasons: dict[int, Reasons] = field(default_factory=dict)
    unattributed: list[Issue] = field(default_factory=list)
    not_understood: list[Issue] = field(default_factory=list)  #: of these, what names a deployment
    dismissed: list[Issue] = field(default_factory=list)


@dataclass(frozen=True)
class Incident:
    """One incident: an issue, or a line of a file as if it were one."""

    issue: Issue
    whose: frozenset[str]  #: names, `owner/name` and case folded, of repositories
    word: str | None  #: what names its deployment
    by: str


def incidents_of(
    organization: Organization, telling: Sequence[Repository], settings: Settings, pages: Pages
) -> list[Incident]:
    """Issues of *telling* with an incident label, and the lines of a file."""
    labels = {one.casefold() for one in settings.incident_labels}
    owner = organization.login
    found = [
        Incident(
            issue,
            frozenset(repositories_of(issue, repository, owner, settings, pages)),
            named(issue.body),
            f"{repository.name}#{issue.number}",
        )
        for repository in telling
        for issue in repository.issues
        if not labels.isdisjoint(label.casefold() for label in issue.labels)
    ]
    numbered = enumerate(settings.incident_lines, start=settings.incident_first)
    return found + [incident_of(line, number, owner) for number, line in numbered]


def incident_of(line: Line, number: int, owner: str) -> Incident:
    """Give a file's line as an incident."""
    labels = [f"{kind}:{line[kind]}" for kind in ("environment", "service") if line.get(kind)]
    closed_at = line.get("closed_at")
    issue = Issue(
        number=number,
        title="",
        created_at=datetime.fromisoformat(line["opened_at"]),
        closed_at=datetime.fromisoformat(closed_at) if closed_at else None,
        labels=tuple(labels),
    )
    name = line["repository"].casefold()
    whose = name if "/" in name else f"{owner.casefold()}/{name}"
    word = line.get("deployment") or line.get("sha") or None
    return Incident(issue, frozenset({whose}), word, line.get("id") or f"file:{number}")


def is_read(incident: Incident, settings: Settings, span: Span) -> bool:
    """Whether it was opened in the time that is read."""
    return span.since - settings.lookback <= incident.issue.created_at < span.until


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


def pages_of(histories: Sequence[History], owner: str) -> Pages:
    """Repository, `owner/name` and case folded, of the page of each deployment read."""
    return {
        page: f"{owner}/{history.graph.repository.name}".casefold()
        for history in histories
        for one in history.read
        for page in map(page_of, one.parts)
        if page
    }


def repositories_of(
    issue: Issue, own: Repository, owner: str, settings: Settings, pages: Pages
) -> set[str]:
    """Names, `owner/name` and case folded, of the repositories an incident is about."""
    itself = {f"{owner}/{own.name}".casefold()}
    if not is_central(own, owner, settings):
        return itself
    word = named(issue.body)
    place = address(word)
    said = {
        name if "/" in name else f"{owner.casefold()}/{name}" for name in said_by(issue, "repo")
    }
    if not said and place is not None and place[0].split("/")[0] == owner.casefold():
        return {place[0]}
    if not said and word is not None and word in pages:
        return {pages[word]}
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


def of_page(history: History, page: str, at: datetime) -> list[Judged]:
    """Give the deployment of the page that was created last by *at*, else the first later one."""
    ordered = sorted(history.read, key=lambda one: (one.created_at, one.id))
    fitting = [one for one in ordered if not one.is_unchanged and page in map(page_of, one.parts)]
    by_then = [one for one in fitting if one.created_at <= at]
    return by_then[-1:] or fitting[:1]


def belonging(
    incident: Incident, histories: Sequence[History], owner: str, settings: Settings
) -> list[tuple[History, int]]:
    """Deployments an incident belongs to, among the *histories* of one repository."""
    issue, word = incident.issue, incident.word
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
            if not one.is_unchanged
            and any(number == part.id or word == called(part) for part in one.parts)
        ]
        found += [(history, one.id) for one in of_page(history, word, issue.created_at)]
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
    pages = pages_of(histories, owner)
    for incident in incidents_of(organization, telling, settings, pages):
        issue = incident.issue
        if incident.whose <= others or not is_read(incident, settings, span):
            continue
        if is_dismissed(issue, settings, span.until):
            answer.dismissed.append(issue)
            continue
        theirs = [
            one
            for one in histories
            if f"{owner}/{one.graph.repository.name}".casefold() in incident.whose
        ]
        found = belonging(incident, narrowed(issue, theirs, settings), owner, settings)
        for history, failed in found:
            of_history = answer.reasons.setdefault(places[id(history)], {})
            ended_at = closed_at(issue, span.until)
            reason = Reason("incident", issue.created_at, ended_at, incident.by)
            of_history.setdefault(failed, []).append(reason)
        if not found:
            answer.unattributed.append(issue)
            answer.not_understood += [issue] if incident.word is not None else []
    return answer
