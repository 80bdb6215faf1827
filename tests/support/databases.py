"""Evidence made by hand, databases to put it into, and all that is in them: tools of the tests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dora.publish.database import schema
from dora.publish.database.connection import parse_address
from dora.publish.database.load import opened
from dora.report.coverage_model import Scope
from dora.report.deployment_ids import DeploymentId
from dora.report.model import Bucket, Report, Row
from dora.report.report_json import instant
from tests.support.command import dora
from tests.support.published_files import MONDAY, report, row, written

WHOLE = Scope(("*",), ("*",), ("production", "staging", "testing", "development", "other"), ())
Contents = dict[str, list[tuple[Any, ...]]]


def contents(url: str, name: str = "dora") -> Contents:
    """Every row of every table, in order."""
    with opened(parse_address(url, name)) as connection:
        return {
            table.name: sorted((tuple(one) for one in connection.execute(select(table))), key=repr)
            for table in schema.METADATA.sorted_tables
        }


def column(found: Contents, table: str, name: str) -> list[Any]:
    """One column of a table, sorted; what is missing last."""
    names = [one.name for one in schema.METADATA.tables[table].columns]
    values = [one[names.index(name)] for one in found[table]]
    return sorted(values, key=lambda one: (one is None, one))


def send(
    url: str, folder: Path, made: Report, evidence: Mapping[str, Any] | None = None, *more: str
) -> Any:
    """Run the command, in this process, with a report and evidence."""
    given = [str(written(folder, made))]
    if evidence is not None:
        path = folder / "evidence.json"
        path.write_text(json.dumps(evidence), encoding="utf-8")
        given += ["--evidence", str(path)]
    return dora("publish", "postgres", *given, *more, folder=folder, DORA_DATABASE_URL=url)


def sent(url: str, folder: Path, made: Report, evidence: Mapping[str, Any] | None = None) -> str:
    """What a run that ends well says."""
    done = send(url, folder, made, evidence)
    assert (0, "") == (done.returncode, done.stdout), done.stderr
    return str(done.stderr)


def deployment(
    number: int, at: datetime, *signals: str, repository: str = "api", **more: Any
) -> dict[str, Any]:
    """A deployment of the evidence that succeeded at *at*; with *signals* it failed by them."""
    given = {
        "repository": repository, "id": number, "environment": "production",
        "url": f"https://github.com/acme/{repository}/deployments/{number}",
        "sha": f"{number:040x}",
        "created_at": at - timedelta(minutes=5), "succeeded_at": at, "failed_status_at": None,
        "outcome": "success", "baseline": False, "rework": False,
        "reasons": [
            {"signal": one, "began_at": instant(at), "ended_at": None, "by": "x"} for one in signals
        ],
        **more,
    }  # fmt: skip
    return _texts(given)


def change(number: int, at: datetime, *, repository: str = "api", **more: Any) -> dict[str, Any]:
    """A change of the evidence, shipped at *at* by the deployment of that number."""
    sha = f"c{number:039x}"
    given = {
        "repository": repository, "environment": "production", "sha": sha,
        "url": f"https://github.com/acme/{repository}/commit/{sha}",
        "started_at": at - timedelta(hours=number), "shipped_at": at, "deployment": number,
        "lead_time": 3600.0 * number, "pull_request": number, **more,
    }  # fmt: skip
    return _texts(given)


def episode(
    ids: Sequence[DeploymentId], began: datetime, ended: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """An outage of the evidence."""
    given = {"repository": "api", "environment": "production", "began_at": began,
             "ended_at": ended, "deployments": list(ids), **more}  # fmt: skip
    return _texts(given)


def _texts(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: instant(one) if isinstance(one, datetime) else one for name, one in given.items()}


def evidence(
    *items: Mapping[str, Any], until: datetime = MONDAY, scope: Scope | None = WHOLE, days: int = 90
) -> dict[str, Any]:
    """Evidence of deployments, changes and episodes, told apart by what they have."""
    return {
        "schema": "dora.evidence/1", "organization": "acme",
        "window": {"since": instant(until - timedelta(days=days)), "until": instant(until),
                   "days": float(days), "timezone": "UTC"},
        **({"scope": asdict(scope)} if scope else {}),
        "deployments": [one for one in items if "reasons" in one],
        "changes": [one for one in items if "shipped_at" in one],
        "episodes": [one for one in items if "began_at" in one],
    }  # fmt: skip


def trended(one: Row, *buckets: Bucket) -> Row:
    """A row with these buckets."""
    return replace(one, trend=buckets)


def bucket(start: datetime, end: datetime, *, partial: bool, deployments: int = 3) -> Bucket:
    """A bucket with as many deployments."""
    return Bucket(start, end, partial, row(deployments=deployments).metrics)


def whole_report(*rows: Row, **more: Any) -> Report:
    """A report of everything there is."""
    return report(*rows, **{"scope": WHOLE, **more})
