"""Any mix of faults, at any request, of any organization: the same report, or one that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from dora.collect.github import client, patience, rate_limit, responses
from tests.support.every_query import (
    QUERIES,
    Hole,
    arriving,
    deleted,
    organization,
    small_pages,
)
from tests.support.examples import examples
from tests.support.faulty_runs import Run, judge, run
from tests.support.github import faults
from tests.support.github.faults import Effect, Rule

#: Seeds and deployments of the repositories that are drawn.
RECIPES = ((1, 12), (2, 12), (11, 12), (21, 6), (26, 6), (29, 6))
PAGES = ((5, 3), (2, 1), (3, 3), (4, 2))
#: A repository, and what is asked only once the list has named it: nobody misses who never was.
FIRST, ONCE_READ = "service-1", ("Deployments", "Statuses", "Commits")
#: What an error may take away, by query: what GitHub's schema says may be null.
HOLES = {
    "Repositories": ("", ".nodes.0", ".nodes.1.deployments", ".nodes.0.defaultBranchRef"),
    "Incidents": ("", ".nodes.0", ".nodes.0.labels"),
    "Deployments": ("", ".nodes.0", ".nodes.1.commit", ".nodes.0.statuses.nodes.0"),
    "Statuses": ("", ".nodes.0"),
    "Tags": ("", ".nodes.0", ".nodes.0.target"),
    "Commits": ("", ".nodes.0", ".nodes.0.associatedPullRequests", ".nodes.0.parents.nodes.0"),
    "Commit": ("", ".nodes.0"),
}

PASSING: tuple[Effect, ...] = (
    faults.Status(502),
    faults.Status(503),
    faults.Status(504, html=True),
    faults.Status(500),
    faults.Html(),
    faults.Reset(),
    faults.Truncate(0.0),
    faults.Truncate(0.7),
    faults.resource_limits("rateLimit"),
)
LIMITS: tuple[Effect, ...] = (
    *(faults.RateLimit(style, 0) for style in ("RATE_LIMITED", "RATE_LIMIT", "403", "429")),
    *(faults.SecondaryLimit(status, 0) for status in (200, 403, 429)),
    faults.SecondaryLimit(403),
    faults.SecondaryLimit(200),
    faults.RateLimit("RATE_LIMITED", 3600, lasting=True),
    faults.RateLimit("429", 3600),
    faults.SecondaryLimit(429, 3600),
    faults.Refusal(403, "rate limit", {"x-ratelimit-remaining": "no", "retry-after": "soon"}),
)
STALL = faults.Stall(1.5)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """What goes wrong for whom, and when."""
    kind = draw(st.sampled_from(("passing", "limit", "hole", "denied", "lasting", "rare")))
    query = draw(st.sampled_from((None, *QUERIES)))
    at = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple))
    if kind == "passing":
        density = draw(st.sampled_from((0.05, 0.2, 0.45)))
        return Rule(draw(st.sampled_from(PASSING)), query, probability=density)
    if kind == "limit":
        return Rule(draw(st.sampled_from(LIMITS)), query, path="/graphql", at=at[:2])
    if kind == "hole":
        where = draw(st.sampled_from(tuple(HOLES)))
        hole = Hole(QUERIES[where] + draw(st.sampled_from(HOLES[where])))
        return Rule(hole, where, probability=draw(st.sampled_from((0.1, 0.5, 1.0))))
    if kind == "denied":
        refusal = draw(st.sampled_from(("FORBIDDEN", "SAML", "NOT_FOUND")))
        return Rule(faults.Deny(FIRST, refusal), draw(st.sampled_from(ONCE_READ)), starting=at[0])
    if kind == "lasting":
        variables = {"name": draw(st.sampled_from((FIRST, "service-2")))}
        return Rule(draw(st.sampled_from(PASSING)), variables=variables, starting=at[0])
    return draw(_rare(at))


@st.composite
def _rare(draw: st.DrawFn, at: tuple[int, ...]) -> Rule:
    """What happens once: to the first repository once it is read, to a token, to an answer."""
    query = draw(st.sampled_from(ONCE_READ))
    change = draw(st.sampled_from((arriving, deleted)))(FIRST)
    return draw(
        st.sampled_from(
            (
                Rule(STALL, at=at[:1]),
                Rule(faults.Expire(), path="/graphql", at=at[:1]),
                Rule(faults.Change(change), query, at=(min(at),)),
                Rule(faults.Endless(FIRST, moves=True)),
                Rule(faults.Endless(FIRST, moves=False)),
            )
        )
    )


@contextmanager
def swift(pages: tuple[int, int]) -> Iterator[None]:
    """Pages of a few rows, and pauses and limits of hundredths of a second."""
    with small_pages(*pages), pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "PAUSE", 0.002)
        patch.setattr(client, "LONGEST_PAUSE", 0.005)
        patch.setattr(client, "DEADLINE", 1.0)
        patch.setattr(rate_limit, "SECOND", timedelta(seconds=0.02))
        patch.setattr(rate_limit, "MINUTE", timedelta(seconds=0.1))
        patch.setattr(responses, "SECONDARY_SECONDS", 0.02)
        yield


@cache
def undisturbed(recipes: tuple[tuple[int, int], ...], pages: tuple[int, int]) -> Run:
    """The run in which nothing goes wrong."""
    with swift(pages):
        return run(of=organization(*recipes), **options(6))


def options(concurrency: int) -> dict[str, Any]:
    """The settings of a run: a wait of a second, a history of a few pages."""
    collect = {"concurrency": concurrency, "wait": timedelta(seconds=1), "commit_pages": 30}
    return {"collect": collect}


@given(
    recipes=st.lists(st.sampled_from(RECIPES), min_size=2, max_size=4, unique=True).map(tuple),
    pages=st.sampled_from(PAGES),
    concurrency=st.sampled_from((1, 2, 6)),
    drawn=st.lists(rules(), min_size=1, max_size=4),
    seed=st.integers(0, 2**16),
    app=st.sampled_from((False, False, True)),
)
@examples(
    60,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # what depends on time shrinks for ever
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_mix_of_faults(
    recipes: tuple[tuple[int, int], ...],
    pages: tuple[int, int],
    concurrency: int,
    drawn: list[Rule],
    seed: int,
    app: bool,
) -> None:
    """Whatever goes wrong: no wrong number, no hang, no traceback, no storm of requests."""
    whole = undisturbed(recipes, pages)
    with swift(pages):
        disturbed = run(
            *drawn, of=organization(*recipes), seed=seed, app=app, **options(concurrency)
        )
    # What stalls is given up long before the stand-in is done with it.
    stalls = sum(one.effect is STALL for one in drawn)
    assert max((number for _, number in disturbed.moments), default=0) <= concurrency + stalls
    assert len(disturbed.requests) <= 2 * patience.TRIES * (len(whole.requests) + len(recipes))
    if disturbed.tables is None:  # not even the list could be begun
        assert 0 == disturbed.asked("deployments")
        return
    judge(disturbed, whole)
