"""Sends to Datadog what was not sent before, and counts what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dora.errors import CannotWrite
from dora.publish.datadog.client import Datadog
from dora.publish.datadog.events import DatadogEvent, DatadogEvents
from dora.publish.datadog.receipt import Receipt
from dora.publish.datadog.responses import EventTooOld, UnknownDeployment
from dora.publish.datadog.series import DatadogSeries, parts

#: Nothing younger than this can be too old: the shortest limit that Datadog ever documented.
NEVER_TOO_OLD = timedelta(hours=1)


@dataclass
class EventCounts:
    """What became of the events of one kind; *words* is how Datadog refused what is too old."""

    sent: int = 0
    there: int = 0
    too_old: int = 0
    words: str = ""


@dataclass
class SentCounts:
    """What became of everything that was to be sent."""

    figures: int = 0
    deployments: EventCounts = field(default_factory=EventCounts)
    failures: EventCounts = field(default_factory=EventCounts)
    marked: int = 0
    not_marked: int = 0  #: Datadog does not know them yet


def send_figures(datadog: Datadog, figures: DatadogSeries, done: SentCounts) -> None:
    """Send all series, part after part."""
    for part in parts(figures.series):
        datadog.send_figures(part)
        done.figures += len(part)


def send_events(
    datadog: Datadog,
    events: DatadogEvents,
    receipt: Receipt,
    done: SentCounts,
    *,
    can_mark: bool,
    now: datetime,
) -> None:
    """Send the events that *receipt* does not have, and note them there, also after a failure.

    The newest are sent first: once one is refused for its age, older ones are not tried.
    """
    try:
        _send(events.deployments, datadog.send_deployment, receipt, done.deployments, now)
        _send(events.failures, datadog.send_failure, receipt, done.failures, now)
        if can_mark:
            for one in events.deployments:
                _mark(one, datadog, receipt, done)
    finally:
        names = [one.id for one in (*events.deployments, *events.failures)]
        receipt.write([*names, *map(_mark_of, names)])


def _send(
    events: Sequence[DatadogEvent],
    send: Callable[[dict[str, Any]], None],
    receipt: Receipt,
    count: EventCounts,
    now: datetime,
) -> None:
    for one in events:
        if receipt.has(one.id, one.attributes):
            count.there += 1
        elif count.words:
            count.too_old += 1
        else:
            try:
                send(one.attributes)
            except EventTooOld as refused:
                if now - one.at < NEVER_TOO_OLD:
                    raise CannotWrite(
                        f"Datadog does not take an event of {one.at:%Y-%m-%d %H:%M} UTC: {refused}",
                        "See --dry-run for what is sent.",
                    ) from None
                count.words = str(refused)
                count.too_old += 1
            else:
                receipt.note(one.id, one.attributes)
                count.sent += 1


def _mark(one: DatadogEvent, datadog: Datadog, receipt: Receipt, done: SentCounts) -> None:
    """Mark a deployment that was sent as failed, or as not failed, where that is not noted yet."""
    name = _mark_of(one.id)
    wanted = one.mark or {"change_failure": False}
    if not receipt.knows(one.id) or receipt.has(name, wanted):
        return
    if one.mark is None and not receipt.knows(name):
        return  # it never failed
    try:
        datadog.mark_deployment(one.id, wanted)
    except UnknownDeployment:
        done.not_marked += 1
    else:
        receipt.note(name, wanted)
        done.marked += 1


def _mark_of(name: str) -> str:
    return f"{name} failed"
