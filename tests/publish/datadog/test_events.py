"""`dora publish datadog`: events, held to the public description of its DORA Metrics API."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dora.report.evidence import EpisodeEvidence
from tests.support.datadog_runs import (
    DAY,
    HOUR,
    NOW,
    SHA,
    made_evidence,
    made_report,
    nanoseconds,
    send,
    usual_evidence,
)
from tests.support.published_files import deployment
from tests.support.servers.datadog import API_KEY, APP_KEY, datadog
from tests.support.servers.recording import Answer, Sent

TAGS = ["organization:acme", "repository:api", "environment:production", "tier:production"]


def sent_deployment(number: int, at: datetime, started: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": f"dora:deployment:github:acme:{number}",
        "service": "api",
        "env": "production",
        "started_at": nanoseconds(started),
        "finished_at": nanoseconds(at),
        "custom_tags": TAGS,
        **more,
    }


def sent_outage(
    number: int, began: datetime, what: str = "deployment", **more: Any
) -> dict[str, Any]:
    return {
        "id": f"dora:outage:github:acme:{number}",
        "name": f"api production: {what} {number}",
        "services": ["api"],
        "env": "production",
        "started_at": nanoseconds(began),
        "custom_tags": TAGS,
        **more,
    }


def by_id(*events: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in events}


def test_deployments_and_outages(tmp_path: Path) -> None:
    """Successes are deployments, from their creation on; episodes are failures, open ones too.

    Those that never went live are named as failed deployments (F8).
    """
    git = {"commit_sha": SHA, "repository_url": "https://github.com/acme/api"}
    with datadog() as server:
        done = send(server, tmp_path, made_report(), usual_evidence())

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        assert server.deployments == by_id(
            sent_deployment(1, NOW - 3 * DAY, NOW - 3 * DAY - HOUR, git=git),
            sent_deployment(2, NOW - 2 * DAY, NOW - 2 * DAY, git=git),
            sent_deployment(3, NOW - DAY, NOW - DAY),
        )
        assert server.failures == by_id(
            sent_outage(2, NOW - 2 * DAY, finished_at=nanoseconds(NOW - DAY)),
            sent_outage(4, NOW - HOUR, "failed deployment"),
        )
        assert {} == server.marks
        assert "1 deployments failed and are not marked: set DD_APP_KEY" in done.stderr


def test_twice_is_once(tmp_path: Path) -> None:
    """A second run sends no event; without its receipt it sends the same ones once more."""
    with datadog() as server:
        send(server, tmp_path, made_report(), usual_evidence())
        held = (dict(server.deployments), dict(server.failures))
        receipt = tmp_path / "report.json.datadog"
        assert API_KEY not in receipt.read_text()
        for again in (0, 5):
            if again:
                receipt.unlink()
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence())
            assert 0 == done.returncode, done.stderr
            assert again == len(server.requests("/api/v2/dora/"))
            assert held == (server.deployments, server.failures)
    assert "3 deployments were sent, 0 were sent before" in done.stderr


def test_an_outage_that_ends_is_updated(tmp_path: Path) -> None:
    """The next run sends the end of an outage by the same id, and nothing else."""
    before = usual_evidence()
    ended = replace(before.episodes[1], ended_at=NOW)
    with datadog() as server:
        send(server, tmp_path, made_report(), before)
        server.server.sent.clear()
        after = replace(before, episodes=(before.episodes[0], ended))
        done = send(server, tmp_path, made_report(), after)

        assert 0 == done.returncode, done.stderr
        assert ["/api/v2/dora/failure"] == [one.path for one in server.requests("/api/v2/dora")]
        assert server.failures["dora:outage:github:acme:4"] == sent_outage(
            4, NOW - HOUR, "failed deployment", finished_at=nanoseconds(NOW)
        )


def test_events_that_are_too_old(tmp_path: Path) -> None:
    """What Datadog refuses by age is counted and reported; what is older is not tried."""
    with datadog() as server:
        server.max_age = 1.5 * 24 * 3_600
        for sent in (1, 0):
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence())

            assert 0 == done.returncode, done.stderr
            assert "2 deployments are too old for it and are not there" in done.stderr
            assert "it says: the event is too old" in done.stderr
            assert sent + 1 == len(server.requests("/api/v2/dora/deployment"))
            assert {"dora:deployment:github:acme:3"} == set(server.deployments)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("the event is too old", 0),
        ("finished_at must not be older than 30 days", 0),
        ("started_at is too far in the past", 0),
        ("outside of the retention period", 0),
        ("the event has expired", 0),
        ("finished_at must be after started_at", 1),
        ("invalid timestamp", 1),
        ("page not valid age", 1),
        ("an old version of the API", 1),
    ],
)
def test_a_refusal_by_age_speaks_of_age(words: str, status: int, tmp_path: Path) -> None:
    """What Datadog says of a time is only about age where its words are; else it is an error."""
    with datadog() as server:
        honest = server.server.honest

        def refuse(sent: Sent) -> Answer:
            if sent.path.endswith("/dora/deployment"):
                return Answer(400, json.dumps({"errors": [words]}).encode(),
                              {"content-type": "application/json"})  # fmt: skip
            return honest(sent)

        server.server.honest = refuse
        proof = made_evidence(deployment(1, NOW - 3 * DAY))
        done = send(server, tmp_path, made_report(), proof)

        assert status == done.returncode, done.stderr
        assert words in done.stderr
        assert ("1 deployments are too old" in done.stderr) != bool(status)
        assert ("does not take the deployment (status 400" in done.stderr) == bool(status)


def test_a_young_event_that_is_refused(tmp_path: Path) -> None:
    """An event of the last hour is not too old, whatever is said of its time: that is a failure."""
    with datadog() as server:
        server.max_age = 60.0
        young = made_evidence(deployment(1, NOW - HOUR / 2))
        done = send(server, tmp_path, made_report(), young)

        assert 1 == done.returncode
        assert "Datadog does not take an event of" in done.stderr
        assert "too old" in done.stderr


def test_what_changed_nothing_is_no_deployment(tmp_path: Path) -> None:
    """D3: a success with nothing to change is not sent, and fixed nothing."""
    first, second, third, broken = usual_evidence().deployments
    told = made_evidence(first, second, replace(third, unchanged=True), broken)
    with datadog() as server:
        done = send(server, tmp_path, made_report(), told, DD_APP_KEY=APP_KEY)
        assert 0 == done.returncode
        sent = {one["id"] for one in server.deployments.values()}
        assert {f"dora:deployment:github:acme:{number}" for number in (1, 2)} == sent
        assert {"dora:deployment:github:acme:2": {"change_failure": True}} == server.marks


def test_deployments_that_failed_are_marked(tmp_path: Path) -> None:
    """With an application key Datadog learns what failed and what fixed it, once it knows both."""
    name = "dora:deployment:github:acme:2"
    remediation = {"id": "dora:deployment:github:acme:3", "type": "rollback"}
    key = {"DD_APP_KEY": APP_KEY}
    with datadog() as server:
        server.knows_at_once = False
        done = send(server, tmp_path, made_report(), usual_evidence(), **key)
        assert (0, {}) == (done.returncode, server.marks)
        assert "1 deployments that failed are not marked" in done.stderr

        server.knows_at_once = True
        for marked in (1, 0):
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence(), **key)
            assert {name: {"change_failure": True, "remediation": remediation}} == server.marks
            assert marked == len(server.requests("/api/v2/dora/"))

        whole = [replace(one, reasons=()) for one in usual_evidence().deployments[:3]]
        done = send(server, tmp_path, made_report(), made_evidence(*whole), **key)
        assert {name: {"change_failure": False}} == server.marks


@pytest.mark.parametrize("name", ["acme", "ACME/\n", "x" * 300, "\ud800"])
def test_hostile_events(name: str, tmp_path: Path) -> None:
    """Whatever things are called, ids, tags and addresses are such as the API takes."""
    proof = made_evidence(
        replace(deployment(1, NOW - DAY, "label"), repository=name, environment=name, url=name),
        replace(deployment(2, NOW - DAY), repository=name, url="https://me:pw@host/a/b/c"),
        episodes=(EpisodeEvidence(name, name, NOW - DAY, None, (1,)),),
    )
    with datadog() as server:
        made = replace(made_report(name), organization=name)
        done = send(server, tmp_path, made, proof, DD_APP_KEY=APP_KEY)

        assert 0 == done.returncode, done.stderr
        assert (2, 1, 1) == (len(server.deployments), len(server.failures), len(server.marks))
        assert "pw@" not in str(server.server.sent)


def test_text_ids(tmp_path: Path) -> None:
    """D8: ids of other sources are told apart by repository, environment and every letter of them.

    The address of a file's deployment elsewhere is not the repository's; a short sha that GitHub
    does not know is no commit.
    """
    tag = "releases:v1+a"
    told: list[tuple[str, dict[str, Any]]] = [
        (tag, {"url": "https://github.com/acme/api/releases/tag/v1+a"}),
        ("releases:v1_a", {}),
        (tag, {"repository": "web"}),
        (tag, {"environment": "qa"}),
        ("file:7", {"url": "https://ci.example.org/job/deploy/7"}),
        ("file:" + "x" * 300, {"url": f"https://github.com/acme/api/commit/{SHA}"}),
        ("file:8", {"url": "https://github.com/acme/api/commit/abcdef1", "sha": "abcdef1"}),
    ]
    made = [
        replace(deployment(1, NOW - DAY, sha=SHA), id=name, source=name.partition(":")[0], **more)
        for name, more in told
    ]
    outage = EpisodeEvidence("api", "production", NOW - DAY, None, (tag,))
    with datadog() as server:
        done = send(server, tmp_path, made_report(), made_evidence(*made, episodes=(outage,)))

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        ids = [*server.deployments]
        git = {
            one["id"]: one.get("git", {}).get("repository_url")
            for one in server.deployments.values()
        }
        (failure,) = server.failures.values()
    assert 7 == len(ids)
    assert all(16 <= len(one) <= 128 and one.isascii() for one in ids)
    assert ["https://github.com/acme/api"] * 5 == [one for one in git.values() if one]
    assert {"dora:deployment:file:7:", "dora:deployment:file:8:"} == {
        one[:23] for one in git if git[one] is None
    }
    assert failure["name"] == f"api production: deployment {tag}"
