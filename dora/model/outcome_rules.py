"""When a deployment succeeded (D2) and which deployments are one (D6), for collector and analysis.

A status is its state, its instant and the address of its log, in this order. Instants may be of
any kind that can be compared: the collector has datetimes, the analysis microseconds since 1970.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

Status = tuple[str, Any, str | None]
Deployment = TypeVar("Deployment")

FAILURES = frozenset({"failure", "error"})
#: D2's order of statuses written at one instant; every other state comes first.
RANK = {"failure": 1, "error": 1, "success": 2, "inactive": 3}
#: The address of a workflow run, with which the addresses of its logs begin.
RUN = re.compile(r"\S*?/actions/runs/\d+")


def in_order(statuses: Iterable[Status], until: Any) -> list[Status]:
    """The statuses written before *until* (W2), in the order in which they are read (D2)."""
    return sorted((one for one in statuses if one[1] < until), key=_place)


def _place(status: Status) -> tuple[Any, int, str]:
    state, at, _ = status
    return at, RANK.get(state, 0), state


def first(history: Iterable[Status], states: Iterable[str]) -> Status | None:
    """The first status of *history*, which is in order, with one of *states*."""
    return next((one for one in history if one[0] in states), None)


def succeeded_at(history: Iterable[Status]) -> Any | None:
    """When a deployment with this *history*, which is in order, succeeded: None if never (D2)."""
    success = first(history, ("success",))
    return None if success is None else success[1]


def run_of(history: Iterable[Status]) -> str | None:
    """The address of the workflow run that filed a deployment: the first that a log names (D6)."""
    logs = (RUN.match(log) for _, _, log in history if log)
    return next((match[0] for match in logs if match), None)


def join_runs(filed: Iterable[tuple[Hashable, Deployment]]) -> list[list[Deployment]]:
    """Deployments as they belong together (D6), each whole with its parts in the order given.

    *filed* are deployments, oldest first, each with what it shares with the others of its whole:
    its environment and workflow run, or its own id where no run is known.
    """
    wholes: dict[Hashable, list[Deployment]] = {}
    for run, deployment in filed:
        wholes.setdefault(run, []).append(deployment)
    return list(wholes.values())


def join_histories(histories: Sequence[Sequence[Status]]) -> list[Status]:
    """The history of a whole deployment from those of its parts, each in order (D6).

    A part's success counts from the instant on at which every part has succeeded: before, the
    whole had not. A failure counts at once.
    """
    if len(histories) == 1:
        return [*histories[0]]
    firsts = [succeeded_at(history) for history in histories]
    known = [at for at in firsts if at is not None]
    complete = max(known) if len(known) == len(firsts) else None
    together = [
        one
        for history in histories
        for one in history
        if one[0] != "success" or (complete is not None and one[1] >= complete)
    ]
    return sorted(together, key=_place)
