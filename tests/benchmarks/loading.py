"""Measures `dora publish postgres` with the evidence of a large organization: seconds and memory.

Whole commands, from the JSON files to the commit, into a PostgreSQL of its own on this machine,
whose time and memory are its own and count only in the seconds.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Taken, measure

DEPLOYMENTS, CHANGES = 100_000, 1_000_000
REPOSITORIES = 200
UNTIL = datetime(2026, 11, 23, 6, tzinfo=UTC)
WINDOW, WEEK = timedelta(days=91), timedelta(days=7)
DORA = Path(sys.executable).with_name("dora")
LIMIT = 60  #: seconds that the first load may take


@dataclass(frozen=True)
class Loaded:
    """One command: into what, how much there was to tell, and what it took."""

    where: str
    what: str
    deployments: int
    changes: int
    taken: Taken


def load(*, quick: bool = False) -> list[Loaded]:
    """Load into an empty database, the same again, and the next week's, into both databases."""
    from tests.support.servers.postgresql import postgresql

    size = 10 if quick else 1
    with tempfile.TemporaryDirectory() as name, postgresql() as server:
        folder = Path(name)
        weeks = [
            write(folder / str(week), DEPLOYMENTS // size, UNTIL + week * WEEK) for week in (0, 1)
        ]
        made = []
        for where, url in (
            ("PostgreSQL", server.url(server.database())),
            ("SQLite", f"sqlite:///{folder}/dora.db"),
        ):
            for what, files in (
                ("an empty database", weeks[0]),
                ("the same again", weeks[0]),
                ("the next week", weeks[1]),
            ):
                command = [str(DORA), "publish", "postgres", str(files / "report.json"),
                           "--evidence", str(files / "evidence.json")]  # fmt: skip
                taken = measure(command, {"DORA_DATABASE_URL": url})
                made.append(Loaded(where, what, DEPLOYMENTS // size, CHANGES // size, taken))
        return made


def table(*, quick: bool = False) -> str:
    """A Markdown table, a line a command."""
    lines = [
        "| into | what | deployments | changes | seconds | processor seconds | peak MB |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for one in load(quick=quick):
        taken = one.taken
        lines.append(
            f"| {one.where} | {one.what} | {one.deployments:,} | {one.changes:,} "
            f"| {taken.seconds:.1f} | {taken.cpu_seconds:.1f} | {taken.peak_mb:,.0f} |"
        )
    return "\n".join(lines)


# -- Files --------------------------------------------------------------------------------------


def write(folder: Path, deployments: int, until: datetime) -> Path:
    """Report and evidence of the 91 days before *until*, as JSON files in *folder*.

    Deployments come at an even pace, so that a later window holds most of an earlier one's.
    """
    folder.mkdir()
    since = until - WINDOW
    (folder / "report.json").write_text(json.dumps(_report(since, until)), encoding="utf-8")
    head = {
        "schema": "dora.evidence/1",
        "organization": "bench",
        "window": _window(since, until),
        "scope": _scope(),
    }
    pace = WINDOW / deployments
    first = round((since - UTC_BEGIN) / pace)
    numbers = range(first, first + deployments)
    each = CHANGES // DEPLOYMENTS
    with (folder / "evidence.json").open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, indent=2)[:-2])
        for name, items in (
            ("deployments", (_deployment(n, pace) for n in numbers)),
            ("changes", (_change(n, part, pace) for n in numbers for part in range(each))),
            ("episodes", (_episode(n, pace) for n in numbers if n % 20 == 0)),
        ):
            file.write(f',\n  "{name}": [\n    ')
            for place, item in enumerate(items):
                file.write((",\n    " if place else "") + json.dumps(item, indent=6))
            file.write("\n  ]")
        file.write("\n}\n")
    return folder


UTC_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def _at(number: int, pace: timedelta) -> datetime:
    return (UTC_BEGIN + number * pace + timedelta(seconds=5)).replace(microsecond=0)


def _place(number: int) -> dict[str, str]:
    return {
        "repository": f"repository-{number % REPOSITORIES:04}",
        "environment": ("production", "qa", "dev")[number // REPOSITORIES % 3],
    }


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _deployment(number: int, pace: timedelta) -> dict[str, Any]:
    at, place = _at(number, pace), _place(number)
    reasons = [{"signal": "rollback", "began_at": _text(at), "by": str(number + 1),
                "ended_at": _text(at + timedelta(hours=1))}]  # fmt: skip
    return {
        "repository": place["repository"], "id": number,
        "url": f"https://github.com/bench/{place['repository']}/deployments/{number}",
        "sha": f"{number:040x}", "environment": place["environment"],
        "created_at": _text(at - timedelta(minutes=4)), "succeeded_at": _text(at),
        "failed_status_at": None, "outcome": "success", "baseline": False, "rework": False,
        "reasons": [] if number % 20 else reasons,
    }  # fmt: skip


def _change(number: int, part: int, pace: timedelta) -> dict[str, Any]:
    at, place = _at(number, pace), _place(number)
    sha = f"{number * 0x9E3779B97F4A7C15 + part:040x}"[-40:]
    took = 3600.0 * (1 + (number * 31 + part * 7) % 200)
    return {
        **place, "sha": sha, "url": f"https://github.com/bench/{place['repository']}/commit/{sha}",
        "started_at": _text(at - timedelta(seconds=took)), "shipped_at": _text(at),
        "deployment": number, "lead_time": took, "pull_request": number % 5000,
    }  # fmt: skip


def _episode(number: int, pace: timedelta) -> dict[str, Any]:
    at = _at(number, pace)
    return {**_place(number), "began_at": _text(at), "ended_at": _text(at + timedelta(hours=1)),
            "deployments": [number]}  # fmt: skip


def _window(since: datetime, until: datetime) -> dict[str, Any]:
    return {"since": _text(since), "until": _text(until), "days": 91.0, "timezone": "UTC"}


def _scope() -> dict[str, Any]:
    return {"repositories": ["*"], "environments": ["*"], "unread": [], "gaps": [],
            "tiers": ["production", "testing", "development"]}  # fmt: skip


def _report(since: datetime, until: datetime) -> dict[str, Any]:
    """A report of a row each repository and environment, with a bucket a week."""
    weeks = [since + number * WEEK for number in range(13)]
    rows = []
    for number in range(3 * REPOSITORIES):
        place = _place(number)
        trend = [
            {"start": _text(one), "end": _text(one + WEEK), "partial": False, **_metrics()}
            for one in weeks
        ]
        tier = {"production": "production", "qa": "testing"}.get(
            place["environment"], "development"
        )
        rows.append({"key": place, "tier": tier, **_metrics(), "waiting": None, "trend": trend})
    return {
        "schema": "dora.report/1", "organization": "bench", "window": _window(since, until),
        "by": "repository", "benchmark": "2023", "trend": "week", "before": None,
        "generated": {"at": _text(until), "version": "0", "configuration": "sha256:0"},
        "rows": rows, "scope": _scope(),
        "coverage": {"repositories": {"read": REPOSITORIES, "skipped": {}}, "deployments": {},
                     "changes": {}, "incidents": {}, "requests": {}},
    }  # fmt: skip


def _metrics() -> dict[str, Any]:
    return {
        "deployment_frequency": {"deployments": 166, "per_day": 1.8, "per_week": 12.8,
                                 "active_days": 90, "per_day_interval": [1.5, 2.1]},
        "change_lead_time": {"changes": 1666, "median": 360000.0},
        "change_fail_rate": {"failed": 8, "deployments": 166, "rate": 8 / 166,
                             "reasons": {"rollback": 8}},
        "recovery_time": {"episodes": 8, "recovered": 8, "open": 0, "mean": 3600.0},
        "rework_rate": {"rework": 0, "deployments": 166, "rate": 0.0},
    }  # fmt: skip


if __name__ == "__main__":
    print(table(quick="--quick" in sys.argv))  # noqa: T201  # what it is run for
