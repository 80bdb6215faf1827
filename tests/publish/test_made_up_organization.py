"""The made-up organization, reported, explained and published: figures and events are the same."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import serve
from dora.demo.organization.build import build_organization
from dora.report.report_json import read_report
from tests.support.command import dora
from tests.support.expected_series import parsed, wanted
from tests.support.servers.datadog import API_KEY, APP_KEY, datadog
from tests.support.servers.prometheus import promtool

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WINDOW = ["--since", "2026-08-25", "--until", "2026-11-23T06:00:00Z", "--quiet"]
#: One repository with open outages and failures, and all of them.
ONE, ALL = "lab-*", "*"


@pytest.fixture(scope="module", params=[ONE, pytest.param(ALL, marks=pytest.mark.thorough)])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `report.json` and `evidence.json`."""
    folder = tmp_path_factory.mktemp("made-up")
    made_up = build_organization(NOW)
    with serve(made_up) as github:
        known: dict[str, Any] = {"XDG_CACHE_HOME": str(folder / "cache")}
        asked = ["--org", made_up.login, "--repo", request.param, *WINDOW]
        for command, name in (("report", "report.json"), ("explain", "evidence.json")):
            form = ["--format", "json"] if command == "explain" else []
            done = dora(
                command, *asked, *form, "--output", name, server=github, folder=folder, **known
            )
            assert 0 == done.returncode, done.stderr
    return folder


def evidence_in(files: Path) -> dict[str, list[dict[str, Any]]]:
    """The evidence as it stands in its file."""
    document: dict[str, list[dict[str, Any]]] = json.loads((files / "evidence.json").read_text())
    return document


@pytest.mark.thorough
def test_prometheus(files: Path) -> None:
    """Every figure of the report is there, with how long each open outage lasts beside them."""
    done = dora("publish", "prometheus", files / "report.json", "--evidence",
                files / "evidence.json", "--dry-run", folder=files)  # fmt: skip
    found = parsed(done.stdout.encode())
    age = "dora_recovery_time_oldest_open_outage_seconds"
    places = {
        (one["repository"], one["environment"].casefold())
        for one in evidence_in(files)["episodes"]
        if one["ended_at"] is None
    }

    assert 0 == done.returncode, done.stderr
    assert wanted(read_report(files / "report.json")) == {
        key: number for key, number in found.items() if key[0] != age
    }
    ages = [dict(labels) for name, labels in found if name == age]
    assert places
    assert places == {(one["repository"], one["environment"].casefold()) for one in ages}


@pytest.mark.system
def test_promtool(files: Path) -> None:
    """Prometheus' own tool finds nothing wrong with the figures."""
    done = dora("publish", "prometheus", files / "report.json", "--evidence",
                files / "evidence.json", "--dry-run", folder=files)  # fmt: skip

    assert (0, "") == promtool("check", "metrics", given=done.stdout.encode())


def test_datadog(files: Path) -> None:
    """What changed something, every outage and failure is there once, however often it is sent."""
    proof = evidence_in(files)
    succeeded = [
        one for one in proof["deployments"] if one["succeeded_at"] and not one["unchanged"]
    ]
    failed = [one for one in succeeded if one["reasons"]]
    recovered = [one for one in failed if all(reason["ended_at"] for reason in one["reasons"])]
    with datadog() as server:
        for _ in range(2):
            done = dora("publish", "datadog", files / "report.json", "--evidence",
                        files / "evidence.json", folder=files, DD_API_KEY=API_KEY,
                        DD_APP_KEY=APP_KEY, DATADOG_HOST=server.url)  # fmt: skip
            assert (0, "") == (done.returncode, done.stdout), done.stderr

        assert (
            len(succeeded)
            == len(server.deployments)
            == len(server.requests("/api/v2/dora/deployment")) - len(server.marks)
        )
        assert len(proof["episodes"]) == len(server.failures)
        assert len(failed) == len(server.marks)
        assert {one["sha"] for one in succeeded} == {
            one["git"]["commit_sha"] for one in server.deployments.values()
        }
        with_remediation = [one for one in server.marks.values() if "remediation" in one]
        assert 0 < len(with_remediation) <= len(recovered)
    assert f"0 deployments were sent, {len(succeeded):,} were sent before" in done.stderr
