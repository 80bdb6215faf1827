"""The report for programs: JSON and CSV."""

import csv
import json
from datetime import datetime, timedelta, timezone
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.render import FORMATS
from dora.render.csv import render_report as render_csv
from dora.render.formatting import plain
from dora.report.model import RecoveryTime, Report, Waiting
from dora.report.report_json import as_document, render_json
from tests.support import reports
from tests.support.published_files import JUDGED, JUDGED_PARTS, judged_report

NAMES = st.text(max_size=40) | st.sampled_from(reports.HOSTILE_NAMES)

REPORT = reports.report(
    (
        reports.busy(
            reports.place("patient-api", "production"),
            "production",
            Waiting(7, 4 * reports.DAY),
        ),
        reports.nothing(reports.place("quiet", "qa"), "testing"),
    )
)


def lines_of(report: Report) -> list[list[str]]:
    """Read the CSV of *report* back."""
    return list(csv.reader(StringIO(render_csv(report), newline="")))


def test_document_is_the_contracts() -> None:
    """Keys, their order and what is missing are as the contract says, to the letter."""
    assert json.dumps(DOCUMENT) == json.dumps(as_document(REPORT))


def test_json_is_the_document() -> None:
    """The text is the document, indented by two, with a line end at its end."""
    text = render_json(REPORT)
    assert json.loads(text) == DOCUMENT
    assert text.startswith('{\n  "schema": "dora.report/1",\n  "organization": "medica-flow",\n')
    assert text.endswith("\n}\n")


def test_json_tells_a_terminal_nothing() -> None:
    """The text is ASCII without control characters, and names come back as they were."""
    text = render_json(reports.HOSTILE)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert list(reports.HOSTILE_NAMES) == [
        row["key"]["environment"] for row in json.loads(text)["rows"]
    ]


def test_json_knows_no_nan() -> None:
    """Not a number is a bug, and never gets out as invalid JSON."""
    row = reports.changed(REPORT.rows[0], recovery_time=RecoveryTime(1, 1, 0, mean=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        render_json(reports.report((row,)))


def test_instants_are_utc() -> None:
    """Instants are UTC with Z, with microseconds only where there are some."""
    berlin = timezone(timedelta(hours=2))
    report = reports.in_window(
        REPORT,
        since=datetime(2026, 8, 25, 0, 0, tzinfo=berlin),
        until=datetime(2026, 11, 23, 6, 0, 0, 250, tzinfo=berlin),
    )
    assert as_document(report)["window"] == {
        "since": "2026-08-24T22:00:00Z",
        "until": "2026-11-23T04:00:00.000250Z",
        "days": 90.0,
        "timezone": "UTC",
    }


def test_coverage_of_nothing_has_every_count() -> None:
    """Counts of nothing are 0; what was never looked for is null."""
    document: dict[str, Any] = as_document(reports.report((), reports.coverage()))
    assert document["coverage"] == EMPTY_COVERAGE
    assert document["rows"] == []


def test_csv() -> None:
    """One line a row, units in the headings, numbers unrounded, the unknown empty."""
    assert list(map(list, zip(*lines_of(REPORT), strict=True))) == TABLE


def test_csv_has_places_and_what_is_unknown_stays_empty() -> None:
    """B3, B5, LT12: columns that came later; a part before the row began is empty (DF2)."""
    keys, whole, unknown, part = lines_of(judged_report())
    later = keys.index("deployment_frequency_exposure_days")
    assert {name: value for name, value in zip(keys, whole, strict=True) if name in JUDGED} == {
        name: str(value) for name, value in JUDGED.items()
    }
    assert [whole[-1], unknown[-1], part[-1]] == ["2026-10-12T06:00:00Z", "", ""]
    figures = slice(keys.index("deployment_frequency_deployments"), keys.index("source"))
    assert {""} == {*unknown[figures], *unknown[later:]}
    assert [part[keys.index(name)] for name in JUDGED_PARTS] == ["14.0", "1800.0", ""]


def test_csv_is_rfc_4180() -> None:
    """Lines end in CR LF, and what holds a comma or a quote is quoted."""
    row = reports.nothing(reports.place('a,"b"', "qa"), "testing")
    headings, line, end = render_csv(reports.report((row,))).split("\r\n")
    assert headings.startswith("repository,environment,tier,deployment_frequency_deployments,")
    assert line.startswith('"a,""b""",qa,testing,0,0.0,')
    assert not end


@pytest.mark.parametrize(
    ("report", "keys"),
    [
        (reports.EMPTY, ["repository", "environment", "tier"]),
        (reports.SERVICES, ["repository", "environment", "service", "tier"]),
        (reports.BY_ENVIRONMENT, ["environment", "tier"]),
        (reports.BY_TEAM, ["team", "tier"]),
        (reports.BY_ORGANIZATION, ["organization", "tier"]),
    ],
)
def test_csv_has_the_keys_of_its_rows(report: Report, keys: list[str]) -> None:
    """The first columns are the keys of the rows, there even where there are no rows."""
    headings = lines_of(report)[0]
    assert keys == headings[: len(keys)]
    assert headings[len(keys)] == "deployment_frequency_deployments"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＠x"])
def test_csv_injects_no_formula(name: str) -> None:
    """An apostrophe stands before what a spreadsheet would compute."""
    row = reports.nothing(reports.place(name, name), "other")
    assert [f"'{name}"] * 2 == lines_of(reports.report((row,)))[1][:2]


@pytest.mark.parametrize("name", ["\t=1+1", "\r=1+1", "\n=1+1", "\x1b[31m"])
def test_csv_holds_no_control_character(name: str) -> None:
    """A control character becomes a visible mark, which begins no formula."""
    row = reports.nothing(reports.place(name, "qa"), "other")
    assert f"�{name[1:]}" == lines_of(reports.report((row,)))[1][0]


@given(st.lists(st.tuples(NAMES, NAMES), max_size=5))
def test_csv_is_read_back(names: list[tuple[str, str]]) -> None:
    """Whatever the names, each row is one line of as many cells, the names in front."""
    rows = tuple(reports.nothing(reports.place(*pair), "other") for pair in names)
    headings, *lines = lines_of(reports.report(rows))
    assert [len(headings)] * len(names) == [len(line) for line in lines]
    assert [[plain(name) for name in pair] for pair in names] == [
        [
            cell[1:] if cell[:1] == "'" != plain(name)[:1] else cell
            for name, cell in zip(pair, line, strict=False)
        ]
        for pair, line in zip(names, lines, strict=True)
    ]


def test_formats() -> None:
    """Each format has the endings that ask for it, no ending asks for two."""
    endings = [ending for those in FORMATS.values() for ending in those]
    assert list(FORMATS) == ["table", "markdown", "html", "json", "csv"]
    assert len(endings) == len(set(endings))


DOCUMENT = {
    "schema": "dora.report/1",
    "organization": "medica-flow",
    "window": {
        "since": "2026-08-25T06:00:00Z",
        "until": "2026-11-23T06:00:00Z",
        "days": 90.0,
        "timezone": "UTC",
    },
    "by": "repository",
    "benchmark": "2023",
    "trend": None,
    "before": None,
    "generated": {"at": "2026-11-23T06:00:00Z", "version": "0.1.0", "configuration": "sha256:0f"},
    "rows": [
        {
            "key": {"repository": "patient-api", "environment": "production"},
            "tier": "production",
            "source": "deployments",
            "since": None,
            "deployment_frequency": {
                "deployments": 42,
                "per_day": 0.4666666666666667,
                "per_week": 3.2666666666666666,
                "active_days": 31,
                "exposure_days": None,
                "per_day_interval": [0.336, 0.631],
                "level": "high",
                "level_range": None,
                "place": None,
            },
            "change_lead_time": {
                "changes": 120,
                "median": 93600.0,
                "mean": 120000.0,
                "p75": 150000.0,
                "p90": 260000.0,
                "median_interval": [80000.0, 110000.0],
                "level": "high",
                "level_range": None,
                "place": None,
                "stages": {"coding": 30000.0, "review": 20000.0, "delivery": 40000.0},
            },
            "delivery": None,
            "change_fail_rate": {
                "failed": 3,
                "deployments": 45,
                "rate": 0.06666666666666667,
                "interval": [0.023, 0.179],
                "level": "high",
                "level_range": None,
                "place": None,
                "reasons": {"status": 2, "rollback": 1},
                "never_live": 2,
            },
            "recovery_time": {
                "episodes": 3,
                "recovered": 2,
                "open": 1,
                "carried_in": 1,
                "median": 5400.0,
                "median_interval": None,
                "mean": 6000.0,
                "longest": 9000.0,
                "level": None,
                "level_range": None,
                "place": None,
            },
            "rework_rate": {
                "rework": 1,
                "deployments": 42,
                "rate": 0.023809523809523808,
                "interval": [0.004, 0.123],
                "place": None,
            },
            "waiting": {"changes": 7, "oldest": 345600.0},
            "previous": None,
            "comparison": None,
            "trend": [],
        },
        {
            "key": {"repository": "quiet", "environment": "qa"},
            "tier": "testing",
            "source": "deployments",
            "since": None,
            "deployment_frequency": {
                "deployments": 0,
                "per_day": 0.0,
                "per_week": 0.0,
                "active_days": 0,
                "exposure_days": None,
                "per_day_interval": [0.0, 0.041],
                "level": None,
                "level_range": None,
                "place": None,
            },
            "change_lead_time": {
                "changes": 0,
                "median": None,
                "mean": None,
                "p75": None,
                "p90": None,
                "median_interval": None,
                "level": None,
                "level_range": None,
                "place": None,
                "stages": {"coding": None, "review": None, "delivery": None},
            },
            "delivery": None,
            "change_fail_rate": {
                "failed": 0,
                "deployments": 0,
                "rate": None,
                "interval": None,
                "level": None,
                "level_range": None,
                "place": None,
                "reasons": {},
                "never_live": 0,
            },
            "recovery_time": {
                "episodes": 0,
                "recovered": 0,
                "open": 0,
                "carried_in": 0,
                "median": None,
                "median_interval": None,
                "mean": None,
                "longest": None,
                "level": None,
                "level_range": None,
                "place": None,
            },
            "rework_rate": {
                "rework": 0,
                "deployments": 0,
                "rate": None,
                "interval": None,
                "place": None,
            },
            "waiting": None,
            "previous": None,
            "comparison": None,
            "trend": [],
        },
    ],
    "coverage": {
        "repositories": {
            "read": 38,
            "skipped": {"archived": 2, "empty": 1, "no deployments": 4, "excluded": 0},
            "unreadable": [
                {"repository": "ward-planner", "reason": "the token lacks deployments: read"}
            ],
            "incomplete": [
                {
                    "repository": "lab-results",
                    "reason": "the history is longer than 5,000 deployments",
                }
            ],
        },
        "deployments": {
            "in_progress": 1,
            "abandoned": 2,
            "not_started": 1,
            "unchanged": 14,
            "ephemeral": 1212,
            "left_out": 0,
            "unknown_commit": 1,
            "baseline": 3,
            "began_in_window": 0,
            "lookback_limit": 1,
        },
        "changes": {"clock_skew": 1, "excluded": 0},
        "incidents": {"unattributed": 1, "dismissed": 0, "not_understood": 0, "not_found": []},
        "gaps": [],
        "requests": {"count": 61, "points": 63, "seconds": 8.2},
    },
    "lacks_production": False,
}

EMPTY_COVERAGE = {
    "repositories": {
        "read": 0,
        "skipped": {"archived": 0, "empty": 0, "no deployments": 0, "excluded": 0},
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
    "incidents": {
        "unattributed": None,
        "dismissed": None,
        "not_understood": None,
        "not_found": [],
    },
    "gaps": [],
    "requests": {"count": 0, "points": 0, "seconds": 0.0},
}

TABLE = [
    ["repository", "patient-api", "quiet"],
    ["environment", "production", "qa"],
    ["tier", "production", "testing"],
    ["deployment_frequency_deployments", "42", "0"],
    ["deployment_frequency_per_day", "0.4666666666666667", "0.0"],
    ["deployment_frequency_per_week", "3.2666666666666666", "0.0"],
    ["deployment_frequency_active_days", "31", "0"],
    ["deployment_frequency_per_day_low", "0.336", "0.0"],
    ["deployment_frequency_per_day_high", "0.631", "0.041"],
    ["deployment_frequency_level", "high", ""],
    ["change_lead_time_changes", "120", "0"],
    ["change_lead_time_median_seconds", "93600.0", ""],
    ["change_lead_time_mean_seconds", "120000.0", ""],
    ["change_lead_time_p75_seconds", "150000.0", ""],
    ["change_lead_time_p90_seconds", "260000.0", ""],
    ["change_lead_time_median_low_seconds", "80000.0", ""],
    ["change_lead_time_median_high_seconds", "110000.0", ""],
    ["change_lead_time_level", "high", ""],
    ["change_lead_time_coding_seconds", "30000.0", ""],
    ["change_lead_time_review_seconds", "20000.0", ""],
    ["change_lead_time_delivery_seconds", "40000.0", ""],
    ["change_fail_rate_failed", "3", "0"],
    ["change_fail_rate_deployments", "45", "0"],
    ["change_fail_rate", "0.06666666666666667", ""],
    ["change_fail_rate_low", "0.023", ""],
    ["change_fail_rate_high", "0.179", ""],
    ["change_fail_rate_level", "high", ""],
    ["change_fail_rate_status", "2", "0"],
    ["change_fail_rate_rollback", "1", "0"],
    ["change_fail_rate_revert", "0", "0"],
    ["change_fail_rate_hotfix", "0", "0"],
    ["change_fail_rate_label", "0", "0"],
    ["change_fail_rate_tag", "0", "0"],
    ["change_fail_rate_incident", "0", "0"],
    ["change_fail_rate_never_live", "2", "0"],
    ["recovery_time_episodes", "3", "0"],
    ["recovery_time_recovered", "2", "0"],
    ["recovery_time_open", "1", "0"],
    ["recovery_time_mean_seconds", "6000.0", ""],
    ["recovery_time_median_seconds", "5400.0", ""],
    ["recovery_time_carried_in", "1", "0"],
    ["recovery_time_longest_seconds", "9000.0", ""],
    ["recovery_time_level", "", ""],
    ["rework_rate_rework", "1", "0"],
    ["rework_rate_deployments", "42", "0"],
    ["rework_rate", "0.023809523809523808", ""],
    ["rework_rate_low", "0.004", ""],
    ["rework_rate_high", "0.123", ""],
    ["waiting_changes", "7", ""],
    ["waiting_oldest_seconds", "345600.0", ""],
    ["source", "deployments", "deployments"],
    ["deployment_frequency_exposure_days", "", ""],
    ["recovery_time_median_low_seconds", "", ""],
    ["recovery_time_median_high_seconds", "", ""],
    ["deployment_frequency_level_worst", "", ""],
    ["deployment_frequency_level_best", "", ""],
    ["deployment_frequency_place_better", "", ""],
    ["deployment_frequency_place_at_least_as_good", "", ""],
    ["change_lead_time_level_worst", "", ""],
    ["change_lead_time_level_best", "", ""],
    ["change_lead_time_place_better", "", ""],
    ["change_lead_time_place_at_least_as_good", "", ""],
    ["change_fail_rate_level_worst", "", ""],
    ["change_fail_rate_level_best", "", ""],
    ["recovery_time_level_worst", "", ""],
    ["recovery_time_level_best", "", ""],
    ["recovery_time_place_better", "", ""],
    ["recovery_time_place_at_least_as_good", "", ""],
    ["delivery_changes", "", ""],
    ["delivery_waiting", "", ""],
    ["delivery_median_seconds", "", ""],
    ["since", "", ""],
]
