"""Reads one repository's deployments from all its sources, and says which source counts where."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.repository.pull_requests import Rows
from dora.collect.sources.kinds import KINDS
from dora.collect.sources.numbering import give_numbers
from dora.collect.sources.source import DeploymentSource, SourceReading
from dora.errors import CannotRead
from dora.model.source_entries import FittingEntry, name_of_entry


@dataclass
class RepositorySources:
    """The deployments of one repository, of every entry of `[[sources]]` that applies to it (D8).

    Each environment has one source: the one that has deployments to it in W3 (a).
    """

    reading: SourceReading
    entries: list[FittingEntry]
    _lists: dict[int, DeploymentSource] = field(init=False)  #: by position of the entry
    #: The entry that each environment's deployments are of, by the environment's key.
    _entry_of: dict[str, FittingEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up the list of each entry; nothing is read yet."""
        self._lists = {
            position: KINDS[source.kind](self.reading, position, source)
            for position, source in self.entries
        }

    @property
    def read(self) -> list[DeploymentRecord]:
        """What was read so far, without what another entry has of an environment."""
        found = [one for own in self._lists.values() for one in own.read]
        return [one for one in found if self._is_of_its_source(one)] if self._entry_of else found

    @property
    def incomplete(self) -> set[int]:
        """Positions of the entries that have older deployments."""
        return {position for position, own in self._lists.items() if not own.is_complete}

    async def read_since_lookback(self) -> None:
        """Read what was created since the look-back began (W3 (a)), after the first query.

        Raises CannotRead if two entries have deployments to one environment.
        """
        self.reading.context.rank = 0.0
        for own in self._lists.values():
            await own.read_since(self.reading.rules.config.lookback_start)
        if len(self._lists) > 1:
            self._choose_sources()

    async def read_older(self, positions: Iterable[int]) -> None:
        """Read a page of older deployments of each of the entries that has any."""
        for position in sorted(self.incomplete.intersection(positions)):
            await self._lists[position].read_page()

    def rows(self) -> Rows:
        """Rows of the tables of deployments and their statuses."""
        name, read = self.reading.context.name, give_numbers(self.read)
        return {
            "deployments": [
                (
                    name,
                    one.id,
                    one.sha,
                    one.committed_at is not None,
                    one.environment,
                    one.task,
                    one.payload,
                    one.created_at,
                    one.creator,
                    one.description,
                    one.ref,
                    one.source,
                    one.name,
                    one.url,
                    one.entry,
                )
                for one in read
            ],
            "statuses": [(name, one.id, *status) for one in read for status in one.statuses],
        }

    def _choose_sources(self) -> None:
        """Note which entry each environment's deployments are of; CannotRead where there are two.

        The environment is called as the most recently created deployment spells it (D1).
        """
        found: dict[str, set[int]] = {}
        names = {}
        every = (one for own in self._lists.values() for one in own.read if self._decides(one))
        for one in sorted(every, key=attrgetter("created_at", "id")):
            environment = self.reading.rules.environment(one.environment)
            names[environment.key] = environment.name
            found.setdefault(environment.key, set()).add(one.entry)
        entries = {entry.position: entry for entry in self.entries}
        for key, positions in sorted(found.items()):
            first, *others = (entries[position] for position in sorted(positions))
            if others:
                raise CannotRead(
                    f"two sources give deployments of `{names[key]}`: {name_of_entry(first)} and "
                    f"{name_of_entry(others[0])}; remove the repository from one of them, "
                    "or give one another environment"
                )
            self._entry_of[key] = first

    def _decides(self, one: DeploymentRecord) -> bool:
        """Whether a deployment decides which source its environment has (W3 (a))."""
        rules = self.reading.rules
        start, until = rules.config.lookback_start, rules.config.window.until
        return start <= one.created_at < until and rules.is_seen(one)

    def _is_of_its_source(self, one: DeploymentRecord) -> bool:
        """Whether no other entry is the source of its environment, or it counts nowhere anyway."""
        rules = self.reading.rules
        entry = self._entry_of.get(rules.environment(one.environment).key)
        return entry is None or entry.position == one.entry or not rules.is_seen(one)
