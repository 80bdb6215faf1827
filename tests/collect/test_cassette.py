"""One whole report from a recording, with no network at all."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_socket

from dora import __version__
from dora.demo.github.server import TOKEN
from dora.report.build import build_report
from dora.report.report_json import render_json
from tests.support import cassette as record

REQUESTS = 8

REPORT: dict[str, Any] = {
    "schema": "dora.report/1",
    "organization": "acme",
    "window": {
        "since": "2026-10-24T06:00:00Z",
        "until": "2026-11-23T06:00:00Z",
        "days": 30.0,
        "timezone": "UTC",
    },
    "by": "repository",
    "benchmark": "2025",
    "trend": None,
    "before": None,
    "generated": {
        "at": "2026-11-23T06:00:00Z",
        "version": __version__,
        "configuration": record.asked().digest,
    },
    "rows": [
        {
            "key": {"repository": "api", "environment": "production"},
            "tier": "production",
            "source": "deployments",
            "since": None,
            "deployment_frequency": {
                "deployments": 4,
                "per_day": 0.13333333333333333,
                "per_week": 0.9333333333333333,
                "active_days": 4,
                "exposure_days": 30.0,
                "per_day_interval": [0.0, 0.34138628918012315],
                "level": None,
                "level_range": None,
                "place": [0.227, 1.0],
            },
            "change_lead_time": {
                "changes": 4,
                "median": 228600.0,
                "mean": 594900.0,
                "p75": 639900.0,
                "p90": 1299240.0,
                "median_interval": None,
                "level": None,
                "level_range": None,
                "place": None,
                "stages": {"coding": 3600.0, "review": 3600.0, "delivery": 176400.0},
            },
            # Three of 49, 49 and 74 hours from merge to live, and one that waits for 72.
            "delivery": {"changes": 4, "waiting": 1, "median": 49 * 3600.0},
            "change_fail_rate": {
                "failed": 1,
                "deployments": 4,
                "rate": 0.25,
                "interval": [0.045587260809700575, 0.6993581574175981],
                "level": None,
                "level_range": None,
                "place": None,
                "reasons": {"status": 1, "rollback": 1},
                "never_live": 0,
            },
            "recovery_time": {
                "episodes": 1,
                "recovered": 1,
                "open": 0,
                "carried_in": 0,
                "median": 86400.0,
                "median_interval": None,
                "mean": 86400.0,
                "longest": 86400.0,
                "level": None,
                "level_range": None,
                "place": None,
            },
            "rework_rate": {
                "rework": 1,
                "deployments": 4,
                "rate": 0.25,
                "interval": [0.045587260809700575, 0.6993581574175981],
                "place": None,
            },
            "waiting": {"changes": 1, "oldest": 266400.0},
            "previous": None,
            "comparison": None,
            "trend": [],
        }
    ],
    "coverage": {
        "repositories": {
            "read": 1,
            "skipped": {"archived": 0, "empty": 1, "no deployments": 0, "excluded": 0},
            "unreadable": [],
            "incomplete": [],
        },
        "deployments": {
            "in_progress": 0,
            "abandoned": 0,
            "not_started": 0,
            "unchanged": 0,
            "ephemeral": 0,
            "left_out": 0,
            "unknown_commit": 0,
            "baseline": 0,
            "began_in_window": 0,
            "lookback_limit": 0,
        },
        "changes": {"clock_skew": 0, "excluded": 0},
        "incidents": {"unattributed": 0, "dismissed": 0, "not_understood": 0, "not_found": []},
        "gaps": [],
        "requests": {"count": REQUESTS, "points": REQUESTS, "seconds": 0.0},
    },
    "scope": {
        "repositories": ["*"],
        "environments": ["*"],
        "tiers": ["production"],
        "unread": [],
        "gaps": [],
        "ephemeral": False,
        "ephemeral_environments": [],
    },
    "lacks_production": False,
}


@pytest.fixture
def no_network() -> Iterator[None]:
    """No socket but those that an event loop talks to itself through."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.mark.usefixtures("no_network")
def test_whole_report_from_the_cassette() -> None:
    """A report of two repositories in pages of two: eight requests, and these numbers."""
    with record.playing("none") as cassette:
        read = record.read({"GITHUB_TOKEN": "made-up"})
    tables = replace(read.tables, seconds=0.0)
    assert REPORT == _nearly(json.loads(render_json(build_report(tables, read.config))))
    assert (REQUESTS, True) == (cassette.play_count, cassette.all_played)


def test_cassette_holds_no_secret_and_no_address_of_ours() -> None:
    """Small, at GitHub's address, and without anything that opens a door."""
    text = record.CASSETTE.read_text("utf-8")
    assert text.startswith(record.HEADER)
    assert len(text) < 60_000
    assert {"https://api.github.com/graphql"} == set(re.findall(r"uri: (\S+)", text))
    forbidden = (TOKEN, "ghp_", "ghs_", "authorization", "bearer", "127.0.0.1", "localhost")
    assert [one for one in forbidden if one in text.casefold()] == []


def _nearly(value: object) -> object:
    """A document whose floats equal those that differ in their last digits alone."""
    if isinstance(value, dict):
        return {key: _nearly(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_nearly(one) for one in value]
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
