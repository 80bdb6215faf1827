"""Outcomes and commits in, who shipped what and what waits out: LT1, LT2, LT8, LT10, W3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd

from dora.analysis.outcomes import Outcomes, show
from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.commit_graph import CommitGraph
from dora.model.shipped_commits import (
    LookbackSpan,
    ShippedCommits,
    Success,
    assign_commits,
    make_lookback_span,
)
from dora.model.tables import ENVIRONMENT, Tables


@dataclass(frozen=True)
class History:
    """What became of the commits of every environment with a row.

    - `successes`: one row a judged success, W3 (a) and (b), in order of success within its
      environment (D7): `repository, environment_key, deployment, live` (id of the deployment it
      replaced, <NA> for the first), `goes_back` (its sha is a proper ancestor of the sha it
      replaced), `is_baseline`
    - `shipped`: one row a commit shipped by a judged success, merges too (LT1); the first in sight
      ships nothing: `repository, environment_key, sha, deployment`
    - `waiting`: one row a commit on the default branch that production lacks (LT8):
      `repository, environment_key, sha`
    - `environments`: one row an environment: `repository, environment_key, knows_waiting`
      (whether LT8 can be said of it), `hit_budget` (W3)
    - `received`: for each repository and environment, what it received of which commit
    """

    successes: pd.DataFrame
    shipped: pd.DataFrame
    waiting: pd.DataFrame
    environments: pd.DataFrame
    received: Mapping[tuple[str, str], "Received"]


@dataclass(frozen=True)
class Received:
    """What one environment received, and when in its order of successes."""

    shas: np.ndarray[Any, Any]  #: of the repository's commits
    places: np.ndarray[Any, Any]  #: place of what first received each; NEVER, or BEFORE them all
    deployments: list[int]  #: ids in order of success
    shipping: frozenset[int]  #: places of the judged ones that ship what they received first


@dataclass(frozen=True)
class _Repository:
    """One repository's graph; `shas[n]` is the commit with number n."""

    graph: CommitGraph
    shas: np.ndarray[Any, Any]
    head: int | None
    older_count: int


@dataclass
class _Parts:
    """What the walks found, one list a frame of `History`."""

    successes: list[tuple[str, str, int, int | None, bool, bool]] = field(default_factory=list)
    shipped: list[pd.DataFrame] = field(default_factory=list)
    waiting: list[pd.DataFrame] = field(default_factory=list)
    environments: list[tuple[str, str, bool, bool]] = field(default_factory=list)
    received: dict[tuple[str, str], Received] = field(default_factory=dict)


def trace_history(outcomes: Outcomes, tables: Tables, config: Config) -> History:
    """Walk every environment's successes over its repository's commits.

    Environments that have no row are not walked. Cost grows with commits times environments.
    """
    span = make_lookback_span(config)
    shown: pd.DataFrame = show(outcomes, config)
    walked = shown.assign(
        succeeded=_microseconds(shown["succeeded_at"]), created=_microseconds(shown["created_at"])
    )
    repositories, walked = _number_commits(walked, tables, span, config)
    parts = _Parts()
    for names, own in walked.groupby(ENVIRONMENT, sort=False):
        name, key = map(str, cast("tuple[str, str]", names))
        repository = repositories[name]
        done = own[own["succeeded_at"].notna()]
        columns = (done[c] for c in ["succeeded", "deployment", "created", "commit", "older"])
        successes = [
            Success(at, deployment, created, None if commit < 0 else commit, older)
            for at, deployment, created, commit, older in zip(*columns, strict=True)
        ]
        reception = assign_commits(
            successes,
            repository.graph,
            span,
            head=repository.head if own["tier"].iloc[0] == "production" else None,
            older_count=repository.older_count,
        )
        _collect_parts(parts, (name, key), reception, repository)
    return _as_history(parts)


def find_excluded(commits: pd.DataFrame, config: Config) -> pd.Series:
    """Whether each of *commits* is of an author whose changes do not count (LT9)."""
    globs = compile_globs(config.changes.exclude_authors)
    logins = commits["author"].dropna().unique()
    return commits["author"].isin([login for login in logins if globs.fullmatch(login)])


def _microseconds(instants: pd.Series) -> pd.Series:
    """Microseconds since 1970; a missing instant is the least integer."""
    return instants.astype("int64")


def _number_commits(
    walked: pd.DataFrame, tables: Tables, span: LookbackSpan, config: Config
) -> tuple[dict[str, _Repository], pd.DataFrame]:
    """A graph for each repository, and *walked* with each deployment's `commit` and `older`.

    A commit is one of its repository's: what one repository knows of a commit that it shares with
    a fork is no other's business. `commit` is −1 where GitHub no longer has it.
    """
    repositories = tables.repositories
    heads = repositories[repositories["head_sha"].notna() & repositories["head_at"].notna()]
    sources = [
        tables.commits[["repository", "sha"]],
        tables.parents[["repository", "sha"]],
        tables.parents[["repository", "parent_sha"]].rename(columns={"parent_sha": "sha"}),
        walked[["repository", "sha"]],
        heads[["repository", "head_sha"]].rename(columns={"head_sha": "sha"}),
    ]
    ends = np.cumsum([len(source) for source in sources])[:-1]
    pairs = pd.concat(sources, ignore_index=True)
    repository_codes, names = pd.factorize(pairs["repository"], sort=True)
    sha_codes, shas = pd.factorize(pairs["sha"])
    keys, nodes = np.unique(
        repository_codes.astype("int64") * len(shas) + sha_codes, return_inverse=True
    )
    starts = np.searchsorted(keys, np.arange(len(names) + 1) * len(shas))
    numbers = nodes - starts[repository_codes]
    of_commits, of_children, of_parents, of_deployments, of_heads = np.split(numbers, ends)
    walked = walked.assign(commit=np.where(walked["is_known"], of_deployments, -1))
    walked, older_counts = _with_older_ranks(walked, tables, span)
    head_of = dict(zip(heads["repository"], of_heads.tolist(), strict=True))
    texts = shas.to_numpy(dtype=object)[keys % max(len(shas), 1)]
    sizes = dict(zip(names, np.diff(starts).tolist(), strict=True))
    commits = tables.commits[["repository", "committed_at"]].assign(commit=of_commits)
    edges = tables.parents[["repository", "position"]].assign(child=of_children, parent=of_parents)
    graphs = _graphs(sizes, commits, edges)
    excluded = commits[find_excluded(tables.commits, config)]
    for name, commit in zip(excluded["repository"], excluded["commit"].tolist(), strict=True):
        graphs[name].excluded.add(commit)
    told = zip(heads["repository"], of_heads.tolist(), _microseconds(heads["head_at"]), strict=True)
    for name, head, at in told:
        graphs[name].known_dates[head] = at
    numbered = {
        name: _Repository(
            graphs[name], texts[start:end], head_of.get(name), older_counts.get(name, 0)
        )
        for name, start, end in zip(names, starts[:-1], starts[1:], strict=True)
    }
    return numbered, walked


def _with_older_ranks(
    walked: pd.DataFrame, tables: Tables, span: LookbackSpan
) -> tuple[pd.DataFrame, dict[str, int]]:
    """*walked* with `older`: how many older deployments were created after it (W3 (c)).

    And how many older ones each repository has, to whatever environment.
    """
    every = tables.deployments[["repository", "deployment", "created_at"]]
    every = every[_microseconds(every["created_at"]) < span.lookback]
    every = every.sort_values(["created_at", "deployment"], ascending=False)
    every = every.assign(older=every.groupby("repository").cumcount())
    counts = every.groupby("repository").size()
    walked = walked.merge(
        every[["repository", "deployment", "older"]], on=["repository", "deployment"], how="left"
    )
    return walked.assign(older=walked["older"].fillna(0).astype("int64")), {
        str(name): int(count) for name, count in counts.items()
    }


def _graphs(
    sizes: dict[str, int], commits: pd.DataFrame, edges: pd.DataFrame
) -> dict[str, CommitGraph]:
    """The graph of each repository, filled from numbered commits and their parents."""
    graphs = {name: CommitGraph(size) for name, size in sizes.items()}
    commits = commits.assign(at=_microseconds(commits["committed_at"]))
    for name, own in commits.groupby("repository", sort=False):
        committed = graphs[str(name)].committed
        for commit, at in zip(own["commit"].tolist(), own["at"].tolist(), strict=True):
            committed[commit] = at
    edges = edges.sort_values(["repository", "position"], kind="stable")
    for name, own in edges.groupby("repository", sort=False):
        graph = graphs[str(name)]
        for child, parent in zip(own["child"].tolist(), own["parent"].tolist(), strict=True):
            graph.link(child, parent)
    return graphs


def _collect_parts(
    parts: _Parts, key: tuple[str, str], reception: ShippedCommits, repository: _Repository
) -> None:
    """Turn what one environment received into rows, commits named again."""
    live: Success | None = None
    for place in reception.judged:
        one = reception.order[place]
        goes_back = _goes_back(one, live, place, reception, repository.graph)
        is_baseline = place == reception.baseline
        before = None if live is None else live.deployment
        parts.successes.append((*key, one.deployment, before, goes_back, is_baseline))
        live = one
    received = np.asarray(reception.first_shipped_by)
    shipped = np.flatnonzero(np.isin(received, reception.judged) & (received != reception.first))
    ids = np.asarray([one.deployment for one in reception.order], dtype="int64")
    parts.shipped.append(
        _rows(key, repository.shas[shipped]).assign(deployment=ids[received[shipped]])
    )
    if reception.waiting is not None:
        parts.waiting.append(_rows(key, repository.shas[reception.waiting]))
    parts.received[key] = Received(
        repository.shas,
        received,
        [one.deployment for one in reception.order],
        frozenset(place for place in reception.judged if place != reception.first),
    )
    parts.environments.append((*key, reception.waiting is not None, reception.hit_budget))


def _goes_back(
    one: Success, live: Success | None, place: int, reception: ShippedCommits, graph: CommitGraph
) -> bool:
    """Whether it deployed a proper ancestor of what was live.

    A commit that it received first itself is no ancestor of anything received before.
    """
    if live is None or one.commit is None or live.commit is None:
        return False
    if reception.first_shipped_by[one.commit] == place:
        return False
    return graph.is_ancestor(one.commit, live.commit)


def _rows(key: tuple[str, str], shas: np.ndarray[Any, Any]) -> pd.DataFrame:
    return pd.DataFrame({"repository": key[0], "environment_key": key[1], "sha": shas})


def _as_history(parts: _Parts) -> History:
    text, flag = "str", "bool"
    keys = {"repository": text, "environment_key": text}
    columns = {**keys, "deployment": "int64", "live": "Int64", "goes_back": flag,
               "is_baseline": flag}  # fmt: skip
    nothing = _rows(("", ""), np.empty(0, dtype=object)).assign(deployment=0)
    return History(
        successes=pd.DataFrame(parts.successes, columns=list(columns)).astype(columns),
        shipped=pd.concat([nothing, *parts.shipped], ignore_index=True).astype(
            {**keys, "sha": text, "deployment": "int64"}
        ),
        waiting=pd.concat([nothing[[*keys, "sha"]], *parts.waiting], ignore_index=True).astype(
            {**keys, "sha": text}
        ),
        environments=pd.DataFrame(
            parts.environments, columns=[*keys, "knows_waiting", "hit_budget"]
        ).astype({**keys, "knows_waiting": flag, "hit_budget": flag}),
        received=parts.received,
    )
