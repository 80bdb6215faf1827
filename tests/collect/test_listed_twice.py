"""What GitHub lists twice, on one page or on two, is one thing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    Organization,
    PullRequest,
    Repository,
    Status,
    Tag,
    Team,
)
from dora.model.tables import SCHEMAS, Tables
from tests.support.every_query import organization, small_pages
from tests.support.github.listed_twice import CONNECTIONS, ListedTwice
from tests.support.random_organizations import DAY, HOUR, NOW
from tests.support.runs import document_of, reading

#: Deployments of the repository below.
MANY = 19
SHAS = [f"{number:040x}" for number in range(MANY)]


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    """Pages of a few rows."""
    with small_pages():
        yield


def busy() -> Organization:
    """Nineteen deployments of a squashed request each; four failed: by status, tag, incident."""
    at = [NOW - (60 - 3 * number) * DAY for number in range(MANY)]
    commits = {
        sha: Commit(sha, tuple(SHAS[max(0, n - 1) : n]), at[n] - 5 * HOUR, at[n] - HOUR)
        for n, sha in enumerate(SHAS)
    }
    branches = {f"{n:039x}b": n for n in range(MANY)}
    commits |= {
        sha: Commit(sha, (SHAS[max(0, n - 1)],), at[n] - 9 * HOUR, at[n] - 9 * HOUR)
        for sha, n in branches.items()
    }
    requests = tuple(
        PullRequest(
            n + 1,
            at[n] - 8 * HOUR,
            merged_at=at[n] - HOUR,
            closed_at=at[n] - HOUR,
            merge_commit_sha=SHAS[n],
            commits=(sha,),
            associated=(sha, SHAS[n]),
            labels=("change", "shop"),
        )
        for sha, n in branches.items()
        if n
    )
    states = {n: ("in_progress", "failure") if n in {5, 11} else ("success",) for n in range(MANY)}
    deployments = tuple(
        Deployment(
            3_881_429_000 + n,
            SHAS[n],
            "production",
            at[n],
            tuple(
                Status(state, at[n] + (k + 1) * timedelta(minutes=5))
                for k, state in enumerate(states[n])
            ),
        )
        for n in range(MANY)
    )
    issues = (
        Issue(
            101,
            "Down",
            at[15] + HOUR,
            at[15] + 3 * HOUR,
            f"Deployment: {3_881_429_000 + 15}",
            ("incident", "shop"),
        ),
        Issue(102, "Gone", at[3] + 2 * DAY, at[3] + 3 * DAY, "Deployment: 7", ("incident",)),
    )
    shop = Repository(
        "shop",
        7,
        NOW - 900 * DAY,
        head=SHAS[-1],
        commits=commits,
        pull_requests=requests,
        deployments=deployments,
        issues=issues,
        tags=(Tag("failed/1", SHAS[8]), Tag("failed/2", "f" * 40), Tag("v1", SHAS[1])),
    )
    quiet = replace(shop, name="quiet", database_id=8, deployments=(), issues=(), tags=())
    teams = (Team("web", "Web", {"shop": "admin", "quiet": "admin"}), Team("ops", "Ops", {}))
    return Organization("acme", NOW, (shop, quiet), teams)


def check_equal(left: Tables, right: Tables) -> None:
    """Every table has the same rows, each once."""
    for name, schema in SCHEMAS.items():
        one, other = (
            getattr(tables, name).sort_values(list(schema), ignore_index=True)
            for tables in (left, right)
        )
        pd.testing.assert_frame_equal(one, other, obj=name)


def read_of(world: Organization, **options: Any) -> tuple[Tables, Tables, Any, Any, ListedTwice]:
    """What is read where everything is listed once, and where everything is twice; the reports."""
    fault = ListedTwice()
    with reading(world, **options) as (once, _):
        pass
    with reading(world, middleware=[fault], **options) as (twice, _):
        pass
    expected, actual = (document_of(one.tables, one.config) for one in (once, twice))
    return once.tables, twice.tables, expected, actual, fault


def test_a_deployment_listed_twice_is_one() -> None:
    """Nineteen deployments, not twenty: two failed by status, one by its tag, one by an incident.

    All but the first, with which the history begins, ship a change. It was begun 9 h before, and
    is live after 5 min; two of them had to wait for the next deployment.
    """
    _, _, _, document, fault = read_of(busy(), by="team")
    assert fault.twice > MANY
    (row,) = document["rows"]
    frequency, lead_time = row["deployment_frequency"], row["change_lead_time"]
    fail_rate = row["change_fail_rate"]
    assert row["key"] == {"team": "Web", "tier": "production"}
    assert (fail_rate["failed"], fail_rate["deployments"]) == (4, MANY)
    assert fail_rate["reasons"] == {"incident": 1, "status": 2, "tag": 1}
    assert frequency["deployments"] == MANY - 2
    assert (lead_time["changes"], lead_time["median"]) == (MANY - 1, 9 * 3600 + 300)
    assert document["coverage"]["incidents"]["unattributed"] == 1


@pytest.mark.parametrize("by", ["repository", "team"])
def test_whatever_is_listed_twice_is_one(by: str) -> None:
    """Tables and report are those of an organization that GitHub lists once."""
    once, twice, expected, actual, _ = read_of(busy(), by=by)
    check_equal(once, twice)
    assert expected == actual


def test_every_query_may_list_twice() -> None:
    """The same of an organization that needs every query, over several pages each."""
    once, twice, expected, actual, fault = read_of(organization())
    check_equal(once, twice)
    assert expected == actual
    assert fault.twice > len(CONNECTIONS)
