"""The evidence for programs: JSON `dora.evidence/1` and CSV."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from dora.render.evidence_document import COLUMNS, as_document, render_csv, render_json
from dora.report.build_evidence import Change, Deployment, Episode, Evidence, Reason
from tests.support.explained_organization import explained, renamed
from tests.support.reports import HOSTILE_NAMES

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = ("patient-api", "production", "")

EVIDENCE = Evidence(
    organization="medica-flow",
    since=AT - 24 * HOUR,
    until=AT + 24 * HOUR,
    days=2.0,
    timezone="Europe/Berlin",
    deployments=(
        Deployment(
            "patient-api", 11, "https://h/d/11", "aa", "production", "", AT, AT + HOUR, None,
            "success", baseline=False, rework=False,
            reasons=(
                Reason("incident", AT + 2 * HOUR, None, "ops#7"),
                Reason("rollback", AT + HOUR, AT + 3 * HOUR, "12"),
            ),
        ),
        Deployment(
            "patient-api", 12, "https://h/d/12", "bb", "production", "", AT, None, None,
            "in_progress", baseline=True, rework=True, reasons=(),
        ),
    ),
    changes=(
        Change(*PLACE, "aa", "https://h/c/aa", AT - HOUR, AT + HOUR, 11, 7200.0, 5, "ada"),
        Change(*PLACE, "bb", "https://h/c/bb", AT, AT + HOUR, 11, 3600.5, None, None),
    ),
    episodes=(
        Episode(*PLACE, AT + HOUR, AT + 3 * HOUR, (11, 12)),
        Episode(*PLACE, AT + HOUR, None, (12,)),
    ),
    waiting=(),
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
            "environment": "production",
            "created_at": "2026-11-20T09:30:00Z",
            "succeeded_at": "2026-11-20T10:30:00Z",
            "failed_status_at": None,
            "outcome": "success",
            "baseline": False,
            "rework": False,
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
            "id": 12,
            "url": "https://h/d/12",
            "sha": "bb",
            "environment": "production",
            "created_at": "2026-11-20T09:30:00Z",
            "succeeded_at": None,
            "failed_status_at": None,
            "outcome": "in_progress",
            "baseline": True,
            "rework": True,
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
            "deployment": 11,
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
            "deployments": [11, 12],
        },
        {
            "repository": "patient-api",
            "environment": "production",
            "began_at": "2026-11-20T10:30:00Z",
            "ended_at": None,
            "deployments": [12],
        },
    ],
}

DEPLOYMENTS = """\
repository,environment,id,url,sha,created_at,succeeded_at,failed_status_at,outcome,baseline,rework,reasons
patient-api,production,11,https://h/d/11,aa,2026-11-20T09:30:00Z,2026-11-20T10:30:00Z,,success,false,false,\
incident by ops#7 from 2026-11-20T11:30:00Z and still open; \
rollback by 12 from 2026-11-20T10:30:00Z to 2026-11-20T12:30:00Z
patient-api,production,12,https://h/d/12,bb,2026-11-20T09:30:00Z,,,in_progress,true,true,
"""

CHANGES = """\
repository,environment,sha,url,started_at,shipped_at,deployment,lead_time_seconds,pull_request
patient-api,production,aa,https://h/c/aa,2026-11-20T08:30:00Z,2026-11-20T10:30:00Z,11,7200.0,5
patient-api,production,bb,https://h/c/bb,2026-11-20T09:30:00Z,2026-11-20T10:30:00Z,11,3600.5,
"""

EPISODES = """\
repository,environment,began_at,ended_at,deployments
patient-api,production,2026-11-20T10:30:00Z,2026-11-20T12:30:00Z,11 12
patient-api,production,2026-11-20T10:30:00Z,,12
"""


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
    lines = list(csv.DictReader(StringIO(render_csv(billing, "deployments"))))
    assert [one["service"] for one in lines] == ["billing", ""]
    lines = list(csv.DictReader(StringIO(render_csv(EVIDENCE, "changes", with_authors=True))))
    assert [one["author"] for one in lines] == ["ada", ""]


@pytest.mark.parametrize(
    ("table", "expected"),
    [("deployments", DEPLOYMENTS), ("changes", CHANGES), ("episodes", EPISODES)],
)
def test_csv(table: str, expected: str) -> None:
    """One line an item below headings, lists in words; what is unknown is empty (RFC 4180)."""
    assert render_csv(EVIDENCE, table) == expected.replace("\n", "\r\n")


@pytest.mark.parametrize("table", COLUMNS)
def test_the_headings_are_always_there(table: str) -> None:
    """Evidence of nothing has headings, and the document its three lists."""
    nothing = replace(EVIDENCE, deployments=(), changes=(), episodes=())
    full = render_csv(EVIDENCE, table).partition("\r\n")
    assert render_csv(nothing, table) == full[0] + full[1]
    assert as_document(nothing)[table] == []


def test_a_number_that_is_none_is_a_bug() -> None:
    """NaN never reaches a document."""
    broken = (replace(EVIDENCE.changes[0], lead_time=float("nan")),)
    with pytest.raises(ValueError, match="JSON compliant"):
        render_json(replace(EVIDENCE, changes=broken))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names(name: str) -> None:
    """In JSON a name is itself, in CSV safe to print, whole, and never a formula."""
    evidence = explained(renamed(name)).evidence
    document = json.loads(render_json(evidence))
    assert {one["environment"] for one in document["deployments"]} == {name}
    reasons = (Reason("tag", AT, None, name),)
    blamed = replace(EVIDENCE.deployments[0], environment=name, outcome=name, reasons=reasons)
    text = render_csv(replace(EVIDENCE, deployments=(blamed,)), "deployments")
    (line,) = csv.DictReader(StringIO(text, newline=""))
    assert not [cell for cell in line.values() if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "\x1b" not in text
