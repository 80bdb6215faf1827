"""Reports of deployments of several sources: rows, coverage and files, D8, G1, C1, C2."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dora.analysis.analysis import analyse
from dora.model.tables import Tables
from dora.render.terminal.row_evidence import find_row_evidence
from dora.report.build import build_report, report_of
from dora.report.build_evidence import build_evidence
from dora.report.report_json import as_document, read_report, render_json
from tests.support.pages import page_of
from tests.support.tables import (
    DAY,
    Rows,
    config,
    deployment,
    join,
    line,
    pending,
    repository,
    tables,
)


def taken(name: str, source: str, *parts: Rows) -> Rows:
    """A repository whose deployments are of *source*; each has its number as the text of its id."""
    whole = join(parts)
    rows = [
        (name, -100 + int(str(row[1])), *row[2:11], source, f"{source}:{row[1]}", None, *row[14:])
        for row in whole["deployments"]
    ]
    statuses = [(name, -100 + int(str(row[1])), *row[2:]) for row in whole.get("statuses", [])]
    made = {"deployments": rows, "statuses": statuses}
    return join([repository(name, head="b"), line(name, a=50 * DAY, b=20 * DAY), made])


@cache
def mixed() -> Tables:
    """Releases in api, runs of a workflow in web, GitHub's Deployments in hub, and a file's in hub,
    too, for staging."""
    releases = deployment(1, "a", 40 * DAY), deployment(2, "b", 10 * DAY)
    runs = (
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY - 1)),
        deployment(3, "b", 9 * DAY, ("in_progress", 9 * DAY), ("inactive", 9 * DAY - 1)),
        pending(4, "b", 2),
        deployment(5, "b", 8 * DAY, environment="pr-7"),
    )
    lines = taken("hub", "file", deployment(1, "a", 9 * DAY, environment="staging"))
    return tables(
        taken("api", "releases", *releases),
        taken("web", "workflow", *runs),
        lines,
        deployment(1, "a", 40 * DAY, repository="hub"),
        deployment(2, "b", 10 * DAY, repository="hub"),
    )


@pytest.mark.parametrize(
    ("by", "sources"),
    [
        (
            "repository",
            {
                "api production": "releases",
                "hub production": "deployments",
                "hub staging": "file",
                "web production": "workflow",
            },
        ),
        ("environment", {"production": "deployments+releases+workflow", "staging": "file"}),
        (
            "organization",
            {
                "medica-flow production": "deployments+releases+workflow",
                "medica-flow staging": "file",
            },
        ),
    ],
)
def test_every_row_says_its_source(by: str, sources: dict[str, str]) -> None:
    """D8, G1: a pooled row names each kind of its deployments once, sorted; what the look-back read
    counts, and what has no row does not."""
    settings = config(by=by)
    report = report_of(analysed(), mixed(), settings)
    assert sources == {" ".join(one.key.values()): one.source for one in report.rows}
    (first, *_) = as_document(report)["rows"]
    assert ["key", "tier", "source", "since", "deployment_frequency"] == [*first][:5]


@cache
def analysed() -> Any:
    """The analysis of them, which is the same whatever rows are by."""
    return analyse(mixed(), config())


def test_coverage() -> None:
    """C1, C2: what never ended, and what has no row, is counted whatever it was taken from."""
    coverage = report_of(analysed(), mixed(), config()).coverage
    counts = {name: count for name, count in coverage.deployments.items() if count}
    unseen = {"in_progress": 1, "abandoned": 1, "ephemeral": 1}
    assert {**unseen, "baseline": 1, "began_in_window": 1} == counts
    assert 3 == coverage.repositories.read


def test_as_a_file(tmp_path: Path) -> None:
    """D8: a report that is read again says the same; one of an earlier version, which names no
    source, is of GitHub's Deployments."""
    report = report_of(analysed(), mixed(), config(by="environment"))
    path = tmp_path / "report.json"
    path.write_text(render_json(report), encoding="utf-8")
    assert report.rows == read_report(path).rows

    document = json.loads(path.read_text(encoding="utf-8"))
    for row in document["rows"]:
        del row["source"]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert ["deployments"] * 2 == [one.source for one in read_report(path).rows]


def test_numbers_do_not_depend_on_the_source() -> None:
    """D8: the same history by a workflow, a file or GitHub's Deployments gives the same numbers."""
    numbers = []
    for source in ("workflow", "file", None):
        parts = (
            deployment(1, "a", 40 * DAY),
            deployment(2, "b", 10 * DAY, ("failure", 10 * DAY - 1)),
            deployment(3, "b", 10 * DAY - 2),
            deployment(4, "a", 9 * DAY),
        )
        own = [*parts, repository(head="b"), line(a=50 * DAY, b=20 * DAY)]
        read = tables(*(own if source is None else [taken("api", source, *parts)]))
        report = build_report(read, config())
        (row,) = report.rows
        numbers.append((replace(row, source=""), report.coverage))
    assert [numbers[0]] * 3 == numbers
    frequency, fail_rate = numbers[0][0].metrics.deployment_frequency, numbers[0][0].metrics
    assert (2, {"status": 1, "rollback": 1}) == (
        frequency.deployments, fail_rate.change_fail_rate.reasons,
    )  # fmt: skip


def test_merges_of_one_instant_are_in_the_order_of_the_branch() -> None:
    """D8: neither their shas nor the older date of a commit with a wrong clock turn them round."""
    whole = taken(
        "api",
        "merges",
        deployment(1, "a", 10 * DAY, ("success", 9 * DAY)),
        deployment(2, "b", 11 * DAY, ("success", 9 * DAY)),
        deployment(3, "b", 8 * DAY),
    )
    names = {"merges:1": "merges:f0", "merges:2": "merges:b0", "merges:3": "merges:a0"}
    rows = [tuple(names.get(str(one), one) for one in row) for row in whole["deployments"]]
    made, asked = tables({**whole, "deployments": rows}), config()
    evidence = build_evidence(analyse(made, asked), made, asked)
    (row,) = find_row_evidence(evidence, (), ())
    assert [[*names.values()]] * 3 == [
        [one.id for one in found]
        for found in (evidence.deployments, row.deployments, row.succeeded)
    ]


def test_the_page_knows_deployments_by_their_text() -> None:
    """D8: a release is called by its id on the page, GitHub's Deployments have none."""
    samples = page_of(mixed(), tier=["all"]).samples
    named = {one.name for sample in samples for one in (*sample.latest, *sample.failed)}
    assert {"releases:2", "workflow:2", "", "file:1"} <= named
