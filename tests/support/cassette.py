"""The cassette of one whole report: how it is recorded from the stand-in, how it is replayed.

`python -m tests.support.cassette` records it anew; it asks nobody but this machine.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import vcr

from dora.collect.github import page_size
from dora.collect.github.access import PUBLIC_API
from dora.collect.organization import collect, connect
from dora.config import Config
from dora.demo.github.server import TOKEN, serve
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from tests.support.runs import Reading, Told, config_of

CASSETTE = Path(__file__).parents[1] / "cassettes" / "whole_report.yaml"
HEADER = """\
# Made up: recorded from the bundled stand-in for GitHub, its address rewritten to api.github.com,
# in pages of two. Not edited by hand: `python -m tests.support.cassette` writes it anew.
"""
PAGE = 2
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
RESET = int((NOW + HOUR).timestamp())


def organization() -> Organization:
    """Two repositories: one with a failure, a rollback and a merged request, one that is quiet."""
    shas = [f"{number:040x}" for number in range(6)]
    days = (50, 40, 22, 12, 8, 3)
    commits = {
        sha: Commit(
            sha, tuple(shas[max(0, n - 1) : n]), NOW - day * DAY - 2 * HOUR, NOW - day * DAY
        )
        for n, (sha, day) in enumerate(zip(shas, days, strict=True))
    }
    request = PullRequest(
        1,
        NOW - 12 * DAY - HOUR,
        merged_at=NOW - 12 * DAY,
        closed_at=NOW - 12 * DAY,
        merge_commit_sha=shas[3],
        commits=(shas[3],),
        associated=(shas[3],),
    )
    deployments = (
        _deployment(1, shas[0], 45, "success", "inactive"),
        _deployment(2, shas[2], 20, "success", "inactive"),
        _deployment(3, shas[3], 10, "success", "failure"),
        _deployment(4, shas[2], 9, "success", "inactive"),
        _deployment(5, shas[4], 5, "in_progress", "success"),
    )
    api = Repository(
        "api",
        1,
        NOW - 60 * DAY,
        head=shas[-1],
        commits=commits,
        pull_requests=(request,),
        deployments=deployments,
    )
    return Organization("acme", NOW, (api, Repository("notes", 2, NOW - 60 * DAY)))


def _deployment(number: int, sha: str, days_ago: int, *states: str) -> Deployment:
    at = NOW - days_ago * DAY
    statuses = tuple(Status(state, at + n * HOUR) for n, state in enumerate(states, 1))
    return Deployment(number, sha, "production", at, statuses)


def asked() -> Config:
    """The settings of the report: thirty days, one request after the other, nothing kept."""
    return config_of(organization(), since="30d", collect={"concurrency": 1, "cache": False})


@contextmanager
def playing(record_mode: str) -> Iterator[Any]:
    """The cassette while it plays (`none`) or records (`all`)."""
    player = vcr.VCR(
        match_on=["method", "scheme", "host", "port", "path", "query", "body"],
        filter_headers=["authorization"],
        before_record_request=_at_github,
        before_record_response=_without_accidents,
    )
    with (
        patch.object(page_size, "FULL_PAGE", PAGE),
        player.use_cassette(str(CASSETTE), record_mode=record_mode) as cassette,
    ):
        yield cassette


def read(variables: dict[str, str]) -> Reading:
    """Read the organization as the cassette has it."""
    told, config = Told(), asked()
    reader = connect(config, variables, told)
    return Reading(config, reader, told, collect(reader, config, told))


def _at_github(request: Any) -> Any:
    """The request as it would go to GitHub, with no header but its kind."""
    parts = urlsplit(request.uri)
    request.uri = urlunsplit(urlsplit(PUBLIC_API)[:2] + parts[2:])
    request.headers = {"Content-Type": "application/json"}
    return request


def _without_accidents(response: dict[str, Any]) -> dict[str, Any]:
    """The answer without what differs from one recording to the next."""
    body = json.loads(response["body"]["string"])
    text = re.sub(
        r'"resetAt": "[^"]*"', f'"resetAt": "{NOW + HOUR:%Y-%m-%dT%H:%M:%SZ}"', json.dumps(body)
    )
    kept = ("content-type", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-used")
    headers = {name: response["headers"][name] for name in kept}
    headers["x-ratelimit-reset"] = [str(RESET)]
    return {**response, "headers": headers, "body": {"string": text.encode()}}


def main() -> None:
    """Write the cassette."""
    CASSETTE.parent.mkdir(exist_ok=True)
    CASSETTE.unlink(missing_ok=True)
    with serve(organization()) as server, playing("all"):
        read({"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN})
    CASSETTE.write_text(HEADER + CASSETTE.read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    main()
