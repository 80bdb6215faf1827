"""Writes and reads the JSON contract `dora.evidence/1`.

A file can be read in two ways that give the same records. `read_evidence` reads the whole file into
memory and names the field that is wrong. `evidence_stream` reads one item at a time, for files of
any size, and makes the records with `PARSERS`, which are fast.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dora.report.deployment_ids import DeploymentId
from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    Evidence,
    FailureReason,
    IncidentEvidence,
)
from dora.report.json_file import read_json, refuse
from dora.report.model import DEPLOYMENTS
from dora.report.report_json import instant, scope_document

SCHEMA = "dora.evidence/1"
ADVICE = "Make it with `dora explain --format json --output evidence.json`."
#: Ids are whole numbers of 64 bits in every database.
LARGEST_ID = 2**63 - 1

Item = DeploymentEvidence | ChangeEvidence | EpisodeEvidence


# -- Writing ------------------------------------------------------------------------------------


def render_json(evidence: Evidence, *, with_authors: bool = False) -> str:
    """Evidence as JSON text in ASCII; ValueError if it holds NaN or infinity."""
    document = as_document(evidence, with_authors=with_authors)
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_document(evidence: Evidence, *, with_authors: bool = False) -> dict[str, Any]:
    """Evidence as the document `dora.evidence/1`, keys in the contract's order.

    An item has a `service` if it has one (G3), a change an `author` only if *with_authors*.
    """
    return {
        "schema": SCHEMA,
        "organization": evidence.organization,
        "window": {
            "since": instant(evidence.since),
            "until": instant(evidence.until),
            "days": evidence.days,
            "timezone": evidence.timezone,
        },
        **({"scope": scope_document(evidence.scope)} if evidence.scope else {}),
        "deployments": [_deployment_document(one) for one in evidence.deployments],
        "changes": [_change_document(one, with_author=with_authors) for one in evidence.changes],
        "episodes": [_episode_document(one) for one in evidence.episodes],
        "unattributed": [_incident_document(one) for one in evidence.unattributed],
    }


def _environment(one: Item) -> dict[str, str]:
    """The environment of an item, and its service if it has one."""
    service = {"service": one.service} if one.service else {}
    return {"environment": one.environment, **service}


def _deployment_document(one: DeploymentEvidence) -> dict[str, Any]:
    return {
        "repository": one.repository,
        "id": one.id,
        "url": one.url,
        "sha": one.sha,
        "source": one.source,
        **_environment(one),
        "created_at": instant(one.created_at),
        "succeeded_at": one.succeeded_at and instant(one.succeeded_at),
        "failed_status_at": one.failed_status_at and instant(one.failed_status_at),
        "outcome": one.outcome,
        "baseline": one.baseline,
        "rework": one.rework,
        "never_live": one.never_live,
        "unchanged": one.unchanged,
        "remark": one.remark,
        "reasons": [
            {
                "signal": reason.signal,
                "began_at": instant(reason.began_at),
                "ended_at": reason.ended_at and instant(reason.ended_at),
                "by": reason.by,
            }
            for reason in one.reasons
        ],
    }


def _change_document(one: ChangeEvidence, *, with_author: bool) -> dict[str, Any]:
    return {
        "repository": one.repository,
        **_environment(one),
        "sha": one.sha,
        "url": one.url,
        "started_at": instant(one.started_at),
        "shipped_at": one.shipped_at and instant(one.shipped_at),
        "deployment": one.deployment,
        "lead_time": one.lead_time,
        "pull_request": one.pull_request,
        **({"author": one.author} if with_author else {}),
    }


def _episode_document(one: EpisodeEvidence) -> dict[str, Any]:
    return {
        "repository": one.repository,
        **_environment(one),
        "began_at": instant(one.began_at),
        "ended_at": one.ended_at and instant(one.ended_at),
        "deployments": list(one.deployments),
        "never_live": one.never_live,
    }


def _incident_document(one: IncidentEvidence) -> dict[str, Any]:
    return {
        "repository": one.repository,
        "by": one.by,
        "url": one.url,
        "opened_at": instant(one.opened_at),
        "closed_at": one.closed_at and instant(one.closed_at),
        "named": one.named,
    }


# -- Reading a whole file -----------------------------------------------------------------------


def read_evidence(path: Path) -> Evidence:
    """The evidence in a file; raises CannotRead with what is wrong with the file.

    Keys that a later version of the contract added are ignored.
    """
    document = read_json(path, SCHEMA, "evidence", ADVICE)
    window = document.get("window")
    given = {**(window if isinstance(window, dict) else {}), **document, "waiting": ()}
    try:
        return TypeAdapter(Evidence).validate_python(given)
    except ValidationError as wrong:
        refuse(path, "evidence", wrong, ADVICE)


# -- Reading an item ----------------------------------------------------------------------------


def _deployment(item: Mapping[str, Any]) -> DeploymentEvidence:
    return DeploymentEvidence(
        _text(item["repository"]),
        _deployment_id(item["id"]),
        _text(item["url"]),
        _text(item["sha"]),
        _text(item["environment"]),
        parse_instant(item["created_at"]),
        _instant_or_none(item["succeeded_at"]),
        _instant_or_none(item["failed_status_at"]),
        _text(item["outcome"]),
        bool(item["baseline"]),
        bool(item["rework"]),
        tuple(map(_reason, item["reasons"])),
        source=_text(item.get("source", DEPLOYMENTS)),
        service=_text(item.get("service", "")),
        never_live=bool(item.get("never_live")),
        unchanged=bool(item.get("unchanged", False)),
        remark=None if item.get("remark") is None else _text(item["remark"]),
    )


def _reason(item: Mapping[str, Any]) -> FailureReason:
    return FailureReason(
        _text(item["signal"]),
        parse_instant(item["began_at"]),
        _instant_or_none(item["ended_at"]),
        _text(item["by"]),
    )


def _change(item: Mapping[str, Any]) -> ChangeEvidence:
    lead_time, number, author = item["lead_time"], item["pull_request"], item.get("author")
    if lead_time is not None and not math.isfinite(lead_time):
        raise ValueError("lead_time is no number")
    return ChangeEvidence(
        _text(item["repository"]),
        _text(item["environment"]),
        _text(item["sha"]),
        _text(item["url"]),
        parse_instant(item["started_at"]),
        parse_instant(item["shipped_at"]),
        _deployment_id(item["deployment"]),
        lead_time,
        None if number is None else _id(number),
        service=_text(item.get("service", "")),
        author=None if author is None else _text(author),
    )


def _episode(item: Mapping[str, Any]) -> EpisodeEvidence:
    ids = tuple(map(_deployment_id, item["deployments"]))
    if not ids:
        raise ValueError("an episode without a deployment")
    return EpisodeEvidence(
        _text(item["repository"]),
        _text(item["environment"]),
        parse_instant(item["began_at"]),
        _instant_or_none(item["ended_at"]),
        ids,
        service=_text(item.get("service", "")),
        never_live=bool(item.get("never_live")),
    )


#: The functions that make a record of an item, by the document's list. A wrong item raises KeyError
#: for a missing key, else TypeError, ValueError, AttributeError or OverflowError.
PARSERS: dict[str, Callable[[Any], Item]] = {
    "deployments": _deployment,
    "changes": _change,
    "episodes": _episode,
}


def parse_instant(value: str) -> datetime:
    """The instant that an ISO 8601 text names; raises ValueError if it has no time zone."""
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError(f"{value!r} is no instant: it has no time zone")
    return parsed


def _instant_or_none(value: str | None) -> datetime | None:
    return None if value is None else parse_instant(value)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is no text")
    return value


def _deployment_id(value: Any) -> DeploymentId:
    """What a deployment is called: a text, or GitHub's number (D8)."""
    return value if type(value) is str else _id(value)


def _id(value: Any) -> int:
    if type(value) is not int or not -LARGEST_ID <= value <= LARGEST_ID:
        raise ValueError(f"{value!r} is no id")
    return value
