"""The columns that a file of deployments or of incidents may have (D8, F7).

`docs/tables.md` is generated from here.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

#: What a state of a file is in the table of statuses (D3).
STATES: Mapping[str, str] = {
    "success": "success",
    "failure": "failure",
    "error": "error",
    "in_progress": "in_progress",
    "queued": "queued",
    "pending": "pending",
    "waiting": "waiting",
    "inactive": "inactive",
    "cancelled": "inactive",
}
#: What other tools call a state, in small letters with `_` for spaces: hints, never accepted.
STATES_ELSEWHERE: Mapping[str, str] = {
    other: state
    for state, others in {
        "success": "deployed green healthy ok passed succeeded",
        "failure": "broken errored failed red rolled_back timed_out",
        "cancelled": "aborted canceled skipped",
        "in_progress": "deploying running started",
    }.items()
    for other in others.split()
}
#: States of a deployment whose end must be known.
ENDED = ("success", "failure", "error")

INSTANT = "ISO 8601 with an offset from UTC, like 2026-11-30T10:00:00Z or 2026-11-30T11:00:00+01:00"
SHA = "7 to 40 of the digits 0-9 and a-f"
Kind = Literal["repository", "instant", "sha", "state", "address", "word", "text"]


class FileColumn(NamedTuple):
    """A column of a file: its meaning, what is allowed in it, and whether it must be there."""

    kind: Kind
    meaning: str
    allowed: str
    must: bool = False  #: whether the column must be there, and hold a value in every line


FileColumns = Mapping[str, FileColumn]

REPOSITORY = FileColumn(
    "repository",
    "the repository",
    "a name, like web, with or without its owner (acme/web)",
    must=True,
)

DEPLOYMENT_COLUMNS: FileColumns = {
    "repository": REPOSITORY,
    "environment": FileColumn(
        "text", "what it was deployed to; `production` where there is no such column", "a name"
    ),
    "sha": FileColumn("sha", "the deployed commit", SHA, must=True),
    "created_at": FileColumn("instant", "when the deployment was created", INSTANT, must=True),
    "state": FileColumn(
        "state",
        "what became of it",
        ", ".join(STATES),
        must=True,
    ),
    "finished_at": FileColumn(
        "instant", f"when it came to that; needed for {', '.join(ENDED)}", INSTANT
    ),
    "url": FileColumn("address", "its page", "an address that begins with https:// or http://"),
    "task": FileColumn(
        "text", "what it was for; `rollback` marks one (F2), and services may be told by it (G3)",
        "a text",
    ),
    "id": FileColumn(
        "word",
        "what it is called: several lines with one id, in one repository and environment, are one "
        "deployment with several states; the line's number where there is none",
        "a text without white space",
    ),
}  # fmt: skip

INCIDENT_COLUMNS: FileColumns = {
    "repository": REPOSITORY,
    "opened_at": FileColumn("instant", "when it began", INSTANT, must=True),
    "closed_at": FileColumn("instant", "when it ended; empty while it lasts", INSTANT),
    "environment": FileColumn("text", "the only environment that it is about", "a name"),
    "service": FileColumn("text", "the only service that it is about (G3)", "a name"),
    "deployment": FileColumn(
        "word",
        "the deployment that caused it, such as `file:71` or its address",
        "its id or its address",
    ),
    "sha": FileColumn("sha", "or the commit whose latest deployment caused it", SHA),
    "url": FileColumn("address", "its page", "an address that begins with https:// or http://"),
    "id": FileColumn("text", "what it is called; `file:` and the line's number without", "a text"),
}
