"""What deployments were filed for, read by REST where an exclude asks for it: D9."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dora.demo.github.messages import Response
from dora.demo.github.server import Exchange, Handler, Middleware, serve
from dora.demo.organization.model import Commit, Deployment, Organization, Repository
from dora.demo.organization.model import Status as DeploymentStatus
from tests.support.github.faults import (
    Faults,
    Html,
    Refusal,
    Reset,
    Rule,
    SecondaryLimit,
    Status,
    Truncate,
)
from tests.support.runs import config_of, document_of, read_from
from tests.support.truth_tables import tables_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLANS: dict[str, Any] = {
    "deployments": {"exclude": [{"environment": ["prod*"], "ref": ["refs/pull/*"]}]}
}


def organization(count: int, *, hours: int = 1, environment: str = "production") -> Organization:
    """A repository with so many deployments, one each so many hours; every third is a plan."""
    commit = Commit("a" * 40, (), NOW - 900 * 24 * HOUR, NOW - 900 * 24 * HOUR)
    filed = [
        Deployment(
            number,
            commit.sha,
            environment,
            NOW - hours * (count - number + 1) * HOUR,
            (DeploymentStatus("success", NOW - hours * (count - number + 1) * HOUR),),
            ref=f"refs/pull/{number}/merge" if number % 3 == 0 else "main",
        )
        for number in range(1, count + 1)
    ]
    repository = Repository(
        "api", 1, NOW - 900 * 24 * HOUR, head=commit.sha, commits={commit.sha: commit},
        deployments=tuple(filed),
    )  # fmt: skip
    return Organization("acme", NOW, (repository,))


def pages(
    made: Organization, *, middleware: Sequence[Middleware] = (), **options: Any
) -> tuple[list[str], bool]:
    """The REST requests of one run, and whether the report is that of the truth."""
    with serve(made, middleware=middleware) as server:
        config = config_of(made, **options)
        read = read_from(server, config)
        asked = [one.path for one in server.requests if one.method == "GET"]
        assert read.client.requests == len(server.requests)
    return asked, document_of(read.tables, config) == document_of(tables_of(made), config)


LIST = "/repos/acme/api/deployments"


@pytest.mark.parametrize(
    "exclude",
    [
        (),
        ({"task": ["plan"]},),
        ({"creator": ["*"], "description": ["dry*"]},),
        ({"environment": ["staging"], "ref": ["refs/pull/*"]},),
        ({"ref": ["refs/pull/*"]}, {"environment": ["*"]}),
    ],
)
def test_rest_is_asked_only_where_a_ref_decides(exclude: Sequence[dict[str, list[str]]]) -> None:
    """D9: nothing is asked where no exclude names a ref, or nothing else of it fits."""
    assert ([], True) == pages(organization(30), deployments={"exclude": exclude})


@pytest.mark.parametrize(
    ("count", "hours", "expected"),
    [(100, 1, 1), (101, 1, 2), (250, 1, 3), (300, 24, 2), (1, 1, 1)],
)
def test_refs_are_read_a_hundred_at_once_and_no_further_than_needed(
    count: int, hours: int, expected: int
) -> None:
    """D9: one request a hundred, back to the oldest deployment that is looked at."""
    assert ([LIST] * expected, True) == pages(organization(count, hours=hours), **PLANS)


def test_what_is_excluded_is_left_out() -> None:
    """D9: the plans of requests are left out, and counted so."""
    made = organization(30)
    with serve(made) as server:
        config = config_of(made, **PLANS)
        document = document_of(read_from(server, config).tables, config)
    (row,) = document["rows"]
    left_out = document["coverage"]["deployments"]["left_out"]
    assert (20, 10) == (row["deployment_frequency"]["deployments"], left_out)


@pytest.mark.parametrize(
    "effect",
    [Status(502), Status(503), Html(), Truncate(), Reset(), SecondaryLimit(429, 0)],
    ids=lambda one: type(one).__name__,
)
def test_refs_are_asked_again_like_all_else(effect: Any) -> None:
    """D9: what fails on the way is tried again, a page of the same size, and is in the report."""
    rules = [Rule(effect, path=LIST, at=[1, 3])]
    asked, is_true = pages(organization(120), middleware=[Faults(rules)], **PLANS)
    assert ([LIST] * 4, True) == (asked, is_true)


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Refusal(403, "Resource not accessible by integration"), "not accessible by integration"),
        (Refusal(404, "Not Found"), "Not Found"),
    ],
)
def test_a_repository_whose_refs_cannot_be_read_is_not_read(effect: Any, reason: str) -> None:
    """C1, D9: no number is better than a wrong one; the report says why."""
    made = organization(5)
    with serve(made, middleware=[Faults([Rule(effect, path=LIST)])]) as server:
        tables = read_from(server, config_of(made, **PLANS)).tables
    (unreadable,) = tables.repositories["unreadable"]
    assert reason in unreadable
    assert tables.deployments.empty


class Hidden:
    """Middleware: a list of deployments lacks one, as where others are deleted between pages."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response, without that deployment where it is a list."""
        response = answer(exchange)
        if exchange.request.path != LIST:
            return response
        rows = [one for one in json.loads(response.body) if one["id"] != self.number]
        return replace(response, body=json.dumps(rows).encode())


def test_a_deployment_that_no_page_has_is_asked_for_itself() -> None:
    """D9: pages move on while they are read; what fell between two of them is not forgotten."""
    asked, is_true = pages(organization(30), middleware=[Hidden(3)], **PLANS)
    assert ([LIST, f"{LIST}/3"], True) == (asked, is_true)


def test_a_deployment_that_is_gone_has_no_ref() -> None:
    """D9: one that was deleted after its page was read leaves the rest of the repository known."""
    made = organization(30)
    gone = Faults([Rule(Refusal(404, "Not Found"), path=f"{LIST}/3")])
    with serve(made, middleware=[gone, Hidden(3)]) as server:
        document = document_of(read_from(server, config := config_of(made, **PLANS)).tables, config)
    (row,) = document["rows"]
    left_out = document["coverage"]["deployments"]["left_out"]
    assert (21, 9) == (row["deployment_frequency"]["deployments"], left_out)
