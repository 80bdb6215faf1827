"""Files of deployments and incidents in a whole run, against the stand-in (D8, F7)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.analysis.analysis import analyse
from dora.collect.files.own_files import read_own_files
from dora.demo.github.server import serve
from dora.demo.organization.model import Organization
from dora.errors import BadUsage
from dora.report.build_evidence import build_evidence
from tests.support.runs import config_of, document_of, names_of, query_of, read_from
from tests.support.small_repositories import LOGIN, SINCE, UNTIL, day, deploy, line, repository, sha

API = repository(line("abcd"), deploy(1, "d", 3), deploy(2, "a", 4))
WEB = replace(
    repository(line("abc"), deploy(1, "a", -20), deploy(2, "b", 5), name="web"), database_id=2
)
OLD = replace(repository(line("ab"), name="old"), database_id=3)
ORGANIZATION = Organization(LOGIN, UNTIL, (API, WEB, OLD))
DEPLOYMENTS = (
    "repository,environment,sha,created_at,state,finished_at,url,id",
    ("Org/API", "production", "a" * 8, -20, "success", -20, "", ""),
    ("api", "production", "B" * 7, 2, "success", 2.5, "https://ci.example/3", ""),
    ("api", "Production", sha("c"), 5, "in_progress", "", "", "x"),
    ("api", "production", sha("c"), 5, "failure", 5.25, "", "x"),
    ("api", "production", sha("c"), 6, "success", 6.5, "", ""),
    ("api", "staging", sha("9"), 8, "success", 8.5, "", ""),
    ("api", "staging", "9" * 7, 9, "cancelled", "", "", ""),
    ("old", "production", sha("a"), -60, "success", -60, "", ""),
)
INCIDENTS = (
    "repository,opened_at,closed_at,environment,service,deployment,sha,url,id",
    ("API", 3, 3.5, "", "", "", "", "", ""),
    ("api", 5.5, "", "", "", "file:x", "", "https://told.example/1", "INC-1"),
    ("org/api", 20, 21, "", "", "https://ci.example/3", "", "", ""),
    ("api", 21, 22, "", "", "", "CCCCCCCC", "", ""),
    ("api", 8, 9, "staging", "", "", "", "", ""),
    ("api", 9, 10, "", "else", "", "", "", ""),
    ("api", 13, 14, "PRODUCTION", "", "", "", "", "INC-2"),
    ("web", 6, "", "", "", "", "", "", ""),
    ("old", 7, "", "", "", "", "", "", ""),
    ("api", 7, 8, "", "", "nothing", "", "", ""),
    ("api", -60, "", "", "", "", "", "", ""),
    ("api", 60, "", "", "", "", "", "", ""),
)
Table = tuple[str | tuple[Any, ...], ...]


def written(table: Table) -> str:
    """CSV of a table whose numbers are days after the window's beginning."""
    rows = [one if isinstance(one, str) else ",".join(map(_cell, one)) for one in table]
    return "\n".join(rows)


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else day(value).isoformat()


def options(folder: Path, deployments: Table, incidents: Table) -> Mapping[str, Any]:
    """Settings that name these two files in a folder, for `api` and `old` alone."""
    (folder / "deployments.csv").write_text(written(deployments))
    (folder / "incidents.csv").write_text(written(incidents))
    entry = {
        "from": "file",
        "repositories": ["api", "old"],
        "path": str(folder / "deployments.csv"),
    }
    return {
        "since": SINCE.isoformat(),
        "tier": ("all",),
        "sources": [entry],
        "incidents": {"file": str(folder / "incidents.csv")},
    }


def test_a_file_for_some_repositories_beside_deployments_of_others(tmp_path: Path) -> None:
    """D8, LT10, F7: rows of files stand in for Deployments, and incidents are of what they name.

    Short shas are looked up, in the request that looks up the others; one that GitHub does not know
    ships nothing. Of no deployment are: an incident of staging, of a service that is none, of what
    was never deployed, and of a repository whose rows are too old. A file without lines is told.
    """
    given = options(tmp_path, DEPLOYMENTS, INCIDENTS)
    paths = [f"{tmp_path}/{name}.csv" for name in ("empty", "header")]
    for path, content in zip(paths, ["", f"{DEPLOYMENTS[0]}\n"], strict=True):
        Path(path).write_text(content)
        given["sources"].append({"from": "file", "repositories": "nothing", "path": path})
    with serve(ORGANIZATION) as server:
        read = read_from(server, config_of(ORGANIZATION, **given))
        lookups = [one for one in server.requests if query_of(one) == "object"]
    assert [f"{path}: holds no line, so nothing comes of it" for path in paths] == read.told.warned
    analysis = analyse(read.tables, read.config)
    evidence = build_evidence(analysis, read.tables, read.config)
    deployments = {
        (one.repository, one.id): (one.source, one.sha, one.url) for one in evidence.deployments
    }
    home = "https://github.com/org"
    assert {
        ("api", "file:3"): ("file", sha("b"), "https://ci.example/3"),
        ("api", "file:x"): ("file", sha("c"), f"{home}/api/commit/{sha('c')}"),
        ("api", "file:6"): ("file", sha("c"), f"{home}/api/commit/{sha('c')}"),
        ("api", "file:7"): ("file", sha("9"), f"{home}/api/commit/{sha('9')}"),
        ("api", "file:8"): ("file", "9" * 7, f"{home}/api/commit/{'9' * 7}"),
        ("web", 2): ("deployments", sha("b"), f"{home}/web/deployments/2"),
    } == deployments
    reasons = {
        (one.repository, one.id): sorted(
            (why.signal, (why.began_at - SINCE).total_seconds() / 86_400, why.by)
            for why in one.reasons
        )
        for one in evidence.deployments
        if one.reasons
    }
    assert {
        ("api", "file:3"): [("incident", 3, "file:2"), ("incident", 20, "file:4")],
        ("api", "file:x"): [("incident", 5.5, "INC-1"), ("status", 5.25, "failure")],
        ("api", "file:6"): [("incident", 13, "INC-2"), ("incident", 21, "file:5")],
        ("web", 2): [("incident", 6, "file:9")],
    } == reasons
    report = document_of(read.tables, read.config)
    rows = {
        (row["key"]["repository"], row["key"]["environment"]): (
            row["source"],
            row["deployment_frequency"]["deployments"],
            row["change_lead_time"]["changes"],
            row["change_fail_rate"]["failed"],
        )
        for row in report["rows"]
    }
    assert {
        ("api", "production"): ("file", 2, 2, 3),
        ("api", "staging"): ("file", 1, 0, 0),
        ("web", "production"): ("deployments", 1, 1, 1),
    } == rows
    coverage = report["coverage"]
    assert (4, 1, 1, 1) == (
        coverage["incidents"]["unattributed"],
        coverage["incidents"]["not_understood"],
        coverage["deployments"]["unknown_commit"],
        coverage["deployments"]["abandoned"],
    )
    looked_up = sorted(str(name) for one in lookups for name in names_of(one.variables))
    assert ([*["api"] * 5, "old"], True) == (looked_up, len(lookups) <= 2)  # one a repository


def refused(folder: Path, deployments: Table, incidents: Table = ()) -> tuple[list[str], int]:
    """What is told of files that are wrong, and how many requests had been sent by then."""
    given = options(folder, deployments, incidents)
    with serve(ORGANIZATION) as server:
        with pytest.raises(BadUsage) as wrong:
            read_from(server, config_of(ORGANIZATION, **given))
        sent = len(server.requests)
    lines = [one.removeprefix(f"{folder}/") for one in wrong.value.what.splitlines()]
    assert 2 == wrong.value.exit_status
    return lines, sent


def test_files_that_are_wrong_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    """D8, F7: all that is wrong in either file is told at once, with no request sent."""
    deployments = (DEPLOYMENTS[0], ("api", "production", "main", "soon", "done", "", "", ""))
    incidents = (
        "repository,opened_at,closed_at,deployment,id",
        ("api", 3, 2, "two words", "1"),
        ("evil/api", "", "", "", "2"),
        ("api", 4, "", "", "3"),
        ("web", 5, "", "", "3"),
        ("api", 4, "", "", ""),
        ("api", 4, "", "", ""),
    )
    instant = (
        "allowed: ISO 8601 with an offset from UTC, "
        "like 2026-11-30T10:00:00Z or 2026-11-30T11:00:00+01:00"
    )
    found, requests = refused(tmp_path, deployments, incidents)
    assert [
        (
            "deployments.csv: line 2: sha: 'main' is not the sha of a commit; "
            "allowed: 7 to 40 of the digits 0-9 and a-f"
        ),
        f"deployments.csv: line 2: created_at: 'soon' is not an instant; {instant}",
        (
            "deployments.csv: line 2: state: 'done' is not allowed; allowed: success, failure, "
            "error, in_progress, queued, pending, waiting, inactive, cancelled"
        ),
        (
            "incidents.csv: line 2: closed_at: '2026-03-03T00:00:00+00:00' is before opened_at; "
            "allowed: '2026-03-04T00:00:00+00:00' or later"
        ),
        (
            "incidents.csv: line 2: deployment: 'two words' is not one word; "
            "allowed: its id or its address"
        ),
        (
            "incidents.csv: line 3: repository: 'evil/api' is not of org; "
            "allowed: a name, like web, with or without its owner (acme/web)"
        ),
        f"incidents.csv: line 3: opened_at: is empty; {instant}",
    ] == found
    assert 0 == requests
    found, _ = refused(tmp_path, DEPLOYMENTS, (incidents[0], *incidents[3:]))
    assert [
        (
            "incidents.csv: line 3: opened_at: '2026-03-06T00:00:00+00:00' is not that of line 2, "
            "which has the same id ('2026-03-05T00:00:00+00:00')"
        ),
        (
            "incidents.csv: line 5: id: all is as in line 4; "
            "allowed: each once, or an id that tells them apart"
        ),
    ] == found


def test_a_repository_that_the_organization_does_not_have(tmp_path: Path) -> None:
    """D8, F7: it is told when the organization was listed, once for each name, with the nearest.

    So is one whose lines no entry would read: its globs are named once.
    """
    row = DEPLOYMENTS[2][1:]
    others = (("apii", *row), ("apii", *row[:-1], "2"), ("zzz", *row))
    deployments = (*DEPLOYMENTS, *others, ("Org/Web", *row), ("web", *row[:-1], "3"))
    incidents = (*INCIDENTS, ("org/wbe", 5, "", "", "", "", "", "", ""))
    is_none = "is not a repository of org that the token can see"
    found, requests = refused(tmp_path, deployments, incidents)
    assert [
        f"deployments.csv: line 10: repository: 'apii' {is_none}; did you mean 'api'?",
        f"deployments.csv: line 12: repository: 'zzz' {is_none}",
        (
            "deployments.csv: line 13: repository: 'Org/Web' fits no entry of [[sources]] with "
            "this file; allowed: 'api', 'old'"
        ),
        f"incidents.csv: line 14: repository: 'org/wbe' {is_none}; did you mean 'web'?",
    ] == found
    assert requests > 0


def test_which_lines_an_entry_may_read(tmp_path: Path) -> None:
    """D8: what any entry with the file fits is right, however that entry writes its path."""
    (tmp_path / "deployments.csv").write_text(written((*DEPLOYMENTS, ("web", *DEPLOYMENTS[1][1:]))))
    paths = [f"{tmp_path}/deployments.csv", f"{tmp_path}/./deployments.csv"]
    sources = [
        {"from": "file", "repositories": globs, "path": path}
        for globs, path in (("o*", paths[0]), (["API"], paths[1]), ("w?b", paths[0]))
    ]
    files = read_own_files(config_of(ORGANIZATION, sources=sources))
    files.refuse_strangers(["api", "web", "old"])
    assert [paths[0], paths[1]] == [*files.deployments]
    with pytest.raises(BadUsage, match=r"'web' fits no entry .*; allowed: 'o\*', 'API'\n"):
        read_own_files(config_of(ORGANIZATION, sources=sources[:2])).refuse_strangers(
            ["api", "web", "old"]
        )


def test_a_wrong_file_stops_no_report_of_other_repositories(tmp_path: Path) -> None:
    """D8: with the names of others alone it is not read; a glob may fit its repositories."""
    (tmp_path / "bad.csv").write_text("nothing,known\n1,2")
    (tmp_path / "empty.csv").write_text(f"{DEPLOYMENTS[0]}\n")
    sources = [
        {"from": "file", "repositories": glob, "path": str(tmp_path / file)}
        for glob, file in (("a*", "bad.csv"), ("web", "empty.csv"))
    ]
    for chosen in ((), ("API",), ("web", "o*")):
        with pytest.raises(BadUsage, match=r"bad\.csv: line 1: names no column that is known"):
            read_own_files(config_of(ORGANIZATION, sources=sources, repo=chosen))
    found = read_own_files(config_of(ORGANIZATION, sources=sources, repo=("web", "old")))
    assert [str(tmp_path / "empty.csv")] == found.empty == [*found.deployments]
