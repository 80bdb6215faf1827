"""Series, events and a receipt in, everything sent that was not sent before, and counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dora.errors import CannotWrite
from dora.publish.datadog.client import Datadog
from dora.publish.datadog.events import Event, Events
from dora.publish.datadog.receipt import Receipt
from dora.publish.datadog.responses import TooOld, Unknown
from dora.publish.datadog.series import Figures, parts

#: Nothing younger than this can be too old: the shortest limit that Datadog ever documented.
NEVER_TOO_OLD = timedelta(hours=1)


@dataclass
class Count:
    """What became of the events of one kind; *words* are Datadog's for what is too old."""

    sent: int = 0
    there: int = 0
    too_old: int = 0
    words: str = ""


@dataclass
class Done:
    """What became of everything."""

    figures: int = 0
    deployments: Count = field(default_factory=Count)
    outages: Count = field(default_factory=Count)
    marked: int = 0
    not_marked: int = 0  #: Datadog does not know them yet


def send_figures(datadog: Datadog, figures: Figures, done: Done) -> None:
    """Send all series, part after part."""
    for part in parts(figures.series):
        datadog.send_figures(part)
        done.figures += len(part)


def send_events(
    datadog: Datadog,
    events: Events,
    receipt: Receipt,
    done: Done,
    *,
    can_mark: bool,
    now: datetime,
) -> None:
    """Send what the receipt does not name; whatever happens, it then names what was sent.

    Newest first: once one is refused for its age, those before it are not tried.
    """
    try:
        _send(events.deployments, datadog.send_deployment, receipt, done.deployments, now)
        _send(events.failures, datadog.send_failure, receipt, done.outages, now)
        if can_mark:
            for one in events.deployments:
                _mark(one, datadog, receipt, done)
    finally:
        names = [one.id for one in (*events.deployments, *events.failures)]
        receipt.write([*names, *map(_mark_of, names)])


def _send(
    events: Sequence[Event],
    send: Callable[[dict[str, Any]], None],
    receipt: Receipt,
    count: Count,
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
            except TooOld as refused:
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


def _mark(one: Event, datadog: Datadog, receipt: Receipt, done: Done) -> None:
    """Say whether a deployment that is there failed, where that is not said yet."""
    name = _mark_of(one.id)
    wanted = one.mark or {"change_failure": False}
    if not receipt.knows(one.id) or receipt.has(name, wanted):
        return
    if one.mark is None and not receipt.knows(name):
        return  # it never failed
    try:
        datadog.mark_deployment(one.id, wanted)
    except Unknown:
        done.not_marked += 1
    else:
        receipt.note(name, wanted)
        done.marked += 1


def _mark_of(name: str) -> str:
    return f"{name} failed"
