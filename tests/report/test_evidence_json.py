"""The JSON contract of evidence, `dora.evidence/1`: written to the letter, read back whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    Evidence,
    FailureReason,
    IncidentEvidence,
)
from dora.report.evidence_json import as_document, read_evidence, render_json
from tests.support.explained_organization import explained, renamed
from tests.support.reports import HOSTILE_NAMES

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = ("patient-api", "production")
#: An id of a release whose tag is written by anyone (D8).
TAG = "releases:=cmd|'<b>\"v1.2;日本"

EVIDENCE = Evidence(
    organization="medica-flow",
    since=AT - 24 * HOUR,
    until=AT + 24 * HOUR,
    timezone="Europe/Berlin",
    deployments=(
        DeploymentEvidence(
            "patient-api", 11, "https://h/d/11", "aa", "production", AT, AT + HOUR, None,
            "success", baseline=False, rework=False,
            reasons=(
                FailureReason("incident", AT + 2 * HOUR, None, "ops#7"),
                FailureReason("rollback", AT + HOUR, AT + 3 * HOUR, "12"),
            ),
        ),
        DeploymentEvidence(
            "patient-api", TAG, "https://h/d/12", "bb", "production", AT, None, None,
            "abandoned", baseline=True, rework=True, reasons=(), unchanged=True,
            remark="its runner was gone", source="releases",
        ),
    ),
    changes=(
        ChangeEvidence(
            *PLACE, "aa", "https://h/c/aa", AT - HOUR, AT + HOUR, 11, 7200.0, 5, author="ada"
        ),
        ChangeEvidence(*PLACE, "bb", "https://h/c/bb", AT, AT + HOUR, TAG, 3600.5, None),
    ),
    episodes=(
        EpisodeEvidence(*PLACE, AT + HOUR, AT + 3 * HOUR, (11, TAG)),
        EpisodeEvidence(*PLACE, AT + HOUR, None, (TAG,), never_live=True),
    ),
    waiting=(),
    unattributed=(
        IncidentEvidence("patient-api", "ops#8", "https://h/o/8", AT, None, "nonsense"),
        IncidentEvidence("patient-api", "Q1", None, AT, AT + HOUR, None),
    ),
)  # fmt: skip

DOCUMENT = {
    "schema": "dora.evidence/1",
    "organization": "medica-flow",
    "window": {
        "since": "2026-11-19T09:30:00Z",
        "until": "2026-11-21T09:30:00Z",
        "days": 2.0,
        "timezone": "Europe/Berlin",
    },
    "deployments": [
        {
            "repository": "patient-api",
            "id": 11,
            "url": "https://h/d/11",
            "sha": "aa",
            "source": "deployments",
            "environment": "production",
            "created_at": "2026-11-20T09:30:00Z",
            "succeeded_at": "2026-11-20T10:30:00Z",
            "failed_status_at": None,
            "outcome": "success",
            "baseline": False,
            "rework": False,
            "never_live": False,
            "unchanged": False,
            "remark": None,
            "reasons": [
                {
                    "signal": "incident",
                    "began_at": "2026-11-20T11:30:00Z",
                    "ended_at": None,
                    "by": "ops#7",
                },
                {
                    "signal": "rollback",
                    "began_at": "2026-11-20T10:30:00Z",
                    "ended_at": "2026-11-20T12:30:00Z",
                    "by": "12",
                },
            ],
        },
        {
            "repository": "patient-api",
            "id": TAG,
            "url": "https://h/d/12",
            "sha": "bb",
            "source": "releases",
            "environment": "production",
            "created_at": "2026-11-20T09:30:00Z",
            "succeeded_at": None,
            "failed_status_at": None,
            "outcome": "abandoned",
            "baseline": True,
            "rework": True,
            "never_live": False,
            "unchanged": True,
            "remark": "its runner was gone",
            "reasons": [],
        },
    ],
    "changes": [
        {
            "repository": "patient-api",
            "environment": "production",
            "sha": "aa",
            "url": "https://h/c/aa",
            "started_at": "2026-11-20T08:30:00Z",
            "shipped_at": "2026-11-20T10:30:00Z",
            "deployment": 11,
            "lead_time": 7200.0,
            "pull_request": 5,
        },
        {
            "repository": "patient-api",
            "environment": "production",
            "sha": "bb",
            "url": "https://h/c/bb",
            "started_at": "2026-11-20T09:30:00Z",
            "shipped_at": "2026-11-20T10:30:00Z",
            "deployment": TAG,
            "lead_time": 3600.5,
            "pull_request": None,
        },
    ],
    "episodes": [
        {
            "repository": "patient-api",
            "environment": "production",
            "began_at": "2026-11-20T10:30:00Z",
            "ended_at": "2026-11-20T12:30:00Z",
            "deployments": [11, TAG],
            "never_live": False,
        },
        {
            "repository": "patient-api",
            "environment": "production",
            "began_at": "2026-11-20T10:30:00Z",
            "ended_at": None,
            "deployments": [TAG],
            "never_live": True,
        },
    ],
    "unattributed": [
        {
            "repository": "patient-api",
            "by": "ops#8",
            "url": "https://h/o/8",
            "opened_at": "2026-11-20T09:30:00Z",
            "closed_at": None,
            "named": "nonsense",
        },
        {
            "repository": "patient-api",
            "by": "Q1",
            "url": None,
            "opened_at": "2026-11-20T09:30:00Z",
            "closed_at": "2026-11-20T10:30:00Z",
            "named": None,
        },
    ],
}


def test_json() -> None:
    """The document is the contract's to the letter, keys in its order; authors are left out."""
    text = render_json(EVIDENCE)
    assert text == json.dumps(DOCUMENT, indent=2) + "\n"
    assert text.isascii()


def test_authors_and_services_where_they_are_known() -> None:
    """`author` is there where it is asked for, `service` where an item has one (G3)."""
    changes = as_document(EVIDENCE, with_authors=True)["changes"]
    assert [one["author"] for one in changes] == ["ada", None]
    billing = replace(
        EVIDENCE,
        deployments=(replace(EVIDENCE.deployments[0], service="billing"), EVIDENCE.deployments[1]),
    )
    assert [one.get("service") for one in as_document(billing)["deployments"]] == ["billing", None]


def test_a_number_that_is_none_is_a_bug() -> None:
    """NaN never reaches a document."""
    broken = (replace(EVIDENCE.changes[0], lead_time=float("nan")),)
    with pytest.raises(ValueError, match="JSON compliant"):
        render_json(replace(EVIDENCE, changes=broken))


@pytest.mark.few(6)
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names(name: str) -> None:
    """In JSON a name is itself."""
    evidence = explained(renamed(name)).evidence
    document = json.loads(render_json(evidence))
    assert {one["environment"] for one in document["deployments"]} == {name}


@pytest.mark.parametrize("with_authors", [False, True])
def test_what_was_written_is_read(tmp_path: Path, with_authors: bool) -> None:
    """Reading gives the records that were written; authors only if they were."""
    written = replace(EVIDENCE, deployments=(replace(EVIDENCE.deployments[0], service="billing"),))
    path = tmp_path / "evidence.json"
    path.write_text(render_json(written, with_authors=with_authors), encoding="utf-8")
    anonymous = tuple(replace(one, author=None) for one in written.changes)

    expected = written if with_authors else replace(written, changes=anonymous)
    assert expected == read_evidence(path)


@pytest.mark.parametrize("table", ["deployments", "changes", "episodes"])
def test_evidence_of_nothing(table: str) -> None:
    """Without items the document has its three lists all the same."""
    nothing = replace(EVIDENCE, deployments=(), changes=(), episodes=())
    assert as_document(nothing)[table] == []
