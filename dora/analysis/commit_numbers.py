"""Numbers every commit of the tables, so that what belongs to one is found by its number.

Commits are many, and their shas are long texts: each is looked up once, here. All that follows
works on whole columns of numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.columns import MISSING, NOTHING, microseconds_of, positions_in
from dora.model.commit_graph import NONE, CommitGraph
from dora.model.shipped_commits import microseconds
from dora.model.tables import Tables

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class CommitNumbers:
    """The numbers of all commits; those of one repository follow each other.

    A commit that a repository shares with a fork has a number in each of them: what is known of it
    in one says nothing of the other. Every deployed commit, every parent and every head of a
    default branch has a number, even where the commit itself was not read.
    """

    repositories: dict[str, slice]  #: each repository's numbers
    shas: Any  #: column of texts: the sha of each number
    commits: Numbers  #: of the rows of `Tables.commits`
    children: Numbers  #: of the rows of `Tables.parents`: the commit
    parents: Numbers  #: of the rows of `Tables.parents`: its parent
    deployed: Numbers  #: of the deployments given
    heads: dict[str, int]  #: of each default branch whose head and its date were read
    merged: Numbers  #: of the rows of `Tables.pull_requests`: the merge commit, or NOTHING
    heads_of_requests: Numbers  #: of the same rows: the last commit of the branch, or NOTHING
    associated: Numbers  #: of the rows of `Tables.associations`, or NOTHING
    brought: Numbers  #: of the rows of `Tables.branch_commits`, or NOTHING
    associated_requests: Numbers  #: rows of their pull requests in `Tables.pull_requests`
    brought_requests: Numbers  #: the same of the rows of `Tables.branch_commits`

    def __len__(self) -> int:
        """How many commits are numbered."""
        return len(self.shas)


def number_commits(tables: Tables, deployments: pd.DataFrame) -> CommitNumbers:
    """Numbers of the commits of *tables*, and of those that *deployments* name."""
    repositories, requests = tables.repositories, tables.pull_requests
    has_head = repositories["head_sha"].notna() & repositories["head_at"].notna()
    heads = repositories if has_head.all() else repositories[has_head]
    sources = [
        (tables.commits, "sha"),
        (tables.parents, "sha"),
        (tables.parents, "parent_sha"),
        (deployments, "sha"),
        (heads, "head_sha"),
        # These give no commit a number: they are looked up among the rest.
        (requests, "merge_sha"),
        (requests, "head_sha"),
        (tables.associations, "sha"),
        (tables.branch_commits, "sha"),
    ]
    ends = np.cumsum([len(source) for source, _ in sources])
    codes, names = pd.factorize(_joined([source["repository"] for source, _ in sources]), sort=True)
    sha_codes, shas = pd.factorize(_joined([source[name] for source, name in sources]))
    width = max(len(shas), 1)
    pairs = codes.astype("int64") * width + sha_codes
    pairs[sha_codes < 0] = NOTHING
    numbered = ends[4]
    keys, numbers = np.unique(pairs[:numbered], return_inverse=True)
    found = np.concatenate([numbers, positions_in(keys, pairs[numbered:])])
    columns = np.split(found, ends[:-1])
    request_codes, _, associated_codes, brought_codes = np.split(codes, ends[4:-1])[1:]
    starts = np.searchsorted(keys, np.arange(len(names) + 1) * width).tolist()
    spans = zip(names.tolist(), pairwise(starts), strict=True)
    numbers_of_requests = requests["number"].to_numpy()
    wanted = [
        (associated_codes, tables.associations["number"].to_numpy()),
        (brought_codes, tables.branch_commits["number"].to_numpy()),
    ]
    associated_requests, brought_requests = _find_requests(
        (request_codes, numbers_of_requests), wanted
    )
    return CommitNumbers(
        repositories={name: slice(*ends) for name, ends in spans},
        shas=shas.array.take(keys % width),
        commits=columns[0],
        children=columns[1],
        parents=columns[2],
        deployed=columns[3],
        heads=dict(zip(heads["repository"].tolist(), columns[4].tolist(), strict=True)),
        merged=columns[5],
        heads_of_requests=columns[6],
        associated=columns[7],
        brought=columns[8],
        associated_requests=associated_requests,
        brought_requests=brought_requests,
    )


def find_excluded(commits: pd.DataFrame, config: Config) -> Flags:
    """Whether each of *commits* is of an author whose changes do not count (LT9)."""
    if not config.changes.exclude_authors:
        return np.zeros(len(commits), dtype="bool")
    globs = compile_globs(config.changes.exclude_authors)
    logins = commits["author"].dropna().unique()
    excluded = commits["author"].isin([login for login in logins if globs.fullmatch(login)])
    return excluded.to_numpy(dtype="bool")


def make_graphs(
    numbers: CommitNumbers, tables: Tables, is_excluded: Flags
) -> dict[str, CommitGraph]:
    """The graph of each repository, whose commit 0 has the first of its numbers.

    *is_excluded* says of each row of `Tables.commits` whether its author's changes count (LT9).
    """
    committed = np.full(len(numbers), MISSING)
    committed[numbers.commits] = microseconds_of(tables.commits["committed_at"])
    # In order of their position: the first parent of a commit is the first of its rows.
    order = np.lexsort((tables.parents["position"].to_numpy(), numbers.children))
    children, parents = numbers.children[order], numbers.parents[order]
    is_first = np.ones(len(children), dtype="bool")
    is_first[1:] = children[1:] != children[:-1]
    first_parents = np.full(len(numbers), NONE)
    first_parents[children[is_first]] = parents[is_first]
    merges = children[~is_first], parents[~is_first]
    excluded = np.sort(numbers.commits[is_excluded])
    graphs = {}
    for name, own in numbers.repositories.items():
        graph = CommitGraph()
        graph.committed = [None if at == MISSING else at for at in committed[own].tolist()]
        firsts = first_parents[own]
        graph.first_parent = np.where(firsts == NONE, NONE, firsts - own.start).tolist()
        rows = slice(*np.searchsorted(merges[0], (own.start, own.stop)).tolist())
        pairs = zip(*((column[rows] - own.start).tolist() for column in merges), strict=True)
        for child, parent in pairs:
            graph.other_parents.setdefault(child, []).append(parent)
        rows = slice(*np.searchsorted(excluded, (own.start, own.stop)).tolist())
        graph.excluded.update((excluded[rows] - own.start).tolist())
        graphs[name] = graph
    dates = dict(
        zip(tables.repositories["repository"], tables.repositories["head_at"], strict=True)
    )
    for name, head in numbers.heads.items():
        graphs[name].known_dates[head - numbers.repositories[name].start] = microseconds(
            dates[name]
        )
    return graphs


def _joined(columns: Sequence[pd.Series]) -> pd.Series:
    return pd.concat(columns, ignore_index=True)


def _find_requests(
    requests: tuple[Numbers, Numbers], wanted: Sequence[tuple[Numbers, Numbers]]
) -> list[Numbers]:
    """Rows of the pull requests that each of *wanted* names by repository and number."""
    codes, numbers = requests
    every = np.concatenate([numbers, *(own for _, own in wanted)])
    width = int(every.max(initial=0)) + 1
    keys = codes * width + numbers
    order = np.argsort(keys, kind="stable")
    places = (positions_in(keys[order], codes * width + numbers) for codes, numbers in wanted)
    return [np.append(order, NOTHING)[found] for found in places]
