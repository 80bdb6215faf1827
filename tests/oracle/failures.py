"""Which deployments failed, why and for how long (F1 to F6), episodes (R1 to R3), rework (RW1)."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from dora.demo.organization.model import PullRequest
from tests.oracle.naming import fits_any
from tests.oracle.outcomes import BROKEN, Judged, payload_value
from tests.oracle.settings import Settings
from tests.oracle.shipping import History


@dataclass(frozen=True)
class Reason:
    """Why a deployment counts as failed, and from when to when."""

    signal: str
    began_at: datetime
    ended_at: datetime | None
    by: str  #: what says so: a status, a deployment's id, a sha, `repo#n`, a tag


#: D8: what an older commit of these says is no rollback, and they have neither task nor payload
UNORDERED = ("releases", "tags", "merges")

Reasons = dict[int, list[Reason]]  # by deployment id


@dataclass(frozen=True)
class Episode:
    """One outage of an environment (R2)."""

    began_at: datetime
    ended_at: datetime | None
    deployments: tuple[int, ...]  #: ids of the failed ones


def status_reasons(history: History, settings: Settings) -> list[tuple[int, Reason]]:
    """F1, F8: a failure status, until the next success status in that environment."""
    successes = [
        event.at for one in history.read for event in one.events if event.state == "success"
    ]
    found = []
    for one in history.read:
        counts = settings.failures_status == "any" or (
            settings.failures_status == "live" and one.succeeded_at is not None
        )
        began_at = one.failed_at if one.finished_at else None
        if counts and began_at is not None:
            after = [at for at in successes if at >= began_at]
            by = next(event.state for event in one.events if event.state in BROKEN)
            found.append((one.id, Reason("status", began_at, min(after, default=None), by)))
    return found


def asks_for_rollback(judged: Judged) -> bool:
    """Whether task or payload call the deployment a rollback (F2)."""
    return judged.task == "rollback" or payload_value(judged.payload, "rollback") is True


def rollbacks(history: History) -> list[tuple[Judged, Judged]]:
    """F2: each rollback with the deployment it fails."""
    if history.source in UNORDERED:
        return []
    graph = history.graph
    successes = history.changing
    found = []
    for place, one in enumerate(successes):
        if place == 0 or successes[place - 1].sha == one.sha:
            continue
        live = successes[place - 1]
        back = graph.knows(one.sha) and one.sha in graph.reach(live.sha)
        newer = (one.created_at, one.id) > (live.created_at, live.id)
        if (back and newer) or asks_for_rollback(one):
            before = [at for at in range(place) if successes[at].sha == one.sha]
            found.append((one, successes[before[-1] + 1] if before else live))
    return found


def rollback_reasons(history: History) -> list[tuple[int, Reason]]:
    """F2: what the rollbacks fail, from its success to the rollback's."""
    return [
        (failed.id, Reason("rollback", failed.succeeded_at, one.succeeded_at, str(one.called)))
        for one, failed in rollbacks(history)
        if failed.succeeded_at is not None
    ]


class Reverts:
    """F3: what the commits of one environment's history take away or put back."""

    def __init__(self, history: History, organization: str) -> None:
        self.graph = history.graph
        self.name = f"{organization}/{history.graph.repository.name}".casefold()
        #: every sha by which a change is known that the environment has received
        self.names = history.graph.same.received_by(history.received())

    def merge_of(self, number: str) -> str | None:
        """Give the merge commit that stands for request *number*."""
        for request in self.graph.merged:
            if request.number == int(number):
                return request.merge_commit_sha
        return None

    def targets(self, sha: str) -> list[str | None] | None:
        """Changes that the commit reverts, None for an unknown one; None if it is no revert."""
        told = self.graph.same.told(sha)
        if told is None:
            return None
        message = self.graph.commits[told].message
        found: list[str | None] = []
        for prefix in re.findall(r"This reverts commit ([0-9a-fA-F]{7,40})\b", message):
            fitting = [one for one in self.names if one.startswith(prefix.lower())]
            found.append(fitting[0] if len(fitting) == 1 else None)
        for name, number in re.findall(r"Reverts ([\w.-]+/[\w.-]+)?#([0-9]+)", message):
            ours = not name or name.casefold() == self.name
            found.append(self.merge_of(number) if ours else None)
        title = re.match(r'Revert ".*\(#([0-9]+)\)"( \(#[0-9]+\))?\s*(\n|$)', message)
        request = self.graph.request_of(sha)
        branch = re.match(r"revert-([0-9]+)-", request.head_ref) if request else None
        found += [self.merge_of(said[1]) for said in (title, branch) if said]
        return found or None

    def takes_away(self, sha: str, seen: frozenset[str] = frozenset()) -> list[str | None]:
        """Targets that the commit takes away, rather than putting them back (parity)."""
        return [
            target
            for target in self.targets(sha) or []
            if target is None or target in seen or not self.takes_away(target, seen | {sha})
        ]


def shipped_in_window(history: History) -> dict[int, frozenset[str]]:
    """What each success shipped, nothing before the window: F3 to F5 go by the window's alone."""
    shipped = history.shipped_in_window()
    return {one.id: shipped.get(one.id, frozenset()) for one in history.successes}


def reverting(history: History, organization: str) -> list[tuple[Judged, str, str]]:
    """F3: each deployment that shipped a revert, that commit, and the change it took away."""
    reverts = Reverts(history, organization)
    shipped = shipped_in_window(history)
    return [
        (one, sha, target)
        for one in history.successes
        for sha in shipped[one.id]
        for target in reverts.takes_away(sha)
        if target is not None and shipped[one.id].isdisjoint(history.graph.same.names(target))
    ]


def revert_reasons(history: History, organization: str) -> list[tuple[int, Reason]]:
    """F3: the earlier deployment that shipped what was reverted."""
    shipped = shipped_in_window(history)
    order = [one.id for one in history.successes]
    found = []
    for one, sha, target in reverting(history, organization):
        for failed in history.successes[: order.index(one.id)]:
            had = not shipped[failed.id].isdisjoint(history.graph.same.names(target))
            if had and failed.succeeded_at is not None:
                reason = Reason("revert", failed.succeeded_at, one.succeeded_at, sha)
                found.append((failed.id, reason))
    return found


def has_label(request: PullRequest, labels: tuple[str, ...]) -> bool:
    """Whether the request has one of *labels*, case ignored."""
    return not {one.casefold() for one in request.labels}.isdisjoint(
        one.casefold() for one in labels
    )


def shipping_requests(history: History) -> list[tuple[Judged, PullRequest]]:
    """Every request a change of which each success shipped."""
    shipped = shipped_in_window(history)
    found = []
    for one in history.successes:
        for sha in filter(history.graph.is_change, shipped[one.id]):
            request = history.graph.request_of(sha)
            if request is not None:
                found.append((one, request))
    return found


def named_request(history: History, request: PullRequest) -> str:
    """Give the request as `repo#n`."""
    return f"{history.graph.repository.name}#{request.number}"


def hotfixing(history: History, settings: Settings) -> list[tuple[Judged, PullRequest]]:
    """F4, LT11: the successes that shipped a hotfix, under whichever sha, with its request."""
    shipped, graph = shipped_in_window(history), history.graph
    brought = [
        (one, graph.request_of(meant))
        for one in history.successes
        for sha in filter(graph.is_change, shipped[one.id])
        for meant in graph.same.meant_by(sha)
    ]
    return [
        (one, request)
        for one, request in brought
        if request is not None
        and (
            has_label(request, settings.hotfix_labels)
            or fits_any(settings.hotfix_branches, request.head_ref)
        )
    ]


def hotfix_reasons(history: History, settings: Settings) -> list[tuple[int, Reason]]:
    """F4: the deployment live just before a hotfix."""
    fixes = hotfixing(history, settings)
    return [
        (live.id, Reason("hotfix", live.succeeded_at, one.succeeded_at, by))
        for live, one in pairwise(history.changing)
        for by in [named_request(history, request) for fix, request in fixes if fix.id == one.id]
        if live.succeeded_at is not None
    ]


def label_reasons(history: History, settings: Settings) -> list[tuple[int, Reason]]:
    """F5: the deployment that shipped a request labelled as a failure."""
    successes = history.successes
    order = [one.id for one in successes]
    found = []
    for one, request in shipping_requests(history):
        if has_label(request, settings.failure_labels) and one.succeeded_at is not None:
            later = [other.succeeded_at for other in successes[order.index(one.id) + 1 :]]
            by = named_request(history, request)
            reason = Reason("label", one.succeeded_at, later[0] if later else None, by)
            found.append((one.id, reason))
    return found


def tag_reasons(history: History, settings: Settings) -> list[tuple[int, Reason]]:
    """F6: the latest success of a tagged commit, in production."""
    successes = history.successes if history.tier == "production" else []
    latest = {one.sha: place for place, one in enumerate(successes) if not one.is_unchanged}
    found = []
    for tag in history.graph.repository.tags:
        exists = tag.tagged_at is None or tag.tagged_at < history.span.until
        if exists and fits_any(settings.failure_tags, tag.name) and tag.sha in latest:
            one = successes[latest[tag.sha]]
            later = [other for other in successes[latest[tag.sha] + 1 :] if other.sha != tag.sha]
            ended_at = later[0].succeeded_at if later else None
            if one.succeeded_at is not None:
                found.append((one.id, Reason("tag", one.succeeded_at, ended_at, tag.name)))
    return found


def reasons_of(history: History, settings: Settings, organization: str) -> Reasons:
    """Every reason but incidents, by failed deployment."""
    on = settings.signals
    found: list[tuple[int, Reason]] = []
    if "status" in on:
        found += status_reasons(history, settings)
    if "rollback" in on and settings.rollback:
        found += rollback_reasons(history)
    if "revert" in on:
        found += revert_reasons(history, organization)
    if "hotfix" in on:
        found += hotfix_reasons(history, settings)
    if "label" in on:
        found += label_reasons(history, settings)
    if "tag" in on:
        found += tag_reasons(history, settings)
    reasons: Reasons = {}
    for failed, reason in found:
        reasons.setdefault(failed, []).append(reason)
    return reasons


def rework_of(
    history: History, settings: Settings, organization: str, reasons: Reasons
) -> set[int]:
    """Successes that are rework (RW1)."""
    on = settings.signals
    rework: set[int] = set()
    if "rollback" in on and settings.rollback:
        rework |= {rollback.id for rollback, _ in rollbacks(history)}
    if "revert" in on:
        rework |= rework_by_revert(history, organization)
    if "hotfix" in on:
        rework |= {one.id for one, _ in hotfixing(history, settings)}
    incidents = [one for several in reasons.values() for one in several if one.signal == "incident"]
    for incident in incidents:
        after = [
            one
            for one in history.changing
            if one.succeeded_at is not None
            and one.succeeded_at > incident.began_at
            and (incident.ended_at is None or one.succeeded_at < incident.ended_at)
        ]
        rework |= {one.id for one in after[:1]}
    return rework


def rework_by_revert(history: History, organization: str) -> set[int]:
    """RW1: the successes that revert what the environment had received before them."""
    had: dict[int, set[str]] = {}
    received: set[str] = set()
    for one in history.known(history.read + history.marking):
        had[one.id] = set(received)
        received |= history.graph.reach(one.sha)
    return {
        one.id
        for one, _, target in reverting(history, organization)
        if not history.graph.same.names(target).isdisjoint(had.get(one.id, ()))
    }


def episodes_of(history: History, reasons: Reasons) -> list[Episode]:
    """Outages of one environment: downtimes (R1), failed attempts in a row as one (R2)."""
    alone: list[Episode] = []
    attempts: dict[datetime | None, list[tuple[datetime, int]]] = {}
    for one in history.read:
        several = reasons.get(one.id, [])
        if not several:
            continue
        incidents = [reason for reason in several if reason.signal == "incident"]
        timed = incidents or several
        began_at = min(reason.began_at for reason in timed)
        ends = [reason.ended_at for reason in timed if reason.ended_at is not None]
        ended_at = max(ends) if len(ends) == len(timed) else None
        if {reason.signal for reason in several} == {"status"}:
            attempts.setdefault(ended_at, []).append((began_at, one.id))
        else:
            alone.append(Episode(began_at, ended_at, (one.id,)))
    return alone + [
        Episode(min(failed)[0], ended_at, tuple(sorted(number for _, number in failed)))
        for ended_at, failed in attempts.items()
    ]
