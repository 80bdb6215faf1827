"""The reasons why deployments failed that deployments, labels and tags give (F1, F2, F4, F5, F6).

Each signal is a function that gives reasons. Reverts (F3) and incidents (F7) have modules of their
own. All instants are microseconds since 1970.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dora.analysis.changes import CommitFacts
from dora.analysis.commit_numbers import Flags
from dora.analysis.history import History
from dora.analysis.outcomes import Outcomes, SuccessStatus
from dora.analysis.shipped_requests import find_requests_under_any_sha, find_shipped_requests
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.columns import microseconds_of
from dora.model.environments import payload_value
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

#: What tells an environment from others: its repository and its key.
Environment = tuple[str, str]
#: What tells a deployment from others: its repository and its id.
Key = tuple[str, int]


class Reason(NamedTuple):
    """Why a deployment failed, and from when to when."""

    repository: str
    environment_key: str
    deployment: int
    signal: str
    began_at: int
    ended_at: int | None  #: None while it lasts
    by: str  #: what says so


#: Sources where an older commit that came later is a back-port or another line, and merges, whose
#: order is that of their line: no rollback (D8).
IN_THEIR_OWN_ORDER = frozenset({"releases", "tags", "merges"})


class JudgedSuccess(NamedTuple):
    """A success, W3 (a) and (b)."""

    deployment: int
    name: object  #: its id where that is a text (D8)
    source: str
    sha: str
    task: str
    payload: str | None
    created_at: int
    succeeded_at: int
    live: int | None  #: id of the deployment it replaced
    goes_back: bool  #: its sha is a proper ancestor of the sha it replaced


@dataclass(frozen=True)
class Successes:
    """The judged successes of each environment, in D7's order, and which are of production.

    No mark falls on a success that changed nothing (D3): those are only in `every`.
    """

    of: Mapping[Environment, Sequence[JudgedSuccess]]
    every: Mapping[Environment, Sequence[JudgedSuccess]]  #: those that changed nothing, too
    production: frozenset[Environment]

    def after(
        self, environment: Environment, one: JudgedSuccess, *, of_other_sha: bool = False
    ) -> int | None:
        """When the next success after *one* was, whether it changed something or not."""
        every = self.every[environment]
        place = bisect_right(every, (one.succeeded_at, one.deployment), key=_in_order)
        later = every[place:] if of_other_sha else every[place : place + 1]
        fits = (it.succeeded_at for it in later if not of_other_sha or it.sha != one.sha)
        return next(fits, None)

    def succeeded_at(self) -> dict[Key, int]:
        """When each deployment succeeded."""
        return {
            (repository, one.deployment): one.succeeded_at
            for (repository, _), successes in self.of.items()
            for one in successes
        }

    def in_production(self) -> Iterator[tuple[Environment, Sequence[JudgedSuccess]]]:
        """The environments of the production tier, each with its successes."""
        return ((one, own) for one, own in self.of.items() if one in self.production)


def order_successes(outcomes: Outcomes, history: History) -> Successes:
    """The judged successes among *outcomes*, with what each replaced."""
    rows = history.successes
    has_none = rows["live"].isna().tolist()
    live = [
        None if none else number
        for number, none in zip(rows["live"].fillna(0).tolist(), has_none, strict=True)
    ]
    keys = zip(rows["repository"].tolist(), rows["deployment"].tolist(), strict=True)
    replaced = dict(zip(keys, zip(live, rows["goes_back"].tolist(), strict=True), strict=True))
    every: dict[Environment, list[JudgedSuccess]] = {}
    unchanged: set[Key] = set()
    production = set()
    columns = ("repository", "environment_key", "tier", "is_unchanged", "deployment", "id",
               "source", "sha", "task", "payload")  # fmt: skip
    for repository, key, tier, changes_nothing, deployment, *told in zip(
        *(outcomes[name].tolist() for name in columns),
        microseconds_of(outcomes["created_at"]).tolist(),
        microseconds_of(outcomes["succeeded_at"]).tolist(),
        strict=True,
    ):
        if (repository, deployment) in replaced:
            before = replaced[repository, deployment]
            one = JudgedSuccess._make((deployment, *told, *before))
            every.setdefault((repository, key), []).append(one)
            if changes_nothing:
                unchanged.add((repository, deployment))
            if tier == "production":
                production.add((repository, key))
    for own in every.values():
        own.sort(key=_in_order)
    ordered = {one: every[one] for one in sorted(every)}
    changing = {
        environment: [one for one in own if (environment[0], one.deployment) not in unchanged]
        for environment, own in ordered.items()
    }
    return Successes(changing if unchanged else ordered, ordered, frozenset(production))


def _in_order(one: JudgedSuccess) -> tuple[int, int]:
    return one.succeeded_at, one.deployment


def by_status(
    outcomes: Outcomes, succeeded: Sequence[SuccessStatus], config: Config
) -> list[Reason]:
    """F1: a failure status, until the environment's next success status (F8 says which count)."""
    if config.failures.status == "off":
        return []
    failed_at = microseconds_of(outcomes["failed_status_at"])
    is_failed = outcomes["outcome"] == "failure"
    if config.failures.status == "live":
        is_failed &= outcomes["succeeded_at"].notna()
    rows = np.flatnonzero(is_failed)
    if not len(rows):
        return []
    following: dict[Environment, list[int]] = {}
    for one in sorted(succeeded, key=lambda one: one.at):
        following.setdefault((one.repository, one.environment_key), []).append(one.at)
    rows = rows[np.argsort(failed_at[rows], kind="stable")]
    columns = ("repository", "environment_key", "deployment", "failed_state")
    failed = zip(
        *(outcomes[name].array.take(rows).tolist() for name in columns),
        failed_at[rows].tolist(),
        strict=True,
    )
    reasons = []
    for repository, key, deployment, state, at in failed:
        after = following.get((repository, key), [])
        place = bisect_left(after, at)
        ended = after[place] if place < len(after) else None
        reasons.append(Reason(repository, key, deployment, "status", at, ended, state))
    return reasons


def find_rollbacks(successes: Successes) -> dict[Environment, list[int]]:
    """Places of the rollbacks in each environment's order (F2)."""
    found: dict[Environment, list[int]] = {}
    for environment, own in successes.of.items():
        for place, (live, one) in enumerate(pairwise(own), start=1):
            came_later = one.created_at > live.created_at or (
                one.created_at == live.created_at and one.deployment > live.deployment
            )
            says_so = one.sha != live.sha and (one.task == "rollback" or says_rollback(one.payload))
            is_back = one.goes_back and came_later and one.source not in IN_THEIR_OWN_ORDER
            if is_back or says_so:
                found.setdefault(environment, []).append(place)
    return found


def says_rollback(payload: object) -> bool:
    """Whether a deployment's payload has a true `rollback` (F2)."""
    return payload_value(payload, "rollback") is True


def by_rollback(
    successes: Successes, rollbacks: Mapping[Environment, Sequence[int]]
) -> list[Reason]:
    """F2: what had to go, the first success after the rollback's own sha was last deployed."""
    reasons = []
    for environment, places in rollbacks.items():
        own = successes.of[environment]
        latest: dict[str, int] = {}  # of each sha deployed so far, the place of its latest success
        is_rollback = set(places)
        for place, one in enumerate(own):
            if place in is_rollback:
                failed = own[latest.get(one.sha, place - 2) + 1]
                reasons.append(
                    Reason(
                        *environment,
                        failed.deployment,
                        "rollback",
                        failed.succeeded_at,
                        one.succeeded_at,
                        one.name if isinstance(one.name, str) else str(one.deployment),
                    )
                )
            latest[one.sha] = place
    return reasons


def find_hotfixes(
    history: History, facts: CommitFacts, tables: Tables, config: Config
) -> dict[Key, list[int]]:
    """The numbers of the hotfixes that each deployment shipped, under whichever sha (F4, LT11)."""
    branches = compile_globs(config.failures.hotfix_branches)
    names = tables.pull_requests["head_ref"]
    fitting = [name for name in names.dropna().unique() if branches.fullmatch(name)]
    is_on_branch = names.isin(fitting).to_numpy(dtype="bool")
    is_labelled = _is_labelled(tables, config.failures.hotfix_labels)
    return find_requests_under_any_sha(is_on_branch | is_labelled, history, facts, tables, config)


def by_hotfix(successes: Successes, hotfixes: Mapping[Key, Sequence[int]]) -> list[Reason]:
    """F4: what was live just before a hotfix was shipped, until it was."""
    times = successes.succeeded_at() if hotfixes else {}
    return [
        Reason(repository, key, one.live, "hotfix", times[repository, one.live], one.succeeded_at,
               f"{repository}#{number}")
        for (repository, key), own in (successes.of.items() if hotfixes else ())
        for one in own
        if one.live is not None
        for number in hotfixes.get((repository, one.deployment), ())
    ]  # fmt: skip


def by_label(
    successes: Successes, history: History, facts: CommitFacts, tables: Tables, config: Config
) -> list[Reason]:
    """F5: what shipped a change with a failure label, until the next success."""
    is_failure = _is_labelled(tables, config.failures.labels)
    shipped = find_shipped_requests(is_failure, history, facts, tables, config)
    return [
        Reason(repository, key, one.deployment, "label", one.succeeded_at,
               successes.after((repository, key), one), f"{repository}#{number}")
        for (repository, key), own in (successes.of.items() if shipped else ())
        for one in own
        for number in shipped.get((repository, one.deployment), ())
    ]  # fmt: skip


def by_tag(successes: Successes, tables: Tables, config: Config) -> list[Reason]:
    """F6: the latest success of a tagged commit in production, until one of another commit."""
    globs = compile_globs(config.failures.tags)
    tagged_at = microseconds_of(tables.tags["tagged_at"]).tolist()
    until = microseconds(config.window.until)
    tags: dict[tuple[str, str], list[str]] = {}
    columns = (tables.tags[name].tolist() for name in ("repository", "sha", "tag"))
    for repository, sha, tag, at in zip(*columns, tagged_at, strict=True):
        if at < until and globs.fullmatch(tag):  # MISSING is before everything
            tags.setdefault((repository, sha), []).append(tag)
    reasons: list[Reason] = []
    for (repository, key), own in successes.in_production() if tags else ():
        latest = {one.sha: place for place, one in enumerate(own)}
        for place in sorted(latest.values()):
            one = own[place]
            reasons += (
                Reason(repository, key, one.deployment, "tag", one.succeeded_at,
                       successes.after((repository, key), one, of_other_sha=True), tag)
                for tag in tags.get((repository, one.sha), ())
            )  # fmt: skip
    return reasons


def _is_labelled(tables: Tables, labels: Sequence[str]) -> Flags:
    """Whether each of the pull requests has one of *labels*, case ignored."""
    wanted = {label.casefold() for label in labels}
    texts = tables.labels["label"]
    names = [name for name in texts.unique() if name.casefold() in wanted]
    requests = tables.pull_requests
    if not names:
        return np.zeros(len(requests), dtype="bool")
    found = tables.labels[texts.isin(names)]
    labelled = {*zip(found["repository"].tolist(), found["number"].tolist(), strict=True)}
    keys = zip(requests["repository"].tolist(), requests["number"].tolist(), strict=True)
    return np.array([key in labelled for key in keys], dtype="bool")
