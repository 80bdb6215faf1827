"""A commit's history comes as `git log` shows it, whatever is known of it and however it is cut."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st

from dora.collect import records
from dora.collect.cache.repository_cache import CachedRepository
from dora.collect.cache.store import Cache
from dora.collect.github.responses import QueryResult
from dora.collect.repository.commit_log import CommitLog, Walk
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.pull_requests import PullRequestReader
from dora.demo.github import git
from dora.demo.organization.model import Commit
from dora.errors import CannotRead

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: More requests than any test here needs: what goes on without end is stopped.
MANY = 2000
Graph = Mapping[str, Commit]


# -- GitHub, as far as commits are asked of it --------------------------------------------------


class Asked(NamedTuple):
    """A request for commits."""

    query: str
    oid: str
    after: str | None
    rows: int


class GitHub(RepositoryContext):
    """Answers as GitHub does, by pages of random lengths: at most as long as asked for."""

    def __init__(
        self, graph: Graph, *, cut: random.Random | None = None, parents: int = 10
    ) -> None:
        super().__init__(cast("Any", None), "acme", "api")
        self.graph = graph
        self.cut = cut
        self.parents = parents  #: so many come with a commit
        self.asked: list[Asked] = []

    async def ask(self, query: str, *, rows: int | None = None, **variables: Any) -> QueryResult:
        """A page of a history, or of a commit's parents."""
        asked = Asked(query, variables["oid"], variables["after"], rows or 100)
        self.asked.append(asked)
        assert len(self.asked) < MANY, "asks without end"
        await asyncio.sleep(0)
        if asked.oid not in self.graph:
            return QueryResult("data", {"repository": {"object": None}})
        made = self.history(asked) if query == "commits" else self.more_parents(asked)
        return QueryResult("data", {"repository": {"object": made}})

    def history(self, asked: Asked) -> dict[str, Any]:
        """A page of a commit's history."""
        shas = git.log(self.graph, asked.oid)
        begin = 0 if asked.after is None else int(asked.after.split()[1]) + 1
        end = begin + (self.cut.randint(1, asked.rows) if self.cut else asked.rows)
        page = [self.node(sha) for sha in shas[begin:end]]
        return {"history": connection(page, f"{asked.oid} {end - 1}", has_next=end < len(shas))}

    def more_parents(self, asked: Asked) -> dict[str, Any]:
        """A page of a commit's parents beyond those that came with it."""
        parents = self.graph[asked.oid].parents
        begin = int(asked.after or -1) + 1
        nodes = [{"oid": sha} for sha in parents[begin : begin + asked.rows]]
        end = begin + len(nodes)
        return {"parents": connection(nodes, str(end - 1), has_next=end < len(parents))}

    def node(self, sha: str) -> dict[str, Any]:
        """A commit."""
        one = self.graph[sha]
        parents = [{"oid": sha} for sha in one.parents]
        has_next = len(parents) > self.parents
        return {
            "oid": sha,
            "authoredDate": one.authored_at.isoformat(),
            "committedDate": one.committed_at.isoformat(),
            "parents": connection(
                parents[: self.parents], str(self.parents - 1), has_next=has_next
            ),
            "associatedPullRequests": None,
        }


def connection(nodes: list[Any], cursor: str, *, has_next: bool) -> dict[str, Any]:
    """A page."""
    return {"nodes": nodes, "pageInfo": {"hasNextPage": has_next, "endCursor": cursor}}


# -- Graphs -------------------------------------------------------------------------------------


def commit(sha: str, *parents: str, hour: float = 0) -> Commit:
    """A commit of that hour."""
    at = NOW + hour * HOUR
    return Commit(sha, parents, at, at)


def graph_of(*commits: Commit) -> Graph:
    """A graph of commits."""
    return {one.sha: one for one in commits}


def line(count: int) -> Graph:
    """Commits in a line, the last one newest."""
    made = [commit(f"c{n}", *([f"c{n - 1}"] if n else []), hour=n) for n in range(count)]
    return graph_of(*made)


def record_of(one: Commit, *requests: int) -> records.CommitRecord:
    """A commit as it is kept."""
    return records.CommitRecord(
        one.sha, one.authored_at, one.committed_at, one.parents, None, None, requests
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph: roots, merges of several, unrelated parts, and clocks that went wrong."""
    count = draw(st.integers(1, 14))
    is_skewed = draw(st.booleans())
    made = []
    for number in range(count):
        most = min(number, draw(st.sampled_from((0, 1, 1, 1, 2, 2, 3, 12))))
        parents = draw(
            st.lists(st.integers(0, number - 1), min_size=min(1, most), max_size=most, unique=True)
            if number
            else st.just([])
        )
        hour = draw(st.integers(0, 8)) if is_skewed else number // 2
        made.append(commit(f"c{number}", *(f"c{one}" for one in parents), hour=hour))
    return graph_of(*made)


# -- Walks --------------------------------------------------------------------------------------


def log_of(
    context: GitHub, known: Iterable[Commit] = (), cached: CachedRepository | None = None
) -> CommitLog:
    """What is known of a repository's commits."""
    requests = PullRequestReader(context, with_labels=False, cached=cached)
    log = CommitLog(context, requests, cached=cached)
    log.known |= {one.sha: record_of(one) for one in known}
    return log


def walked(log: CommitLog, start: str, counts: Iterable[int] = (3,) * MANY) -> list[str]:
    """Shas that a walk shows, so many at a time, until it is over or nothing more is wanted."""

    async def walk() -> list[str]:
        made, found = Walk(log, start, 0), []
        for count in counts:
            shown = await made.show(count)
            assert len(shown) == count or made.is_over
            found += [one.sha for one in shown]
            if made.is_over:
                break
        return found

    return asyncio.run(walk())


@pytest.mark.thorough
@given(st.data())
@runs(max_examples=300, deadline=None)
def test_history_is_that_of_git_log(data: st.DataObject) -> None:
    """Whatever is known beforehand and however GitHub cuts its pages, the order is git's."""
    graph = data.draw(graphs())
    shas = st.sampled_from(sorted(graph))
    known = [graph[sha] for sha in data.draw(st.sets(shas))]
    cut = random.Random(data.draw(st.integers(0, 99)))  # noqa: S311  # reproducible, not secret
    log = log_of(GitHub(graph, cut=cut, parents=data.draw(st.integers(1, 3))), known)
    for _ in range(data.draw(st.integers(1, 3))):
        start, count = data.draw(shas), data.draw(st.integers(1, 5))
        assert git.log(graph, start) == walked(log, start, (count,) * MANY)
    assert {sha: (one.committed_at, one.parents) for sha, one in log.known.items()} == {
        sha: (graph[sha].committed_at, graph[sha].parents) for sha in log.known
    }


@pytest.mark.thorough
@given(graphs(), st.integers(0, 999))
@runs(max_examples=100, deadline=None)
def test_history_of_walks_in_turn(graph: Graph, seed: int) -> None:
    """Walks that go on in turn, each learning what another learns, show what each would alone."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    starts = chance.choices(sorted(graph), k=3)
    log = log_of(GitHub(graph, cut=chance))

    async def walk() -> list[list[str]]:
        walks = [Walk(log, start, 0) for start in starts]
        found: list[list[str]] = [[] for _ in walks]
        while not all(one.is_over for one in walks):
            context = chance.randrange(3)
            shown = await walks[context].show(chance.randint(1, 4))
            found[context] += [one.sha for one in shown]
        return found

    assert [git.log(graph, start) for start in starts] == asyncio.run(walk())


@pytest.mark.thorough
@given(st.data())
@runs(max_examples=40, deadline=None)
def test_history_of_kept_commits(data: st.DataObject) -> None:
    """What an older run kept is as good as what is asked for now, whatever part of it is there."""
    graph = data.draw(graphs())
    shas = st.sampled_from(sorted(graph))
    start = data.draw(shas)
    some = [graph[sha] for sha in data.draw(st.sets(shas))]
    cut = random.Random(data.draw(st.integers(0, 99)))  # noqa: S311  # reproducible, not secret
    with TemporaryDirectory() as folder, closing(cache_in(Path(folder))) as cache:
        keep(cache, map(record_of, some))
        log = log_of(
            GitHub(graph, cut=cut),
            cached=CachedRepository(cache, 1, query_options="", branch="main"),
        )
        log.new_rows = data.draw(st.integers(0, 5))
        assert git.log(graph, start) == walked(log, start, (data.draw(st.integers(1, 5)),) * MANY)
        assert log.cached is not None
        log.cached.is_fresh_as_of(None)
        log.cached.save()
        after = GitHub(graph)
        again = log_of(after, cached=CachedRepository(cache, 1, query_options="", branch="main"))
        assert git.log(graph, start) == walked(again, start)
        assert [] == after.asked


def cache_in(folder: Path) -> Cache:
    """A cache that complains of nothing."""

    def warns(what: str) -> None:
        raise AssertionError(what)

    return Cache(folder / "acme.sqlite", warns)


def keep(cache: Cache, commits: Iterable[records.CommitRecord]) -> None:
    """Keep commits as an older run."""
    cached = CachedRepository(cache, 1, query_options="", branch="main")
    cached.cache_commits(commits)
    cached.is_fresh_as_of(None)
    cached.save()


# -- What is asked ------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_pages_of_an_unknown_history(count: int) -> None:
    """GitHub lists it: a request for each page, each of as many as are wanted."""
    graph, context = line(count), GitHub(line(count))
    assert git.log(graph, f"c{count - 1}") == walked(log_of(context), f"c{count - 1}", [100] * 9)
    assert [100] * ceil(count / 100) == [one.rows for one in context.asked]


def test_nothing_is_asked_of_what_is_known() -> None:
    """A history of which every commit is known costs nothing."""
    graph = line(50)
    context = GitHub(graph)
    assert git.log(graph, "c49") == walked(log_of(context, graph.values()), "c49")
    assert [] == context.asked


def test_listing_is_left_where_the_rest_is_known() -> None:
    """Of a history whose older part is known the newer one is asked for, and no page more."""
    graph = line(500)
    context = GitHub(graph)
    known = [graph[f"c{n}"] for n in range(480)]
    assert git.log(graph, "c499") == walked(log_of(context, known), "c499", [25] * 99)
    assert [25] == [one.rows for one in context.asked]


def test_branch_that_is_not_known() -> None:
    """An unknown branch off known commits is asked for by itself, not the known ones again."""
    trunk = [commit(f"t{n}", *([f"t{n - 1}"] if n else []), hour=n) for n in range(200)]
    branch = [commit(f"b{n}", f"b{n - 1}" if n else "t5", hour=20 + n) for n in range(30)]
    graph = graph_of(*trunk, *branch, commit("m", "t199", "b29", hour=300))
    context = GitHub(graph)
    assert git.log(graph, "m") == walked(log_of(context, [*trunk, graph["m"]]), "m")
    assert "b29" == context.asked[0].oid
    assert len(context.asked) <= 2


@pytest.mark.parametrize(
    ("new_rows", "new", "pages"),
    [(0, 2, [3]), (4, 2, [4]), (4, 10, [4, 8]), (40, 10, [40]), (60, 10, [100])],
)
def test_few_are_asked_for_where_most_are_kept(
    new_rows: int, new: int, pages: list[int], tmp_path: Path
) -> None:
    """About as many as may have come since; twice as many where those were not all.

    What is too long to share its request is as long as may be.
    """
    graph = line(300)
    with closing(cache_in(tmp_path)) as cache:
        keep(cache, (record_of(graph[f"c{n}"]) for n in range(300 - new)))
        context = GitHub(graph)
        log = log_of(context, cached=CachedRepository(cache, 1, query_options="", branch="main"))
        log.new_rows = new_rows
        assert git.log(graph, "c299") == walked(log, "c299", [100] * 9)
    assert pages == [one.rows for one in context.asked]


def test_kept_commit_of_an_unknown_request_is_asked_for(tmp_path: Path) -> None:
    """Half of what is to be known of a commit is of no use."""
    graph = line(3)
    with closing(cache_in(tmp_path)) as cache:
        keep(cache, [record_of(graph["c0"]), record_of(graph["c1"], 7), record_of(graph["c2"])])
        log = log_of(
            GitHub(graph), cached=CachedRepository(cache, 1, query_options="", branch="main")
        )
        assert [True, False, True] == [log.get(sha) is not None for sha in graph]


def test_parents_that_did_not_fit() -> None:
    """A merge of many is asked for its further parents, each known in its place."""
    branches = [commit(f"b{n:02}", hour=n) for n in range(60)]
    graph = graph_of(*branches, commit("m", *(one.sha for one in branches), hour=99))
    context = GitHub(graph, parents=10)
    log = log_of(context)
    assert git.log(graph, "m") == walked(log, "m", [100])
    assert graph["m"].parents == log.known["m"].parents
    assert ["commits", "commit", "commit"] == [one.query for one in context.asked]


# -- What GitHub should not do ------------------------------------------------------------------


class Standing(GitHub):
    """The same page again and again."""

    def history(self, asked: Asked) -> dict[str, Any]:
        made = super().history(asked._replace(after=None))
        return {"history": {**made["history"], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}}


class Void(GitHub):
    """Pages without commits, each with a next one."""

    def history(self, asked: Asked) -> dict[str, Any]:
        return {"history": connection([], f"{asked.oid} {len(self.asked)}", has_next=True)}


class Nothing(GitHub):
    """A history of no commit at all."""

    def history(self, asked: Asked) -> dict[str, Any]:
        return {"history": connection([], asked.oid, has_next=False)}


class Headless(GitHub):
    """A history that begins with the parents."""

    def history(self, asked: Asked) -> dict[str, Any]:
        made = super().history(asked)
        made["history"]["nodes"] = made["history"]["nodes"][1:]
        return made


class Trailing(GitHub):
    """A last page with nothing on it."""

    def history(self, asked: Asked) -> dict[str, Any]:
        made = super().history(asked)
        if asked.after is None:
            made["history"]["pageInfo"]["hasNextPage"] = True
        return made


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Standing, "GitHub gives the same page again and again"),
        (Void, "GitHub gives pages without further commits"),
        (Nothing, "GitHub gives pages without further commits"),
    ],
)
def test_pages_that_cannot_be(kind: type[GitHub], told: str) -> None:
    """A listing that never gets on, or shows nothing, is refused."""
    context = kind(line(3))
    with pytest.raises(CannotRead, match=told):
        walked(log_of(context), "c2", [2] * 99)
    assert len(context.asked) <= 3


def test_last_page_that_is_empty() -> None:
    """A listing that is over is over, even where its last page brings nothing."""
    graph = line(4)
    assert git.log(graph, "c3") == walked(log_of(Trailing(graph)), "c3", [4, 4, 4])


def test_history_without_its_commit() -> None:
    """A commit that its own history lacks cannot be read."""
    graph = line(5)
    log = log_of(Headless(graph))
    with pytest.raises(CannotRead, match="without the commit it begins with"):
        asyncio.run(log.learn("c4"))


@pytest.mark.parametrize("known", [[], ["c2"]])
def test_commit_that_there_is_not(known: list[str]) -> None:
    """What GitHub has no longer makes the history unreadable: better no number than a wrong one."""
    graph = line(3)
    context = GitHub({sha: one for sha, one in graph.items() if sha != "c1"})
    start = "c2" if known else "c1"
    with pytest.raises(CannotRead, match="GitHub gives nothing for it"):
        walked(log_of(context, [graph[sha] for sha in known]), start)
