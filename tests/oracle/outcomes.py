"""What became of each deployment by `until`: D1 to D3, D5, D9, in sets and loops."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dora.demo.organization.model import Deployment, Repository, Status
from tests.oracle.attempts import Part, parts_of_attempts
from tests.oracle.made import called
from tests.oracle.naming import canonical, fits_any, is_ephemeral
from tests.oracle.settings import Settings

BROKEN = ("failure", "error")

#: D2: the order of statuses at one instant; states that nobody knows come where None stands
ORDER = (
    "waiting", "queued", "pending", "in_progress", None, "error", "failure", "success", "inactive",
)  # fmt: skip

#: D3, F8: the fixed words of our own action
NOT_BEGUN = "apply had not begun"
BEGUN = "apply had begun"
GONE = "its runner was gone"
NOTHING = "nothing to change"


@dataclass(frozen=True)
class Event:
    """One status: when, what, and its place among those of the same instant (D2)."""

    at: datetime
    rank: int
    deployment: int
    state: str
    description: str

    def says(self, words: str) -> bool:
        """Whether its description has fixed words of our own action, case ignored."""
        return words in self.description.casefold()


@dataclass(frozen=True)
class Judged:
    """A deployment (or one attempt's collapsed ones) as the facts before `until` show it."""

    id: int
    sha: str
    task: str
    payload: str | None
    created_at: datetime
    environment: str  #: the canonical name; the own one where it is left out
    service: str  #: empty where none (G3)
    left_out: bool
    ephemeral: bool
    events: tuple[Event, ...]
    parts: tuple[Deployment, ...] = field(repr=False)
    succeeded_at: datetime | None
    failed_at: datetime | None
    not_started: bool
    is_gone: bool  #: its runner was
    is_unchanged: bool

    @property
    def key(self) -> str:
        """Name by which environments are the same (D1)."""
        return self.environment.casefold()

    @property
    def called(self) -> int | str:
        """Id that outputs show: a number or a text (D8)."""
        return called(self.parts[0])

    @property
    def finished_at(self) -> datetime | None:
        """The earlier of first success and first failure; None of what enters no metric (D3)."""
        if self.not_started or self.is_gone:
            return None
        return min((at for at in (self.succeeded_at, self.failed_at) if at), default=None)


def environment_of(deployment: Deployment) -> str:
    """GitHub's present name of a deployment's environment: statuses may have renamed it."""
    names = [status.environment for status in deployment.statuses]
    return ([deployment.environment] + [name for name in names if name is not None])[-1]


def told(deployment: Deployment, until: datetime) -> list[Status]:
    """Statuses before *until* in order of creation."""
    before = [status for status in deployment.statuses if status.created_at < until]
    return sorted(before, key=lambda status: status.created_at)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events as D2 puts them, those of one instant and state by deployment id."""
    return sorted(events, key=lambda event: (event.at, event.rank, event.deployment))


def events_of(deployment: Deployment, until: datetime) -> list[Event]:
    """Statuses before *until* in the order of D2."""
    return in_order(
        Event(
            status.created_at,
            ORDER.index(status.state if status.state in ORDER else None),
            deployment.id,
            status.state,
            status.description or "",
        )
        for status in told(deployment, until)
    )


def first(events: Iterable[Event], states: Sequence[str]) -> datetime | None:
    """When the first of *events* with one of *states* happened."""
    return min((event.at for event in events if event.state in states), default=None)


def had_not_started(events: Sequence[Event]) -> bool:
    """Whether the first failure of what never succeeded shows that nothing had begun (D3)."""
    for place, event in enumerate(events):
        if event.state in BROKEN:
            before = [earlier.state for earlier in events[:place]]
            refused = before[-1:] == ["waiting"] and "in_progress" not in before
            return event.says(NOT_BEGUN) or refused
    return False


def runner_was_gone(events: Sequence[Event]) -> bool:
    """Whether the first failure of what never succeeded says that its runner was gone (D3)."""
    return next((event.says(GONE) for event in events if event.state in BROKEN), False)


def changed_nothing(events: Sequence[Event]) -> bool:
    """Whether the first success says that there was nothing to change (D3)."""
    return next((event.says(NOTHING) for event in events if event.state == "success"), False)


def judge(
    parts: Sequence[Deployment], kept: Sequence[Deployment], settings: Settings, until: datetime
) -> Judged:
    """Judge one deployment, or an attempt's as one: all must succeed, one may fail (D6).

    *kept* are parts of earlier attempts that this one stands for, too: they must have succeeded,
    but what failed then did not fail now.
    """
    own = [events_of(part, until) for part in parts]
    every = own + [events_of(part, until) for part in kept]
    successes = [first(history, ["success"]) for history in every]
    together = [at for at in successes if at is not None]
    succeeded_at = max(together) if len(together) == len(every) else None
    merged = in_order(event for history in own for event in history)
    counted = [event for event in merged if event.state != "success"]
    if succeeded_at is not None:
        counted += [
            event
            for history in every
            for event in history
            if event.state == "success" and event.at >= succeeded_at
        ]
    name = canonical(environment_of(parts[0]), settings)
    left_out = name is None or is_excluded(parts[0], settings)
    environment = spelling(parts[0], settings)
    never = succeeded_at is None
    return Judged(
        id=parts[0].id,
        sha=parts[0].sha,
        task=parts[0].task,
        payload=parts[0].payload or "",
        created_at=parts[0].created_at,
        environment=environment,
        service=service_of(parts[0], settings),
        left_out=left_out,
        ephemeral=not left_out and is_ephemeral(environment, settings),
        events=tuple(in_order(counted)),
        parts=tuple(parts),
        succeeded_at=succeeded_at,
        failed_at=first(merged, BROKEN),
        not_started=never and had_not_started(merged),
        is_gone=never and not had_not_started(merged) and runner_was_gone(merged),
        is_unchanged=not never and all(map(changed_nothing, every)),
    )


def spelling(deployment: Deployment, settings: Settings) -> str:
    """Environment's canonical name as this very deployment spells it."""
    own = environment_of(deployment)
    return canonical(own, settings) or own


def is_excluded(deployment: Deployment, settings: Settings) -> bool:
    """Whether all of one table of `deployments.exclude` fits it (D9)."""
    values = {
        "environment": [environment_of(deployment)],
        "task": [deployment.task],
        "creator": [deployment.creator, without_bot(deployment.creator)],  # of an App either
        "ref": [deployment.ref],
        "description": [deployment.description or ""],
    }
    return any(
        all(any(fits_any(globs, text) for text in values[name]) for name, globs in table)
        for table in settings.exclude
    )


def without_bot(login: str) -> str:
    """Give a login as GraphQL does: without `[bot]`."""
    return login[:-5] if login.casefold().endswith("[bot]") else login


def judge_all(
    repository: Repository, settings: Settings, until: datetime, environments: Sequence[str]
) -> list[Judged]:
    """Every deployment before *until* to the chosen environments, oldest creation first."""
    groups: dict[tuple[object, ...], list[Deployment]] = {}
    made = sorted(repository.deployments, key=lambda one: (one.created_at, one.id))
    for deployment in made:
        name = spelling(deployment, settings)
        if deployment.created_at >= until or (environments and not fits_any(environments, name)):
            continue
        run = run_of(deployment, until) if settings.collapse == "run" else None
        left_out = canonical(environment_of(deployment), settings) is None
        left_out = left_out or is_excluded(deployment, settings)
        service = service_of(deployment, settings)
        group = (left_out, name.casefold(), service, run) if run else (deployment.id,)
        groups.setdefault(group, []).append(deployment)
    judged = []
    for key, members in groups.items():
        attempts = [(members, list[Deployment]())]
        if len(members) > 1:
            attempts = parts_of_attempts([part_of(one, str(key[-1]), until) for one in members])
        judged += [judge(own, kept, settings, until) for own, kept in attempts]
    return sorted(judged, key=lambda one: (one.created_at, one.id))


def run_of(deployment: Deployment, until: datetime) -> str | None:
    """Actions run that the first of a deployment's statuses with one names (D6)."""
    for status in told(deployment, until):
        named = re.search(r"/actions/runs/([0-9]+)", status.log_url or "")
        if named:
            return named[1]
    return None


def part_of(deployment: Deployment, run: str, until: datetime) -> Part:
    """Give what tells a part's attempt (D6)."""
    events = events_of(deployment, until)
    number = None
    for status in told(deployment, until):
        named = re.search(rf"/actions/runs/{run}/attempts/([0-9]+)", status.log_url or "")
        if named and number is None:
            number = int(named[1])
    said = payload_value(deployment.payload, "run_attempt")
    if number is None and re.fullmatch("[0-9]+", str(said)):
        number = int(str(said))
    return Part(deployment, number, first(events, ["success"]), first(events, BROKEN))


def outcome(judged: Judged, settings: Settings, until: datetime) -> str:
    """`not_started`, `success`, `failure`, `in_progress` or `abandoned` (D3)."""
    if judged.not_started:
        return "not_started"
    if judged.is_gone:
        return "abandoned"
    if judged.failed_at is not None:
        return "failure"
    if judged.succeeded_at is not None:
        return "success"
    withdrawn = bool(judged.events) and judged.events[-1].state == "inactive"
    fresh = until - judged.created_at < settings.stale_after
    return "in_progress" if fresh and not withdrawn else "abandoned"


def service_of(deployment: Deployment, settings: Settings) -> str:
    """Service a deployment belongs to, empty where none (G3)."""
    if settings.services is None:
        return ""
    payload = object_of(deployment.payload)
    source, _, key = settings.services.source.partition(":")
    if source == "auto":
        marked = type(payload.get("dora")) is int and payload["dora"] == 1
        before = {"run_id", "run_attempt", "key"} <= set(payload)
        names = [payload.get(name) for name in ("service", "stack")]
        said = [name for name in names if isinstance(name, str) and name]
        return said[0] if said and (marked or before) else ""
    texts = {"environment": spelling(deployment, settings), "task": deployment.task}
    text = payload.get(key) if source == "payload" else texts[source]
    fit = re.search(settings.services.pattern, text) if isinstance(text, str) else None
    return (fit["service"] or "") if fit else ""


def object_of(payload: str | None) -> dict[str, object]:
    """Object that a payload holds: as JSON text, or as a JSON string that holds JSON text."""
    value: object = payload
    for _ in range(2):
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return {}
    return value if isinstance(value, dict) else {}


def payload_value(payload: str | None, key: str) -> object:
    """Value under *key* of a payload."""
    return object_of(payload).get(key)
