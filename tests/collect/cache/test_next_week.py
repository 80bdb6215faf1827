"""Next week's run asks for what is new alone, and its report is the one without a cache."""

import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dora.config.window import parse_age
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from tests.collect.test_organization import pages_of
from tests.support import random_organizations as made_up
from tests.support.cached_runs import Runs, runs_of, same
from tests.support.examples import few_of
from tests.support.github.faults import Change, Faults, Rule
from tests.support.past_organizations import as_of, sound
from tests.support.random_organizations import (
    BUSY_COMMIT_GAPS,
    BUSY_DEPLOYMENT_GAPS,
    DAY,
    HOUR,
    NOW,
    Seeded,
    Size,
    instants_of,
    random_organization,
)
from tests.support.runs import document_of, known_states, query_of
from tests.support.weekly_changes import Meddler

# -- The made-up organization of the demonstration -----------------------------------------------


@cache
def demo() -> Organization:
    """The demo organization, with the repository that nobody may read."""
    return sound(build_organization(NOW, forbidden=True))


def cost(runs: Runs, query: str) -> tuple[int, int]:
    """Requests for a query, and rows they asked for, since they were last counted."""
    made = [one for one in runs.server.requests if query_of(one) == query]
    rows = [
        rows
        for one in made
        for name, rows in one.variables.items()
        if re.fullmatch(r"n(_\d+)?", name)
    ]
    runs.server.requests.clear()
    return len(made), sum(rows)


@pytest.mark.thorough
def test_next_week(tmp_path: Path) -> None:
    """A week later the report is that without a cache, for a sixth of the commits."""
    with runs_of(as_of(demo(), NOW - 7 * DAY), tmp_path) as runs:
        runs.check()
        runs.server.replace(demo())
        runs.server.requests.clear()
        plain = runs.plain()
        requests, rows = cost(runs, "commits")
        kept = runs.kept()
        asked, asked_rows = cost(runs, "commits")
        assert document_of(plain.tables, plain.config) == document_of(kept.tables, kept.config)
        assert [] == kept.told.warned
        same(plain, kept)
        assert (True, True) == (asked <= requests / 2, asked_rows <= rows / 6)
        points = [run.tables.points for run in (plain, kept)]
        assert points[1] <= points[0] / 3


@pytest.mark.thorough
def test_same_day(tmp_path: Path) -> None:
    """Who asks again asks for no commit at all; at once, for those of the last minutes' merges."""
    with runs_of(demo(), tmp_path) as runs:
        runs.kept()
        runs.server.requests.clear()
        same(runs.plain(), runs.kept())
        runs.server.replace(replace(demo(), now=NOW + 2 * HOUR))
        runs.kept()
        runs.server.requests.clear()
        again = runs.kept()
        assert (0, 0) == cost(runs, "commits")
        same(runs.plain(), again)


def becomes(organization: Organization) -> Callable[[Organization], Organization]:
    """The change of anything to *organization*."""
    return lambda _: organization


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"since": "7d"}, id="7 days"),
        pytest.param({"since": "365d"}, id="a year"),
        pytest.param({"since": "60d", "until": "30d"}, id="a past month"),
        pytest.param({"by": "team", "tier": ("staging", "production")}, id="by team"),
        pytest.param({"repo": ("*-1", "*-2")}, id="some repositories"),
        pytest.param({"failures": {"revert": False}}, id="without reverts"),
        pytest.param({"failures": {"hotfix": False, "label": False}}, id="without labels"),
        pytest.param({"changes": {"exclude_authors": ("*[bot]",)}}, id="without some authors"),
        pytest.param({"collect": {"commit_pages": 1}}, id="not to its end"),
    ],
)
def test_next_week_asks_something_else(options: dict[str, Any], tmp_path: Path) -> None:
    """What was kept for one question serves another, or is left alone."""
    organization = sound(known_states(random_organization(5, deployments=40)))
    with (
        pages_of(7, tiny_lists=False),
        runs_of(as_of(organization, NOW - 7 * DAY), tmp_path) as runs,
    ):
        runs.kept()
        runs.server.replace(organization)
        runs.check(**options)
        runs.check()


# -- Any organization ----------------------------------------------------------------------------


def small(chance: random.Random, *, skewed: bool) -> Organization:
    """An organization of two repositories that began within the last months."""
    size = Size(
        chance.choice((8, 15, 30)),
        2,
        skewed,
        BUSY_COMMIT_GAPS,
        BUSY_DEPLOYMENT_GAPS,
        (60 * DAY, 200 * DAY),
    )
    return sound(known_states(made_up.build_organization(Seeded(chance), 2, size)))


def past(organization: Organization, chance: random.Random, count: int) -> list[Organization]:
    """The organization at a few instants, the last of them its present, with changes between.

    The instants are those at which something was deployed or merged, rather late ones.
    """
    late = instants_of(organization)[1:60]
    instants = [*sorted(chance.sample(late, min(count, len(late)))), organization.now]
    found = [as_of(organization, instants[0])]
    for begin, end in pairwise(instants):
        organization = Meddler(chance, begin, end).change(organization)
        found.append(as_of(organization, end))
    return found


def question(now: datetime, chance: random.Random) -> dict[str, Any]:
    """A window and settings, as they may be asked for at that instant."""
    ages = ("90d", "90d", "30d", "7d", "200d", "37h")
    since, until = now - parse_age(chance.choice(ages)), None
    if chance.random() < 1 / 5:
        since, until = since - 20 * DAY, now - 20 * DAY
    failures = (
        {}
        if chance.random() < 3 / 4
        else {name: chance.random() < 1 / 2 for name in ("revert", "hotfix", "label", "rollback")}
    )
    return {
        "since": since.isoformat(),
        "until": until and until.isoformat(),
        "by": chance.choice(("repository", "repository", "environment", "organization")),
        "lookback": chance.choice(("30d", "30d", "1d", "90d")),
        "ephemeral": chance.random() < 1 / 4,
        "deployments": {"collapse": chance.choice(("none", "run"))},
        "failures": failures,
        "collect": {
            "older_deployments": chance.choice((5000, 5000, 3, 0)),
            "commit_pages": chance.choice((300, 300, 300, 2)),
        },
    }


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", few_of(range(40), 6))
def test_any_week_of_any_organization(seed: int, tmp_path: Path) -> None:
    """Whatever happened since and whatever is asked, the cache changes no row of any table."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    weeks = past(small(chance, skewed=seed % 3 == 0), chance, 2)
    with (
        pages_of(chance.choice((1, 2, 5, 100)), tiny_lists=chance.random() < 1 / 3),
        runs_of(weeks[0], tmp_path) as runs,
    ):
        for week in weeks:
            runs.server.replace(week)
            assert [] == runs.check(**question(week.now, chance)).told.warned


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", few_of(range(20), 3))
def test_any_week_that_passes_while_it_is_read(seed: int, tmp_path: Path) -> None:
    """Two runs while everything changes at once, one before the other: what they keep is true."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    weeks = past(small(chance, skewed=seed % 3 == 0), chance, 3)
    with (
        pages_of(chance.choice((1, 2, 5, 100)), tiny_lists=chance.random() < 1 / 3),
        runs_of(weeks[0], tmp_path) as runs,
        ThreadPoolExecutor(2) as pool,
    ):
        for week, next_week in pairwise(weeks):
            change = Rule(Change(becomes(next_week)), at=[chance.randint(1, 30)])
            runs.server.middleware = [Faults([change])]
            asked = question(week.now, chance)
            started = [pool.submit(runs.kept, **asked) for _ in range(2)]
            assert [[], []] == [one.result().told.warned for one in started]
            runs.server.middleware = []
            runs.server.replace(next_week)
            asked = question(next_week.now, chance) if chance.random() < 1 / 2 else {}
            assert [] == runs.check(**asked).told.warned


# -- The past, as tests here make it -------------------------------------------------------------


def test_present_is_the_whole() -> None:
    """As of its present an organization is what it is."""
    assert demo() == as_of(demo(), NOW)


@pytest.mark.parametrize("days", [1, 7, 60, 300])
def test_past_knows_nothing_of_the_future(days: int) -> None:
    """What an organization was holds no instant later than then, and no commit without parents."""
    then = NOW - days * DAY
    organization = as_of(demo(), then)
    for one in organization.repositories:
        shas = {*one.commits}
        assert one.head is None or one.head in shas
        assert shas >= {parent for commit in one.commits.values() for parent in commit.parents}
        assert shas >= {request.merge_commit_sha for request in one.pull_requests} - {None}
        instants = [deployment.created_at for deployment in one.deployments]
        instants += [status.created_at for each in one.deployments for status in each.statuses]
        instants += [
            at for request in one.pull_requests
            for at in (request.created_at, request.merged_at, request.closed_at, request.updated_at)
            if at is not None
        ]  # fmt: skip
        assert max(instants, default=then) <= then
