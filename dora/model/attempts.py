"""Which deployments are one, because one attempt of a workflow run filed them (D6).

The collector and the analysis join with the same function, so that they cannot disagree.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dora.model.environments import payload_value
from dora.model.outcome_rules import (
    FAILURES,
    StatusRecord,
    first,
    is_unchanged,
    place_in_history,
    run_of,
    succeeded_at,
)

Deployment = TypeVar("Deployment")

#: What stands behind the address of a run in that of one of its attempts.
ATTEMPT = re.compile(r"/attempts/([0-9]{1,9})(?![0-9])")
#: The number of an attempt in a payload: payloads come from anyone, and could be of any length.
NUMBER = re.compile(r"[0-9]{1,9}")
#: The longest pause between two jobs that follow each other in one attempt, in minutes (D6).
LONGEST_PAUSE = 15


@dataclass(frozen=True, slots=True)
class Part(Generic[Deployment]):
    """A deployment as GitHub has it, which may be one of several parts of a whole."""

    deployment: Deployment
    created_at: Any
    history: Sequence[StatusRecord]  #: in order
    payload: str | None

    def has_succeeded_by(self, instant: Any) -> bool:
        """Whether it had succeeded at *instant*."""
        at = succeeded_at(self.history)
        return at is not None and bool(at <= instant)


@dataclass(frozen=True, slots=True)
class Whole(Generic[Deployment]):
    """A deployment with all its parts, the oldest first; without joining it has one."""

    parts: list[Deployment]
    history: list[StatusRecord]  #: in order
    is_unchanged: bool  #: whether none of its parts changed anything (D3)


def take_apart(parts: Iterable[Part[Deployment]]) -> list[Whole[Deployment]]:
    """Each of *parts* as a whole of its own."""
    return [Whole([one.deployment], [*one.history], is_unchanged(one.history)) for one in parts]


def join_attempts(
    filed: Iterable[tuple[Hashable, Part[Deployment]]], longest_pause: Any
) -> list[Whole[Deployment]]:
    """Deployments as they belong together (D6), in no promised order.

    *filed* are parts, oldest first, each with its environment: only those of one environment and
    one attempt of a workflow run belong together. *longest_pause* is that between two jobs of one
    attempt, in the unit of the instants.
    """
    runs: dict[Hashable, list[Part[Deployment]]] = {}
    for environment, part in filed:
        runs.setdefault((environment, run_of(part.history) or object()), []).append(part)
    found = []
    for parts in runs.values():
        standing: list[Part[Deployment]] = []  # what earlier attempts left as it was
        for own in find_attempts(parts, longest_pause):
            standing = _replace(standing, own)
            found.append(_as_whole(own, standing))
            standing = [*standing, *own]
    return found


def find_attempts(
    parts: Sequence[Part[Deployment]], longest_pause: Any
) -> list[list[Part[Deployment]]]:
    """The *parts* of one run, oldest first, attempt by attempt (D6).

    Where a part does not say which attempt it is of, it begins a new one if it was created when
    all earlier parts had finished, and one of the newest attempt's had not succeeded, or more than
    *longest_pause* lies between.
    """
    attempts: dict[int, list[Part[Deployment]]] = {}
    last_end: Any = None  # of the earlier parts; None before the first, and while one goes on
    for part in parts:
        number = _attempt_of(part)
        if number is None:
            number = max(attempts, default=1)
            if last_end is not None and last_end <= part.created_at:
                is_late = part.created_at - last_end > longest_pause
                newest = attempts[number]
                number += is_late or not all(
                    one.has_succeeded_by(part.created_at) for one in newest
                )
        end = first(part.history, (*FAILURES, "success"))
        if end is None or (last_end is None and attempts):
            last_end = None
        else:
            last_end = end.at if last_end is None else max(last_end, end.at)
        attempts.setdefault(number, []).append(part)
    return [attempts[number] for number in sorted(attempts)]


def _attempt_of(part: Part[Deployment]) -> int | None:
    """Which attempt a part says that it is of, in the address of its run or in its payload."""
    run = run_of(part.history) or ""
    logs = (one.log for one in part.history if one.log and one.log.startswith(run))
    found = next((match for log in logs if (match := ATTEMPT.match(log, len(run)))), None)
    if found is not None:
        return int(found[1])
    said = payload_value(part.payload, "run_attempt")
    if isinstance(said, str) and NUMBER.fullmatch(said):
        return int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _replace(
    standing: list[Part[Deployment]], own: list[Part[Deployment]]
) -> list[Part[Deployment]]:
    """What is left of the earlier parts when an attempt's *own* replace as many of them.

    Those that had not succeeded when it began are replaced first, and older ones before younger.
    """
    began = own[0].created_at
    replaced = sorted(standing, key=lambda one: one.has_succeeded_by(began))[: len(own)]
    gone = {id(one) for one in replaced}
    return [one for one in standing if id(one) not in gone]


def _as_whole(own: list[Part[Deployment]], standing: list[Part[Deployment]]) -> Whole[Deployment]:
    """An attempt, with the earlier parts that it stands for beside its *own*."""
    histories = [one.history for one in own]
    others = [one.history for one in standing]
    return Whole(
        [one.deployment for one in own],
        join_histories(histories, others),
        all(map(is_unchanged, (*histories, *others))),
    )


def join_histories(
    own: Sequence[Sequence[StatusRecord]], standing: Sequence[Sequence[StatusRecord]] = ()
) -> list[StatusRecord]:
    """The history of a whole deployment from those of its parts, each in order (D6).

    A part's success counts from the instant on at which every part has succeeded, those *standing*
    of earlier attempts too: before, the whole had not. A failure of its *own* counts at once; that
    of an earlier attempt was the earlier one's.
    """
    if len(own) == 1 and not standing:
        return [*own[0]]
    firsts = [succeeded_at(history) for history in (*own, *standing)]
    known = [at for at in firsts if at is not None]
    complete = max(known) if len(known) == len(firsts) else None
    together = [one for history in own for one in history if one.state != "success"]
    if complete is not None:
        together += [
            one
            for history in (*own, *standing)
            for one in history
            if one.state == "success" and one.at >= complete
        ]
    return sorted(together, key=place_in_history)
