"""Finds the successful deployments of each environment of a repository."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from dora.collect.repository.deployment_record import DeploymentRecord
from dora.config import Config
from dora.model.attempts import LONGEST_PAUSE, Part, Whole, join_attempts, take_apart
from dora.model.environments import Environment, row_key
from dora.model.exclusions import exclusion_test
from dora.model.outcome_rules import FAILURES, in_order, succeeded_at
from dora.model.shipped_commits import LookbackSpan, Success, microseconds


class EnvironmentSuccesses(NamedTuple):
    """The successful deployments of one environment, and what else decides what is read."""

    is_production: bool
    successes: list[Success]
    needs_all: bool
    """Whether deployments before the window may decide an episode in it (R1, R2). Then it matters
    which of them were rollbacks (F2), and everything shipped since the look-back began is read."""
    entry: int = 0  #: position in `[[sources]]` of what they are from
    is_line: bool = False  #: whether they are the commits of a branch's line, one by one


@dataclass(frozen=True)
class SuccessFinder:
    """Finds the successes of each environment by the settings of a run.

    *number* maps the sha and committer's date of a commit to its number in the commit graph.
    """

    config: Config
    environment: Callable[[str], Environment]
    service: Callable[[str, str, str | None], str]
    span: LookbackSpan
    number: Callable[[str, datetime], int]

    def of(
        self, read: Iterable[DeploymentRecord], *, is_hit: bool
    ) -> dict[str, EnvironmentSuccesses]:
        """The successes of each environment that has a row, from deployments before `until` (W2).

        *is_hit* is whether incidents may be about the repository.
        """
        until = self.config.window.until
        found: dict[str, EnvironmentSuccesses] = {}
        newest_first = sorted(read, key=attrgetter("created_at", "id"), reverse=True)
        older: Counter[int] = Counter()
        ranks = {}
        is_excluded = exclusion_test(self.config.deployments.exclude)
        for one in newest_first:
            if microseconds(one.created_at) < self.span.lookback:
                ranks[one.id] = older[one.entry]
                older[one.entry] += 1
        by_environment: dict[str, list[DeploymentRecord]] = {}
        for one in newest_first:
            environment = self.environment(one.environment)
            is_shown = environment.is_chosen and not environment.is_left_out
            is_shown &= self.config.ephemeral or not environment.is_ephemeral
            if is_shown and one.created_at < until and not is_excluded(one.filed):
                service = self.service(environment.name, one.task, one.payload)
                key = row_key(environment.key, service)
                by_environment.setdefault(key, []).append(one)
        for key, own in by_environment.items():
            tier = self.environment(own[0].environment).tier
            found_here = [self._success(one, ranks) for one in self._join(own)]
            successes = [one for one in found_here if one is not None]
            found[key] = EnvironmentSuccesses(
                tier == "production",
                successes,
                needs_all=is_hit or self._needs_all(own),
                entry=own[0].entry,
                is_line=own[0].source == "merges",
            )
        return found

    def _join(self, own: list[DeploymentRecord]) -> list[Whole[DeploymentRecord]]:
        """One environment's deployments, given newest first, as they belong together (D6)."""
        until = self.config.window.until
        parts = [
            Part(one, one.created_at, in_order(one.statuses, until), one.payload)
            for one in reversed(own)
        ]
        if self.config.deployments.collapse == "none":
            return take_apart(parts)
        return join_attempts((("", one) for one in parts), timedelta(minutes=LONGEST_PAUSE))

    def _success(self, whole: Whole[DeploymentRecord], ranks: dict[int, int]) -> Success | None:
        """The success of a *whole* deployment; None if it never succeeded (D2)."""
        succeeded = succeeded_at(whole.history)
        if succeeded is None:
            return None
        first = whole.parts[0]
        known = first.committed_at
        commit = None if known is None else self.number(first.sha, known)
        return Success(
            microseconds(succeeded),
            first.id,
            microseconds(first.created_at),
            commit,
            ranks.get(first.id),
            whole.is_unchanged,
        )

    def _needs_all(self, own: list[DeploymentRecord]) -> bool:
        """Whether a deployment that was live before the window failed after its last success."""
        since = self.config.window.since
        successes = [it.at for one in own for it in one.statuses if it.state == "success"]
        last = max((at for at in successes if at < since), default=None)
        if last is None:
            return False
        return any(
            it.state in FAILURES and it.at > last
            for one in own
            if any(it.state == "success" and it.at < since for it in one.statuses)
            for it in one.statuses
        )
