"""Incidents as the collector finds them: one search of the organization (F7)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dora.collect import incidents
from dora.demo.organization.model import Issue, Organization, Repository
from dora.model.columns import plain_rows
from dora.model.incident_texts import find_named
from tests.support.github.older_schema import OlderSchema
from tests.support.runs import Reading, query_of, reading
from tests.support.two_repositories import API, DAY, NOW, WEB

HOUR = timedelta(hours=1)
TEXTS = {
    1: ("completed", "### Deployment\n\n9700\n"),
    2: ("not_planned", "- Deployment: [9701](https://example.org)"),
    3: ("duplicate", "Nobody knows."),
    4: (None, ""),
}
OLDER = OlderSchema("Issue.stateReason(enableDuplicate)")


def issue(number: int, *labels: str, reason: str | None = None, body: str = "") -> Issue:
    """An incident, two days old and closed an hour later if for a reason."""
    at = NOW - 2 * DAY + number * HOUR
    closed_at = at + HOUR if reason else None
    return Issue(
        number, "It burns", at, closed_at, body, ("incident", *labels), state_reason=reason
    )


ISSUES = tuple(issue(one, reason=reason, body=body) for one, (reason, body) in TEXTS.items())
OPS = Repository("ops", 7, NOW - 900 * DAY, issues=ISSUES)  # empty


def told(read: Reading) -> list[tuple[Any, ...]]:
    """What the table says of each incident."""
    return sorted(plain_rows(read.tables.incidents[["by", "closed_at", "named", "state_reason"]]))


def expected(*, duplicate: str = "duplicate") -> list[tuple[Any, ...]]:
    """What it must say; of a duplicate where the server does not tell that word."""
    return [
        (
            f"ops#{one.number}",
            one.closed_at,
            find_named(one.body),
            duplicate if one.state_reason == "duplicate" else one.state_reason,
        )
        for one in ISSUES
    ]


def organization(*further: Repository) -> Organization:
    return Organization("acme", NOW, (API, WEB, OPS, *further))


@pytest.mark.parametrize("repo", [(), ("api",)])
@pytest.mark.parametrize("archived_at", [None, NOW - 30 * DAY])
def test_a_repository_that_is_not_read_tells_its_incidents(
    repo: Sequence[str], archived_at: datetime | None
) -> None:
    """F7, C1: an empty, archived or excluded repository costs no request more than it did."""
    fate = replace(organization(), repositories=(API, WEB, replace(OPS, archived_at=archived_at)))
    given = {"repositories": ["Acme/OPS"]}
    with reading(fate, repo=repo, incidents=given) as (read, server):
        assert expected() == told(read)
    asked = [query_of(one) for one in server.requests]
    assert (1, 1) == (asked.count("incidents"), asked.count("repositories"))
    names = {name for one in server.requests for name in one.variables.values()}
    assert "ops" not in names


def test_a_server_that_refuses_the_argument_is_asked_without_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F7: an older Enterprise Server calls duplicates not planned; it refuses once in a run."""
    with reading(organization(), middleware=[OLDER]) as (read, server):
        assert expected(duplicate="not_planned") == told(read)
    assert {} == read.tables.gaps
    asked = [name for one in server.requests if "incidents" in (name := query_of(one))]
    assert ["incidents", "incidentsofolderservers"] == asked
    monkeypatch.setattr(incidents, "SEARCH_CAP", 1)  # several searches in a run
    with reading(organization(), middleware=[OLDER]) as (read, server):
        assert expected(duplicate="not_planned") == told(read)
    asked = [name for one in server.requests if "incidents" in (name := query_of(one))]
    assert "incidents" == asked[0]
    assert len(asked) > 4
    assert {"incidentsofolderservers"} == {*asked[1:]}


def test_a_server_that_refuses_otherwise_is_a_gap() -> None:
    """C1: where the incidents cannot be searched, the report says so."""
    with reading(organization(), middleware=[OlderSchema("Issue.url")]) as (read, server):
        assert [] == told(read)
    assert {"incidents": "Field 'url' doesn't exist on type 'Issue'"} == read.tables.gaps
    assert 1 == sum("incidents" in query_of(one) for one in server.requests)


@pytest.mark.parametrize("label", ["repo:api", "repo:ACME/Api", "Repo: acme/API"])
def test_a_repository_that_an_incident_is_about_is_read_far_enough(label: str) -> None:
    """R1, F7: with or without its owner, the label says whose history may matter."""
    ops = replace(OPS, issues=(issue(1, label),))
    whole = replace(organization(), repositories=(API, WEB, ops))
    own = replace(API, issues=(issue(1),))
    beside = replace(organization(), repositories=(own, WEB, replace(OPS, issues=())))
    shas = []
    for one in (whole, beside):
        with reading(one, since="5d", incidents={"repositories": ["ops"]}) as (read, _):
            shas.append(sorted(read.tables.commits["sha"]))
    assert shas[0] == shas[1]
