"""The two sides of the ledger (C2): what GitHub holds, and what a report tells."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from dora.demo.organization.model import Deployment, Organization, Repository, Status

Window = dict[str, Any]

#: the headings of coverage under which a deployment may be told instead of in a row
HEADINGS = ("in_progress", "abandoned", "not_started", "unchanged", "ephemeral", "left_out")
#: what coverage says beside the ledger
REMARKS = ("unknown_commit", "baseline", "began_in_window", "lookback_limit")
#: in the order of one instant (D2); what is not named comes fourth
ORDER = {
    "waiting": 0, "queued": 1, "pending": 2, "error": 4, "failure": 5, "success": 6, "inactive": 7,
}  # fmt: skip
FINISHING = ("success", "error", "failure")


def told(whole: dict[str, Any]) -> dict[str, int]:
    """The ledger's sides: deployments in rows, and what coverage counts."""
    counted = whole["coverage"]["deployments"]
    finished = sum(row["change_fail_rate"]["deployments"] for row in whole["rows"])
    return {"rows": finished, **{name: n for name, n in counted.items() if name not in REMARKS}}


def read(organization: Organization, window: Window) -> Iterator[Repository]:
    """Repositories that are read."""
    for one in organization.repositories:
        archived = one.archived_at is not None and one.archived_at < window["until"]
        if not (archived or one.forbidden or one.is_empty):
            yield one


def instant_of(made: Deployment, until: datetime) -> datetime:
    """When a deployment was seen: it finished then, or, without beginning or end, was created."""
    statuses: Sequence[Status] = sorted(
        (status for status in made.statuses if status.created_at < until),
        key=lambda status: (status.created_at, ORDER.get(status.state, 3)),
    )
    states = [status.state for status in statuses]
    ends = [place for place, state in enumerate(states) if state in FINISHING]
    if not ends:
        return made.created_at
    first = statuses[ends[0]]
    if "success" not in states:
        says = first.description.casefold()
        refused = states[: ends[0]][-1:] == ["waiting"]
        if "in_progress" not in states[: ends[0]] and refused:
            return made.created_at
        if "apply had not begun" in says or "its runner was gone" in says:
            return made.created_at
    return first.created_at


def seen(
    organization: Organization, window: Window, lookback: timedelta = timedelta(days=30)
) -> int:
    """How many deployments were seen in the window, from what GitHub holds alone."""
    horizon, until = window["since"] - lookback, window["until"]
    return sum(
        horizon <= made.created_at < until and window["since"] <= instant_of(made, until) < until
        for repository in read(organization, window)
        for made in repository.deployments
    )
