"""What lines of a file tell: deployments (D8) and incidents (F7)."""

from collections.abc import Sequence
from datetime import datetime

from dora.demo.organization.model import Repository, Status
from tests.oracle.made import Made, Place, in_order_of_names
from tests.oracle.source_settings import FileEntry, Line

#: states of lines that statuses call otherwise
STATES = {"cancelled": "inactive"}


def of_file(place: Place, entry: FileEntry) -> list[Made]:
    """Lines about the repository; several of one id and environment are one deployment."""
    repository, owner = place.repository, place.owner.casefold()
    own = {repository.name.casefold(), f"{owner}/{repository.name.casefold()}"}
    groups: dict[tuple[str, str], list[Line]] = {}
    for number, line in enumerate(entry.lines, start=entry.first):
        if line["repository"].casefold() in own:
            environment = line.get("environment", "production")
            key = line.get("id") or str(number), environment
            groups.setdefault(key, []).append(line)
    return in_order_of_names(
        of_lines(repository, name, environment, lines)
        for (name, environment), lines in groups.items()
    )


def of_lines(repository: Repository, name: str, environment: str, lines: Sequence[Line]) -> Made:
    """One deployment of a file."""
    begun = min(datetime.fromisoformat(line["created_at"]) for line in lines)
    first = lines[0]
    return Made(
        id=0,
        sha=whole_sha(repository, first["sha"]),
        environment=environment,
        created_at=begun,
        statuses=tuple(status_of(line) for line in lines),
        ref="",
        task=first.get("task", ""),
        payload=None,
        creator="",
        source="file",
        name=f"file:{name}",
        page=first.get("url", ""),
    )


def status_of(line: Line) -> Status:
    """Status that a line tells."""
    at = line.get("finished_at") or line["created_at"]
    state = STATES.get(line["state"], line["state"])
    return Status(state, datetime.fromisoformat(at), log_url=line.get("url") or None)


def whole_sha(repository: Repository, digits: str) -> str:
    """The sha that begins with *digits*; they themselves where none or several do."""
    fitting = [sha for sha in repository.commits if sha.startswith(digits.lower())]
    return fitting[0] if len(fitting) == 1 else digits.lower()
