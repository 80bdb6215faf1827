"""`dora publish datadog`: figures and events, held to the public description of Datadog's API."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.documents import Deployment, Episode, Evidence, Reason
from dora.publish.datadog.figures import PART, figures_of, parts, tag
from dora.publish.gauges import gauges_of
from dora.results import Report
from tests.publish.datadog_server import API_KEY, APP_KEY, Datadog, datadog
from tests.publish.made import (
    deployment,
    dora,
    environment,
    evidence,
    report,
    row,
    written,
    written_evidence,
)
from tests.publish.series import wanted
from tests.render.reports import ALL, HOSTILE, USUAL

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHA = "0123456789abcdef0123456789abcdef01234567"
RECENT = replace(USUAL, since=NOW - HOUR / 12 - 90 * DAY, until=NOW - HOUR / 12)


def made_evidence(*deployments: Deployment, episodes: tuple[Episode, ...] = ()) -> Evidence:
    return evidence(*deployments, episodes=episodes, until=NOW)


def made_report(*names: str) -> Report:
    return report(*[row(name) for name in names or ("api",)], until=NOW)


def send(
    server: Datadog,
    folder: Path,
    made: Report,
    proof: Evidence | None = None,
    *options: str,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Publish to the stand-in, and expect no word of a key."""
    more = ["--evidence", str(written_evidence(folder, proof))] if proof else []
    given = {"DD_API_KEY": API_KEY, "DATADOG_HOST": server.url, **variables}
    done = dora("publish", "datadog", written(folder, made), *more, *options,
                folder=folder, **given)  # fmt: skip
    for key in (API_KEY, APP_KEY):
        assert key not in done.stdout + done.stderr
    return done


def nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9


# -- Figures ------------------------------------------------------------------------------------


def expected_series(made: Report, at: datetime) -> dict[tuple[str, frozenset[str], int], float]:
    """Every series of a report, from what a Prometheus must have of it."""
    families = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time",
                "rework_rate", "waiting")  # fmt: skip
    found = {}
    for (name, labels), number in wanted(made).items():
        told = name.removeprefix("dora_").removeprefix("report_")
        for family in families:
            if told.startswith(f"{family}_"):
                told = f"{family}.{told.removeprefix(f'{family}_')}"
        tags = frozenset(tag(*label) for label in labels)
        found[f"dora_report.{told}", tags, int(at.timestamp())] = number
    return found


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_figure_of_every_report(name: str, tmp_path: Path) -> None:
    """Every figure is a gauge of the report's time, with tags and without a host, and no other."""
    made = replace(ALL[name], since=RECENT.since, until=RECENT.until)
    with datadog() as server:
        for _ in range(2):
            done = send(server, tmp_path, made)
            assert (0, "") == (done.returncode, done.stdout), done.stderr
        assert expected_series(made, made.until) == server.series
        assert {"second"} == {
            unit for metric, unit in server.units.items() if metric.endswith("_seconds")
        }


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
    """Thousands of rows arrive whole, in parts that the API takes."""
    made = report(*[row(f"service-{number}" + "x" * 150) for number in range(500)], until=NOW)
    with datadog() as server:
        done = send(server, tmp_path, made)

        assert 0 == done.returncode, done.stderr
        assert expected_series(made, NOW) == server.series
        sent = server.requests("/api/v2/series")
        assert 5 < len(sent)
        assert {"gzip"} == {one.headers["content-encoding"] for one in sent}
        assert all(one.size < len(one.body) <= PART for one in sent)


def test_a_part_is_full_before_the_next() -> None:
    """Parts hold everything once, in its order."""
    figures = figures_of(gauges_of(report(*[row(f"s{n}") for n in range(300)])).gauges, NOW)
    made = list(parts(figures.series))

    assert list(figures.series) == [one for part in made for one in part]
    sizes = [len(json.dumps({"series": part})) for part in made]
    assert all(PART - 1_000 < size <= PART + 14 for size in sizes[:-1])


def test_names_that_datadog_would_make_one(tmp_path: Path) -> None:
    """It keeps small letters alone: of two rows that would be one, the second is told."""
    made = report(row("API"), row("api"), row("a b"), row("a,b"), row("web"), until=NOW)
    with datadog() as server:
        done = send(server, tmp_path, made)

        assert 0 == done.returncode, done.stderr
        median = "dora_report.change_lead_time.median_seconds"
        assert 3 == sum(metric == median for metric, _, _ in server.series)
        assert 2 == done.stderr.count("another row has the same labels")
        assert "repository a,b, environment production" in done.stderr


# -- Events -------------------------------------------------------------------------------------


def usual_evidence() -> Evidence:
    """A deployment, one that failed and was rolled back, and one that never was live."""
    first = deployment(1, NOW - 3 * DAY, sha=SHA, created_at=NOW - 3 * DAY - HOUR)
    second = replace(
        deployment(2, NOW - 2 * DAY, sha=SHA),
        reasons=(Reason("rollback", NOW - 2 * DAY, NOW - DAY, "3"),),
    )
    third = deployment(3, NOW - DAY)
    broken = replace(deployment(4, NOW, "status"), succeeded_at=None, failed_status_at=NOW - HOUR)
    episodes = (
        Episode("api", "production", NOW - 2 * DAY, NOW - DAY, (2,)),
        Episode("api", "production", NOW - HOUR, None, (4,)),
    )
    return made_evidence(first, second, third, broken, episodes=episodes)


TAGS = ["organization:acme", "repository:api", "environment:production", "tier:production"]


def sent_deployment(number: int, at: datetime, started: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": f"dora:deployment:github:acme:{number}",
        "service": "api",
        "env": "production",
        "started_at": nanoseconds(started),
        "finished_at": nanoseconds(at),
        "custom_tags": TAGS,
        **more,
    }


def sent_outage(number: int, began: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": f"dora:outage:github:acme:{number}",
        "name": f"api production: deployment {number}",
        "services": ["api"],
        "env": "production",
        "started_at": nanoseconds(began),
        "custom_tags": TAGS,
        **more,
    }


def by_id(*events: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in events}


def test_deployments_and_outages(tmp_path: Path) -> None:
    """Successes are deployments, from their creation on; outages are failures, open ones too."""
    git = {"commit_sha": SHA, "repository_url": "https://github.com/acme/api"}
    with datadog() as server:
        done = send(server, tmp_path, made_report(), usual_evidence())

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        assert server.deployments == by_id(
            sent_deployment(1, NOW - 3 * DAY, NOW - 3 * DAY - HOUR, git=git),
            sent_deployment(2, NOW - 2 * DAY, NOW - 2 * DAY, git=git),
            sent_deployment(3, NOW - DAY, NOW - DAY),
        )
        assert server.failures == by_id(
            sent_outage(2, NOW - 2 * DAY, finished_at=nanoseconds(NOW - DAY)),
            sent_outage(4, NOW - HOUR),
        )
        assert {} == server.marks
        assert "1 deployments failed and are not marked: set DD_APP_KEY" in done.stderr


def test_twice_is_once(tmp_path: Path) -> None:
    """A second run sends no event; without its receipt it sends the same ones once more."""
    with datadog() as server:
        send(server, tmp_path, made_report(), usual_evidence())
        held = (dict(server.deployments), dict(server.failures))
        receipt = tmp_path / "report.json.datadog"
        assert API_KEY not in receipt.read_text()
        for again in (0, 5):
            if again:
                receipt.unlink()
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence())
            assert 0 == done.returncode, done.stderr
            assert again == len(server.requests("/api/v2/dora/"))
            assert held == (server.deployments, server.failures)
    assert "3 deployments were sent, 0 were sent before" in done.stderr


def test_an_outage_that_ends_is_written_anew(tmp_path: Path) -> None:
    """The next run tells the end of an outage by the same id, and nothing else."""
    before = usual_evidence()
    ended = replace(before.episodes[1], ended_at=NOW)
    with datadog() as server:
        send(server, tmp_path, made_report(), before)
        server.server.sent.clear()
        after = replace(before, episodes=(before.episodes[0], ended))
        done = send(server, tmp_path, made_report(), after)

        assert 0 == done.returncode, done.stderr
        assert ["/api/v2/dora/failure"] == [one.path for one in server.requests("/api/v2/dora")]
        assert server.failures["dora:outage:github:acme:4"] == sent_outage(
            4, NOW - HOUR, finished_at=nanoseconds(NOW)
        )


def test_events_that_are_too_old(tmp_path: Path) -> None:
    """What Datadog refuses by age is counted and told; neither it nor what is older is tried."""
    with datadog() as server:
        server.max_age = 1.5 * 24 * 3_600
        for sent in (1, 0):
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence())

            assert 0 == done.returncode, done.stderr
            assert "2 deployments are too old for it and are not there" in done.stderr
            assert "it says: the event is too old" in done.stderr
            assert sent + 1 == len(server.requests("/api/v2/dora/deployment"))
            assert {"dora:deployment:github:acme:3"} == set(server.deployments)


def test_a_young_event_that_is_refused(tmp_path: Path) -> None:
    """An event of the last hour is not too old, whatever is said of its time: that is a failure."""
    with datadog() as server:
        server.max_age = 60.0
        young = made_evidence(deployment(1, NOW - HOUR / 2))
        done = send(server, tmp_path, made_report(), young)

        assert 1 == done.returncode
        assert "Datadog does not take an event of" in done.stderr
        assert "too old" in done.stderr


def test_deployments_that_failed_are_marked(tmp_path: Path) -> None:
    """With an application key Datadog learns what failed and what mended it, once it knows both."""
    name = "dora:deployment:github:acme:2"
    mend = {"id": "dora:deployment:github:acme:3", "type": "rollback"}
    key = {"DD_APP_KEY": APP_KEY}
    with datadog() as server:
        server.knows_at_once = False
        done = send(server, tmp_path, made_report(), usual_evidence(), **key)
        assert (0, {}) == (done.returncode, server.marks)
        assert "1 deployments that failed are not marked" in done.stderr

        server.knows_at_once = True
        for marked in (1, 0):
            server.server.sent.clear()
            done = send(server, tmp_path, made_report(), usual_evidence(), **key)
            assert {name: {"change_failure": True, "remediation": mend}} == server.marks
            assert marked == len(server.requests("/api/v2/dora/"))

        whole = [replace(one, reasons=()) for one in usual_evidence().deployments[:3]]
        done = send(server, tmp_path, made_report(), made_evidence(*whole), **key)
        assert {name: {"change_failure": False}} == server.marks


@pytest.mark.parametrize("name", ["acme", "ACME/\n", "x" * 300, "\ud800"])
def test_hostile_events(name: str, tmp_path: Path) -> None:
    """Whatever things are called, ids, tags and addresses are such as the API takes."""
    proof = made_evidence(
        replace(deployment(1, NOW - DAY, "label"), repository=name, environment=name, url=name),
        replace(deployment(2, NOW - DAY), repository=name, url="https://me:pw@host/a/b/c"),
        episodes=(Episode(name, name, NOW - DAY, None, (1,)),),
    )
    with datadog() as server:
        made = replace(made_report(name), organization=name)
        done = send(server, tmp_path, made, proof, DD_APP_KEY=APP_KEY)

        assert 0 == done.returncode, done.stderr
        assert (2, 1, 1) == (len(server.deployments), len(server.failures), len(server.marks))
        assert "pw@" not in str(server.server.sent)


def test_hostile_tags(tmp_path: Path) -> None:
    """Every tag of every hostile name is one that Datadog keeps as it is."""
    made = replace(HOSTILE, since=RECENT.since, until=RECENT.until)
    with datadog() as server:
        assert 0 == send(server, tmp_path, made).returncode


# -- Without sending ----------------------------------------------------------------------------


def test_a_dry_run(tmp_path: Path) -> None:
    """It prints what would be sent, needs neither keys nor the client, and sends nothing."""
    proof = written_evidence(tmp_path, usual_evidence())
    code = "import sys; sys.modules['datadog_api_client'] = None; from dora.cli import main; main()"
    asked = ["publish", "datadog", str(written(tmp_path, made_report())), "--evidence", str(proof)]

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # this very package
            [sys.executable, "-c", code, *asked, *options], env=environment(DD_API_KEY=API_KEY),
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    shown = run("--dry-run")
    document = json.loads(shown.stdout)
    assert (0, False) == (shown.returncode, API_KEY in shown.stdout + shown.stderr)
    assert (3, 2, 1) == tuple(len(document[one]) for one in ("deployments", "outages", "marks"))
    names = sorted(one["metric"] for one in document["series"])
    oldest = "dora_report.recovery_time.oldest_open_outage_seconds"
    assert sorted([oldest, *(name for name, *_ in expected_series(made_report(), NOW))]) == names
    assert not (tmp_path / "report.json.datadog").exists()

    refused = run()
    assert (2, "", 1) == (refused.returncode, refused.stdout, len(refused.stderr.splitlines()))
    assert "pip install 'dora-report[datadog]'" in refused.stderr
