"""What is read of an environment's past (W3) and what each deployment shipped (LT1, LT2, LT8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tests.oracle.commits import Graph
from tests.oracle.made import entry_of, source_of
from tests.oracle.naming import tier_of
from tests.oracle.outcomes import Judged
from tests.oracle.settings import Settings
from tests.oracle.source_settings import Kind


@dataclass(frozen=True)
class Span:
    """The window `[since, until)`."""

    since: datetime
    until: datetime

    def holds(self, at: datetime | None) -> bool:
        """Whether the instant lies in it."""
        return at is not None and self.since <= at < self.until


def by_success(judged: Iterable[Judged]) -> list[Judged]:
    """Successes in order of `succeeded_at`, at one instant by id (D7)."""
    pairs = [((one.succeeded_at, one.id), one) for one in judged if one.succeeded_at is not None]
    return [one for _, one in sorted(pairs, key=lambda pair: pair[0])]


@dataclass
class History:
    """One environment of a repository (or of a service of it), with what W3 reads of it."""

    graph: Graph
    span: Span
    key: str
    service: str
    tier: str
    ephemeral: bool
    recent: list[Judged]  #: (a)
    fetched: list[Judged] = field(default_factory=list)  #: (b): one or none
    marking: list[Judged] = field(default_factory=list)  #: (c)
    limit_hit: bool = False
    _shipped: dict[tuple[int, ...], dict[int, frozenset[str]]] = field(default_factory=dict)

    @property
    def read(self) -> list[Judged]:
        """Deployments like any other: (a) and (b)."""
        return self.fetched + self.recent

    @property
    def successes(self) -> list[Judged]:
        """Successes of (a) and (b) in order."""
        return by_success(self.read)

    @property
    def changing(self) -> list[Judged]:
        """Successes of (a) and (b) that had something to change, in order (D3)."""
        return [one for one in self.successes if not one.is_unchanged]

    @property
    def source(self) -> Kind:
        """Kind of what its deployments were taken from: one for each environment (D8)."""
        return source_of(self.recent[0].parts[0])

    def known(self, judged: Iterable[Judged]) -> list[Judged]:
        """Successes of commits that GitHub still has."""
        return [one for one in by_success(judged) if self.graph.knows(one.sha)]

    @property
    def baseline(self) -> Judged | None:
        """The first success, where it lies in the window and nothing came before it (LT2)."""
        known = self.known(self.read)
        return known[0] if known and self.span.holds(known[0].succeeded_at) else None

    def shipped(self) -> dict[int, frozenset[str]]:
        """Commits each success of (a) and (b) shipped, by deployment id (LT1).

        The first success in sight ships nothing: in the window it is a baseline, before it nobody
        knows what was there. What had nothing to change marks commits and ships none (D3).
        """
        key = tuple(one.id for one in self.marking)
        if key not in self._shipped:
            known = self.known(self.read)
            received: set[str] = set()
            shipped = {one.id: frozenset[str]() for one in self.successes}
            for one in self.known(self.read + self.marking):
                reached = self.graph.reach(one.sha)
                if one.id in shipped and one is not known[0] and not one.is_unchanged:
                    shipped[one.id] = self.graph.arriving(reached, received)
                received |= reached
            self._shipped[key] = shipped
        return self._shipped[key]

    def received(self) -> set[str]:
        """Commits that have ever reached the environment, as far as is read."""
        known = self.known(self.read + self.marking)
        return {sha for one in known for sha in self.graph.reach(one.sha)}

    def waiting(self) -> set[str] | None:
        """Give the changes that wait for the environment (LT8); None where that cannot be said."""
        branch = self.graph.default_branch()
        if self.tier != "production" or branch is None or not self.known(self.read):
            return None
        graph = self.graph
        return {
            sha
            for sha in graph.arriving(branch, self.received())
            if graph.is_change(sha) and not graph.is_excluded(sha)
        }

    def shipped_in_window(self) -> dict[int, frozenset[str]]:
        """Give the part of `shipped` whose deployments succeeded in the window."""
        inside = {one.id for one in self.successes if self.span.holds(one.succeeded_at)}
        return {one: shas for one, shas in self.shipped().items() if one in inside}

    def is_doubtful(self) -> bool:
        """Whether an unread success may have shipped what counts here: the condition of W3 (c)."""
        seen = [one.succeeded_at for one in self.known(self.read + self.marking)]
        if not seen or seen[0] is None:
            return False
        oldest = seen[0]
        counted = {sha for shas in self.shipped_in_window().values() for sha in shas}
        counted |= self.waiting() or set()
        return any(self.graph.commits[sha].committed_at < oldest for sha in counted)


def look_back(history: History, older: list[Judged], repository_older: list[int]) -> None:
    """Read (b) and (c) of W3; *older* newest first, *repository_older* the ids that cost budget."""
    span = history.span
    deploys = any(span.holds(one.succeeded_at) for one in history.recent)
    earlier = [
        one
        for one in history.known(history.recent)
        if one.succeeded_at is not None and one.succeeded_at < span.since
    ]
    if deploys and not earlier:
        for one in older:
            known = history.graph.knows(one.sha)
            if known and one.succeeded_at is not None and one.succeeded_at < span.since:
                history.fetched = [one]
                break
    if history.source == "merges":  # each reaches all that came before it on its line
        return
    budget = history.graph.settings.lookback_budget
    mine = {one.id: one for one in older}
    doubtful = history.is_doubtful()
    for place, number in enumerate(repository_older):
        if not doubtful:
            return
        if place == budget:
            history.limit_hit = True
            return
        if number in mine and mine[number] not in history.fetched:
            history.marking.append(mine[number])
            doubtful = history.is_doubtful()


def histories_of(
    graph: Graph, span: Span, settings: Settings, judged: list[Judged]
) -> list[History]:
    """Every environment with a deployment in (a); *judged* are those of the tables only."""
    horizon = span.since - settings.lookback
    old = [one for one in graph.repository.deployments if one.created_at < horizon]
    old.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault((one.key, one.service), []).append(one)
    histories = []
    for (key, service), members in groups.items():
        recent = [one for one in members if one.created_at >= horizon]
        older = [one for one in reversed(members) if one.created_at < horizon]
        if recent:
            tier = tier_of(recent[-1].environment, settings)
            ephemeral = recent[-1].ephemeral
            history = History(graph, span, key, service, tier, ephemeral, recent)
            entry = entry_of(recent[-1].parts[0])
            look_back(history, older, [one.id for one in old if entry_of(one) == entry])
            histories.append(history)
    return histories
