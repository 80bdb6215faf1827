"""A stand-in for Datadog on this machine, held to the public description of its API.

It refuses what Datadog would: missing, unknown or wrong fields, points and events of an age that it
does not take, payloads that are too large, wrong keys.
https://docs.datadoghq.com/api/latest/metrics/submit-metrics/
https://docs.datadoghq.com/api/latest/dora-metrics/
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.servers.recording import Answer, Sent, Server, recording

API_KEY = "ddapikey0123456789abcdef01234567"
APP_KEY = "ddappkey0123456789abcdef0123456789abcdef"
HOUR = 3_600
YEARS = 2 * 365 * 24 * HOUR  #: how long events are kept

ID = re.compile(r"[A-Za-z0-9_.:-]{16,128}")
METRIC = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}")
#: As Datadog keeps a tag: what it would change by itself is refused here.
TAG = re.compile(r"[a-z][a-z_]*:[^\sA-Z]*")
SHA = re.compile(r"[0-9a-f]{40}")


class _Wrong(Exception):
    """What is wrong with a request."""


@dataclass
class Datadog:
    """What it holds: series by name, tags and second; events by id; and *max_age* of events."""

    server: Server
    series: dict[tuple[str, frozenset[str], int], float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, dict[str, Any]] = field(default_factory=dict)
    max_age: float = YEARS  #: seconds
    knows_at_once: bool = True  #: whether an event can be marked right after it was sent

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url

    def requests(self, path: str) -> list[Sent]:
        """What was asked of a path."""
        return [one for one in self.server.sent if one.path.startswith(path)]

    def answer(self, sent: Sent) -> Answer:
        """The answer to a request."""
        if sent.headers.get("dd-api-key") != API_KEY:
            return _json({"errors": ["Forbidden"]}, 403)
        try:
            return self._honest(sent)
        except _Wrong as wrong:
            error = {"status": "400", "title": "Bad Request", "detail": str(wrong)}
            return _json({"errors": [error]}, 400)

    def _honest(self, sent: Sent) -> Answer:
        _check(sent.headers.get("content-type") == "application/json", "content-type")
        body = json.loads(sent.body)
        if (sent.method, sent.path) == ("POST", "/api/v2/series"):
            _check(sent.size <= 512_000 and len(sent.body) < 5_242_880, "payload too large")
            self._take_series(body)
            return _json({"errors": []}, 202)
        if (sent.method, sent.path) == ("POST", "/api/v2/dora/deployment"):
            one = _attributes(body, DEPLOYMENT, {"service", "started_at", "finished_at"})
            self._event(one, one["finished_at"])
            self.deployments[one["id"]] = one
            return _json({"data": {"id": one["id"], "type": "dora_deployment"}}, 200)
        if (sent.method, sent.path) == ("POST", "/api/v2/dora/failure"):
            one = _attributes(body, FAILURE, {"started_at"})
            _check(bool(one.get("services") or one.get("team")), "services or team is required")
            self._event(one, one.get("finished_at", one["started_at"]))
            self.failures[one["id"]] = one
            return _json({"data": {"id": one["id"], "type": "dora_failure"}}, 200)
        if sent.method == "PATCH" and sent.path.startswith("/api/v2/dora/deployments/"):
            return self._mark(sent, body)
        return _json({"errors": ["Not found"]}, 404)

    def _take_series(self, body: Mapping[str, Any]) -> None:
        _check(set(body) == {"series"}, "only series is known")
        for one in body["series"]:
            _check(set(one) <= {"metric", "type", "points", "tags", "unit"}, "an unknown field")
            _check(METRIC.fullmatch(one["metric"]) is not None, f"metric {one['metric']}")
            _check(one["type"] == 3, "type")
            for tag in one["tags"]:
                _check(TAG.fullmatch(tag) is not None and len(tag) <= 200, f"tag {tag}")
            for point in one["points"]:
                age = time.time() - point["timestamp"]
                _check(-600 <= age <= HOUR, "timestamp is out of the range")
                key = (one["metric"], frozenset(one["tags"]), point["timestamp"])
                self.series[key] = float(point["value"])
            self.units[one["metric"]] = one.get("unit", "")

    def _event(self, one: Mapping[str, Any], last: int) -> None:
        _check(ID.fullmatch(one.get("id", "0" * 16)) is not None, "id")
        for name in ("started_at", "finished_at"):
            at = one.get(name, 10**18)
            _check(isinstance(at, int) and 10**18 <= at < 10**19, f"{name} is no nanoseconds")
            _check(at / 1e9 <= time.time() + 600, f"{name} is in the future")
        _check(one["started_at"] <= last, "started_at is after finished_at")
        tags = one.get("custom_tags", [])
        _check(len(tags) <= 100, "custom_tags")
        _check(all(TAG.fullmatch(tag) for tag in tags), f"custom_tags {tags}")
        if "git" in one:
            _check(set(one["git"]) == {"commit_sha", "repository_url"}, "git")
            _check(SHA.fullmatch(one["git"]["commit_sha"]) is not None, "commit_sha")
        if time.time() - last / 1e9 > self.max_age:
            raise _Wrong("the event is too old")

    def _mark(self, sent: Sent, body: Mapping[str, Any]) -> Answer:
        if sent.headers.get("dd-application-key") != APP_KEY:
            return _json({"errors": ["Forbidden"]}, 403)
        name = body["data"]["id"]
        _check(set(body["data"]) == {"attributes", "id", "type"}, "data")
        _check(body["data"]["type"] == "dora_deployment_patch_request", "type")
        _check(sent.path.endswith(name.replace(":", "%3A")), "id")
        one = body["data"]["attributes"]
        _check(isinstance(one["change_failure"], bool), "change_failure")
        remediation = one.get("remediation", {"id": name, "type": "rollback"})
        _check(remediation["type"] in {"rollback", "rollforward"}, "remediation")
        if not self.knows_at_once or not {name, remediation["id"]} <= set(self.deployments):
            return _json({"errors": [{"title": "Not found"}]}, 404)
        self.marks[name] = one
        return Answer(202)


DEPLOYMENT = {"id", "service", "env", "started_at", "finished_at", "git", "custom_tags", "team",
              "version"}  # fmt: skip
FAILURE = {"id", "name", "services", "env", "started_at", "finished_at", "git", "custom_tags",
           "severity", "team", "version"}  # fmt: skip


def _attributes(body: Mapping[str, Any], known: set[str], needed: set[str]) -> dict[str, Any]:
    _check(set(body) == {"data"} and "attributes" in body["data"], "data.attributes is required")
    one: dict[str, Any] = body["data"]["attributes"]
    _check(needed <= set(one), f"required: {needed - set(one)}")
    _check(set(one) <= known, f"unknown: {set(one) - known}")
    _check(all(one[name] for name in needed), "empty")
    return one


def _check(is_right: bool, what: str) -> None:
    if not is_right:
        raise _Wrong(f"invalid: {what}")


def _json(body: Any, status: int) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"content-type": "application/json"})


@contextmanager
def datadog() -> Iterator[Datadog]:
    """A running stand-in."""
    with recording() as server:
        made = Datadog(server)
        server.honest = made.answer
        yield made
