"""What holds for every repository of a run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from dora.collect.files.own_files import OwnFiles
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.repository.refs import RefReader
from dora.config import Config
from dora.model.environments import Environment
from dora.model.exclusions import Filed, exclusion_test, ref_test
from dora.model.shipped_commits import LookbackSpan
from dora.model.source_entries import FittingEntry, entries_reader


@dataclass(frozen=True)
class ReadingRules:
    """What holds for every repository of a run."""

    config: Config
    environment: Callable[[str], Environment]
    service: Callable[[str, str, str | None], str]
    span: LookbackSpan
    with_authors: bool = False
    files: OwnFiles = field(default_factory=OwnFiles)

    @cached_property
    def entries(self) -> Callable[[str], list[FittingEntry]]:
        """Function from a repository to the entries of `[[sources]]` that are read of it (D8)."""
        return entries_reader(self.config)

    @cached_property
    def is_excluded(self) -> Callable[[Filed], bool]:
        """Function that says whether what was filed is no deployment (D9)."""
        return exclusion_test(self.config.deployments.exclude)

    def is_seen(self, one: DeploymentRecord) -> bool:
        """Whether it is of a chosen environment, and neither left out nor excluded (D1, D9)."""
        environment = self.environment(one.environment)
        is_named = environment.is_chosen and not environment.is_left_out
        return is_named and not self.is_excluded(one.filed)

    def ref_reader(self, context: RepositoryContext) -> RefReader | None:
        """What reads the refs of a repository's deployments; None where nobody asks for any."""
        needs_ref = ref_test(self.config.deployments.exclude)
        if needs_ref is None:
            return None

        def is_needed(one: DeploymentRecord) -> bool:
            environment = self.environment(one.environment)
            return environment.is_chosen and not environment.is_left_out and needs_ref(one.filed)

        return RefReader(context, is_needed)
