"""What environments received in, the reverts they shipped and what these take away out: F3."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dora.analysis.changes import find_requests
from dora.analysis.history import History, Received
from dora.analysis.signals import REASON
from dora.config import Config
from dora.model.commit_graph import NEVER
from dora.model.references import Targets, find_targets
from dora.model.tables import COMMIT, Tables

#: The highest digit there is: after a prefix, the end of all that begins with it.
PAST_ALL_DIGITS = "g"

COLUMNS = {
    "repository": "str",
    "environment_key": "str",
    "deployment": "int64",
    "failed": "Int64",
    "by": "str",
}


def find_reverts(history: History, tables: Tables, config: Config) -> pd.DataFrame:
    """Shipped reverts that take something away (F3), one row a revert and what it reverts.

    `repository, environment_key, deployment` (which shipped it), `failed` (which had shipped what
    it reverts; <NA> where that had come with no judged deployment), `by` (sha of the revert). Only
    what an environment had received before is here: the rest reverts nothing there.
    """
    by_repository: dict[str, dict[str, Targets]] = {}
    for repository, sha, targets in _reverts(tables, config):
        by_repository.setdefault(repository, {})[sha] = targets
    merged = tables.pull_requests[
        (tables.pull_requests["merged_at"] < config.window.until)
        & tables.pull_requests["merge_sha"].notna()
    ]
    columns = (merged[name].tolist() for name in ("repository", "number", "merge_sha"))
    merges = {(repository, n): sha for repository, n, sha in zip(*columns, strict=True)}
    rows = []
    for (repository, key), received in history.received.items():
        if repository in by_repository:
            own = _Reverts(repository, by_repository[repository], merges, received)
            rows += [(repository, key, *found) for found in own.found()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS).drop_duplicates()


def by_revert(successes: pd.DataFrame, reverts: pd.DataFrame) -> pd.DataFrame:
    """F3: what had shipped what was reverted, until it was reverted."""
    times = successes[["repository", "deployment", "succeeded_at"]]
    failing = reverts.dropna(subset="failed").merge(times, on=["repository", "deployment"])
    failing = failing.drop(columns="deployment").rename(
        columns={"failed": "deployment", "succeeded_at": "ended_at"}
    )
    failing["deployment"] = failing["deployment"].astype("int64")
    reasons = failing.merge(times, on=["repository", "deployment"])
    return reasons.assign(signal="revert", began_at=reasons["succeeded_at"])[REASON]


def _reverts(tables: Tables, config: Config) -> list[tuple[str, str, Targets]]:
    """Every commit read that says it reverts something, and what."""
    requests = tables.pull_requests
    on_branch = requests.loc[
        requests["head_ref"].str.startswith("revert-").fillna(value=False),
        ["repository", "number", "merge_sha"],
    ]
    commits = pd.concat(
        [
            tables.commits.loc[tables.commits["message"].notna(), COMMIT],
            on_branch[["repository", "merge_sha"]].rename(columns={"merge_sha": "sha"}).dropna(),
            tables.associations.merge(on_branch, on=["repository", "number"])[COMMIT],
        ]
    ).drop_duplicates()
    found = commits.merge(tables.commits[[*COMMIT, "message"]], on=COMMIT)
    own = find_requests(found[COMMIT], tables, config)[[*COMMIT, "head_ref"]]
    found = found.merge(own, on=COMMIT, how="left")
    texts = found[["message", "head_ref"]].astype(object).where(found.notna(), None)
    targets = [
        find_targets(message, branch, config.organization, repository)
        for repository, message, branch in zip(
            found["repository"], texts["message"], texts["head_ref"], strict=True
        )
    ]
    triples = zip(found["repository"].tolist(), found["sha"].tolist(), targets, strict=True)
    return [triple for triple in triples if any(triple[2])]


@dataclass
class _Reverts:
    """The reverts of one repository, as one environment received them."""

    repository: str
    targets: Mapping[str, Targets]
    merges: Mapping[tuple[str, int], str]
    received: Received
    _place: dict[str, int] = field(init=False)
    _sorted: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the places of the commits that the environment received."""
        pairs = zip(self.received.shas.tolist(), self.received.places.tolist(), strict=True)
        self._place = {sha: place for sha, place in pairs if place != NEVER}
        self._sorted = sorted(self._place)

    def found(self) -> list[tuple[int, int | None, str]]:
        """The shipping deployment, the failed one, the revert: for each that takes away."""
        rows = []
        for sha in self.targets:
            place = self._place.get(sha, NEVER)
            if place not in self.received.shipping:
                continue
            for target in self._taken_away(sha, frozenset()):
                before = NEVER if target is None else self._place.get(target, NEVER)
                if before < place:
                    is_judged = before in self.received.shipping
                    failed = self.received.deployments[before] if is_judged else None
                    rows.append((self.received.deployments[place], failed, sha))
        return rows

    def _taken_away(self, sha: str, seen: frozenset[str]) -> list[str | None]:
        """What a revert takes away rather than puts back, None for what nobody knows (parity)."""
        return [
            target
            for target in self._targets_of(sha)
            if target is None or target in seen or not self._taken_away(target, seen | {sha})
        ]

    def _targets_of(self, sha: str) -> list[str | None]:
        targets = self.targets.get(sha)
        if targets is None:
            return []
        requests = [self.merges.get((self.repository, number)) for number in targets.requests]
        commits = [self._only_fit(prefix) for prefix in targets.commits]
        return [*commits, *requests, *([None] * targets.strangers)]

    def _only_fit(self, prefix: str) -> str | None:
        """The one commit received that begins with *prefix*; None for none or several."""
        begin = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + PAST_ALL_DIGITS)
        return self._sorted[begin] if end - begin == 1 else None
