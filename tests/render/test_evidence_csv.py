"""Evidence as CSV: names that are safe in a spreadsheet, and columns only for what is known."""

import csv
from dataclasses import replace
from io import StringIO

import pytest

from dora.render.csv import EVIDENCE_COLUMNS, render_evidence
from dora.report.evidence import FailureReason
from tests.report.test_evidence_json import AT, EVIDENCE
from tests.support.reports import HOSTILE_NAMES

DEPLOYMENTS = """\
repository,environment,id,url,sha,created_at,succeeded_at,failed_status_at,outcome,baseline,rework,reasons,never_live,unchanged,remark,source
patient-api,production,11,https://h/d/11,aa,2026-11-20T09:30:00Z,2026-11-20T10:30:00Z,,success,false,false,\
incident by ops#7 from 2026-11-20T11:30:00Z and still open; \
rollback by 12 from 2026-11-20T10:30:00Z to 2026-11-20T12:30:00Z,false,false,,deployments
patient-api,production,"releases:=cmd|'<b>""v1.2;日本",https://h/d/12,bb,2026-11-20T09:30:00Z,,,abandoned,true,true,,false,true,\
its runner was gone,releases
"""

CHANGES = """\
repository,environment,sha,url,started_at,shipped_at,deployment,lead_time_seconds,pull_request
patient-api,production,aa,https://h/c/aa,2026-11-20T08:30:00Z,2026-11-20T10:30:00Z,11,7200.0,5
patient-api,production,bb,https://h/c/bb,2026-11-20T09:30:00Z,2026-11-20T10:30:00Z,"releases:=cmd|'<b>""v1.2;日本",3600.5,
"""

EPISODES = """\
repository,environment,began_at,ended_at,deployments,never_live
patient-api,production,2026-11-20T10:30:00Z,2026-11-20T12:30:00Z,"11 \
releases:=cmd|'<b>""v1.2;日本",false
patient-api,production,2026-11-20T10:30:00Z,,"releases:=cmd|'<b>""v1.2;日本",true
"""


@pytest.mark.parametrize(
    ("table", "expected"),
    [("deployments", DEPLOYMENTS), ("changes", CHANGES), ("episodes", EPISODES)],
)
def test_csv(table: str, expected: str) -> None:
    """One line an item below headings, lists in words; what is unknown is empty (RFC 4180)."""
    assert render_evidence(EVIDENCE, table) == expected.replace("\n", "\r\n")


@pytest.mark.parametrize("table", EVIDENCE_COLUMNS)
def test_the_headings_are_always_there(table: str) -> None:
    """Evidence of nothing has headings."""
    nothing = replace(EVIDENCE, deployments=(), changes=(), episodes=())
    full = render_evidence(EVIDENCE, table).partition("\r\n")
    assert render_evidence(nothing, table) == full[0] + full[1]


def test_columns_of_services_and_authors() -> None:
    """`service` is there if an item has one (G3), `author` if it is asked for."""
    billing = replace(
        EVIDENCE,
        deployments=(replace(EVIDENCE.deployments[0], service="billing"), EVIDENCE.deployments[1]),
    )
    lines = list(csv.DictReader(StringIO(render_evidence(billing, "deployments"))))
    assert [one["service"] for one in lines] == ["billing", ""]
    lines = list(csv.DictReader(StringIO(render_evidence(EVIDENCE, "changes", with_authors=True))))
    assert [one["author"] for one in lines] == ["ada", ""]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names(name: str) -> None:
    """A name is safe to print, whole, and never a formula."""
    reasons = (FailureReason("tag", AT, None, name),)
    blamed = replace(EVIDENCE.deployments[0], environment=name, outcome=name, reasons=reasons)
    text = render_evidence(replace(EVIDENCE, deployments=(blamed,)), "deployments")
    (line,) = csv.DictReader(StringIO(text, newline=""))
    assert not [cell for cell in line.values() if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "\x1b" not in text
