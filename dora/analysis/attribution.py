"""Finds the deployments that incidents belong to, and what repaired them (F7, RW1)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from dora.analysis.incidents import Incident, find_incidents
from dora.analysis.named_deployments import NamedDeployment, NamedDeployments
from dora.analysis.outcomes import Outcomes
from dora.analysis.signals import Environment, Key, Reason, Successes
from dora.config import Config
from dora.model.columns import microseconds_of
from dora.model.environments import MARK
from dora.model.incident_texts import read_name
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

#: A deployment to an environment.
Deployed = tuple[Environment, int]


@dataclass(frozen=True)
class Attribution:
    """What incidents belong to, and the remarks on them in coverage (C1)."""

    reasons: Sequence[Reason] = ()
    opened: frozenset[str] = frozenset()  #: what the incidents of the window are called
    orphans: Sequence[Incident] = ()
    """Incidents of the window that belong to no deployment, once for each repository they are
    about."""
    dismissed: int = 0  #: issues of the window closed as not planned or as a duplicate
    not_found: tuple[str, ...] = ()  #: names of repositories that fit none

    @property
    def unattributed(self) -> frozenset[str]:
        """What the incidents of the window are called that belong to no deployment."""
        return frozenset(one.by for one in self.orphans)

    @property
    def not_understood(self) -> frozenset[str]:
        """Those of them that name a deployment, but none that was read."""
        return frozenset(one.by for one in self.orphans if one.named is not None)


def attribute(
    outcomes: Outcomes, successes: Successes, tables: Tables, config: Config
) -> Attribution:
    """Reasons of F7, and what coverage says of the window's incidents (C1).

    An incident on a deployment that never finished belongs to it, but is the reason of nothing
    (D3). *outcomes* are those of environments that may have a row.
    """
    deployments = _Deployments(outcomes, successes, tables, config)
    found = find_incidents(tables, config, deployments.named)
    belonging = [(one, *it) for one in found.incidents for it in deployments.of(one)]
    owned = {one.by for one, *_ in belonging}
    since = microseconds(config.window.since)
    opened = [one for one in found.incidents if one.opened_at >= since]
    finished = _is_finished(outcomes) if belonging else {}
    reasons = {
        Reason(*environment, deployment, "incident", one.opened_at, one.closed_at, one.by): None
        for one, environment, deployment in belonging
        if finished[environment[0], deployment]
    }
    return Attribution(
        [*reasons],
        frozenset(one.by for one in opened),
        [one for one in opened if one.by not in owned],
        found.dismissed,
        found.not_found,
    )


class _Deployments:
    """The deployments that an incident can belong to."""

    def __init__(
        self, outcomes: Outcomes, successes: Successes, tables: Tables, config: Config
    ) -> None:
        self.outcomes, self.successes = outcomes, successes
        self.tables, self.config = tables, config
        self.named = NamedDeployments(tables, config)
        self.longest = config.incidents.attribution // timedelta(microseconds=1)
        self.organization = config.organization.casefold()

    @cached_property
    def production(self) -> dict[str, list[Environment]]:
        """The environments of the production tier, by their repository's name, case folded."""
        found: dict[str, list[Environment]] = {}
        for environment, _ in self.successes.in_production():
            found.setdefault(environment[0].casefold(), []).append(environment)
        return found

    @cached_property
    def parts(self) -> dict[tuple[str, int], list[Deployed]]:
        """Deployments by the ids that stand for them and their repository."""
        return _deployments_by_part(self.outcomes)

    @cached_property
    def ids(self) -> frozenset[tuple[str, int]]:
        """The ids of all deployments read, in whichever environment, and their repository."""
        return _find_ids(self.tables, self.config)

    def of(self, incident: Incident) -> list[Deployed]:
        """The deployments that an incident belongs to, one an environment at most."""
        found = self._named(incident) if incident.named is not None else self._live(incident)
        return [one for one in found if _is_narrowed_to(incident, one[0])]

    def _live(self, incident: Incident) -> Iterator[Deployed]:
        """What was live in each environment of production, if not for too long."""
        for environment in self.production.get(incident.about, ()):
            own = self.successes.of[environment]
            end = bisect_right(own, incident.opened_at, key=lambda one: one.succeeded_at)
            if end and incident.opened_at - own[end - 1].succeeded_at <= self.longest:
                yield environment, own[end - 1].deployment

    def _named(self, incident: Incident) -> list[Deployed]:
        """What its text names.

        Digits alone are an id where the repository has such a deployment, in whichever
        environment, and else the beginning of a sha.
        """
        pages = self.named.at(incident.address) or self.named.at(incident.named)
        if pages:
            return self._at_page(incident, pages)
        name = read_name(incident.named)
        if name is None:
            return []
        if name.text is not None:
            texts = self.named.called(incident.about, name.text)
            return [
                it for one in texts for it in self.parts.get((incident.about, one.deployment), ())
            ]
        if name.repository not in {None, (self.organization, incident.about)}:
            return []
        if name.id is not None:
            key = (incident.about, name.id)
            if name.sha is None or key in self.ids:
                return self.parts.get(key, [])
        return [*self._shipped(incident, name.sha or "")]

    def _at_page(self, incident: Incident, pages: Sequence[NamedDeployment]) -> list[Deployed]:
        """The deployment whose page it names: of several in one environment the last by then."""
        own = [one for one in pages if one.repository == incident.about]
        then = incident.opened_at
        # What came later counts only where nothing was there by then: the first of it.
        later = sorted((one for one in own if one.created_at > then), reverse=True)
        ordered = [*later, *sorted(one for one in own if one.created_at <= then)]
        parts = (self.parts.get((incident.about, one.deployment), ()) for one in ordered)
        return [*dict(it for found in parts for it in found).items()]

    def _shipped(self, incident: Incident, sha: str) -> Iterator[Deployed]:
        """The latest success of a sha in each environment of production, not later than it."""
        for environment in self.production.get(incident.about, ()):
            own = self.successes.of[environment]
            end = bisect_right(own, incident.opened_at, key=lambda one: one.succeeded_at)
            fitting = (one for one in reversed(own[:end]) if one.sha.startswith(sha))
            latest = next(fitting, None)
            if latest is not None:
                yield environment, latest.deployment


def _is_narrowed_to(incident: Incident, environment: Environment) -> bool:
    """Whether the labels of an incident leave it an environment and its service (G3)."""
    key, _, service = environment[1].partition(MARK)
    return (not incident.environments or key in incident.environments) and (
        not incident.services or service.casefold() in incident.services
    )


def _is_finished(outcomes: Outcomes) -> dict[Key, bool]:
    keys = zip(outcomes["repository"].tolist(), outcomes["deployment"].tolist(), strict=True)
    return dict(zip(keys, outcomes["finished_at"].notna().tolist(), strict=True))


def _find_ids(tables: Tables, config: Config) -> frozenset[tuple[str, int]]:
    """The ids of all deployments read, with their repository's name, case folded.

    Those of environments that nobody asked for, too: an incident means the same whatever is asked.
    """
    deployments = tables.deployments
    is_there = microseconds_of(deployments["created_at"]) < microseconds(config.window.until)
    own = deployments[is_there]
    names = own["repository"].str.casefold().tolist()
    return frozenset(zip(names, own["deployment"].tolist(), strict=True))


def _deployments_by_part(outcomes: Outcomes) -> dict[tuple[str, int], list[Deployed]]:
    """Deployments by the ids that stand for them, and their repository's name, case folded.

    Those that changed nothing are not among them: no mark falls on them (D3).
    """
    found: dict[tuple[str, int], list[Deployed]] = {}
    columns = (
        outcomes.loc[~outcomes["is_unchanged"], name].tolist()
        for name in ("repository", "environment_key", "deployment", "parts")
    )
    for repository, key, deployment, parts in zip(*columns, strict=True):
        for part in parts:
            own = found.setdefault((repository.casefold(), part), [])
            own.append(((repository, key), deployment))
    return found


def find_incident_rework(reasons: Sequence[Reason], successes: Successes) -> list[Key]:
    """RW1: the first success after an incident of an environment was opened, before it closed."""
    return list(dict.fromkeys(_first_after(reasons, successes)))


def _first_after(reasons: Sequence[Reason], successes: Successes) -> Iterator[Key]:
    for one in reasons:
        own = successes.of.get((one.repository, one.environment_key), ())
        place = bisect_right(own, one.began_at, key=lambda one: one.succeeded_at)
        if place < len(own) and (one.ended_at is None or own[place].succeeded_at < one.ended_at):
            yield one.repository, own[place].deployment
