"""The oracle on files of deployments (D8) and of incidents (F7), by hand; instants in hours."""

from dataclasses import replace
from typing import Any

from tests.oracle.ordinary_life import LINE, ask, counted, deploy, hour, repository, row, summary
from tests.oracle.source_cases import TIERS, failed, rows, shipped, told
from tests.oracle.source_settings import FileEntry, Line, ReleasesEntry

API = repository(LINE, deploy(1, "c", 500))
WEB = replace(API, name="web")


def line(letter: str, began: float, state: str, ended: float | None = None, **other: str) -> Line:
    """Make a line about a deployment of `api`; a sha is short."""
    instants = {"created_at": hour(began).isoformat()}
    if ended is not None:
        instants["finished_at"] = hour(ended).isoformat()
    return {"repository": "api", "sha": letter * 8, "state": state, **instants, **other}


def file(*lines: Line, **other: Any) -> FileEntry:
    """Make an entry of these lines."""
    return FileEntry(lines, **other)


def test_lines() -> None:
    """D8: each is a deployment of the number of its line; short shas stand for commits."""
    entry = file(
        line("a", 100, "success", 101),
        line("b", 250, "failure", 252, url="https://ci.example/7"),
        line("b", 260, "error", 261),
        line("B", 300, "success", 304),
        line("c", 310, "success", 720),
        line("c", 705, "in_progress"),
        line("c", 706, "queued"),
        line("c", 707, "cancelled", 708),
        line("d", 710, "success", 711),
        line("c", 720, "success", 721),
    )
    assert {
        "file:3": ("failure", 250, None),
        "file:4": ("failure", 260, None),
        "file:5": ("success", 300, 304),
        "file:6": ("abandoned", 310, None),
        "file:7": ("in_progress", 705, None),
        "file:8": ("in_progress", 706, None),
        "file:9": ("abandoned", 707, None),
        "file:10": ("success", 710, 711),
    } == told(API, sources=[entry])
    assert {"b": ("file:5", 55)} == shipped(API, sources=[entry])
    one = row(API, sources=[entry])
    assert ("file", (2, 2, 4, 0, 52, 1)) == (one["source"], summary(one))
    report, _ = ask(API, sources=[entry])
    assert (2, 2, 1) == counted(report, "in_progress", "abandoned", "unknown_commit")


def test_lines_of_one_id() -> None:
    """D8, D2, D3: in one repository and environment they are one of several statuses."""
    entry = file(
        line("a", 100, "success", 101, id="a"),
        line("b", 250, "waiting", id="7"),
        line("b", 250, "in_progress", 251, id="7"),
        line("b", 250, "success", 254, id="7"),
        line("b", 250, "failure", 260, id="7", environment="staging"),
        line("c", 300, "waiting", 301, id="8"),
        line("c", 299, "failure", 330, id="8"),
        line("c", 300, "success", 305, id="10"),
        line("c", 300, "success", 305, id="9"),
    )
    assert {
        "file:7": ("success", 250, 254),
        "file:8": ("not_started", 299, None),
        "file:9": ("success", 300, 305),
        "file:10": ("success", 300, 305),
    } == told(API, sources=[entry], environments=("production",))
    assert {"b": ("file:7", 5), "c": ("file:9", 15)} == shipped(API, sources=[entry])
    assert {"file:7": ("failure", 250, None)} == told(
        API, sources=[entry], environments=("staging",)
    )


def test_whose_lines() -> None:
    """D8: each names its repository, with or without the owner, and where it went."""
    entry = file(
        line("b", 250, "success", 252, environment="Production"),
        line("b", 250, "success", 253, environment="qa", repository="ACME/Web"),
        line("b", 250, "success", 253, repository="web", task="migrate"),
    )
    assert {
        "api Production": ("file", 1),
        "web production": ("file", 1),
        "web qa": ("file", 1),
    } == (rows(API, WEB, sources=[entry]))
    only = [replace(entry, repositories=("api",))]
    assert {"api Production": ("file", 1), "web production": ("deployments", 1)} == rows(
        API, WEB, sources=only
    )
    report, _ = ask(API, WEB, sources=[file(*entry.lines[:1])])
    assert 1 == report["coverage"]["repositories"]["skipped"]["no deployments"]
    report, _ = ask(API, WEB, sources=[entry], exclude=((("task", ("MIGR*",)),),))
    assert (1,) == counted(report, "left_out")


def test_numbers_of_lines_without_a_header() -> None:
    """D8: a line's number is its place in the file."""
    assert ["file:1"] == [*told(API, sources=[file(line("b", 250, "success", 252), first=1)])]


def test_pages_of_runs_are_joined() -> None:
    """D6, D8: what a line's `url` tells of a run holds as in a status' log address."""
    runs = "https://ci.example/acme/api/actions/runs/5/attempts"
    entry = file(
        line("a", 100, "success", 101),
        line("b", 250, "success", 252, url=f"{runs}/1"),
        line("b", 251, "failure", 255, url=f"{runs}/1"),
        line("b", 260, "success", 262, url=f"{runs}/2"),
    )
    assert {"file:3": ("failure", 250, None), "file:5": ("success", 260, 262)} == told(
        API, sources=[entry], collapse="run"
    )


# Incidents -------------------------------------------------------------------------------------

BACKED = file(
    line("a", 100, "success", 101),
    line("b", 250, "success", 252, id="noon", url="https://ci.example/7"),
    line("c", 300, "success", 304),
    line("c", 310, "success", 311, environment="prod-eu"),
)


def incident(opened: float, closed: float | None, **other: str) -> Line:
    """Make a line about an incident of `api`."""
    instants = {"opened_at": hour(opened).isoformat()}
    if closed is not None:
        instants["closed_at"] = hour(closed).isoformat()
    return {"repository": "api", **instants, **other}


def test_incidents() -> None:
    """F7: of what was live in each environment of production, or of what is named."""
    lines = (
        incident(320, 330, repository="Acme/API"),
        incident(340, None, environment="PROD-EU", id="INC-4"),
        incident(350, 351, deployment="file:noon"),
        incident(360, 361, deployment="https://ci.example/7", sha="cccccccc"),
        incident(370, 371, sha="bbbbbbb", environment="production"),
        incident(380, 720, sha="c" * 9, environment="production"),
        incident(390, 391, deployment="nothing"),
        incident(-481, 400),
        incident(720, 721),
        incident(400, 401, service="web"),
    )
    assert {
        "file:noon": [
            ("incident", 350, 351, "file:4"),
            ("incident", 360, 361, "file:5"),
            ("incident", 370, 371, "file:6"),
        ],
        "file:4": [("incident", 320, 330, "file:2"), ("incident", 380, None, "file:7")],
        "file:5": [("incident", 340, None, "INC-4"), ("incident", 320, 330, "file:2")],
    } == failed(API, sources=[BACKED], incident_lines=lines)
    report, _ = ask(API, sources=[BACKED], incident_lines=lines)
    incidents = report["coverage"]["incidents"]
    assert (2, 1) == (incidents["unattributed"], incidents["not_understood"])


def test_incidents_of_a_file_beside_any_source() -> None:
    """F7, RW1: the first success while one is open is rework; times are the incident's."""
    lines = (incident(420, 510),)
    api = repository(LINE, deploy(1, "a", 100), deploy(2, "b", 400), deploy(3, "c", 500))
    assert (2, 1, 2, 1, 90, 2) == summary(row(api, incident_lines=lines))
    assert {2: [("incident", 420, 510, "file:1")]} == failed(
        api, sources=[], incident_lines=lines, incident_first=1
    )
    off = {"signals": frozenset({"status"}), "incident_lines": lines}
    assert {} == failed(api, sources=[], **off)


def test_incidents_of_skipped_repositories() -> None:
    """F7, C1: one of a skipped repository belongs to none, of an excluded one elsewhere."""
    lines = (incident(420, 510, repository="web"), incident(430, 440))
    asked = {"sources": [ReleasesEntry(repositories=("web",))], "incident_lines": lines}
    report, _ = ask(API, WEB, **asked)
    assert 2 == report["coverage"]["incidents"]["unattributed"]
    report, _ = ask(API, WEB, **asked, repositories=("api",), tiers=TIERS)
    assert 1 == report["coverage"]["incidents"]["unattributed"]
