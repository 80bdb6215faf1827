"""`dora publish datadog`: figures, held to the public description of Datadog's metrics API."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dora.publish.datadog.series import PART, figures_of, parts
from dora.publish.gauges import gauges_of
from tests.support.command import dora
from tests.support.datadog_runs import (
    NOW,
    RECENT,
    expected_series,
    made_report,
    send,
    usual_evidence,
)
from tests.support.published_files import (
    judged_report,
    report,
    row,
    written,
    written_evidence,
)
from tests.support.reports import ALL, HOSTILE, USUAL, in_window
from tests.support.servers.datadog import API_KEY, datadog


@pytest.mark.few(3)
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_figure_of_every_report(name: str, tmp_path: Path) -> None:
    """Every figure is a gauge of the report's time, with tags and without a host, and no other."""
    made = in_window(ALL[name], since=RECENT.window.since, until=RECENT.window.until)
    with datadog() as server:
        for _ in range(2):
            done = send(server, tmp_path, made)
            assert (0, "") == (done.returncode, done.stdout), done.stderr
        assert expected_series(made, made.window.until) == server.series
        assert {"second"} == {
            unit for metric, unit in server.units.items() if metric.endswith("_seconds")
        }


def test_places_levels_and_delivery() -> None:
    """B3, B5: places are numbers, levels have tags; nothing unknown is sent."""
    made = judged_report()
    series = figures_of(gauges_of(made).gauges, NOW).series

    sent = {(one["metric"], *one["tags"]): one["points"][0]["value"] for one in series}
    row_tags = ("organization:acme", "repository:api", "environment:production",
                "tier:production", "by:repository")  # fmt: skip
    name = "dora_report.change_lead_time.level"
    assert {key[-2:]: value for key, value in sent.items() if key[0] == name} == {
        ("end:worst", "level:medium"): 1.0,
        ("end:best", "level:elite"): 1.0,
    }
    assert sent["dora_report.recovery_time.place_at_least_as_good_ratio", *row_tags] == 1.0
    assert sent["dora_report.delivery.waiting_changes", *row_tags] == 4.0
    assert {(metric, at) for metric, _, at in expected_series(made, NOW)} == {
        (one["metric"], one["points"][0]["timestamp"]) for one in series
    }
    assert len(expected_series(made, NOW)) == len(series)


def test_a_report_that_is_older_than_datadog_takes(tmp_path: Path) -> None:
    """Points of more than an hour ago would be refused: they bear the time of sending."""
    with datadog() as server:
        began = int(datetime.now(UTC).timestamp())
        done = send(server, tmp_path, USUAL)

        assert 0 == done.returncode, done.stderr
        (second,) = {second for _, _, second in server.series}
        assert began <= second <= datetime.now(UTC).timestamp()
        assert expected_series(USUAL, datetime.fromtimestamp(second, UTC)) == server.series


def test_a_large_report_is_sent_in_parts(tmp_path: Path) -> None:
    """Thousands of series arrive whole, in parts that the API takes."""
    made = report(*[row(f"service-{number}" + "x" * 150) for number in range(220)], until=NOW)
    with datadog() as server:
        done = send(server, tmp_path, made)

        assert 0 == done.returncode, done.stderr
        assert expected_series(made, NOW) == server.series
        sent = server.requests("/api/v2/series")
        assert 2 < len(sent)
        assert {"gzip"} == {one.headers["content-encoding"] for one in sent}
        assert all(one.size < len(one.body) <= PART for one in sent)


def test_a_part_is_full_before_the_next() -> None:
    """Parts hold everything once, in its order."""
    figures = figures_of(gauges_of(report(*[row(f"s{n}") for n in range(300)])).gauges, NOW)
    made = list(parts(figures.series))

    assert list(figures.series) == [one for part in made for one in part]
    sizes = [len(json.dumps({"series": part})) for part in made]
    assert all(PART - 1_000 < size <= PART for size in sizes[:-1])


def test_names_that_datadog_would_make_one(tmp_path: Path) -> None:
    """It keeps small letters alone: of two rows that would be one, the second is reported."""
    made = report(row("API"), row("api"), row("a b"), row("a,b"), row("web"), until=NOW)
    with datadog() as server:
        done = send(server, tmp_path, made)

        assert 0 == done.returncode, done.stderr
        median = "dora_report.change_lead_time.median_seconds"
        assert 3 == sum(metric == median for metric, _, _ in server.series)
        assert 2 == done.stderr.count("another row has the same labels")
        assert "repository a,b, environment production" in done.stderr


def test_hostile_tags(tmp_path: Path) -> None:
    """Every tag of every hostile name is one that Datadog keeps as it is."""
    made = in_window(HOSTILE, since=RECENT.window.since, until=RECENT.window.until)
    with datadog() as server:
        assert 0 == send(server, tmp_path, made).returncode


def test_a_dry_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints what would be sent, needs neither keys nor the client, and sends nothing."""
    monkeypatch.setitem(sys.modules, "datadog_api_client", None)
    proof = written_evidence(tmp_path, usual_evidence())
    asked = ("publish", "datadog", written(tmp_path, made_report()), "--evidence", proof)
    shown = dora(*asked, "--dry-run", folder=tmp_path)

    document = json.loads(shown.stdout)
    assert 0 == shown.returncode, shown.stderr
    assert (3, 2, 1) == tuple(len(document[one]) for one in ("deployments", "outages", "marks"))
    names = sorted(one["metric"] for one in document["series"])
    oldest = "dora_report.recovery_time.oldest_open_outage_seconds"
    assert sorted([oldest, *(name for name, *_ in expected_series(made_report(), NOW))]) == names
    assert not (tmp_path / "report.json.datadog").exists()

    refused = dora(*asked, folder=tmp_path, DD_API_KEY=API_KEY)
    assert (2, "", 1) == (refused.returncode, refused.stdout, len(refused.stderr.splitlines()))
    assert "pip install 'dora-report[datadog]'" in refused.stderr
    assert API_KEY not in refused.stderr
