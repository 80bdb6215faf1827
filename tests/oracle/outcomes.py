"""What became of each deployment by `until`: D1 to D6, in sets and loops."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Deployment, Repository
from tests.oracle.naming import canonical, fits_any
from tests.oracle.settings import Settings

BROKEN = ("failure", "error")


@dataclass(frozen=True)
class Event:
    """One status: when, what, and its place among those of the same instant (D2)."""

    at: datetime
    rank: int
    state: str


@dataclass(frozen=True)
class Judged:
    """A deployment (or one run's collapsed ones) as the facts before `until` show it."""

    id: int
    sha: str
    task: str
    payload: str
    created_at: datetime
    environment: str  #: the canonical name; the own one where it is left out
    left_out: bool
    ephemeral: bool
    events: tuple[Event, ...]
    parts: tuple[Deployment, ...] = field(repr=False)
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def key(self) -> str:
        """Name by which environments are the same (D1)."""
        return self.environment.casefold()

    @property
    def finished_at(self) -> datetime | None:
        """The earlier of first success and first failure (D3)."""
        return min((at for at in (self.succeeded_at, self.failed_at) if at), default=None)


def environment_of(deployment: Deployment) -> str:
    """GitHub's present name of a deployment's environment: statuses may have renamed it."""
    names = [status.environment for status in deployment.statuses]
    return ([deployment.environment] + [name for name in names if name is not None])[-1]


def events_of(deployment: Deployment, until: datetime) -> list[Event]:
    """Statuses before *until* in the order of D2."""
    ranks = {"failure": 0, "error": 0, "success": 2, "inactive": 3}
    events = [
        Event(status.created_at, ranks.get(status.state, 1), status.state)
        for status in deployment.statuses
        if status.created_at < until
    ]
    return sorted(events, key=lambda event: (event.at, event.rank))


def first(events: Iterable[Event], states: Sequence[str]) -> datetime | None:
    """When the first of *events* with one of *states* happened."""
    return min((event.at for event in events if event.state in states), default=None)


def run_of(deployment: Deployment, until: datetime) -> str | None:
    """Actions run that the first of a deployment's statuses with one names (D6)."""
    statuses = [status for status in deployment.statuses if status.created_at < until]
    for status in sorted(statuses, key=lambda status: status.created_at):
        named = re.search(r"/actions/runs/([0-9]+)", status.log_url or "")
        if named:
            return named[1]
    return None


def judge(parts: Sequence[Deployment], settings: Settings, until: datetime) -> Judged:
    """Judge one deployment, or several as one: all must succeed, one may fail (D6)."""
    parts = sorted(parts, key=lambda part: (part.created_at, part.id))
    histories = [events_of(part, until) for part in parts]
    successes = [first(history, ["success"]) for history in histories]
    together = [at for at in successes if at is not None]
    succeeded_at = max(together) if len(together) == len(parts) else None
    events = [
        event
        for history in histories
        for event in history
        if event.state != "success" or (succeeded_at is not None and event.at >= succeeded_at)
    ]
    own = environment_of(parts[0])
    name = canonical(own, settings)
    return Judged(
        id=parts[0].id,
        sha=parts[0].sha,
        task=parts[0].task,
        payload=parts[0].payload or "",
        created_at=parts[0].created_at,
        environment=own if name is None else name,
        left_out=name is None,
        ephemeral=name is not None and fits_any(settings.ephemeral, name),
        events=tuple(sorted(events, key=lambda event: (event.at, event.rank))),
        parts=tuple(parts),
        succeeded_at=succeeded_at,
        failed_at=first(events, BROKEN),
    )


def spelling(deployment: Deployment, settings: Settings) -> str:
    """Environment's canonical name as this very deployment spells it."""
    own = environment_of(deployment)
    return canonical(own, settings) or own


def judge_all(
    repository: Repository, settings: Settings, until: datetime, environments: Sequence[str]
) -> list[Judged]:
    """Every deployment before *until* to the chosen environments, oldest creation first."""
    groups: dict[tuple[object, ...], list[Deployment]] = {}
    for deployment in repository.deployments:
        name = spelling(deployment, settings)
        if deployment.created_at >= until or (environments and not fits_any(environments, name)):
            continue
        run = run_of(deployment, until) if settings.collapse == "run" else None
        left_out = canonical(environment_of(deployment), settings) is None
        group = (left_out, name.casefold(), run) if run else (deployment.id,)
        groups.setdefault(group, []).append(deployment)
    judged = [judge(parts, settings, until) for parts in groups.values()]
    return sorted(judged, key=lambda one: (one.created_at, one.id))


def outcome(judged: Judged, settings: Settings, until: datetime) -> str:
    """`success`, `failure`, `in_progress` or `abandoned` (D3)."""
    if judged.failed_at is not None:
        return "failure"
    if judged.succeeded_at is not None:
        return "success"
    withdrawn = bool(judged.events) and judged.events[-1].state == "inactive"
    fresh = until - judged.created_at < settings.stale_after
    return "in_progress" if fresh and not withdrawn else "abandoned"


def payload_value(payload: str, key: str) -> object:
    """Value under *key* of a payload: JSON text, or a JSON string that holds JSON text."""
    value: object = payload
    for _ in range(2):
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return None
    return value.get(key) if isinstance(value, dict) else None
