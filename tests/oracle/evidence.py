"""The evidence an organization's truth must give: every item behind the rows of the report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dora.demo.organization.model import Organization
from tests.oracle.failures import Reason, Reasons, episodes_of, rework_of
from tests.oracle.made import source_of
from tests.oracle.outcomes import BEGUN, BROKEN, GONE, NOT_BEGUN, NOTHING, Judged, outcome
from tests.oracle.question import Question, Reading
from tests.oracle.report import answer, find_readings, find_reasons, shown
from tests.oracle.settings import Settings
from tests.oracle.shipping import History, Span
from tests.oracle.tally import seconds, was_never_live

Item = dict[str, Any]


def reason_item(reason: Reason) -> Item:
    """One reason."""
    return {
        "signal": reason.signal,
        "began_at": reason.began_at,
        "ended_at": reason.ended_at,
        "by": reason.by,
    }


def sorted_reasons(reasons: Sequence[Reason]) -> list[Item]:
    """Reasons, each once, by signal, then what says so."""
    once = set(reasons)
    return [reason_item(one) for one in sorted(once, key=lambda one: (one.signal, one.by))]


def is_told(one: Judged, span: Span, of_episodes: set[int]) -> bool:
    """Whether the evidence holds the deployment: the window's, and those of its episodes.

    What never finished, or had not started, is the window's by its creation.
    """
    if one.id in of_episodes or span.holds(one.finished_at) or span.holds(one.succeeded_at):
        return True
    return one.finished_at is None and span.holds(one.created_at)


def change_item(history: History, sha: str, shipper: Judged | None) -> Item:
    """One change, shipped by *shipper* or waiting."""
    graph = history.graph
    request, start = graph.request_of(sha), graph.start_of(sha)
    shipped_at = shipper.succeeded_at if shipper else None
    return {
        "sha": sha,
        "started_at": start,
        "shipped_at": shipped_at,
        "deployment": shipper.called if shipper else None,
        "lead_time": seconds(shipped_at - start) if shipped_at else None,
        "pull_request": request.number if request else None,
    }


def change_items(history: History) -> list[Item]:
    """Changes that the environment's successes shipped in the window, less LT9's."""
    graph = history.graph
    shipped = history.shipped_in_window()
    return [
        change_item(history, sha, one)
        for one in history.successes
        for sha in shipped.get(one.id, ())
        if graph.is_change(sha) and not graph.is_excluded(sha)
    ]


def is_never_live(one: Judged, reasons: Reasons) -> bool:
    """Whether a failed deployment never reached the environment, by its status alone (F8)."""
    signals = {reason.signal for reason in reasons.get(one.id, ())}
    return signals == {"status"} and was_never_live(one)


def remark_on(one: Judged) -> str | None:
    """Why it is not what its statuses alone would say (D3, F8)."""
    if one.not_started:
        failure = next(event for event in one.events if event.state in BROKEN)
        return NOT_BEGUN if failure.says(NOT_BEGUN) else "approval refused or expired"
    if one.is_gone:
        return GONE
    if one.is_unchanged:
        return NOTHING
    return BEGUN if any(event.says(BEGUN) for event in one.events) else None


def deployment_item(
    one: Judged, history: History, reasons: Reasons, question: Question, *, rework: bool
) -> Item:
    """One deployment and what became of it."""
    return {
        "id": one.called,
        "source": source_of(one.parts[0]),
        "sha": one.sha,
        "created_at": one.created_at,
        "succeeded_at": one.succeeded_at,
        "failed_status_at": one.failed_at,
        "outcome": outcome(one, question.settings, question.span.until),
        "baseline": one is history.baseline,
        "rework": rework,
        "never_live": is_never_live(one, reasons),
        "unchanged": one.is_unchanged,
        "remark": remark_on(one),
        "reasons": sorted_reasons(reasons.get(one.id, [])),
    }


def items_of(history: History, reasons: Reasons, question: Question) -> dict[str, list[Item]]:
    """What is behind one environment of one repository."""
    span, settings = question.span, question.settings
    episodes = [one for one in episodes_of(history, reasons) if span.holds(one.began_at)]
    of_episodes = {number for one in episodes for number in one.deployments}
    rework = rework_of(history, settings, question.organization.login, reasons)
    by_number = {one.id: one for one in history.read}
    never_live = {one.id for one in history.read if is_never_live(one, reasons)}
    return {
        "deployments": [
            deployment_item(one, history, reasons, question, rework=one.id in rework)
            for one in history.read
            if is_told(one, span, of_episodes)
        ],
        "changes": change_items(history),
        "episodes": [
            {
                "began_at": one.began_at,
                "ended_at": one.ended_at,
                "deployments": [by_number[number].called for number in one.deployments],
                "never_live": never_live.issuperset(one.deployments),
            }
            for one in episodes
        ],
        "waiting": [change_item(history, sha, None) for sha in history.waiting() or ()],
    }


def key_of(reading: Reading, history: History, question: Question) -> Item:
    """Whose item it is."""
    return {
        "repository": reading.repository.name,
        "environment": shown(history.key, [reading], question.settings),
        "service": history.service,
    }


def place_of(item: Item) -> tuple[Any, ...]:
    """Place of an item among its like: whose it is, then what tells it from the others."""
    told = item.get("deployments") or [item.get("deployment") or item.get("id") or 0]
    return item["repository"], item["environment"], item["service"], told[0], item.get("sha", "")


def evidence_of(
    question: Question, readings: Sequence[Reading], reasons: dict[int, Reasons]
) -> dict[str, list[Item]]:
    """Everything behind the rows, sorted."""
    evidence: dict[str, list[Item]] = {}
    for reading in readings:
        for history in reading.histories:
            key = key_of(reading, history, question)
            for name, items in items_of(history, reasons[id(history)], question).items():
                evidence.setdefault(name, []).extend({**key, **item} for item in items)
    return {
        name: sorted(evidence.get(name, []), key=place_of)
        for name in ("deployments", "changes", "episodes", "waiting")
    }


def expected_answers(
    organization: Organization,
    *,
    since: datetime,
    until: datetime,
    timezone: str = "UTC",
    by: str = "repository",
    tiers: Sequence[str] | None = None,
    repositories: Sequence[str] = (),
    environments: Sequence[str] = (),
    ephemeral: bool = False,
    benchmark: str = "2025",
    trend: str | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> tuple[dict[str, Any], dict[str, list[Item]]]:
    """Give the report (see `expected_report`) and the evidence of one reading."""
    question = Question(
        given=organization,
        span=Span(since, until),
        timezone=timezone,
        by=by,
        tiers=tiers,
        repositories=repositories,
        environments=environments,
        ephemeral=ephemeral,
        benchmark=benchmark,
        trend=trend,
        settings=settings,
    )
    readings = find_readings(question)
    reasons, incidents = find_reasons(question, readings)
    report = answer(question, readings, reasons, incidents)
    return report, evidence_of(question, readings, reasons)


def expected_evidence(organization: Organization, **asked: Any) -> dict[str, list[Item]]:
    """Give `deployments`, `changes`, `episodes` and what waits, sorted; instants as datetimes.

    The arguments are those of `expected_report`.
    """
    return expected_answers(organization, **asked)[1]
