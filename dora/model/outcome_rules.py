"""When a deployment succeeded, and what its statuses say (D2, D3), for collector and analysis.

Instants may be of any kind that can be compared: the collector has datetimes, the analysis
microseconds since 1970.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dora.model.fixed_words import BEGUN, NOT_BEGUN, NOTHING_TO_CHANGE, says


class StatusRecord(NamedTuple):
    """One status of a deployment."""

    state: str
    at: Any
    log: str | None = None  #: the address of its log
    description: str | None = None


FAILURES = frozenset({"failure", "error"})
#: D2's order of statuses written at one instant; an unknown state comes where UNKNOWN says.
RANK = {"waiting": 0, "queued": 1, "pending": 2, "in_progress": 3, "error": 5, "failure": 5,
        "success": 6, "inactive": 7}  # fmt: skip
UNKNOWN = 4
#: The address of a workflow run, with which the addresses of its logs begin.
RUN = re.compile(r"\S*?/actions/runs/\d+")


def in_order(statuses: Iterable[StatusRecord], until: Any) -> list[StatusRecord]:
    """The statuses written before *until* (W2), in the order in which they are read (D2)."""
    return sorted((one for one in statuses if one.at < until), key=place_in_history)


def place_in_history(status: StatusRecord) -> tuple[Any, int, str]:
    """What statuses are sorted by (D2)."""
    return status.at, RANK.get(status.state, UNKNOWN), status.state


def first(history: Iterable[StatusRecord], states: Iterable[str]) -> StatusRecord | None:
    """The first status of *history*, which is in order, with one of *states*."""
    for one in history:  # a loop, because a generator takes twice as long
        if one.state in states:
            return one
    return None


def succeeded_at(history: Iterable[StatusRecord]) -> Any | None:
    """When a deployment with this *history*, which is in order, succeeded: None if never (D2)."""
    success = first(history, ("success",))
    return None if success is None else success.at


def is_unchanged(history: Iterable[StatusRecord]) -> bool:
    """Whether a deployment succeeded and says that there was nothing to change (D3)."""
    success = first(history, ("success",))
    return success is not None and says(success.description, NOTHING_TO_CHANGE)


def has_not_started(history: Sequence[StatusRecord], failure: StatusRecord) -> bool:
    """Whether a deployment that never succeeded had not started when it ended (D3).

    *failure*, its first failure status, says so, or was written directly after a `waiting` and no
    `in_progress` came before it: an approval was refused or expired.
    """
    before = history[: history.index(failure)]
    is_refused = bool(before) and before[-1].state == "waiting"
    return says(failure.description, NOT_BEGUN) or (
        is_refused and first(before, ("in_progress",)) is None
    )


def had_begun(history: Iterable[StatusRecord]) -> bool:
    """Whether some status says that the change had begun (F8): it may have changed something."""
    told = [one.description for one in history if one.description]
    return bool(told) and any(says(text, BEGUN) for text in told)


def run_of(history: Iterable[StatusRecord]) -> str | None:
    """The address of the workflow run that filed a deployment: the first that a log names (D6)."""
    logs = (RUN.match(one.log) for one in history if one.log)
    return next((match[0] for match in logs if match), None)
