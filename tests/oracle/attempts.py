"""Attempts of one run: which parts make one, and which it takes over from earlier ones (D6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dora.demo.organization.model import Deployment

#: jobs of one attempt follow each other sooner
BETWEEN = timedelta(minutes=15)


@dataclass(frozen=True)
class Part:
    """One deployment that a run filed, and what is known of it by `until`."""

    deployment: Deployment
    attempt: int | None  #: where log address or payload say so
    succeeded_at: datetime | None
    failed_at: datetime | None

    def had_succeeded(self, at: datetime) -> bool:
        """Whether it had succeeded by then."""
        return self.succeeded_at is not None and self.succeeded_at <= at

    def had_finished(self, at: datetime) -> bool:
        """Whether it had finished by then."""
        return self.had_succeeded(at) or (self.failed_at is not None and self.failed_at <= at)

    @property
    def finished_at(self) -> datetime:
        """The earlier of first success and first failure, of what has one."""
        return min(at for at in (self.succeeded_at, self.failed_at) if at is not None)


def begins_anew(part: Part, earlier: Sequence[Part], newest: Sequence[Part]) -> bool:
    """Whether a part that names no attempt begins one, after all *earlier* ones of its run."""
    at = part.deployment.created_at
    if not all(one.had_finished(at) for one in earlier):
        return False
    is_late = at - max(one.finished_at for one in earlier) > BETWEEN
    return is_late or not all(one.had_succeeded(at) for one in newest)


def numbered(parts: Sequence[Part]) -> dict[int, list[Part]]:
    """Parts by attempt, each in order of creation."""
    attempts: dict[int, list[Part]] = {}
    for place, part in enumerate(parts):
        number = part.attempt
        if number is None:
            newest = max(attempts, default=1)
            members = attempts.get(newest, [])
            number = newest
            if members and begins_anew(part, parts[:place], members):
                number += 1
        attempts.setdefault(number, []).append(part)
    return attempts


def parts_of_attempts(
    parts: Sequence[Part],
) -> list[tuple[list[Deployment], list[Deployment]]]:
    """Each attempt's own parts, and those of earlier attempts that it did not run again.

    *parts* of one run and environment, in order of creation.
    """
    attempts = numbered(parts)
    found = []
    whole: list[Part] = []
    for number in sorted(attempts):
        own = attempts[number]
        began_at = own[0].deployment.created_at
        replaced_first = sorted(whole, key=lambda one: one.had_succeeded(began_at))
        kept = replaced_first[len(own) :]
        found.append(([one.deployment for one in own], [one.deployment for one in kept]))
        whole = sorted(kept + own, key=lambda one: (one.deployment.created_at, one.deployment.id))
    return found
